"""A visitor without a screen: follows links and fills in forms of our own pages, as a browser would."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

from commons.errors import CommonsError


class VisitFailed(CommonsError):
    """A page answered with an error."""


@dataclass
class Form:
    """One form as it stands on the page: where it goes and what it would send untouched."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """One answer of the site."""

    url: str
    text: str

    def form(self, action: str) -> Form:
        """The first form whose address ends with `action`. Raises `VisitFailed`."""
        for form in self._forms(action):
            return form
        raise VisitFailed(f"{self.url} has no form that goes to …{action}")

    def has_form(self, action: str) -> bool:
        return any(self._forms(action))

    def _forms(self, action: str) -> Iterator[Form]:
        reader = _FormReader()
        reader.feed(self.text)
        for form in reader.forms:
            if urllib.parse.urlsplit(urllib.parse.urljoin(self.url, form.action)).path.endswith(action):
                yield form


class Visitor:
    """One browser with its cookies, at one site."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def get(self, path: str) -> Page:
        """Raises `VisitFailed` for any answer but a page."""
        return self._open(urllib.parse.urljoin(self.site, path), None)

    def submit(self, page: Page, action: str, **values: str) -> Page:
        """Sends the form of `page` that goes to `action`, with these fields changed; follows where it leads."""
        form = page.form(action)
        data = urllib.parse.urlencode(form.fields | values)
        target = urllib.parse.urljoin(page.url, form.action)
        if form.method == "get":
            return self._open(f"{target.split('?')[0]}?{data}", None)
        return self._open(target, data.encode())

    def _open(self, url: str, data: bytes | None) -> Page:
        try:
            with self.opener.open(url, data, timeout=60) as answer:
                return Page(answer.url, answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            words = " ".join(_text(error.read().decode(errors="replace")).split())
            raise VisitFailed(f"{url} answered {error.code}: {words[:300]}") from None
        except urllib.error.URLError as error:
            raise VisitFailed(f"{url} does not answer: {error.reason}") from None


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.select: str | None = None
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", ""), said.get("method", "get").lower()))
        if not self.forms:
            return
        fields, name = self.forms[-1].fields, said.get("name", "")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            if "selected" in said or self.select not in fields:
                fields[self.select] = said.get("value", "")
        elif tag == "textarea":
            self.textarea = name
            fields[name] = ""
        elif tag == "input" and name:
            kind = said.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in said:
                    fields[name] = said.get("value", "on")
            elif kind not in ("submit", "button", "file"):
                fields[name] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea is not None and self.forms:
            self.forms[-1].fields[self.textarea] += data


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inside_main = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside_main = self.inside_main or tag == "main"

    def handle_data(self, data: str) -> None:
        if self.inside_main:
            self.words.append(data)


def _text(html: str) -> str:
    reader = _TextReader()
    reader.feed(html)
    return " ".join(reader.words) or html
