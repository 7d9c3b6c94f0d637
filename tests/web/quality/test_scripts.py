"""Hostile texts in every place where text stands, in a real browser: all of it stays text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest

from web.browsers import BOARD, Office, open_office
from web.chrome import WAIT_MS, sign_in
from web.quality.rich import fill, pages
from web.quality.vectors import VECTORS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

_LONG: Final = frozenset({"description", "evidence", "comment", "comment again", "stamp message"})
"""Places that hold every vector at once; the others hold one, or some in turn."""
_ROWS: Final = 50
_SEARCHED: Final = 900
_SINKS: Final = frozenset(
    {
        "title",
        "description",
        "tag",
        "project",
        "evidence",
        "comment",
        "stamp message",
        "skill",
        "display name",
        "handle",
        "wasteland name",
        "commit message",
        "pull title",
        "pull body",
    }
)
_REPORT: Final = """
window.violations = [];
addEventListener("securitypolicyviolation", found =>
  violations.push(found.violatedDirective + " " + found.blockedURI + " " + found.sample), true);
"""
_FOREIGN: Final = """
() => [...document.querySelectorAll("*")].flatMap(one => {
  const tag = one.localName, wrong = [];
  if (/^(iframe|object|embed|base|frame|applet|img|math|style)$/.test(tag)) wrong.push("is here");
  if (tag === "script" && !one.nonce) wrong.push("has no nonce");
  for (const {name, value} of one.attributes) {
    if (name.startsWith("on") || /^(data-)?hx-on/.test(name) || ["style", "srcdoc"].includes(name))
      wrong.push(name);
    if (["href", "src", "action", "formaction", "xlink:href", "data", "hx-get", "hx-post"]
        .includes(name)
        && /^[^/?#]*:/.test(value.replace(/[^!-~]/g, "")) && !/^(https?|mailto):/.test(value))
      wrong.push(name + "=" + value);
  }
  return wrong.map(what => tag + " " + what + ": " + one.outerHTML.slice(0, 200));
})
"""


class Told:
    """Says a vector for each place in turn, and all at once where a text may be long."""

    def __init__(self) -> None:
        self.said: dict[str, set[str]] = {}
        self._turns = {place: cycle(VECTORS) for place in _SINKS}

    def __call__(self, place: str) -> str:
        """Return a text that can be stored in *place*."""
        if place in _LONG:
            text = "\n\n".join(VECTORS)
            self.said.setdefault(place, set()).update(VECTORS)
        else:
            text = next(self._turns.setdefault(place, cycle(VECTORS)))
            self.said.setdefault(place, set()).add(text)
        return text


@pytest.fixture(scope="module")
def told() -> Told:
    """What was said where."""
    return Told()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub whose texts are hostile."""
    with open_office(tmp_path_factory.mktemp("hostile") / "host") as found:
        yield found


@pytest.fixture(scope="module")
def everywhere(office: Office, told: Told) -> Sequence[str]:
    """The address of every page, of the boards that hold all titles, and of searches."""
    examples = fill(office, told, items=len(VECTORS))
    asked = [
        quote(" ".join(VECTORS[start : start + 12])[:_SEARCHED], safe="")
        for start in range(0, len(VECTORS), 12)
    ]
    status = ("open", "claimed", "in_review", "completed", "withdrawn")
    return [
        *pages(office, examples, whole=False),
        *(f"{BOARD}?status={word}" for word in status),
        *(f"{BOARD}?search={text}" for text in asked),
        *(f"{BOARD}?tag={text}&project={text}" for text in asked[:2]),
        f"{BOARD}/explore/diff?from={asked[0]}&to={asked[1]}",
        f"{BOARD}/explore/diff?from=2026-01-01&to=2100-01-01&table=wanted",
        f"{BOARD}?as_of={asked[2]}",
        f"{BOARD}/wanted/{examples['waiting']}",
        f"{BOARD}/wanted/w-0000",
        f"/sign-in?next={asked[3]}",
        f"/{asked[4]}",
    ]


class Watch:
    """A page that notes whatever a text of ours should not be able to do."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.found: list[str] = []
        self.address = address
        context.add_init_script(_REPORT)
        self.page: Page = context.new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("pageerror", lambda error: self.found.append(f"error: {error}"))

    def open(self, path: str) -> list[str]:
        """Open a page and return what it did that it may not."""
        self.found.clear()
        answer = self.page.goto(path)
        if not answer or "text/html" not in answer.headers.get("content-type", ""):
            return list(self.found)
        arrived = self.page.url.removeprefix(self.address)
        if arrived.partition("?")[0].startswith("//"):
            self.found.append(f"went to {self.page.url}")
        self.found += self.page.evaluate("violations")
        self.found += self.page.evaluate(_FOREIGN)
        return [f"{path[:80]} {what}" for what in self.found]

    def _dialog(self, dialog: object) -> None:
        self.found.append("a script ran")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _request(self, request: object) -> None:
        url: str = request.url  # type: ignore[attr-defined]
        if not url.startswith(self.address):
            self.found.append(f"asked {url}")


@pytest.fixture
def watch(browser: Browser, address: str) -> Iterator[Watch]:
    """A page that is watched."""
    context = browser.new_context(base_url=address)
    context.set_default_timeout(WAIT_MS)
    yield Watch(context, address)
    context.close()


def test_no_text_runs_navigates_or_asks_elsewhere_on_any_page(
    watch: Watch, office: Office, everywhere: Sequence[str], told: Told
) -> None:
    sign_in(watch.page, office.desk.tokens["acme"], "/-/you")
    found: list[str] = []

    for path in everywhere:
        found += watch.open(path)

    assert not found, "\n".join(found)
    assert _SINKS <= set(told.said)
    assert len(VECTORS) >= 150
    assert set(VECTORS) == told.said["title"] == told.said["description"] == told.said["tag"]


def test_hostile_texts_are_read_as_they_were_written(
    watch: Watch, everywhere: Sequence[str]
) -> None:
    assert everywhere
    watch.open(f"{BOARD}?status=all&search=alert")

    shown = watch.page.inner_text("#list")

    assert "<script>alert(1)</script>" in shown
    watch.open(f"{BOARD}?status=all&search=7*7")
    assert "{{ 7*7 }}" in watch.page.inner_text("#list")


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<img src=x onerror=alert(1)>", "a script ran"),
        ("<a href='javascript:alert(1)'>x</a>", "href=javascript:"),
        ("<div hx-on:load='x'>x</div>", "hx-on:load"),
        ("<iframe></iframe>", "is here"),
        ("<link rel=stylesheet href='http://evil.example/x'>", "asked http://evil.example"),
    ],
)
def test_the_watch_sees_what_it_is_there_for(watch: Watch, html: str, what: str) -> None:
    watch.page.route("**/trap", lambda route: route.fulfill(body=html, content_type="text/html"))

    assert [told for told in watch.open("/trap") if what in told]
