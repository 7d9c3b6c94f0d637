"""A commons that has one of everything, whose texts a test chooses; and the pages that show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from starlette.routing import BaseRoute

from hub.desks import API
from wasteland.engines.base import Engine
from wasteland.protocol.schema import Value
from wasteland.web.visits import PageRoute
from web.browsers import BOARD, Browser, Office

Say = Callable[[str], str]
"""Takes the name of a place where text stands, and returns the text."""

_EXAMPLES: Final = {
    "handle": "ben",
    "name": "guide/mvgt",
    "secret": "none",
    "token": "none",
}
_ENDLESS: Final = frozenset({"live", "download"})
"""Routes that answer with events or with a file."""
_TIME: Final = "2026-03-04 05:06:07"
_STATUSES: Final = ("open", "claimed", "in_review", "completed", "withdrawn")


def fill(office: Office, say: Say, *, items: int = 8) -> dict[str, str]:
    """
    Fill the board past every form, and return an example for each part of an address.

    Args:
        say: Returns the text of a place.
        items: How many are on the board besides.
    """
    desk = office.desk
    desk.ok("POST", f"{API}/wanted", "acme", json={"title": "By its form", "type": "docs"})
    for rig in ("ben", "ada"):
        office.member(rig)
    waiting = office.post("Work on it waits", type="bug", priority="high")
    desk.ok("POST", f"{API}/wanted/{waiting}/claim", "ben", json={})
    body = {"evidence": "https://example.org/pull/1"}
    pull = str(desk.ok("POST", f"{API}/wanted/{waiting}/done", "ben", json=body)["pull"])
    engine = desk.hub.host.engine(desk.hub.host.repositories()[0])
    _write(engine, office, [*_wanted(say, items), *_rigs(say), *_work(say), *_names(say)])
    for place in ("comment", "comment again"):
        desk.hub.host.comment(
            desk.hub.host.repositories()[0], pull, author="ben", body=say(place) or "-"
        )
    _foreign_pull(office, say)
    for kind, target in (("item", "w-full"), ("rig", "ben")):
        body = {"kind": kind, "target": target, "category": "spam", "reason": say("report") or "-"}
        desk.ok("POST", f"{API}/moderation/reports", "ada", json=body)
    return {**_EXAMPLES, "item": "w-full", "waiting": waiting, "pull": pull}


def _write(engine: Engine, office: Office, rows: Sequence[tuple[str, dict[str, Value]]]) -> None:
    with engine.change("main") as change:
        for table, row in rows:
            names = ", ".join(f"`{name}`" for name in row)
            marks = ", ".join(f":{name}" for name in row)
            change.run(f"REPLACE INTO `{table}` ({names}) VALUES ({marks})", row)
        change.commit(
            "rows of another client",
            author="mia",
            at=office.desk.hub.host.now(),
            tables=sorted({table for table, _ in rows}),
        )


def _wanted(say: Say, items: int) -> list[tuple[str, dict[str, Value]]]:
    rows = []
    for number in range(items):
        status = _STATUSES[number % len(_STATUSES)]
        rows.append(_item(f"w-{number:04}", say, status, number % 6))
    return [*rows, _item("w-full", say, "completed", 1)]


def _item(key: str, say: Say, status: str, priority: int) -> tuple[str, dict[str, Value]]:
    return "wanted", {
        "id": key,
        "title": say("title"),
        "description": say("description"),
        "project": say("project"),
        "type": "bug",
        "priority": priority,
        "tags": json.dumps([say("tag"), "python"]),
        "posted_by": say("poster"),
        "claimed_by": None if status == "open" else "ben",
        "status": status,
        "effort_level": "small",
        "created_at": _TIME,
        "updated_at": _TIME,
    }


def _rigs(say: Say) -> list[tuple[str, dict[str, Value]]]:
    return [
        (
            "rigs",
            {
                "handle": say("handle") if number else "max",
                "display_name": say("display name"),
                "dolthub_org": say("account") if number else "max",
                "hop_uri": say("address"),
                "owner_email": say("email"),
                "rig_type": say("kind") if number else "agent",
                "trust_level": number % 4,
                "registered_at": _TIME,
            },
        )
        for number in range(4)
    ]


def _work(say: Say) -> list[tuple[str, dict[str, Value]]]:
    completion: dict[str, Value] = {
        "id": "c-full",
        "wanted_id": "w-full",
        "completed_by": "ben",
        "evidence": say("evidence"),
        "validated_by": "mia",
        "stamp_id": "s-full",
        "completed_at": _TIME,
        "validated_at": _TIME,
    }
    stamp: dict[str, Value] = {
        "id": "s-full",
        "author": "mia",
        "subject": "ben",
        "valence": json.dumps({"quality": 5, say("dimension"): 3}),
        "confidence": 0.8,
        "severity": "leaf",
        "context_id": "c-full",
        "context_type": "completion",
        "skill_tags": json.dumps([say("skill")]),
        "message": say("stamp message"),
        "created_at": _TIME,
    }
    badge: dict[str, Value] = {
        "id": "b-full",
        "rig_handle": "ben",
        "badge_type": say("badge"),
        "awarded_at": _TIME,
        "evidence": say("evidence"),
    }
    return [("completions", completion), ("stamps", stamp), ("badges", badge)]


def _names(say: Say) -> list[tuple[str, dict[str, Value]]]:
    return [("_meta", {"key": "wasteland_name", "value": say("wasteland name")})]


def _foreign_pull(office: Office, say: Say) -> None:
    """Offer work as a raw client does: a branch, a commit message and a title of its own."""
    host = office.desk.hub.host
    repo = host.repositories()[0]
    fork = host.fork(repo, "ada")
    engine = host.engine(fork)
    engine.create_branch("wl/ada/w-0000")
    with engine.change("wl/ada/w-0000") as change:
        change.execute(
            "INSERT INTO `completions` (`id`, `wanted_id`, `completed_by`, `evidence`) "
            "VALUES (:id, :item, :rig, :evidence)",
            {"id": "c-raw", "item": "w-0000", "rig": "ada", "evidence": say("evidence")},
        )
        change.commit(
            say("commit message") or "-", author="ada", at=host.now(), tables=["completions"]
        )
    host.open_pull(
        repo,
        source=fork,
        branch="wl/ada/w-0000",
        title=say("pull title"),
        body=say("pull body"),
        author="ada",
    )


# --- pages


def pages(office: Office, examples: dict[str, str], *, whole: bool = True) -> list[str]:
    """
    Return the address of every page that the router knows, with real values for its parts.

    Args:
        whole: Leave out those that are put into other pages.
    Raises:
        AssertionError: A page's address has a part that no example is given for.
    """
    known = {"owner": BOARD.split("/")[1], "database": BOARD.split("/")[2], **examples}
    browser = office.browser("acme")
    found = []
    for route in routes(office.app):
        if (
            isinstance(route, PageRoute)
            and "GET" in (route.methods or ())
            and route.name not in _ENDLESS
        ):
            missing = set(route.param_convertors) - set(known)
            assert not missing, f"give an example for {missing} of {route.path}"
            path = _filled(route, known)
            if not whole or _is_whole(browser, path):
                found.append(path)
    return sorted(set(found))


def _is_read(route: PageRoute) -> bool:
    return "GET" in (route.methods or ()) and route.name not in _ENDLESS


def _is_whole(browser: Browser, path: str) -> bool:
    return browser.get(path).html.lstrip().lower().startswith("<!doctype html")


def _filled(route: PageRoute, known: dict[str, str]) -> str:
    path = route.path
    for name in route.param_convertors:
        path = path.replace(f"{{{name}}}", quote(known[name], safe=""))
        path = path.replace(f"{{{name}:path}}", quote(known[name]))
    return path


def routes(app: Any) -> Iterator[BaseRoute]:
    """Yield the routes behind whatever stands in front of them."""
    while not hasattr(app, "routes"):
        app = app._app  # each layer keeps the next one there
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from routes(inner)
