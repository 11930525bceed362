"""How many lines of a program a host has read: it says at which byte it is, or only which share is done."""

from pathlib import Path

from firmware_bridge.hosts.host import Seen

_CHUNK = 1 << 20


class LinesBefore:
    """Counts on from where it was asked last, so that a long program is read once over its whole run."""

    def __init__(self, program: Path, total: int) -> None:
        self._program, self._total = program, total
        self._size = program.stat().st_size
        self._byte = self._line = 0

    def at(self, seen: Seen) -> int:
        """0 to the program's number of lines. It never falls: a host that knows nothing more is where it was."""
        share = min(max(seen.done, 0.0), 1.0)
        wanted = min(seen.at_byte if seen.at_byte is not None else int(share * self._size), self._size)
        with self._program.open("rb") as file:
            file.seek(self._byte)
            while self._byte < wanted:
                chunk = file.read(min(_CHUNK, wanted - self._byte))
                self._line += chunk.count(b"\n")
                self._byte += len(chunk)
        return min(self._line, self._total)
