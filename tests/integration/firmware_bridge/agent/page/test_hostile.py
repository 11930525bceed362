"""What nobody may do to the page, and what the bridge notices of it: nothing."""

import os
import re
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from firmware_bridge.agent.local import control
from firmware_bridge.agent.page.process import LIVES_S
from firmware_bridge.wire import PROGRAM_BYTES_MAX
from tests.integration.firmware_bridge.agent.conftest import opened_shed
from tests.integration.firmware_bridge.agent.page.conftest import BODY, visited
from tests.waiting import until

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def page(open_page):
    """After an attack the machine is as it was, the commons was heard all along, and the page answers."""
    shed = open_page.shed
    yield open_page
    status = control.status(shed.home / "control.sock")
    assert status.heard_s_ago < 5
    assert status.machines[0].state == "waiting for clear"
    assert status.attempts == []
    assert list((shed.home / "programs").iterdir()) == []
    assert shed.numbered() == []
    assert open_page.get("/api/version").status == 200
    assert "Traceback" not in shed.log()


def visitor_of(page):
    """A visitor's cookie and the token of their forms."""
    answer = page.send("GET", "/")
    cookie = re.search(r"bridge_visitor=[0-9a-f]{32}", answer.headers["Set-Cookie"])[0]
    return cookie, re.search(rb'name="token" value="([0-9a-f]{64})"', answer.data)[1].decode()


def test_a_form_of_the_page_works_so_that_the_refusals_mean_something(paged):
    cookie, token = visitor_of(paged)
    body = urlencode({"token": token, "machine": "virtual"})
    answer = paged.send("POST", "/clear", {"Cookie": cookie, "Content-Type": FORM, "Origin": paged.url}, body=body)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert paged.shed.status()["machines"][0]["bed_clear"]


@pytest.mark.parametrize("path", ["/clear", "/stop", "/arm"])
@pytest.mark.parametrize(
    "attack", ["no token", "another's token", "no cookie", "another origin", "another kind", "no body"]
)
def test_a_form_of_another_page_does_nothing(page, path, attack):
    cookie, token = visitor_of(page)
    _, anothers = visitor_of(page)
    headers = {"Cookie": cookie, "Content-Type": FORM}
    fields = {"token": token, "machine": "virtual", "attempt": "a1", "program": "0" * 64}
    if attack == "no token":
        del fields["token"]
    elif attack == "another's token":
        fields["token"] = anothers
    elif attack == "no cookie":
        del headers["Cookie"]
    elif attack == "another origin":
        headers["Origin"] = "http://evil.example"
    elif attack == "another kind":
        headers["Content-Type"] = "text/plain"
    answer = page.send("POST", path, headers, body="" if attack == "no body" else urlencode(fields))
    assert answer.status in (400, 403, 415)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8017", "localhost.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/live", "/api/version", "/api/files/local", "/stop"])
def test_a_name_that_is_not_the_pages_reads_nothing(page, host, path):
    """DNS rebinding: the browser of somebody at this network believes to speak with evil.example."""
    answer = page.send("GET", path, {"Host": host, "X-Api-Key": page.api_key})
    assert answer.status == 403
    assert b"bridge.toml" in answer.data
    assert b"token" not in answer.data
    assert page.api_key.encode() not in answer.data


def test_two_hosts_or_two_lengths_are_none(page):
    for twice in (
        b"Host: 127.0.0.1\r\nHost: evil.example\r\n",
        b"Host: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    ):
        assert page.raw(b"GET / HTTP/1.1\r\n" + twice + b"\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("key", [{}, {"X-Api-Key": ""}, {"X-Api-Key": "0" * 32}, {"Cookie": "session=x"}])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/version"), ("GET", "/virtual/api/job"), ("POST", "/api/files/local")]
)
def test_slicers_without_the_key_are_told_so(page, key, method, path):
    answer = page.send(method, path, key, body=BODY if method == "POST" else None)
    assert answer.status == 403
    assert "API key" in answer.json()["error"]


def test_nothing_may_be_kept_framed_or_read_by_other_pages(page):
    for path in ("/", "/live", "/nothing", "/api/version", "/login"):
        headers = page.send("GET", path, {"Origin": "http://evil.example", "X-Api-Key": page.api_key}).headers
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert not [name for name in headers if name.lower().startswith("access-control")]
    assert page.send("OPTIONS", "/api/files/local", {"Origin": "http://evil.example"}).status == 501


@pytest.mark.parametrize("length", [PROGRAM_BYTES_MAX + 10**6, 10**10, 10**18])
def test_ten_gigabytes_are_refused_before_they_are_sent(page, length):
    head = (
        f"POST /api/files/local HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {page.api_key}\r\nExpect: 100-continue\r\n"
        f"Content-Type: multipart/form-data; boundary=b0\r\nContent-Length: {length}\r\n\r\n"
    )
    said = page.raw(head.encode() + b"--b0\r\n")
    assert said.startswith(b"HTTP/1.1 413 ")
    assert str(PROGRAM_BYTES_MAX).encode() in said


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Transfer-Encoding: chunked\r\n", 411),
        ("", 411),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 1e9\r\n", 400),
        ("Content-Length: 10\r\nContent-Type: application/json\r\n", 415),
        ("Content-Length: 10\r\nContent-Type: multipart/form-data\r\n", 415),
    ],
)
def test_an_upload_that_does_not_say_what_it_is(page, headers, status):
    head = f"POST /api/files/local HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {page.api_key}\r\n{headers}\r\n"
    assert page.raw(head.encode() + b"0\r\n\r\n1234567").startswith(f"HTTP/1.1 {status} ".encode())


def test_a_second_file_is_not_promised_the_room_of_the_first(page):
    head = (
        f"POST /api/files/local HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {page.api_key}\r\nExpect: 100-continue\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection(page.address, timeout=30) as first:
        first.sendall(head.encode())
        assert first.recv(100).startswith(b"HTTP/1.1 100 ")
        assert page.upload(b"G28\n").status == 503
        first.shutdown(socket.SHUT_WR)
        assert first.recv(100).startswith(b"HTTP/1.1 400 ")  # its turn is over


def test_an_upload_that_ends_in_the_middle_leaves_nothing(page):
    head = (
        f"POST /api/files/local HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {page.api_key}\r\n"
        "Content-Type: multipart/form-data; boundary=b0\r\nContent-Length: 100000\r\n\r\n"
        '--b0\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nG28\n'
    )
    with socket.create_connection(page.address, timeout=30) as connection:
        connection.sendall(head.encode())
        until(lambda: list((page.shed.home / "programs").iterdir()), "the file to be begun")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "body", [b"", b"--b0--", b"--b0\r\n\r\nx\r\n--b0--", b"rubbish" * 1000, b"--b0\r\n" + b"X: y\r\n" * 5000]
)
def test_forms_that_are_none(page, body):
    headers = {"X-Api-Key": page.api_key, "Content-Type": "multipart/form-data; boundary=b0"}
    assert page.send("POST", "/api/files/local", headers, body=body).status == 400


NAMES = ("../../../etc/cron.d/x", "/etc/passwd", "..\\..\\boot.ini", "a\x00b", "~/.ssh/authorized_keys", "x" * 3000)


def test_a_name_is_never_a_path(paged):
    def others():
        return {path for path in paged.shed.folder.rglob("*") if "programs" not in path.parts}

    before = others()
    for name in NAMES:
        assert paged.upload(BODY, name).status == 201
        attempt = next(a for a in paged.shed.status()["attempts"] if a["state"] == "leased")
        assert "/" not in attempt["title"]
        assert "\\" not in attempt["title"]
        assert len(attempt["title"]) <= 120
        (program,) = (paged.shed.home / "programs").iterdir()
        assert re.fullmatch(r"[0-9a-f]{64}\.gcode", program.name)
        paged.shed.ask("stop", "virtual")
    assert others() == before


@pytest.mark.parametrize(
    ("lines", "named"),
    [(b"G28\n", "homing"), (b"G1 X900\n", "X"), (b"M500\n", "EEPROM"), (b"M104 S400\n", "M104"), (b"M112\n", "M112")],
)
def test_the_same_gate_stands_before_a_slicer(page, lines, named):
    answer = page.upload(BODY + lines)
    assert answer.status == 422
    assert "refused for Virtual printer: line " in answer.json()["error"]
    assert named in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/%2e%2e/", "/api/../../etc/passwd", "//evil.example/", "/api/", "/x/y"]
)
def test_there_are_no_other_paths(page, path):
    answer = page.send("GET", path, {"X-Api-Key": page.api_key})
    assert answer.status == 404
    assert "Location" not in answer.headers


def test_a_long_head_is_cut_off(page):
    said = page.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: " + b"y" * 40_000 + b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 431 ")
    assert page.raw(b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n")[:13] in (b"HTTP/1.1 414 ", b"HTTP/1.1 431 ")


def test_whoever_drips_is_cut_off_and_holds_nobody_up(page):
    """A slow loris: it takes every place that one address may have, and a byte now and then."""
    began, idle = time.monotonic(), []
    for _ in range(80):
        connection = socket.create_connection(page.address, timeout=30)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        idle.append(connection)
    assert page.shed.ask("status").returncode == 0  # the person at the machine never depended on the page
    assert page.shed.ask("stop").returncode == 0
    for connection in idle[:24]:
        while True:  # a byte at a time buys no more time
            try:
                connection.sendall(b"y")
                if not connection.recv(100):
                    break
            except OSError:
                break
        connection.close()
    assert 5 < time.monotonic() - began < 30
    for connection in idle[24:]:
        connection.close()
    assert page.send("GET", "/").status == 200


@pytest.mark.parametrize(
    "rubbish", [b"\x16\x03\x01\x02\x00", b"\r\n" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 1000]
)
def test_what_is_no_http_ends(page, rubbish):
    said = page.raw(rubbish + b"\r\n\r\n")
    assert said == b"" or said.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 "))


@pytest.fixture
def locked():
    """A page with a key."""
    with opened_shed() as shed:
        shed.machine(virtual=False)
        shed.settings('listen = "127.0.0.1:0"\nkey = "a long secret"\nnames = ["shed.example"]')
        shed.printer()
        shed.start()
        yield visited(shed)


def log_in(page, key):
    answer = page.send("GET", "/login")
    cookie = re.search(r"bridge_visitor=[0-9a-f]{32}", answer.headers["Set-Cookie"])[0]
    token = re.search(rb'name="token" value="([0-9a-f]{64})"', answer.data)[1].decode()
    body = urlencode({"token": token, "key": key})
    return page.send("POST", "/login", {"Cookie": cookie, "Content-Type": FORM}, body=body)


def test_a_page_with_a_key_shows_nothing_without_it(locked):
    assert locked.send("GET", "/").headers["Location"] == "/login"
    assert locked.send("GET", "/live").status == 401
    cookie, token = re.search(r"bridge_visitor=\w+", locked.send("GET", "/login").headers["Set-Cookie"])[0], "0" * 64
    for path in ("/stop", "/clear", "/arm"):
        body = urlencode({"token": token, "machine": "virtual"})
        answer = locked.send("POST", path, {"Cookie": cookie, "Content-Type": FORM}, body=body)
        assert answer.headers["Location"] == "/login"
    assert log_in(locked, "a wrong key").status == 403
    answer = log_in(locked, "a long secret")
    assert answer.status == 303
    cookies = dict(
        re.findall(r"(bridge_\w+)=([0-9a-f]+); Path=/; HttpOnly; SameSite=Strict", answer.headers["Set-Cookie"])
    )
    assert set(cookies) == {"bridge_visitor", "bridge_entry"}
    assert "a long secret" not in answer.headers["Set-Cookie"]
    inside = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    assert b"Virtual printer" in locked.send("GET", "/", inside).data
    assert locked.send("GET", "/", {**inside, "Host": "shed.example"}).status == 200
    alone = {"Cookie": f"bridge_entry={cookies['bridge_entry']}"}
    assert locked.send("GET", "/", alone).headers["Location"] == "/login"


def test_guessing_keys_is_throttled(locked):
    for _ in range(5):
        assert log_in(locked, "guess").status == 403
    throttled = log_in(locked, "a long secret")
    assert throttled.status == 429
    assert b"try again in" in throttled.data


def test_a_page_that_was_killed_comes_back_and_its_bridge_notices_nothing(paged):
    (child,) = paged.shed.children()
    began = time.monotonic()
    until(lambda: time.monotonic() - began > LIVES_S, "the page to have lived long enough to be replaced")
    os.kill(child, signal.SIGKILL)
    until(lambda: "begun anew" in paged.shed.log(), "another page")
    until(lambda: paged.get("/api/version").status == 200, "an answer")
    assert paged.shed.ask("status").returncode == 0
    assert paged.shed.children() != [child]


def test_the_page_ends_with_its_bridge_even_a_killed_one(paged):
    (child,) = paged.shed.children()
    paged.shed.kill()
    until(lambda: not _alive(child), "the page's process to be gone")


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
