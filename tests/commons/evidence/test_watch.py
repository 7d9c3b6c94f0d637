"""When evidence is looked at, and what is remembered of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commons.casts import Cast, Clock
from commons.outgoing.servers import LOOPBACK, Names, Receiver, reply
from wasteland.commons import queries
from wasteland.commons.evidence.check import State, Verdict
from wasteland.commons.evidence.store import PAUSES, SqliteEvidenceStore, open_store
from wasteland.commons.evidence.watch import Watch
from wasteland.commons.outgoing.client import Outgoing

REPO = "acme/board"
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> SqliteEvidenceStore:
    return SqliteEvidenceStore(open_store(tmp_path))


def _watch(store: SqliteEvidenceStore, clock: Clock) -> Watch:
    names = Names(log_test=[[LOOPBACK]])
    outgoing = Outgoing(enabled=True, allow=["log.test"], resolver=names)
    return Watch(store, outgoing, None, clock)


def test_evidence_is_looked_at_again_after_an_hour_a_day_a_week_and_each_month(
    store: SqliteEvidenceStore, clock: Clock
) -> None:
    store.note(REPO, [("c-1", "All done.")], at=clock())
    watch = _watch(store, clock)
    pauses = []
    for _ in range(6):
        assert 1 == watch.check_due()
        before = clock()
        while not store.due(clock(), limit=1):
            clock.move(hours=1)
        pauses.append(clock() - before)

    assert [*PAUSES, PAUSES[-1], PAUSES[-1]] == pauses
    assert (timedelta(hours=1), timedelta(days=30)) == (PAUSES[0], PAUSES[-1])


def test_link_that_rots_is_marked(store: SqliteEvidenceStore, clock: Clock) -> None:
    with Receiver([reply(200), reply(404)]).running() as server:
        store.note(REPO, [("c-1", server.url("log.test", "/x"))], at=clock())
        watch = _watch(store, clock)

        watch.check_due()
        assert State(NOON, Verdict.OK) == store.state(REPO, "c-1")
        clock.move(hours=1)
        watch.check_due()

    found = store.state(REPO, "c-1")
    assert found is not None
    assert (Verdict.MISSING, NOON + timedelta(hours=1)) == (found.state, found.checked_at)


def test_worst_of_several_pieces_is_named(store: SqliteEvidenceStore, clock: Clock) -> None:
    with Receiver([reply(200), reply(404)]).running() as server:
        text = f"{server.url('log.test', '/a')} and {server.url('log.test', '/b')}"
        store.note(REPO, [("c-1", text)], at=clock())
        _watch(store, clock).check_due()

    found = store.state(REPO, "c-1")
    assert found is not None
    assert Verdict.MISSING == found.state
    assert found.detail.startswith(f"https://log.test:{server.port}/b: ")


def test_nothing_is_known_before_the_first_look(store: SqliteEvidenceStore, clock: Clock) -> None:
    store.note(REPO, [("c-1", "x")], at=clock())

    assert store.state(REPO, "c-1") is None
    assert store.state(REPO, "c-2") is None


def test_noting_again_starts_nothing_over_unless_the_evidence_changed(
    store: SqliteEvidenceStore, clock: Clock
) -> None:
    store.note(REPO, [("c-1", "x")], at=clock())
    _watch(store, clock).check_due()
    store.note(REPO, [("c-1", "x")], at=clock())
    assert [] == store.due(clock(), limit=9)

    store.note(REPO, [("c-1", "y")], at=clock())
    assert ["y"] == [due.evidence for due in store.due(clock(), limit=9)]
    assert store.state(REPO, "c-1") is None


def test_look_at_evidence_that_has_changed_meanwhile_is_dropped(
    store: SqliteEvidenceStore, clock: Clock
) -> None:
    store.note(REPO, [("c-1", "x")], at=clock())
    old = store.due(clock(), limit=1)[0]
    store.note(REPO, [("c-1", "y")], at=clock())

    store.record(old, State(clock(), Verdict.OK))
    assert store.state(REPO, "c-1") is None


def test_repository_that_is_gone_is_forgotten(store: SqliteEvidenceStore, clock: Clock) -> None:
    store.note(REPO, [("c-1", "x")], at=clock())
    store.note("eve/board", [("c-1", "x")], at=clock())

    store.forget(REPO)
    assert ["eve/board"] == [due.repo for due in store.due(clock(), limit=9)]


def test_completions_of_a_commons_are_noted_once(
    store: SqliteEvidenceStore, cast: Cast, clock: Clock
) -> None:
    item = cast.posted()
    cast.ben.claim(item)
    cast.ben.done(item, evidence="https://example.org/pr/7")
    cast.max.merge(cast.max.inbox()[0].pull.id)
    watch, query = _watch(store, clock), queries.at(cast.engine)

    watch.note_all(REPO, query)
    watch.note_all(REPO, query)
    assert ["https://example.org/pr/7"] == [due.evidence for due in store.due(clock(), limit=9)]
