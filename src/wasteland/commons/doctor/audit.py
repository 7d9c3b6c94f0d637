"""A check of the log of moderation: does each record follow from the one before?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ...protocol import chain
from ...protocol.schema import MODERATION
from .findings import Check, Finding, Site, ok, problem

_ALL: Final = f"SELECT * FROM `{MODERATION.name}`"


def log(site: Site) -> Iterator[Finding]:
    """Is the chain of moderation records whole?"""
    if MODERATION.name not in site.database.tables():
        return
    found = chain.verify(site.database.read(_ALL))
    if found.holds:
        yield ok("audit", f"The log of moderation holds: {found.count} records.")
        return
    yield problem(
        "audit",
        f"The log of moderation breaks at {found.broken_at}, after {found.count} of {found.total} "
        f"records. {found.why}",
        "wl audit, and a backup from before; somebody wrote past the gate",
    )


CHECKS: Final[Sequence[Check]] = (Check("audit", log),)
