"""Repositories that are gone: nothing of one is left to who takes its name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.desks import V1, Desk, open_desk
from wasteland.hosts.base import RepoName
from wasteland.hub import repositories
from wasteland.hub.catalog import Entry, Role, Visibility
from wasteland.hub.operations import Kind
from wasteland.protocol.errors import EngineError, WastelandError

VAULT = RepoName("acme", "vault")
NEW = {"ownerName": "acme", "repoName": "vault", "visibility": "private"}
FILES = ("hub.db", "webhooks.db", "evidence.db")


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Desk]:
    """A hub that keeps something of every kind about ``acme/vault``."""
    with open_desk(tmp_path / "host", allow_outgoing=True) as desk:
        desk.ok("POST", f"{V1}/database", "acme", json=NEW)
        desk.ok(
            "POST",
            f"{V1}/acme/vault/write/main/main",
            "acme",
            params={"q": "CREATE TABLE pups (id INT PRIMARY KEY)"},
        )
        _know(desk)
        yield desk


def _know(desk: Desk) -> None:
    hub = desk.hub
    desk.account("ben")
    hub.catalog.set_role(VAULT, "ben", Role.WRITE)
    hub.catalog.add_release(VAULT, tag="v1", title="x", description="", commit="0" * 32)
    hub.webhooks.add(VAULT, "https://example.org/hook", account="acme")
    hub.checks.note(str(VAULT), [("c-1", "https://example.org/1")], at=datetime.now(UTC))
    with hub.jobs.run(Kind.MERGE, account="ben", repo=VAULT, description="x", details={}):
        pass


def _kept(root: Path, repo: RepoName) -> dict[str, int]:
    """Return table -> rows about *repo*, of the tables that have a column for it."""
    found: dict[str, int] = {}
    for file in FILES:
        connection = sqlite3.connect(root / file)
        names = [row[0] for row in connection.execute(_TABLES)]
        for name in names:
            count = f"SELECT COUNT(*) FROM {name} WHERE repo = ?"
            found[f"{file} {name}"] = connection.execute(count, (str(repo),)).fetchone()[0]
        connection.close()
    return {name: count for name, count in found.items() if count}


_TABLES = (
    "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c ON c.name = 'repo' "
    "WHERE m.type = 'table'"
)


def test_nothing_is_kept_about_a_repository_that_is_forgotten(known: Desk) -> None:
    root = known.hub.host.root
    before = _kept(root, VAULT)
    repositories.forget(known.hub, VAULT)

    assert {} == _kept(root, VAULT)
    assert before.keys() >= {
        *("hub.db repositories", "hub.db collaborators", "hub.db releases", "hub.db operations"),
        *("webhooks.db hooks", "evidence.db checks"),
    }


def test_who_takes_the_name_of_a_repository_gets_nothing_of_it(known: Desk) -> None:
    known.hub.host.delete(VAULT)
    known.ok("POST", f"{V1}/database", "acme", json=NEW)

    assert 404 == known.send("GET", f"{V1}/acme/vault/branches", "ben").status_code
    assert [] == known.ok("GET", f"{V1}/acme/vault/jobs", "acme")["jobs"]
    assert [] == known.ok("GET", f"{V1}/acme/vault/releases", "acme")["releases"]
    assert [] == list(known.hub.webhooks.hooks(VAULT))


def test_what_the_hubs_file_holds_is_forgotten_all_or_not_at_all(known: Desk) -> None:
    root = known.hub.host.root
    before = {name: n for name, n in _kept(root, VAULT).items() if name.startswith("hub.db")}
    with sqlite3.connect(root / "hub.db") as connection:
        connection.execute(
            "CREATE TRIGGER broken BEFORE DELETE ON operations "
            "BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    with pytest.raises(WastelandError):
        known.hub.catalog.forget(VAULT)

    assert before == {
        name: n for name, n in _kept(root, VAULT).items() if name.startswith("hub.db")
    }


def test_a_name_whose_repository_could_not_be_made_is_free_again(desk: Desk) -> None:
    entry = Entry(Visibility.PRIVATE, "secret plans")
    with pytest.raises(EngineError), repositories.making(desk.hub, VAULT, entry):
        raise EngineError("The disk is full.")

    assert {} == _kept(desk.hub.host.root, VAULT)
