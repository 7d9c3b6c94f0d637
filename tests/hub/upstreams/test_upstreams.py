"""Connections to upstreams: tested over real HTTP, kept with their tokens sealed, used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import RedirectResponse

from hub.desks import BOARD, Desk, open_desk
from hub.upstreams.far import TOWN, Town, silent
from wasteland.commons.outgoing.client import Outgoing
from wasteland.commons.sdk import Commons
from wasteland.engines.dolthub.http import Call, Http
from wasteland.engines.dolthub.retry import Limits
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
from wasteland.hub.app import create_app
from wasteland.hub.hub import Hub, Options
from wasteland.hub.tokens import Scope
from wasteland.hub.upstreams.naming import read_token, read_upstream
from wasteland.hub.upstreams.transport import GuardedTransport
from wasteland.protocol.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from web.chrome import listening

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
    assert "op-far-claim" == receipt.op_id
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


def test_a_wrong_token_is_told_by_field(far: tuple[Desk, str], hub: Hub) -> None:
    probe = hub.upstreams.test(far[1], BOARD, Secret("wlt.v1.wrong"), is_admin=False)

    assert isinstance(probe.error, Unauthenticated)
    assert "token" == probe.error.facts["field"]
    assert not probe.login


def test_connecting_again_keeps_the_newer_token(far: tuple[Desk, str], hub: Hub) -> None:
    desk, root = far

    for who in ("ada", "acme"):
        _, kept = hub.upstreams.connect(
            "max", root, BOARD, Secret(desk.tokens[who]), is_admin=False
        )

    assert kept is not None
    assert [kept] == hub.upstreams.connections.of_account("max")
    assert ("acme", desk.tokens["acme"]) == (
        kept.login,
        hub.upstreams.connections.token(kept).reveal(),
    )


def test_a_token_for_reading_is_refused(far: tuple[Desk, str], hub: Hub) -> None:
    desk, root = far

    probe = hub.upstreams.test(root, BOARD, Secret(desk.tokens["reader"]), is_admin=False)

    assert isinstance(probe.error, Forbidden)
    assert "scope write" in probe.error.message


def test_what_is_no_commons_is_not_connected(far: tuple[Desk, str], hub: Hub) -> None:
    desk, root = far
    nothing = RepoName("acme", "nothing")

    probe, kept = hub.upstreams.connect(
        "max", root, nothing, Secret(desk.tokens["ada"]), is_admin=False
    )

    assert isinstance(probe.error, NotFound)
    assert "upstream" == probe.error.facts["field"]
    assert kept is None
    assert [] == hub.upstreams.connections.of_account("max")


def test_work_goes_to_dolthub_from_a_fork(town: tuple[Town, str], hub: Hub) -> None:
    probe, kept = hub.upstreams.connect(
        "max", town[1], TOWN, Secret("dhat.v1.alice"), is_admin=False
    )
    assert kept is not None, probe

    with hub.upstreams.session(kept, Commons, writes=True) as session:
        receipt = session.claim("w-1", op_id="op-town-claim")

    assert "pending" == receipt.state
    [pull] = town[0].stand_in.state.pulls[str(TOWN)]
    assert ("alice/town", "Open") == (pull.source, pull.state)


def test_reads_of_one_page_are_remembered_until_something_is_written(
    town: tuple[Town, str], hub: Hub
) -> None:
    _, kept = hub.upstreams.connect("max", town[1], TOWN, Secret("dhat.v1.org"), is_admin=False)
    assert kept is not None
    asked = town[0].log
    with hub.upstreams.session(kept, Commons) as session:
        session.rigs()
    before = len(asked)
    with hub.upstreams.session(kept, Commons) as session:
        session.rigs()
    assert before == len(asked)

    with hub.upstreams.session(kept, Commons, writes=True) as session:
        session.rigs()
    assert before < len(asked)


def test_who_does_not_answer_is_given_up_in_time(far: tuple[Desk, str], hub: Hub) -> None:
    outgoing = Outgoing(enabled=True, allow=LOOPBACK, clock=time.monotonic)
    with silent() as root:
        transport = GuardedTransport(outgoing, budget_s=0.2)
        limits = Limits(tries=2, budget_s=0.5)
        with Http(root, Secret("a-token-of-ada"), transport=transport, limits=limits) as http:
            with pytest.raises(Unavailable):
                http.send(Call("GET", ("api", "v1alpha1", "user")))
            with pytest.raises(Unavailable):
                http.send(Call("GET", ("api", "v1alpha1", "user")))


def test_a_host_that_nobody_listens_at_ends_the_test(hub: Hub) -> None:
    with silent() as root:
        pass

    probe = hub.upstreams.test(root, BOARD, Secret("a-token-of-ada"), is_admin=True)

    assert isinstance(probe.error, Unavailable)
    assert 1 == len(probe.checks)


@pytest.mark.parametrize("root", ["http://10.1.2.3", "http://169.254.169.254", "http://[::1]:8080"])
def test_private_addresses_are_called_only_where_the_operator_says(hub: Hub, root: str) -> None:
    outgoing = Outgoing(enabled=True, allow=())
    transport = GuardedTransport(outgoing, budget_s=5.0)
    with Http(root, transport=transport) as http, pytest.raises(Forbidden):
        http.send(Call("GET", ("api", "v1")))


def test_a_hub_that_calls_nobody_connects_to_nobody(tmp_path: Path) -> None:
    with closing(Hub.open(tmp_path / "shut", Options())) as shut, pytest.raises(Unsupported):
        shut.upstreams.test("https://hub.example", BOARD, Secret("a-token-of-ada"), is_admin=False)


def test_a_token_does_not_cross_a_network_unencrypted(hub: Hub) -> None:
    with pytest.raises(Invalid, match="unencrypted"):
        hub.upstreams.test("http://hub.example", BOARD, Secret("a-token-of-ada"), is_admin=False)


def test_a_redirect_is_not_followed_with_a_token(hub: Hub) -> None:
    async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
        answer = RedirectResponse("http://127.0.0.1:9/elsewhere")
        await answer(scope, receive, send)

    with listening(elsewhere) as root:
        probe = hub.upstreams.test(root, BOARD, Secret("a-token-of-ada"), is_admin=False)

    assert probe.error is not None
    assert "elsewhere" in probe.error.message


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("hop/wl-commons", ("https://www.dolthub.com", "hop/wl-commons")),
        (" hop/wl-commons ", ("https://www.dolthub.com", "hop/wl-commons")),
        (
            "https://www.dolthub.com/repositories/hop/wl-commons",
            ("https://www.dolthub.com", "hop/wl-commons"),
        ),
        ("https://dolthub.com/hop/wl-commons/", ("https://www.dolthub.com", "hop/wl-commons")),
        ("https://hub.example/team/board?status=all#x", ("https://hub.example", "team/board")),
        ("http://127.0.0.1:8999/team/board", ("http://127.0.0.1:8999", "team/board")),
    ],
)
def test_an_upstream_is_named_in_several_ways(typed: str, found: tuple[str, str]) -> None:
    root, repo = read_upstream(typed)

    assert found == (root, str(repo))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "board",
        "a/b/c",
        "https://hub.example",
        "https://ada:secret@hub.example/team/board",
        "javascript://hub.example/team/board",
        "file:///etc/passwd",
        "https://hub.example/../etc",
        "team/\u202eboard",
        "x" * 3000,
    ],
)
def test_what_names_no_upstream_is_refused_by_field(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_upstream(typed)

    assert "upstream" == refused.value.facts["field"]
    assert "secret" not in f"{refused.value.message} {refused.value.facts}"


@pytest.mark.parametrize(
    "typed", ["", "short", "two words and more", "token\x00of-ada", "x" * 5000]
)
def test_what_is_no_token_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_token(typed)

    assert not typed or typed not in f"{refused.value.message} {refused.value.facts}"
