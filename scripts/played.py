"""
A commons whose weeks have been played: rigs, work in every state, stamps, reports, pull requests.

It is the story of ``wasteland.commons.story`` and what followed it, with a clock that can be moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Final

from wasteland.commons import story
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hub.hub import Hub

WEEKS: Final = 10
_MORE_RIGS: Final = (
    ("juniper", "Juniper Vale", "human"),
    ("tumbleweed", "Tumbleweed, a build agent", "agent"),
    ("heron", "Heron", "human"),
)
_TEXT: Final = """
Adding one month to **31 January** gives 28 February on one engine and 3 March on the other. A
report built on the board then disagrees with itself, and nobody can say which one is right.

- One rule, written down, with the reason.
- At least 200 vectors: leap years, month ends, negative steps, the year 0001.
- The same vectors run on both engines in one command: `check dates`
"""
_WORK: Final = (
    ("Write down what a lease is, for people in a hurry", "docs", 2, "small"),
    ("Agree on one spelling for times in every table", "rfc", 2, "small"),
    ("Count stamps by dimension on the profile", "feature", 2, "medium"),
    ("A search for two tags finds items with either", "bug", 1, "small"),
    ("Compare three ways to weigh old stamps", "research", 2, "large"),
    ("Draw the seal of a root stamp for small screens", "design", 3, "small"),
    ("Remove the second copy of the limits table", "chore", 3, "trivial"),
    ("Greet the first ten rigs and note what they ask", "community", 3, "medium"),
    ("The outbox repeats a refused claim once a minute", "bug", 0, "medium"),
    ("Print a profile on one sheet of paper", "design", 3, "medium"),
    ("Find out why merging takes longer on Mondays", "research", 2, "medium"),
    ("Say in one line why a claim was refused", "feature", 1, "small"),
)
_BOARD: Final = (
    ("A stale claim overwrites a newer one when two forks land together", "bug", 0, "medium"),
    ("Restoring last night's backup leaves the ledger one stamp short", "bug", 0, "small"),
    ("Date arithmetic must give the same answer on both engines", "bug", 1, "large"),
    ("Measure how the cost of merging grows with the table", "research", 1, "large"),
    ("Refuse a handle that differs from another by look-alike letters", "feature", 1, "medium"),
    ("A passport page that prints on one sheet", "design", 1, "medium"),
    ("Ten-minute guide for a first-time maintainer", "docs", 1, "small"),
    ("Webhooks retry for ever when the receiver answers 410", "bug", 1, "small"),
    ("Label 2,000 old submissions by kind of evidence", "inference", 2, "epic"),
    ("Should an ended lease tell the poster, or only the board?", "rfc", 2, "small"),
    ("Answer the first questions of new rigs for one week", "community", 2, "medium"),
    ("Explain why a poor stamp is not a punishment", "docs", 4, "small"),
)
_MARKS: Final = (
    ("excellent", "good", "leaf", "python,sql", "Every case has a test, and each says why."),
    ("good", "good", "branch", "design", "Clear at a glance. The small size needs one more look."),
    ("good", "excellent", "leaf", "docs", "A newcomer followed it without a question."),
    ("fair", "good", "leaf", "research", "Sound, but the second engine is missing."),
    ("excellent", "excellent", "root", "python,network", "It held through the whole outage."),
)


@dataclass(slots=True)
class Clock:
    """The time of a host; the real one again once ``at`` is None."""

    at: datetime | None

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at or datetime.now(UTC).replace(microsecond=0)

    def pass_by(self, hours: float) -> None:
        """Let some hours pass."""
        self.at = self() + timedelta(hours=hours)


@dataclass(frozen=True, slots=True)
class Played:
    """
    What pictures are taken of.

    Attributes:
        waiting: An item whose work waits.
        bounty: An item that several rigs have handed in work for.
        done: An item that is completed and stamped.
        pull: A pull request that waits.
    """

    waiting: str
    bounty: str
    done: str
    pull: str


class Cast:
    """The rigs of the commons, each with a seat."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self.hub, self.clock = hub, clock
        seats = story.seats() | {name: Seat(name, name) for name, *_ in _MORE_RIGS}
        self.sessions = {who: Commons(hub.host, story.REPO, seat) for who, seat in seats.items()}

    def __getitem__(self, who: str) -> Commons:
        return self.sessions[who]


def play(hub: Hub, clock: Clock) -> Played:
    """Play all weeks on a hub that has no ``demo/commons``, and leave the clock at the present."""
    clock.at = datetime.now(UTC).replace(microsecond=0) - timedelta(weeks=WEEKS)
    list(story.play(hub.host))
    cast = Cast(hub, clock)
    for name, shown, kind in _MORE_RIGS:
        clock.pass_by(9)
        cast[name].register(display_name=shown, rig_type=kind)
    cast["max"].set_rule("claims_cap", "0:3,1:6,2:10")
    done = list(_weeks(cast))
    hub.host.engine(story.REPO).create_tag("first-quarter", "main", message="", author="max")
    clock.at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=60)
    found = _board(cast, done[-1])
    _moderation(cast, done[0])
    clock.at = None
    return found


def _weeks(cast: Cast) -> Iterator[str]:
    """Have work posted, claimed, handed in and stamped; yield each item."""
    workers, marks = cycle(("ben", "juniper", "tumbleweed", "ben", "heron")), cycle(_MARKS)
    for number, (title, kind, priority, effort) in enumerate(_WORK):
        poster = cast["ada" if number % 3 else "max"]
        item = poster.post(
            title=title, type=kind, priority=priority, effort=effort, description=_TEXT
        ).id
        worker = cast[next(workers)]
        cast.clock.pass_by(5 + 7 * (number % 4))
        worker.claim(item)
        cast.clock.pass_by(14 + 9 * (number % 3))
        worker.done(item, evidence=f"https://example.org/pull/{number + 11}: all tests pass")
        cast.clock.pass_by(20 + 6 * (number % 5))
        quality, reliability, severity, skills, message = next(marks)
        cast["max"].accept(
            item,
            quality=quality,
            reliability=reliability,
            severity=severity,
            skills=skills,
            message=message,
        )
        cast.clock.pass_by(50)
        yield item


def _board(cast: Cast, done: str) -> Played:
    """Put on the board what is to be seen there, some of it claimed, some waiting for review."""
    ids = []
    for number, (title, kind, priority, effort) in enumerate(_BOARD):
        cast.clock.pass_by(2)
        posted = cast["ada" if number % 3 else "max"].post(
            title=title,
            type=kind,
            priority=priority,
            effort=effort,
            description=_TEXT,
            project="engines" if number % 2 else "web",
            tags="python,sql" if number % 2 else "web",
            bounty=number == 6,
        )
        ids.append(posted.id)
    for rig, number in (("ben", 1), ("ben", 3), ("juniper", 8), ("max", 10), ("heron", 7)):
        cast.clock.pass_by(1)
        cast[rig].claim(ids[number])
    offered = cast["ben"].done(
        ids[3], evidence="https://example.org/pull/41 adds 312 vectors, all pass"
    )
    cast["heron"].done(ids[7], evidence="https://example.org/pull/44 stops at 410, and says so")
    for rig, link in (("juniper", 51), ("tumbleweed", 52)):
        cast[rig].done(ids[6], evidence=f"https://example.org/pull/{link} walks through one day")
    cast["ada"].update(ids[11], priority="low")
    cast["ada"].comment(str(offered.pull), body="Does it cover the *year 0001*?")
    cast["ben"].comment(str(offered.pull), body="Yes: `tests/dates.csv`, lines 40 to 71.")
    return Played(waiting=ids[3], bounty=ids[6], done=done, pull=str(offered.pull))


def _moderation(cast: Cast, item: str) -> None:
    cast["ada"].report(item, category="evidence", reason="The link leads to an empty page.")
    cast["juniper"].report(
        "heron", kind="rig", category="spam", reason="The same offer was sent nine times."
    )
