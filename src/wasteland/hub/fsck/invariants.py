"""
Checks of rows on main: what no sequence of operations could have left there.

Each is one SELECT that finds the rows at fault; whoever wrote them got past the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ...commons import queries
from ...commons.doctor.findings import Check, Finding, Site, problem, some, warn
from ...protocol.lean import dataclass
from ...protocol.owners import owner_groups
from ...protocol.records import Rig, RigLink

_MOST: Final = 200
_MODERATE: Final = "a maintainer mends the row: wl show {}"


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What must hold.

    Attributes:
        name: Of the check.
        needs: Tables that it reads; where one is missing the rule does not apply.
        says: What is wrong with the rows that ``sql`` finds.
        sql: Selects their keys as ``id``.
        fix: Names the first of them where it says {}.
    """

    name: str
    needs: tuple[str, ...]
    says: str
    sql: str
    fix: str = _MODERATE


RULES: Final[Sequence[Rule]] = (
    Rule(
        "leases",
        ("wanted", "wlx_leases"),
        "are leased and not claimed by the lease's holder",
        "SELECT l.`wanted_id` AS id FROM `wlx_leases` AS l LEFT JOIN `wanted` AS w "
        "ON w.`id` = l.`wanted_id` AND w.`status` = 'claimed' AND w.`claimed_by` = l.`holder` "
        "WHERE w.`id` IS NULL",
        "wl browse releases them when the lease has ended; until then: wl show {}",
    ),
    Rule(
        "leases",
        ("wanted", "wlx_leases"),
        "are claimed without a lease, so that the claim never ends",
        "SELECT w.`id` AS id FROM `wanted` AS w LEFT JOIN `wlx_leases` AS l "
        "ON l.`wanted_id` = w.`id` WHERE w.`status` = 'claimed' AND l.`wanted_id` IS NULL",
        "wl unclaim {} (holder, poster or a maintainer)",
    ),
    Rule(
        "claims",
        ("wanted",),
        "are claimed by nobody",
        "SELECT `id` FROM `wanted` WHERE `status` = 'claimed' "
        "AND (`claimed_by` IS NULL OR `claimed_by` = '')",
        "wl unclaim {} (poster or a maintainer)",
    ),
    Rule(
        "claims",
        ("wanted",),
        "are open and name who claims them",
        "SELECT `id` FROM `wanted` WHERE `status` = 'open' AND `claimed_by` <> ''",
    ),
    Rule(
        "completions",
        ("completions", "wanted"),
        "are completions of no item",
        "SELECT c.`id` AS id FROM `completions` AS c LEFT JOIN `wanted` AS w "
        "ON w.`id` = c.`wanted_id` WHERE w.`id` IS NULL",
    ),
    Rule(
        "accepted",
        ("completions", "stamps"),
        "are completions whose stamp does not exist or is of another",
        "SELECT c.`id` AS id FROM `completions` AS c LEFT JOIN `stamps` AS s "
        "ON s.`id` = c.`stamp_id` AND s.`context_id` = c.`id` "
        "WHERE c.`stamp_id` <> '' AND s.`id` IS NULL",
    ),
    Rule(
        "accepted",
        ("completions", "wanted"),
        "are accepted completions of items that are not completed",
        "SELECT c.`id` AS id FROM `completions` AS c JOIN `wanted` AS w ON w.`id` = c.`wanted_id` "
        "WHERE c.`stamp_id` <> '' AND w.`status` NOT IN ('completed', 'validated')",
    ),
    Rule(
        "stamps",
        ("stamps", "completions"),
        "are stamps of completions that do not exist",
        "SELECT s.`id` AS id FROM `stamps` AS s LEFT JOIN `completions` AS c "
        "ON c.`id` = s.`context_id` WHERE s.`context_type` = 'completion' AND c.`id` IS NULL",
    ),
    Rule(
        "stamps",
        ("stamps",),
        "are stamped more than once by one rig",
        "SELECT `context_id` AS id FROM `stamps` WHERE `context_id` <> '' "
        "GROUP BY `author`, `context_id` HAVING COUNT(*) > 1",
    ),
)


def rows(site: Site) -> Iterator[Finding]:
    """Does every rule hold?"""
    tables = site.database.tables()
    for rule in RULES:
        if not set(rule.needs) <= tables.keys():
            continue
        found = site.database.read(f"{rule.sql} ORDER BY 1 LIMIT {_MOST}")
        ids = [str(row["id"]) for row in found]
        if ids:
            count = f"{_MOST} or more" if len(ids) == _MOST else str(len(ids))
            message = f"{count} {rule.says}: {some(ids)}."
            yield problem(rule.name, message, rule.fix.format(ids[0]))


def own_work(site: Site) -> Iterator[Finding]:
    """Does any stamp praise the work of its author's own owner?"""
    tables = site.database.tables()
    if not {"rigs", "stamps"} <= tables.keys():
        return
    query = queries.at(site.database)
    rigs = {rig.handle: rig for rig in map(Rig.from_row, query("SELECT * FROM `rigs`", {}))}
    links = query("SELECT * FROM `rig_links`", {}) if "rig_links" in tables else []
    owner = owner_groups(rigs, map(RigLink.from_row, links))
    own = [
        str(row["id"])
        for row in query("SELECT `id`, `author`, `subject` FROM `stamps` ORDER BY `id`", {})
        if owner.get(str(row["author"]), row["author"])
        == owner.get(str(row["subject"]), row["subject"])
    ]
    if own:
        yield warn(
            "own work",
            f"{len(own)} stamps are by the owner of the work, as rigs are linked now: {some(own)}.",
            "they do not count; a maintainer looks at them: wl why",
        )


CHECKS: Final[Sequence[Check]] = (Check("rows", rows), Check("own work", own_work))
