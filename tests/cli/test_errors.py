"""How mistakes end: a sentence, a hint, an exit code, and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli.conftest import Wl, environment
from wasteland.cli import errors
from wasteland.protocol import errors as protocol_errors
from wasteland.protocol.errors import Conflict, Invalid, NotFound, WastelandError


def _kinds(kind: type[WastelandError] = WastelandError) -> list[type[WastelandError]]:
    return [kind, *(found for sub in kind.__subclasses__() for found in _kinds(sub))]


@pytest.mark.parametrize("kind", [k for k in _kinds() if k.__module__ == protocol_errors.__name__])
def test_every_kind_of_error_has_an_exit_code(kind: type[WastelandError]) -> None:
    assert kind.code in errors.EXIT_CODES


@pytest.mark.parametrize(
    ("arguments", "code", "said", "hint"),
    [
        (("show", "w-nope"), 3, "No wanted item matches 'w-nope'.", "wl browse --status all"),
        (("show", ""), 2, "'' is no item id", "wl browse"),
        (("brwse",), 2, "No such command 'brwse'. Did you mean 'browse'?", "wl --help"),
        (("browse", "--flagx"), 2, "No such option", "wl browse --help"),
        (("claim",), 2, "Missing argument 'ID'.", "wl claim --help"),
        (("claim", "a", "b"), 2, "unexpected extra argument", "wl claim --help"),
        (("browse", "--status", "opne"), 2, "'opne' is no status", "did you mean open?"),
        (("browse", "--type", "bgu"), 2, "'bgu' is no type", "did you mean bug?"),
        (("browse", "--effort", "lrge"), 2, "is no effort_level", "did you mean large?"),
        (("browse", "--limit", "0"), 2, "--limit is 1 to", ""),
        (("browse", "--limit", "x"), 2, "not a valid integer", "wl browse --help"),
        (("browse", "--as-of", "nope"), 3, "'nope' is no date, commit", "wl why"),
        (("post", "--title", ""), 2, "'' cannot be the title", ""),
        (("post", "--title", "a\x1b[31m"), 2, "without control characters", ""),
        (("post", "--title", "t", "-d", "x" * 5000), 2, "0 to 4096 characters", ""),
        (("post", "--title", "t", "--priority", "hihg"), 2, "no priority", "did you mean high?"),
        (("browse", "--json=id,titel"), 2, "There is no field 'titel'", ""),
        (("browse", "--jq", ".["), 2, "The jq expression fails", ""),
        (("browse", "--csv", "--plain"), 2, "Use one of --json", "wl browse --help"),
        (("browse", "--as-of", "HEAD~99"), 3, "'HEAD~99' is no date, commit", "wl why"),
        (("join", "~nouser/x/y.db"), 3, "There is nothing at '~nouser/x/y.db'.", "wl join"),
        (("join", "ftp://a/b/c"), 2, "no address that wl understands", "wl join --help"),
        (("search", '"'), 2, "Give a word to search for.", ""),
        (("review", "99"), 3, "no pull request '99'", "wl review"),
        (("rig", "show", "nobody"), 3, "is not a rig of", "wl rig list"),
        (("rig", "trust", "bob", "3"), 6, "", ""),
        (("policy", "set", "nope", "3"), 2, "not a rule of the policy", "wl policy"),
        (("undo",), 5, "is not undone: a registration is permanent.", ""),
        (("--wasteland", "no/such", "browse"), 3, "You have not joined no/such.", "wl join"),
        (("--wasteland", "nosuch", "browse"), 2, "is no commons name", ""),
    ],
)
def test_a_mistake_gets_a_sentence_a_hint_and_its_exit_code(
    wl: Wl, arguments: tuple[str, ...], code: int, said: str, hint: str
) -> None:
    wl("post", "--title", "First", rig="bob")

    ran = wl(*arguments)

    assert code == ran.code
    assert not ran.out
    message = json.loads(ran.err)["error"] if ran.err.startswith("{") else ran.err
    assert said in str(message)
    assert hint in str(message)
    assert "Traceback" not in ran.err


def test_an_ambiguous_beginning_names_what_it_fits(wl: Wl) -> None:
    ids = [json.loads(wl("post", "--title", t, "--json").out)["id"] for t in ("One", "Two")]

    ran = wl("show", "w-")

    assert ran.code == 2
    assert all(item_id in ran.err for item_id in ids)


def test_errors_are_json_where_the_result_would_be(wl: Wl) -> None:
    ran = wl("show", "w-nope", "--json")

    assert json.loads(ran.err)["error"] == {
        "code": "not_found",
        "message": "No wanted item matches 'w-nope'.",
        "hint": "wl browse --status all",
        "id": "w-nope",
    }


def test_a_usage_error_is_json_too(wl: Wl) -> None:
    error = json.loads(wl("show", "--json").err)["error"]

    assert ("invalid", "Missing argument 'ID'.", "wl show --help") == (
        error["code"],
        error["message"],
        error["hint"],
    )


def test_without_a_commons_the_way_to_one_is_named(wl: Wl) -> None:
    ran = wl("browse", rig="stranger")

    assert ran.code == 3
    assert "wl join" in ran.err
    assert "wl demo" in ran.err


def test_an_unusable_directory_is_named_without_a_traceback(wl: Wl, home: Path) -> None:
    state = home / "ada" / ".local" / "state"
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text("a file where a directory should be")

    ran = wl("post", "--title", "x")

    assert ran.code == errors.FAILURE
    assert str(state) in ran.err
    assert "Traceback" not in ran.err


def test_a_broken_configuration_file_is_no_traceback(wl: Wl, home: Path) -> None:
    (home / "ada/.config/wasteland/wastelands/acme/board.json").write_text("{")

    ran = wl("browse")

    assert ran.code == 3
    assert "Traceback" not in ran.err


def test_a_configuration_nested_beyond_reading_is_no_traceback(wl: Wl, home: Path) -> None:
    file = home / "ada/.config/wasteland/wastelands/acme/board.json"
    file.write_text("[" * 100_000)

    ran = wl("browse")

    assert (3, True) == (ran.code, str(file) in ran.err)


def test_undecodable_bytes_are_refused_in_one_sentence(wl: Wl) -> None:
    ran = wl("browse", "--as-of", "\udcff")

    assert (2, 1) == (ran.code, ran.err.count("cannot be stored"))


def test_a_failing_jq_expression_does_not_print_the_board(wl: Wl) -> None:
    for number in range(5):
        wl("post", "--title", f"Item {number}")

    message = json.loads(wl("browse", "--jq", "error").err)["error"]["message"]

    assert "The jq expression fails: " in message
    assert len(message) < 250


@pytest.mark.parametrize(
    "target",
    ["https://ada:hunter2@example.org/acme/b.db", "https://hunter2@h/a/b", "ada:hunter2@h/a"],
)
def test_an_address_with_a_secret_is_refused_without_repeating_it(wl: Wl, target: str) -> None:
    ran = wl("join", target)

    assert (2, False) == (ran.code, "hunter2" in ran.out + ran.err)


def test_an_error_that_nobody_foresaw_is_one_line(wl: Wl, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("first\nsecond")

    monkeypatch.setattr("wasteland.commons.joining.join", fail)

    ran = wl("join", "acme/board")

    assert (1, "wl: internal error: ZeroDivisionError: first") == (
        ran.code,
        ran.err.splitlines()[0],
    )
    assert "--debug" in ran.err
    assert "Traceback" not in ran.err
    with pytest.raises(ZeroDivisionError):
        wl("--debug", "join", "acme/board")


def test_a_dry_run_of_create_and_join_writes_nothing(wl: Wl, home: Path) -> None:
    created = wl("create", "new/board", "--dry-run", "--json", rig="new")
    joined = wl("join", "acme/board", "--handle", "new", "--dry-run", "--json", rig="new")

    tables = {row["table"] for row in json.loads(created.out)["diff"]}
    assert {"_meta", "rigs"} == tables
    assert "dry_run" == json.loads(joined.out)["registration"]["state"]
    assert not (home / "host" / "new").exists()
    assert not (home / "new" / ".config").exists()


def test_messages_are_safe_to_print(capsys: pytest.CaptureFixture[str]) -> None:
    errors.report(Conflict("evil \x1b[2J\u202e", hint="\x9b31m"), as_json=False)

    err = capsys.readouterr().err
    assert not {"\x1b", "\u202e", "\x9b"} & set(err)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("x"), 3),
        (Invalid("x"), 2),
        (click.UsageError("x"), 2),
        (PermissionError(13, "Permission denied", "/nowhere"), 1),
    ],
)
def test_report_returns_the_exit_code(error: Exception, code: int) -> None:
    assert code == errors.report(error, as_json=False)


def test_a_reader_that_goes_away_gets_no_error_message(home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "wasteland.cli", "policy"],
            env={
                **os.environ,
                **environment(home, "ada"),
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)

    assert (errors.FAILURE, "") == (done.returncode, done.stderr)
