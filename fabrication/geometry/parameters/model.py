"""What a parameter is."""

from dataclasses import dataclass
from typing import Literal

from fabrication.recipes import Value

Kind = Literal["number", "integer", "boolean", "choice", "text", "vector"]

ROW_MAX = 16
"""Numbers that a vector may have."""

NOT_IN_TEXT = (
    r"[\u0000-\u001f\u007f-\u009f\u2028\u2029"  # control characters, ends of lines
    r"\u202a-\u202e\u2066-\u2069"  # what turns the direction of text, and so shows another than it is
    r"\ud800-\udfff\ufffe\uffff]"  # what UTF-8 or XML cannot hold
)
"""A character that no text has, as a pattern that Python and ECMA-262 (so JSON Schema) read alike."""


@dataclass(frozen=True)
class Choice:
    """One of the values a parameter may take, and the words a person reads for it."""

    value: Value
    label: str


@dataclass(frozen=True)
class Parameter:
    """One thing a person may set. `unit` is as its author wrote it ("mm"), or empty; limits are in that unit.

    A "vector" is a row of as many numbers as its default has; limits, step and unit hold for each of them.
    `step` is how far a slider moves, never a limit: a value between two steps is allowed.
    `default` is canonical, as `canonical_values` gives it.
    """

    name: str
    kind: Kind
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    description: str = ""
    group: str = ""
    choices: tuple[Choice, ...] = ()
    max_length: int | None = None
    line: int = 0

    @property
    def title(self) -> str:
        """The name as a person reads it."""
        return self.name.replace("_", " ").strip()

    @property
    def label(self) -> str:
        """What its field is called: its author's words for it, else its name."""
        return self.description or self.title

    @property
    def called(self) -> str:
        """What a message calls it: its label, and its name where a script, a link or a command line has another."""
        return self.title if self.label.lower() == self.title.lower() else f"{self.label} ({self.name})"

    @property
    def numbers(self) -> tuple[float | int, ...]:
        """The default of a vector, number by number; empty for every other kind."""
        return self.default if isinstance(self.default, tuple) else ()

    @property
    def is_whole(self) -> bool:
        """Whether it takes whole numbers alone."""
        return self.kind == "integer" or (self.kind == "vector" and isinstance(self.numbers[0], int))

    def shown(self, value: float | tuple[float | int, ...]) -> str:
        """A number, or a row of them, as a person writes it, with the unit."""
        text = ", ".join(f"{number:.10g}" for number in (value if isinstance(value, tuple) else (value,)))
        return f"{text} {self.unit}" if self.unit else text

    def limits(self) -> str:
        """The allowed numbers in words: "between 20 and 200 mm"; empty where there is no limit."""
        if self.minimum is not None and self.maximum is not None:
            return f"between {self.minimum:.10g} and {self.shown(self.maximum)}"
        if self.minimum is not None:
            return f"at least {self.shown(self.minimum)}"
        if self.maximum is not None:
            return f"at most {self.shown(self.maximum)}"
        return ""

    def allowed(self) -> str:
        """What it may be, for who is about to set it: limits, whole numbers, length; choices are seen anyway."""
        if self.kind == "text":
            return "" if self.max_length is None else f"at most {self.max_length} characters"
        whole = "a whole number" if self.is_whole else ""
        return " ".join(filter(None, (whole, self.limits())))
