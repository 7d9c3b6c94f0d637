"""
The permissions matrix of the administration guide, on every route of the web app, by every role.

Forms are sent straight to the server, past any page that would not show them. What is refused has
written nothing, which is looked at in all that the hub keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from wasteland.commons.operations import OPERATIONS
from wasteland.web.app import add_pages
from web.browsers import Office, open_office
from web.permissions import ROLES, Row, rows
from web.stage import Stage

_ROWS = rows()
_CASES = [(preset, row) for preset in ("team", "open") for row in _ROWS if preset in row.expected]
_WEB = "wasteland.web."


@pytest.fixture(scope="module")
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A commons under a preset, with one account for each role."""
    root = tmp_path_factory.mktemp(request.param) / "host"
    with open_office(root, allow_outgoing=True) as office:
        yield Stage(office, request.param)


@pytest.mark.parametrize(("stage", "row"), _CASES, indirect=["stage"], ids=str)
def test_each_role_gets_what_the_table_says(stage: Stage, row: Row) -> None:
    is_endless = row.path.endswith("/live")
    if is_endless:
        stage.office.desk.hub.stopping.set()

    got = "".join(stage.attempt(row, role) for role in ROLES)

    if is_endless:
        stage.office.desk.hub.stopping.clear()
    assert row.expected[stage.preset] == got


def test_every_route_of_the_web_app_has_a_row(office: Office) -> None:
    app = FastAPI()
    add_pages(app, office.desk.hub)
    known = [(row.method, row.path) for row in _ROWS]

    missing = [
        f"{method} {route.path}"
        for route in _routes(app)
        for method in sorted(route.methods - {"HEAD"})
        if not any(method == m and _fits(route.path, path) for m, path in known)
    ]

    assert [] == missing


def test_every_step_of_an_item_has_a_row() -> None:
    """One route answers for all of them; the rules tell them apart."""
    steps = {
        row.route.rpartition("/")[2]
        for row in OPERATIONS
        if row.route.startswith("POST /wanted/{id}/")
    }

    assert steps == {
        row.path.rpartition("/")[2]
        for row in _ROWS
        if row.method == "POST" and re.search(r"/wanted/\{\w+\}/(?!edit)\w+\Z", row.path)
    }


def test_the_table_is_the_matrix_of_the_guide() -> None:
    """Action by action under ``team``: what contributors, maintainers and owners may do."""
    cells = {str(row): row.expected["team"][2:5].replace(".", "-") for row in _ROWS}
    matrix = {
        "+++": (
            "GET /{owner}/{database}",
            "POST /{owner}/{database}/wanted/{open}/claim",
            "POST /{owner}/{database}/wanted/{mine}/done evidence=https://example.org/1",
        ),
        "-++": (
            "POST /{owner}/{database}/new title=Work",
            "POST /{owner}/{database}/wanted/{submitted}/accept quality=good",
            "POST /{owner}/{database}/wanted/{submitted}/reject reason=More",
            "POST /{owner}/{database}/wanted/{submitted}/close",
        ),
        "--+": (
            "GET /{owner}/{database}/review",
            "POST /{owner}/{database}/settings/members account=bess role=contributor",
            "POST /{owner}/{database}/settings/members/{member}/remove",
            "POST /{owner}/{database}/settings/general description=Board{n}",
            "POST /{owner}/{database}/settings/policy lease_hours={n}1",
            "POST /{owner}/{database}/rigs/{rig}/trust level={level} reason=Good",
            "POST /{owner}/{database}/settings/pulls/{pull}/merge",
            "POST /{owner}/{database}/settings/pulls/{offer}/close",
        ),
    }

    assert {line: want for want, lines in matrix.items() for line in lines} == {
        line: cells[line] for lines in matrix.values() for line in lines
    }
    assert "---!-" == cells_of("POST /{owner}/{database}/settings/delete typed=another")


def cells_of(line: str) -> str:
    """Return what those who are signed in get by a row, under ``team``."""
    return next(row.expected["team"][1:] for row in _ROWS if str(row) == line)


def _routes(app: FastAPI) -> Iterator[Any]:
    for context in iter_route_contexts(app.routes):
        endpoint = getattr(context, "endpoint", None)
        if getattr(endpoint, "__module__", "").startswith(_WEB):
            yield context


def _fits(route: str, path: str) -> bool:
    """Whether the path of a row is one that a route answers."""
    pattern = re.sub(r"\\{\w+:path\\}", ".+", re.escape(route))
    return bool(re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", pattern), path))
