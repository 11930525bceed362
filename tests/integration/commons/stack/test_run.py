"""`commons run` as a person at a terminal meets it."""

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from commons.stack.processes import free_port, listening, wait_until
from commons.stack.serving import bare_environment
from commons.stack.visitor import Visitor


class Terminal:
    """One `commons run` with what it printed."""

    def __init__(self, home, *options: str) -> None:
        self.log = home.with_suffix(f".{len(options)}.log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "commons", "run", *options], stdout=log, stderr=log,
                env=bare_environment() | {"COMMONS_HOME": str(home)},
            )  # fmt: skip

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def processes_of(home: Path) -> list[int]:
    """Whoever was told of this home on its command line or in its environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # it ended while we looked
            continue
        if str(home).encode() in told:
            found.append(int(process.name))
    return found


def test_one_home_has_one_commons_and_ctrl_c_ends_all_of_it(home):
    port = free_port()
    first = Terminal(home, "--no-demo", "--port", str(port))
    wait_until(lambda: listening(port), "the site", 60)
    second = Terminal(home, "--no-demo", f"--port={free_port()}")
    assert second.process.wait(30) == 1
    assert f"A commons runs in {home} already" in second.log.read_text()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
        assert answer.status == 200
    assert first.end(signal.SIGINT) == 0
    assert first.log.read_text().endswith("Ended.\n")
    assert processes_of(home) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_ended_while_it_starts(home, how):
    run = Terminal(home, "--no-demo", "--port", str(free_port()))
    wait_until(lambda: "Starting" in run.log.read_text(), "the start", 30)
    assert run.end(how) == 0
    assert processes_of(home) == []


@pytest.mark.parametrize("port", ["0", "99999", "http"])
def test_a_port_that_is_none_is_a_usage_error(home, port):
    run = Terminal(home, "--port", port)
    assert run.process.wait(30) == 2
    assert "--port" in run.log.read_text()
    assert not home.exists()


def test_the_demo_workshop_has_a_printer_and_a_router_and_a_page_of_its_own(home):
    run = Terminal(home, "--port", str(free_port()), "--speed", "0")
    wait_until(lambda: "Ctrl-C ends it." in run.log.read_text(), "the demo", 90)
    (site,) = re.findall(r"The commons is at (\S+),", run.log.read_text())
    password = (home / "demo-password").read_text()
    owner = Visitor(site)
    owner.submit(owner.get("/sign-in"), "/sign-in", handle="demo", password=password)
    (workshop,) = set(re.findall(r"/workshops/(?!new\b)\w+", owner.get("/workshops").text))
    page = owner.get(workshop).text
    assert "Virtual printer" in page
    assert "Virtual router" in page
    assert run.end(signal.SIGINT) == 0
    assert processes_of(home) == []
