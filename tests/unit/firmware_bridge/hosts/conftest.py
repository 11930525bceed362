"""A real HTTP server that gives recorded answers, and what it was asked."""

import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

RECORDED = Path(__file__).parent / "recorded"


class Replay:
    """`answers` maps "METHOD path" to (status, body); a body that ends in .json is that recorded file."""

    def __init__(self, answers):
        self.answers, self.asked, self.bodies, self.headers = dict(answers), [], {}, []
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self):
                asked = f"{self.command} {self.path}"
                replay.asked.append(asked)
                replay.headers.append(dict(self.headers))
                replay.bodies[asked] = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, body = replay.answers.get(asked, (404, b"nothing here"))
                if isinstance(body, str):
                    body = (RECORDED / body).read_bytes()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if 300 <= status < 400:
                    self.send_header("Location", "http://elsewhere.example/")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                if not isinstance(sys.exc_info()[1], OSError):
                    traceback.print_exc()  # an OSError is an answer that nobody reads to its end

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def replay():
    servers = []

    def serve(answers):
        servers.append(Replay(answers))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()
