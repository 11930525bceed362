"""What each kept command does to a router's state; Grbl's tables name these."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from firmware_bridge.gcode.dialect import Words
from firmware_bridge.gcode.milling.motion import Milling

Effect = Callable[[Milling, Words], None]


def _line(state: Milling, words: Words, *, rapid: bool) -> None:
    state.line(words.get("X"), words.get("Y"), words.get("Z"), words.get("F"), rapid=rapid)


def _arc(state: Milling, words: Words, *, clockwise: bool) -> None:
    offset = (words.get("I") or 0.0, words.get("J") or 0.0)
    to = (words.get("X"), words.get("Y"), words.get("Z"))
    state.arc(offset, to, words.get("F"), clockwise=clockwise)


def _mode(state: Milling, _: Words, *, relative: bool) -> None:
    state.is_relative = relative


def _coolant(state: Milling, _: Words, *, on: bool) -> None:
    state.coolant_on = on


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "rapid": lambda state, words: _line(state, words, rapid=True),
        "feed": lambda state, words: _line(state, words, rapid=False),
        "arc clockwise": lambda state, words: _arc(state, words, clockwise=True),
        "arc counter-clockwise": lambda state, words: _arc(state, words, clockwise=False),
        "dwell": lambda state, words: state.dwell(words["P"] or 0.0),
        "absolute": lambda state, words: _mode(state, words, relative=False),
        "relative": lambda state, words: _mode(state, words, relative=True),
        "stand": lambda state, _: state.stand(),
        "spindle on": lambda state, words: state.spindle(words["S"] or 0.0),
        "spindle off": lambda state, _: state.spindle(0.0),
        "coolant on": lambda state, words: _coolant(state, words, on=True),
        "coolant off": lambda state, words: _coolant(state, words, on=False),
        "end": lambda state, _: state.end(),
    }
)
