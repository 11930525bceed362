"""Text by somebody else, made fit to show."""


def brief(text: str, length: int = 500) -> str:
    """Somebody else's text, safe on a terminal and within the wire's limits."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: length + 1])
    return shown if len(shown) <= length else shown[: length - 1] + "…"
