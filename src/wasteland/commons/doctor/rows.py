"""Checks of a commons' rows: claims that nobody works on, names of nobody, scores of no scale."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from ...protocol.records import write_time
from ...protocol.stamps import infer_scale, parse_scale
from .. import leases, queries
from .findings import Check, Finding, Site, ok, some, warn

_LEASE: Final = timedelta(hours=72)
_MOST: Final = 200
_STAMPS: Final = 5000
# Every column that holds the handle of a rig (S0-67).
_HANDLES: Final = (
    ("wanted", "posted_by"),
    ("wanted", "claimed_by"),
    ("completions", "completed_by"),
    ("completions", "validated_by"),
    ("stamps", "author"),
    ("stamps", "subject"),
    ("badges", "rig_handle"),
)
_OLD_CLAIMS: Final = (
    "SELECT `id` FROM `wanted` WHERE `status` = 'claimed' AND `updated_at` < :start "
    f"ORDER BY `updated_at` LIMIT {_MOST}"
)
_VALENCES: Final = f"SELECT `author`, `valence` FROM `stamps` ORDER BY `id` LIMIT {_STAMPS}"


def claims(site: Site) -> Iterator[Finding]:
    """Is anything held longer than a claim lasts?"""
    session = site.session()
    if session is not None:
        yield from _due(site, leases.due(session))
        return
    start = write_time(site.now - _LEASE)
    old = [str(row["id"]) for row in site.database.read(_OLD_CLAIMS, {"start": start})]
    if old:
        hours = int(_LEASE.total_seconds() // 3600)
        message = f"{len(old)} items are claimed for more than {hours} hours: {some(old)}."
        yield warn("claims", message, f"wl unclaim {old[0]} (holder, poster or a maintainer)")
    else:
        yield ok("claims", "No claim is old.")


def _due(site: Site, ids: list[str]) -> Iterator[Finding]:
    if not ids:
        yield ok("claims", "No lease has ended.")
        return
    session = site.session()
    released = leases.release_due(session) if site.fix and session else []
    yield warn(
        "claims",
        f"The leases of {len(ids)} items have ended: {some(ids)}.",
        "wl browse, which releases them",
        fixed=set(ids) <= set(released),
    )


def handles(site: Site) -> Iterator[Finding]:
    """Does every handle name a rig? (S0-67)"""
    tables = site.database.tables()
    found = False
    for table, column in _HANDLES:
        if column not in tables.get(table, ()) or "rigs" not in tables:
            continue
        names = [str(row["name"]) for row in site.database.read(_dangling(table, column))]
        if names:
            found = True
            count = f"{_MOST} or more" if len(names) == _MOST else str(len(names))
            message = f"{table}.{column} names {count} that are no rig: {some(names)}."
            fix = f"they register: wl join {site.here.repo} --handle {names[0]}"
            yield warn("handles", message, fix)
    if not found:
        yield ok("handles", "Every handle names a rig.")


def _dangling(table: str, column: str) -> str:
    return (
        f"SELECT DISTINCT t.`{column}` AS name FROM `{table}` AS t "
        f"LEFT JOIN `rigs` AS r ON r.`handle` = t.`{column}` "
        f"WHERE t.`{column}` IS NOT NULL AND t.`{column}` <> '' AND r.`handle` IS NULL "
        f"ORDER BY name LIMIT {_MOST}"
    )


def scale(site: Site) -> Iterator[Finding]:
    """Can every author's scores be read, where the commons states no scale?"""
    stated = queries.meta(queries.at(site.database)).get("valence_scale")
    if parse_scale(stated):
        yield ok("scale", f"Scores are written from 0 to {stated}.")
        return
    unclear = sorted(a for a, found in _by_author(site).items() if _is_unclear(found))
    if unclear:
        yield warn(
            "scale",
            f"The commons states no valence_scale, and the scores of {some(unclear)} fit 0 to 1 "
            "as well as 0 to 5, or mix both.",
            "wl policy set valence_scale 5",
        )
    else:
        yield ok("scale", "Every author's scores show their scale.")


def _by_author(site: Site) -> dict[str, list[object]]:
    found: dict[str, list[object]] = defaultdict(list)
    for row in site.database.read(_VALENCES):
        try:
            found[str(row["author"])].append(json.loads(str(row["valence"])))
        except (ValueError, RecursionError):
            continue
    return found


def _is_unclear(valences: Sequence[object]) -> bool:
    numbers = any(
        isinstance(score, int | float) and not isinstance(score, bool)
        for valence in valences
        if isinstance(valence, dict)
        for score in valence.values()
    )
    return numbers and infer_scale(valences) is None


CHECKS: Final[Sequence[Check]] = (
    Check("claims", claims),
    Check("handles", handles),
    Check("scale", scale),
)
