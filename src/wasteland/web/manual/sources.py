"""
Where the documentation comes from: files beside the package, or those of the checkout it runs from.

Nothing else is read: a page is one of those that were found, by its name among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from ...protocol.lean import dataclass

_PACKAGE: Final = "wasteland"
_FOLDER: Final = "docs"
_GROUPS: Final = (("guide", "Guides"), ("reference", "Reference"), ("", "Background"))
_FIRST: Final = (
    "guide/mvgt",
    "guide/own-commons",
    "guide/hub",
    "guide/mvgt-raw-dolt",
    "glossary",
    "architecture",
)
"""What people read first; others follow by name."""


@dataclass(frozen=True, slots=True)
class Source:
    """
    One page of the documentation as it is written.

    Attributes:
        name: Its path below ``/docs``, without an ending.
        title: Its first heading.
        text: Markdown.
        says: Its first sentences.
    """

    name: str
    title: str
    text: str
    says: str


@cache
def pages() -> Mapping[str, Source]:
    """Return name -> page, in reading order; nothing where no documentation came along."""
    found = {name: _source(name, text) for name, text in _files(_root())}
    order = sorted(found, key=lambda name: (_place(name), name))
    return {name: found[name] for name in order}


def groups() -> Sequence[tuple[str, Sequence[Source]]]:
    """Return the pages by what they are: a word for people, and those of it."""
    shown = []
    for folder, label in _GROUPS:
        inside = [one for one in pages().values() if one.name.rpartition("/")[0] == folder]
        shown += [(label, inside)] if inside else []
    return shown


def _root() -> Traversable:
    package = resources.files(_PACKAGE)
    installed = package.joinpath(_FOLDER)
    if installed.is_dir():
        return installed
    return Path(str(package)).parent.parent / _FOLDER


def _files(folder: Traversable, below: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name.endswith(".md"):
            yield f"{below}{entry.name.removesuffix('.md')}", entry.read_text(encoding="utf-8")
        elif not below and entry.name in dict(_GROUPS):
            yield from _files(entry, f"{entry.name}/")


def _source(name: str, text: str) -> Source:
    lines = text.splitlines()
    title = next((line[2:] for line in lines if line.startswith("# ")), name)
    said = next(filter(_is_prose, text.split("\n\n")), "")
    return Source(name, title.strip(), text, " ".join(said.split()))


def _is_prose(block: str) -> bool:
    """Return whether a block of Markdown says something to readers of a list."""
    begins = block[:1].isalpha() or block.startswith("**")
    return begins and "do not edit" not in block


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)
