"""Commands made from the operations table."""

from __future__ import annotations

import inspect
import json
import shlex

import click
import pytest
from click.shell_completion import ShellComplete

from cli.conftest import Wl
from wasteland.cli import build
from wasteland.cli.main import cli
from wasteland.commons import methods
from wasteland.commons.operations import BY_NAME, GROUPS, OPERATIONS, Kind, Operation

_ALL = [row for row in OPERATIONS if row.name]


def _options(command: click.Command) -> set[str]:
    return {flag for param in command.params for flag in param.opts}


@pytest.mark.parametrize("row", _ALL, ids=lambda row: row.name)
def test_each_operation_has_a_command_whose_help_begins_with_its_summary(
    wl: Wl, row: Operation
) -> None:
    ran = wl(*row.name.split(), "--help")

    assert ran.code == 0
    body = ran.out.split("\n\n")
    assert row.summary in " ".join(body[1].split())
    assert not row.summary.endswith(".")
    assert row.summary[0].isupper()
    assert f"Example:\n    {row.example}" in ran.out


@pytest.mark.parametrize("row", _ALL, ids=lambda row: row.name)
def test_a_command_takes_every_input_of_its_method(row: Operation) -> None:
    signature = inspect.signature(methods.method(row))
    command = build.command(row, bare=BY_NAME.get(row.bare))

    names = {param.name for param in command.params}
    assert set(signature.parameters) - {"self"} <= names


@pytest.mark.parametrize("row", _ALL, ids=lambda row: row.name)
def test_every_command_takes_the_output_flags(row: Operation) -> None:
    assert {"--json", "--jq", "--csv", "--plain"} <= _options(build.command(row))


@pytest.mark.parametrize("row", [r for r in _ALL if r.kind is Kind.READ], ids=lambda row: row.name)
def test_a_read_has_no_dry_run(row: Operation) -> None:
    assert "--dry-run" not in _options(build.command(row))


@pytest.mark.parametrize("row", _ALL, ids=lambda row: row.name)
def test_examples_parse(row: Operation) -> None:
    words = shlex.split(row.example)[1:]
    context = cli.make_context("wl", words, resilient_parsing=False)
    with context:
        name, command, rest = cli.resolve_command(context, words)
        assert name
        assert command
        if isinstance(command, click.Group):
            assert name in GROUPS
            rest = rest or [row.name.split()[1]]
            _, command, rest = command.resolve_command(context, rest)
        assert command
        command.make_context(name, rest)


def test_defaults_are_left_to_the_method(wl: Wl) -> None:
    after = json.loads(wl("post", "--title", "Plain", "--json").out)["after"]

    assert (None, 2, "medium", None) == (
        after["tags"],
        after["priority"],
        after["effort_level"],
        after["type"],
    )


def test_a_default_is_told_in_the_help(wl: Wl) -> None:
    assert "[default: 50]" in wl("browse", "--help").out


def test_an_argument_is_explained_in_the_help(wl: Wl) -> None:
    assert "ID: item id, or any unique beginning of it." in wl("show", "--help").out


def test_bare_review_lists_the_inbox(wl: Wl) -> None:
    assert [] == json.loads(wl("review", "--json", rig="max").out)


@pytest.mark.parametrize(("bare", "whole"), [("rig", "rig list"), ("policy", "policy show")])
def test_a_bare_group_runs_its_first_command(wl: Wl, bare: str, whole: str) -> None:
    expected = wl(*whole.split(), "--json")

    assert expected == wl(bare, "--json")
    assert json.loads(expected.out)


@pytest.mark.parametrize(("alias", "name"), [("status", "show"), ("delete", "withdraw")])
def test_an_alias_is_the_same_command(wl: Wl, alias: str, name: str) -> None:
    assert wl(name, "--help").out.partition("\n")[2] == wl(alias, "--help").out.partition("\n")[2]


def test_free_text_may_exclude_words(wl: Wl) -> None:
    wl("post", "--title", "retry logic")
    wl("post", "--title", "retry draft")

    ran = wl("search", "retry", "-draft", "--json=title")

    assert [{"title": "retry logic"}] == json.loads(ran.out)


def test_long_adds_the_descriptions_to_the_board(wl: Wl) -> None:
    wl("post", "--title", "One", "-d", "the details")

    assert "the details" not in wl("browse", "--color", "always").out
    assert "the details" in wl("browse", "-l", "--color", "always").out


def test_a_whole_life_in_the_terminal(wl: Wl) -> None:
    item = wl("post", "--title", "Work", "--type", "bug", "--jq", ".id").out.strip()

    codes = [
        wl("claim", item[:8], rig="bob").code,
        wl("extend", item, "--hours", "2", rig="bob").code,
        wl("done", item, "--evidence", "https://example.org/1", rig="bob").code,
        wl("comment", "1", "-m", "Nice", rig="max").code,
        wl("accept", item, "--quality", "good", "--dimension", "speed=fair", rig="max").code,
        wl("why", item).code,
        wl("rig", "show", "bob").code,
    ]

    assert [0] * 7 == codes
    assert "completed\n" == wl("show", item, "--jq", ".item.status").out
    assert {"quality": 0.8, "reliability": 0.8, "speed": 0.6} == json.loads(
        wl("show", item, "--jq", ".stamps[0].valence").out
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("wl rig sh", ["show"]),
        ("wl brow", ["browse"]),
        ("wl browse --status o", ["open"]),
        ("wl browse --posted-by b", ["bob"]),
        ("wl browse --view ", ["mine", "all", "upstream"]),
        ("wl rig trust a", ["ada"]),
    ],
)
def test_the_shell_completes_commands_words_and_handles(
    wl: Wl, words: str, expected: list[str]
) -> None:
    wl("whoami")
    *before, typed = words.split(" ")[1:]

    found = ShellComplete(cli, {}, "wl", "_WL_COMPLETE").get_completions(before, typed)

    assert expected == [item.value for item in found]


def test_completion_outside_a_commons_offers_nothing(wl: Wl) -> None:
    wl("whoami", rig="stranger")

    assert [] == ShellComplete(cli, {}, "wl", "_WL_COMPLETE").get_completions(["show"], "w")
