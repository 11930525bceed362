import pytest

from commons.catalog.submissions import PARENT_SHAPE, remix_of
from commons.errors import Invalid

PARENT = {
    "license": "CERN-OHL-S-2.0", "licensor": [{"name": "Ada", "email": "a@example.org"}, "Bob"],
    "function": "Holds a coat.", "repo": "https://example.org/hook",
}  # fmt: skip


def remixed(parent=PARENT, **changes):
    asked = {"script": "a = 1\r\n", "files": {PARENT_SHAPE: b"ISO"}, "title": "Big hook", "licensor": "Eve"} | changes
    return remix_of("ab" * 32, parent, **asked)


def test_a_remix_carries_its_parents_licence_and_names_everybody():
    remix = remixed()
    assert (remix.slug, remix.script, remix.parents) == ("big-hook", "a = 1\n", ("ab" * 32,))
    assert remix.files == {"parent.step": b"ISO"}
    assert remix.manifest["license"] == "CERN-OHL-S-2.0"
    assert remix.manifest["licensor"] == ["Ada", "Bob", "Eve"]
    assert remix.manifest["forkOf"] == "https://example.org/hook"
    assert remix.manifest["function"] == "Holds a coat."


def test_who_remixes_an_own_design_is_named_once():
    remix = remixed({"license": "MIT", "licensor": "Eve", "repo": ""})
    assert remix.manifest["licensor"] == ["Eve"]
    assert "forkOf" not in remix.manifest


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"script": "#" * 300_000}, "the script: 300,000 bytes"), ({"script": "\ud800"}, "the script: not UTF-8"),
     ({"title": " "}, "the name has"), ({"files": {"/etc/x": b""}}, "cannot lie beside"), ({"script": "\0"}, "NUL")],
)  # fmt: skip
def test_what_is_wrong_is_named(changes, words):
    with pytest.raises(Invalid, match=words):
        remixed(**changes)


def test_a_parent_without_a_licence_can_not_be_remixed():
    with pytest.raises(Invalid, match="the licence has 0 characters"):
        remixed({"licensor": "Ada"})
