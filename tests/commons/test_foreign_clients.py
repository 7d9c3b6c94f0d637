"""What the existing client writes, and what the gate lets land of it."""

from __future__ import annotations

import json

import pytest

from commons.casts import NOON, REPO, Cast
from commons.foreign import CLIENT_CLOCK, Foreign
from wasteland.commons.offers import Decision
from wasteland.hosts.base import PullState
from wasteland.protocol.errors import (
    AlreadyClaimed,
    Conflict,
    Forbidden,
    OwnWork,
    TrustTooLow,
    WastelandError,
)
from wasteland.protocol.schema import Row

BOTH_ENGINES = pytest.mark.parametrize(
    "host", ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)], indirect=True
)
EVIDENCE = "https://x.test/1"
SERVER_CLOCK = f"{NOON:%Y-%m-%d %H:%M:%S}"


class Hub:
    """A commons in the scale of five, with a maintainer and rigs that all use the other client."""

    def __init__(self, cast: Cast) -> None:
        cast.max.set_rule("valence_scale", "5")
        self.cast = cast
        self.max = Foreign(cast, "max", "acme")
        self.ada = Foreign(cast, "ada")
        self.ben = Foreign(cast, "ben")
        self.eve = Foreign(cast, "eve")

    def row(self, table: str, key: str) -> Row | None:
        """Return a row of main."""
        name = "handle" if table == "rigs" else "id"
        sql = f"SELECT * FROM `{table}` WHERE `{name}` = :key"
        return next(iter(self.cast.engine.read(sql, {"key": key})), None)

    def item(self, key: str) -> tuple[object, object]:
        """Return status and holder of an item on main."""
        row = self.row("wanted", key)
        return (row["status"], row["claimed_by"]) if row else (None, None)

    def in_review(self, key: str = "w-1") -> str:
        """Let ada post, ben claim, submit, and max merge the submission; return the item."""
        self.claimed(key)
        pull = self.ben.done(key).pull
        self.cast.max.merge(pull.id)
        return key

    def claimed(self, key: str = "w-1") -> str:
        """Let ada post and ben claim an item; return it."""
        self.ada.post(key)
        self.ben.claim(key)
        return key

    def by_review(self) -> None:
        """Let everything wait for review."""
        self.cast.max.set_rule("merge_at_once", "none")


@pytest.fixture
def hub(cast: Cast) -> Hub:
    return Hub(cast)


def why(decision: Decision) -> type[WastelandError] | None:
    """Return the class of the first reason."""
    reasons = decision.verdict.reasons
    return type(reasons[0].error) if reasons else None


def ended(decision: Decision) -> str:
    return decision.pull.state.value


# --- what lands


@BOTH_ENGINES
def test_a_registration_asks_for_trust_1_and_gets_what_the_policy_gives(hub: Hub) -> None:
    decision = Foreign(hub.cast, "nora").register()

    row = hub.row("rigs", "nora") or {}
    assert ended(decision) == "merged"
    assert (row["trust_level"], row["gt_version"]) == (1, "dev")
    assert (row["registered_at"], row["last_seen"]) == (SERVER_CLOCK, SERVER_CLOCK)
    assert row["hop_uri"] == "hop://nora@example.org/nora/"


def test_a_post_lands_as_it_is_but_for_the_time_of_change(hub: Hub) -> None:
    decision = hub.ada.post("w-0123456789")

    row = hub.row("wanted", "w-0123456789") or {}
    assert ended(decision) == "merged"
    assert (row["priority"], row["type"], row["tags"]) == (0, "zzz", '["go"]')
    assert (row["created_at"], row["updated_at"]) == (CLIENT_CLOCK, SERVER_CLOCK)


def test_a_claim_lands_with_a_lease_and_an_unclaim_without(hub: Hub) -> None:
    hub.ada.post("w-1")

    claimed = hub.ben.claim("w-1")
    leases = hub.cast.engine.read("SELECT holder FROM wlx_leases")
    freed = hub.ben.unclaim("w-1")

    assert (ended(claimed), ended(freed)) == ("merged", "merged")
    assert leases == [{"holder": "ben"}]
    assert hub.cast.engine.read("SELECT holder FROM wlx_leases") == []
    assert hub.item("w-1") == ("open", None)


def test_a_submission_waits_and_a_maintainer_merges_and_accepts_it(hub: Hub) -> None:
    item = hub.claimed()

    submitted = hub.ben.done(item)
    hub.cast.max.merge(submitted.pull.id)
    accepted = hub.max.accept(item, f"c-ben-{item}", "ben")

    assert (ended(submitted), submitted.verdict.allowed) == ("open", True)
    assert ended(accepted) == "merged"
    assert hub.item(item) == ("completed", "ben")
    assert (hub.row("completions", f"c-ben-{item}") or {})["stamp_id"] == f"s-max-{item}"


def test_a_stamp_of_that_client_says_integers_and_full_confidence(hub: Hub) -> None:
    item = hub.in_review()

    hub.max.accept(item, f"c-ben-{item}", "ben")

    row = hub.row("stamps", f"s-max-{item}") or {}
    assert (row["confidence"], row["severity"]) == (1.0, "leaf")
    assert row["valence"] == '{"quality": 4, "reliability": 0}'


@pytest.mark.parametrize("valence", ['{"quality": 0, "reliability": 0}', '{"quality": 5}'])
def test_a_stamp_of_zeros_lands_and_rates_nothing(hub: Hub, valence: str) -> None:
    """Its web page sends no scores at all; a 0 of that client is none."""
    item = hub.in_review()

    decision = hub.max.accept(item, f"c-ben-{item}", "ben", valence=valence, severity="")

    assert ended(decision) == "merged"


@BOTH_ENGINES
def test_a_rejection_removes_all_completions_of_the_item(hub: Hub) -> None:
    item = hub.in_review()

    decision = hub.ada.reject(item)

    assert ended(decision) == "merged"
    assert hub.item(item) == ("claimed", "ben")
    assert hub.cast.engine.read("SELECT * FROM completions") == []


def test_a_poster_closes_an_item_in_review(hub: Hub) -> None:
    item = hub.in_review()

    assert ended(hub.ada.close(item)) == "merged"
    assert hub.item(item) == ("completed", "ben")


def test_what_a_policy_leaves_to_review_is_allowed_and_waits(hub: Hub) -> None:
    hub.ada.post("w-1")

    withdrawn = hub.ada.delete("w-1")
    hub.ada.post("w-2")
    renamed = hub.ada.update("w-2", "Better")

    for decision in (withdrawn, renamed):
        assert (ended(decision), decision.verdict.allowed) == ("open", True)
    hub.cast.max.merge(withdrawn.pull.id)
    assert hub.item("w-1") == ("withdrawn", None)


# --- several steps on one branch


def test_post_claim_and_done_may_come_in_one_offer(hub: Hub) -> None:
    hub.by_review()

    first, second = hub.ada.post("w-1"), hub.ada.claim("w-1")
    third = hub.ada.done("w-1")

    assert first.pull.id == second.pull.id == third.pull.id
    assert [d.verdict.allowed for d in (first, second, third)] == [True, True, True]
    hub.cast.max.merge(third.pull.id)
    assert hub.item("w-1") == ("in_review", "ada")
    assert (hub.row("wanted", "w-1") or {})["evidence_url"] == EVIDENCE


def test_claim_and_done_may_come_in_one_offer(hub: Hub) -> None:
    hub.ada.post("w-1")
    hub.by_review()

    hub.ben.claim("w-1")
    decision = hub.ben.done("w-1")

    assert sorted(decision.verdict.actions) == ["claim", "submit"]
    assert decision.verdict.allowed
    hub.cast.max.merge(decision.pull.id)
    assert hub.item("w-1") == ("in_review", "ben")


def test_an_update_and_a_claim_of_the_poster_may_come_in_one_offer(hub: Hub) -> None:
    hub.ada.post("w-1")
    hub.ada.update("w-1", "Better")

    decision = hub.ada.claim("w-1")

    assert sorted(decision.verdict.actions) == ["claim", "edit"]
    assert (ended(decision), decision.verdict.allowed) == ("open", True)


# --- work that is taken over from a fork


@BOTH_ENGINES
def test_work_on_a_fork_is_accepted_from_a_copy_of_it(hub: Hub) -> None:
    item = hub.claimed()
    waiting = hub.ben.done(item).pull

    decision = hub.max.accept_upstream(item, "ben", EVIDENCE)

    assert ended(decision) == "merged"
    assert hub.item(item) == ("completed", "ben")
    row = hub.row("completions", f"c-2-{item}") or {}
    assert (row["completed_by"], row["validated_by"]) == ("ben", "max")
    after = hub.cast.host.pull(REPO, waiting.id)
    assert (after.state, after.reason) == (PullState.CLOSED, f"accepted as c-2-{item}")


def test_work_on_a_fork_is_accepted_though_main_never_saw_the_claim(hub: Hub) -> None:
    hub.ada.post("w-1")
    hub.by_review()
    hub.ben.claim("w-1")
    hub.ben.done("w-1")

    assert ended(hub.max.accept_upstream("w-1", "ben", EVIDENCE)) == "merged"
    assert hub.item("w-1") == ("completed", "ben")


def test_an_item_is_closed_with_a_copy_of_work_on_a_fork(hub: Hub) -> None:
    item = hub.claimed()
    waiting = hub.ben.done(item).pull

    decision = hub.ada.close_upstream(item, "ben", EVIDENCE)

    assert ended(decision) == "merged"
    assert hub.item(item) == ("completed", "ben")
    assert hub.cast.host.pull(REPO, waiting.id).reason == f"closed as c-2-{item}"
    assert hub.cast.engine.read("SELECT * FROM stamps") == []


def test_a_copy_that_a_maintainer_merges_ends_what_it_was_copied_from(hub: Hub) -> None:
    """The copy waited, because its rig had no trust yet when it offered it."""
    item = hub.claimed()
    waiting = hub.ben.done(item).pull
    copy = hub.eve.accept_upstream(item, "ben", EVIDENCE)
    assert why(copy) is TrustTooLow

    hub.cast.max.trust("eve", 2)
    hub.cast.max.merge(copy.pull.id)

    assert hub.item(item) == ("completed", "ben")
    assert hub.cast.host.pull(REPO, waiting.id).reason == f"accepted as c-2-{item}"


@pytest.mark.parametrize(
    ("subject", "evidence"),
    [("ben", "https://x.test/other"), ("ben", ""), ("eve", EVIDENCE), ("ghost", EVIDENCE)],
)
def test_a_copy_of_work_that_nobody_offers_is_refused(
    hub: Hub, subject: str, evidence: str
) -> None:
    item = hub.claimed()
    hub.ben.done(item)

    for decision in (
        hub.max.accept_upstream(item, subject, evidence),
        hub.ada.close_upstream(item, subject, evidence),
    ):
        assert (ended(decision), why(decision)) == ("open", Forbidden)
    assert hub.item(item) == ("claimed", "ben")


def test_work_that_was_withdrawn_is_not_accepted(hub: Hub) -> None:
    item = hub.claimed()
    waiting = hub.ben.done(item).pull
    hub.cast.host.end_pull(REPO, waiting.id, state=PullState.CLOSED)

    assert why(hub.max.accept_upstream(item, "ben", EVIDENCE)) is Forbidden


def test_work_offered_in_anothers_name_is_not_accepted(hub: Hub) -> None:
    """Mallory opens the pull request of a branch that names ben."""
    item = hub.claimed()
    Foreign(hub.cast, "ben", "mallory").done(item)

    assert why(hub.max.accept_upstream(item, "ben", EVIDENCE)) is Forbidden


def test_work_of_one_who_does_not_hold_the_item_is_not_accepted(hub: Hub) -> None:
    """Eve's own pull request would not land either."""
    item = hub.claimed()
    take = "UPDATE wanted SET claimed_by = :rig WHERE id = :id"
    hub.eve.step(item, {take: {}})
    hub.eve.done(item)

    assert why(hub.max.accept_upstream(item, "eve", EVIDENCE)) is Forbidden


@pytest.mark.parametrize("rig", ["ada", "eve"])
def test_a_copy_is_accepted_by_those_who_may_accept(hub: Hub, rig: str) -> None:
    item = hub.claimed()
    hub.ben.done(item)

    decision = getattr(hub, rig).accept_upstream(item, "ben", EVIDENCE)

    assert (ended(decision), why(decision)) == ("open", TrustTooLow)


def test_a_stranger_closes_no_item_with_a_copy(hub: Hub) -> None:
    item = hub.claimed()
    hub.ben.done(item)

    assert why(hub.eve.close_upstream(item, "ben", EVIDENCE)) is TrustTooLow


def test_a_copy_of_ones_own_agents_work_is_not_stamped(hub: Hub) -> None:
    bot = hub.cast.engine
    with bot.change() as change:
        change.execute("UPDATE rigs SET dolthub_org = 'acme' WHERE handle = 'ben'", {})
        change.commit("one owner", author="max", at=NOON, tables=["rigs"])
    ben = Foreign(hub.cast, "ben", "acme")
    hub.ada.post("w-1")
    ben.claim("w-1")
    ben.done("w-1")

    assert why(hub.max.accept_upstream("w-1", "ben", EVIDENCE)) is OwnWork


def test_a_copy_brings_no_hash_and_no_link_of_its_own(hub: Hub) -> None:
    item = hub.claimed()
    hub.ben.done(item)
    copy = (
        "INSERT INTO completions (id, wanted_id, completed_by, evidence, block_hash) "
        "VALUES (:completion, :id, 'ben', :evidence, 'forged')"
    )
    adopt = "UPDATE wanted SET status = 'completed', evidence_url = :evidence WHERE id = :id"

    decision = hub.ada.step(item, {copy: {"evidence": EVIDENCE}, adopt: {"evidence": EVIDENCE}})

    assert why(decision) is Forbidden


def test_a_copy_alone_lands_nobodys_work(hub: Hub) -> None:
    """Neither accepted nor closed, it would be a submission in another's name."""
    item = hub.claimed()
    hub.ben.done(item)
    copy = (
        "INSERT INTO completions (id, wanted_id, completed_by, evidence) "
        "VALUES ('c-2', :id, 'ben', :evidence)"
    )
    review = "UPDATE wanted SET status = 'in_review', evidence_url = :evidence WHERE id = :id"

    for rig in (hub.eve, hub.max):
        decision = rig.step(item, {copy: {"evidence": EVIDENCE}, review: {"evidence": EVIDENCE}})
        assert (ended(decision), why(decision)) == ("open", Forbidden)


def test_a_copy_does_not_sweep_away_the_work_of_others(hub: Hub) -> None:
    """A bounty has two submissions on main, and a third on a fork."""
    hub.ada.post("w-1")
    bounty = "UPDATE wanted SET tags = '[\"open-bounty\"]' WHERE id = :id"
    hub.cast.max.merge(hub.ada.step("w-1", {bounty: {}}).pull.id)
    submit = (
        "INSERT INTO completions (id, wanted_id, completed_by, evidence) "
        "VALUES (:completion, :id, :rig, 'mine')"
    )
    review = "UPDATE wanted SET status = 'in_review' WHERE id = :id"
    first = hub.ben.step("w-1", {submit: {}, review: {}})
    hub.cast.max.merge(first.pull.id)
    hub.eve.step("w-1", {submit: {}})

    decision = hub.max.accept_upstream("w-1", "eve", "mine")

    assert not decision.verdict.allowed
    assert hub.row("completions", "c-ben-w-1") is not None


# --- what its missing guards let through


def test_a_claim_is_not_given_back_by_a_stranger(hub: Hub) -> None:
    item = hub.claimed()

    assert why(hub.eve.unclaim(item)) is TrustTooLow
    assert hub.item(item) == ("claimed", "ben")


def test_an_item_of_another_is_not_edited(hub: Hub) -> None:
    hub.ada.post("w-1")

    assert why(hub.eve.update("w-1", "Mine now")) is TrustTooLow
    assert why(hub.eve.delete("w-1")) is TrustTooLow


def test_nobody_accepts_its_own_work(hub: Hub) -> None:
    hub.ada.post("w-1")
    hub.max.claim("w-1")
    hub.cast.max.merge(hub.max.done("w-1").pull.id)

    # The engine has a constraint for a stamp about oneself: the client blames another.
    decision = hub.max.accept("w-1", "c-max-w-1", "ben")

    assert (ended(decision), decision.verdict.allowed) == ("open", False)


def test_an_acceptance_is_not_repeated(hub: Hub) -> None:
    item = hub.in_review()
    hub.max.accept(item, f"c-ben-{item}", "ben")

    again = hub.max.accept(item, f"c-ben-{item}", "ben", stamp="s-again")

    assert (ended(again), again.verdict.allowed) == ("open", False)
    assert len(hub.cast.engine.read("SELECT id FROM stamps")) == 1


def test_a_stray_completion_of_an_open_item_is_not_accepted(hub: Hub) -> None:
    hub.ada.post("w-1")
    with hub.cast.engine.change() as change:
        change.execute(
            "INSERT INTO completions (id, wanted_id, completed_by, evidence) "
            "VALUES ('c-stray', 'w-1', 'ben', 'x')",
            {},
        )
        change.commit("stray", author="go", at=NOON, tables=["completions"])

    decision = hub.max.accept("w-1", "c-stray", "ben")

    assert (ended(decision), decision.verdict.allowed) == ("open", False)
    assert hub.cast.engine.read("SELECT id FROM stamps") == []


def test_completed_work_is_not_rejected(hub: Hub) -> None:
    item = hub.in_review()
    hub.max.accept(item, f"c-ben-{item}", "ben")

    assert not hub.ada.reject(item).verdict.allowed
    assert hub.row("completions", f"c-ben-{item}") is not None


def test_scores_in_the_other_scale_are_kept_in_that_of_the_commons(cast: Cast) -> None:
    """A commons in floats keeps a 4 of 5 as 0.8, instead of reading it as more than all."""
    hub = Hub(cast)
    cast.max.set_rule("valence_scale", "1")
    item = hub.in_review()

    assert hub.max.accept(item, f"c-ben-{item}", "ben").verdict.allowed
    (row,) = hub.cast.engine.read("SELECT valence FROM stamps")
    assert 0.8 == json.loads(str(row["valence"]))["quality"]


def test_a_registration_that_asks_for_more_is_refused(hub: Hub) -> None:
    decision = Foreign(hub.cast, "nora").register(trust=3)

    assert (ended(decision), why(decision)) == ("open", Forbidden)
    assert hub.row("rigs", "nora") is None


@BOTH_ENGINES
def test_two_claims_made_at_once_leave_one_holder_and_say_whose(hub: Hub) -> None:
    hub.ada.post("w-1")
    take = (
        "UPDATE wanted SET claimed_by = :rig, status = 'claimed', updated_at = :now WHERE id = :id"
    )
    hub.eve.write("wl/eve/w-1", {take: {"id": "w-1", "now": "2026-03-01 11:59:59"}})
    hub.ben.claim("w-1")

    decision = hub.eve.ask("wl/eve/w-1")

    assert (ended(decision), why(decision)) == ("closed", AlreadyClaimed)
    assert decision.verdict.reasons[0].error.facts["holder"] == "ben"
    assert decision.pull.reason == "w-1 is claimed by ben."
    assert hub.eve.open_pulls() == []
    assert hub.item("w-1") == ("claimed", "ben")


def test_a_claim_that_met_no_row_is_told_who_holds_the_item(hub: Hub) -> None:
    """The client's guarded statement changed nothing, and it offered the branch all the same."""
    item = hub.claimed()

    decision = hub.eve.claim(item)

    assert (ended(decision), why(decision)) == ("closed", AlreadyClaimed)
    assert hub.eve.open_pulls() == []


def test_a_claim_of_an_item_that_was_finished_meanwhile_is_closed(hub: Hub) -> None:
    hub.ada.post("w-1")
    hub.eve.write(
        "wl/eve/w-1",
        {"UPDATE wanted SET claimed_by = :rig, status = 'claimed' WHERE id = :id": {"id": "w-1"}},
    )
    hub.cast.max.merge(hub.ada.delete("w-1").pull.id)

    decision = hub.eve.ask("wl/eve/w-1")

    assert (ended(decision), why(decision)) == ("closed", Conflict)
