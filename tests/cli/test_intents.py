"""Operation ids that survive a killed command."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Wl
from wasteland.cli.intents import Writer, operation_id, recorded
from wasteland.commons.operations import BY_NAME
from wasteland.hosts.local import LocalHost
from wasteland.protocol.errors import Conflict, Unavailable

POST = BY_NAME["post"]
VALUES = {"title": "Once"}


class _Session:
    """A session whose write is told what to do."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.seen: list[str | None] = []
        self.writer = Writer(("/host", "acme/board", "ada"), self.call, lambda _: True)

    def call(self, values: Mapping[str, Any]) -> str:
        self.seen.append(values.get("op_id"))
        if self.error:
            raise self.error
        return f"{values['title']} {values.get('dry_run', False)}"


def _recorded(state: Path, session: _Session, values: Mapping[str, Any] = VALUES) -> Any:
    return recorded(state, session.writer, POST, values)


def test_a_finished_write_leaves_no_note(tmp_path: Path) -> None:
    session = _Session()

    assert "Once False" == _recorded(tmp_path, session)
    assert session.seen[0]
    assert [] == list((tmp_path / "intents").iterdir())


@pytest.mark.parametrize("error", [Unavailable("gone"), KeyboardInterrupt(), SystemError()])
def test_a_write_of_unknown_fate_is_repeated_under_its_id(
    tmp_path: Path, error: BaseException
) -> None:
    first, second = _Session(error), _Session()
    with pytest.raises(type(error)):
        _recorded(tmp_path, first)

    _recorded(tmp_path, second)

    assert first.seen == second.seen


def test_a_refused_write_begins_anew(tmp_path: Path) -> None:
    first, second = _Session(Conflict("no")), _Session()
    with pytest.raises(Conflict):
        _recorded(tmp_path, first)

    _recorded(tmp_path, second)

    assert first.seen != second.seen


def test_another_request_has_another_id(tmp_path: Path) -> None:
    first, second = _Session(KeyboardInterrupt()), _Session()
    with pytest.raises(KeyboardInterrupt):
        _recorded(tmp_path, first)

    _recorded(tmp_path, second, {"title": "Other"})

    assert first.seen != second.seen


def test_an_old_note_begins_anew(tmp_path: Path) -> None:
    first, second = _Session(KeyboardInterrupt()), _Session()
    with pytest.raises(KeyboardInterrupt):
        _recorded(tmp_path, first)
    (note,) = (tmp_path / "intents").iterdir()
    os.utime(note, (0, 0))

    _recorded(tmp_path, second)

    assert first.seen != second.seen


def test_a_living_rival_is_no_retry(tmp_path: Path) -> None:
    writer = _Session().writer
    with (
        operation_id(tmp_path, writer, POST, VALUES) as mine,
        operation_id(tmp_path, writer, POST, VALUES) as theirs,
    ):
        assert mine != theirs


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    writer = _Session().writer
    with pytest.raises(KeyboardInterrupt), operation_id(tmp_path, writer, POST, VALUES) as first:
        raise KeyboardInterrupt
    (note,) = (tmp_path / "intents").iterdir()

    with note.open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with operation_id(tmp_path, writer, POST, VALUES) as again:
        assert first == again


def test_a_given_id_and_a_dry_run_are_not_noted(tmp_path: Path) -> None:
    session = _Session()

    _recorded(tmp_path, session, {**VALUES, "op_id": "op-mine"})
    _recorded(tmp_path, session, {**VALUES, "dry_run": True})

    assert ["op-mine", None] == session.seen
    assert not (tmp_path / "intents").exists()


def test_a_repeated_command_posts_again_when_the_first_one_finished(wl: Wl) -> None:
    ids = {json.loads(wl("post", "--title", "Same", "--json").out)["id"] for _ in range(2)}

    assert 2 == len(ids)


def test_an_operation_id_given_twice_posts_once(wl: Wl) -> None:
    first, again = (
        json.loads(wl("post", "--title", "Same", "--op-id", "op-1", "--json").out) for _ in range(2)
    )

    assert first["id"] == again["id"]
    assert (False, True) == (first["replayed"], again["replayed"])


class Death(BaseException):
    """The process is gone."""


@pytest.fixture
def killed(wl: Wl, monkeypatch: pytest.MonkeyPatch) -> Wl:
    """Return a function that runs ``wl`` and kills it when its receipt is in the journal."""
    real = LocalHost.finish_operation

    def deadly(*args: Any) -> None:
        real(*args)
        raise Death

    def call(*arguments: str, rig: str = "ada") -> Any:
        with monkeypatch.context() as broken:
            broken.setattr(LocalHost, "finish_operation", deadly)
            with pytest.raises(Death):
                wl(*arguments, rig=rig)

    return call


def _ids(wl: Wl) -> list[str]:
    return [row["id"] for row in json.loads(wl("browse", "--json").out)]


def test_a_killed_command_is_answered_when_it_is_repeated(wl: Wl, killed: Wl) -> None:
    killed("post", "--title", "Same")

    again = json.loads(wl("post", "--title", "Same", "--json").out)

    assert again["replayed"]
    assert [again["id"]] == _ids(wl)


def test_a_claim_that_somebody_else_holds_by_now_is_not_answered(
    home: Path, wl: Wl, killed: Wl
) -> None:
    item_id = json.loads(wl("post", "--title", "Same", "--json", rig="max").out)["id"]
    killed("claim", item_id)
    assert 0 == wl("unclaim", item_id).code
    assert 0 == wl("claim", item_id, rig="bob").code

    again = wl("claim", item_id)

    assert 0 != again.code
    assert "bob" in again.err
    assert [] == [note for note in home.rglob("intents/*") if home / "ada" in note.parents]


def test_a_post_that_was_withdrawn_since_is_posted_again(wl: Wl, killed: Wl) -> None:
    wl("policy", "set", "merge_at_once", "post,withdraw", rig="max")
    killed("post", "--title", "Same")
    (first,) = _ids(wl)
    assert 0 == wl("withdraw", first).code

    again = json.loads(wl("post", "--title", "Same", "--json").out)

    assert (False, [again["id"]]) == (again["replayed"], _ids(wl))
    assert first != again["id"]
