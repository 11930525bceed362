"""What goes wrong with a variant or a new design, for a page or for a page's script."""

from typing import Any

from flask.typing import ResponseReturnValue

from commons.catalog.making import sentence_of
from commons.errors import CommonsError, TooOften
from fabrication.errors import (
    ConfinementUnavailable,
    FabricationError,
    ForgeUnavailable,
    ScriptFailed,
    Superseded,
    TookTooLong,
    ValueRefused,
)

REFUSALS = (CommonsError, FabricationError)
"""All there is to be said of."""


def said_of(error: CommonsError | FabricationError) -> tuple[str, int]:
    """What is wrong as a sentence, and the status of the answer that says so."""
    if isinstance(error, CommonsError):
        return str(error), error.status
    if isinstance(error, ValueRefused):
        return str(error), 400
    if isinstance(error, Superseded):
        return str(error), 409
    return sentence_of(error), 503 if isinstance(error, ForgeUnavailable | ConfinementUnavailable) else 422


def json_of(error: CommonsError | FabricationError) -> ResponseReturnValue:
    """`message`, `problems` by parameter, the author's `line`, and `slow` where a long build may still do.

    400 for values outside their limits, 409 where the same person asked for something newer, 422 for what the script
    makes of the values, 429 for too many at once, 503 for no forge.
    """
    message, status = said_of(error)
    said: dict[str, Any] = {"message": message, "problems": {}}
    headers = {}
    match error:
        case ValueRefused():
            said |= {"message": "Some values are outside their limits.", "problems": error.problems}
        case ScriptFailed():
            said |= {"message": error.message, "line": error.line}
        case TookTooLong():
            said |= {"message": f"This takes longer than a preview may ({error}).", "slow": True}
        case TooOften():
            headers["Retry-After"] = str(error.retry_after_s)
    return said, status, headers
