"""A board as files: complete, without scripts, and no text breaks out of its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from commons.casts import NOON, REPO, Cast
from hub.played import play, stage
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.sql import insert_sql
from wasteland.hub.export import board
from wasteland.protocol.errors import Conflict

HOSTILE = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--", "-->", "]]>", "<![CDATA[", "&lt;b&gt;", "&#x3c;script&#x3e;", "{{7*7}}", "${7*7}",
    "javascript:alert(1)", "data:text/html,<script>1</script>",
    'https://a.example/" onclick="alert(1)', "https://a.example/<script>",
    "../../../etc/passwd", "a/b", "con", "index", ".", "..", "%2e%2e%2f", "A" * 64, "a" * 64,
    "\u202eevil", "\u2066x", "\x00", "\x1b]0;t\x07", "\u2028", "\ufeff", "ünï ✓ 😀", " ", "\n\r\t",
)  # fmt: skip
_TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "a", "table", "thead",
    "tbody", "tr", "th", "td", "code", "span", "dl", "dt", "dd", "hr",
}  # fmt: skip
_ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "href", "rel", "class", "dir"}


class Page(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    """A commons on which something has happened."""
    with stage(tmp_path / "host") as made:
        yield made


def visitor(cast: Cast) -> Commons:
    """Return a session that only reads."""
    return Commons(cast.host, REPO, Seat())


def pages(directory: Path) -> list[Path]:
    """Return all pages of an export."""
    return sorted(directory.rglob("*.html"))


def test_a_board_is_written_whole(cast: Cast, tmp_path: Path) -> None:
    accepted, waiting, claimed = play(cast)

    report = board(visitor(cast), tmp_path / "out")

    index = Page(tmp_path / "out" / "index.html")
    assert (3, cast.engine.head()) == (report.items, report.commit)
    assert [f"items/{claimed}.html", f"items/{accepted}.html"] == [
        link for link in index.links if claimed in link or accepted in link
    ]
    item = Page(tmp_path / "out" / "items" / f"{accepted}.html")
    assert 'He said "ünï" ✓' in item.text
    assert "https://example.org/pr/7" in item.links
    # What waits for review is on nobody's main yet.
    assert "claimed" in Page(tmp_path / "out" / "items" / f"{waiting}.html").text


def test_every_link_of_an_export_leads_somewhere(cast: Cast, tmp_path: Path) -> None:
    play(cast)
    board(visitor(cast), tmp_path / "out")

    for path in pages(tmp_path / "out"):
        for link in Page(path).links:
            if not urlsplit(link).scheme:
                assert (path.parent / link).resolve().is_file()
                assert (path.parent / link).resolve().is_relative_to(tmp_path / "out")


def test_the_data_says_what_the_pages_say(cast: Cast, tmp_path: Path) -> None:
    accepted, _, _ = play(cast)

    board(visitor(cast), tmp_path / "out")

    data = json.loads((tmp_path / "out" / "data.json").read_text())
    item = next(item for item in data["items"] if item["id"] == accepted)
    assert ("acme/board", cast.engine.head()) == (data["commons"], data["commit"])
    assert "completed" == item["status"]
    assert "ben" == item["completions"][0]["completed_by"]
    assert 0.8 == item["stamps"][0]["valence"]["quality"]


def test_no_text_breaks_out_of_its_place(cast: Cast, tmp_path: Path) -> None:
    plant(cast)

    report = board(visitor(cast), tmp_path / "out")

    assert len(HOSTILE) == report.items == len(pages(tmp_path / "out")) - 1
    for path in pages(tmp_path / "out"):
        page = Page(path)
        assert page.tags <= _TAGS
        assert page.attributes <= _ATTRIBUTES
        assert {urlsplit(link).scheme for link in page.links} <= {"", "https"}
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]", page.text
        )
    everything = "".join(Page(path).text for path in pages(tmp_path / "out"))
    assert all(text in everything for text in HOSTILE if text.isprintable())


def plant(cast: Cast) -> None:
    """Put hostile text into every field of an item, a completion and a stamp each."""
    with cast.engine.change() as change:
        for number, text in enumerate(HOSTILE):
            fields = {"description": text, "project": text, "type": text, "posted_by": text}
            item = {"id": text, "title": text, "status": text, "effort_level": text, **fields}
            item |= {"claimed_by": text, "tags": json.dumps([text])}
            done = {"id": f"c{number}", "wanted_id": text, "completed_by": text, "evidence": text}
            stamp = {"id": f"s{number}", "author": text, "subject": "x", "message": text}
            stamp |= {"valence": json.dumps({text: 0.5}), "context_id": f"c{number}"}
            stamp |= {"severity": text, "skill_tags": json.dumps([text])}
            for table, row in (("wanted", item), ("completions", done), ("stamps", stamp)):
                change.execute(insert_sql(table, tuple(row)), row)
        change.execute(
            "UPDATE _meta SET value = :name WHERE `key` = 'wasteland_name'", {"name": HOSTILE[1]}
        )
        tables = ["wanted", "completions", "stamps", "_meta"]
        change.commit("hostile", author="x", at=NOON, tables=tables)


def test_pages_load_nothing_and_say_so(cast: Cast, tmp_path: Path) -> None:
    play(cast)
    board(visitor(cast), tmp_path / "out")

    for path in pages(tmp_path / "out"):
        text = path.read_text()
        assert "default-src 'none'" in text
        assert "url(" not in text
        assert "@import" not in text
        assert not {"script", "img", "link", "iframe"} & Page(path).tags


def test_an_export_replaces_an_earlier_one_and_nothing_else(cast: Cast, tmp_path: Path) -> None:
    play(cast)
    board(visitor(cast), tmp_path / "out")
    stale = tmp_path / "out" / "items" / "w-gone.html"
    stale.touch()
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").touch()

    board(visitor(cast), tmp_path / "out")

    assert not stale.exists()
    with pytest.raises(Conflict):
        board(visitor(cast), other)
    assert ["host", "other", "out"] == sorted(path.name for path in tmp_path.iterdir())


def test_numbers_that_json_has_not_are_left_out(cast: Cast, tmp_path: Path) -> None:
    play(cast)
    with cast.engine.change() as change:
        change.execute('UPDATE stamps SET valence = \'{"quality": NaN, "speed": 1e999}\'')
        change.commit("odd", author="x", at=NOON, tables=["stamps"])

    board(visitor(cast), tmp_path / "out")

    data = json.loads((tmp_path / "out" / "data.json").read_text())
    (stamp,) = [stamp for item in data["items"] for stamp in item["stamps"]]
    assert {"quality": None, "speed": None} == stamp["valence"]
