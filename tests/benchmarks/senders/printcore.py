"""Printrun's sender: `python printcore.py PORT BAUD FILE`, in an environment that has it. Prints lines per second."""

import sys
import threading
import time
from pathlib import Path

from printrun import gcoder
from printrun.printcore import printcore


def main(port: str, baud: int, file: str) -> None:
    program = gcoder.LightGCode(Path(file).read_text().splitlines())
    online, ended = threading.Event(), threading.Event()
    sender = printcore()
    sender.onlinecb, sender.endcb = online.set, ended.set
    sender.connect(port, baud)
    if not online.wait(30):
        raise TimeoutError("not online within 30 s")
    began = time.perf_counter()
    sender.startprint(program)
    if not ended.wait(600):
        raise TimeoutError("not done within 600 s")
    print(len(program.lines) / (time.perf_counter() - began))
    sender.disconnect()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
