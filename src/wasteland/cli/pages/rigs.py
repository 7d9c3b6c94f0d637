"""Pages of participants and rules: rigs, one rig, the policy, who you are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons.policies import RuleLine
from ...commons.rigs import RigSheet
from ...commons.sheets import Whoami
from ...protocol.records import Completion, Rig, RigLink, WantedItem
from . import parts
from .item import stamp
from .listing import Column, Listing

_TRUST: Final = ("unverified", "participant", "trusted", "maintainer")
_RIG_COLUMNS: Final = (
    Column("HANDLE"),
    Column("NAME", flexible=True),
    Column("TRUST", rank=1),
    Column("TYPE", rank=3),
    Column("ACCOUNT", rank=4),
    Column("PARENT", rank=5),
    Column("SINCE", rank=2),
)
_RULE_COLUMNS: Final = (Column("RULE"), Column("VALUE"), Column("FROM", rank=1))


def rigs(found: Sequence[Rig], now: datetime) -> RenderableType:
    """Return the rigs of a commons."""
    if not found:
        return parts.empty("No rigs yet.", "wl join ORG/DB --handle NAME")
    return Listing(_RIG_COLUMNS, [_cells(rig, now) for rig in found])


def rig(sheet: RigSheet, now: datetime) -> RenderableType:
    """Return a rig with its claims, completions, stamps, badges and links."""
    found = sheet.rig
    facts = [
        ("account", found.dolthub_org),
        ("parent", found.parent_rig),
        ("hop", found.hop_uri),
        ("client", found.gt_version),
        ("badges", ", ".join(badge.badge_type or "badge" for badge in sheet.badges)),
    ]
    page: list[RenderableType] = [
        parts.join([parts.line(found.handle, "bold"), parts.line(found.display_name)]),
        parts.join(
            [_trusted(found), parts.line(found.rig_type), _since(found, now)],
            " · ",
        ),
        parts.fields(facts),
    ]
    page += _section("Works on", [_claim(item) for item in sheet.claims])
    page += _section("Completions", [_completion(done, now) for done in sheet.completions])
    page += _section("Stamps", [stamp(about, now) for about in sheet.stamps])
    page += _section("Links", [_link(link) for link in sheet.links])
    return Group(*page)


def rules(found: Sequence[RuleLine]) -> RenderableType:
    """Return every effective rule with its origin."""
    rows = [
        [parts.line(rule.rule), parts.line(rule.value), parts.line(rule.origin, parts.QUIET)]
        for rule in found
    ]
    change = parts.commands("Change one:", ["wl policy set RULE VALUE"])
    return Group(Listing(_RULE_COLUMNS, rows), *change)


def whoami(found: Whoami) -> RenderableType:
    """Return who you are on a commons."""
    known = trust(found.trust) if found.registered else Text("not registered yet", "yellow")
    return Group(
        parts.join([parts.line(found.rig or "a visitor", "bold"), "on", str(found.commons)], " "),
        parts.fields(
            [
                ("trust", known),
                ("account", found.account),
                ("mode", found.mode),
                ("host", found.host),
            ]
        ),
    )


def trust(level: int) -> Text:
    """Return a trust level as its number and word."""
    name = _TRUST[level] if 0 <= level < len(_TRUST) else ""
    return parts.join([str(level), name], " ")


def _cells(found: Rig, now: datetime) -> list[Text]:
    return [
        parts.line(found.handle),
        parts.line(found.display_name),
        trust(found.trust),
        parts.line(found.rig_type),
        parts.line(found.dolthub_org),
        parts.line(found.parent_rig),
        Text(parts.age(found.registered_at, now), parts.QUIET),
    ]


def _trusted(found: Rig) -> Text:
    return parts.join(["trust", trust(found.trust)], " ")


def _since(found: Rig, now: datetime) -> Text:
    joined = parts.ago(found.registered_at, now)
    return Text(f"joined {joined}" if joined else "", parts.QUIET)


def _claim(item: WantedItem) -> Text:
    title = parts.line(item.title, "bold")
    return parts.join([parts.line(item.id), title, parts.status(item.status)])


def _completion(done: Completion, now: datetime) -> Text:
    verdict = parts.line(f"✓ {done.validated_by}" if done.validated_by else "", parts.GOOD)
    when = Text(parts.ago(done.completed_at, now), parts.QUIET)
    return parts.join([parts.line(done.wanted_id), parts.line(done.evidence), verdict, when])


def _link(link: RigLink) -> Text:
    said = parts.line(link.assertion_b or link.assertion_a, parts.QUIET)
    rigs_ = parts.line(f"{link.rig_a} ↔ {link.rig_b}")
    return parts.join([rigs_, parts.line(link.link_type), parts.line(link.status), said])


def _section(title: str, entries: Sequence[RenderableType]) -> list[RenderableType]:
    return [Text(), parts.heading(title), parts.indented(*entries)] if entries else []
