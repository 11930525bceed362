"""A `multipart/form-data` body (RFC 7578) read part by part, in flat memory, however long it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

PART_HEADERS_MAX = 4_096
PARTS_MAX = 16
_CHUNK = 65_536


class BodyWrong(Exception):
    """The body is not what its headers say; the text is for who sent it."""


@dataclass(frozen=True)
class Part:
    """`filename` is whatever the sender calls its file, None for a plain field. `chunks` must be read to its end."""

    name: str
    filename: str | None
    chunks: Iterator[bytes]


def boundary_of(content_type: str) -> bytes | None:
    """The boundary a Content-Type header names; None where it is no multipart form."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return None
    fits = 0 < len(boundary) <= 70 and boundary.isascii() and boundary.isprintable()
    return boundary.encode("ascii") if fits else None


def parts(read: Callable[[int], bytes], boundary: bytes) -> Iterator[Part]:
    """`read` gives up to so many bytes and b"" at the end. Raises `BodyWrong`, and whatever `read` raises."""
    reader = _Reader(read, b"\r\n--" + boundary)
    for _ in reader.body():
        pass  # what stands before the first part is for nobody
    for _ in range(PARTS_MAX):
        if not reader.another():
            return
        name, filename = _names(reader.header())
        chunks = reader.body()
        yield Part(name, filename, chunks)
        for _ in chunks:
            pass  # of a part that was not wanted
    raise BodyWrong(f"the form has more than {PARTS_MAX} fields")


def _names(header: bytes) -> tuple[str, str | None]:
    """What a part's header calls it and its file."""
    parsed = HeaderParser().parsestr(header.decode("utf-8", "replace"))
    try:
        name, filename = parsed.get_param("name", header="Content-Disposition"), parsed.get_filename()
    except (ValueError, TypeError):  # the library's own, of a name that mixes the forms of RFC 2231
        raise BodyWrong("a field of the form has a name that cannot be read") from None
    return name if isinstance(name, str) else "", filename


class _Reader:
    def __init__(self, read: Callable[[int], bytes], mark: bytes) -> None:
        self._read, self._mark = read, mark
        self._held = bytearray(b"\r\n")  # so that the first boundary looks like any other

    def body(self) -> Iterator[bytes]:
        """All up to the next boundary, and past it."""
        keep = len(self._mark) - 1
        while (at := self._held.find(self._mark)) < 0:
            if len(self._held) > keep:
                yield bytes(self._held[:-keep])
                del self._held[:-keep]
            self._more()
        if at:
            yield bytes(self._held[:at])
        del self._held[: at + len(self._mark)]

    def another(self) -> bool:
        """Whether a part follows the boundary just passed."""
        while len(self._held) < 2:
            self._more()
        return self._held[:2] != b"--"

    def header(self) -> bytes:
        while (at := self._held.find(b"\r\n\r\n")) < 0:
            if len(self._held) > PART_HEADERS_MAX:
                raise BodyWrong("a field of the form has too long a header")
            self._more()
        header = bytes(self._held[:at]).lstrip()
        del self._held[: at + 4]
        if at > PART_HEADERS_MAX:
            raise BodyWrong("a field of the form has too long a header")
        return header

    def _more(self) -> None:
        data = self._read(_CHUNK)
        if not data:
            raise BodyWrong("the form ended in the middle")
        self._held += data
