"""What a change may do to wanted items and completions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .diff import DiffKind, RowChange
from .errors import Conflict, Forbidden, Invalid, NotFound, OwnWork
from .journey import Companions, Journey, Trip, explain, find
from .lifecycle import Step, claim, takes_many
from .policy import Action
from .proposal import Case, limit, permanent
from .records import Completion, Lease, Status, WantedItem
from .roles import is_allowed

_VALIDATION = ("validated_by", "stamp_id", "validated_at")
_DAY = timedelta(days=1)
_UNCAPPED_TRUST = 3
"""A maintainer may fill a board in one go, by an import, and bring finished work along."""


def judge_item(case: Case, row: RowChange) -> None:
    """An item moves by legal steps of the actor, each of which policy lets it take."""
    if row.kind is DiffKind.REMOVED:
        raise Forbidden(
            f"{row.key} cannot be deleted; its history stays.", hint=f"wl withdraw {row.key}"
        )
    before = WantedItem.from_row(row.before) if row.before else None
    after = WantedItem.from_row(row.row)
    journey = _travel(case, before, after, frozenset(row.cells))
    if journey.takes(Step.POST):
        _check_post(case, after)
    if journey.takes(Step.HANDOVER):
        _need_receiver(case, after)
    if _holds(case, after) and not _holds(case, before):
        _check_claims(case)
    _amend(case, row, before, after)


def judge_completion(case: Case, row: RowChange) -> None:
    """Evidence comes with a submission, is validated by an acceptance, and goes by a rejection."""
    completion = Completion.from_row(row.row)
    if row.kind is DiffKind.ADDED:
        _judge_submission(case, row, completion, _journey_of(case, completion))
    elif row.kind is DiffKind.MODIFIED:
        _judge_validation(case, row, completion)
    else:
        journey = _journey_of(case, completion)
        if completion.stamp_id or not (journey and journey.takes(Step.REJECT)):
            raise permanent("A completion", row)


def lost_claim(row: RowChange, present: WantedItem | None, rig: str) -> Conflict | None:
    """
    Return why *rig* cannot have the item that *row* claims for it any more, None if it can.

    Args:
        row: Of a change that was made on an older main.
        present: The item as main has it now.
    """
    if row.table != "wanted" or row.after is None or present is None:
        return None
    claims = "claimed_by" in row.cells and row.after.get("claimed_by") == rig
    return lost_item(present, rig) if claims else None


def lost_item(present: WantedItem, rig: str) -> Conflict | None:
    """Return why *rig* cannot claim an item as main has it, None if it can or holds it."""
    if present.claimed_by == rig:
        return None
    try:
        claim(present, by=rig, at=None)
    except Conflict as error:
        return error
    return None


def _travel(
    case: Case, before: WantedItem | None, after: WantedItem, cells: frozenset[str]
) -> Journey:
    """Find the actor's journey, note its steps, and keep it for the rows that go with it."""
    trip = Trip(before, after, cells, case.me, _companions(case, after.id))
    journey = find(trip, lambda step, item: _may(case, step, item)) or find(trip)
    if journey is None:
        raise explain(trip)
    for step, item in journey.steps:
        case.authorize(Action(step.value), item)
    case.journeys[after.id] = journey
    return journey


def _may(case: Case, step: Step, item: WantedItem) -> bool:
    return is_allowed(Action(step.value), case.actor, case.policy, item=item)


def _journey_of(case: Case, completion: Completion) -> Journey | None:
    """Return the journey of a completion's item; a bounty may take one without changing itself."""
    item = case.change.items.get(completion.wanted_id or "")
    if item is None or item.id in case.journeys:
        return case.journeys.get(item.id) if item else None
    changes = any(row.table == "wanted" and row.key == item.id for row in case.change.rows)
    if changes or not (item.is_open_bounty and item.state is Status.IN_REVIEW):
        return None
    return _travel(case, item, item, frozenset())


def _companions(case: Case, item_id: str) -> Companions:
    changed = [
        row
        for row in case.change.rows
        if row.table == "completions" and row.row.get("wanted_id") == item_id and row.cells
    ]
    present = [c for c in case.change.completions.values() if c.wanted_id == item_id]
    added = {row.key for row in changed if row.kind is DiffKind.ADDED}
    ids = {row.key for row in changed} | {completion.id for completion in present}
    return Companions(
        submitted_by=tuple(
            str(row.row.get("completed_by")) for row in changed if row.kind is DiffKind.ADDED
        ),
        accepted=tuple(
            Completion.from_row(row.before)
            for row in changed
            if row.kind is DiffKind.MODIFIED and row.before and "stamp_id" in row.cells
        ),
        remaining=tuple(
            c.completed_by or "" for c in present if not c.stamp_id and c.id not in added
        ),
        stamped=any(stamp.row.get("context_id") in ids for stamp in _new_stamps(case)),
        removed=any(row.kind is DiffKind.REMOVED for row in changed),
    )


def _new_stamps(case: Case) -> Iterator[RowChange]:
    return (r for r in case.change.rows if r.table == "stamps" and r.kind is DiffKind.ADDED)


def _check_post(case: Case, item: WantedItem) -> None:
    if not (item.title or "").strip():
        raise Invalid(f"{item.id} has no title.", hint="wl post --title TEXT", field="title")
    if case.policy.is_stated and case.actor.trust < _UNCAPPED_TRUST:
        cap = case.policy.daily("posts_per_day")
        new = [r for r in case.change.rows if r.table == "wanted" and r.kind is DiffKind.ADDED]
        count = case.authority.usage.posts_today + len(new)
        if count > cap:
            raise limit("posts a day", cap, count)


def _holds(case: Case, item: WantedItem | None) -> bool:
    return item is not None and item.state is Status.CLAIMED and item.claimed_by == case.me


def _check_claims(case: Case) -> None:
    """Count what the actor holds once the change has landed, whatever it held on the way."""
    cap = case.policy.claims_cap(case.actor.trust) if case.policy.is_stated else None
    count = case.authority.usage.open_claims
    for row in case.change.rows:
        if row.table == "wanted":
            count += _holds(case, WantedItem.from_row(row.after)) if row.after else 0
            count -= _holds(case, WantedItem.from_row(row.before)) if row.before else 0
    if cap is not None and count > cap:
        raise limit(f"open claims at once at trust {case.actor.trust}", cap, count)


def _need_receiver(case: Case, after: WantedItem) -> None:
    if (after.claimed_by or "") not in case.authority.rigs:
        raise NotFound(
            f"{after.claimed_by} is not a rig of this commons.",
            hint="wl rig list",
            rig=after.claimed_by,
        )


def _amend(case: Case, row: RowChange, before: WantedItem | None, after: WantedItem) -> None:
    """Let the host's clock speak, and keep the lease in step with the claim."""
    case.amend(row, updated_at=case.now)
    if before is None:
        # The daily cap counts by this time, so that an old one would go uncounted.
        case.amend_time(row, "created_at", within=_DAY)
    lease = case.change.leases.get(after.id)
    stored = lease.to_row() if lease else None
    holder = after.claimed_by if after.state is Status.CLAIMED else None
    held_before = before.claimed_by if before and before.state is Status.CLAIMED else None
    if holder is None and stored:
        case.replace("wlx_leases", stored, None)
    elif holder and holder != held_before:
        expires = case.authority.at + timedelta(hours=case.policy.lease_hours)
        fresh = Lease(after.id, holder, case.authority.token, expires).to_row()
        case.replace("wlx_leases", stored, fresh)


def _judge_submission(
    case: Case, row: RowChange, completion: Completion, journey: Journey | None
) -> None:
    case.need_own(row, completion.completed_by)
    if completion.stamp_id or completion.validated_by or completion.validated_at:
        raise OwnWork(f"{completion.id} names its own validation.", completion_id=completion.id)
    if not (journey and journey.takes(Step.SUBMIT)):
        raise Conflict(
            f"{completion.id} completes {completion.wanted_id}, which does not go into review in "
            "this change.",
            hint=f"wl show {completion.wanted_id}",
        )
    if not (completion.evidence or "").strip():
        raise Invalid(
            f"{completion.id} shows no evidence.",
            hint=f"wl done {completion.wanted_id} --evidence URL",
            field="evidence",
        )
    _need_first(case, completion)
    _check_submissions(case)
    case.amend_time(row, "completed_at")


def _need_first(case: Case, completion: Completion) -> None:
    """A bounty takes one submission of each rig at a time."""
    item = case.change.items.get(completion.wanted_id or "")
    remaining = _companions(case, completion.wanted_id or "").remaining
    if item and takes_many(item) and case.me in remaining:
        raise Conflict(
            f"A submission of {case.me} for {item.id} waits already.", hint=f"wl show {item.id}"
        )


def _check_submissions(case: Case) -> None:
    """Count what the actor has waiting on main, with what the change adds."""
    if not case.policy.is_stated or case.actor.trust >= _UNCAPPED_TRUST:
        return
    new = [
        row
        for row in case.change.rows
        if row.table == "completions"
        and row.kind is DiffKind.ADDED
        and row.row.get("completed_by") == case.me
    ]
    cap, count = case.policy.submissions_cap, case.authority.usage.open_submissions + len(new)
    if count > cap:
        raise limit("submissions that wait for a decision", cap, count)


def _judge_validation(case: Case, row: RowChange, completion: Completion) -> None:
    journey = case.journeys.get(completion.wanted_id or "")
    if not (journey and journey.takes(Step.ACCEPT)):
        raise Forbidden(
            f"{row.key} is evidence; it cannot be changed once it is handed in.",
            hint="a maintainer can reject it; then submit again",
        )
    case.only(row, _VALIDATION)
    stamps = {stamp.key for stamp in _new_stamps(case) if stamp.row.get("context_id") == row.key}
    if completion.validated_by != case.me or completion.stamp_id not in stamps:
        raise Forbidden(f"{row.key} must name {case.me} and its stamp of this change.")
    case.amend_time(row, "validated_at")
