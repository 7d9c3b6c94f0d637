"""One of each record, told at noon."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from wasteland.commons.audit import AuditLog
from wasteland.commons.joining import Joined
from wasteland.commons.policies import RuleLine
from wasteland.commons.receipts import Receipt
from wasteland.commons.reports import Queue
from wasteland.commons.review import Submission
from wasteland.commons.rigs import RigSheet
from wasteland.commons.search import Hit
from wasteland.commons.sheets import BoardRow, Event, ItemSheet, Mine, Offered, Whoami
from wasteland.commons.trials import PastChange, PolicyTrial
from wasteland.hosts.base import Comment, PullRequest, PullState, RepoName
from wasteland.protocol.chain import Verified
from wasteland.protocol.diff import RowChange
from wasteland.protocol.inbox import classify
from wasteland.protocol.records import (
    Badge,
    Completion,
    Moderation,
    Rig,
    RigLink,
    Stamp,
    WantedItem,
)
from wasteland.protocol.trials import Outcome

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPO = RepoName("acme", "board")


def before(**lengths: float) -> datetime:
    """Return noon less a length of time."""
    return NOON - timedelta(**lengths)


ITEM = WantedItem(
    id="w-4f2a90cc11",
    title="Fix the login timeout",
    description="It times out after 30 s.\n\n- with SSO\n- without",
    project="gateway",
    type="bug",
    priority=1,
    tags=("go", "sql"),
    posted_by="ada",
    created_at=before(hours=3),
    updated_at=before(hours=3),
)
CLAIMED = replace(ITEM, status="claimed", claimed_by="bob")
OTHER = WantedItem(
    id="w-77aa00bb22",
    title="Write the guide for people who come from another client and bring their profile",
    type="docs",
    posted_by="max",
    created_at=before(days=12),
)
COMPLETION = Completion(
    id="c-1",
    wanted_id=ITEM.id,
    completed_by="bob",
    evidence="see https://example.org/pull/12",
    completed_at=before(hours=2),
)
STAMP = Stamp(
    id="s-1",
    author="max",
    subject="bob",
    valence={"quality": 0.8, "speed": 0.25},
    context_id="c-1",
    skill_tags=("go",),
    message="Clean work",
    created_at=before(hours=1),
)
RIG = Rig(
    handle="bob",
    display_name="Bob",
    dolthub_org="bob-org",
    trust_level=1,
    registered_at=before(days=40),
)
PULL = PullRequest(
    id="3",
    repo=REPO,
    title=f"wl done: {ITEM.id}",
    body="",
    author="bob-org",
    source=RepoName("bob-org", "board"),
    branch=f"wl/bob/{ITEM.id}",
    head="9f" * 20,
    state=PullState.OPEN,
    created_at=before(minutes=5),
    updated_at=before(minutes=5),
)
REMARK = Comment("max", "Please add\na test", before(minutes=2))
ROWS = (
    RowChange("completions", None, COMPLETION.to_row()),
    RowChange("wanted", CLAIMED.to_row(), replace(CLAIMED, status="in_review").to_row()),
)


def submission(*, reasons: tuple[str, ...] = (), comments: tuple[Comment, ...] = ()) -> Submission:
    """Return bob's submitted work, refused where there are reasons."""
    card = classify(ROWS, author="bob", message=PULL.title)
    return Submission(PULL, "bob", card, ROWS, not reasons, reasons, comments)


def receipt(**changes: object) -> Receipt:
    """Return the receipt of bob's claim, with *changes*."""
    item = {"id": ITEM.id, "title": ITEM.title, "updated_at": "x"}
    claim = Receipt(
        operation="claim",
        op_id="op-1",
        commons="acme/board",
        actor="bob",
        at="2026-03-01T12:00:00Z",
        state="merged",
        id=ITEM.id,
        before={**item, "status": "open", "claimed_by": None},
        after={**item, "status": "claimed", "claimed_by": "bob"},
        rows={"wanted": 1, "wlx_leases": 1},
        commit="9f" * 20,
        next=[f"wl done {ITEM.id} --evidence URL"],
    )
    return replace(claim, **changes)  # type: ignore[arg-type]


BOARD = [BoardRow(ITEM), BoardRow(CLAIMED, 1, is_pending=True), BoardRow(OTHER, 2)]
HITS = [Hit(ITEM, "times out\nafter"), Hit(OTHER, "")]
SHEET = ItemSheet(
    item=replace(CLAIMED, status="in_review", evidence_url="https://example.org/pull/12"),
    main_status="claimed",
    completions=[replace(COMPLETION, validated_by="max", stamp_id="s-1")],
    stamps=[STAMP],
    pending=[Offered("bob", "in_review", "bob-org/board:wl/bob/w-4f2a90cc11", "3", "see there")],
    expires_at=NOON + timedelta(hours=70, minutes=20),
    next=[f"wl unclaim {ITEM.id}"],
)
EVENTS = [
    Event(
        before(hours=3),
        "ada",
        "aa" * 20,
        f"wl post: {ITEM.id}",
        "op-1",
        {"id": (None, ITEM.id), "title": (None, ITEM.title), "priority": (None, 1)},
    ),
    Event(
        before(hours=2),
        "bob",
        "bb" * 20,
        f"wl claim: {ITEM.id}",
        "op-2",
        {"status": ("open", "claimed"), "claimed_by": (None, "bob")},
    ),
]
MINE = Mine(RIG, [CLAIMED], [], [OTHER], [], [PULL])
WHOAMI = Whoami(REPO, "bob", "bob-org", registered=True, trust=1, mode="pr", host="/srv/host")
RIG_SHEET = RigSheet(
    RIG,
    [CLAIMED],
    [replace(COMPLETION, validated_by="max")],
    [STAMP],
    [Badge("b-1", "bob", "first_completion")],
    [RigLink("l-1", "bob", "bob-ci", status="active")],
)
REPORT = Moderation(
    "m-4f2a",
    "bob",
    "report",
    "The third of today",
    "ada",
    before(days=3),
    target_type="item",
    target="w-4f2a90cc11",
    category="spam",
    seq=1,
    block_hash="4f1c9e02b7a6d358",
)
SUSPENSION = Moderation(
    "m-77aa",
    "bob",
    "suspend",
    "Forty posts in an hour",
    "max",
    before(hours=3),
    expires_at=datetime(2026, 4, 1, tzinfo=UTC),
    scope="posting",
    about="m-4f2a",
    seq=2,
    block_hash="0e71c2aa4f1c9e02",
)
BLOCK = Moderation(
    "m-90bb", "", "block", "A flood", "max", before(hours=1), target_type="peer", target="rust.test"
)
QUEUE = Queue([REPORT], [], [SUSPENSION], [BLOCK])
LOG = AuditLog([SUSPENSION, REPORT], Verified(2, 2, "", "", "0e71c2aa4f1c9e02"), 1)
RULES = [RuleLine("post", "trust:1", "preset open"), RuleLine("claim", "trust:2", "_meta x")]
TRIAL = PolicyTrial(
    rules={"claim": "trust:2", "lease_hours": "12"},
    tried=12,
    left_out=1,
    since=before(days=40),
    is_whole=False,
    counts={"claim": 4},
    refused={"claim": 1},
    unseen=["lease_hours"],
    changes=[
        PastChange(
            commit="4f2a90cc11d0e1f2",
            pull="",
            rig="bob",
            at=before(days=3),
            title="wl claim: w-4f2a90cc11",
            before=Outcome.LANDS,
            after=Outcome.REFUSED,
            action="claim",
            reason="bob has trust 1 (participant); claim needs trust:2.",
        )
    ],
)
JOINED = Joined(REPO, "bob", "bob-org", None, "You have joined it already.")
