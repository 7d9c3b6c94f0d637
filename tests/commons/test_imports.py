"""Importing issues: what becomes of labels, of bad rows, and of importing again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commons.users import BOARD, User, maintainer
from wasteland.commons import workspace
from wasteland.commons.imports.csv_file import read_csv
from wasteland.commons.imports.drafts import draft
from wasteland.commons.imports.entries import MAX_BYTES, MAX_ENTRIES, Note
from wasteland.commons.imports.github import read_github
from wasteland.commons.imports.importer import ImportReport, Imports
from wasteland.commons.imports.labels import Reading, read_labels
from wasteland.commons.rigs import Rigs
from wasteland.commons.session import Seat
from wasteland.commons.undo import Undo
from wasteland.commons.work import Work
from wasteland.hosts.base import Host
from wasteland.protocol import fields
from wasteland.protocol.errors import Conflict, Invalid, LimitReached
from wasteland.protocol.records import WantedItem


@pytest.fixture
def user(tmp_path: Path) -> User:
    return maintainer(tmp_path / "home")


@pytest.fixture
def host(user: User) -> Iterator[Host]:
    with workspace.local_host(user.settings.host, user.settings) as opened:
        yield opened


@pytest.fixture
def org(host: Host) -> Imports:
    """The maintainer's session."""
    return Imports(host, BOARD, Seat("org", "org"))


def session(host: Host, kind: type, rig: str) -> Any:
    return kind(host, BOARD, Seat(rig, rig))


def issue(number: int = 1, **fields: Any) -> dict[str, Any]:
    url = f"https://github.com/acme/app/issues/{number}"
    return {"number": number, "title": f"Issue {number}", "url": url, "state": "OPEN", **fields}


def issues(*found: Mapping[str, Any]) -> bytes:
    return json.dumps(found).encode()


def take(imports: Imports, *found: Mapping[str, Any], **options: Any) -> ImportReport:
    return imports.import_entries(read_github(issues(*found)), **options)


def item(imports: Imports, report: ImportReport) -> WantedItem:
    """Return the first new item as main has it."""
    row = imports.engine.read("SELECT * FROM wanted WHERE id = :id", {"id": report.added[0].id})
    return WantedItem.from_row(row[0])


def test_an_issue_becomes_an_item_with_a_link_to_its_source(org: Imports) -> None:
    report = take(
        org,
        issue(
            7,
            body="It burns.\r\n",
            labels=[{"name": "bug"}, {"name": "priority: high"}, {"name": "ui"}],
            author={"login": "eve"},
            createdAt="2026-01-02T03:04:05Z",
            milestone={"title": "v2"},
        ),
    )

    got = item(org, report)
    assert got.title == "Issue 7"
    assert got.description == (
        "It burns.\n\nSource: https://github.com/acme/app/issues/7 by eve on 2026-01-02"
    )
    assert (got.project, got.type, got.priority, got.tags) == (
        "app",
        "bug",
        1,
        ("ui", "milestone:v2"),
    )
    assert (got.posted_by, got.status) == ("org", "open")


def test_a_whole_import_is_one_commit(org: Imports) -> None:
    before = len(org.engine.log())

    report = take(org, *(issue(number) for number in range(500)))

    assert len(report.added) == 500
    assert len(org.engine.log()) == before + 1
    assert report.receipt is not None
    assert report.receipt.rows == {"wanted": 500}


def test_importing_again_adds_nothing(org: Imports) -> None:
    first = take(org, issue(1), issue(2))

    again = take(org, issue(1), issue(2))

    assert ([], list(first.added)) == (again.added, again.unchanged)
    assert again.receipt is not None
    assert again.receipt.state == "unchanged"


def test_the_same_issue_by_its_number_is_the_same_item(org: Imports) -> None:
    take(org, issue(7))

    batch = read_github(issues({"number": 7, "title": "Issue 7"}), repo="acme/app")
    again = org.import_entries(batch, project="app")

    assert [] == again.added
    assert 1 == len(again.unchanged)


def test_a_changed_source_is_reported_and_left(org: Imports) -> None:
    report = take(org, issue(1))

    again = take(org, issue(1, title="Other"))

    assert [one.id for one in report.added] == [one.id for one in again.outdated]
    assert item(org, report).title == "Issue 1"


def test_update_writes_a_changed_source_and_keeps_what_it_does_not_state(
    org: Imports, host: Host
) -> None:
    session(host, Rigs, "org").set_rule("merge_at_once", "post,edit")
    report = take(org, issue(1))
    session(host, Work, "org").update(report.added[0].id, priority="critical")

    again = take(org, issue(1, title="Other"), update=True)

    assert 1 == len(again.updated)
    assert ("Other", 0) == (item(org, report).title, item(org, report).priority)


def test_an_update_waits_for_review_where_edits_do(org: Imports) -> None:
    report = take(org, issue(1))

    again = take(org, issue(1, title="Other"), update=True)

    assert again.receipt is not None
    assert ("pending", "Issue 1") == (again.receipt.state, item(org, report).title)


def test_an_issue_is_the_same_however_its_repository_is_spelled(org: Imports) -> None:
    report = take(org, issue(7))

    again = take(org, issue(7, url="https://GitHub.com/Acme/App/issues/7/"))

    assert [one.id for one in report.added] == [one.id for one in again.outdated]


def test_update_leaves_a_claimed_item(org: Imports, host: Host) -> None:
    report = take(org, issue(1))
    session(host, Work, "org").claim(report.added[0].id)

    again = take(org, issue(1, title="Other"), update=True)

    assert [] == again.updated
    assert "but it is claimed" in again.skipped[0].reason


def test_closed_issues_are_skipped_unless_asked_for(org: Imports) -> None:
    assert [] == take(org, issue(1, state="CLOSED")).added
    assert 1 == len(take(org, issue(1, state="CLOSED"), closed=True).added)


def test_a_dry_run_writes_nothing(org: Imports) -> None:
    before = org.engine.head()

    report = take(org, issue(1), dry_run=True)

    assert 1 == len(report.added)
    assert report.receipt is not None
    assert ("dry_run", before) == (report.receipt.state, org.engine.head())


def test_long_texts_are_cut_and_reported(org: Imports) -> None:
    report = take(org, issue(1, title="t" * 300, body="word " * 2000))

    got = item(org, report)
    assert 256 == len(got.title)
    assert got.title.endswith("t…")
    assert len(got.description or "") <= 4096
    assert (got.description or "").endswith("word…\n\nSource: https://github.com/acme/app/issues/1")
    assert ["title", "description"] == [note.field for note in report.notes]


def test_labels_that_cannot_be_tags_are_left_out_with_their_reason(org: Imports) -> None:
    report = take(org, issue(1, labels=["x" * 65, "fine", *(f"t{n}" for n in range(20))]))

    assert 20 == len(item(org, report).tags or ())
    assert ["tags", "tags"] == [note.field for note in report.notes]


def test_control_characters_in_a_body_become_signs(org: Imports) -> None:
    report = take(org, issue(1, body="\x1b[31mred"))

    assert (item(org, report).description or "").startswith("␛[31mred")
    assert "description" == report.notes[0].field


def test_one_bad_entry_does_not_keep_the_others_out(org: Imports) -> None:
    report = take(org, issue(1), {"number": 2}, issue(3, body=5), issue(4, title="a\nb"), issue(1))

    assert 1 == len(report.added)
    assert {
        ("entry 3", "body"),
        ("issue 2", "title"),
        ("https://github.com/acme/app/issues/4", "title"),
        ("https://github.com/acme/app/issues/1", "key"),
    } == {(note.source, note.field) for note in report.skipped}


def test_a_participant_meets_the_daily_cap_and_a_maintainer_does_not(
    org: Imports, host: Host
) -> None:
    session(host, Rigs, "ada").register(display_name="Ada")
    many = [issue(number) for number in range(21)]

    with pytest.raises(LimitReached):
        take(session(host, Imports, "ada"), *many)

    assert 21 == len(take(org, *many).added)


def test_where_posts_wait_for_review_an_import_is_one_pull_request(
    org: Imports, host: Host
) -> None:
    session(host, Rigs, "org").set_rule("merge_at_once", "register,claim")

    first = take(org, issue(1))
    second = take(org, issue(1), issue(2))

    pulls = host.pulls(BOARD)
    assert first.receipt is not None
    assert second.receipt is not None
    assert "pending" == first.receipt.state
    assert [pulls[0].id] == [pull.id for pull in pulls] == [second.receipt.pull]
    assert pulls[0].branch.startswith("wl/org/import-")
    assert ["https://github.com/acme/app/issues/2"] == [one.source for one in second.added]


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "no JSON"),
        (b'{"title": "x"}', "an object"),
        (b'"x"', "a text"),
        (b"[" * 100_000, "no JSON"),
        (b"\x7fELF\xff\xfe", "no UTF-8"),
        (b"\x00\x01", "NUL"),
        (b" " * (MAX_BYTES + 1), "at most"),
        (json.dumps([1] * (MAX_ENTRIES + 1)).encode(), "more than"),
    ],
)
def test_a_file_that_holds_no_issues_is_refused(data: bytes, part: str) -> None:
    with pytest.raises(Invalid, match=part):
        read_github(data)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_csv_is_read_whatever_parts_its_cells(org: Imports, sign: str) -> None:
    lines = [
        ["Summary", "Issue Type", "Prio", "effort_level", "Tags"],
        ["A", "task", "P0", "xl", "x"],
    ]
    data = "\ufeff" + "\r\n".join(sign.join(line) for line in lines)

    report = org.import_entries(read_csv(data.encode()), project="apollo")

    got = item(org, report)
    assert ("A", "chore", 0, "epic", ("x",), "apollo") == (
        got.title,
        got.type,
        got.priority,
        got.effort_level,
        got.tags,
        got.project,
    )


def test_a_bad_row_is_reported_with_the_line_that_it_begins_on(org: Imports) -> None:
    data = b'title,priority,note\n"A",low,\n"B","soon","two\nlines"\nC,,,\nD\n'

    report = org.import_entries(read_csv(data))

    assert ["A", "D"] == [one.title for one in report.added]
    assert [("line 5", ""), ("line 3", "priority")] == [
        (note.source, note.field) for note in report.skipped
    ]
    assert [Note("line 1", "Columns not read: note.")] == report.notes


def test_rows_of_two_trackers_with_the_same_key_are_two_items(org: Imports) -> None:
    data = b"id,title\n1,A\n1,B\n"

    first = org.import_entries(read_csv(data, source="jira"))
    second = org.import_entries(read_csv(data, source="trello"))

    assert (1, 1) == (len(first.added), len(second.added))
    assert "Its key '1' is that of line 2; only the first is read." == first.skipped[0].reason


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"a,b\n1,2\n", "No column is the title"),
        (b'title,body\nx,"open\ny,z\n', "broken in the row that begins at line 2"),
        (b'title\n"a"b\n', "broken in the row that begins at line 2"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused(data: bytes, part: str) -> None:
    with pytest.raises(Invalid, match=part):
        read_csv(data)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["Enhancement"], Reading(type="feature")),
        (["documentation", "bug"], Reading(type="docs", tags=("bug",))),
        (["good first issue"], Reading(effort="small")),
        (["P3", "size/XL"], Reading(priority=3, effort="epic")),
        (["high-priority", "kind: bug"], Reading(type="bug", priority=1)),
        (["priority: whatever", "2"], Reading(tags=("priority: whatever", "2"))),
    ],
)
def test_labels_name_type_priority_and_effort(labels: list[str], expected: Reading) -> None:
    assert expected == read_labels(labels)


def test_an_import_that_waits_for_review_is_taken_back_by_undo(org: Imports, host: Host) -> None:
    session(host, Rigs, "org").set_rule("merge_at_once", "register")
    take(org, issue(1))

    session(host, Undo, "org").undo()

    assert [] == host.pulls(BOARD)


def test_an_import_on_main_is_not_undone(org: Imports, host: Host) -> None:
    take(org, issue(1))

    with pytest.raises(Conflict, match="no opposite"):
        session(host, Undo, "org").undo()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts),
    max_leaves=5,
)
_FIELDS = ("title", "body", "url", "number", "labels", "state", "author", "createdAt", "milestone")


@given(st.lists(st.dictionaries(st.sampled_from(_FIELDS), _VALUES) | _VALUES, max_size=4))
def test_whatever_a_list_holds_each_entry_is_drafted_or_refused(entries: list[Any]) -> None:
    batch = read_github(json.dumps(entries).encode())

    assert len(entries) == len(batch.entries) + len(batch.skipped)
    for entry in batch.entries:
        with contextlib.suppress(Invalid):
            drafted, _ = draft(entry)
            assert fields.title(drafted.texts["title"]) == drafted.texts["title"]
            assert drafted.id.startswith("w-")


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"title,id\n{text}".encode())
)
def test_whatever_a_file_holds_it_is_a_table_or_invalid(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        batch = read_csv(data)
        assert all(entry.place.startswith("line ") for entry in batch.entries)


def test_a_repository_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid):
        read_github(issues(issue(1)), repo="nonsense")
