"""Two printers that USB cannot tell apart, on real ptys: the right one is opened, the other is not touched for long."""

import json
import os
from contextlib import closing

import pytest

from firmware_bridge.errors import LinkLost
from firmware_bridge.identity.interview import interview
from firmware_bridge.identity.reach import Found, Memory, open_link
from firmware_bridge.machine import Link
from firmware_bridge.transport.port import open_port
from firmware_bridge.transport.ports import SerialPort
from firmware_bridge.virtual.process import virtual_printer

CH340 = (0x1A86, 0x7523, "")


class Twins:
    def __init__(self, folder) -> None:
        self.folder = folder
        self.by_id = folder / "dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"
        self.by_id.parent.mkdir(parents=True)
        self.came_last("right")

    def device(self, name):
        return os.path.realpath(self.folder / name)

    def came_last(self, name):
        """Of two with one id udev keeps the link of the later."""
        self.by_id.unlink(missing_ok=True)
        self.by_id.symlink_to(self.device(name))

    def ports(self):
        return [SerialPort(device=self.device(name), usb_id=CH340) for name in ("left", "right")]

    def executed(self, name):
        return [json.loads(line)["line"] for line in (self.folder / f"{name}.jsonl").read_text().splitlines()]

    def answers(self, port):
        """Who is at the other end of an open port."""
        port.write(b"M117 here\n")
        said = b""
        while b"ok" not in said:
            said += port.read(10.0)
        (answering,) = (name for name in ("left", "right") if "M117 here" in self.executed(name))
        return answering


@pytest.fixture
def twins(tmp_path):
    def options(name):
        return ("--speed", "0", "--record", str(tmp_path / f"{name}.jsonl"), "--uuid", f"uuid of {name}")

    with (
        virtual_printer(tmp_path / "left", *options("left")),
        virtual_printer(tmp_path / "right", *options("right")),
    ):
        yield Twins(tmp_path)


@pytest.fixture
def marks(twins):
    return {name: interview(twins.device(name), 115_200).fingerprint for name in ("left", "right")}


@pytest.mark.parametrize("last", ["left", "right"])
@pytest.mark.parametrize("wanted", ["left", "right"])
def test_the_machine_is_found_whichever_came_last(twins, marks, wanted, last):
    twins.came_last(last)
    link = Link(port=str(twins.by_id), fingerprint=marks[wanted])
    with closing(open_link(link, ports=twins.ports)) as port:
        assert twins.answers(port) == wanted
    other = "left" if wanted == "right" else "right"
    assert set(twins.executed(other)) <= {"_", "M105", "M115", "M503", "M211"}


def test_where_it_was_the_last_time_is_where_it_is_looked_for_first(twins, marks, tmp_path):
    memory = Memory(tmp_path / "found")
    link = Link(fingerprint=marks["right"])
    open_link(link, memory, ports=twins.ports).close()
    assert memory.recall(link) == Found(twins.device("right"), 115_200)
    asked = len(twins.executed("left"))
    open_link(link, memory, ports=twins.ports).close()
    assert len(twins.executed("left")) == asked


def test_a_port_in_use_is_passed_over_and_left_alone(twins, marks):
    link = Link(fingerprint=marks["right"])
    with closing(open_port(twins.device("left"), 115_200)):
        asked = len(twins.executed("left"))
        with closing(open_link(link, ports=twins.ports)) as port:
            assert twins.answers(port) == "right"
        assert len(twins.executed("left")) == asked


def test_another_machines_port_is_never_tried(twins, marks):
    asked = len(twins.executed("left"))
    with pytest.raises(LinkLost, match="another machine"):
        open_link(Link(fingerprint=marks["left"]), claimed=[twins.device("left")], ports=twins.ports)
    assert len(twins.executed("left")) == asked


def test_a_machine_that_is_not_there_is_said_with_its_fingerprint(twins):
    link = Link(fingerprint="marlin-uuid:0123456789abcdef")
    with pytest.raises(
        LinkLost, match=r"none of 2 ports has the machine marlin-uuid:0123456789abcdef: .*another machine"
    ):
        open_link(link, ports=twins.ports)
    with pytest.raises(LinkLost, match="is it plugged in"):
        open_link(link, ports=list)


def test_a_machine_of_another_firmware_is_another_machine(twins):
    link = Link(port=twins.device("left"), fingerprint="grbl-build:0123456789abcdef")
    with pytest.raises(LinkLost, match="another machine: it speaks marlin"):
        open_link(link, ports=twins.ports)


def test_a_named_port_with_another_machine_at_it_says_so_and_is_closed(twins, marks):
    link = Link(port=twins.device("left"), fingerprint=marks["right"])
    with pytest.raises(LinkLost, match=r"at .* is another machine, or this one was set anew"):
        open_link(link, ports=lambda: twins.ports()[:1])
    open_port(twins.device("left"), 115_200).close()


def test_in_haste_nothing_is_asked_where_it_was_met_before(twins, marks, tmp_path):
    memory, link = Memory(tmp_path / "found"), Link(fingerprint=marks["right"], baud=0)
    open_link(link, memory, ports=twins.ports).close()
    asked = [len(twins.executed(name)) for name in ("left", "right")]
    open_link(link, memory, in_haste=True, ports=twins.ports).close()
    assert [len(twins.executed(name)) for name in ("left", "right")] == asked


def test_a_memory_that_cannot_be_read_or_written_only_takes_longer(twins, marks, tmp_path):
    (tmp_path / "found").write_text("a file where the folder should be")
    memory = Memory(tmp_path / "found")
    link = Link(port=str(twins.by_id), fingerprint=marks["right"])
    open_link(link, memory, ports=twins.ports).close()
    assert memory.recall(link) == Found()
