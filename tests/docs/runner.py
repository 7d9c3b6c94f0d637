"""
Runs the console blocks of a guide as its reader would, in one shell from top to bottom.

    $ command                 runs; without output below it, only its success is checked
    > more of it              continues a command on the next line
    text                      must be printed; [..] stands for anything within a line, and two
                              blanks for two or more, as columns are as wide as their texts
    ...                       stands for any lines
    [6]                       the exit code, where it is not 0

A comment `<!-- home: ada -->` makes ada type what follows, with a home directory of her own, where
she begins and stays where she was. SHARED names a directory that all of them can write. Pages are
what a terminal of 90 columns shows, without its colours.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import wasteland

_BLOCK = re.compile(
    r"<!-- home: (?P<home>[a-z]+) -->|^```console\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_CODE = re.compile(r"\[(\d+)\]\Z")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MARK = "@@wl-guide"
_XDG = {
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
}
TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Step:
    """
    One command of a guide.

    Attributes:
        line: Where it stands, for messages.
        home: Who types it.
        command: Shell text.
        expected: Lines of output; none if the guide shows none.
        code: Exit code.
    """

    line: int
    home: str
    command: str
    expected: tuple[str, ...] = ()
    code: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command printed, both streams together, and how it ended."""

    output: str
    code: int


def steps(text: str) -> list[Step]:
    """Return the commands of a guide in order."""
    found: list[Step] = []
    home = "you"
    for match in _BLOCK.finditer(text):
        home = match["home"] or home
        if match["text"] is not None:
            first = text.count("\n", 0, match.start("text")) + 1
            found += _block(match["text"], first, home)
    return found


def play(guide: Path, place: Path, extra: Mapping[str, str] | None = None) -> list[str]:
    """
    Run *guide* in the empty directory *place*.

    Args:
        guide: A page.
        place: Everything that the page makes stays below it.
        extra: More environment variables.
    Returns:
        What differs from the page, one text for each command that does; empty if nothing does.
    """
    todo = steps(guide.read_text())
    outcomes = _run(todo, place, extra or {})
    problems = []
    for step, outcome in zip(todo, outcomes, strict=False):
        if problem := _difference(step, outcome):
            problems.append(f"{guide.name}:{step.line}: $ {step.command}\n{problem}")
    if len(outcomes) < len(todo):
        problems.append(f"{guide.name}: the shell ended after {len(outcomes)} commands")
    return problems


def matches(expected: tuple[str, ...], output: str) -> bool:
    """Return whether *output* is what a page shows, with its wildcards."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else _line(line) + r"[ \t]*\n" for line in expected
    )
    shown = "".join(f"{_narrow(line)}\n" for line in output.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, shown) is not None


def _line(text: str) -> str:
    return r"[^\n]*".join(re.escape(part) for part in _narrow(text).rstrip().split("[..]"))


def _narrow(line: str) -> str:
    return re.sub(" {2,}", "  ", line)


def _block(text: str, first: int, home: str) -> Iterator[Step]:
    number, command, shown = first, "", list[str]()
    for offset, line in enumerate(text.splitlines()):
        if line.startswith("$ "):
            if command:
                yield _step(number, home, command, shown)
            number, command, shown = first + offset, line[2:], []
        elif line.startswith("> ") and not shown:
            command += f"\n{line[2:]}"
        else:
            shown.append(line)
    if command:
        yield _step(number, home, command, shown)


def _step(line: int, home: str, command: str, shown: list[str]) -> Step:
    while shown and not shown[-1].strip():
        shown.pop()
    code = 0
    if shown and (match := _CODE.match(shown[-1])):
        code = int(match[1])
        shown.pop()
    return Step(line, home, command, tuple(shown), code)


def _run(todo: list[Step], place: Path, extra: Mapping[str, str]) -> list[Outcome]:
    programs = place / "bin"
    programs.mkdir()
    wl = programs / "wl"
    wl.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wasteland.cli --color always "$@"\n')
    wl.chmod(0o755)
    kept = {name: os.environ[name] for name in ("LANG", "WL_DOLT") if name in os.environ}
    path = f"{programs}{os.pathsep}{extra.get('PATH', os.environ['PATH'])}"
    shared = place / "shared"
    shared.mkdir()
    env = {
        **kept,
        "PYTHONPATH": str(Path(wasteland.__file__).parents[1]),
        "TERM": "dumb",
        "COLUMNS": "90",
        "SHARED": str(shared),
        **extra,
        "PATH": path,
    }
    done = subprocess.run(
        ["bash", "-c", _script(todo, place)],
        env=env,
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    parts = re.split(rf"\n{_MARK} (\d+)\n", _COLOUR.sub("", done.stdout))
    return [Outcome(text, int(code)) for text, code in zip(parts[::2], parts[1::2], strict=False)]


def _script(todo: list[Step], place: Path) -> str:
    """Return one shell script: variables that a page sets last to its end, and what it starts."""
    lines, home = ["trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"], ""
    for step in todo:
        if step.home != home:
            lines += [f'DIR_{home}="$PWD"'] if home else []
            home = step.home
            lines += [*_lives_in(place / "home" / home), f'cd "${{DIR_{home}:-$HOME}}"']
        lines += [step.command, f"printf '\\n{_MARK} %s\\n' $?"]
    return "\n".join(lines)


def _lives_in(home: Path) -> list[str]:
    home.mkdir(parents=True, exist_ok=True)
    folders = [f'export {name}="{home / folder}"' for name, folder in _XDG.items()]
    return [f'export HOME="{home}"', *folders]


def _difference(step: Step, outcome: Outcome) -> str:
    if outcome.code != step.code:
        return f"exit code {outcome.code}, expected {step.code}; it printed:\n{outcome.output}"
    if step.expected and not matches(step.expected, outcome.output):
        return "expected:\n" + "\n".join(step.expected) + f"\nbut it printed:\n{outcome.output}"
    return ""
