"""Names of ports, over a `/dev` that is a folder: what udev makes of it, without a device."""

import pytest
from serial.tools.list_ports_common import ListPortInfo

from firmware_bridge.machine import Link
from firmware_bridge.transport.ports import candidates, device_of, list_ports, present, stable_name

MARK = "marlin-uuid:0123456789abcdef"
CH340 = (0x1A86, 0x7523, None)


class Computer:
    """A `/dev` into whose USB sockets devices are plugged."""

    def __init__(self, folder) -> None:
        self.dev = folder / "dev"
        for name in ("by-id", "by-path"):
            (self.dev / "serial" / name).mkdir(parents=True)
        self.plugged = {}

    def plug(self, name, socket, usb_id=CH340, product="USB Serial"):
        device = self.dev / name
        device.touch()
        info = ListPortInfo(str(device))
        info.vid, info.pid, info.serial_number = usb_id or (None, None, None)
        info.description = product
        self.plugged[name] = info
        if usb_id:
            serial = f"_{usb_id[2]}" if usb_id[2] else ""
            self._link("by-id", f"usb-{usb_id[0]:04x}_{product.replace(' ', '_')}{serial}-if00-port0", device)
            self._link("by-path", f"platform-xhci-usb-0:{socket}:1.0-port0", device)
            self._link("by-path", f"platform-xhci-usbv2-0:{socket}:1.0-port0", device)
        return str(device)

    def unplug(self, name):
        device = self.dev / name
        for link in [*self.dev.glob("serial/*/*")]:
            if link.resolve() == device:
                link.unlink()
        device.unlink()
        del self.plugged[name]

    def _link(self, folder, name, device):
        link = self.dev / "serial" / folder / name
        link.unlink(missing_ok=True)  # the one that came last has it
        link.symlink_to(device)

    def ports(self):
        return list_ports(self.plugged.values(), self.dev / "serial")

    def path(self, name):
        return str(self.dev / "serial" / name)


ID = "by-id/usb-1a86_USB_Serial-if00-port0"
PRUSA = (0x2C99, 0x0002, "CZPX2718X004XC34522")


@pytest.fixture
def computer(tmp_path):
    return Computer(tmp_path)


def test_each_port_is_listed_with_its_links_and_usb_comes_first(computer):
    computer.plug("ttyS0", "", None, "PNP0501")
    computer.plug("ttyUSB0", "1.2")
    usb, builtin = computer.ports()
    assert usb.device == str(computer.dev / "ttyUSB0")
    assert usb.by_id == computer.path(ID)
    assert usb.by_path == computer.path("by-path/platform-xhci-usb-0:1.2:1.0-port0")
    assert (usb.usb_id, usb.description) == ((0x1A86, 0x7523, ""), "USB Serial")
    assert (builtin.by_id, builtin.by_path, builtin.usb_id) == ("", "", None)


def test_a_single_device_is_named_by_its_id(computer):
    computer.plug("ttyUSB0", "1.2")
    computer.plug("ttyACM0", "1.3", PRUSA, "Original Prusa i3 MK3")
    ports = computer.ports()
    assert stable_name(ports[1], ports)[0] == computer.path(ID)


def test_two_that_share_an_id_are_named_by_their_sockets(computer):
    computer.plug("ttyUSB0", "1.2")
    computer.plug("ttyUSB1", "1.3")
    ports = computer.ports()
    assert [port.by_id for port in ports] == ["", computer.path(ID)]
    names = [stable_name(port, ports) for port in ports]
    assert [name for name, _ in names] == [
        computer.path("by-path/platform-xhci-usb-0:1.2:1.0-port0"),
        computer.path("by-path/platform-xhci-usb-0:1.3:1.0-port0"),
    ]
    assert "also that of" in names[0][1]


def test_a_port_on_no_usb_has_no_stable_name(computer):
    computer.plug("ttyS0", "", None)
    ports = computer.ports()
    assert stable_name(ports[0], ports)[0] == ""


def test_without_a_fingerprint_only_the_named_port_will_do(computer):
    device = computer.plug("ttyUSB0", "1.2")
    for name in (device, computer.path(ID), computer.path("by-path/platform-xhci-usb-0:1.2:1.0-port0")):
        assert candidates(Link(port=name), computer.ports()) == (name,)
    assert candidates(Link(port=str(computer.dev / "ttyUSB7")), computer.ports()) == ()


@pytest.mark.parametrize("url", ["socket://10.0.0.7:8080", "rfc2217://shed:2217"])
def test_an_address_is_itself_and_is_always_worth_a_try(computer, url):
    assert candidates(Link(port=url, fingerprint=MARK), computer.ports()) == (url,)
    assert present(Link(port=url), ports=computer.ports)


def test_a_shared_id_and_a_fingerprint_lead_to_each_of_the_twins_and_to_nobody_else(computer):
    first, second = computer.plug("ttyUSB0", "1.2"), computer.plug("ttyUSB1", "1.3")
    computer.plug("ttyACM0", "1.4", PRUSA)
    assert device_of(computer.path(ID)) == second
    assert candidates(Link(port=computer.path(ID), fingerprint=MARK), computer.ports()) == (computer.path(ID), first)


def test_a_port_that_another_machine_claims_is_not_tried(computer):
    first = computer.plug("ttyUSB0", "1.2")
    computer.plug("ttyUSB1", "1.3")
    link = Link(port=computer.path(ID), fingerprint=MARK)
    by_path = computer.path("by-path/platform-xhci-usb-0:1.2:1.0-port0")
    assert candidates(link, computer.ports(), [by_path]) == (computer.path(ID),)
    assert candidates(Link(fingerprint=MARK), computer.ports(), [first, by_path]) == (str(computer.dev / "ttyUSB1"),)


def test_a_machine_that_came_back_under_another_number_is_found(computer):
    named = computer.plug("ttyUSB0", "1.2")
    link = Link(port=named, fingerprint=MARK)
    computer.unplug("ttyUSB0")
    assert not present(link, ports=computer.ports)
    assert not present(Link(port=named), ports=computer.ports)
    again = computer.plug("ttyUSB1", "1.2")
    assert present(link, ports=computer.ports)
    assert candidates(link, computer.ports()) == (again,)
    assert not present(Link(port=named), ports=computer.ports)


@pytest.mark.parametrize("fingerprint", ["", MARK])
def test_what_is_named_by_id_or_by_socket_is_there_when_its_link_is(computer, fingerprint):
    socket = "by-path/platform-xhci-usb-0:1.2:1.0-port0"
    links = [Link(port=computer.path(name), fingerprint=fingerprint) for name in (ID, socket)]
    assert not any(present(link, ports=computer.ports) for link in links)
    computer.plug("ttyUSB3", "1.2")
    assert all(present(link, ports=computer.ports) for link in links)
    computer.unplug("ttyUSB3")
    assert not any(present(link, ports=computer.ports) for link in links)


def test_a_socket_named_with_a_fingerprint_leads_nowhere_else(computer):
    computer.plug("ttyUSB0", "1.2")
    computer.plug("ttyUSB1", "1.3")
    socket = computer.path("by-path/platform-xhci-usb-0:1.2:1.0-port0")
    assert candidates(Link(port=socket, fingerprint=MARK), computer.ports()) == (socket,)


def test_a_fingerprint_alone_looks_at_usb_and_only_there(computer):
    computer.plug("ttyS0", "", None)
    assert not present(Link(fingerprint=MARK), ports=computer.ports)
    device = computer.plug("ttyUSB0", "1.2")
    assert candidates(Link(fingerprint=MARK), computer.ports()) == (device,)
    assert present(Link(fingerprint=MARK), ports=computer.ports)
