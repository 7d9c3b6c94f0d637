"""What a change may do to wanted items and completions."""

from __future__ import annotations

from datetime import timedelta

from .diff import DiffKind, RowChange
from .errors import Conflict, Forbidden, NotFound, OwnWork
from .journey import Companions, Journey, explain, find
from .lifecycle import Step
from .policy import Action
from .proposal import Case, limit, permanent
from .records import Completion, Lease, Status, WantedItem

_VALIDATION = ("validated_by", "stamp_id", "validated_at")


def judge_item(case: Case, row: RowChange) -> None:
    """An item moves by legal steps of the actor, each of which policy lets it take."""
    if row.kind is DiffKind.REMOVED:
        raise Forbidden(
            f"{row.key} cannot be deleted; its history stays.", hint=f"wl withdraw {row.key}"
        )
    before = WantedItem.from_row(row.before) if row.before else None
    after = WantedItem.from_row(row.row)
    companions = _companions(case, after.id)
    journey = find(before, after, set(row.cells), case.me, companions)
    if journey is None:
        raise explain(before, after, case.me, companions)
    case.journeys[after.id] = journey
    for step, item in journey.steps:
        case.authorize(Action(step.value), item)
        _count(case, step)
    if journey.takes(Step.HANDOVER):
        _need_receiver(case, after)
    _amend(case, row, before, after)


def judge_completion(case: Case, row: RowChange) -> None:
    """Evidence comes with a submission, is validated by an acceptance, and goes by a rejection."""
    completion = Completion.from_row(row.row)
    journey = case.journeys.get(completion.wanted_id or "")
    if row.kind is DiffKind.ADDED:
        _judge_submission(case, row, completion, journey)
    elif row.kind is DiffKind.REMOVED:
        if completion.stamp_id or not (journey and journey.takes(Step.REJECT)):
            raise permanent("A completion", row)
    else:
        _judge_validation(case, row, completion, journey)


def _companions(case: Case, item_id: str) -> Companions:
    changed = [
        row
        for row in case.change.rows
        if row.table == "completions" and row.row.get("wanted_id") == item_id
    ]
    present = [c for c in case.change.completions.values() if c.wanted_id == item_id]
    ids = {row.key for row in changed} | {completion.id for completion in present}
    return Companions(
        submitted_by=frozenset(
            str(row.row.get("completed_by")) for row in changed if row.kind is DiffKind.ADDED
        ),
        completed_by=frozenset(c.completed_by for c in present if c.completed_by),
        stamped=any(
            row.table == "stamps"
            and row.kind is DiffKind.ADDED
            and row.row.get("context_id") in ids
            for row in case.change.rows
        ),
        removed=any(row.kind is DiffKind.REMOVED for row in changed),
    )


def _count(case: Case, step: Step) -> None:
    """Count *step* against the actor's caps."""
    if not case.policy.is_stated:
        return
    if step is Step.CLAIM:
        cap = case.policy.claims_cap(case.actor.trust)
        if cap is not None and case.claims >= cap:
            raise limit("open claims at once at this trust", cap, case.claims)
        case.claims += 1
    elif step is Step.POST:
        cap = case.policy.daily("posts_per_day")
        if case.posts >= cap:
            raise limit("posts a day", cap, case.posts)
        case.posts += 1


def _need_receiver(case: Case, after: WantedItem) -> None:
    if case.policy.is_stated and (after.claimed_by or "") not in case.authority.rigs:
        raise NotFound(
            f"{after.claimed_by} is not a rig of this commons.", hint="wl rig list", rig=after.claimed_by
        )


def _amend(case: Case, row: RowChange, before: WantedItem | None, after: WantedItem) -> None:
    """Let the host's clock speak, and keep the lease in step with the claim."""
    if not case.authority.owned:
        return
    case.amend(row, updated_at=case.now)
    if before is None:
        case.amend_future(row, "created_at")
    lease = case.change.leases.get(after.id)
    stored = lease.to_row() if lease else None
    holder = after.claimed_by if after.state is Status.CLAIMED else None
    held_before = before.claimed_by if before and before.state is Status.CLAIMED else None
    if holder is None and stored:
        case.amendments.append(RowChange("wlx_leases", stored, None))
    elif holder and holder != held_before:
        expires = case.authority.at + timedelta(hours=case.policy.lease_hours)
        fresh = Lease(after.id, holder, case.authority.token, expires).to_row()
        case.amendments.append(RowChange("wlx_leases", stored, fresh))


def _judge_submission(
    case: Case, row: RowChange, completion: Completion, journey: Journey | None
) -> None:
    case.need_own(row, completion.completed_by)
    if completion.stamp_id or completion.validated_by:
        raise OwnWork(f"{completion.id} names its own validation.", completion_id=completion.id)
    if not (journey and journey.takes(Step.SUBMIT)):
        item = case.change.items.get(completion.wanted_id or "")
        if item is None or not (item.is_open_bounty and item.state is Status.IN_REVIEW):
            raise Conflict(
                f"{completion.id} completes {completion.wanted_id}, which does not go into "
                "review in this change.",
                hint=f"wl show {completion.wanted_id}",
            )
        case.authorize(Action.SUBMIT, item)
    if case.authority.owned:
        case.amend_future(row, "completed_at")


def _judge_validation(
    case: Case, row: RowChange, completion: Completion, journey: Journey | None
) -> None:
    if not (journey and journey.takes(Step.ACCEPT)):
        raise Forbidden(
            f"{row.key} is evidence; it cannot be changed once it is handed in.",
            hint="a maintainer can reject it; then submit again",
        )
    case.only(row, _VALIDATION)
    stamps = {
        change.key for change in case.change.rows if change.table == "stamps" and change.after
    }
    if completion.validated_by != case.me or completion.stamp_id not in stamps:
        raise Forbidden(f"{row.key} must name {case.me} and the stamp of this change.")
