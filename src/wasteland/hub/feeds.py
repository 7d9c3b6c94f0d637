"""
Atom feeds of a board and of a rig: records in, XML out.

Every entry keeps its id whatever the hub is called and wherever it moves, as long as its name for
ids stays; an item that changes is the same entry with a later time.
Source: RFC 4287 (Atom), RFC 4151 (tag URIs).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from ..hosts.base import RepoName
from ..protocol.lean import dataclass
from ..protocol.records import Completion, Stamp, WantedItem
from ..protocol.text import terminal_safe

CONTENT_TYPE: Final = "application/atom+xml; charset=utf-8"
MOST_ENTRIES: Final = 100

_ATOM: Final = "http://www.w3.org/2005/Atom"
_SINCE: Final = "2026"  # an id states when its authority was ours
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Code points that XML cannot hold and that ``terminal_safe`` lets pass.
_NOT_XML: Final = re.compile("[\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Site:
    """
    Where a feed is served.

    Attributes:
        url: The hub's own address, without a slash at its end.
        authority: A host name for ids, which must never change.
    """

    url: str
    authority: str

    def id(self, repo: RepoName, *parts: str) -> str:
        """Return the tag URI of something in a repository."""
        return f"tag:{self.authority},{_SINCE}:{_path(repo, parts)}"

    def page(self, repo: RepoName, *parts: str) -> str:
        """Return the address of the page of something in a repository."""
        return f"{self.url}/{_path(repo, parts)}"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One entry of a feed.

    Attributes:
        id: A tag URI.
        link: A page about it.
        updated: When it last changed.
        author: A rig's handle; "" for nobody.
        words: Categories: status, tags.
    """

    id: str
    title: str
    link: str
    updated: datetime
    author: str
    summary: str
    words: tuple[str, ...] = ()


def board(site: Site, repo: RepoName, items: Sequence[WantedItem], *, self_url: str) -> bytes:
    """
    Return the feed of a board.

    Args:
        items: In any order; the hundred that changed last are told.
        self_url: Where this feed is served.
    """
    entries = [_item(site, repo, item) for item in items]
    return _feed(site.id(repo, "board"), f"Board of {repo}", site.page(repo), self_url, entries)


def rig(
    site: Site,
    repo: RepoName,
    handle: str,
    completions: Sequence[Completion],
    stamps: Sequence[Stamp],
    *,
    self_url: str,
) -> bytes:
    """
    Return the feed of a rig: the work that it handed in and the stamps that it was given.

    Args:
        completions: Its own.
        stamps: About it.
        self_url: Where this feed is served.
    """
    entries = [_completion(site, repo, completion) for completion in completions]
    entries += [_stamp(site, repo, stamp) for stamp in stamps]
    page = site.page(repo, "rigs", handle)
    return _feed(site.id(repo, "rigs", handle), f"{handle} on {repo}", page, self_url, entries)


def _path(repo: RepoName, parts: Sequence[str]) -> str:
    names = (repo.owner, repo.name, *parts)
    return "/".join(quote(name, safe="", errors="replace") for name in names)


def _item(site: Site, repo: RepoName, item: WantedItem) -> Entry:
    tags = item.tags if isinstance(item.tags, tuple) else ()
    status = item.status or "open"
    held = f", held by {item.claimed_by}" if item.claimed_by else ""
    return Entry(
        id=site.id(repo, "wanted", item.id),
        title=item.title or item.id,
        link=site.page(repo, "wanted", item.id),
        updated=item.updated_at or item.created_at or _LONG_AGO,
        author=item.posted_by or "",
        summary=f"{status}{held}\n\n{item.description or ''}".strip(),
        words=(status, *map(str, tags)),
    )


def _completion(site: Site, repo: RepoName, completion: Completion) -> Entry:
    item_id = completion.wanted_id or ""
    verb = "Accepted" if completion.stamp_id else "Handed in"
    return Entry(
        id=site.id(repo, "completions", completion.id),
        title=f"{verb}: {item_id}",
        link=site.page(repo, "wanted", item_id),
        updated=completion.validated_at or completion.completed_at or _LONG_AGO,
        author=completion.completed_by or "",
        summary=completion.evidence or "",
        words=("completion",),
    )


def _stamp(site: Site, repo: RepoName, stamp: Stamp) -> Entry:
    return Entry(
        id=site.id(repo, "stamps", stamp.id),
        title=f"{stamp.author} stamps {stamp.subject}",
        link=site.page(repo, "rigs", stamp.subject),
        updated=stamp.created_at or _LONG_AGO,
        author=stamp.author,
        summary=stamp.message or "",
        words=("stamp", stamp.severity or "leaf"),
    )


def _feed(feed_id: str, title: str, page: str, self_url: str, entries: Sequence[Entry]) -> bytes:
    newest = sorted(entries, key=lambda e: (e.updated, e.id), reverse=True)[:MOST_ENTRIES]
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "id", feed_id)
    _add(root, "title", title)
    _add(root, "updated", _time(newest[0].updated if newest else _LONG_AGO))
    _add(ET.SubElement(root, "author"), "name", title)
    ET.SubElement(root, "link", {"rel": "self", "href": self_url})
    ET.SubElement(root, "link", {"rel": "alternate", "href": page})
    for entry in newest:
        _add_entry(root, entry)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add_entry(root: ET.Element, entry: Entry) -> None:
    element = ET.SubElement(root, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", _plain(entry.title))
    _add(element, "updated", _time(entry.updated))
    if entry.author:
        _add(ET.SubElement(element, "author"), "name", _plain(entry.author))
    ET.SubElement(element, "link", {"rel": "alternate", "href": entry.link})
    for word in entry.words:
        ET.SubElement(element, "category", {"term": _plain(word)})
    _add(element, "summary", _plain(entry.summary))


def _add(parent: ET.Element, name: str, text: str) -> None:
    # Without a type, Atom takes text as text: nothing in it is markup for a reader.
    ET.SubElement(parent, name).text = text


def _plain(text: str) -> str:
    return _NOT_XML.sub("\ufffd", terminal_safe(text))


def _time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
