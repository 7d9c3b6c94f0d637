"""Connections to upstreams: tested over real HTTP, kept with their tokens sealed, used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.desks import BOARD, Desk, open_desk
from hub.upstreams.far import TOWN, Town, listening
from wasteland.commons.sdk import Commons
from wasteland.engines.dolthub.secret import Secret
from wasteland.hub.app import create_app
from wasteland.hub.hub import Hub, Options
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unsupported

LOOPBACK = ("127.0.0.1",)


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """A hub of somebody else with ``acme/board``, and its root."""
    with (
        open_desk(tmp_path_factory.mktemp("far") / "host") as desk,
        listening(create_app(desk.hub)) as root,
    ):
        desk.account("ada")
        desk.account("reader", scope=Scope.READ)
        yield desk, root


@pytest.fixture(scope="module")
def town() -> Iterator[tuple[Town, str]]:
    """DoltHub's stand-in, and its root."""
    made = Town()
    with listening(made.app()) as root:
        yield made, root


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """Our hub, which may call loopback."""
    options = Options(allow_outgoing=True, outgoing_allowed=LOOPBACK, requests_per_minute=0)
    with closing(Hub.open(tmp_path / "host", options)) as made:
        yield made


def test_a_rig_of_another_hub_is_found_and_its_work_lands_there(
    far: tuple[Desk, str], hub: Hub
) -> None:
    desk, root = far
    item = desk.post("Mend it from afar")
    token = Secret(desk.tokens["acme"])

    probe, kept = hub.upstreams.connect("max", root, BOARD, token, is_admin=False)

    assert (None, "acme", "mia") == (probe.error, probe.login, probe.rig)
    assert kept is not None
    with hub.upstreams.session(kept, Commons, writes=True) as session:
        receipt = session.claim(item, op_id="op-far-claim")
    assert "pull" in str(receipt.to_data() if hasattr(receipt, "to_data") else receipt)
    assert [["claimed", "mia"]] == [
        [row["status"], row["claimed_by"]]
        for row in desk.rows(f"SELECT status, claimed_by FROM wanted WHERE id = '{item}'")
    ]


def test_an_owner_is_tested_with_a_branch_that_is_gone_afterwards(
    far: tuple[Desk, str], hub: Hub
) -> None:
    desk, root = far

    probe = hub.upstreams.test(root, BOARD, Secret(desk.tokens["acme"]), is_admin=True)

    assert probe.error is None, probe
    assert [True] * 6 == [check.is_ok for check in probe.checks], probe.checks
    assert "gone" == probe.checks[-1].detail
    engine = desk.hub.host.engine(BOARD)
    assert [] == engine.branches("scratch/")


def test_on_dolthub_the_branch_of_a_test_is_emptied(town: tuple[Town, str], hub: Hub) -> None:
    probe = hub.upstreams.test(town[1], TOWN, Secret("dhat.v1.org"), is_admin=True)

    assert probe.error is None, probe
    assert ("org", "org") == (probe.login, probe.rig)
    assert "empty" == probe.checks[-1].detail


def test_who_does_not_own_the_upstream_is_told_so(far: tuple[Desk, str], hub: Hub) -> None:
    desk, root = far

    probe = hub.upstreams.test(root, BOARD, Secret(desk.tokens["ada"]), is_admin=True)

    assert isinstance(probe.error, Forbidden)
    assert "is_admin" == probe.error.facts["field"]
    assert not probe.checks[-1].is_ok
