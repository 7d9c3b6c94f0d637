"""Names: repositories as databases, forks as branches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.engines.dolt.names import BranchNames, database_name, repository_name
from wasteland.protocol.errors import Unsupported

PARTS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
SHORT = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True)


@pytest.mark.parametrize(
    ("owner", "name", "database"),
    [
        ("my-team", "board", "my-team__board"),
        ("steveyegge", "wl_commons", "steveyegge__wl_1commons"),
        ("Acme.Inc", "v1", "_acme_2_inc__v1"),
    ],
)
def test_a_database_is_named_after_its_repository(owner: str, name: str, database: str) -> None:
    assert database_name(owner, name) == database
    assert repository_name(database) == (owner, name)


@given(SHORT, SHORT)
def test_a_short_name_reads_back(owner: str, name: str) -> None:
    assert repository_name(database_name(owner, name)) == (owner, name)


@given(PARTS, PARTS)
def test_a_database_name_is_one_that_dolt_takes(owner: str, name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]{1,64}", database_name(owner, name))


@given(PARTS, PARTS, PARTS, PARTS)
def test_two_repositories_never_share_a_database(a: str, b: str, c: str, d: str) -> None:
    assert ((a, b) == (c, d)) == (database_name(a, b) == database_name(c, d))


@pytest.mark.parametrize(
    "database", ["mysql", "information_schema", "a__", "__a", "A__b", "a__b__c"]
)
def test_other_databases_are_no_repositories(database: str) -> None:
    assert repository_name(database) is None


def test_a_forks_branches_have_its_prefix_and_main_is_the_parents() -> None:
    names = BranchNames("fork/ann/")

    assert [names.stored("wl/ann/w-1"), names.stored("main")] == ["fork/ann/wl/ann/w-1", "main"]
    stored = ["main", "fork/ann/x", "fork/bob/x", "wl/ann/w-1"]
    assert ["main", "x", None, None] == [names.shown(name) for name in stored]


def test_hidden_branches_are_not_listed() -> None:
    names = BranchNames(hidden="fork/")

    stored = ["main", "wl/ann/w-1", "fork/ann/x", "forks"]
    assert ["main", "wl/ann/w-1", None, "forks"] == [names.shown(name) for name in stored]


def test_a_forks_main_cannot_be_written() -> None:
    with pytest.raises(Unsupported):
        BranchNames("fork/ann/").writable("main")
