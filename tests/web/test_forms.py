"""Which requests may change something: those of a form that a page of ours showed this browser."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from wasteland.hub.tokens import Scope
from wasteland.web import connecting, creating, items, people, writing
from web.browsers import BASE, BOARD, Office, item_path

_ROUTERS = (creating.router, connecting.router, items.router, people.router, writing.router)
CHANGING = sorted(
    route.path
    for router in _ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "POST" in (route.methods or ())
)


@pytest.fixture(scope="module")
def item(office: Office) -> str:
    """An item that nobody may change here."""
    return office.post(description="as it was")


@pytest.mark.parametrize("path", CHANGING)
@pytest.mark.parametrize(
    "case", ["no token", "another's token", "foreign origin", "foreign site", "text/plain", "json"]
)
def test_a_form_that_is_not_ours_changes_nothing(
    office: Office, item: str, path: str, case: str
) -> None:
    office.account("ben")
    browser = office.browser("ben" if path.endswith("/join") else "acme")
    seal = browser.get("/-/you").form("/-/choices").fields["seal"]
    other = office.browser().get("/-/you").form("/-/choices").fields["seal"]
    before = office.head()
    data = {"seal": seal, "title": "Changed", "handle": "ben", "token": "x"}
    headers = {"origin": BASE, "sec-fetch-site": "same-origin"}
    sent: dict[str, Any] = {"data": data}
    if case == "no token":
        del data["seal"]
    elif case == "another's token":
        data["seal"] = other
    elif case == "foreign origin":
        headers["origin"] = "https://evil.example"
    elif case == "foreign site":
        headers = {"sec-fetch-site": "cross-site"}
    elif case == "text/plain":
        sent = {"content": "&".join(f"{k}={v}" for k, v in data.items())}
        headers["content-type"] = "text/plain"
    else:
        sent = {"json": data}

    url = path.format(
        owner="acme", database="board", item=item, verb="claim", pull="1", connection="none"
    )
    answer = browser.client.post(url, headers=headers, follow_redirects=False, **sent)

    assert 403 == answer.status_code, answer.text[:300]
    assert "set-cookie" not in answer.headers or "wl=" not in answer.headers["set-cookie"]
    assert before == office.head()


def test_a_get_changes_nothing_whatever_it_says(office: Office) -> None:
    browser = office.browser("acme")
    item = office.post()

    answer = browser.client.get(
        f"{item_path(item)}/claim?_method=POST", headers={"x-http-method-override": "POST"}
    )

    assert 405 == answer.status_code
    assert "claim" in browser.get(item_path(item)).form("/claim").action


def test_a_form_from_before_signing_in_keeps_what_was_typed(office: Office) -> None:
    browser = office.browser()
    form = browser.get(f"{BOARD}/new").form("/new")
    browser.sign_in(office.desk.tokens["acme"])

    page = browser.send(form, title="Typed long ago", description="Still here")

    assert 403 == page.status
    assert "older than your session" in page.text
    kept = page.form("/new")
    assert ("Typed long ago", "Still here") == (kept.fields["title"], kept.fields["description"])
    assert "Typed long ago" in browser.send(kept).text


def test_sending_a_form_twice_has_one_effect(office: Office) -> None:
    browser = office.browser("acme")
    form = browser.get(f"{BOARD}/new").form("/new")

    first = browser.send(form, title="Once")
    second = browser.send(form, title="Once")

    assert first.path == second.path
    assert 1 == browser.get(f"{BOARD}?status=all").html.count("data-row>Once<")


def test_a_token_that_only_reads_may_write_nothing(office: Office) -> None:
    reader = office.desk.hub.accounts.issue("acme", label="r", scope=Scope.READ)[1]
    browser = office.browser()
    browser.sign_in(reader)
    form = browser.get(f"{BOARD}/new").form("/new")

    page = browser.send(form, title="Not mine to post")

    assert 403 == page.status
    assert "Not mine to post" == page.form("/new").fields["title"]
