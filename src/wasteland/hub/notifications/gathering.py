"""
Finds what the rigs of a commons are to be told, from what is new in it.

Nobody is told of what they did themselves. A commons that is looked at for the first time is looked
back at a little, so that what was decided just before is told too.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ...commons import leases
from ...commons.session import Seat, Session
from ...engines.base import MAIN
from ...hosts.base import RepoName
from ...protocol.errors import NotFound, WastelandError
from .. import news
from ..hub import Hub
from ..news import Told
from .deeds import Deeds
from .offers import Offers

ENDING: Final = timedelta(hours=12)
"""A lease that ends within this is told of; of a short one, within the last quarter."""
_QUARTER: Final = 4
_BACK: Final = 50
_MOST_ROUNDS: Final = 20

_log = logging.getLogger("wasteland.hub")


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a commons was told of: its news, the last remark, the last opinion."""

    told: Told
    comment: int
    opinion: int

    def to_text(self) -> str:
        return json.dumps([self.told.to_text(), self.comment, self.opinion])

    @classmethod
    def of(cls, text: str) -> _Mark:
        told, comment, opinion = json.loads(text)
        return cls(Told.of(told), comment, opinion)


class Gatherer:
    """Does that for every commons of a hub, now and then."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def __call__(self) -> None:
        """Do it once."""
        for repo in self._hub.host.repositories():
            try:
                gather(self._hub, repo)
            except NotFound:
                continue
            except WastelandError as error:
                _log.warning("what is new in %s is told later: %s", repo, error.message)
        self._hub.notifications.prune(self._hub.host.now())


def gather(hub: Hub, repo: RepoName) -> None:
    """
    Bring the notifications of a commons up to date; of anything else there are none.

    Raises:
        NotFound: There is no such repository.
    """
    if not hub.is_commons(repo):
        return
    session = Session(hub.host, repo, Seat())
    leases.release_due(session)
    for _ in range(_MOST_ROUNDS):
        if _round(hub, repo):
            break
    _tell_of_leases(hub, session)


def _round(hub: Hub, repo: RepoName) -> bool:
    """Tell of what is new; return whether nothing is left."""
    before = hub.notifications.told(repo)
    mark = _Mark.of(before) if before else _Mark(_far_back(hub, repo), 0, 0)
    found = news.since(hub, repo, mark.told)
    remarks = hub.host.state.pulls.comments_after(repo, mark.comment)
    opinions = hub.verdicts.opinions_after(repo, mark.opinion)
    after = _Mark(
        found.after,
        max([mark.comment, *(serial for serial, _, _ in remarks)]),
        max([mark.opinion, *(serial for serial, _, _ in opinions)]),
    )
    if after == mark and before:
        return True
    deeds, offers = Deeds(hub, repo), Offers(hub, repo)
    told = [
        *(each for prev, commit in found.steps() for each in deeds.of_commit(prev, commit)),
        *(each for pull in found.ended for each in offers.of_end(pull)),
        *(
            each
            for serial, pull, remark in remarks
            for each in offers.of_remark(serial, pull, remark)
        ),
        *(
            each
            for serial, pull, said in opinions
            for each in offers.of_opinion(serial, pull, said)
        ),
    ]
    told.sort(key=lambda each: each.at)
    kept = hub.notifications.tell(repo, told, before=before, after=after.to_text())
    return kept and found.is_all


def _far_back(hub: Hub, repo: RepoName) -> Told:
    """Return how far a commons counts as told of that nobody was told of."""
    commits = hub.host.engine(repo).log(MAIN, limit=_BACK + 1)
    pulls = hub.host.pull_page(repo, limit=_BACK + 1)
    last = int(pulls[-1].id) if len(pulls) > _BACK else 0
    return Told({MAIN: commits[-1].hash}, last)


def _tell_of_leases(hub: Hub, session: Session) -> None:
    now = hub.host.now()
    within = min(ENDING, timedelta(hours=session.policy().lease_hours) / _QUARTER)
    deeds = Deeds(hub, session.repo)
    told = [deeds.of_lease(lease, now) for lease in leases.ending(session, now + within)]
    if told:
        hub.notifications.add([each for each in told if each])
