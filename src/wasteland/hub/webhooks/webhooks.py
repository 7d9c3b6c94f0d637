"""
The webhooks of a hub: set up by owners, fed by whatever changes a repository, emptied by a thread.

Who may set one up is the caller's to decide. A failed delivery is tried again after a minute, five,
thirty, two hours and twelve; then it is dead until somebody sends it again by hand.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

from ...commons.outgoing import urls
from ...commons.outgoing.client import Outgoing
from ...hosts.base import RepoName
from ...protocol.errors import Conflict, LimitReached, NotFound, WastelandError
from ...protocol.names import visible
from . import signing
from .events import Event, EventName
from .store import Delivery, DeliveryState, Errand, Hook, Store

PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
MOST_HOOKS: Final = 20
MOST_WAITING: Final = 1000
KEPT: Final = timedelta(days=30)
TIMEOUT_S: Final = 10.0

_THREADS: Final = 4
_MOST_AT_ONCE: Final = 10  # for one receiver
# Longer than that many attempts may take: after it, whoever took the delivery on has died.
_TAKEN_FOR: Final = timedelta(minutes=5)


class Webhooks:
    """
    Webhooks and their queue.

    Args:
        path: The file that keeps them.
        outgoing: How receivers are called; while it is switched off, deliveries wait.
        clock: UTC.
    """

    def __init__(self, path: Path, outgoing: Outgoing, clock: Callable[[], datetime]) -> None:
        self._store = Store(path)
        self._outgoing = outgoing
        self._clock = clock

    def close(self) -> None:
        """Close the file; using it afterwards opens it again."""
        self._store.close()

    # --- what owners do

    def add(
        self, repo: RepoName, url: str, *, events: Iterable[EventName] = (), account: str
    ) -> tuple[Hook, str]:
        """
        Set up a webhook.

        Args:
            events: What it is told; all if empty.
        Returns:
            The webhook and its secret, which is never shown again.
        Raises:
            Unsupported: The operator allows no outgoing requests.
            Invalid: The address is not plain.
            LimitReached: The repository has too many.
        """
        self._outgoing.require_enabled()
        place = str(urls.parse(url))
        if len(self._store.hooks(repo)) >= MOST_HOOKS:
            raise LimitReached(
                f"{repo} has {MOST_HOOKS} webhooks already.",
                hint="remove one",
                limit=MOST_HOOKS,
                count=MOST_HOOKS,
            )
        chosen = frozenset(events) or frozenset(EventName)
        hook = Hook(secrets.token_hex(8), repo, place, chosen, account, self._clock())
        secret = _new_secret()
        self._store.add_hook(hook, secret)
        return hook, secret

    def hooks(self, repo: RepoName) -> Sequence[Hook]:
        """Return the webhooks of a repository, oldest first."""
        return self._store.hooks(repo)

    def find(self, repo: RepoName, hook_id: str) -> Hook:
        """
        Return a webhook of a repository.

        Raises:
            NotFound: It has none of this id.
        """
        for hook in self._store.hooks(repo):
            if hook.id == hook_id:
                return hook
        raise NotFound(f"{repo} has no webhook {visible(hook_id)}.", hint="list its webhooks")

    def new_secret(self, hook: Hook) -> str:
        """Replace a webhook's secret; the old one ends at once, the new one is shown only here."""
        secret = _new_secret()
        self._store.set_secret(hook, secret)
        return secret

    def remove(self, hook: Hook) -> None:
        """Drop a webhook with all that waits for it."""
        self._store.drop_hook(hook)

    def forget(self, repo: RepoName) -> None:
        """Drop the webhooks of a repository that is gone."""
        self._store.drop_repo(repo)

    def deliveries(self, hook: Hook, *, limit: int = 50) -> Sequence[Delivery]:
        """Return a webhook's deliveries of the last thirty days, newest first."""
        return self._store.deliveries(hook, None, limit)

    def dead(self, hook: Hook, *, limit: int = 50) -> Sequence[Delivery]:
        """Return what was given up, newest first."""
        return self._store.deliveries(hook, DeliveryState.DEAD, limit)

    def redeliver(self, hook: Hook, delivery_id: str) -> None:
        """
        Send a delivery again, with the same id.

        Raises:
            Conflict: It waits to be sent, or the webhook has none of this id.
        """
        if not self._store.revive(hook, delivery_id, self._clock()):
            raise Conflict(
                f"{visible(delivery_id)} cannot be sent again: it waits, or is unknown.",
                hint="list the deliveries of the webhook",
            )

    # --- what the hub does

    def enqueue(self, repo: RepoName, event: Event) -> int:
        """Queue *event* for the webhooks that ask for it; return for how many."""
        asking = [hook for hook in self._store.hooks(repo) if event.name in hook.events]
        if asking:
            self._store.add_deliveries([self._queued(hook, event) for hook in asking])
        return len(asking)

    def send_alone(self, hook: Hook, event: Event) -> str:
        """Queue *event* for one webhook, whatever it asks to be told; return the delivery's id."""
        delivery = self._queued(hook, event)
        self._store.add_deliveries([delivery])
        return delivery.id

    def repositories(self) -> Sequence[RepoName]:
        """Return the repositories that have webhooks."""
        return self._store.repositories()

    def told(self, repo: RepoName) -> str | None:
        """Return what ``tell`` was given last for a repository; None for nothing yet."""
        return self._store.told(repo)

    def tell(
        self, repo: RepoName, events: Sequence[Event], *, before: str | None, after: str
    ) -> bool:
        """
        Queue *events* and keep how far a repository was told of, both or neither.

        Args:
            before: What ``told`` said when the events were found.
            after: What it is to say now.
        Returns:
            False, and nothing is done, if it says something else by now.
        """
        hooks = self._store.hooks(repo)
        queued = [
            self._queued(hook, event, ahead=ahead)
            for hook in hooks
            for ahead, event in enumerate(e for e in events if e.name in hook.events)
        ]
        return self._store.tell(repo, queued, before=before, after=after)

    def deliver_due(self, now: datetime) -> int:
        """
        Send what is due, to several receivers at once; return how many attempts were made.

        A receiver that fails is left alone for a minute, whatever else waits for it.
        """
        if not self._outgoing.enabled:
            return 0
        due = self._store.due(now, each=_MOST_AT_ONCE)
        queues = [list(group) for _, group in groupby(due, key=lambda d: d.hook_id)]
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook") as pool:
            return sum(pool.map(lambda queue: self._empty(queue, now), queues))

    def prune(self, now: datetime) -> int:
        """Drop deliveries that were settled and are older than thirty days; return how many."""
        return self._store.prune(now - KEPT)

    def _queued(self, hook: Hook, event: Event, *, ahead: int = 0) -> Delivery:
        """Return the delivery of *event*, dead at once where too many wait; *ahead* come too."""
        now = self._clock()
        delivery = Delivery(
            serial=0,
            id=secrets.token_hex(16),
            hook_id=hook.id,
            event=event.name.value,
            body=event.body,
            state=DeliveryState.WAITING,
            attempts=0,
            created_at=now,
            due_at=now,
            status=0,
            error="",
        )
        if self._store.count(hook, DeliveryState.WAITING) + ahead < MOST_WAITING:
            return delivery
        full = f"{MOST_WAITING} deliveries were waiting already."
        return replace(delivery, state=DeliveryState.DEAD, error=full)

    def _empty(self, queue: Sequence[Delivery], now: datetime) -> int:
        """Send the deliveries of one receiver in their order, up to the first that fails."""
        for made, delivery in enumerate(queue):
            errand = self._store.take(delivery, now + _TAKEN_FOR)
            if errand is None:
                return made
            if not self._send(errand, now):
                return made + 1
        return len(queue)

    def _send(self, errand: Errand, now: datetime) -> bool:
        delivery = errand.delivery
        status, error = self._attempt(errand, now)
        if not error:
            self._store.settle(delivery, DeliveryState.DELIVERED, due_at=now, status=status)
            return True
        is_last = delivery.attempts > len(PAUSES)
        state = DeliveryState.DEAD if is_last else DeliveryState.WAITING
        due_at = now if is_last else now + PAUSES[delivery.attempts - 1]
        self._store.settle(delivery, state, due_at=due_at, status=status, error=error)
        self._store.postpone(delivery.hook_id, now + PAUSES[0])
        return False

    def _attempt(self, errand: Errand, now: datetime) -> tuple[int, str]:
        """Return what the receiver answers, and why that is a failure; "" if it is none."""
        try:
            answer = self._outgoing.fetch(
                errand.url,
                method="POST",
                body=errand.delivery.body,
                headers=_headers(errand, int(now.timestamp())),
                limit_bytes=0,
                timeout_s=TIMEOUT_S,
                redirects=0,
            )
        except WastelandError as error:
            return 0, error.message
        is_taken = 200 <= answer.status < 300
        return answer.status, "" if is_taken else f"The receiver answers {answer.status}."


def _headers(errand: Errand, at_s: int) -> dict[str, str]:
    delivery = errand.delivery
    return {
        "Content-Type": "application/json",
        "X-Wasteland-Event": delivery.event,
        "X-Wasteland-Delivery": delivery.id,
        "X-Wasteland-Timestamp": str(at_s),
        signing.HEADER: signing.sign(errand.secret, delivery.body, at_s=at_s),
    }


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"
