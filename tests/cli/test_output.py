"""Results as JSON, jq, CSV, tab-separated text and pages; the colour rules."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from cli.conftest import Wl, environment
from wasteland.cli.context import normalized
from wasteland.cli.output import Format, console, emit
from wasteland.protocol.errors import Invalid

ROWS = [
    {"id": "w-1", "title": "One", "tags": ["go", "sql"], "by": {"rig": "ada"}},
    {"id": "w-2", "title": "=SUM(A1)", "tags": None, "by": {"rig": "bob"}},
]
RECORD = {"id": "w-1", "after": {"status": "open", "tags": []}, "note": "a\tb\nc"}


def _printed(data: Any, capsys: pytest.CaptureFixture[str], form: Format, **more: Any) -> str:
    emit(data, form, lambda: Text("a page"), **more)
    return capsys.readouterr().out


def test_json_has_all_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert ROWS == json.loads(_printed(ROWS, capsys, Format(fields="*")))


def test_json_can_be_narrowed_to_fields_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    out = _printed(ROWS, capsys, Format(fields="title, id"))

    assert [{"title": "One", "id": "w-1"}, {"title": "=SUM(A1)", "id": "w-2"}] == json.loads(out)


def test_an_unknown_field_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(Invalid, match="'titel'; there are: id, title, tags, by"):
        emit(ROWS, Format(fields="titel"), Text)


def test_jq_prints_texts_bare_and_the_rest_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert "w-1\nw-2\n" == _printed(ROWS, capsys, Format(jq=".[].id"))
    assert '["go", "sql"]\nnull\n' == _printed(ROWS, capsys, Format(jq=".[].tags"))


def test_json_escapes_what_would_drive_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = {"title": "\x1b[2J\x9b31m\u202eevil\u2066\ud800\U000e0041"}

    out = _printed(hostile, capsys, Format(fields="*"))

    assert hostile == json.loads(out)
    assert out.isascii()


def test_jq_texts_are_safe_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert "␛[2J\n" == _printed({"title": "\x1b[2J"}, capsys, Format(jq=".title"))


def test_csv_has_a_header_and_disarms_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    out = _printed(ROWS, capsys, Format(csv=True), columns=("id", "title", "by.rig"))

    assert "id,title,by.rig\nw-1,One,ada\nw-2,'=SUM(A1),bob\n" == out


def test_a_pipe_gets_one_tab_separated_line_for_each_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = _printed(ROWS, capsys, Format(), columns=("id", "title", "tags"))

    assert 'w-1\tOne\t["go", "sql"]\nw-2\t=SUM(A1)\t\n' == out


def test_a_record_becomes_one_line_for_each_field_by_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = "id\tw-1\nafter.status\topen\nafter.tags\t[]\nnote\ta\\tb\\nc\n"

    assert expected == _printed(RECORD, capsys, Format())


def test_nothing_is_an_empty_list_in_json_and_no_line_in_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "[]\n" == _printed([], capsys, Format(fields="*"))
    assert not _printed([], capsys, Format())
    assert not _printed([], capsys, Format(csv=True))


def test_color_always_shows_the_page_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert "a page\n" == _printed(ROWS, capsys, Format(color="always"))


@pytest.mark.parametrize(
    ("color", "env", "is_coloured"),
    [
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"TERM": "dumb"}, False),
        ("auto", {}, False),
    ],
)
def test_colour_follows_flag_then_environment_then_terminal(
    monkeypatch: pytest.MonkeyPatch, color: str, env: dict[str, str], *, is_coloured: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    screen = console(Format(color=color))

    with screen.capture() as captured:
        screen.print(Text("x", "red"))

    assert is_coloured == ("\x1b[" in captured.get())


def test_global_options_may_stand_anywhere_and_a_bare_json_takes_no_value() -> None:
    given = ["show", "--json", "w-1", "--color", "never", "--debug", "--host=/x", "--", "--json"]

    expected = [
        "--color",
        "never",
        "--debug",
        "--host=/x",
        "show",
        "--json=*",
        "w-1",
        "--",
        "--json",
    ]
    assert expected == normalized(given)


def test_the_inbox_is_flat_in_a_pipe(wl: Wl) -> None:
    item = wl("post", "--title", "Work", "--jq", ".id").out.strip()
    wl("claim", item, rig="bob")
    wl("done", item, "--evidence", "see there", rig="bob")

    cells = wl("inbox", rig="max").out.rstrip("\n").split("\t")

    assert ["1", "bob", "work_submission", "done", f'["{item}"]'] == cells[:5]
    assert ["see there", "true", "[]"] == cells[6:9]


def test_a_terminal_gets_a_table_and_a_pipe_gets_tabs(wl: Wl, home: Path) -> None:
    item = wl("post", "--title", "Work", "--jq", ".id").out.strip()

    assert wl("browse").out.startswith(f"{item}\tWork\t")
    assert _in_a_terminal(["browse"], environment(home, "ada")).startswith("ID            TITLE")


def _in_a_terminal(arguments: list[str], env: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    env = {**os.environ, **env, "TERM": "dumb", "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-m", "wasteland.cli", *arguments], env=env, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        # One line is enough: a terminal gives what is there, not all there will be.
        text = os.read(ours, 4096).decode()
        process.wait()
    os.close(ours)
    return text
