"""Upstreams on pages: connected with a token, used like a commons of this hub, let go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.desks import Desk, open_desk
from hub.upstreams.far import TOWN, Town, silent
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
from wasteland.hub.app import create_app
from wasteland.hub.tokens import Scope
from wasteland.hub.upstreams import Connection, Connections, upstreams
from web.browsers import Browser, Office, Page, open_office
from web.chrome import listening

FAR = RepoName("far", "work")
ADDRESS = f"/{FAR}"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub that may call loopback."""
    place = tmp_path_factory.mktemp("office") / "host"
    with open_office(place, allow_outgoing=True, outgoing_allowed=("127.0.0.1",)) as found:
        yield found


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """Another hub of ours with the commons ``far/work``, and its root."""
    with (
        open_desk(tmp_path_factory.mktemp("far") / "host") as desk,
        listening(create_app(desk.hub)) as root,
    ):
        for name in ("far", "ada", "ben"):
            desk.account(name)
        body = {"owner": "far", "name": "work", "title": "Far work"}
        desk.ok("POST", "/api/v1/commons", "far", json=body)
        yield desk, root


@pytest.fixture(scope="module")
def town() -> Iterator[tuple[Town, str]]:
    """DoltHub's stand-in, and its root."""
    made = Town()
    with listening(made.app()) as root:
        yield made, root


def connected(browser: Browser, upstream: str, token: str, **more: str) -> Page:
    form = browser.get("/-/connect").form("/-/connect")
    return browser.send(form, upstream=upstream, token=token, **more)


def _moved(connections: Connections, account: str, root: str) -> Connection:
    """Let an account's only connection lead elsewhere, as if its hub had died."""
    [kept] = connections.of_account(account)
    connections.remove(account, kept.id)
    return connections.add(
        account, root, kept.repo, Secret("a-token-of-pat"), login="ben", rig="", is_admin=False
    )


def test_a_commons_of_another_hub_is_joined_and_worked_on(
    office: Office, far: tuple[Desk, str]
) -> None:
    desk, root = far
    item = desk.ok("POST", f"/api/v1/commons/{FAR}/wanted", "far", json={"title": "Far off"})["id"]
    office.account("max")
    browser = office.browser("max")
    assert 404 == browser.get(ADDRESS).status

    page = connected(browser, f"{root}/{FAR}", desk.tokens["ada"])
    assert "Token is accepted, as ada" in page.text
    board = browser.get(ADDRESS)
    assert "Far off" in board.text
    joined = browser.send(browser.get(f"{ADDRESS}/join").form("/join"), handle="ada")
    assert (200, ADDRESS) == (joined.status, joined.path)
    shown = browser.get(f"{ADDRESS}/wanted/{item}")
    claimed = browser.send(shown.form("/claim"))

    assert "Claim is on main" in claimed.text, claimed.text[:800]
    [row] = desk.rows(f"SELECT claimed_by FROM wanted WHERE id = '{item}'", repo=str(FAR))
    assert "ada" == row["claimed_by"]
    assert FAR in [one.repo for one in office.desk.hub.upstreams.connections.of_account("max")]


def test_work_on_dolthub_waits_as_a_pull_request(office: Office, town: tuple[Town, str]) -> None:
    office.account("tia")
    browser = office.browser("tia")
    connected(browser, f"{town[1]}/{TOWN}", "dhat.v1.alice")

    page = browser.send(browser.get(f"/{TOWN}/wanted/w-1").form("/claim"))

    assert "Claim waits for review" in page.text, page.text[:800]
    assert ["alice/town"] == [p.source for p in town[0].stand_in.state.pulls[str(TOWN)]]


@pytest.mark.parametrize("below", ["", "/rigs", "/rigs/alice", "/new", "/join", "/wanted/w-1"])
def test_pages_of_an_upstream_are_for_who_is_connected_alone(
    office: Office, town: tuple[Town, str], below: str
) -> None:
    office.account("uma")
    browser = office.browser("uma")
    if "Nothing is connected" in browser.get("/-/connections").text:
        connected(browser, f"{town[1]}/{TOWN}", "dhat.v1.alice")
    office.account("eve")

    page = browser.get(f"/{TOWN}{below}")

    assert 200 == page.status, page.text[:800]
    assert '<meta name="robots" content="noindex">' in page.html
    assert "og:title" not in page.html
    assert 404 == office.browser("eve").get(f"/{TOWN}{below}").status
    assert 404 == office.browser().get(f"/{TOWN}{below}").status


def test_owners_are_tested_with_a_branch(office: Office, far: tuple[Desk, str]) -> None:
    desk, root = far
    office.account("owner")
    browser = office.browser("owner")

    refused = connected(browser, f"{root}/{FAR}", desk.tokens["ben"], is_admin="on")
    assert 403 == refused.status
    assert "not connected" in refused.text
    page = connected(browser, f"{root}/{FAR}", desk.tokens["far"], is_admin="on")

    assert "admin access verified" in page.text
    assert "Scratch branch removed" in page.text
    assert [] == desk.hub.host.engine(FAR).branches("scratch/")


def test_a_token_is_shown_on_no_page(office: Office, far: tuple[Desk, str]) -> None:
    desk, root = far
    office.account("kim")
    browser = office.browser("kim")
    secret = "dhat.v1.never-to-be-seen"

    pages = [
        connected(browser, f"{root}/{FAR}", secret),
        connected(browser, "no upstream", secret),
        connected(browser, f"{root}/{FAR}", desk.tokens["ben"]),
        browser.get("/-/connections"),
        browser.get("/?all"),
    ]

    for page in pages:
        assert secret not in page.html
        assert desk.tokens["ben"] not in page.html


def test_a_connection_is_tested_again_mended_and_removed(
    office: Office, far: tuple[Desk, str]
) -> None:
    desk, root = far
    office.account("lee")
    browser = office.browser("lee")
    first, second = (
        desk.hub.accounts.issue("ada", label="x", scope=Scope.WRITE)[1] for _ in range(2)
    )
    page = connected(browser, f"{root}/{FAR}", first)
    token_id = first.split(".")[2]
    desk.hub.accounts.revoke("ada", token_id)

    failed = browser.send(page.form("/test"))
    assert "test failed" in failed.text
    wrong = browser.send(failed.form("/token"), token="wlt.v1.wrong-token")
    assert 401 == wrong.status
    mended = browser.send(wrong.form("/token"), token=second)
    assert "test failed" not in mended.text, mended.text[:800]
    gone = browser.send(mended.form("/remove"))

    assert "Nothing is connected" in gone.text
    assert 404 == browser.get(ADDRESS).status


def test_another_account_reaches_no_connection(office: Office, far: tuple[Desk, str]) -> None:
    desk, root = far
    office.account("nia")
    office.account("mallory")
    page = connected(office.browser("nia"), f"{root}/{FAR}", desk.tokens["ben"])
    mallory = office.browser("mallory")
    seal = mallory.get("/-/connect").form("/-/connect").fields["seal"]

    for ending in ("/test", "/token", "/remove"):
        form = page.form(ending)
        form.fields["seal"] = seal
        assert 404 == mallory.send(form, token=desk.tokens["ada"]).status


def test_a_dead_upstream_is_told_in_time_and_the_rest_goes_on(
    office: Office, far: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, root = far
    office.account("pat")
    browser = office.browser("pat")
    connected(browser, f"{root}/{FAR}", desk.tokens["ben"])
    monkeypatch.setattr(upstreams, "READ_S", 0.3)
    connections = office.desk.hub.upstreams.connections
    with silent() as dead:
        moved = _moved(connections, "pat", dead)
        page = browser.get(ADDRESS)
        item = browser.get(f"{ADDRESS}/wanted/w-1")

    assert (503, 503) == (page.status, item.status), page.text[:500]
    assert "The upstream did not answer" in page.text
    assert dead in page.text
    assert moved.repo == FAR
    assert 200 == browser.get("/?all").status


def test_a_hub_that_calls_nobody_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with open_office(tmp_path_factory.mktemp("shut") / "host") as shut:
        shut.account("ada")
        browser = shut.browser("ada")

        page = connected(browser, "hop/wl-commons", "dhat.v1.some-token")

        assert 501 == page.status
        assert "This hub calls nobody" in page.text


@pytest.mark.parametrize(
    ("upstream", "token", "field"),
    [
        ("", "dhat.v1.some-token", "upstream"),
        ("<b>x</b>", "dhat.v1.some-token", "upstream"),
        ("x" * 5000, "dhat.v1.some-token", "upstream"),
        ("acme/board", "dhat.v1.some-token", "upstream"),
        ("http://192.168.1.1/a/b", "dhat.v1.some-token", "upstream"),
        ("far/work", "", "token"),
        ("far/work", "x" * 5000, "token"),
        ("far/work", "two words", "token"),
    ],
)
def test_bad_input_is_told_beside_its_field(
    office: Office, upstream: str, token: str, field: str
) -> None:
    office.account("quinn")
    browser = office.browser("quinn")

    page = connected(browser, upstream, token)

    assert 400 <= page.status < 500
    invalid = [given.get("id") for _, given in page.tags if "aria-invalid" in given]
    assert [field] == invalid, page.text[:600]
    assert upstream == page.form("/-/connect").fields["upstream"]


def test_nobody_connects_without_an_account(office: Office) -> None:
    assert 401 == office.browser().get("/-/connect").status
    assert 401 == office.browser().get("/-/connections").status
