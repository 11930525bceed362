import pytest

from commons.accounts.auth import safe_next


@pytest.mark.parametrize("path", ["/", "/designs/knob?p.width=3", "/orders/new?remix=a#b"])
def test_a_path_of_this_site_is_followed(path):
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [None, "", "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)",
     "designs", "/\t/evil.example", "/\n/evil.example", "///evil.example", "//["],
)  # fmt: skip
def test_anything_else_leads_to_the_front_page(elsewhere):
    assert safe_next(elsewhere) == "/"
