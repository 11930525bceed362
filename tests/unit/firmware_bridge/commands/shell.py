"""What a shell does for its jobs: it has the terminal, and puts its one job before it or behind. Neither ends when it is
hung up, as under nohup.

`python … TERMINAL ORDERS DONE COMMAND…`: three descriptors, and the job's command with two of its own."""

import os
import signal
import subprocess
import sys


def main(terminal: int, orders: int, done: int, command: list[str]) -> None:
    os.login_tty(terminal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    job = subprocess.Popen(command, process_group=0, pass_fds=[int(word) for word in command[-2:]])
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # to take the terminal back from the job
    with os.fdopen(orders) as asked:
        for order in asked:
            os.tcsetpgrp(0, {"before": job.pid, "behind": os.getpgrp()}[order.strip()])
            os.write(done, b"done\n")
    job.wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), sys.argv[4:])
