#!/usr/bin/env python3
"""Writes the state diagrams of docs/architecture.md from the tables in the code; `--check` only compares."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from fabrication.dispatch.states import JOB_TRANSITIONS
from firmware_bridge.wire import ATTEMPT_TRANSITIONS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "architecture.md"


def diagram(ways: Iterable[tuple[str, str, str]], first: str) -> str:
    """A Mermaid state diagram of (from, label, to)."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {start} --> {end}" + (f" : {label}" if label else "") for start, label, end in ways]
    return "\n".join([*lines, "```"])


def diagrams() -> dict[str, str]:
    """Every generated diagram by the name of its place in the page."""
    job = [(start.value, event.value, end.value) for (start, event), end in JOB_TRANSITIONS.items()]
    attempt = [(start.value, "", end.value) for start, ends in ATTEMPT_TRANSITIONS.items() for end in sorted(ends)]
    return {"job": diagram(job, "open"), "attempt": diagram(attempt, "leased")}


def rendered(text: str) -> str:
    """The page with each diagram put between its two markers."""
    for name, drawn in diagrams().items():
        begin, end = f"<!-- diagram: {name} -->", f"<!-- end: {name} -->"
        text, found = re.subn(f"{begin}.*?{end}", lambda _, b=begin, d=drawn, e=end: f"{b}\n{d}\n{e}", text, flags=re.S)
        if not found:
            raise SystemExit(f"{PAGE} has no place for the diagram {name!r}")
    return text


def main() -> int:
    """Exit code 1 when `--check` finds the page behind the code."""
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        if rendered(text) != text:
            print(f"{PAGE} is behind the code: run scripts/diagrams.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(rendered(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
