"""The runner of guides notices what differs, or the guides would prove nothing."""

from __future__ import annotations

from pathlib import Path

from docs.runner import Step, matches, play, steps

PAGE = """
# A page
<!-- home: ada -->
```console
$ echo "one
> two"
one
two
$ false
[1]
```
Text.

```sh
not run
```
<!-- home: ben -->
```console
$ pwd
[..]/home/ben
```
"""


def write(place: Path, text: str) -> Path:
    page = place / "page.md"
    page.write_text(text)
    return page


def test_commands_are_read_with_their_home_output_and_exit_code() -> None:
    expected = [
        Step(5, "ada", 'echo "one\ntwo"', ("one", "two")),
        Step(9, "ada", "false", code=1),
        Step(19, "ben", "pwd", ("[..]/home/ben",)),
    ]

    assert expected == steps(PAGE)


def test_a_page_that_tells_the_truth_has_no_problems(tmp_path: Path) -> None:
    assert [] == play(write(tmp_path, PAGE), tmp_path)


def test_a_variable_lasts_to_the_end_of_the_page(tmp_path: Path) -> None:
    page = "```console\n$ WORD=kept\n```\n<!-- home: ben -->\n```console\n$ echo $WORD\nkept\n```\n"

    assert [] == play(write(tmp_path, page), tmp_path)


def test_everyone_stays_where_they_were(tmp_path: Path) -> None:
    block = "<!-- home: {} -->\n```console\n$ {}\n```\n"
    turns = [("ada", "mkdir deep; cd deep"), ("ben", "cd /"), ("ada", "pwd\n[..]/home/ada/deep")]
    page = "".join(block.format(*turn) for turn in turns)

    assert [] == play(write(tmp_path, page), tmp_path)


def test_other_output_is_reported_with_its_place(tmp_path: Path) -> None:
    problems = play(write(tmp_path, "```console\n$ echo yes\nno\n```\n"), tmp_path)

    assert ["page.md:2: $ echo yes\nexpected:\nno\nbut it printed:\nyes\n"] == problems


def test_an_unexpected_exit_code_is_reported_also_without_output(tmp_path: Path) -> None:
    (problem,) = play(write(tmp_path, "```console\n$ (exit 3)\n```\n"), tmp_path)

    assert "exit code 3, expected 0" in problem


def test_a_shell_that_ends_early_is_reported(tmp_path: Path) -> None:
    problems = play(write(tmp_path, "```console\n$ exit 0\n$ echo never\n```\n"), tmp_path)

    assert ["page.md: the shell ended after 0 commands"] == problems


def test_wildcards_stand_for_parts_of_a_line_and_for_lines() -> None:
    assert matches(("a [..] z", "...", "end"), "a b c z\nmore\nand more\nend\n")
    assert matches(("a", "..."), "a\n")
    assert matches(("a  b",), "a     b\n")
    assert not matches(("a  b",), "a b\n")
    assert not matches(("a [..] z",), "a b\nc z\n")
    assert not matches(("a",), "a\nb\n")
    assert not matches(("a.c",), "abc\n")
