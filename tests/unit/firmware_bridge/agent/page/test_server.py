"""The page's places for those who connect."""

import socket
import threading

import pytest

from firmware_bridge.agent.page.guard import Guard
from firmware_bridge.agent.page.server import CONNECTIONS_OF_ONE_MAX, PageServer
from firmware_bridge.agent.page.site import Site


@pytest.fixture
def server(tmp_path):
    site = Site(tmp_path, Guard("", "f" * 32, frozenset()), {})
    with PageServer(socket.create_server(("127.0.0.1", 0)), site) as server:
        yield server


@pytest.fixture
def no_threads():
    """No stack of that size is to be had, so that none can be started."""
    before = threading.stack_size(1 << 46)
    yield
    threading.stack_size(before)


def test_a_connection_for_which_there_is_no_thread_keeps_no_place(server, no_threads):
    for _ in range(CONNECTIONS_OF_ONE_MAX + 1):
        ours, theirs = socket.socketpair()
        with ours, theirs, pytest.raises(RuntimeError, match="can't start new thread"):
            server.process_request(ours, ("192.0.2.1", 1))
