"""Pairing and the way out to a commons, through the real command and real sockets."""

import ssl
import stat
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from firmware_bridge import wire
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.errors import CommonsRefused, CommonsUnreachable

REQUEST = wire.SyncRequest(protocol=1, bridge_version="x", machines=[])

SELF_SIGNED = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoZYKXH8+aCESscnQ
7lCaGY6JndiJoSkqrDddA6zsguShRANCAASP49wfDT7uNdgv3BZ6vLYFQqT0bJTm
/98X3M2gQV1b53EuwJO6rBJd7JveE/gHSIvPlgVxkl0yOAexkaaFYF4W
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUT0xj7R2CXu7Hk8KVgXROVlfO0UYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA2MTIzNloYDzIxMjYxMDMw
MDYxMjM2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASP49wfDT7uNdgv3BZ6vLYFQqT0bJTm/98X3M2gQV1b53EuwJO6rBJd
7JveE/gHSIvPlgVxkl0yOAexkaaFYF4Wo28wbTAdBgNVHQ4EFgQUm1nVMZZxrDQi
aKMJ71Skkh2MOhUwHwYDVR0jBBgwFoAUm1nVMZZxrDQiaKMJ71Skkh2MOhUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAMqlIxTIKOcfbTWrkETVN0CE6uaAU/euTpw+eXi0qEeZAiB5
QkX9NKTUqNt86kRUU/4voeCOWJkQjmtrXM4ArodqUg==
-----END CERTIFICATE-----
"""
"""A key and certificate for localhost that nobody has vouched for."""


def code(**changes):
    fields = {
        "device_code": "d",
        "user_code": "BCDF-GHJK",
        "verification_uri": "http://127.0.0.1/pair",
        "expires_in": 60,
        "interval": 1,
    }
    return msgspec.json.encode(wire.PairingCode(**(fields | changes)))


def test_pairing_keeps_the_secret_for_the_owner_alone(shed, commons, until):
    asked = []

    def token(handler):
        asked.append(handler.path)
        if len(asked) == 1:
            commons.answer(handler, 400, b'{"error":"authorization_pending"}')
        else:
            answer = wire.TokenAnswer(access_token="s3cret", workshop="The shed")
            commons.answer(handler, 200, msgspec.json.encode(answer))

    (shed.home / "commons.toml").unlink()
    commons.override("device", 200, code(user_code="BCDF-GHJK\x1b[2J"))
    commons.overrides["/agent/v1/token"] = token
    done = shed.ask("pair", commons.url, "--name", "pi")
    assert done.returncode == 0, done.stderr
    assert "BCDF-GHJK" in done.stdout
    assert "http://127.0.0.1/pair" in done.stdout
    assert "\x1b" not in done.stdout
    assert "s3cret" not in done.stdout
    path = shed.home / "commons.toml"
    assert tomllib.loads(path.read_text()) == {"url": commons.url, "token": "s3cret", "workshop": "The shed"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(asked) == 2


def test_pairing_that_is_denied_leaves_nothing(shed, commons):
    (shed.home / "commons.toml").unlink()
    commons.override("device", 200, code())
    commons.override("token", 400, b'{"error":"access_denied"}')
    done = shed.ask("pair", commons.url)
    assert done.returncode != 0
    assert "denied" in done.stderr
    assert not (shed.home / "commons.toml").exists()


def test_pairing_in_the_clear_is_refused_before_anything_is_sent(shed):
    done = shed.ask("pair", "http://192.0.2.1")
    assert done.returncode != 0
    assert "https" in done.stderr


def test_a_certificate_nobody_vouched_for_is_refused(tmp_path):
    pem = tmp_path / "pem"
    pem.write_text(SELF_SIGNED)
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.path)

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # the handshake that is broken off

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with pytest.raises(CommonsUnreachable, match=r"(?i)certificate"):
        CommonsClient(f"https://localhost:{server.server_address[1]}", "secret").sync(REQUEST)
    server.shutdown()
    server.server_close()
    assert heard == []


@pytest.mark.parametrize("status", [401, 408, 429, 500, 503])
def test_a_commons_in_trouble_may_come_back(shed, commons, status):
    commons.override("sync", status, b'{"error":"not now"}')
    with pytest.raises(CommonsUnreachable, match="not now"):
        CommonsClient(commons.url, "secret").sync(REQUEST)


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 403, 404, 410])
def test_any_other_answer_is_a_refusal(shed, commons, status):
    commons.override("sync", status, Location="http://localhost:1/")
    with pytest.raises(CommonsRefused):
        CommonsClient(commons.url, "secret").sync(REQUEST)


def test_nobody_there(shed, commons):
    commons.down()
    with pytest.raises(CommonsUnreachable):
        CommonsClient(commons.url, "secret").sync(REQUEST)


def test_a_program_cut_short_is_asked_for_again(shed, commons, tmp_path):
    def short(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"x" * 40)
        handler.close_connection = True

    commons.overrides["/agent/v1/attempts/a1/program"] = short
    with pytest.raises(CommonsUnreachable):
        CommonsClient(commons.url, "secret").download("a1", tmp_path / "program", 100, "0" * 64)
    assert list(tmp_path.iterdir()) == []
