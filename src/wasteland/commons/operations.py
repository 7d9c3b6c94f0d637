"""
The table of operations: each is written once as a method, and offered by every door from here.

A row says how an operation is called and shown; its inputs come from the method's signature, so
that command line, REST, MCP, reference and the parity test cannot disagree. This module imports
nothing of weight: it is on the path of every command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..protocol import words
from ..protocol.lean import dataclass


class Kind(StrEnum):
    """What an operation does to the commons."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Param:
    """
    How one input is spelled at the doors.

    Attributes:
        help: One phrase.
        flags: Command line flags; derived from the name by default.
        words: Words to complete with; unknown ones are refused by the rule, not here.
        source: What to complete from: "item", "rig", "pull", "rule"; "" for nothing.
    """

    help: str = ""
    flags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation.

    Attributes:
        name: Command; ``rig list`` is a command of a group.
        module: Module of ``commons`` that holds the class.
        method: ``Class.method``.
        kind: Read or write.
        summary: Imperative, one line, no full stop.
        route: HTTP method and path below ``/api/v1/commons/{owner}/{db}``.
        action: What the policy calls it; "" where reading is open to all.
        example: One command line.
        params: Input name -> Param.
        aliases: Other names of the command, hidden.
        bare: Operation that its command runs when called without its argument.
        destructive: Whether an agent should ask before calling it.
        idempotent: Whether repeating it without an operation id does no harm.
        is_paged: Whether its list can begin after any of its rows; see ``Board.after``.
    """

    name: str
    module: str
    method: str
    kind: Kind
    summary: str
    route: str
    action: str = ""
    example: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    bare: str = ""
    destructive: bool = False
    idempotent: bool = False
    is_paged: bool = False


_ID: Final = Param("item id, or any unique beginning of it", source="item")
_AS_OF: Final = Param("an earlier state: a date, a commit or a tag")
_VIEW: Final = Param("whose pending work lies over main", words=("mine", "all", "upstream"))
_RIG: Final = Param("a rig's handle", source="rig")
_PULL: Final = Param("pull request number, branch or item id", source="pull")
_HEAD: Final = Param("the commit that you reviewed, 7 characters or more; refuse any other")

_ITEM_FIELDS: Final = {
    "title": Param("1 to 256 characters"),
    "description": Param("up to 4096 characters", ("-d", "--description")),
    "project": Param("project that it belongs to"),
    "type": Param("kind of work", words=words.TYPES),
    "priority": Param("critical, high, medium, low, backlog, or 0 to 4", words=words.PRIORITIES),
    "effort": Param("trivial, small, medium, large or epic", words=words.EFFORTS),
    "tags": Param("words joined by commas"),
}
_SCOPES: Final = ("everything", "posting", "claiming", "reviewing")
_CATEGORIES: Final = ("spam", "abuse", "plagiarism", "evidence", "private", "other")
_DEEDS: Final = (
    "report",
    "suspend",
    "restore",
    "appeal",
    "answer",
    "block",
    "unblock",
    "trust",
    "withdraw",
    "unclaim",
)
_PEER: Final = Param("org/db, a host such as rust.example, or both")
_QUALITIES: Final = tuple(words.QUALITIES)
_SCORE: Final = Param("excellent, good, fair, poor; 1 to 5; or 0.0 to 1.0", words=_QUALITIES)


def _row(name: str, place: str, kind: Kind, summary: str, route: str, **rest: object) -> Operation:
    module, _, method = place.partition(":")
    params = MappingProxyType(dict(rest.pop("params", {})))  # type: ignore[call-overload]
    return Operation(name, module, method, kind, summary, route, params=params, **rest)  # type: ignore[arg-type]


OPERATIONS: Final = (
    _row(
        "browse",
        "board:Board.browse",
        Kind.READ,
        "List the board, most urgent and newest first",
        "GET /wanted",
        example="wl browse --type bug --effort small",
        params={
            **{k: v for k, v in _ITEM_FIELDS.items() if k in {"project", "type", "priority"}},
            "status": Param(
                "a status, live for all that is not finished, or all; open by default",
                words=(*words.STATUSES, "live", "all"),
            ),
            "effort": Param("expected effort", words=words.EFFORTS),
            "tag": Param("tags that it carries, joined by commas"),
            "posted_by": Param("the rig that posted it", source="rig"),
            "claimed_by": Param("the rig that holds it", source="rig"),
            "search": Param("words contained in the title"),
            "sort": Param("order", words=("priority", "newest", "alpha")),
            "limit": Param("rows at most"),
            "view": _VIEW,
            "as_of": _AS_OF,
        },
        is_paged=True,
    ),
    _row(
        "search",
        "search:Search.search",
        Kind.READ,
        "Find items by words, best first",
        "GET /search",
        example='wl search "retry logic" -draft',
        params={
            "words": Param('free text; "a phrase", pre*, -without'),
            "status": Param("a status, or all", words=(*words.STATUSES, "all")),
            "limit": Param("hits at most"),
        },
    ),
    _row(
        "show",
        "board:Board.show",
        Kind.READ,
        "Show one item with its submissions, stamps and what you may do next",
        "GET /wanted/{id}",
        example="wl show w-4f2a",
        params={"id": _ID, "as_of": _AS_OF},
        aliases=("status",),
    ),
    _row(
        "me",
        "board:Board.me",
        Kind.READ,
        "Show what concerns you: claims, submissions, work to review",
        "GET /me",
        example="wl me",
    ),
    _row(
        "whoami",
        "board:Board.whoami",
        Kind.READ,
        "Show who you are on this commons",
        "GET /whoami",
        example="wl whoami",
    ),
    _row(
        "why",
        "board:Board.why",
        Kind.READ,
        "Show every commit that changed an item, with who and what",
        "GET /wanted/{id}/why",
        example="wl why w-4f2a",
        params={"id": _ID},
    ),
    _row(
        "post",
        "work:Work.post",
        Kind.WRITE,
        "Put an item on the board",
        "POST /wanted",
        action="post",
        example='wl post --title "Fix the login timeout" --type bug --priority high',
        params={**_ITEM_FIELDS, "bounty": Param("take many submissions, without a claim")},
    ),
    _row(
        "update",
        "work:Work.update",
        Kind.WRITE,
        "Change the text of an open item",
        "PATCH /wanted/{id}",
        action="edit",
        example="wl update w-4f2a --priority critical",
        params={
            "id": _ID,
            **_ITEM_FIELDS,
            "add_tags": Param("words to add to its tags, joined by commas"),
            "seen": Param("the edition that you saw, as wl show --json tells it; refuse any other"),
        },
        idempotent=True,
    ),
    _row(
        "claim",
        "work:Work.claim",
        Kind.WRITE,
        "Take an item to work on it",
        "POST /wanted/{id}/claim",
        action="claim",
        example="wl claim w-4f2a",
        params={"id": _ID},
    ),
    _row(
        "extend",
        "work:Work.extend",
        Kind.WRITE,
        "Extend the lease of your claim",
        "POST /wanted/{id}/extend",
        action="claim",
        example="wl extend w-4f2a --hours 24",
        params={"id": _ID, "hours": Param("from now; the policy's whole period by default")},
        idempotent=True,
    ),
    _row(
        "handover",
        "work:Work.handover",
        Kind.WRITE,
        "Give your claim to another rig",
        "POST /wanted/{id}/handover",
        action="handover",
        example="wl handover w-4f2a --to ben",
        params={"id": _ID, "to": _RIG},
    ),
    _row(
        "unclaim",
        "work:Work.unclaim",
        Kind.WRITE,
        "Give an item back to the board",
        "POST /wanted/{id}/unclaim",
        action="unclaim",
        example="wl unclaim w-4f2a",
        params={"id": _ID},
    ),
    _row(
        "done",
        "work:Work.done",
        Kind.WRITE,
        "Hand in finished work with its evidence",
        "POST /wanted/{id}/done",
        action="submit",
        example="wl done w-4f2a --evidence https://example.org/pull/12",
        params={"id": _ID, "evidence": Param("a link or text that a reviewer can follow")},
    ),
    _row(
        "accept",
        "decisions:Decisions.accept",
        Kind.WRITE,
        "Accept submitted work and stamp it",
        "POST /wanted/{id}/accept",
        action="accept",
        example='wl accept w-4f2a --quality good --skills python,sql --message "Clean"',
        params={
            "id": _ID,
            "quality": _SCORE,
            "reliability": Param("same words; like quality by default", words=_QUALITIES),
            "creativity": Param("same words; left out by default", words=_QUALITIES),
            "dimension": Param("another score as name=score, repeatable"),
            "confidence": Param("how sure you are, 0.0 to 1.0"),
            "severity": Param("weight: leaf, branch or root", words=tuple(words.SEVERITIES)),
            "skills": Param("skills shown, joined by commas"),
            "message": Param("why, for the rig's profile", ("-m", "--message")),
            "rig": Param("whose submission, where there are several", source="rig"),
            "head": _HEAD,
        },
        destructive=True,
    ),
    _row(
        "reject",
        "decisions:Decisions.reject",
        Kind.WRITE,
        "Give submitted work back for rework",
        "POST /wanted/{id}/reject",
        action="reject",
        example='wl reject w-4f2a --reason "The test is missing"',
        params={
            "id": _ID,
            "reason": Param("what is missing"),
            "rig": Param("whose submission, where there are several", source="rig"),
            "head": _HEAD,
        },
        destructive=True,
    ),
    _row(
        "close",
        "decisions:Decisions.close",
        Kind.WRITE,
        "Complete an item without a stamp",
        "POST /wanted/{id}/close",
        action="close",
        example="wl close w-4f2a",
        params={
            "id": _ID,
            "rig": Param("whose submission, where there are several", source="rig"),
            "head": _HEAD,
        },
        destructive=True,
    ),
    _row(
        "withdraw",
        "work:Work.withdraw",
        Kind.WRITE,
        "Take an open item off the board",
        "POST /wanted/{id}/withdraw",
        action="withdraw",
        example="wl withdraw w-4f2a",
        params={"id": _ID},
        aliases=("delete",),
        destructive=True,
    ),
    _row(
        "inbox",
        "review:Review.inbox",
        Kind.READ,
        "List what waits for review",
        "GET /pulls",
        action="review",
        example="wl inbox",
        params={"mine": Param("only what you offered yourself")},
    ),
    _row(
        "review",
        "review:Review.review",
        Kind.READ,
        "Show one pull request: its rows, the gate's verdict, its comments",
        "GET /pulls/{pull}",
        example="wl review 3",
        params={"pull": _PULL},
        bare="inbox",
    ),
    _row(
        "comment",
        "review:Review.comment",
        Kind.WRITE,
        "Add a remark to a pull request",
        "POST /pulls/{pull}/comments",
        action="comment",
        example='wl comment 3 --body "Please add a test"',
        params={"pull": _PULL, "body": Param("the remark", ("-m", "--body"))},
    ),
    _row(
        "merge",
        "review:Review.merge",
        Kind.WRITE,
        "Merge a pull request that the gate allows",
        "POST /pulls/{pull}/merge",
        action="merge",
        example="wl merge 3",
        params={"pull": _PULL, "head": _HEAD},
        destructive=True,
    ),
    _row(
        "decline",
        "closing:Closing.decline",
        Kind.WRITE,
        "Close a pull request without merging it",
        "POST /pulls/{pull}/close",
        action="merge",
        example='wl decline 3 --reason "The board has it already"',
        params={
            "pull": _PULL,
            "reason": Param("why; its author reads it"),
            "head": _HEAD,
        },
        destructive=True,
    ),
    _row(
        "undo",
        "undo:Undo.undo",
        Kind.WRITE,
        "Take back your last operation",
        "POST /undo",
        example="wl undo --dry-run",
        params={"of": Param("the operation that is meant; refuse any other")},
        destructive=True,
    ),
    _row(
        "rig list",
        "rigs:Rigs.rigs",
        Kind.READ,
        "List the rigs of the commons",
        "GET /rigs",
        example="wl rig list",
        params={
            "limit": Param("rows at most"),
            "search": Param("part of a handle, a name or an account"),
            "sort": Param("order", words=("handle", "newest", "trust")),
            "after": Param("the rig that the page follows", source="rig"),
            "as_of": _AS_OF,
        },
    ),
    _row(
        "rig show",
        "rigs:Rigs.rig",
        Kind.READ,
        "Show a rig with its claims, completions and stamps",
        "GET /rigs/{handle}",
        example="wl rig show ada",
        params={"handle": _RIG, "as_of": _AS_OF},
    ),
    _row(
        "rig trust",
        "rigs:Rigs.trust",
        Kind.WRITE,
        "Set a rig's trust, 0 to 3",
        "PUT /rigs/{handle}/trust",
        action="trust",
        example="wl rig trust ada 2",
        params={
            "handle": _RIG,
            "level": Param("0 unverified, 1 participant, 2 trusted, 3 maintainer"),
            "reason": Param("why; kept as a record that rigs can read"),
        },
        destructive=True,
        idempotent=True,
    ),
    _row(
        "rig suspend",
        "rigs:Rigs.suspend",
        Kind.WRITE,
        "Keep a rig from writing, with a reason and perhaps an end",
        "PUT /rigs/{handle}/suspension",
        action="moderate",
        example='wl rig suspend eve --reason "Copied evidence" --until 2030-04-01',
        params={
            "handle": _RIG,
            "reason": Param("why; the rig is told"),
            "scope": Param("from what", words=_SCOPES),
            "until": Param("a date to come; without one until it is restored"),
            "report": Param("a report that this upholds"),
        },
        destructive=True,
    ),
    _row(
        "rig restore",
        "rigs:Rigs.restore",
        Kind.WRITE,
        "Lift the suspension of a rig",
        "DELETE /rigs/{handle}/suspension",
        action="moderate",
        example="wl rig restore eve",
        params={"handle": _RIG, "reason": Param("why")},
    ),
    _row(
        "rig link",
        "rigs:Rigs.link",
        Kind.WRITE,
        "Say that another rig has your owner, confirm it, or revoke it",
        "PUT /rigs/{handle}/link",
        example="wl rig link ada-ci",
        params={
            "handle": _RIG,
            "statement": Param("your words for it"),
            "revoke": Param("end the link"),
        },
        idempotent=True,
    ),
    _row(
        "report",
        "reports:Reporting.report",
        Kind.WRITE,
        "Tell the moderators of an item, a rig or a comment",
        "POST /moderation/reports",
        action="report",
        example='wl report w-4f2a --category spam --reason "Posted ten times"',
        params={
            "target": Param("an item's id; a rig or a comment (PULL#NUMBER) with --kind"),
            "kind": Param("what it is", words=("item", "rig", "comment")),
            "category": Param("what is wrong", words=_CATEGORIES),
            "reason": Param("what is wrong, in words that other rigs may read"),
        },
    ),
    _row(
        "reports",
        "reports:Reporting.reports",
        Kind.READ,
        "Show open reports and appeals, and what is in force",
        "GET /moderation",
        example="wl reports",
    ),
    _row(
        "appeal",
        "reports:Reporting.appeal",
        Kind.WRITE,
        "Ask for another look at your suspension",
        "POST /moderation/appeals",
        action="appeal",
        example='wl appeal --reason "The evidence is mine: see the log"',
        params={"reason": Param("why it should be lifted")},
    ),
    _row(
        "answer",
        "reports:Reporting.answer",
        Kind.WRITE,
        "Uphold or dismiss a report or an appeal",
        "POST /moderation/{id}/answer",
        action="moderate",
        example='wl answer m-4f2a dismissed --reason "It is on topic"',
        params={
            "id": Param("of the report or appeal; see wl reports"),
            "outcome": Param("upheld or dismissed", words=("upheld", "dismissed")),
            "reason": Param("why; both sides can read it"),
            "measure": Param(
                "done at once to a reported item", words=("none", "withdraw", "unclaim")
            ),
        },
        destructive=True,
    ),
    _row(
        "audit",
        "audit:Auditing.audit",
        Kind.READ,
        "Read the log of moderation, with its chain of hashes checked",
        "GET /audit",
        example="wl audit --rig eve",
        params={
            "action": Param("only this kind", words=_DEEDS),
            "rig": Param("only about or by this rig", source="rig"),
            "before": Param("only records with a lower number"),
            "limit": Param("records at most"),
        },
    ),
    _row(
        "peer list",
        "peers:Peers.peers",
        Kind.READ,
        "List the peers that are blocked",
        "GET /moderation/blocks",
        example="wl peer list",
    ),
    _row(
        "peer block",
        "peers:Peers.block",
        Kind.WRITE,
        "Refuse another commons, hub or town: its rigs, its links",
        "POST /moderation/blocks",
        action="moderate",
        example='wl peer block rust.example --reason "A flood of copied work"',
        params={"peer": _PEER, "reason": Param("why")},
        destructive=True,
    ),
    _row(
        "peer unblock",
        "peers:Peers.unblock",
        Kind.WRITE,
        "Let a blocked peer in again",
        "POST /moderation/blocks/lift",
        action="moderate",
        example="wl peer unblock rust.example",
        params={"peer": _PEER, "reason": Param("why")},
    ),
    _row(
        "policy show",
        "policies:Policies.rules",
        Kind.READ,
        "Show every rule of the commons and where it comes from",
        "GET /policy",
        example="wl policy",
        params={"as_of": _AS_OF},
    ),
    _row(
        "policy try",
        "policies:Policies.try_rule",
        Kind.READ,
        "Show what a rule would have made of past changes, before it is stated",
        "GET /policy/{rule}/trial",
        example="wl policy try accept trust:3",
        params={
            "rule": Param("a rule's name", source="rule"),
            "value": Param("as for wl policy set; nothing for what the preset says"),
            "last": Param("how many changes of main, and pull requests besides"),
        },
    ),
    _row(
        "policy set",
        "policies:Policies.set_rule",
        Kind.WRITE,
        "State a rule of the commons, or a preset",
        "PUT /policy/{rule}",
        action="policy",
        example="wl policy set post trust:2",
        params={
            "rule": Param("a rule's name", source="rule"),
            "value": Param("trust:2, trust:2|poster, a number, a preset"),
        },
        destructive=True,
        idempotent=True,
    ),
)
GROUPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "peer": ("Peers: list, block, unblock", "peer list"),
        "rig": ("Rigs: list, show, trust, suspend, restore, link", "rig list"),
        "policy": ("The rules of the commons: show, try, set", "policy show"),
    }
)
"""Command group -> (summary, operation that it runs when called bare)."""
BY_NAME: Final = MappingProxyType(
    {name: row for row in OPERATIONS for name in (row.name, *row.aliases)}
)
