"""Reports and appeals: who may make them, how often, who answers, and what an answer does."""

from __future__ import annotations

import pytest

from commons.casts import REPO, Cast, refusal
from wasteland.commons import records
from wasteland.commons.reports import Queue
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    Suspended,
    TrustTooLow,
)
from wasteland.protocol.records import Status, WantedItem

ENGINES = pytest.mark.parametrize(
    "host", ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)], indirect=True
)


def waiting(queue: Queue) -> tuple[list[str], list[str], list[str]]:
    """Return what is open and in force, by its main words."""
    return (
        [report.target or "" for report in queue.reports],
        [appeal.rig for appeal in queue.appeals],
        [each.rig for each in queue.suspensions],
    )


def item(cast: Cast, item_id: str) -> WantedItem:
    """Return an item of main."""
    return cast.ada.show(item_id).item


def test_any_rig_reports_what_is_not_its_own(cast: Cast) -> None:
    item_id = cast.posted()

    receipt = cast.ben.report(item_id, category="spam", reason="The tenth of today")

    assert ("merged", "report", "ben") == (receipt.state, receipt.operation, receipt.actor)
    report = cast.max.reports().reports[0]
    assert ("ada", "ben", item_id) == (report.rig, report.decided_by, report.target)
    assert ("spam", "The tenth of today") == (report.category, report.reason)
    assert isinstance(refusal(lambda: cast.ada.report(item_id, category="spam")), Forbidden)


def test_a_rig_and_a_comment_can_be_reported(cast: Cast) -> None:
    pull = _offered(cast)
    cast.ben.comment(pull, body="You fool")

    cast.ada.report("ben", kind="rig", category="abuse")
    cast.ada.report(f"{pull}#1", kind="comment", category="abuse")

    assert ["ben", f"{pull}#1"] == [report.target for report in cast.max.reports().reports]
    assert {"ben"} == {report.rig for report in cast.max.reports().reports}


def _offered(cast: Cast) -> str:
    """Return the pull request of an edit by ada, which waits."""
    cast.max.set_rule("merge_at_once", "register")
    return cast.ada.post(title="Something").pull


@pytest.mark.parametrize(
    ("target", "kind", "category", "error"),
    [
        ("w-none", "item", "spam", NotFound),
        ("ghost", "rig", "spam", NotFound),
        ("9#1", "comment", "spam", NotFound),
        ("nine", "comment", "spam", NotFound),
        ("ada", "rig", "taste", Invalid),
        ("ada", "person", "spam", Invalid),
        ("", "item", "spam", Invalid),
    ],
)
def test_what_is_reported_is_there(
    cast: Cast, target: str, kind: str, category: str, error: type[Exception]
) -> None:
    before = cast.world()

    found = refusal(lambda: cast.ben.report(target, kind=kind, category=category))

    assert isinstance(found, error)
    assert before == cast.world()


def test_a_rig_has_one_open_report_of_a_thing(cast: Cast) -> None:
    item_id = cast.posted()
    report = cast.ben.report(item_id, category="spam").id

    assert isinstance(refusal(lambda: cast.ben.report(item_id, category="other")), Conflict)
    cast.max.report(item_id, category="spam")
    cast.max.answer(report, "dismissed", reason="It is on topic")

    assert cast.ben.report(item_id, category="other").state == "merged"


def test_reports_are_limited_by_the_day(cast: Cast) -> None:
    cast.max.set_rule("reports_per_day", "2")
    first, second, third = (cast.posted(f"Number {n}") for n in range(3))
    cast.ben.report(first, category="spam")
    cast.ben.report(second, category="spam")

    assert isinstance(refusal(lambda: cast.ben.report(third, category="spam")), LimitReached)
    cast.clock.move(hours=25)
    assert cast.ben.report(third, category="spam").state == "merged"


def test_a_repeated_report_is_one(cast: Cast) -> None:
    item_id = cast.posted()
    first = cast.ben.report(item_id, category="spam", op_id="op-1")

    again = cast.ben.report(item_id, category="spam", op_id="op-1")

    assert (first.commit, True) == (again.commit, again.replayed)
    assert 1 == len(cast.max.reports().reports)


def test_a_report_is_answered_once_by_a_moderator(cast: Cast) -> None:
    report = cast.ben.report(cast.posted(), category="spam").id

    assert isinstance(refusal(lambda: cast.ada.answer(report, "upheld", reason="x")), TrustTooLow)
    assert isinstance(refusal(lambda: cast.max.answer(report, "perhaps", reason="x")), Invalid)
    assert isinstance(refusal(lambda: cast.max.answer(report, "upheld", reason=" ")), Invalid)
    cast.max.answer(report, "dismissed", reason="It is on topic")

    assert ([], [], []) == waiting(cast.max.reports())
    assert isinstance(refusal(lambda: cast.max.answer(report, "upheld", reason="x")), Conflict)
    assert isinstance(refusal(lambda: cast.max.answer("m-no", "upheld", reason="x")), NotFound)


def test_a_report_about_a_moderator_is_answered_by_another(cast: Cast) -> None:
    report = cast.ben.report("max", kind="rig", category="abuse").id

    assert isinstance(refusal(lambda: cast.max.answer(report, "dismissed", reason="x")), Forbidden)
    cast.max.trust("ada", 3)
    assert cast.ada.answer(report, "dismissed", reason="It was a joke").state == "merged"


@ENGINES
def test_an_upheld_report_takes_the_item_down_in_the_same_commit(cast: Cast) -> None:
    item_id = cast.posted()
    report = cast.ben.report(item_id, category="spam").id

    receipt = cast.max.answer(report, "upheld", reason="Advertising", measure="withdraw")

    assert {"wanted": 1, "wlx_moderation": 2} == dict(receipt.rows)
    assert Status.WITHDRAWN is item(cast, item_id).state
    log = cast.ben.audit().records
    assert {"answer", "withdraw", "report"} == {record.action for record in log}


def test_an_upheld_report_ends_the_claim(cast: Cast) -> None:
    item_id = cast.claimed()
    report = cast.max.report(item_id, category="other", reason="ben is away").id

    cast.max.answer(report, "upheld", reason="Two weeks without a word", measure="unclaim")

    assert (Status.OPEN, None) == (item(cast, item_id).state, item(cast, item_id).claimed_by)
    assert "ben" == cast.max.audit(action="unclaim").records[0].rig


def test_a_measure_that_cannot_be_taken_leaves_the_report_open(cast: Cast) -> None:
    item_id = cast.posted()
    report = cast.ben.report(item_id, category="spam").id

    found = refusal(lambda: cast.max.answer(report, "upheld", reason="x", measure="unclaim"))

    assert isinstance(found, Conflict)
    assert [item_id] == waiting(cast.max.reports())[0]


def test_a_suspension_upholds_the_report_that_led_to_it(cast: Cast) -> None:
    report = cast.ada.report("ben", kind="rig", category="plagiarism").id

    receipt = cast.max.suspend("ben", reason="Copied", scope="claiming", report=report)

    assert {"wlx_moderation": 2} == dict(receipt.rows)
    assert ([], [], ["ben"]) == waiting(cast.max.reports())
    assert isinstance(refusal(lambda: cast.ben.claim(cast.posted())), Suspended)
    assert cast.ben.post(title="Still mine").state == "merged"


@ENGINES
def test_an_appeal_waits_for_another_maintainer(cast: Cast) -> None:
    cast.max.suspend("ben", reason="Copied")
    cast.max.trust("ada", 3)

    appeal = cast.ben.appeal(reason="It is my own").id

    assert ([], ["ben"], ["ben"]) == waiting(cast.max.reports())
    assert isinstance(refusal(lambda: cast.ben.appeal(reason="Again")), Conflict)
    assert isinstance(refusal(lambda: cast.max.answer(appeal, "dismissed", reason="x")), Forbidden)
    cast.ada.answer(appeal, "upheld", reason="The log shows it")
    assert ([], [], []) == waiting(cast.max.reports())
    assert cast.ben.claim(cast.posted()).state == "merged"


def test_a_single_maintainer_answers_the_appeal_itself(cast: Cast) -> None:
    cast.max.suspend("ben", reason="Copied")
    appeal = cast.ben.appeal(reason="It is my own").id

    cast.max.answer(appeal, "dismissed", reason="It is not")

    assert ([], [], ["ben"]) == waiting(cast.max.reports())
    assert cast.ben.appeal(reason="Look at the log").state == "merged"


def test_an_appeal_ends_with_what_it_is_against(cast: Cast) -> None:
    cast.max.suspend("ben", reason="Copied", until="2026-03-02")
    cast.ben.appeal(reason="It is my own")

    cast.clock.move(days=2)

    assert ([], [], []) == waiting(cast.max.reports())
    assert isinstance(refusal(lambda: cast.ben.appeal(reason="Still")), Conflict)


@ENGINES
def test_what_waits_is_counted_as_the_queue_shows_it(cast: Cast) -> None:
    def counted() -> bool:
        queue = cast.max.reports()
        found = records.count_waiting(cast.max.main(), cast.host.now())
        return found == len(queue.reports) + len(queue.appeals)

    first = cast.ada.report("ben", kind="rig", category="spam").id
    cast.ben.report(cast.posted(), category="spam")
    assert counted()
    cast.max.suspend("ben", reason="spam", until="2026-03-02", report=first)
    cast.ben.appeal(reason="It is mine")
    assert counted()
    cast.clock.move(days=2)
    assert counted()
    cast.max.suspend("ben", reason="spam")
    cast.ben.appeal(reason="It is mine")
    assert counted()
    cast.max.restore("ben")
    assert counted()


def test_records_are_read_by_rigs_alone(cast: Cast) -> None:
    zoe = Commons(cast.host, REPO, Seat("zoe", "zoe"))

    for read in (zoe.reports, zoe.audit, zoe.peers):
        assert isinstance(refusal(read), Forbidden)
    assert isinstance(refusal(lambda: zoe.report("max", kind="rig", category="spam")), Forbidden)


def test_a_suspended_rig_reads_what_was_decided(cast: Cast) -> None:
    cast.max.suspend("ben", reason="Copied")

    assert ["Copied"] == [record.reason for record in cast.ben.audit().records]
