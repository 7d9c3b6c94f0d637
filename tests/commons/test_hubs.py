"""Hubs as this user works with them: addresses, sign-in, the client that carries the token."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from wasteland import settings as user_settings
from wasteland.commons import hubs, memberships, signing_in
from wasteland.commons.memberships import HUB, Membership
from wasteland.commons.operations import BY_NAME
from wasteland.engines.dolthub.http import Call
from wasteland.hosts.base import RepoName
from wasteland.protocol.errors import Invalid, Unauthenticated
from wasteland.settings import Settings

ROOT = "https://hub.example.org"
BOARD = RepoName("acme", "board")
TOKEN = "wlt.v1.aaaaaaaaaaaa." + "s" * 43


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A user who has signed in at the hub."""
    found = user_settings.load({"HOME": str(tmp_path)})
    hubs.credentials(found).keep(ROOT, TOKEN, "ada")
    return found


class Heard(httpx2.BaseTransport):
    """Answers with one status and body, and keeps what it was sent."""

    def __init__(self, status: int = 200, body: object = None) -> None:
        self._answer = (status, body if body is not None else {})
        self.requests: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer."""
        self.requests.append(request)
        return httpx2.Response(self._answer[0], json=self._answer[1])


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("hub.example.org", ROOT),
        (f"{ROOT}/acme/board", ROOT),
        ("http://127.0.0.1:8999", "http://127.0.0.1:8999"),
        ("http://[::1]:8999/", "http://[::1]:8999"),
    ],
)
def test_a_hub_is_named_by_any_address_on_it(typed: str, root: str) -> None:
    assert root == hubs.root_of(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://hub", "https://ada:secret@hub.example.org", "//", "http://[::1", "http://["],
)
def test_what_is_no_address_of_a_hub_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        hubs.root_of(typed)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (f"{ROOT}/acme/board", (ROOT, BOARD)),
        (f"{ROOT}/acme/board.db", None),
        (f"{ROOT}/acme", None),
        ("file:///acme/board", None),
        ("acme/board", None),
        ("http://[::1/acme/board", None),
    ],
)
def test_a_commons_on_a_hub_is_told_from_other_targets(
    target: str, found: tuple[str, RepoName] | None
) -> None:
    assert found == hubs.read_address(target)


def test_the_token_goes_into_the_header_and_the_rig_beside_it(settings: Settings) -> None:
    heard = Heard()
    with hubs.open_http(settings, ROOT, rig="ada", transport=heard) as http:
        http.send(Call("GET", ("api", "v1")))
    (request,) = heard.requests

    assert f"token {TOKEN}" == request.headers["authorization"]
    assert "ada" == request.headers["x-wasteland-rig"]
    assert TOKEN not in str(request.url)


def test_no_token_goes_to_another_hub_or_in_the_clear(settings: Settings) -> None:
    heard = Heard()
    with hubs.open_http(settings, "https://other.example.org", transport=heard) as http:
        http.send(Call("GET", ("api", "v1")))
    hubs.credentials(settings).keep("http://hub.example.org", TOKEN, "ada")

    assert "authorization" not in heard.requests[0].headers
    with pytest.raises(Invalid):
        hubs.open_http(settings, "http://hub.example.org", transport=heard)
    with hubs.open_http(
        replace(settings, allow_plain=True), "http://hub.example.org", transport=heard
    ) as http:
        assert http.has_token


def test_the_environments_token_goes_to_wl_hub_and_to_joined_hubs_alone(tmp_path: Path) -> None:
    known = "https://joined.example.org"
    user = replace(user_settings.load({"HOME": str(tmp_path)}), token=TOKEN, hub=ROOT)
    memberships.save(user.config, Membership(BOARD, "ada", "ada", HUB, known))

    def has_token(root: str) -> bool:
        with hubs.open_http(user, root, transport=Heard()) as http:
            return http.has_token

    assert [True, True, False] == [has_token(r) for r in (ROOT, known, "https://other.example")]


def test_a_token_that_was_held_back_says_how_it_may_go(tmp_path: Path) -> None:
    user = replace(user_settings.load({"HOME": str(tmp_path)}), token=TOKEN)
    heard = Heard()
    with pytest.raises(Unauthenticated) as refused:
        signing_in.account_at(user, ROOT, transport=heard)

    assert f"WL_HUB={ROOT}" in refused.value.hint
    assert [] == heard.requests


def test_a_token_that_the_hub_does_not_know_names_the_way_in(settings: Settings) -> None:
    body = {"code": "unauthenticated", "detail": "No such token.", "hint": "wl login"}
    membership = Membership(BOARD, "ada", "ada", HUB, ROOT)
    distant = hubs.open_distant(settings, membership, transport=Heard(401, body))
    with closing(distant), pytest.raises(Unauthenticated) as refused:
        distant.call(BY_NAME["browse"], {})

    assert f"wl login {ROOT}" == refused.value.hint


@pytest.mark.parametrize("netloc", ["hub.example.org", "..", "a_b:1", "[::1]:8999", "ha/../ck"])
def test_copies_of_two_hubs_never_meet_and_stay_in_their_folder(
    settings: Settings, netloc: str
) -> None:
    membership = Membership(BOARD, "ada", "ada", HUB, f"https://{netloc}")
    copy = hubs.nearby(settings, membership).replica
    place = copy.path.relative_to(settings.data / "replicas")

    assert ".." not in place.parts
    assert ("acme", "board.db") == place.parts[-2:]
    assert 3 == len(place.parts)
