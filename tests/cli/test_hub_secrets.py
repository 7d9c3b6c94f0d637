"""``wl hub secrets`` and what backups do with the keys."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import Wl
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
from wasteland.hub.hub import Hub, Options
from wasteland.hub.upstreams import Connection
from wasteland.hub.vault.keys import FILE
from wasteland.protocol.errors import Invalid

TOKEN = "dhat.v1.token-of-ada"


def _keep(host: Path, options: Options | None = None) -> Connection:
    with closing(Hub.open(host, options)) as hub:
        return hub.upstreams.connections.add(
            "ada",
            "https://hub.example",
            RepoName("acme", "board"),
            Secret(TOKEN),
            login="ada",
            rig="",
            is_admin=False,
        )


def _token(host: Path, kept: Connection, options: Options | None = None) -> str:
    with closing(Hub.open(host, options)) as hub:
        return hub.upstreams.connections.token(kept).reveal()


def test_rotation_changes_the_key_and_keeps_every_token(home: Path, wl: Wl) -> None:
    host = home / "host"
    kept = _keep(host)
    before = (host / FILE).read_text()

    ran = wl("hub", "secrets", "rotate", "--json")

    told = json.loads(ran.out)
    assert (0, 1, 1) == (ran.code, told["secrets"], told["forgotten"])
    after = (host / FILE).read_text()
    assert after.startswith(told["key_id"])
    assert before not in after
    assert before.split()[1] not in f"{ran.out}{ran.err}"
    assert TOKEN == _token(host, kept)


def test_a_rotation_that_cannot_open_a_token_keeps_the_old_key(home: Path, wl: Wl) -> None:
    host = home / "host"
    kept = _keep(host)
    before = (host / FILE).read_text()
    (host / FILE).unlink()

    ran = wl("hub", "secrets", "rotate")
    assert 3 == ran.code
    (host / FILE).write_text((host / FILE).read_text() + before)

    assert TOKEN == _token(host, kept)


def test_keys_may_be_kept_elsewhere(
    home: Path, wl: Wl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "safe" / "keys"
    options = Options(master_keys=elsewhere)
    kept = _keep(home / "host", options)
    monkeypatch.setenv("WL_MASTER_KEYS", str(elsewhere))

    ran = wl("hub", "secrets", "rotate", "--json")

    assert 1 == json.loads(ran.out)["secrets"]
    assert not (home / "host" / FILE).exists()
    assert TOKEN == _token(home / "host", kept, options)


@pytest.mark.parametrize("with_keys", [False, True])
def test_a_backup_holds_the_keys_when_it_is_asked_to(
    home: Path, wl: Wl, tmp_path: Path, *, with_keys: bool
) -> None:
    kept = _keep(home / "host")
    flags = ("--with-keys",) if with_keys else ()

    assert 0 == wl("hub", "backup", str(tmp_path / "copy"), *flags).code
    assert 0 == wl("hub", "restore", str(tmp_path / "copy"), str(tmp_path / "new")).code

    found = [path.name for path in (tmp_path / "copy").rglob("*") if path.name == FILE]
    assert with_keys == bool(found)
    if with_keys:
        assert TOKEN == _token(tmp_path / "new", kept)
    else:
        with pytest.raises(Invalid):
            _token(tmp_path / "new", kept)
