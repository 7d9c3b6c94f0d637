"""The table of connections: tokens stay where they were put, and rotate with the master key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
from wasteland.hosts.journaled import utc_now
from wasteland.hub.backup.contents import other_files, state_files
from wasteland.hub.upstreams import Connection, Connections
from wasteland.hub.upstreams.store import FILE, MOST
from wasteland.hub.vault import MasterKeys, Vault
from wasteland.hub.vault.keys import FILE as KEYS
from wasteland.protocol.errors import Conflict, Invalid, LimitReached, NotFound, Tampered

ROOT = "https://hub.example"
BOARD = RepoName("acme", "board")


@pytest.fixture
def keys(tmp_path: Path) -> MasterKeys:
    """The keys of a hub."""
    return MasterKeys(tmp_path / KEYS)


@pytest.fixture
def kept(tmp_path: Path, keys: MasterKeys) -> Iterator[Connections]:
    """The connections of a hub."""
    with closing(Connections(tmp_path, Vault(keys), utc_now)) as made:
        yield made


def add(kept: Connections, account: str, token: str, repo: RepoName = BOARD) -> Connection:
    return kept.add(account, ROOT, repo, Secret(token), login=account, rig=account, is_admin=False)


def test_each_account_has_its_own_token(kept: Connections) -> None:
    ada, ben = add(kept, "ada", "token-of-ada"), add(kept, "ben", "token-of-ben")

    assert "token-of-ada" == kept.token(ada).reveal()
    assert "token-of-ben" == kept.token(ben).reveal()
    assert [ada] == kept.of_account("ADA")
    assert ben == kept.at("ben", RepoName("Acme", "BOARD"))
    assert kept.at("eve", BOARD) is None


def test_rows_that_are_swapped_between_accounts_open_for_nobody(
    kept: Connections, tmp_path: Path
) -> None:
    ada, ben = add(kept, "ada", "token-of-ada"), add(kept, "ben", "token-of-ben")
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        stored = dict(file.execute("SELECT account, body FROM connections").fetchall())
        file.execute("UPDATE connections SET body = ? WHERE account = 'ada'", (stored["ben"],))
        file.execute("UPDATE connections SET account = 'eve' WHERE account = 'ben'")

    with pytest.raises(Invalid) as refused:
        kept.token(ada)
    assert "token" not in str(refused.value.facts.get("value", ""))
    [taken] = kept.of_account("eve")
    with pytest.raises(Invalid):
        kept.token(taken)
    assert ben.id == taken.id


@pytest.mark.parametrize("column", ["root", "repo"])
def test_a_token_is_not_sent_where_a_changed_row_says(
    kept: Connections, tmp_path: Path, column: str
) -> None:
    ada = add(kept, "ada", "token-of-ada")
    elsewhere = {"root": "https://evil.example", "repo": "evil/board"}[column]
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.execute(f"UPDATE connections SET {column} = ?", (elsewhere,))

    with pytest.raises(Invalid):
        kept.token(kept.find("ada", ada.id))


def test_tokens_are_in_no_file_as_they_are(kept: Connections, tmp_path: Path) -> None:
    add(kept, "ada", "token-of-ada")

    assert not [p for p in tmp_path.iterdir() if b"token-of-ada" in p.read_bytes()]


def test_one_name_is_connected_once_and_fifty_are_the_most(kept: Connections) -> None:
    add(kept, "ada", "token-of-ada")

    with pytest.raises(Conflict):
        add(kept, "ada", "token-of-ada", RepoName("ACME", "board"))
    for number in range(1, MOST):
        add(kept, "ada", "token-of-ada", RepoName("acme", f"board{number}"))
    with pytest.raises(LimitReached):
        add(kept, "ada", "token-of-ada", RepoName("acme", "one-more"))


def test_a_removed_connection_is_gone_for_its_owner_alone(kept: Connections) -> None:
    ada = add(kept, "ada", "token-of-ada")

    with pytest.raises(NotFound):
        kept.remove("ben", ada.id)
    assert ada == kept.remove("ada", ada.id)
    with pytest.raises(NotFound):
        kept.token(ada)


def test_another_token_takes_the_place_of_the_first(kept: Connections) -> None:
    ada = add(kept, "ada", "token-of-ada")

    new = kept.replace_token(ada, Secret("newer-token"), login="ada2", rig="", is_admin=True)

    assert new == kept.find("ada", ada.id)
    assert ("ada2", "", True, "newer-token") == (
        *(new.login, new.rig, new.is_admin),
        kept.token(ada).reveal(),
    )


def test_rotation_wraps_all_tokens_anew_and_then_drops_the_key(
    kept: Connections, keys: MasterKeys
) -> None:
    before = keys.current()
    ada, ben = add(kept, "ada", "token-of-ada"), add(kept, "ben", "token-of-ben")
    newer = keys.add()

    assert 2 == kept.rewrap()
    assert 1 == keys.drop_all_but(newer)
    assert "token-of-ada" == kept.token(ada).reveal()
    assert "token-of-ben" == kept.token(ben).reveal()
    with pytest.raises(NotFound):
        keys.find(before.id)


def test_a_rotation_that_meets_a_changed_row_changes_nothing(
    kept: Connections, keys: MasterKeys, tmp_path: Path
) -> None:
    ada, ben = add(kept, "ada", "token-of-ada"), add(kept, "ben", "token-of-ben")
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.execute("UPDATE connections SET wrapped = zeroblob(60) WHERE account = 'ben'")
    keys.add()

    with pytest.raises(Tampered):
        kept.rewrap()
    assert "token-of-ada" == kept.token(ada).reveal()
    with pytest.raises(Invalid):
        kept.token(ben)


def test_without_the_master_key_tokens_are_to_be_stored_anew(
    kept: Connections, keys: MasterKeys
) -> None:
    ada = add(kept, "ada", "token-of-ada")
    keys.path.unlink()

    with pytest.raises(Invalid) as refused:
        kept.token(ada)
    assert "token" == refused.value.facts["field"]


def test_backups_hold_the_tokens_and_the_keys_only_when_asked(
    kept: Connections, tmp_path: Path
) -> None:
    add(kept, "ada", "token-of-ada")

    assert FILE in [path.name for path in state_files(tmp_path)]
    assert KEYS not in [path.name for path in other_files(tmp_path)]
    assert KEYS in [path.name for path in other_files(tmp_path, with_keys=True)]
