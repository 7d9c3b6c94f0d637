"""What a hub does by itself while it serves: it tells webhooks, looks at evidence, and forgets."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from ..commons import queries
from ..commons.inspection import judge_pull, main_of, submitted
from ..commons.search import Search
from ..commons.session import Seat, Session
from ..hosts.base import RepoName
from ..protocol.errors import NotFound
from . import notices
from .callers import NOBODY
from .hub import Hub
from .notifications.digests import Digests
from .notifications.gathering import Gatherer

_ROUND_S: Final = 5.0
_SELDOM_S: Final = 3600.0

_log = logging.getLogger("wasteland.hub")


def start(hub: Hub) -> list[threading.Thread]:
    """
    Do what is due now and then, until the hub stops; return the threads.

    Each chore has a thread of its own: one that waits for a server elsewhere keeps none waiting.
    """
    chores = [
        (partial(notices.tell_all, hub), _ROUND_S),
        (partial(_deliver, hub), _ROUND_S),
        (partial(_prune, hub), _SELDOM_S),
        (_Evidence(hub), _ROUND_S),
        (Gatherer(hub), _ROUND_S),
        (_Indexes(hub), _ROUND_S),
        (Digests(hub), _ROUND_S),
        *((chore, _ROUND_S) for chore in hub.chores),
    ]
    threads = [
        threading.Thread(target=_repeat, args=(hub, chore, every_s), name="chore", daemon=True)
        for chore, every_s in chores
    ]
    for thread in threads:
        thread.start()
    return threads


def _repeat(hub: Hub, chore: Callable[[], object], every_s: float) -> None:
    while not hub.stopping.wait(every_s):
        try:
            chore()
        except Exception:  # noqa: BLE001  # whatever it was, the next round may go better
            _log.exception("a chore failed; it is tried again")


def _deliver(hub: Hub) -> None:
    hub.webhooks.deliver_due(hub.host.now())


def _prune(hub: Hub) -> None:
    hub.webhooks.prune(hub.host.now())
    hub.answers.prune()
    hub.jobs.prune()


class _Indexes:
    """Keeps the indexes that items are found by at the heads of the commons here."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen: dict[RepoName, str] = {}

    def __call__(self) -> None:
        for repo in self._hub.host.repositories():
            try:
                head = self._hub.host.engine(repo).head()
                if self._seen.get(repo) != head and self._hub.is_commons(repo):
                    self._hub.session(NOBODY, repo, Search).keep_index()
            except NotFound:
                continue
            self._seen[repo] = head


class _Evidence:
    """
    Looks at the evidence of the commons here, where the hub may call addresses at all.

    What waits for review is looked at too, unless the gate refuses it: nobody may have addresses
    called by offering what can never land.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen: dict[RepoName, str] = {}
        self._offered: dict[RepoName, set[tuple[str, str]]] = {}

    def __call__(self) -> None:
        if not self._hub.outgoing.enabled:
            return
        for repo in self._hub.host.repositories():
            self._note(repo)
        self._hub.watch.check_due()

    def _note(self, repo: RepoName) -> None:
        """Remember the completions of a commons whose main has moved since it was looked at."""
        try:
            engine = self._hub.host.engine(repo)
            head = engine.head()
            if not self._hub.is_commons(repo):
                return
            if self._seen.get(repo) != head:
                self._hub.watch.note_all(str(repo), queries.at(engine))
            self._note_offered(repo)
        except NotFound:
            return
        self._seen[repo] = head

    def _note_offered(self, repo: RepoName) -> None:
        """Remember the work in pull requests that have not been looked at as they are."""
        session = Session(self._hub.host, repo, Seat())
        waiting = {(pull.id, pull.head): pull for pull in session.pending()}
        new = [pull for key, pull in waiting.items() if key not in self._offered.get(repo, ())]
        for pull in new:
            found = judge_pull(session, pull, main_of(session))
            if found.allowed:
                self._hub.watch.note(str(repo), submitted(found.rows))
        self._offered[repo] = set(waiting)
