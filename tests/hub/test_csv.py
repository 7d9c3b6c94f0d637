"""Tables as CSV: the byte-order mark, what is quoted, all of a database as a ZIP."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Final

import pytest

from hub.desks import V1, Desk
from wasteland.hub.export import tables

WORDS: Final = ["plain", 'say "hi"', "a,b", "two\nlines", "=1+1", "ünïcødé ✓", " lead", ""]


@pytest.fixture
def words(any_desk: Desk) -> Desk:
    """A hub with a database whose table holds what is awkward in CSV."""
    body = {"ownerName": "acme", "repoName": "words", "visibility": "public"}
    any_desk.ok("POST", f"{V1}/database", "acme", json=body)
    values = ", ".join("({}, '{}')".format(n, w.replace("'", "''")) for n, w in enumerate(WORDS))
    for sql in (
        "CREATE TABLE words (id INT PRIMARY KEY, word VARCHAR(40))",
        f"INSERT INTO words VALUES {values}",
        "INSERT INTO words VALUES (99, NULL)",
    ):
        any_desk.ok("POST", f"{V1}/acme/words/write/main/main", "acme", params={"q": sql})
    return any_desk


def test_a_table_is_read_back_as_it_was(words: Desk) -> None:
    answer = words.send("GET", "/csv/acme/words/main/words")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))

    assert "text/csv; charset=utf-8" == answer.headers["content-type"]
    assert 'attachment; filename="words.csv"' == answer.headers["content-disposition"]
    assert ["id", "word"] == rows[0]
    assert [*WORDS, ""] == [row[1] for row in sorted(rows[1:], key=lambda row: int(row[0]))]


@pytest.mark.parametrize(
    ("query", "starts"), [("", True), ("?include_bom=1", True), ("?include_bom=0", False)]
)
def test_a_byte_order_mark_is_sent_unless_it_is_declined(
    desk: Desk, query: str, *, starts: bool
) -> None:
    content = desk.send("GET", f"/csv/acme/board/main/rigs{query}").content

    assert starts == content.startswith(b"\xef\xbb\xbf")


def test_all_tables_come_as_a_zip(words: Desk) -> None:
    answer = words.send("GET", "/csv/acme/words/main")

    assert "application/zip" == answer.headers["content-type"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert ["words.csv"] == archive.namelist()
        assert b"id,word" == archive.read("words.csv").splitlines()[0]


def test_a_table_is_not_cut_off_at_a_thousand_rows(desk: Desk) -> None:
    body = {"ownerName": "acme", "repoName": "many", "visibility": "public"}
    desk.ok("POST", f"{V1}/database", "acme", json=body)
    path = f"{V1}/acme/many/write/main/main"
    desk.ok("POST", path, "acme", params={"q": "CREATE TABLE t (n INT PRIMARY KEY)"})
    for start in range(0, 1500, 500):
        rows = ", ".join(f"({n})" for n in range(start, start + 500))
        desk.ok("POST", path, "acme", json={"query": f"INSERT INTO t VALUES {rows}"})

    lines = desk.send("GET", "/csv/acme/many/main/t?include_bom=0").text.splitlines()
    assert ["n", *map(str, range(1500))] == lines


def test_a_branch_and_a_commit_are_read_as_they_stand(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    item = desk.post("Old")
    desk.write("ada", f"wl/ada/{item}", f"UPDATE wanted SET title='New' WHERE id='{item}'")
    head = desk.hub.host.engine(desk.hub.host.repositories()[0]).head()

    branch = desk.send("GET", f"/csv/ada/board/wl%2Fada%2F{item}/wanted").text
    commit = desk.send("GET", f"/csv/acme/board/{head}/wanted").text
    assert ("New" in branch, "Old" in commit) == (True, True)


@pytest.mark.parametrize(
    "path",
    [
        "acme/none/main",
        "acme/board/none",
        "acme/board/main/none",
        "acme/board/main/rigs%60%3B--",
        "acme/board/main/sqlite_master",
        "acme/board/main/dolt_log",
        "acme/board/main/dolt_branches",
    ],
)
def test_what_is_not_there_is_told_in_the_form_of_the_first_api(desk: Desk, path: str) -> None:
    answer = desk.send("GET", f"/csv/{path}")

    assert (404, "Error", "not_found") == (
        answer.status_code,
        answer.json()["status"],
        answer.json()["code"],
    )


def test_what_is_too_long_for_one_archive_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 100)
    answer = desk.send("GET", "/csv/acme/board/main")

    assert 403 == answer.status_code
    assert "one by one" in answer.text
    assert desk.send("GET", "/csv/acme/board/main/rigs").is_success


def test_no_more_than_two_archives_are_made_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_PATIENCE_S", 0.01)
    with tables._MAKING, tables._MAKING:
        assert 503 == desk.send("GET", "/csv/acme/board/main").status_code

    assert desk.send("GET", "/csv/acme/board/main").is_success
