"""Tokens in paths: where they must not show."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from hub.remotes.hubs import ANN, BOARD, Hub, write
from wasteland.engines.urls import scrubbed
from wasteland.hosts.base import RepoName
from wasteland.hosts.clones import check_origin, make_clone, open_clone
from wasteland.hosts.plain import PlainHost
from wasteland.hub.remotes import scrub
from wasteland.protocol.errors import Conflict, Unavailable, WastelandError


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/t/secret/org/board.db/refs", "/t/***/org/board.db/refs"),
        ("/t/secret?x=/t/other", "/t/***?x=/t/***"),
        ("/hub/t/secret/a/b.db", "/hub/t/***/a/b.db"),
        ("/remotes/org/board.db/refs", "/remotes/org/board.db/refs"),
    ],
)
def test_a_path_is_logged_without_its_token(path: str, expected: str) -> None:
    assert expected == scrub(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://h:1/t/secret/org/board.db", "http://h:1/t/***/org/board.db"),
        (
            "cannot open https://h/hub/t/secret/a/b.db: no",
            "cannot open https://h/hub/t/***/a/b.db: no",
        ),
        ("https://user:pw@h/a/b", "https://***@h/a/b"),
        ("file:///home/t/files/a.db", "file:///home/t/files/a.db"),
        ("https://h/org/t", "https://h/org/t"),
    ],
)
def test_urls_are_shown_without_tokens(text: str, expected: str) -> None:
    assert expected == scrubbed(text)


def test_a_clone_with_a_token_is_its_owners_alone(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "own" / "board.db"
    with open_clone(hub.url(BOARD, ANN), path) as clone:
        assert [hub.url(BOARD, ANN)] == [remote.url for remote in clone.remotes()]

    assert 0o600 == path.stat().st_mode & 0o777
    assert 0o700 == path.parent.stat().st_mode & 0o777


def test_messages_about_a_clone_do_not_show_the_token(hub: Hub, tmp_path: Path) -> None:
    absent = hub.url(RepoName("org", "absent"), ANN)
    with pytest.raises(Unavailable) as cannot:
        make_clone(absent, tmp_path / "absent.db")
    with (
        open_clone(hub.url(BOARD, ANN), tmp_path / "board.db") as clone,
        pytest.raises(Conflict) as other,
    ):
        check_origin(clone, absent)

    for error in (cannot.value, other.value):
        assert ANN not in f"{error.message} {error.hint} {error.facts}"
        assert "/t/***/" in error.message


def test_a_plain_host_is_named_without_the_token(hub: Hub, tmp_path: Path) -> None:
    with PlainHost.open(BOARD, tmp_path / "c" / "board.db", hub.url(BOARD, ANN)) as host:
        assert hub.url(BOARD, "***") == host.location
        head = write(host.engine(BOARD), "ann/work", "mine")
        host.publish(BOARD, "ann/work")

    assert head == hub.board.head("ann/work")


def test_no_log_line_holds_a_token(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    clone = hub.clone(BOARD, ANN)
    write(clone, "main", "mine")
    with pytest.raises(WastelandError):
        clone.push("origin", "main")
    hub.ask("POST", hub.route(BOARD, "chunks", ANN), b"x")
    hub.ask("GET", hub.route(BOARD, "refs", "wrong-token"))

    assert ANN not in caplog.text
    assert "wrong-token" not in caplog.text
