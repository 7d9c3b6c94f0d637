"""An operation on a hub answers as it does in the hub's own process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commons.far import EVIDENCE, ROOT, Far, answer, direct
from hub.desks import BOARD, open_desk
from wasteland.commons import distant as module
from wasteland.commons.distant import DistantCommons
from wasteland.commons.operations import OPERATIONS, Kind
from wasteland.commons.session import Seat
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Limits
from wasteland.engines.dolthub.secret import Secret
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import (
    AlreadyClaimed,
    EngineError,
    Forbidden,
    Invalid,
    NotFound,
    OwnWork,
    TrustTooLow,
    Unauthenticated,
    Unavailable,
    WastelandError,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
OP = "op-0123456789abcdef0123456789abcdef"

READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("browse", {}),
    ("browse", {"status": "all", "view": "all", "sort": "newest"}),
    ("browse", {"limit": 2, "type": "bug"}),
    ("search", {"words": "is -open"}),
    ("show", {"id": "accepted"}),
    ("show", {"id": "submitted"}),
    ("me", {}),
    ("whoami", {}),
    ("why", {"id": "given back"}),
    ("inbox", {}),
    ("inbox", {"mine": True}),
    ("review", {"pull": "1"}),
    ("rig list", {}),
    ("rig show", {"handle": "ben"}),
    ("audit", {}),
    ("reports", {}),
    ("peer list", {}),
    ("policy show", {}),
    ("policy try", {"rule": "claim", "value": "trust:2"}),
)
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ada", "post", {"title": "New", "tags": "go,sql", "priority": "high"}),
    ("ada", "update", {"id": "open", "title": "Newer"}),
    ("ben", "claim", {"id": "open"}),
    ("ben", "extend", {"id": "claimed", "hours": 24}),
    ("ben", "handover", {"id": "claimed", "to": "ada"}),
    ("ben", "unclaim", {"id": "claimed"}),
    ("ben", "done", {"id": "claimed", "evidence": EVIDENCE}),
    ("mia", "accept", {"id": "submitted", "quality": "fair", "dimension": ["care=0.5"]}),
    ("mia", "reject", {"id": "submitted", "reason": "No test"}),
    ("mia", "close", {"id": "submitted"}),
    ("ada", "withdraw", {"id": "open"}),
    ("mia", "comment", {"pull": "1", "body": "Please add a test"}),
    ("mia", "merge", {"pull": "1"}),
    ("mia", "decline", {"pull": "1", "reason": "Not this way"}),
    ("ada", "undo", {}),
    ("mia", "rig trust", {"handle": "ada", "level": 2}),
    ("mia", "rig suspend", {"handle": "ada", "reason": "Copied", "until": "2030-04-01"}),
    ("mia", "rig link", {"handle": "ada"}),
    ("ben", "report", {"target": "open", "reason": "Advertising", "category": "spam"}),
    ("mia", "peer block", {"peer": "hub.example/evil/board", "reason": "Forged stamps"}),
    ("mia", "policy set", {"rule": "post", "value": "trust:2"}),
)


@pytest.fixture(scope="module", name="far")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """A hub whose clock stands still, with work in every state; nothing here changes it."""
    home = tmp_path_factory.mktemp("far")
    with open_desk(home / "host", now=NOW) as desk:
        far = Far(desk, home)
        far.story()
        yield far


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Far]:
    """A hub with a board and nothing on it."""
    with open_desk(tmp_path / "host") as desk:
        yield Far(desk, tmp_path)


def test_each_read_is_compared() -> None:
    assert {row.name for row in OPERATIONS if row.kind is Kind.READ} == {n for n, _ in READS}


@pytest.mark.parametrize("rig", ["ada", "ben", "mia"])
@pytest.mark.parametrize(("name", "values"), READS)
def test_a_read_over_http_answers_as_at_home(
    far: Far, rig: str, name: str, values: dict[str, Any]
) -> None:
    given = far.named(values)

    assert direct(far.near(rig), name, **given) == answer(far.at(rig), name, **given)


@pytest.mark.parametrize(("name", "values"), READS)
def test_a_list_comes_whole_in_however_many_pages(
    far: Far, monkeypatch: pytest.MonkeyPatch, name: str, values: dict[str, Any]
) -> None:
    given = far.named(values)
    whole = direct(far.near("mia"), name, **given)
    monkeypatch.setattr(module, "_PAGE", 1)

    assert whole == answer(far.at("mia"), name, **given)


@pytest.mark.parametrize(("rig", "name", "values"), WRITES)
def test_a_rehearsed_write_over_http_answers_as_at_home(
    far: Far, rig: str, name: str, values: dict[str, Any]
) -> None:
    given = far.named(values) | {"dry_run": True, "op_id": OP}
    head = far.near("mia").engine.head()

    home, away = direct(far.near(rig), name, **given), answer(far.at(rig), name, **given)
    assert _masked(home) == _masked(away)
    assert head == far.near("mia").engine.head()


def test_work_is_done_and_judged_over_http(fresh: Far) -> None:
    item = answer(fresh.at("ada"), "post", title="Add retry logic")["id"]
    claimed = answer(fresh.at("ben"), "claim", id=item)
    answer(fresh.at("ben"), "done", id=item, evidence=EVIDENCE)
    accepted = answer(fresh.at("mia"), "accept", id=item, quality="good")

    assert ("merged", "ben") == (claimed["state"], claimed["after"]["claimed_by"])
    assert "completed" == accepted["after"]["status"]
    assert ["ben"] == [s.subject for s in fresh.near("mia").show(item).stamps]


def test_a_write_sent_again_answers_with_its_first_receipt(fresh: Far) -> None:
    first = answer(fresh.at("ada"), "post", title="Once", op_id=OP)
    again = answer(fresh.at("ada"), "post", title="Once", op_id=OP)

    assert (False, True) == (first["replayed"], again["replayed"])
    assert first | {"replayed": True} == again
    assert 1 == len(fresh.near("ada").browse())


def test_refusals_keep_their_type_code_and_facts(far: Far) -> None:
    items = far.items
    refused: list[tuple[str, str, dict[str, Any], type[WastelandError]]] = [
        ("ada", "claim", {"id": items["claimed"]}, AlreadyClaimed),
        ("ada", "show", {"id": "w-none"}, NotFound),
        ("ada", "accept", {"id": items["submitted"], "quality": "good"}, TrustTooLow),
        ("ben", "accept", {"id": items["submitted"], "quality": "good"}, OwnWork),
        ("ada", "post", {"title": ""}, Invalid),
        ("ada", "policy set", {"rule": "post", "value": "trust:2"}, Forbidden),
    ]
    for rig, name, values, kind in refused:
        with pytest.raises(WastelandError) as home:
            direct(far.near(rig), name, **values)
        with pytest.raises(kind) as away:
            answer(far.at(rig), name, **values)

        assert home.value.code == away.value.code, name
        assert (home.value.message, home.value.hint) == (away.value.message, away.value.hint)
    with pytest.raises(AlreadyClaimed) as lost:
        answer(far.at("ada"), "claim", id=items["claimed"])
    assert "ben" == lost.value.facts["holder"]


def test_a_token_that_is_no_longer_good_is_refused_without_being_shown(fresh: Far) -> None:
    token = fresh.desk.hub.accounts.issue("ada", label="old", scope=Scope.WRITE)
    fresh.desk.hub.accounts.revoke("ada", token[0].id)
    with pytest.raises(Unauthenticated) as refused:
        answer(_at(fresh.wire, token[1]), "browse")

    assert refused.value.hint.startswith("wl login")
    assert token[1] not in _all_that(refused.value)


def test_a_hub_that_repeats_the_token_cannot_make_an_error_show_it() -> None:
    token = "wlt.v1.aaaaaaaaaaaa." + "s" * 43

    def echo(request: httpx2.Request) -> httpx2.Response:
        sent = request.headers["authorization"]
        return httpx2.Response(403, json={"code": "forbidden", "detail": sent, "hint": sent})

    with pytest.raises(Forbidden) as refused:
        answer(_at(httpx2.MockTransport(echo), token), "browse")

    assert token not in _all_that(refused.value)


@pytest.mark.parametrize(
    "body",
    ["[]", "{}", '{"items": 7}', '{"items": [7]}', '{"items": [{"priority": []}]}', "<html>"],
)
def test_an_answer_in_another_form_is_an_error_and_no_traceback(body: str) -> None:
    odd = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body))
    found: object = None
    try:
        found = answer(_at(odd, "t"), "browse")
    except EngineError as error:
        assert ROOT in error.message  # noqa: PT017  # either will do

    assert found in (None, [])


def test_a_hub_that_is_down_is_unavailable(fresh: Far) -> None:
    fresh.wire.down = True
    with pytest.raises(Unavailable):
        answer(fresh.at("ada"), "browse")


def _masked(data: Any) -> str:
    """Return *data* without the tokens of leases, which are random."""
    return re.sub(rf"\b(?!{OP[3:]})[0-9a-f]{{32}}\b", "…", json.dumps(data, sort_keys=True))


def _at(transport: httpx2.BaseTransport, token: str) -> DistantCommons:
    http = Http(ROOT, Secret(token), transport=transport, limits=Limits(tries=1))
    return DistantCommons(http, BOARD, Seat("ada", "ada"))


def _all_that(error: WastelandError) -> str:
    return json.dumps([error.message, error.hint, error.facts, repr(error)], default=str)
