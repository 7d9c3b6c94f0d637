"""``wl sync`` at a hub: what waits is sent, then the copy here is brought up to date."""

from __future__ import annotations

from collections.abc import Sequence

from ..engines.base import MAIN
from ..protocol.errors import Unsupported
from .distant import DistantCommons
from .nearby import Nearby
from .outbox import HubSync, Outbox, Sent, Waiting
from .session import Session
from .sync import Step, counts


def catch_up(
    distant: DistantCommons,
    outbox: Outbox,
    waiting: Sequence[Waiting],
    *,
    keep: bool = False,
    dry_run: bool = False,
) -> HubSync:
    """
    Send what waits, and bring the copy up to date.

    Args:
        waiting: Of this commons and rig.
        keep: Keep what the hub refuses, for another try.
        dry_run: Only say what would be sent.
    Raises:
        Unavailable: The hub cannot be reached; what was not sent goes on waiting.
        WastelandError: As the hub refuses.
    """
    near = distant.near
    if near is None:
        raise Unsupported(f"No copy of {distant.repo} is kept here.")
    if dry_run:
        planned = [Sent(w.operation, w.op_id, w.id, "waiting", "") for w in waiting]
        return HubSync([], not waiting, dry_run=True, counts=_counts(near), sent=planned)
    sent = list(outbox.send(waiting, distant.call, keep=keep))
    before = near.replica.head
    near.replica.refresh(distant)
    step = _step(before, near.replica.head)
    clean = all(one.state == "sent" for one in sent)
    return HubSync([step], clean, counts=_counts(near), sent=sent)


def _step(before: str, after: str) -> Step:
    if before == after:
        return Step(MAIN, "up to date", f"main is at {after[:12]}.")
    return Step(MAIN, "fast-forward", f"main is at {after[:12]}.")


def _counts(near: Nearby) -> dict[str, int]:
    """Return how many rows the copy holds; nothing where there is no copy."""
    return counts(near.session(Session).main()) if near.replica.head else {}
