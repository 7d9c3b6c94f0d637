"""Which rigs belong to one owner: the yearbook rule beyond one handle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol.owners import owner_groups, same_owner
from wasteland.protocol.records import Rig, RigLink

LINK = RigLink("l-1", "alice", "bob", status="active")


def book(*rigs: Rig) -> dict[str, Rig]:
    return {rig.handle: rig for rig in rigs}


STRANGERS = book(Rig("alice", dolthub_org="acme"), Rig("bob", dolthub_org="globex"))


@pytest.mark.requirement("S0-134")
def test_strangers_have_different_owners() -> None:
    assert same_owner("alice", "bob", rigs=STRANGERS, links=[]) is None


@pytest.mark.requirement("S0-134")
def test_a_rig_is_its_own_owner() -> None:
    assert same_owner("alice", "alice", rigs={}, links=[]) == "alice is the same rig"


def test_rigs_of_one_account_have_one_owner_whatever_its_case() -> None:
    rigs = book(Rig("alice", dolthub_org="Acme"), Rig("bob", dolthub_org="acme "))

    reason = same_owner("alice", "bob", rigs=rigs, links=[])

    assert reason == "alice belongs to the account acme and bob belongs to the account acme"


@pytest.mark.parametrize("account", [None, "", "  "])
def test_two_rigs_without_an_account_are_strangers(account: str | None) -> None:
    rigs = book(Rig("alice", dolthub_org=account), Rig("bob", dolthub_org=account))

    assert same_owner("alice", "bob", rigs=rigs, links=[]) is None


@pytest.mark.parametrize(("a", "b"), [("bot", "alice"), ("alice", "bot")])
def test_a_rig_and_its_parent_have_one_owner(a: str, b: str) -> None:
    rigs = book(Rig("bot", parent_rig="alice"), Rig("alice"))

    assert same_owner(a, b, rigs=rigs, links=[]) == "alice answers for bot"


def test_rigs_of_one_parent_have_one_owner_even_where_the_parent_is_unknown() -> None:
    rigs = book(Rig("bot", parent_rig="alice"), Rig("bee", parent_rig="alice"))

    reason = same_owner("bot", "bee", rigs=rigs, links=[])

    assert reason == "alice answers for bot and alice answers for bee"


def test_a_link_in_force_joins_two_rigs() -> None:
    reason = same_owner("bob", "alice", rigs=STRANGERS, links=[LINK])

    assert reason == "alice and bob are linked as one owner's"


@pytest.mark.parametrize(
    "link",
    [
        replace(LINK, status="pending"),
        replace(LINK, revoked_at=datetime(2026, 1, 1, tzinfo=UTC)),
        replace(LINK, link_type="colleague"),
        replace(LINK, rig_b="carol"),
    ],
)
def test_a_link_that_is_not_in_force_or_of_another_kind_joins_nobody(link: RigLink) -> None:
    assert same_owner("alice", "bob", rigs=STRANGERS, links=[link]) is None


def test_ties_of_different_kinds_add_up_to_one_owner() -> None:
    rigs = book(
        Rig("alice", dolthub_org="acme"),
        Rig("carol", dolthub_org="acme"),
        Rig("bot", parent_rig="dave"),
    )
    links = [RigLink("l-1", "carol", "dave", status="active")]

    reason = same_owner("alice", "bot", rigs=rigs, links=links)

    assert reason == (
        "alice belongs to the account acme and carol belongs to the account acme and "
        "carol and dave are linked as one owner's and dave answers for bot"
    )


def test_parents_in_a_circle_end_the_search() -> None:
    rigs = book(Rig("a", parent_rig="b"), Rig("b", parent_rig="a"), Rig("c", parent_rig="c"))

    assert same_owner("a", "c", rigs=rigs, links=[]) is None


def test_an_account_named_like_a_rig_is_not_that_rig() -> None:
    rigs = book(Rig("alice", dolthub_org="bob"), Rig("bob", dolthub_org="globex"))

    assert same_owner("alice", "bob", rigs=rigs, links=[]) is None


def test_groups_are_named_by_their_first_handle() -> None:
    rigs = book(*STRANGERS.values(), Rig("zoe", parent_rig="bob"), Rig("carol"))

    groups = owner_groups(rigs, [])

    assert groups == {"alice": "alice", "bob": "bob", "carol": "carol", "zoe": "bob"}


handles = st.sampled_from("abcdef")
rig_books = st.lists(
    st.builds(
        Rig,
        handle=handles,
        dolthub_org=st.none() | st.sampled_from(["x", "y"]),
        parent_rig=st.none() | handles,
    ),
    max_size=6,
).map(lambda rigs: book(*rigs))
link_lists = st.lists(
    st.builds(
        RigLink,
        id=st.just("l"),
        rig_a=handles,
        rig_b=handles,
        status=st.sampled_from(["active", "pending"]),
    ),
    max_size=4,
)


@given(rig_books, link_lists, handles, handles)
def test_one_owner_is_symmetric_and_agrees_with_the_groups(
    rigs: dict[str, Rig], links: list[RigLink], a: str, b: str
) -> None:
    groups = owner_groups(rigs, links)
    joined = same_owner(a, b, rigs=rigs, links=links) is not None

    assert joined == (same_owner(b, a, rigs=rigs, links=links) is not None)
    assert joined == (a == b or groups.get(a, a) == groups.get(b, b))
