"""SVG elements in mm of paper: lines of ISO 128 widths, text, arrows."""

from xml.sax.saxutils import escape

import numpy as np

from fabrication.geometry.jobs.export.drawing.strokes import Stroke

STYLE = (
    ".wide{stroke-width:.5}.narrow{stroke-width:.25}.fine{stroke-width:.18}"
    ".hidden{stroke-width:.25;stroke-dasharray:3 .75}.centre{stroke-width:.18;stroke-dasharray:6 .75 .12 .75}"
    "path{fill:none;stroke:#000;stroke-linecap:round;stroke-linejoin:round}.hidden,.centre{stroke-linecap:butt}"
    ".arrow{fill:#000;stroke:none}text{font-family:sans-serif;fill:#000}"
)
"""Wide and narrow are as 2 to 1 (ISO 128-2); a dash is 12 and a gap 3 widths."""

TEXT_MM = 3.5
SMALL_MM = 2.5
_ARROW_MM, _ARROW_HALF_MM = 3.0, 0.5
_CAPITAL, _LETTER = 0.72, 0.62  # of the size: how high a capital is and about how wide a letter, in any sans serif


def number(value: float) -> str:
    """At most two places."""
    return _short(value)


def lines(strokes: list[Stroke], kind: str) -> str:
    """One path of all strokes; nothing for none."""
    pieces = ["M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in stroke.tolist()) for stroke in strokes]
    return f'<path class="{kind}" d="{"".join(pieces)}"/>\n' if pieces else ""


def line(kind: str, *points: tuple[float, float]) -> str:
    """One open polyline."""
    return lines([np.array(points)], kind)


def circle(x: float, y: float, radius: float, kind: str) -> str:
    """A whole circle."""
    turn = f"a{_short(radius)} {_short(radius)} 0 1 0 "
    d = f"M{_short(x - radius)} {_short(y)}{turn}{_short(2 * radius)} 0{turn}{_short(-2 * radius)} 0"
    return f'<path class="{kind}" d="{d}"/>\n'


def arrow(tip: tuple[float, float], towards: tuple[float, float]) -> str:
    """A filled head at `tip` that points along `towards`, of length 1."""
    along, across = np.array(towards) * _ARROW_MM, np.array([-towards[1], towards[0]]) * _ARROW_HALF_MM
    corners = [np.array(tip), np.array(tip) - along + across, np.array(tip) - along - across]
    d = "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in corners) + "Z"
    return f'<path class="arrow" d="{d}"/>\n'


def text(
    x: float, y: float, words: str, height: float = TEXT_MM, *, anchor: str = "start", turned: bool = False
) -> str:
    """Words on their base line; turned, they read from the right. Capitals are about `height` high."""
    turn = f' transform="rotate(-90 {_short(x)} {_short(y)})"' if turned else ""
    place = f'x="{_short(x)}" y="{_short(y)}" font-size="{_short(height / _CAPITAL)}" text-anchor="{anchor}"{turn}'
    return f"<text {place}>{escape(words)}</text>\n"


def width(words: str, height: float = TEXT_MM) -> float:
    """About how wide words are, mm."""
    return len(words) * height * _LETTER / _CAPITAL


def fitted(words: str, room: float, height: float) -> str:
    """Words cut to the room there is, mm."""
    clean = "".join(letter if letter.isprintable() else " " for letter in words).strip()
    most = max(1, int(room / width("x", height)))
    return clean if len(clean) <= most else clean[: most - 1].rstrip() + "…"


def _short(value: float) -> str:
    """Hundredths of a millimetre are finer than any printer."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if round(value, 2) else "0"
