"""Anything typed into any field of any form: told beside it, shown again, nothing half saved."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote_from_bytes, urlencode

import pytest

from web.browsers import BASE, BOARD, Browser, Office, item_path, open_office
from web.quality.fields import Found, forms_of
from web.quality.rich import fill, pages

pytestmark = pytest.mark.timeout(900)

_TYPED: Final = {
    "empty": "",
    "spaces": " \t ",
    "one letter": "x",
    "at the limit": "x" * 256,
    "beyond it": "y" * 257,
    "far beyond it": "z" * 5000,
    "emoji": "\U0001f3dc\ufe0f\U0001f469\u200d\U0001f527 done",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "turned around": "abc\u202edef\u2066ghi",
    "one long word": "w" * 10_000,
    "markup": "<b>bold</b> & \"quoted\" 'twice'",
    "controls": "a\x00b\x01c\x1bd\x7fe",
    "several lines": "one\r\ntwo\rthree\nfour",
    "half a pair": "a\ud800b",
    "a number": "-1e309",
    "statement": "'; DROP TABLE wanted; --",
}
_BYTES: Final = (b"\xff\xfe\x80", b"\xed\xa0\x80", b"\xc0\xaf", b"a\x00b", b"%zz%")
_TOO_MANY: Final = 413
_LIST: Final = "/batch"
"""A list with its boxes: what is refused there is told on a page of its own that leads back."""
_ENDS: Final = frozenset({"/sign-out", "/-/sessions/end"})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub with one of everything."""
    with open_office(tmp_path_factory.mktemp("fields") / "host") as found:
        yield found


@pytest.fixture(scope="module")
def forms(office: Office) -> list[Found]:
    """One of each kind of form, from every page that a maintainer and a visitor see."""
    examples = fill(office, lambda place: f"some {place}")
    found: dict[tuple[str, ...], Found] = {}
    for who in ("acme", ""):
        browser = office.browser(who)
        for path in [*pages(office, examples), item_path(examples["waiting"])]:
            for form in forms_of(browser.get(path).html, path):
                if form.action not in _ENDS:
                    found.setdefault(form.kind, form)
    return [form for form in found.values() if form.texts]


def send(browser: Browser, form: Found, seal: str, **typed: str) -> Any:
    """Send a form as a new attempt, without following where it leads."""
    sent = {**form.sent, "seal": seal, "op": secrets.token_hex(8), **typed}
    return post(browser, form.action, urlencode(sent, errors="surrogatepass"))


def seal_of(browser: Browser) -> str:
    """Return the token of a browser's forms; any page bears it."""
    return forms_of(browser.get("/-/you").html)[0].sent["seal"]


def post(browser: Browser, action: str, body: str) -> Any:
    """Send a body as a form of ours does."""
    headers = {
        "origin": BASE,
        "sec-fetch-site": "same-origin",
        "content-type": "application/x-www-form-urlencoded",
    }
    return browser.client.post(action, content=body, headers=headers, follow_redirects=False)


def test_there_are_forms_to_be_tried(forms: list[Found]) -> None:
    actions = {form.action for form in forms}

    assert {f"{BOARD}/new", "/sign-in"} <= actions
    assert len(actions) >= 8


def test_no_text_in_any_field_breaks_the_hub_or_is_half_saved(
    office: Office, forms: list[Found]
) -> None:
    wrong = []
    browser = office.browser("acme")
    seal = seal_of(browser)
    for form in forms:
        for kind, text in _TYPED.items():
            before = office.head()
            answer = send(browser, form, seal, **dict.fromkeys(form.texts, text))
            told = f"{form.action} {form.texts} {kind}: {answer.status_code}"
            if answer.status_code >= 500:
                wrong.append(told)
            elif answer.status_code >= 400 and office.head() != before:
                wrong.append(f"{told} was refused, and main moved")

    assert not wrong, "\n".join(wrong)


def test_a_refused_form_comes_back_as_it_was_typed_with_the_reason_beside(
    office: Office, forms: list[Found]
) -> None:
    wrong = []
    browser = office.browser("acme")
    seal = seal_of(browser)
    for form in forms:
        if form.action.endswith(_LIST):
            continue
        for name in [name for name in form.texts if name not in form.secrets]:
            typed = {other: f"kept {other}" for other in form.texts} | {name: "x" * 9000}
            answer = send(browser, form, seal, **typed)
            if answer.status_code not in {400, 422}:
                continue
            told = f"{form.action} {name}: {answer.status_code}"
            if not _is_brought_back(form, answer.text, typed):
                wrong.append(f"{told} lost what was typed")
            if 'role="alert"' not in answer.text and 'aria-invalid="true"' not in answer.text:
                wrong.append(f"{told} does not say what is wrong")

    assert not wrong, "\n".join(wrong)


def _is_brought_back(form: Found, html: str, typed: dict[str, str]) -> bool:
    kept = {name: text for name, text in typed.items() if name not in form.secrets}
    same = [other for other in forms_of(html) if other.action == form.action]
    return any(kept.items() <= other.values.items() for other in same)


@pytest.mark.parametrize("raw", _BYTES)
def test_bytes_that_are_no_text_are_refused_or_shown_as_signs(
    office: Office, forms: list[Found], raw: bytes
) -> None:
    browser = office.browser("acme")
    for form in forms:
        sent = {name: text for name, text in form.sent.items() if name not in form.texts}
        typed = "&".join(f"{name}={quote_from_bytes(raw)}" for name in form.texts)

        answer = post(browser, form.action, f"{urlencode(sent)}&{typed}")

        assert answer.status_code < 500, form.action
        assert answer.content.decode("utf-8") is not None


def test_a_form_that_is_sent_twice_does_its_work_once(office: Office) -> None:
    browser = office.browser("acme")
    form = browser.get(f"{BOARD}/new").form("/new")

    first = browser.send(form, title="Only once")
    head = office.head()
    second = browser.send(form, title="Only once")

    assert first.path == second.path
    assert head == office.head()
    assert 1 == browser.get(f"{BOARD}?search=Only+once&status=all").html.count("data-row")


def test_fields_without_end_are_refused(office: Office) -> None:
    browser = office.browser("acme")
    many = "&".join(f"field{number}=x" for number in range(5000))

    for body in (many, "title=" + "x" * 3_000_000):
        answer = post(browser, f"{BOARD}/new", body)

        assert 400 <= answer.status_code <= _TOO_MANY + 10
