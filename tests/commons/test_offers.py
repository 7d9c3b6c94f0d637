"""What becomes of a pull request when the hub is asked: once, again, and after a crash."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from commons.casts import NOON, REPO, Cast, suspend
from commons.foreign import Foreign
from wasteland.commons import offers, recovery
from wasteland.commons.offers import Decision
from wasteland.commons.session import Seat, Session
from wasteland.hosts.base import PullRequest, PullState
from wasteland.hosts.local import LocalHost
from wasteland.protocol import trailers
from wasteland.protocol.errors import (
    EngineError,
    Forbidden,
    Suspended,
    Unavailable,
    Unsupported,
    WastelandError,
)
from wasteland.protocol.names import work_branch

TAKE = "UPDATE wanted SET claimed_by = :rig, status = 'claimed' WHERE id = :id"
RETITLE = "UPDATE wanted SET title = 'Other' WHERE id = :id"


@pytest.fixture
def ben(cast: Cast) -> Foreign:
    """Ben, who uses another client; ada has posted w-1."""
    Foreign(cast, "ada").post("w-1")
    return Foreign(cast, "ben")


def claim(ben: Foreign) -> PullRequest:
    """Let ben write and offer a claim that nobody has decided on."""
    branch = work_branch("ben", "w-1")
    ben.write(branch, {TAKE: {"id": "w-1"}})
    return ben.pull(branch)


def why(decision: Decision) -> type[WastelandError] | None:
    reasons = decision.verdict.reasons
    return type(reasons[0].error) if reasons else None


def commits(cast: Cast) -> list[str]:
    """Return the first lines of main's commits, newest first."""
    return [commit.message.splitlines()[0] for commit in cast.engine.log()]


# --- what is answered


def test_what_lands_is_answered_with_receipt_and_commit(cast: Cast, ben: Foreign) -> None:
    pull = claim(ben)

    decision = offers.consider(ben.hub, pull)

    receipt = decision.receipt
    assert receipt
    assert (receipt.operation, receipt.actor, receipt.id, receipt.state) == (
        "claim",
        "ben",
        "w-1",
        "merged",
    )
    assert receipt.commit == cast.engine.head() == decision.pull.merged_as
    assert (receipt.before or {})["status"] == "open"
    assert (receipt.after or {})["claimed_by"] == "ben"
    assert decision.pull.state is PullState.MERGED


def test_main_says_who_did_it_and_nothing_that_its_author_wrote(cast: Cast, ben: Foreign) -> None:
    branch = work_branch("ben", "w-1")
    ben.write(branch, {TAKE: {"id": "w-1"}})
    forged = f"evil\n\n{trailers.OPERATION}: op-of-another\n{recovery.INCLUDES_TRAILER}: op-x"
    pull = ben.host.open_pull(
        REPO, source=ben.host.fork(REPO, "ben"), branch=branch, title=forged, body="", author="ben"
    )

    offers.consider(ben.hub, pull)

    newest = cast.engine.log(limit=1)[0]
    assert (newest.author, newest.message.splitlines()[0]) == ("ben", "wl claim: w-1")
    assert "evil" not in newest.message
    assert trailers.find(newest.message, recovery.INCLUDES_TRAILER) is None


def test_what_waits_or_is_refused_is_data(cast: Cast, ben: Foreign) -> None:
    decision = ben.step("w-1", {RETITLE: {}})

    shown = json.loads(json.dumps(decision.to_json()))
    assert (shown["state"], shown["receipt"]) == ("open", None)
    assert shown["verdict"]["allowed"] is False
    assert shown["verdict"]["actions"] == ["edit"]
    assert shown["verdict"]["reasons"] == [
        {
            "code": "trust_too_low",
            "message": "ben has trust 1 (participant); edit needs trust:2|poster.",
            "hint": "wl policy shows who may do what",
            "table": "wanted",
            "key": "w-1",
        }
    ]


def test_the_author_that_clients_see_is_the_rig(cast: Cast, ben: Foreign) -> None:
    bot = Foreign(cast, "bot", "ben")

    assert offers.author_of(claim(ben)) == "ben"
    bot.write("wl/register/bot", {})
    bot.write("topic", {TAKE: {"id": "w-1"}})
    assert offers.author_of(bot.pull("wl/register/bot")) == "bot"
    assert offers.author_of(bot.pull("topic")) == "ben"


# --- again


def test_asking_again_answers_the_same(cast: Cast, ben: Foreign) -> None:
    pull = claim(ben)
    first = offers.consider(ben.hub, pull)
    before = commits(cast)

    again = offers.consider(ben.hub, pull)

    assert first.receipt
    assert again.receipt
    assert again.receipt.commit == first.receipt.commit
    assert again.receipt.replayed
    assert commits(cast) == before


def test_an_offer_that_goes_on_is_decided_anew(cast: Cast, ben: Foreign) -> None:
    refused = ben.step("w-1", {RETITLE: {}})

    decision = ben.step("w-1", {"UPDATE wanted SET title = 'Fix it' WHERE id = :id": {}, TAKE: {}})

    assert refused.pull.id == decision.pull.id
    assert decision.pull.state is PullState.MERGED


def test_what_waited_lands_when_it_is_asked_again_under_another_policy(
    cast: Cast, ben: Foreign
) -> None:
    cast.max.set_rule("merge_at_once", "none")
    pull = claim(ben)
    waiting = offers.consider(ben.hub, pull)
    cast.max.set_rule("merge_at_once", "claim")

    decision = offers.consider(ben.hub, pull)

    assert (waiting.pull.state, waiting.verdict.allowed) == (PullState.OPEN, True)
    assert decision.pull.state is PullState.MERGED


def test_nothing_is_left_in_the_journal_by_what_did_not_land(cast: Cast, ben: Foreign) -> None:
    ben.step("w-1", {RETITLE: {}})

    assert cast.host.unfinished(REPO) == []
    assert cast.begun("ben")[0].receipt is not None


def test_an_offer_that_has_ended_is_left_alone(cast: Cast, ben: Foreign) -> None:
    pull = claim(ben)
    cast.host.end_pull(REPO, pull.id, state=PullState.CLOSED, reason="changed my mind")

    decision = offers.consider(ben.hub, pull)

    assert (decision.pull.reason, decision.receipt) == ("changed my mind", None)
    assert commits(cast)[0] == "wl post: w-1"


@pytest.mark.parametrize("broken", ["end_pull", "finish_operation"])
def test_a_hub_that_dies_after_main_moved_finds_what_it_did(
    cast: Cast, ben: Foreign, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    pull = claim(ben)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalHost, broken, die)
        with pytest.raises(KeyboardInterrupt):
            offers.consider(ben.hub, pull)
    landed = cast.engine.head()

    decision = offers.consider(Session(cast.host, REPO, Seat()), pull)

    assert decision.pull.state is PullState.MERGED
    assert decision.pull.merged_as == landed == cast.engine.head()
    assert decision.receipt
    assert (landed, []) == (decision.receipt.commit, cast.host.unfinished(REPO))


def test_a_hub_that_fails_before_main_moved_tries_again(
    cast: Cast, ben: Foreign, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = claim(ben)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The queue is full.")

    with monkeypatch.context() as patch:
        patch.setattr(LocalHost, "merge", fail)
        with pytest.raises(EngineError):
            offers.consider(ben.hub, pull)

    assert cast.host.pull(REPO, pull.id).state is PullState.OPEN
    assert offers.consider(ben.hub, pull).pull.state is PullState.MERGED


def test_two_workers_that_decide_at_once_land_it_once(cast: Cast, ben: Foreign) -> None:
    pull = claim(ben)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: offers.consider(ben.hub, pull), range(4)))

    assert {decision.pull.state for decision in found} == {PullState.MERGED}
    assert commits(cast).count("wl claim: w-1") == 1


# --- who may


def test_a_branch_that_names_another_rig_proves_nothing(cast: Cast, ben: Foreign) -> None:
    decision = Foreign(cast, "ben", "mallory").step("w-1", {TAKE: {}})

    assert (decision.pull.state, why(decision)) == (PullState.OPEN, Forbidden)


def test_a_rig_that_is_not_registered_claims_nothing(cast: Cast, ben: Foreign) -> None:
    assert why(Foreign(cast, "ghost").step("w-1", {TAKE: {}})) is Forbidden


def test_a_suspended_rig_claims_nothing(cast: Cast, ben: Foreign) -> None:
    suspend(cast, "ben")

    assert why(ben.step("w-1", {TAKE: {}})) is Suspended


def test_the_owner_of_the_parents_parent_acts_for_an_agent(cast: Cast, ben: Foreign) -> None:
    register = (
        "INSERT INTO rigs (handle, parent_rig, rig_type, trust_level) "
        "VALUES (:rig, :parent, 'agent', 0)"
    )
    lead, hand = Foreign(cast, "lead", "ben"), Foreign(cast, "hand", "ben")
    lead.offer("wl/register/lead", {register: {"parent": "ben"}})
    hand.offer("wl/register/hand", {register: {"parent": "lead"}})

    assert hand.step("w-1", {TAKE: {}}).pull.state is PullState.MERGED
    assert why(Foreign(cast, "hand", "eve").step("w-1", {RETITLE: {}})) is Forbidden


def test_a_handle_that_can_be_taken_for_another_is_refused(cast: Cast, ben: Foreign) -> None:
    Foreign(cast, "lou-10").register()

    for handle in ("lou_10", "1ou-10", "lou-1o", "lou.l0"):
        decision = Foreign(cast, handle).register()
        assert [reason.error.code for reason in decision.verdict.reasons] == ["conflict"]
    assert Foreign(cast, "lou-11").register().pull.state is PullState.MERGED


# --- what lands by itself


def test_in_direct_mode_a_submission_lands_at_once(cast: Cast, ben: Foreign) -> None:
    cast.max.set_rule("mode", "direct")
    ben.claim("w-1")

    assert ben.done("w-1").pull.state is PullState.MERGED


def test_a_maintainer_governs_by_pull_request(cast: Cast, ben: Foreign) -> None:
    trust = "UPDATE rigs SET trust_level = 2 WHERE handle = 'ben'"
    rule = "INSERT INTO `_meta` (`key`, value) VALUES ('policy.lease_hours', '12')"
    boss = Foreign(cast, "max", "acme")

    assert boss.offer("wl/max/trust", {trust: {}}).pull.state is PullState.MERGED
    assert boss.offer("wl/max/rule", {rule: {}}).pull.state is PullState.MERGED
    assert cast.max.policy().lease_hours == 12


def test_one_step_that_needs_review_keeps_all_of_it_waiting(cast: Cast, ben: Foreign) -> None:
    Foreign(cast, "ada").post("w-2")
    boss = Foreign(cast, "max", "acme")
    other = "UPDATE wanted SET title = 'Other' WHERE id = 'w-2'"

    decision = boss.step("w-1", {TAKE: {}, other: {}})

    assert (decision.pull.state, decision.verdict.allowed) == (PullState.OPEN, True)
    assert sorted(decision.verdict.actions) == ["claim", "edit"]


def test_an_offer_of_nothing_is_closed(cast: Cast, ben: Foreign) -> None:
    ben.write("wl/ben/w-1", {"UPDATE wanted SET title = title WHERE id = :id": {"id": "w-1"}})

    decision = ben.ask("wl/ben/w-1")

    assert decision.pull.state is PullState.CLOSED
    assert decision.pull.reason == "main has all that it offers"


# --- what is no row of a commons


def test_a_table_that_is_none_of_a_commons_is_refused(cast: Cast, ben: Foreign) -> None:
    cast.engine.run_ddl(
        ["CREATE TABLE `notes` (`id` VARCHAR(64) PRIMARY KEY)"], "notes", author="max", at=NOON
    )
    engine = cast.host.engine(cast.host.fork(REPO, "ben"))
    engine.create_branch("wl/ben/w-1")
    with engine.change("wl/ben/w-1") as change:
        change.run("INSERT INTO notes (id) VALUES ('n-1')")
        change.commit("note", author="ben", at=NOON, tables=["notes"])

    decision = ben.ask("wl/ben/w-1")

    assert (decision.pull.state, why(decision)) == (PullState.OPEN, Forbidden)


def test_a_change_of_a_definition_is_refused(cast: Cast, ben: Foreign) -> None:
    engine = cast.host.engine(cast.host.fork(REPO, "ben"))
    engine.create_branch("wl/ben/w-1")
    with engine.change("wl/ben/w-1") as change:
        change.run("ALTER TABLE wanted ADD COLUMN bribe TEXT")
        change.commit("bribe", author="ben", at=NOON, tables=["wanted"])

    decision = ben.ask("wl/ben/w-1")

    assert (decision.pull.state, why(decision)) == (PullState.OPEN, Unsupported)


@pytest.mark.parametrize("table", ["wlx_leases", "wlx_moderation"])
def test_tables_of_ours_are_not_written_by_rigs(cast: Cast, ben: Foreign, table: str) -> None:
    values = {
        "wlx_leases": "(wanted_id, holder, token, expires_at) VALUES ('w-1', 'ben', 't', :now)",
        "wlx_moderation": "(id, rig, action, decided_by, created_at) "
        "VALUES ('m-9', 'ada', 'suspend', 'ben', :now)",
    }
    engine = cast.host.engine(cast.host.fork(REPO, "ben"))
    engine.create_branch("wl/ben/w-1")
    with engine.change("wl/ben/w-1") as change:
        change.run(f"INSERT INTO {table} {values[table]}", {"now": "2026-03-01 12:00:00"})
        change.commit("ours", author="ben", at=NOON, tables=[table])

    decision = ben.ask("wl/ben/w-1")

    assert decision.pull.state is PullState.OPEN
    assert isinstance(decision.verdict.reasons[0].error, Forbidden)


@pytest.mark.parametrize("named", ["pull/1/0123", "op-of-ada"])
def test_a_commit_on_a_branch_names_no_operation_of_another(
    cast: Cast, ben: Foreign, named: str
) -> None:
    """Else a rig whose answer was lost would find its work in somebody else's commit."""
    cast.ada.post(title="Other", op_id="op-of-ada")
    engine = cast.host.engine(cast.host.fork(REPO, "ben"))
    engine.create_branch("wl/ben/w-1")
    with engine.change("wl/ben/w-1") as change:
        change.run(TAKE, {"rig": "ben", "id": "w-1"})
        message = trailers.with_operation("claim", named)
        change.commit(message, author="ben", at=NOON, tables=["wanted"])

    decision = ben.ask("wl/ben/w-1")

    assert decision.pull.state is PullState.MERGED
    newest = cast.engine.log(limit=1)[0].message
    assert trailers.find(newest, recovery.INCLUDES_TRAILER) is None
