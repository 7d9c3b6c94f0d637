"""The log of moderation: chained whoever writes, read with its chain checked, older tables too."""

from __future__ import annotations

import threading

import pytest

from commons.casts import NOON, Cast, Clone, refusal, suspend
from commons.foreign import Foreign
from wasteland.commons import records
from wasteland.commons.doctor import audit
from wasteland.commons.doctor.findings import Level, Site
from wasteland.hosts.base import PullState
from wasteland.protocol.errors import Forbidden, NotFound, Unsupported
from wasteland.protocol.schema import MODERATION

_NEW = ("block_hash", "prev_hash", "seq", "outcome", "about", "scope", "category", "target")
BAN = (
    "INSERT INTO wlx_moderation (id, rig, action, reason, decided_by, created_at) "
    "VALUES (:id, :about, 'suspend', 'spam', :rig, :now)"
)
ENGINES = pytest.mark.parametrize(
    "host", ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)], indirect=True
)


def log(cast: Cast) -> list[tuple[int | None, str, str]]:
    """Return number, deed and about whom of every record, oldest first."""
    found = cast.max.audit().records
    return [(record.seq, record.action, record.rig) for record in reversed(found)]


def holds(cast: Cast) -> int | None:
    """Return how many links the chain has, None where it is broken."""
    found = cast.max.audit().chain
    return found.count if found.holds else None


def tampered(cast: Cast, sql: str) -> None:
    """Write the table of records past every rule."""
    with cast.engine.change() as change:
        change.run(sql)
        change.commit("oops", author="x", at=NOON, tables=[MODERATION.name])


def older(cast: Cast) -> None:
    """Leave the table of records as an earlier version made it."""
    drops = [f"ALTER TABLE wlx_moderation DROP COLUMN {name}" for name in (*_NEW, "target_type")]
    indexes = ["wlx_moderation_about", "wlx_moderation_seq"]
    at = " ON wlx_moderation" if cast.engine.dialect.name == "dolt" else ""
    dropped = [f"DROP INDEX {name}{at}" for name in indexes]
    cast.engine.run_ddl([*dropped, *drops], "older", author="x", at=NOON)


@ENGINES
def test_each_decision_is_the_next_link(cast: Cast) -> None:
    cast.max.suspend("ben", reason="spam")
    cast.max.restore("ben", reason="served")
    cast.max.trust("ada", 2, reason="Careful")
    cast.max.block("rust.example", reason="A flood")
    cast.max.unblock("rust.example")

    deeds = ["suspend", "restore", "trust", "block", "unblock"]
    assert [(n, deed) for n, deed in enumerate(deeds, 1)] == [entry[:2] for entry in log(cast)]
    assert 5 == holds(cast)


@ENGINES
def test_two_decisions_that_race_are_both_kept_one_after_the_other(cast: Cast) -> None:
    cast.max.trust("ada", 3)
    ready = threading.Barrier(2)

    def decide(by: str, handle: str) -> None:
        ready.wait(timeout=30)
        getattr(cast, by).suspend(handle, reason=f"by {by}")

    racing = [
        threading.Thread(target=decide, args=args) for args in (("max", "ben"), ("ada", "eve"))
    ]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join(timeout=60)

    assert {"ben", "eve"} == {rig for _, _, rig in log(cast)}
    assert 2 == holds(cast)


@ENGINES
def test_a_decision_of_another_client_is_linked_when_it_lands(cast: Cast) -> None:
    far = Foreign(cast, "max", "acme")
    far.write("wl/max/ban", {BAN: {"id": "m-9", "about": "ben"}})
    cast.max.suspend("eve", reason="first")

    decision = far.ask("wl/max/ban")

    assert decision.pull.state is PullState.MERGED
    assert [(1, "suspend", "eve"), (2, "suspend", "ben")] == log(cast)
    assert 2 == holds(cast)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE wlx_moderation SET reason = 'other' WHERE rig = 'ben'",
        "DELETE FROM wlx_moderation WHERE rig = 'ben'",
        "UPDATE wlx_moderation SET lifted_at = :now WHERE rig = 'ben'",
    ],
)
def test_a_pull_request_that_rewrites_the_log_waits_refused(cast: Cast, sql: str) -> None:
    cast.max.suspend("ben", reason="spam")

    decision = Foreign(cast, "max", "acme").offer("wl/max/quiet", {sql: {}})

    assert decision.pull.state is PullState.OPEN
    assert isinstance(decision.verdict.reasons[0].error, Forbidden)
    assert 1 == holds(cast)


def test_a_dry_run_takes_no_place_in_the_chain(cast: Cast) -> None:
    cast.max.suspend("ben", reason="spam", dry_run=True)

    assert [] == log(cast)


def test_the_log_is_read_in_pages_and_narrowed(cast: Cast) -> None:
    for level in (2, 1, 2, 1):
        cast.max.trust("ada", level, reason=f"To {level}")
    cast.max.suspend("ben", reason="spam")

    first = cast.max.audit(limit=2)
    second = cast.max.audit(limit=2, before=first.next or 0)

    assert [5, 4] == [record.seq for record in first.records]
    assert [3, 2] == [record.seq for record in second.records]
    assert ["ben"] == [record.rig for record in cast.max.audit(action="suspend").records]
    assert 4 == len(cast.max.audit(rig="ada").records)
    assert 5 == cast.max.audit(rig="ada").chain.count


@ENGINES
def test_tampering_is_told_where_it_is(cast: Cast) -> None:
    for level in (2, 1, 2):
        cast.max.trust("ada", level, reason=f"To {level}")
    third = cast.max.audit().records[0].id

    tampered(cast, "UPDATE wlx_moderation SET decided_by = 'eve' WHERE seq = 3")

    found = cast.max.audit().chain
    assert (False, 2, third) == (found.holds, found.count, found.broken_at)


def test_the_doctor_tells_where_the_log_breaks(cast: Cast) -> None:
    cast.max.suspend("ben", reason="spam")
    cast.max.restore("ben")
    site = Site(settings=None, joined=[], engine=cast.engine)  # type: ignore[arg-type]
    assert [Level.OK] == [finding.level for finding in audit.log(site)]

    tampered(cast, "DELETE FROM wlx_moderation WHERE seq = 1")

    (finding,) = audit.log(site)
    assert Level.PROBLEM is finding.level
    assert "after 0 of 1 records" in finding.message


@ENGINES
def test_records_of_earlier_versions_are_read_and_bound(cast: Cast) -> None:
    older(cast)
    suspend(cast, "ben")
    assert [(None, "suspend", "ben")] == log(cast)
    assert isinstance(refusal(lambda: cast.ben.claim(cast.posted())), Forbidden)

    cast.max.restore("ben")

    assert [(None, "suspend", "ben"), (1, "restore", "ben")] == log(cast)
    assert cast.ben.claim(cast.posted()).state == "merged"
    assert 1 == holds(cast)
    tampered(cast, "UPDATE wlx_moderation SET reason = 'other' WHERE id = 'm-1'")
    assert holds(cast) is None


def test_a_table_of_an_earlier_version_gets_its_columns_once(cast: Cast) -> None:
    older(cast)
    head = cast.engine.head()

    cast.max.suspend("ben", reason="spam", dry_run=False)
    records.need_columns(cast.max)

    messages = [commit.message for commit in cast.engine.log(limit=3)]
    assert ["wl suspend: ben", "Extend wlx_moderation"] == [m.splitlines()[0] for m in messages[:2]]
    assert head == cast.engine.log(limit=3)[2].hash
    assert set(MODERATION.column_names) == set(cast.engine.tables()[MODERATION.name])


def test_a_blocked_peers_rig_writes_nothing(cast: Cast) -> None:
    far = Foreign(cast, "frida")
    assert far.register().pull.state is PullState.MERGED

    cast.max.block("hop://frida@example.org/frida/", reason="A flood")

    assert isinstance(far.post("w-flood").verdict.reasons[0].error, Forbidden)
    assert ["example.org/frida"] == [block.target for block in cast.ada.peers()]
    cast.max.unblock("example.org/frida")
    assert far.ask("wl/frida/w-flood").pull.state is PullState.MERGED


def test_a_commons_does_not_block_itself(cast: Cast) -> None:
    assert isinstance(refusal(lambda: cast.max.block("acme/board", reason="x")), Forbidden)


def test_what_keeps_no_records_says_so(ada_clone: Clone) -> None:
    ada = ada_clone.seat("ada")

    for read in (ada.audit, ada.reports, ada.peers):
        assert isinstance(refusal(read), Unsupported)
    assert isinstance(refusal(lambda: ada.appeal(reason="x")), Unsupported)
    assert isinstance(refusal(lambda: ada.rig("nobody")), NotFound)
