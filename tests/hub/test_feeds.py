"""Atom feeds, read back by an XML parser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from wasteland.hosts.base import RepoName
from wasteland.hub.feeds import MOST_ENTRIES, Site, board, rig
from wasteland.protocol.records import Completion, Stamp, WantedItem

REPO = RepoName("acme", "board")
SITE = Site("https://hub.example", "hub.example")
SELF = "https://hub.example/acme/board/feed.atom"
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ITEM = WantedItem(
    id="w-1",
    title="Add retry logic",
    description="Three times.",
    tags=("python",),
    posted_by="ada",
    created_at=NOON,
    updated_at=NOON,
)
NAMES = {"a": "http://www.w3.org/2005/Atom"}


def _read(feed: bytes) -> ET.Element:
    return ET.fromstring(feed)  # noqa: S314  # our own


def _texts(root: ET.Element, path: str) -> list[str]:
    return [element.text or "" for element in root.findall(path, NAMES)]


def test_board_tells_of_each_item() -> None:
    root = _read(board(SITE, REPO, [ITEM], self_url=SELF))

    assert ["tag:hub.example,2026:acme/board/board"] == _texts(root, "a:id")
    assert ["tag:hub.example,2026:acme/board/wanted/w-1"] == _texts(root, "a:entry/a:id")
    assert ["Add retry logic"] == _texts(root, "a:entry/a:title")
    assert ["2026-03-01T12:00:00Z"] == _texts(root, "a:entry/a:updated")
    assert ["ada"] == _texts(root, "a:entry/a:author/a:name")
    assert ["open\n\nThree times."] == _texts(root, "a:entry/a:summary")
    terms = [e.get("term") for e in root.findall("a:entry/a:category", NAMES)]
    assert ["open", "python"] == terms
    links = [e.get("href") for e in root.findall("a:entry/a:link", NAMES)]
    assert ["https://hub.example/acme/board/wanted/w-1"] == links


def test_entry_of_a_changed_item_keeps_its_id_and_comes_first() -> None:
    later = WantedItem(id="w-1", title="New", created_at=NOON, updated_at=NOON + timedelta(days=1))
    other = WantedItem(id="w-2", title="Other", created_at=NOON, updated_at=NOON)
    root = _read(board(SITE, REPO, [other, later], self_url=SELF))

    before = _read(board(SITE, REPO, [ITEM], self_url=SELF))
    assert _texts(before, "a:entry/a:id") == _texts(root, "a:entry/a:id")[:1]
    assert ["2026-03-02T12:00:00Z"] == _texts(root, "a:updated")


def test_rig_is_told_of_by_work_and_stamps() -> None:
    work = Completion(
        id="c-1", wanted_id="w-1", completed_by="ben", evidence="https://x.test", completed_at=NOON
    )
    stamp = Stamp(
        id="s-1", author="max", subject="ben", message="Clean.", created_at=NOON + timedelta(1)
    )
    root = _read(rig(SITE, REPO, "ben", [work], [stamp], self_url=SELF))

    assert ["max stamps ben", "Handed in: w-1"] == _texts(root, "a:entry/a:title")
    assert ["Clean.", "https://x.test"] == _texts(root, "a:entry/a:summary")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> & ]]> <!-- ",
        "\x00\x08\x1b[31m\x7f\x9b \ufffe\uffff \u202e",
        '"><entry><id>x</id></entry>',
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
        "lone \ud800 surrogate",
    ],
)
def test_hostile_text_is_text(text: str) -> None:
    item = WantedItem(
        id=text, title=text, description=text, posted_by=text, claimed_by=text, tags=(text,)
    )
    root = _read(board(SITE, REPO, [item], self_url=SELF))

    assert 1 == len(root.findall("a:entry", NAMES))
    assert {"id", "title", "updated", "author", "link", "category", "summary", "name", "entry"} == {
        element.tag.partition("}")[2] for element in root.findall("a:entry//", NAMES)
    } | {"entry"}
    assert not any("\x1b" in found for found in root.itertext())


def test_empty_board_is_a_feed_too() -> None:
    root = _read(board(SITE, REPO, [], self_url=SELF))

    assert ["1970-01-01T00:00:00Z"] == _texts(root, "a:updated")


def test_feed_ends_after_its_newest_entries() -> None:
    items = [
        WantedItem(id=f"w-{n}", updated_at=NOON + timedelta(minutes=n))
        for n in range(MOST_ENTRIES + 5)
    ]
    root = _read(board(SITE, REPO, items, self_url=SELF))

    ids = _texts(root, "a:entry/a:id")
    assert MOST_ENTRIES == len(ids)
    assert ids[0].endswith(f"/w-{MOST_ENTRIES + 4}")


def test_records_without_times_do_not_break_a_feed() -> None:
    root = _read(rig(SITE, REPO, "ben", [Completion(id="c")], [Stamp(id="s")], self_url=SELF))

    assert 2 == len(root.findall("a:entry", NAMES))
