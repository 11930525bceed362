"""A sender that only writes and waits: `python bare.py PORT BAUD WINDOW FILE`, with pyserial. Prints lines per second.

Lines are framed before it begins; nothing is checked, noted or recovered.
"""

import sys
import time
from pathlib import Path

import serial


def main(port: str, baud: int, window: int, file: str) -> None:
    framed = Path(file).read_bytes().splitlines(keepends=True)
    with serial.Serial(port, baud, timeout=30, exclusive=True, dsrdtr=True) as link:
        link.write(b"N0 M110 N0*125\n")
        while link.readline().strip() != b"ok":
            pass
        began, waiting = time.perf_counter(), 0
        for line in framed:
            while waiting >= window:
                waiting -= answers(link)
            link.write(line)
            waiting += 1
        while waiting:
            waiting -= answers(link)
        print(len(framed) / (time.perf_counter() - began))


def answers(link: serial.Serial) -> int:
    data = link.read(max(1, link.in_waiting))
    if not data:
        raise TimeoutError("no ok within 30 s")
    while not data.endswith(b"\n"):
        data += link.read(1)
    return sum(line.startswith(b"ok") for line in data.splitlines())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
