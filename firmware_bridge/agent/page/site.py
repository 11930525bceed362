"""What is where: who asks is looked at, then a page, a form or the slicers' API answers."""

import re
import secrets
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, quote, unquote, urlsplit

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.agent.page import views
from firmware_bridge.agent.page.guard import Guard
from firmware_bridge.agent.page.http import Refused, Request, Response, cookie, json_answer, see_other
from firmware_bridge.agent.page.octoprint import OctoPrint
from firmware_bridge.agent.rules.world import Machine
from firmware_bridge.errors import BridgeError, UsageError
from firmware_bridge.text import brief

FORM_BYTES_MAX = 4_096
FORM_S = 10.0
VISITOR, ENTRY, SAID = "bridge_visitor", "bridge_entry", "bridge_said"
_API = re.compile(r"/(?:([A-Za-z0-9_-]{1,64})/)?api/([a-z/]{1,40})")


class Site:
    """Safe to use from several threads."""

    def __init__(self, home: Home, guard: Guard, machines: Mapping[str, Machine]) -> None:
        self._home, self._guard, self._machines = home, guard, machines
        self._octoprint = OctoPrint(home, machines)

    def answer(self, request: Request) -> Response:
        host = request.headers.get("Host", "")
        if not self._guard.answers_to(host):
            shown = brief(host, 80)
            return Response(
                403,
                f"this page does not answer to {shown!r}: add it to names = […] in bridge.toml if it is yours".encode(),
            )
        path = urlsplit(request.path).path
        api = _API.fullmatch(path)
        try:
            if api is not None:
                return self._api(request, api[1] or "", api[2])
            return self._page(request, path)
        except Refused as refused:
            if api is not None:
                return json_answer(refused.status, {"error": refused.reason})
            return Response(refused.status, refused.reason.encode())

    def _api(self, request: Request, prefix: str, path: str) -> Response:
        if not self._guard.is_api_key(request.headers.get("X-Api-Key", "")):
            raise Refused(403, "the API key is wrong: the bridge's page shows the right one")
        try:
            return self._octoprint.answer(request, prefix, path)
        except BridgeError as error:
            raise Refused(503, str(error)) from None

    def _page(self, request: Request, path: str) -> Response:
        route = _ROUTES.get((request.method, path))
        if route is None:
            known = any(path == there for _, there in _ROUTES)
            raise (
                Refused(405, f"{request.method} is not for {path}") if known else Refused(404, "there is nothing here")
            )
        visitor = request.cookies.get(VISITOR, "")
        if path != "/login" and not self._guard.may_enter(visitor, request.cookies.get(ENTRY, "")):
            if path == "/live":
                raise Refused(401, "give the key first")
            return see_other("/login")
        return route(self, request, visitor)

    def _home_page(self, request: Request, visitor: str) -> Response:
        """A new visitor is given a name first, from which the tokens of all forms are made."""
        fresh = () if visitor else (cookie(VISITOR, visitor := secrets.token_hex(16)),)
        said = unquote(request.cookies.get(SAID, ""))
        seen = (cookie(SAID, "", seconds=0),) if said else ()
        host = request.headers.get("Host", "").strip()
        slicers = views.slicers(self._machines, host, self._guard.api_key)
        return self._html(views.page(self._live(visitor), slicers, said), *fresh, *seen)

    def _live_part(self, _: Request, visitor: str) -> Response:
        return self._html(self._live(visitor))

    def _live(self, visitor: str) -> views.Html:
        try:
            return views.live(control.status(self._home.control_socket), self._guard.token(visitor))
        except BridgeError as error:
            return views.silent(str(error))

    def _login_page(self, request: Request, visitor: str) -> Response:
        if self._guard.may_enter(visitor, request.cookies.get(ENTRY, "")):
            return see_other("/")
        return self._ask_key(visitor)

    def _ask_key(self, visitor: str, said: str = "", status: int = 200) -> Response:
        fresh = () if visitor else (cookie(VISITOR, visitor := secrets.token_hex(16)),)
        return self._html(views.login(self._guard.token(visitor), said), *fresh, status=status)

    def _login(self, request: Request, visitor: str) -> Response:
        form = self._form(request, visitor)
        wait_s = self._guard.wait_s(request.peer)
        if wait_s > 0:
            return self._ask_key(visitor, f"Too many wrong keys: try again in {wait_s:.0f} s.", 429)
        if not self._guard.is_key(request.peer, form.get("key", "")):
            return self._ask_key(visitor, "That is not the key. It stands in bridge.toml, in the bridge's home.", 403)
        visitor = secrets.token_hex(16)  # anew, so that whoever knew the old one has gained nothing
        return see_other("/", cookie(VISITOR, visitor), cookie(ENTRY, self._guard.entry(visitor)))

    def _form(self, request: Request, visitor: str) -> Mapping[str, str]:
        """The fields of a form of this page. Raises `Refused` for anybody else's."""
        kind = request.headers.get_content_type()
        if kind != "application/x-www-form-urlencoded":
            raise Refused(415, f"a form of this page is sent, not {brief(kind, 60)}")
        if request.length is None:
            raise Refused(411, "a form says its length")
        if request.length > FORM_BYTES_MAX:
            raise Refused(413, f"a form of this page has at most {FORM_BYTES_MAX} bytes")
        read, body = request.body(FORM_S), b""
        while data := read(FORM_BYTES_MAX):
            body += data
        try:
            fields = parse_qs(body.decode("ascii"), max_num_fields=10, strict_parsing=True)
        except ValueError:
            raise Refused(400, "the form cannot be read") from None
        form = {name: values[0] for name, values in fields.items()}
        origin = request.headers.get("Origin")
        elsewhere = origin is not None and urlsplit(origin).netloc != request.headers.get("Host", "").strip()
        if elsewhere or not self._guard.is_token(visitor, form.get("token", "")):
            raise Refused(403, "this form is not of this page, or an old one: open the page anew")
        return form

    def _arm(self, request: Request, visitor: str) -> Response:
        form = self._form(request, visitor)
        return self._do(control.AskArm(attempt=form.get("attempt", ""), program_sha256=form.get("program", "")))

    def _clear(self, request: Request, visitor: str) -> Response:
        return self._do(control.AskClear(machine=self._form(request, visitor).get("machine", "")))

    def _resume(self, request: Request, visitor: str) -> Response:
        return self._do(control.AskResume(machine=self._form(request, visitor).get("machine", "")))

    def _stop(self, request: Request, visitor: str) -> Response:
        return self._do(control.AskStop(machine=self._form(request, visitor).get("machine")))

    def _do(self, asked: control.Request) -> Response:
        try:
            answer = control.ask(self._home.control_socket, asked)
        except UsageError as refused:
            said = f"Not done: {refused}"
        except BridgeError as error:
            raise Refused(503, str(error)) from None
        else:
            said = f"Stopping {', '.join(answer.stopping)}." if answer.stopping else f"Done: {answer.said}."
        return see_other("/", cookie(SAID, quote(brief(said, 300), safe=""), seconds=60))

    def _html(self, page: str, *cookies: str, status: int = 200) -> Response:
        return Response(status, page.encode(), "text/html; charset=utf-8", cookies=cookies)


_ROUTES: Mapping[tuple[str, str], Callable[[Site, Request, str], Response]] = {
    ("GET", "/"): Site._home_page,
    ("GET", "/live"): Site._live_part,
    ("GET", "/login"): Site._login_page,
    ("POST", "/login"): Site._login,
    ("POST", "/arm"): Site._arm,
    ("POST", "/clear"): Site._clear,
    ("POST", "/stop"): Site._stop,
    ("POST", "/resume"): Site._resume,
}
