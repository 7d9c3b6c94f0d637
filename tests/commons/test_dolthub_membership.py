"""
Taking part in a commons on DoltHub: found by name, read and written over REST.

A hub of ours stands in for DoltHub; nothing of its own API is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engines.dolthub.hubs import ROOT, LiveHub
from wasteland import settings as user_settings
from wasteland.commons import hubs, joining, memberships, workspace
from wasteland.commons.creation import create_commons
from wasteland.commons.sdk import Commons
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
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
