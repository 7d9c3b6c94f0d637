"""The SQL of the board agrees with the rule for one item, in both ways of reading it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commons.casts import NOON, Cast, refusal, write_rows
from wasteland.commons import queries
from wasteland.commons.listing import Filters, cursor_after, read_cursor
from wasteland.commons.pages import list_items
from wasteland.engines.base import Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.engines.sql import DOLTLITE, Dialect
from wasteland.protocol.records import WantedItem
from wasteland.protocol.schema import WANTED, Value

STEPWISE = replace(DOLTLITE, mixed_order=False)
TITLES = ("Fix it", "fix IT", "100% _done_!", "Ärger", "ärger", "Zeta", "")
WORDS = st.sampled_from(["", "a", "b"])
ROWS = [
    {
        "id": f"w-{number:02d}",
        "title": TITLES[number % 7],
        "project": (None, "a", "b")[number % 3],
        "type": ("a", None, "b", "a")[number % 4],
        "priority": (0, 1, 2, 2, 4, 7, None)[number % 7],
        "effort_level": ("small", "epic", None)[number % 3],
        "tags": (None, '["a"]', '["b", "a"]', "[]", "not json")[number % 5],
        "posted_by": ("a", "b")[number % 2],
        "claimed_by": (None, "a", None, "b")[number % 4],
        "status": ("open", "claimed", "open", "triaged", None)[number % 5],
        "created_at": (None, "2026-01-01 00:00:00", "2026-01-02 00:00:00")[number % 3],
    }
    for number in range(60)
]


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A board of sixty items of all kinds."""
    with DoltLiteEngine.create(tmp_path_factory.mktemp("board") / "board.db") as engine:
        statements = [WANTED.create_sql(), *WANTED.index_sql()]
        engine.run_ddl(statements, "schema", author="go", at=NOON)
        rows: list[dict[str, Value]] = ROWS  # type: ignore[assignment]
        write_rows(engine, "wanted", rows)
        yield engine


filters = st.builds(
    Filters,
    status=st.sampled_from(["", "open", "claimed", "triaged", "live"]),
    project=WORDS,
    type=WORDS,
    priority=st.sampled_from([None, 0, 2, 7]),
    effort=st.sampled_from(["", "small"]),
    tag=st.sampled_from(["", "a", "b", "a,b", " b , a "]),
    posted_by=WORDS,
    claimed_by=WORDS,
    text=st.sampled_from(["", "fix", "FIX", "%", "_", "!", "Ärger", "ä"]),
    sort=st.sampled_from(["priority", "newest", "alpha"]),
    limit=st.sampled_from([1, 3, 7, 20, 100]),
)


@given(filters)
def test_the_sql_lists_what_the_filters_admit_in_their_order(board: Engine, asked: Filters) -> None:
    everything = [WantedItem.from_row(row) for row in board.read("SELECT * FROM `wanted`")]

    listed = list_items(queries.at(board), DOLTLITE, asked)

    admitted = sorted((item for item in everything if asked.admits(item)), key=asked.order)
    assert [item.id for item in admitted][: asked.limit] == [item.id for item in listed]


@given(filters)
def test_reading_priority_by_priority_lists_the_same(board: Engine, asked: Filters) -> None:
    query = queries.at(board)

    whole, stepwise = list_items(query, DOLTLITE, asked), list_items(query, STEPWISE, asked)

    assert whole == stepwise


@given(filters, st.sampled_from([DOLTLITE, STEPWISE]))
def test_pages_together_list_what_one_does(board: Engine, asked: Filters, dialect: Dialect) -> None:
    query = queries.at(board)
    whole = list_items(query, dialect, replace(asked, limit=100))

    paged: list[WantedItem] = []
    page = list_items(query, dialect, asked)
    while page:
        paged += page
        after = read_cursor(cursor_after(page[-1]))
        page = list_items(query, dialect, replace(asked, after=after))

    assert [item.id for item in whole] == [item.id for item in paged]


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{}", "[1,2,3,4]", '["w",null,null]', '["w",2,"soon","t"]', "[" * 9999]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    assert "invalid" == refusal(lambda: read_cursor(text)).code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", 0),
        ("limit", 100_001),
        ("sort", "age"),
        ("priority", "urgent"),
        ("effort", "huge"),
        ("view", "theirs"),
        ("search", "x" * 1001),
    ],
)
def test_a_filter_that_no_item_could_match_is_invalid(cast: Cast, name: str, value: Any) -> None:
    assert "invalid" == refusal(lambda: cast.ada.browse(**{name: value})).code


def test_what_a_rig_holds_is_listed_whatever_its_status(cast: Cast) -> None:
    """Nothing that somebody holds is open: asking for both by default would show nothing."""
    item_id = cast.claimed()

    assert [item_id] == [row.item.id for row in cast.ben.browse(claimed_by="ben")]
