import pytest

from commons.markdown import render


def test_tables_lists_and_emphasis_are_shown():
    html = render("| a | b |\n|---|---|\n| 1 | *2* |\n\n- x\n")
    for piece in ("<table>", "<td>1</td>", "<em>2</em>", "<li>x</li>"):
        assert piece in html


def test_the_opening_title_is_the_pages_own_and_others_go_down():
    html = render("# Knob\n\ntext\n\n# More\n\n## Deep\n")
    assert "Knob" not in html
    assert "<h2>More</h2>" in html
    assert "<h3>Deep</h3>" in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://tracker.example/pixel.png)",
        "<a href='https://x' style='position:fixed'>x</a>",
        "<iframe src=https://evil.example></iframe>",
    ],
)
def test_nothing_a_stranger_writes_runs_or_calls_home(hostile):
    html = render(f"text\n\n{hostile}\n")
    for piece in ("<script", "<img", "<iframe", 'href="javascript', 'href="data', "<a href='", 'style="'):
        assert piece not in html


def test_links_lead_away_without_an_opener():
    assert 'rel="nofollow noopener noreferrer"' in render("[x](https://example.org)")
