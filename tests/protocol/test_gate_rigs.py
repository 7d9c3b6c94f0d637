"""What the gate lets a change do to rigs, their links and the commons itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    Suspended,
    TrustTooLow,
    WastelandError,
)
from wasteland.protocol.gate import ProposedChange, Usage, judge
from wasteland.protocol.policy import Action, Policy
from wasteland.protocol.records import (
    Badge,
    BootBlock,
    Chain,
    Lease,
    Meta,
    Moderation,
    Record,
    Rig,
    RigLink,
)
from wasteland.protocol.rules_rigs import skeleton
from wasteland.protocol.schema import TABLES, Value

from .town import (
    AT,
    CARL,
    DORA,
    EARLIER,
    ITEM,
    MONA,
    NOW,
    OPEN,
    PETE,
    RIGS,
    SUSPENSION,
    TARA,
    TEAM,
    UNSTATED,
    Town,
    add,
    applied,
    edit,
    raw,
    refusal,
    remove,
)

TOWN = Town()
NEW = Rig("nora", "Nora", "nora-org", trust_level=0, registered_at=EARLIER, last_seen=EARLIER)
LINK = RigLink("l-1", "carl", "dora", assertion_a="we are one", created_at=EARLIER)
ACTIVE = replace(LINK, assertion_b="yes", status="active", completed_at=EARLIER)
REVOKED = replace(ACTIVE, status="revoked", revoked_at=EARLIER, revoked_by="carl")


# --- registration


@pytest.mark.requirement("S0-109")
def test_a_rig_registers_itself_and_the_merge_writes_trust_and_time() -> None:
    row = add(NEW)

    verdict = TOWN.judge("nora", row)

    assert refusal(verdict) is None
    assert verdict.actions == {Action.REGISTER}
    assert [a.cells for a in verdict.amendments] == [
        {
            "registered_at": (row.row["registered_at"], NOW),
            "last_seen": (row.row["last_seen"], NOW),
            "trust_level": (0, 1),
        }
    ]


@pytest.mark.parametrize(("preset", "level"), [("0", 0), ("2", 2)])
def test_the_trust_of_a_new_rig_is_the_policys(preset: str, level: int) -> None:
    town = Town(policy=Policy({"new_rig_trust": preset}, "open"))

    verdict = town.judge("nora", add(replace(NEW, trust_level=1)))

    assert verdict.amendments[0].row["trust_level"] == level


def test_a_registration_on_a_commons_without_policy_of_others_is_not_amended() -> None:
    verdict = Town(owned=False, policy=UNSTATED).judge("nora", add(NEW))

    assert (verdict.allowed, verdict.amendments) == (True, ())


def test_a_registration_gets_the_trust_that_a_stated_policy_gives_also_elsewhere() -> None:
    verdict = Town(owned=False).judge("nora", add(NEW))

    assert [1] == [row.row["trust_level"] for row in verdict.amendments]


@pytest.mark.requirement("X-12")
@pytest.mark.parametrize("policy", [OPEN, TEAM, UNSTATED])
@pytest.mark.parametrize("level", [2, 3, 99, -1, "3", "1.5", "many"])
def test_a_registration_asks_for_no_trust(policy: Policy, level: Value) -> None:
    assert refusal(Town(policy=policy).judge("nora", add(NEW, trust_level=level))) is Forbidden


@pytest.mark.parametrize("level", [None, 0, 1, "1"])
def test_the_request_of_another_client_is_read_as_one(level: Value) -> None:
    assert refusal(TOWN.judge("nora", add(NEW, trust_level=level))) is None


@pytest.mark.requirement("X-12")
@pytest.mark.parametrize("policy", [OPEN, UNSTATED])
def test_a_registration_and_a_change_of_its_trust_are_refused(policy: Policy) -> None:
    town = Town(policy=policy)

    assert refusal(town.judge("nora", add(NEW), edit(NEW, trust_level=2))) is Forbidden


def test_a_rig_registers_no_second_rig() -> None:
    second = Rig("nora2", dolthub_org="nora-org")

    assert refusal(TOWN.judge("nora", add(NEW), add(second))) is Forbidden
    assert refusal(TOWN.judge("carl", add(replace(second, dolthub_org="carl-org")))) is Forbidden


def test_a_registered_handle_is_taken() -> None:
    assert refusal(TOWN.judge("carl", add(replace(CARL, trust_level=0)))) is Conflict


@pytest.mark.parametrize("handle", ["Carl", "main", "a b", "", "../x", "x" * 65, "tab\t"])
def test_a_handle_keeps_to_its_form(handle: str) -> None:
    rig = replace(NEW, handle=handle)

    assert not TOWN.judge(handle, add(rig), account="nora-org").allowed


@pytest.mark.parametrize("org", ["mona-org", None, ""])
def test_a_registration_names_the_account_that_is_signed_in(org: str | None) -> None:
    assert refusal(TOWN.judge("nora", add(replace(NEW, dolthub_org=org)))) is Forbidden


def test_an_account_is_known_whatever_its_case_and_stored_as_it_is_called() -> None:
    verdict = TOWN.judge("nora", add(NEW), account="Nora-Org")

    assert [row.row["dolthub_org"] for row in verdict.amendments] == ["Nora-Org"]


def test_without_a_known_account_any_owner_may_be_named() -> None:
    assert refusal(TOWN.judge("nora", add(NEW), account="")) is None


@pytest.mark.requirement("X-12")
@pytest.mark.parametrize(
    ("org", "account"),
    [
        ("nora-org", "nora-org"),
        ("mona-org", "nora-org"),
        (None, "nora-org"),
        ("nora-org", ""),
        (None, ""),
    ],
)
def test_a_rig_of_another_account_is_no_parent(org: str | None, account: str) -> None:
    rig = replace(NEW, dolthub_org=org, parent_rig="mona")

    assert refusal(TOWN.judge("nora", add(rig), account=account)) is Forbidden


@pytest.mark.parametrize("parent", ["nora", "ghost"])
def test_a_parent_is_a_rig_of_main(parent: str) -> None:
    assert refusal(TOWN.judge("nora", add(replace(NEW, parent_rig=parent)))) is Forbidden


@pytest.mark.parametrize("org", ["carl-org", None])
def test_an_agent_registers_under_a_rig_of_its_account(org: str | None) -> None:
    agent = replace(NEW, dolthub_org=org, parent_rig="carl", rig_type="agent")

    verdict = TOWN.judge("nora", add(agent), account="carl-org")

    assert refusal(verdict) is None
    assert [row.row["dolthub_org"] for row in verdict.amendments] == ["carl-org"]


def test_an_agent_with_anothers_account_is_refused_though_its_parent_is_mine() -> None:
    agent = replace(NEW, dolthub_org="mona-org", parent_rig="carl")

    assert refusal(TOWN.judge("nora", add(agent), account="carl-org")) is Forbidden


def test_registrations_a_day_are_capped() -> None:
    town = Town(usage=Usage(registrations_today=10))

    verdict = town.judge("nora", add(NEW))

    assert refusal(verdict) is LimitReached
    assert verdict.reasons[0].error.facts == {"limit": 10, "count": 10}
    assert Town(usage=Usage(registrations_today=9)).judge("nora", add(NEW)).allowed


# --- who acts


@pytest.mark.requirement("X-12")
def test_an_account_acts_for_no_rig_of_another() -> None:
    claim = edit(ITEM, status="claimed", claimed_by="mona")

    assert refusal(TOWN.judge("mona", claim, account="carl-org")) is Forbidden


def test_an_account_acts_for_the_agents_of_its_rigs() -> None:
    agent = Rig("bot", parent_rig="carl", trust_level=1)
    town = Town(rigs=(*RIGS, agent))
    claim = edit(ITEM, status="claimed", claimed_by="bot")

    assert town.judge("bot", claim, account="carl-org").allowed
    assert refusal(town.judge("bot", claim, account="dora-org")) is Forbidden


def test_a_rig_that_names_no_owner_is_nobodys_to_act_for() -> None:
    town = Town(rigs=(*RIGS, Rig("orphan", trust_level=2)))
    claim = edit(ITEM, status="claimed", claimed_by="orphan")

    assert refusal(town.judge("orphan", claim, account="carl-org")) is Forbidden
    assert town.judge("orphan", claim, account="").allowed


def test_an_empty_handle_does_nothing() -> None:
    item = replace(ITEM, id="w-9", posted_by="")

    assert refusal(Town(policy=UNSTATED).judge("", add(item))) is Forbidden


# --- profile and trust


def test_a_rig_keeps_its_profile() -> None:
    row = edit(CARL, display_name="Carl", owner_email="c@x.test", last_seen=AT, rig_type="agent")

    assert TOWN.judge("carl", row).allowed


@pytest.mark.requirement("X-12")
@pytest.mark.parametrize(
    "cells",
    [
        {"trust_level": 3},
        {"trust_level": 0},
        {"dolthub_org": "other-org"},
        {"parent_rig": "mona"},
        {"registered_at": "2020-01-01 00:00:00"},
        {"handle": "karl"},
        {"unknown_column": "x"},
    ],
)
@pytest.mark.parametrize("policy", [OPEN, UNSTATED])
def test_a_rig_does_not_change_who_it_is(cells: dict[str, Value], policy: Policy) -> None:
    assert refusal(Town(policy=policy).judge("carl", raw(CARL, **cells))) is Forbidden


@pytest.mark.requirement("S0-109")
@pytest.mark.parametrize("actor", ["carl", "tara", "mona"])
def test_nobody_edits_anothers_profile(actor: str) -> None:
    assert refusal(TOWN.judge(actor, edit(DORA, display_name="Silly"))) is Forbidden


def test_a_profile_seen_in_the_future_gets_the_hosts_time() -> None:
    verdict = TOWN.judge("carl", raw(CARL, last_seen="2030-01-01 00:00:00"))

    assert [a.row["last_seen"] for a in verdict.amendments] == [NOW]


@pytest.mark.requirement("S0-131")
def test_a_maintainer_changes_anothers_trust_and_nothing_else() -> None:
    assert TOWN.judge("mona", edit(CARL, trust_level=2)).allowed
    assert refusal(TOWN.judge("mona", edit(CARL, trust_level=2, rig_type="agent"))) is Forbidden
    assert refusal(TOWN.judge("mona", edit(MONA, trust_level=2))) is Forbidden


@pytest.mark.requirement("S1-43")
@pytest.mark.parametrize("policy", [OPEN, TEAM, UNSTATED])
def test_trust_is_a_maintainers_to_change_also_where_no_policy_is_stated(policy: Policy) -> None:
    assert refusal(Town(policy=policy).judge("tara", edit(CARL, trust_level=2))) is TrustTooLow
    assert Town(policy=policy).judge("mona", edit(CARL, trust_level=2)).allowed


@pytest.mark.parametrize("level", [4, -1, "lots"])
def test_trust_is_0_to_3(level: Value) -> None:
    assert refusal(TOWN.judge("mona", raw(CARL, trust_level=level))) is Invalid


@pytest.mark.parametrize(("rig", "level"), [(CARL, 3), (MONA, 1)])
def test_nobody_gives_or_takes_more_trust_than_its_own(rig: Rig, level: int) -> None:
    town = Town(policy=Policy({"trust": "trust:2"}, "open"))

    assert refusal(town.judge("tara", edit(rig, trust_level=level))) is Forbidden
    assert town.judge("tara", edit(CARL, trust_level=2)).allowed


# --- links


@pytest.mark.requirement("S0-134")
def test_a_link_is_proposed_confirmed_and_revoked() -> None:
    confirm = edit(LINK, assertion_b="yes", status="active", completed_at=AT)
    revoke = {"status": "revoked", "revoked_at": AT}

    assert TOWN.judge("carl", add(LINK)).allowed
    assert TOWN.judge("dora", confirm).allowed
    assert TOWN.judge("carl", edit(ACTIVE, **revoke, revoked_by="carl")).allowed
    assert TOWN.judge("dora", edit(LINK, **revoke, revoked_by="dora")).allowed


@pytest.mark.requirement("S0-134")
@pytest.mark.parametrize(
    ("actor", "row"),
    [
        ("dora", add(LINK)),
        ("pete", add(LINK)),
        ("carl", add(ACTIVE)),
        ("carl", add(replace(LINK, status="active"))),
        ("carl", add(replace(LINK, status="active", revoked_at=EARLIER))),
        ("carl", add(replace(LINK, assertion_b="yes"))),
        ("carl", edit(LINK, status="active", assertion_b="yes", completed_at=AT)),
        ("dora", edit(LINK, status="active", assertion_a="mine")),
        ("dora", edit(REVOKED, status="active", revoked_at=None, revoked_by=None)),
        ("carl", edit(REVOKED, status="active", revoked_at=None, revoked_by=None)),
        ("dora", edit(replace(LINK, status="revoked"), status="active", assertion_b="yes")),
        ("carl", edit(ACTIVE, status="revoked", revoked_at=AT, revoked_by="dora")),
        ("carl", edit(ACTIVE, status="revoked", revoked_by="carl")),
        ("carl", edit(ACTIVE, status="paused")),
        ("pete", edit(ACTIVE, status="revoked", revoked_at=AT, revoked_by="pete")),
        ("carl", edit(ACTIVE, rig_b="mona")),
        ("carl", remove(LINK)),
        ("mona", remove(ACTIVE)),
    ],
)
def test_nobody_speaks_for_the_other_side_of_a_link(actor: str, row: RowChange) -> None:
    assert refusal(TOWN.judge(actor, row)) is Forbidden


def test_a_link_needs_another_rig_that_exists() -> None:
    assert refusal(TOWN.judge("carl", add(replace(LINK, rig_b="ghost")))) is NotFound
    assert refusal(TOWN.judge("carl", add(replace(LINK, rig_b="carl")))) is Invalid


# --- suspension


@pytest.mark.requirement("S1-45")
@pytest.mark.parametrize(
    "row",
    [
        edit(CARL, display_name="Carl"),
        add(LINK),
        edit(ITEM, status="claimed", claimed_by="carl"),
        add(replace(ITEM, id="w-9", posted_by="carl")),
    ],
)
@pytest.mark.parametrize("policy", [OPEN, UNSTATED])
def test_a_suspended_rig_writes_nothing(row: RowChange, policy: Policy) -> None:
    town = Town(policy=policy, suspended={"carl": SUSPENSION})

    verdict = town.judge("carl", row)

    assert refusal(verdict) is Suspended
    assert "spam" in str(verdict.reasons[0])


def test_a_suspended_handle_does_not_register() -> None:
    town = Town(suspended={"nora": SUSPENSION})

    assert refusal(town.judge("nora", add(NEW))) is Suspended


# --- the commons itself


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize("policy", [OPEN, TEAM, UNSTATED])
@pytest.mark.parametrize(
    "record",
    [
        Meta("policy.accept", "trust:0"),
        Meta("policy.preset", "open"),
        Meta("valence_scale", "5"),
        Badge("b-1", "tara", "hero"),
        BootBlock("tara", "github", {"stars": 9}, 1.0, "1", EARLIER),
        Chain("chain-1"),
        Moderation("m-9", "carl", "suspend", "spam", "tara", EARLIER),
    ],
)
def test_what_belongs_to_nobody_is_a_maintainers_to_write(record: Record, policy: Policy) -> None:
    town = Town(policy=policy)

    assert refusal(town.judge("tara", add(record))) is TrustTooLow
    if not isinstance(record, Moderation):
        assert town.judge("mona", add(record)).allowed


@pytest.mark.requirement("X-11")
def test_a_stranger_states_no_policy_on_a_commons_without_one() -> None:
    verdict = Town(policy=UNSTATED).judge("nora", add(Meta("policy.new_rig_trust", "2")))

    assert refusal(verdict) is Forbidden


@pytest.mark.requirement("X-11")
def test_a_change_does_not_profit_from_the_policy_that_it_brings() -> None:
    town = Town(policy=TEAM)
    loosen = add(Meta("policy.post", "anyone"))
    post = add(replace(ITEM, id="w-9", posted_by="carl"))

    assert {reason.key for reason in town.judge("carl", loosen, post).reasons} == {
        "policy.post",
        "w-9",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [("policy.accept", "trust:9"), ("policy.preset", "teem"), ("policy.colour", "red")],
)
def test_a_rule_that_cannot_be_read_does_not_land(key: str, value: str) -> None:
    assert refusal(TOWN.judge("mona", add(Meta(key, value)))) is Invalid


def test_a_rule_may_be_taken_back() -> None:
    assert TOWN.judge("mona", remove(Meta("policy.accept", "trust:3"))).allowed


@pytest.mark.parametrize(
    "record", [Badge("b-1"), BootBlock("carl"), Chain("x"), SUSPENSION, CARL, LINK]
)
def test_not_even_a_maintainer_deletes_a_record(record: Record) -> None:
    assert refusal(TOWN.judge("mona", remove(record))) is Forbidden


def test_a_moderator_decides_in_its_own_name_about_another() -> None:
    assert TOWN.judge("mona", add(SUSPENSION)).allowed
    for record in (replace(SUSPENSION, decided_by="tara"), replace(SUSPENSION, rig="mona")):
        assert refusal(TOWN.judge("mona", add(record))) is Forbidden
    assert refusal(TOWN.judge("mona", edit(SUSPENSION, lifted_at=AT))) is Forbidden


def test_a_suspended_maintainer_does_not_lift_its_own_suspension() -> None:
    record = replace(SUSPENSION, rig="mona", decided_by="other")
    town = Town([record], suspended={"mona": record})
    lift = Moderation("m-2", "mona", "restore", "mine", "mona", AT, about=record.id)

    assert refusal(town.judge("mona", add(lift))) is Suspended


@pytest.mark.parametrize("actor", ["carl", "mona"])
@pytest.mark.parametrize(
    "row",
    [
        add(Lease("w-1", "carl", "mine", AT)),
        remove(Lease("w-1", "carl", "first", AT)),
        RowChange("dolt_branches", None, {"name": "x"}),
        RowChange("invented", None, {"id": "x"}),
    ],
)
def test_leases_and_foreign_tables_are_no_clients_to_write(actor: str, row: RowChange) -> None:
    assert refusal(TOWN.judge(actor, row)) is Forbidden


@pytest.mark.parametrize(
    ("actor", "policy", "expected"),
    [("mona", OPEN, None), ("tara", OPEN, TrustTooLow), ("tara", UNSTATED, TrustTooLow)],
)
def test_the_definition_of_a_table_is_a_maintainers_to_change(
    actor: str, policy: Policy, expected: type[WastelandError] | None
) -> None:
    change = ProposedChange((), schema=("wanted",))

    assert refusal(judge(change, Town(policy=policy).authority(actor))) is expected


# --- answers


def test_an_empty_change_and_one_of_spelling_are_allowed_without_amendments() -> None:
    spelled = RowChange("wanted", {**ITEM.to_row(), "tags": "[ ]"}, {**ITEM.to_row(), "tags": "[]"})

    assert TOWN.judge("carl").allowed
    assert TOWN.judge("carl", spelled).amendments == ()


def test_a_refused_change_raises_its_first_reason_with_code_and_hint() -> None:
    verdict = TOWN.judge("zero", edit(ITEM, status="claimed", claimed_by="zero"))

    with pytest.raises(TrustTooLow) as caught:
        verdict.require()
    assert caught.value.code == "trust_too_low"
    assert caught.value.message == "zero has trust 0 (unverified); claim needs trust:1."
    assert caught.value.hint == "wl policy shows who may do what"
    assert caught.value.facts["need"] == 1


def test_an_allowed_verdict_requires_nothing() -> None:
    verdict = TOWN.judge("carl")

    assert verdict.require() is verdict


@pytest.mark.parametrize("key", ["", "w 1", "w-\x1b[31m", "w" * 256])
def test_a_new_row_has_a_key_that_can_be_typed(key: str) -> None:
    assert refusal(TOWN.judge("carl", add(replace(ITEM, id=key, posted_by="carl")))) is Invalid


def test_amending_a_registration_twice_changes_nothing() -> None:
    rows = [add(replace(NEW, trust_level=1))]
    verdict = TOWN.judge("nora", *rows)

    again = TOWN.judge("nora", *applied(verdict, rows))

    assert verdict.amendments
    assert (again.allowed, again.amendments) == (True, ())


@pytest.mark.parametrize("rig", [PETE, TARA])
def test_a_rig_that_changes_its_account_first_is_refused(rig: Rig) -> None:
    move = raw(rig, dolthub_org="fresh-org")

    assert refusal(TOWN.judge(rig.handle, move)) is Forbidden


# --- rigs that answer for one another


def chain(length: int, *, account: str | None = "carl-org") -> tuple[Rig, ...]:
    """Return rigs r1, r2 and so on, each the parent of the one before; the last has the account."""
    rigs = [Rig(f"r{n}", parent_rig=f"r{n + 1}", trust_level=1) for n in range(1, length)]
    return (*rigs, Rig(f"r{length}", dolthub_org=account, trust_level=1))


@pytest.mark.parametrize(("length", "allowed"), [(2, True), (3, True), (8, True), (9, False)])
def test_an_account_acts_for_agents_of_its_agents_eight_levels_deep(
    length: int, allowed: bool
) -> None:
    town = Town(rigs=(*RIGS, *chain(length)))
    claim = edit(ITEM, status="claimed", claimed_by="r1")

    assert town.judge("r1", claim, account="carl-org").allowed == allowed
    assert refusal(town.judge("r1", claim, account="dora-org")) is Forbidden


def test_rigs_that_answer_for_one_another_in_a_circle_are_nobodys() -> None:
    circle = (replace(rig, parent_rig="r1") if rig.handle == "r3" else rig for rig in chain(3))
    town = Town(rigs=(*RIGS, *(replace(rig, dolthub_org=None) for rig in circle)))
    claim = edit(ITEM, status="claimed", claimed_by="r1")

    assert refusal(town.judge("r1", claim, account="carl-org")) is Forbidden


def test_an_agent_registers_under_an_agent_of_its_account() -> None:
    town = Town(rigs=(*RIGS, Rig("lead", parent_rig="carl")))
    hand = replace(NEW, dolthub_org=None, parent_rig="lead")

    assert town.judge("nora", add(hand), account="carl-org").allowed
    assert refusal(town.judge("nora", add(hand), account="dora-org")) is Forbidden


# --- handles that look alike


@pytest.mark.parametrize(
    ("handle", "other"),
    [("bob", "b0b"), ("al-1", "a1-1"), ("al-1", "al_l"), ("x.y", "x-y"), ("Bob", "bob")],
)
def test_handles_that_read_alike_have_one_skeleton(handle: str, other: str) -> None:
    assert skeleton(handle) == skeleton(other)


@pytest.mark.parametrize(("handle", "other"), [("bob", "bobo"), ("ada", "eda"), ("xy", "x-y")])
def test_handles_that_read_otherwise_have_another(handle: str, other: str) -> None:
    assert skeleton(handle) != skeleton(other)


def test_a_handle_that_reads_like_another_is_taken_where_policy_is_stated() -> None:
    town = Town(lookalikes=["n0ra"])

    assert refusal(town.judge("nora", add(NEW))) is Conflict
    assert replace(town, policy=UNSTATED).judge("nora", add(NEW)).allowed


# --- a row is its key


@pytest.mark.parametrize("record", [CARL, ITEM, LINK, SUSPENSION, Meta("policy.claim", "trust:1")])
def test_a_row_keeps_its_key(record: Record) -> None:
    for actor in ("carl", "mona"):
        row = RowChange(record.table, record.to_row(), {**record.to_row(), **other_key(record)})
        assert refusal(TOWN.judge(actor, row)) is Forbidden


def other_key(record: Record) -> dict[str, Value]:
    return {TABLES[record.table].key: "another"}


# --- moderation


def test_nobody_decides_about_a_rig_with_more_trust() -> None:
    town = Town(policy=Policy({"moderate": "trust:2"}, "open"))
    about = Moderation("m-9", "mona", "suspend", "coup", "tara", EARLIER)

    assert refusal(town.judge("tara", add(about))) is Forbidden
    assert town.judge("tara", add(replace(about, rig="carl"))).allowed


def test_nobody_rewrites_what_was_decided_about_itself() -> None:
    about = replace(SUSPENSION, rig="mona", decided_by="tara", lifted_at=EARLIER)

    assert refusal(TOWN.judge("mona", edit(about, reason="A misunderstanding."))) is Forbidden
