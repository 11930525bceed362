"""Printrun's sender: `python printcore.py PORT BAUD FILE`, in an environment that has it. Prints lines per second."""

import sys
import time
from pathlib import Path

sys.path.pop(0)  # this folder, where a module is called like the one that is wanted

from printrun import gcoder
from printrun.printcore import printcore

ONLINE_WITHIN_S, DONE_WITHIN_S = 30.0, 600.0


def main(port: str, baud: int, file: str) -> None:
    program = gcoder.LightGCode(Path(file).read_text().splitlines())
    sender = printcore()
    sender.connect(port, baud)
    wait_for(lambda: sender.online, ONLINE_WITHIN_S, "online")
    began = time.perf_counter()
    sender.startprint(program)
    wait_for(lambda: not sender.printing, DONE_WITHIN_S, "done")
    print(len(program.lines) / (time.perf_counter() - began), flush=True)
    sender.disconnect()


def wait_for(condition, within_s, what) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not {what} within {within_s:g} s")
        time.sleep(0.005)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
