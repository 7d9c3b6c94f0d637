"""Hostile statements on the embedded engine, straight at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.sandbox import hostile
from hub.sandbox.boards import SECRET, files, honest, make_files, texts
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.sandbox import Sandbox, place_of


@dataclass
class Attacked:
    """A board, all that lies around it, and the sandbox that reads it."""

    board: DoltLiteEngine
    directory: Path
    sandbox: Sandbox
    before: dict[str, str]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    directory = tmp_path_factory.mktemp("canary")
    sandbox = Sandbox(workers=1, deadline_s=1.5)
    with make_files(directory) as board:
        yield Attacked(board, directory, sandbox, files(directory))
    sandbox.close()


@pytest.mark.parametrize("text", hostile.FOR_DOLTLITE, ids=lambda text: text[:60])
def test_a_hostile_statement_does_nothing(attacked: Attacked, text: str) -> None:
    """No row, no write, no file, no word of another database; and honest queries go on."""
    sql = text.replace("{canary}", str(attacked.directory))

    result = attacked.sandbox.read(place_of(attacked.board), sql)

    assert result.status in {"error", "timeout"}
    assert ([], False) == (result.rows, SECRET in texts(result))
    assert attacked.before == files(attacked.directory)
    assert [("w-1", "Item w-1")] == honest(attacked.sandbox, attacked.board)


def test_the_corpus_names_every_verb_of_the_engine(attacked: Attacked) -> None:
    """A verb that a later version adds is attacked too; reading ones are listed here."""
    reads = {"active_branch", "dolt_hashof", "dolt_hashof_db", "dolt_hashof_table",
             "dolt_merge_base", "dolt_version"}  # fmt: skip
    rows = attacked.board.read("SELECT DISTINCT name FROM pragma_function_list")
    verbs = {str(row["name"]) for row in rows if str(row["name"]).startswith(("dolt", "active"))}
    corpus = " ".join(hostile.FOR_DOLTLITE).lower()

    assert set() == {verb for verb in verbs - reads if f"{verb}(" not in corpus}


def test_an_endless_query_ends_in_time(attacked: Attacked) -> None:
    result = attacked.sandbox.read(place_of(attacked.board), hostile.ENDLESS)

    assert ("timeout", []) == (result.status, result.rows)
    assert [("w-1", "Item w-1")] == honest(attacked.sandbox, attacked.board)
