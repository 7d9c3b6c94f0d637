"""
Taking part in a commons on DoltHub: found by name, read and written over REST.

A hub of ours stands in for DoltHub; nothing of its own API is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from engines.dolthub.hubs import ROOT, LiveHub
from wasteland import settings as user_settings
from wasteland.commons import hubs, joining, memberships, workspace
from wasteland.commons.creation import create_commons
from wasteland.commons.receipts import MERGED, PENDING
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
from wasteland.hosts.dolthub.host import DoltHubHost
from wasteland.settings import Settings

BOARD = RepoName("hop", "wl-commons")


@pytest.fixture(name="live")
def stand_in(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub with hop/wl-commons, in place of DoltHub."""
    made = LiveHub(tmp_path / "hub")
    create_commons(made.hub.host, BOARD, handle="mia")
    yield made
    made.close()


@pytest.fixture(name="ada")
def user(live: LiveHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A user with a token for DoltHub, whose requests go to the stand-in."""
    token = live.token("ada").reveal()

    def open_http(settings: Settings, root: str, **_: Any) -> Http:
        assert "https://www.dolthub.com" == root
        return Http(ROOT, Secret(token), transport=live.transport)

    monkeypatch.setattr(hubs, "open_http", open_http)
    found = user_settings.load({"HOME": str(tmp_path / "ada")})
    return replace(found, token="dhat.v1.something")


def test_a_bare_name_that_is_not_here_is_looked_for_on_dolthub(ada: Settings) -> None:
    joined = joining.join(ada, "hop/wl-commons", account="ada")

    membership = memberships.choose(ada.config, "hop/wl-commons")
    assert joined.registration
    assert ("rest", "https://www.dolthub.com") == (membership.kind, membership.url)


def test_without_a_token_a_bare_name_is_one_of_the_local_host(ada: Settings) -> None:
    with workspace.local_host(ada.host, ada) as host:
        create_commons(host, BOARD, handle="max")

    joining.join(replace(ada, token=""), "hop/wl-commons", account="ada")

    assert "host" == memberships.choose(ada.config, "").kind


def test_work_is_offered_as_a_pull_request_and_read_back(ada: Settings, live: LiveHub) -> None:
    joining.join(ada, "https://www.dolthub.com/hop/wl-commons", account="ada")
    with workspace.open_commons(ada, "", Commons) as commons:
        posted = commons.post(title="Seen from afar")
        shown = commons.show(posted.id)

    assert posted.pull
    assert "Seen from afar" == shown.item.title
    pulls = live.hub.host.pulls(BOARD, state=None)
    assert f"wl/ada/{posted.id}" in {pull.branch for pull in pulls}


# --- the main job, where nothing but DoltHub's first API answers


class FirstApi(httpx2.BaseTransport):
    """Passes what DoltHub's first API has, and takes from the answers what names a hub of ours."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        path = request.url.path
        if not path.startswith("/api/v1alpha1/") or path.endswith("/changes"):
            return httpx2.Response(404, json={"message": "no such page"})
        response = self._inner.handle_request(request)
        response.read()
        kept = {k: v for k, v in response.headers.items() if k == "content-type"}
        return httpx2.Response(response.status_code, content=response.content, headers=kept)


@pytest.fixture
def seat(live: LiveHub, tmp_path: Path) -> Iterator[Callable[[str, str], Commons]]:
    """Return a rig's session, which does not know that it asks a hub of ours."""
    live.own("mia", "hop")
    hosts: list[DoltHubHost] = []

    def open_seat(rig: str, account: str) -> Commons:
        http = live.client(rig, wrap=FirstApi)
        hosts.append(DoltHubHost(http, tmp_path / "homes" / rig))
        return Commons(hosts[-1], BOARD, Seat(rig, account))

    yield open_seat
    for host in hosts:
        host.close()


def test_the_main_job_is_done_over_the_first_api_alone(
    seat: Callable[[str, str], Commons], live: LiveHub
) -> None:
    """What the hub takes at once is called merged, what waits is not, and a decision lands."""
    ben, mia = seat("ben", "ben"), seat("mia", "hop")
    item_id = mia.post(title="Mend the fence").id
    told = [ben.register(), ben.claim(item_id), ben.unclaim(item_id), ben.claim(item_id)]
    told += [ben.done(item_id, evidence="https://example.org/1")]
    told += [mia.reject(item_id, reason="No tests.")]
    told += [ben.done(item_id, evidence="https://example.org/2")]
    told += [mia.accept(item_id, quality="good")]

    assert [MERGED] * 4 + [PENDING, MERGED, PENDING, MERGED] == [receipt.state for receipt in told]
    assert [] == live.hub.host.pulls(BOARD)
    on_hub = Commons(live.hub.host, BOARD, Seat("mia", "hop"))
    assert ("completed", "ben") == (
        on_hub.show(item_id).item.status,
        on_hub.show(item_id).item.claimed_by,
    )
    assert ["mia"] == [stamp.author for stamp in on_hub.rig("ben").stamps]
