"""Disks that are full or closed, real ones: a tmpfs of a few pages, mounted in a namespace of the command's own."""

import json
import os
import shlex
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from firmware_bridge.agent.home import Credentials, Home
from firmware_bridge.agent.store import Store
from firmware_bridge.journal import read_run
from firmware_bridge.machine import Link, MachineProfile, Material
from firmware_bridge.protocol.marlin.lines import PROBE
from firmware_bridge.transport.port import open_port
from firmware_bridge.virtual.process import virtual_printer
from tests.faults.firmware_bridge.test_streaming import wait_for

HOT = ["M104 S200", "M140 S60", "M106 S255", "G28", "G90"]
LONG = [*HOT, *(f"G1 X{i % 100 + 1} F6000" for i in range(60_000))]
"""A program whose journal takes more than one page."""
FULL = "dd if=/dev/zero of={0}/filler bs=4096 2>/dev/null || true"
CLOSED = "mount -o remount,ro {0}"


def bridge(home, *command, disk=None, size="16k", then=":", environment=None):
    """The command in a world where the folder `disk`, else its home, is a disk of that `size` with `then` done to it."""
    disk = disk or home
    disk.mkdir(parents=True, exist_ok=True)
    made = f"mount -t tmpfs -o mode=700,size={size} none {shlex.quote(str(disk))} && {{ {then.format(shlex.quote(str(disk)))}; }}"
    words = shlex.join([sys.executable, "-m", "firmware_bridge", *map(str, command)])
    return subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f"{made} && exec {words}"],
        env={**os.environ, "FIRMWARE_BRIDGE_HOME": str(home), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(process, *words):
    """One clear line, and no success."""
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    last = said.splitlines()[-1]
    assert last.startswith("Error: ")
    for each in words:
        assert each in last


class Bench:
    """A printer, and what it took."""

    def __init__(self, folder):
        self.home, self.link, self.record = folder / "home", folder / "printer", folder / "record.jsonl"
        self.program = folder / "part.gcode"

    def printer(self):
        return virtual_printer(self.link, "--speed", "0", "--record", str(self.record))

    def stream(self, lines, **world):
        self.program.write_text("\n".join(lines) + "\n")
        return bridge(self.home, "stream", self.program, "--port", self.link, **world)

    def taken(self):
        """Numbered lines, and those of the bridge's own."""
        entries = [json.loads(line) for line in self.record.read_text().splitlines()]
        entries = [entry for entry in entries if "n" in entry]
        return [e["line"] for e in entries if e["n"] is not None], [e["line"] for e in entries if e["n"] is None]

    def taken_by_now(self):
        """The same once it is through all that it was sent, which it answers in order."""
        with closing(open_port(str(self.link), 115_200)) as port:
            port.write(PROBE)
            said = b""
            while b"ok T:" not in said:
                said += port.read(1.0)
        return self.taken()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("lines", "size", "then", "words"),
    [
        (HOT, "16k", FULL, ("No space left on device: make room there", "(--home)")),
        (HOT, "16k", CLOSED, ("Read-only file system: give a folder that can be written (--home)",)),
        (LONG, "32k", ":", ("No space left on device: make room there", "(--home)")),  # full only at the end
    ],
)
def test_what_could_not_be_written_down_to_its_end_is_not_begun(bench, lines, size, then, words):
    with bench.printer():
        refused(bench.stream(lines, size=size, then=then), "journal", *words)
    assert bench.taken() == ([], [])


def test_nor_what_finds_no_room_for_a_copy(bench, tmp_path):
    scratch = tmp_path / "scratch"
    with bench.printer():
        process = bench.stream(LONG, disk=scratch, size="64k", environment={"TMPDIR": str(scratch)})
        refused(process, f"cannot copy the program to {scratch}/", "make room there", "(set TMPDIR)")
    assert bench.taken() == ([], [])


def test_a_disk_that_fills_up_in_mid_print_ends_it_with_the_heaters_off(bench):
    """The page that its journal has stays there; the next one is not to be had."""
    with bench.printer():
        process = bench.stream(LONG, size="256k")
        # Its own view of the disk, which nobody else has.
        seen = Path(f"/proc/{process.pid}/root{bench.home}")
        deadline = time.monotonic() + 60
        while not any(b"reserved" in path.read_bytes() for path in seen.glob("streamed/*.jsonl")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises(OSError, match="No space left"), (seen / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        kept = os.open(seen / "streamed", os.O_RDONLY)
        refused(process, "cannot write the journal", "No space left on device: make room there")
        (name,) = [each for each in os.listdir(kept) if each.endswith(".jsonl")]  # noqa: PTH208 (its mount has no path here)
        left = bench.home.parent / name
        with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=kept), "rb") as journal:
            left.write_bytes(journal.read())
        os.close(kept)
        run = read_run(left)
        assert (run.outcome, run.switched_off, run.may_go_on) == ("failed", True, False)
        before = bench.taken()
        then = f"mkdir {{0}}/streamed && cp {shlex.quote(str(left))} {{0}}/streamed/ && {FULL}"
        process = bridge(bench.home, "stream", bench.program, "--port", bench.link, "--resume", size="256k", then=then)
        why = "everything was switched off at its end, which loses the position: its disk failed"
        refused(process, "cannot go on after line ", why)
        assert bench.taken() == before
    numbered, own = bench.taken()
    assert len(HOT) < len(numbered) < len(LONG)
    assert {"M104 S0", "M140 S0"} <= set(own[own.index("M104 S0") :])


def test_what_was_cut_off_waits_where_its_journal_can_only_be_read(bench, tmp_path):
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    bench.program.write_text("\n".join(LONG) + "\n")
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(bench.program), "--port", str(bench.link)]
    with bench.printer():
        with subprocess.Popen([*command, "--home", str(earlier)], stderr=subprocess.DEVNULL) as process:
            wait_for(lambda: bench.record.exists() and len(bench.taken()[0]) > 20, "lines to go on from")
            process.kill()
        before = bench.taken_by_now()
        then = f"cp -r {shlex.quote(str(earlier))}/. {{0}}/ && {CLOSED}"
        options = ("--port", bench.link, "--resume")
        process = bridge(bench.home, "stream", bench.program, *options, size="256k", then=then)
        refused(process, "cannot go on with the journal", "Read-only file system", "may still be hot: look at it now")
        assert bench.taken() == before


@pytest.fixture
def homely(tmp_path):
    """What makes the files of a bridge that ran before, on the disk in its place."""
    skeleton = Home(tmp_path / "skeleton")
    skeleton.save_credentials(Credentials(url="http://127.0.0.1:9", token="secret"))
    (skeleton.folder / "bridge.toml").write_text('listen = ""\n')
    profile = MachineProfile(
        name="A printer", virtual=True, link=Link(port="/dev/none"), materials=(Material(name="PLA", hotend_c=200),)
    )
    (skeleton.machines / "a.toml").write_text(profile.to_toml())
    Store(skeleton.database).close()
    return f"cp -r {shlex.quote(str(skeleton.folder))}/. {{0}}/"


@pytest.mark.parametrize("left_kb", [0, 32, 36, 40])
def test_a_bridge_on_a_full_disk_says_so_and_ends(tmp_path, homely, left_kb):
    hole = f"dd if=/dev/zero of={{0}}/hole bs=1024 count={left_kb} 2>/dev/null"
    then = f"{homely} && {hole} && {FULL} ; rm {{0}}/hole"
    refused(bridge(tmp_path / "home", "run", size="256k", then=then), "make room there")


def test_a_bridge_whose_home_can_only_be_read_says_so_and_ends(tmp_path, homely):
    home = tmp_path / "home"
    refused(bridge(home, "run", size="1m", then=f"{homely} && {CLOSED}"), f"cannot use {home}", "Read-only", "--home")


def test_nobody_types_a_code_whose_token_could_not_be_kept(tmp_path):
    home = tmp_path / "home"
    refused(bridge(home, "pair", "http://127.0.0.1:9", then=CLOSED), f"cannot use {home}", "Read-only", "--home")
