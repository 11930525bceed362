"""XML as events, without what makes XML dangerous.

Straight on expat, which reads a model piece by piece; trees of it would take gigabytes. A document type is refused
outright, and with it every entity, internal or external: neither 3MF nor its packaging knows any.
"""

from collections.abc import Iterable
from typing import NoReturn, Protocol
from xml.parsers import expat

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.limits import shown

DEPTH_MAX = 32
SEPARATOR = " "


class Listener(Protocol):
    """Names are `namespace local`, with a space between; `local` alone without namespace."""

    def namespace(self, prefix: str, uri: str) -> None:
        """Before the element that declares it."""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """It ends."""


def listen(pieces: Iterable[bytes], listener: Listener, called: str) -> None:
    """Tell `listener` what is in the file `called`. Raises `UploadRefused`, and whatever the listener does."""
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    depth = 0

    def refuse(*_: object) -> NoReturn:
        raise UploadRefused(f"{called!r} in it has a document type or entities, which no 3MF has")

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_MAX:
            raise UploadRefused(f"{called!r} in it is nested more than {DEPTH_MAX} deep")
        listener.begin(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        listener.end(name)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartNamespaceDeclHandler = lambda prefix, uri: listener.namespace(prefix or "", uri or "")
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        line = f", line {error.lineno:,}"
        raise UploadRefused(f"{called!r} in it is no XML ({shown(expat.ErrorString(error.code))}{line})") from None
    except (LookupError, ValueError) as error:  # an encoding that Python has not, or that is none
        raise UploadRefused(f"{called!r} in it has no readable encoding ({shown(str(error))})") from None
