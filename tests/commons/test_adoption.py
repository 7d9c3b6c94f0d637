"""Work that somebody pushed into the database of a local host waits for review like any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commons.casts import NOON, REPO, Cast
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import PullState
from wasteland.protocol.schema import Value

CLAIM = "UPDATE wanted SET status = 'claimed', claimed_by = 'ben' WHERE id = :id"
SUBMIT = (
    "UPDATE wanted SET status = 'in_review', evidence_url = 'https://example.org' WHERE id = :id"
)
COMPLETE = (
    "INSERT INTO completions (id, wanted_id, completed_by, evidence) "
    "VALUES ('c-1', :id, 'ben', 'https://example.org')"
)
REGISTER = "INSERT INTO rigs (handle, dolthub_org, trust_level) VALUES ('dan', 'dan-org', 0)"


class Clone:
    """A clone of the commons' file, written and pushed without any of our commands."""

    def __init__(self, cast: Cast, place: Path) -> None:
        self.engine = DoltLiteEngine.clone(f"file://{cast.host.root / str(REPO)}.db", place)

    def push(self, branch: str, *statements: str, **params: Value) -> str:
        """Commit *statements* on *branch*, push it, and return its head."""
        if branch not in {found.name for found in self.engine.branches()}:
            self.engine.fetch("origin")
            self.engine.create_branch(branch, "origin/main")
        with self.engine.change(branch) as change:
            for statement in statements:
                change.execute(statement, params)
            tables = ["wanted", "rigs", "completions"]
            head = change.commit("By hand\n\nand more", author="x", at=NOON, tables=tables)
        self.engine.push("origin", branch)
        return head


@pytest.fixture(name="cast")
def adopting(cast: Cast) -> Cast:
    """The cast, on a host that adopts what is pushed."""
    cast.host.adopts_branches = True
    return cast


@pytest.fixture(name="raw")
def at_a_clone(cast: Cast, tmp_path: Path) -> Iterator[Clone]:
    """Somebody with a clone."""
    clone = Clone(cast, tmp_path / "clone.db")
    with clone.engine:
        yield clone


def test_a_pushed_branch_waits_in_the_inbox_and_can_be_merged(cast: Cast, raw: Clone) -> None:
    item = cast.posted()
    head = raw.push(f"wl/ben/{item}", CLAIM, id=item)

    waiting = cast.max.inbox()
    merged = cast.max.merge(f"wl/ben/{item}", head=head)

    assert [(head, "ben", "ben", "By hand", "and more", True)] == [
        (each.pull.head, each.rig, each.pull.author, each.pull.title, each.pull.body, each.allowed)
        for each in waiting
    ]
    assert "merged" == merged.state
    assert "ben" == cast.max.show(item).item.claimed_by
    assert [] == cast.max.inbox()
    assert [] == cast.engine.branches("wl/")


def test_a_pushed_branch_can_be_merged_without_a_look_at_the_inbox(cast: Cast, raw: Clone) -> None:
    item = cast.posted()
    raw.push(f"wl/ben/{item}", CLAIM, id=item)

    assert "merged" == cast.max.merge(f"wl/ben/{item}").state


def test_a_pushed_registration_is_its_own_accounts(cast: Cast, raw: Clone) -> None:
    raw.push("wl/register/dan", REGISTER)

    waiting = cast.max.inbox()

    assert [("dan", "dan-org", [])] == [
        (each.rig, each.pull.author, list(each.reasons)) for each in waiting
    ]


def test_a_pull_request_follows_what_is_pushed_later(cast: Cast, raw: Clone) -> None:
    item = cast.posted()
    raw.push(f"wl/ben/{item}", CLAIM, id=item)
    (first,) = cast.max.inbox()
    head = raw.push(f"wl/ben/{item}", SUBMIT, COMPLETE, id=item)

    (later,) = cast.max.inbox()

    assert (first.pull.id, head) == (later.pull.id, later.pull.head)
    assert "accept" == cast.max.accept(item, quality="good").operation


def test_what_was_closed_stays_closed_until_it_goes_on(cast: Cast, raw: Clone) -> None:
    item = cast.posted()
    branch = f"wl/ben/{item}"
    raw.push(branch, CLAIM, id=item)
    (waiting,) = cast.max.inbox()
    cast.host.end_pull(REPO, waiting.pull.id, state=PullState.CLOSED, reason="no")
    raw.engine.push("origin", branch)

    assert [] == cast.max.inbox()

    raw.push(branch, SUBMIT, COMPLETE, id=item)
    assert ["2"] == [each.pull.id for each in cast.max.inbox()]


def test_a_branch_without_anything_new_is_nobodys_offer(cast: Cast) -> None:
    cast.engine.create_branch("wl/ben/w-nothing")

    assert [] == cast.max.inbox()


@pytest.mark.parametrize("branch", ["feature/x", "wl/-ben/w-1", "wl/ben/w-1/more", "pull/7/head"])
def test_other_branches_are_left_alone(cast: Cast, raw: Clone, branch: str) -> None:
    raw.push(branch, CLAIM, id=cast.posted())

    assert [] == cast.max.inbox()


def test_work_that_was_offered_by_a_command_is_not_adopted_again(cast: Cast) -> None:
    """Also not where its branch is in the commons' own database, as its owner's is."""
    item = cast.max.post(title="Mine").id
    offered = cast.max.update(item, title="Better")

    assert [offered.pull] == [each.pull.id for each in cast.max.inbox()]
    assert ["acme"] == [pull.author for pull in cast.host.pulls(REPO)]


def test_reading_the_board_adopts_nothing(cast: Cast, raw: Clone) -> None:
    item = cast.posted()
    raw.push(f"wl/ben/{item}", CLAIM, id=item)

    cast.max.browse()
    cast.max.show(item)

    assert [] == cast.host.pulls(REPO)


def test_a_host_that_knows_its_callers_adopts_nothing(cast: Cast, raw: Clone) -> None:
    item = cast.posted()
    raw.push(f"wl/ben/{item}", CLAIM, id=item)
    cast.host.adopts_branches = False

    assert [] == cast.max.inbox()


def test_an_adopted_branch_is_judged_like_any_other(cast: Cast, raw: Clone) -> None:
    item = cast.posted()
    raw.push(f"wl/ben/{item}", "UPDATE rigs SET trust_level = 3 WHERE handle = 'ben'")

    (waiting,) = cast.max.inbox()

    assert not waiting.allowed
