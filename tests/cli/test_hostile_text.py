"""Eighty hostile texts in every stored field: none reaches the terminal as what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import pytest

from cli.conftest import Shown
from cli.records import (
    BOARD,
    EVENTS,
    HITS,
    JOINED,
    LOG,
    MINE,
    NOON,
    QUEUE,
    REMARK,
    RIG,
    RIG_SHEET,
    RULES,
    SHEET,
    TRIAL,
    WHOAMI,
    receipt,
    submission,
)
from wasteland.cli.render import page
from wasteland.commons.data import to_data
from wasteland.hosts.base import RepoName
from wasteland.protocol.schema import TABLES

_SEQUENCES = (
    "\x1b[2J", "\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\x", "\x1bc",
    "\x1b[6n",
    "\x1b[?1049h", "\x1b(0", "\x1bP+q544e\x1b\\", "\x1b_x\x1b\\", "\x1b^x\x1b\\", "\x1b[8m hidden",
    "\x9b31m", "\x9d0;t\x9c", "\x90q\x9c", "\x85next", "\rover", "a\bb", "\x07", "\x7f", "\0",
    "\x0c",
    "\x0b", "\u202eevil", "\u202a", "\u202b", "\u202d", "\u2066x", "\u2067x", "\u2068x", "\u2069",
    "\u200eltr", "\u200frtl", "\u061carabic", "a\u200bb", "a\u200cb", "a\u200db", "\u2060",
    "\ufeffbom",
    "\xadsoft", "\u2028line", "\u2029paragraph", "\ud800lone", "\udfff", "\U000e0041\U000e0042",
    "\u180e", "[bold]x[/bold]", "[link=http://evil]x[/link]", "[/]", ":smile:", "a\nb\x1b[1m\nc",
)  # fmt: skip
_CONTROLS = tuple(
    f"x{chr(code)}y" for code in (*range(1, 9), *range(14, 32), *range(0x80, 0xA0, 2))
)
HOSTILE = (*_SEQUENCES, *_CONTROLS)
_FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_PAGES: tuple[tuple[str, Any], ...] = (
    ("browse", BOARD),
    ("search", HITS),
    ("show", SHEET),
    ("why", EVENTS),
    ("me", MINE),
    ("whoami", WHOAMI),
    ("rig list", [RIG]),
    ("rig show", RIG_SHEET),
    ("policy show", RULES),
    ("reports", QUEUE),
    ("audit", LOG),
    ("peer list", QUEUE.blocks),
    ("policy try", TRIAL),
    ("inbox", [submission(reasons=("no",))]),
    ("review", submission(reasons=("no",), comments=(REMARK,))),
    ("comment", REMARK),
    ("claim", receipt(state="pending", pull="3", note="n", branch="b")),
    ("claim", receipt(state="dry_run", sql=["UPDATE"], diff=[to_data(submission().rows[1])])),
    ("join", JOINED),
    ("list", [{"commons": "a/b", "handle": "ada", "engine": "dolt", "where": "/srv"}]),
    ("config", {"default": "a/b", "next": ["wl browse"], "note": "n", "list": ["x"]}),
)


def test_there_are_eighty_texts_and_more() -> None:
    assert len(set(HOSTILE)) >= 80
    assert sum(bool(_FORBIDDEN.search(text)) for text in HOSTILE) >= 75


@pytest.mark.parametrize(
    ("name", "result"), _PAGES, ids=[f"{n}-{name}" for n, (name, _) in enumerate(_PAGES)]
)
def test_no_hostile_text_reaches_the_terminal(shown: Shown, name: str, result: Any) -> None:
    for text in HOSTILE:
        out = shown(page(name, _poisoned(result, text), long=True, now=NOON), 200)

        assert not _FORBIDDEN.search(out), (text, out)


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/]", ":smile:"])
def test_markup_in_data_is_shown_as_it_is(shown: Shown, text: str) -> None:
    assert text in shown(page("show", _poisoned(SHEET, text), now=NOON))


def _poisoned(value: Any, text: str) -> Any:
    """Return *value* with *text* added to every text in it, however deep."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value + text if value not in _OWN_WORDS else value
    if isinstance(value, dict):
        return {_poisoned(name, text): _poisoned(part, text) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_poisoned(part, text) for part in value)
    if is_dataclass(value) and not isinstance(value, type | RepoName | datetime):
        return replace(value, **dict(_poisoned_fields(value, text)))
    return value


def _poisoned_fields(value: Any, text: str) -> Iterable[tuple[str, Any]]:
    for field in fields(value):
        yield field.name, _poisoned(getattr(value, field.name), text)


# Keys and words that our own code puts there and looks up again.
_OWN_WORDS = {
    "table",
    "key",
    "kind",
    "cells",
    "modified",
    "added",
    "commons",
    "handle",
    "engine",
    "where",
    "next",
    "note",
    "pending",
    "dry_run",
    "wanted",
    "completions",
} | {column.name for table in TABLES.values() for column in table.columns}
