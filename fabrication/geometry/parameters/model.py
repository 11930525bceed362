"""What a parameter is."""

from dataclasses import dataclass
from typing import Literal

from fabrication.recipes import Value

Kind = Literal["number", "integer", "boolean", "choice", "text"]


@dataclass(frozen=True)
class Choice:
    """One of the values a parameter may take, and the words a person reads for it."""

    value: Value
    label: str


@dataclass(frozen=True)
class Parameter:
    """One thing a person may set. `unit` is as its author wrote it ("mm"), or empty; limits are in that unit.

    `step` is how far a slider moves, never a limit: a value between two steps is allowed.
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

    def shown(self, value: float) -> str:
        """A number as a person writes it, with the unit."""
        text = f"{value:.10g}"
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
