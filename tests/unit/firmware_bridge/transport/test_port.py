import errno
import os
import pty
import socket
import termios
import threading
import tty
from pathlib import Path

import pytest

from firmware_bridge.errors import LinkLost
from firmware_bridge.transport.blame import GONE
from firmware_bridge.transport.port import PLAIN, meant_by, open_port, plain


@pytest.fixture
def line(tmp_path):
    """A pty behind a link: (its far end, the link)."""
    far, near = pty.openpty()
    tty.setraw(near)
    link = tmp_path / "tty"
    link.symlink_to(os.ttyname(near))
    yield far, link
    os.close(far)
    os.close(near)


@pytest.fixture
def port(line):
    opened = open_port(str(line[1]), 115_200)
    yield opened
    opened.close()


def test_bytes_go_both_ways(line, port):
    port.write(b"M105\n")
    assert os.read(line[0], 100) == b"M105\n"
    os.write(line[0], b"ok\r\n")
    assert port.read(1.0) == b"ok\r\n"


def test_a_read_gives_nothing_after_its_timeout(port):
    assert port.read(0.01) == b""


def test_a_file_that_is_no_port_is_called_so(tmp_path):
    file = tmp_path / "part.gcode"
    file.write_text("G28\n")
    with pytest.raises(LinkLost, match=r": it is a file, no serial port; firmware-bridge identify lists the ports"):
        open_port(str(file), 115_200)
    assert file.read_text() == "G28\n"


def test_neither_is_a_folder_a_pipe_or_a_device_that_everybody_has_open(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    kinds = {tmp_path: "a folder", tmp_path / "pipe": "a pipe", Path(os.devnull): "a device of another kind"}
    with Path(os.devnull).open():
        for path, kind in kinds.items():
            with pytest.raises(LinkLost) as caught:
                open_port(str(path), 115_200)
            assert str(caught.value).startswith(f"cannot open the port {path}: it is {kind}, no serial port; ")


def test_a_port_is_opened_for_one_program_only(line, port):
    with pytest.raises(LinkLost, match="another program is using it"):
        open_port(str(line[1]), 115_200)


def test_closing_does_not_drop_dtr(line, port):
    near = os.open(line[1], os.O_RDWR | os.O_NOCTTY)
    try:
        assert not termios.tcgetattr(near)[2] & termios.HUPCL
    finally:
        os.close(near)


def test_a_port_that_is_not_there_says_so(tmp_path):
    with pytest.raises(LinkLost, match="No such file or directory"):
        open_port(str(tmp_path / "nothing"), 115_200)


def test_a_port_named_without_its_folder_is_told_with_it(tmp_path):
    with pytest.raises(LinkLost) as caught:
        open_port("ptmx", 115_200)
    assert str(caught.value) == f"cannot open the port ptmx: {PLAIN[errno.ENOENT]}; did you mean /dev/ptmx?"
    (tmp_path / "serial/by-id").mkdir(parents=True)
    (tmp_path / "serial/by-id/usb-1a86").symlink_to("/dev/ptmx")
    assert meant_by("usb-1a86", tmp_path) == f"{tmp_path}/serial/by-id/usb-1a86"
    assert meant_by("serial", tmp_path) == meant_by("ttyUSB0", tmp_path) == meant_by("by-id/usb-1a86", tmp_path) == ""


def test_a_vanished_port_raises_on_both_ways(tmp_path):
    far, near = pty.openpty()
    gone = os.ttyname(near)
    port = open_port(gone, 115_200)
    os.close(near)
    os.close(far)
    with pytest.raises(LinkLost) as caught:
        port.read(1.0)
    assert str(caught.value) in [
        f"the port {gone} vanished ({why}): {GONE}" for why in ("it hung up", "Input/output error")
    ]
    with pytest.raises(LinkLost, match="vanished"):
        port.write(b"M105\n")
    port.close()


def test_a_peer_that_takes_nothing_is_a_lost_link(line):
    port = open_port(str(line[1]), 115_200, write_within_s=0.05)
    with pytest.raises(LinkLost, match="took no byte"):
        port.write(b"x" * 1_000_000)
    port.close()


def test_a_socket_is_a_port_and_its_end_is_a_lost_link():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with server.accept()[0] as connection:
                connection.sendall(b"ok " + connection.recv(100))

        peer = threading.Thread(target=answer)
        peer.start()
        port = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", 115_200)
        try:
            port.write(b"M105\n")
            received = b""
            with pytest.raises(LinkLost):
                while True:
                    received += port.read(2.0)
            assert received == b"ok M105\n"
        finally:
            port.close()
            peer.join()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EBUSY, "Device or resource busy"), "another program is using it"),
        (PermissionError(errno.EACCES, "Permission denied"), "join the group that owns it, dialout"),
        (FileNotFoundError(errno.ENOENT, "[Errno 2]"), "No such file or directory"),
        (TimeoutError("timed out"), "nothing answers there"),
        (ValueError("Not a valid baudrate: 0"), "Not a valid baudrate: 0"),
    ],
)
def test_why_an_opening_failed_is_said_in_words(error, words):
    assert words in plain(error)
