"""What whom is let do with which repository: every role, visibility and scope, and on forks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from wasteland.hosts.base import RepoName
from wasteland.hub import rights
from wasteland.hub.callers import NOBODY, Caller
from wasteland.hub.catalog import Catalog, Entry, Role, Visibility
from wasteland.hub.rights import Right
from wasteland.hub.store import open_store
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import Forbidden, NotFound, Unauthenticated

REPO: Final = RepoName("guild", "board")
FORK: Final = RepoName("ada", "board")
NONE, READ, WRITE, ADMIN = Right
# Who, by what the caller is to the repository -> what it may do with a public and a private one.
HELD: Final[Mapping[str, tuple[Right, Right]]] = {
    "stranger": (READ, NONE),
    "member": (READ, READ),
    "reader": (READ, READ),
    "writer": (WRITE, WRITE),
    "keeper": (ADMIN, ADMIN),
    "owner": (ADMIN, ADMIN),
    "operator": (ADMIN, ADMIN),
}
ROLES: Final = {"reader": Role.READ, "writer": Role.WRITE, "keeper": Role.ADMIN}
LIMITS: Final = {Scope.PUSH: NONE, Scope.READ: READ, Scope.WRITE: ADMIN, Scope.ADMIN: ADMIN}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    file = open_store(tmp_path)
    made = Catalog(file, lambda: datetime(2031, 4, 5, tzinfo=UTC), Visibility.PUBLIC)
    for account, role in ROLES.items():
        made.set_role(REPO, account, role)
    yield made
    file.close()


def _caller(who: str, scope: Scope = Scope.ADMIN) -> Caller:
    owned = {who, "guild"} if who == "owner" else {who}
    return Caller(
        account=who,
        namespaces=frozenset(owned),
        memberships=frozenset({"guild"} if who in {"owner", "member"} else ()),
        is_admin=who == "operator" and scope is Scope.ADMIN,
        scope=scope,
    )


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize(("who", "scope"), list(product(HELD, Scope)))
def test_a_caller_may_what_role_and_scope_both_let(
    catalog: Catalog, who: str, scope: Scope, visibility: Visibility
) -> None:
    catalog.set_entry(REPO, Entry(visibility))
    expected = HELD[who][visibility is Visibility.PRIVATE]
    if who == "operator" and scope is not Scope.ADMIN:
        expected = HELD["stranger"][visibility is Visibility.PRIVATE]

    found = rights.right_on(catalog, _caller(who, scope), REPO, parent=None)
    assert min(expected, LIMITS[scope]) == found


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("who", HELD)
def test_a_fork_is_read_by_whoever_reads_its_upstream_and_by_nobody_else(
    catalog: Catalog, who: str, visibility: Visibility
) -> None:
    catalog.set_entry(REPO, Entry(visibility))
    upstream = rights.right_on(catalog, _caller(who), REPO, parent=None)
    expected = Right.ADMIN if who == "operator" else min(upstream, READ)

    assert expected == rights.right_on(catalog, _caller(who), FORK, parent=REPO)


def test_a_role_on_a_private_fork_does_not_show_what_its_upstream_hides(catalog: Catalog) -> None:
    catalog.set_entry(REPO, Entry(Visibility.PRIVATE))
    catalog.set_role(FORK, "stranger", Role.ADMIN)

    assert NONE == rights.right_on(catalog, _caller("stranger"), FORK, parent=REPO)
    assert NONE == rights.right_on(catalog, _caller("ada"), FORK, parent=REPO)


def test_the_owner_of_a_fork_has_it_while_the_upstream_can_be_seen(catalog: Catalog) -> None:
    assert ADMIN == rights.right_on(catalog, _caller("ada"), FORK, parent=REPO)


@pytest.mark.parametrize(("visibility", "held"), [("public", READ), ("private", NONE)])
def test_nobody_reads_what_is_public(catalog: Catalog, visibility: str, held: Right) -> None:
    catalog.set_entry(REPO, Entry(Visibility(visibility)))

    assert held == rights.right_on(catalog, NOBODY, REPO, parent=None)


@pytest.mark.parametrize(("who", "held"), [("owner", WRITE), ("writer", WRITE), ("reader", READ)])
def test_a_token_for_pushing_pushes_and_does_not_administer(
    catalog: Catalog, who: str, held: Right
) -> None:
    caller = _caller(who, Scope.PUSH)

    assert held == rights.right_on(catalog, caller, REPO, parent=None, is_push=True)


def test_the_owner_of_a_name_owns_it_in_every_case_but_not_one_that_looks_like_it() -> None:
    caller = Caller(account="kim", namespaces=frozenset({"kim"}))

    assert caller.owns("KIM")
    assert not caller.owns("k\u0131m")


def test_what_is_hidden_is_not_there_and_what_is_seen_is_refused() -> None:
    with pytest.raises(NotFound, match="no such repository"):
        rights.require(REPO, _caller("ada"), NONE, READ)
    with pytest.raises(Unauthenticated):
        rights.require(REPO, NOBODY, READ, WRITE)
    with pytest.raises(Forbidden, match="scope read"):
        rights.require(REPO, _caller("ada", Scope.READ), READ, WRITE)
    with pytest.raises(Forbidden, match="may not write"):
        rights.require(REPO, _caller("ada"), READ, WRITE)
    rights.require(REPO, _caller("ada"), WRITE, READ)
