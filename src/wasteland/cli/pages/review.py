"""Pages for reviewers: the inbox, one pull request, a comment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons.data import to_data
from ...commons.review import Submission
from ...hosts.base import Comment
from ...protocol.inbox import CardKind
from . import parts
from .item import change, section
from .receipt import diff


def inbox(found: Sequence[Submission], now: datetime) -> RenderableType:
    """Return what waits for review, a card of a few lines for each."""
    if not found:
        return parts.empty("Nothing waits for review.", "wl browse")
    cards = [_card(submission, now) for submission in found]
    refused = sum(not submission.allowed for submission in found)
    count = f"{len(found)} waiting" + (f", {refused} refused by the gate" if refused else "")
    look = parts.commands(count, [f"wl review {found[0].pull.id}"])
    return Group(*cards, *look)


def review(found: Submission, now: datetime) -> RenderableType:
    """Return one pull request: verdict, details, row changes, comments, what you may do."""
    pull = found.pull
    page: list[RenderableType] = [
        _headline(found, now),
        parts.fields(
            [
                ("state", pull.state.value),
                ("card", parts.join([_kind(found), *found.card.others], ", ")),
                ("rig", found.rig),
                ("branch", f"{pull.source}:{pull.branch}"),
                ("commit", parts.line(parts.short(pull.head), "yellow")),
                *((d.name, change(d.name, d.before, d.after)) for d in found.card.details),
            ]
        ),
        Text(),
        *_verdict(found),
        *section("Findings", [parts.line(f) for f in found.findings]),
        Text(),
        parts.heading("Rows"),
        *(parts.indented(*diff(to_data(row))) for row in found.rows),
    ]
    if found.comments:
        page += [Text(), parts.heading("Comments")]
        page += [parts.indented(comment(remark, now)) for remark in found.comments]
    return Group(*page, *parts.commands("You may:", _commands(found)))


def comment(remark: Comment, now: datetime) -> RenderableType:
    """Return a remark with its author."""
    when = Text(parts.ago(remark.created_at, now), parts.QUIET)
    head = parts.join([parts.line(remark.author, "bold"), when])
    return Group(head, parts.indented(parts.prose(remark.body)))


def _card(found: Submission, now: datetime) -> RenderableType:
    facts = [("evidence", found.card.evidence), ("also", ", ".join(found.card.others))]
    facts += [("note", finding) for finding in found.findings]
    facts += [("refused", reason) for reason in found.reasons]
    return Group(_headline(found, now), parts.fields(facts))


def _headline(found: Submission, now: datetime) -> Text:
    mark = Text("✓", parts.GOOD) if found.allowed else Text("✗", parts.BAD)
    number = parts.line(f"#{found.pull.id}" if found.pull.id.isdigit() else found.pull.id, "bold")
    when = Text(parts.age(found.pull.created_at, now), parts.QUIET)
    head = parts.join([mark, number], " ")
    return parts.join([head, parts.line(found.card.summary), _kind(found), when])


def _kind(found: Submission) -> Text:
    return parts.line(f"{found.card.kind.value}/{found.card.subkind}", "cyan")


def _verdict(found: Submission) -> list[RenderableType]:
    if found.allowed:
        return [Text("✓ The gate allows it.", parts.GOOD)]
    reasons = [Text("✗ ", parts.BAD) + parts.line(reason) for reason in found.reasons]
    return [Text("✗ The gate refuses it as it is.", parts.BAD), parts.indented(*reasons)]


def _commands(found: Submission) -> list[str]:
    number = found.pull.id
    talk = f"wl comment {number} --body TEXT"
    item = next(iter(found.card.wanted_ids), "")
    if found.card.kind is CardKind.WORK_SUBMISSION and item:
        accept = [f"wl accept {item} --quality good"] if found.allowed else []
        return [*accept, f"wl reject {item} --reason TEXT", talk]
    return [f"wl merge {number}", talk] if found.allowed else [talk]
