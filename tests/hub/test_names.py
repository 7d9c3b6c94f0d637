"""Names that would lead elsewhere: nothing outside the hub's directory, no other's data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from hub.crawl import doors
from hub.desks import BOARD, V1, V2, Desk, hide, open_desk

_UPWARD: Final = (
    "..",
    "../..",
    "../../etc/passwd",
    "..\\..",
    "....//",
    "/etc/passwd",
    "//x",
    "\\x",
)
_ESCAPED: Final = ("%2e%2e", "%2e%2e%2f", "..%2f", "%252e%252e%252f", "%c0%ae%c0%ae/", "%00", "%2F")
_DOTS: Final = (".", "...", ".git", ".queues", ".pushes", ".indexes", ".dolt-databases", ".serving")
_OURS: Final = ("host.db", "hub.db", "webhooks.db", "evidence.db", "host.db-wal", "hub.db-journal")
_CONTROL: Final = (
    "a\0b",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\x1b[2J",
    "a\x7fb",
    "a b",
    " a",
    "a ",
    "\u2028",
)
_UNICODE: Final = (
    *(
        "\u0430cme",
        "\uff41cme",
        "acme\u200b",
        "\u202eemca",
        "açme",
        "ACME\u0301",
        "\u212aim",
        "\U0001d4b6cme",
    ),
    *(
        "\ufeffacme",
        "acme\u00a0",
        "\uff0e\uff0e",
        "\u2024\u2024/",
        "\u2044etc",
        "\u2215etc",
        "\ue000",
        "a\ue000b",
        "\U0010ffff",
    ),
)
_SYNTAX: Final = (
    *(
        "'",
        '"',
        "`",
        "a';--",
        'a"--',
        "a`b",
        "a;b",
        "a--b",
        "/*",
        "a/*b*/",
        "${x}",
        "$(id)",
        "`id`",
    ),
    *(
        "|id",
        "&id",
        "a&b=c",
        "a?b",
        "a#b",
        "a:b",
        "a@b",
        "a*b",
        "a[b",
        "a{b}",
        "{owner}",
        "%s",
        "%n",
    ),
    *(
        "-rf",
        "--help",
        "-",
        "--",
        "_",
        "~",
        "~root",
        "C:",
        "C:\\x",
        "\\\\x\\y",
        "file:///etc",
        "nul",
    ),
)
_LONG: Final = ("a" * 65, "a" * 255, "a" * 4096, "é" * 100, "a." * 40, "/" * 50, "../" * 60)
_WORDS: Final = ("main", "HEAD", "head", "fork", "pull", "origin", "wl", "api", "null", "undefined")
_REFS: Final = (
    *(
        "pull/1/head",
        "fork/ben/x",
        "main~1",
        "main^",
        "main..x",
        "HEAD~1",
        "@{-1}",
        "x.lock",
        "a//b",
    ),
    *("/x", "x/", "remote/x", "op/x", "0" * 32, "0" * 40, "WORKING", "STAGED", "refs/heads/main"),
)
STRINGS: Final = (
    *(_UPWARD + _ESCAPED + _DOTS + _OURS + _CONTROL + _UNICODE + _SYNTAX + _LONG + _WORDS + _REFS),
    "",
)
PLACES: Final = (
    *("owner", "database", "ref", "table", "from_branch", "to_branch", "pull_id", "pull", "handle"),
    *("id", "rule", "username", "operation_id", "token_id", "digest", "completion_id", "hook_id"),
    *("delivery_id", "file", "token"),
)
CASES: Final = ("Acme/board", "acme/Board", "ACME/BOARD", "aCME/bOARD")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub whose board is private and which no name here changes."""
    with open_desk(tmp_path_factory.mktemp("names") / "deep" / "host") as desk:
        hide(desk)
        yield desk


def _files(desk: Desk) -> set[str]:
    """Return what is in the hub's directory and two above it, but for temporary files."""
    top = desk.hub.host.root.parent.parent
    return {str(Path(d) / f) for d, subs, files in os.walk(top) for f in (*subs, *files)}


def test_there_are_enough_hostile_names() -> None:
    assert len(set(STRINGS)) >= 120


@pytest.mark.parametrize("place", PLACES)
def test_no_name_in_a_path_leads_anywhere_else(one: Desk, place: str) -> None:
    before = _files(one)
    names = {"owner": "acme", "database": "board", "ref": "main", "table": "wanted", "id": "w-1"}
    # Each name at one route, the next at the next one.
    tried = zip(STRINGS, cycle(d for d in doors(one.hub) if f"{{{place}}}" in d.path), strict=False)

    failed = [
        f"{door} {text!r}: {status}"
        for text, door in tried
        if (status := door.send(one, {**names, place: text}, "acme").status_code) >= 500
    ]
    assert [] == failed
    assert {f for f in _files(one) - before if "/.queues/" not in f} == set()


MAKING: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "database": (f"{V1}/database", {"ownerName": "acme", "repoName": "{}", "visibility": "public"}),
    "owner": (f"{V1}/database", {"ownerName": "{}", "repoName": "x", "visibility": "public"}),
    "v2 database": (f"{V2}/databases", {"owner": "acme", "name": "{}", "visibility": "private"}),
    "commons": ("/api/v1/commons", {"owner": "acme", "name": "{}", "handle": "mia"}),
    "fork owner": (
        f"{V1}/fork",
        {"ownerName": "{}", "parentOwnerName": "acme", "parentDatabaseName": "board"},
    ),
    "fork parent": (
        f"{V1}/fork",
        {"ownerName": "acme", "parentOwnerName": "{}", "parentDatabaseName": "{}"},
    ),
    "branch": (
        f"{V1}/acme/board/branches",
        {"newBranchName": "{}", "revisionType": "branch", "revisionName": "main"},
    ),
    "start": (
        f"{V1}/acme/board/branches",
        {"newBranchName": "b", "revisionType": "branch", "revisionName": "{}"},
    ),
    "tag": (
        f"{V1}/acme/board/tags",
        {"tagName": "{}", "revisionType": "branch", "revisionName": "main"},
    ),
    "release": (
        f"{V2}/databases/acme/board/releases",
        {"tag": "{}", "title": "x", "commit_sha": "main", "create_tag_if_not_exists": True},
    ),
    "rig": ("/api/v1/commons/acme/board/rigs", {"handle": "{}"}),
    "offered": (
        f"{V1}/acme/board/pulls",
        {
            "title": "x",
            "fromBranchOwnerName": "{}",
            "fromBranchRepoName": "{}",
            "fromBranchName": "{}",
        },
    ),
    "changes": (
        f"{V1}/acme/board/changes",
        {"branch": "{}", "from": "{}", "statements": [{"sql": "DELETE FROM wanted"}]},
    ),
}


@pytest.mark.parametrize("place", MAKING)
def test_nothing_is_made_by_a_name_that_leads_out(desk: Desk, place: str) -> None:
    path, body = MAKING[place]
    root = desk.hub.host.root
    above = set(root.parent.iterdir())
    failed = []
    for text in STRINGS:
        filled = {k: v.replace("{}", text) if isinstance(v, str) else v for k, v in body.items()}
        status = desk.send("POST", path, "acme", json=filled).status_code
        failed += [f"{text!r}: {status}"] if status >= 500 else []

    assert [] == failed
    assert above == set(root.parent.iterdir())
    owners = {p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")}
    assert owners <= {"acme"}
    assert all(_is_plain(file) for file in (root / "acme").iterdir())


def _is_plain(file: Path) -> bool:
    return file.name.isascii() and ".." not in file.name and " " not in file.name


# --- names that differ in case only


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("who", ["", "eve"])
def test_a_private_repository_is_not_reached_by_another_spelling(
    one: Desk, name: str, who: str
) -> None:
    if who and who not in one.tokens:
        one.account(who)
    for path in (
        f"{V1}/{name}/main",
        f"{V2}/databases/{name}",
        f"/csv/{name}/main",
        f"{V1}/{name}",
    ):
        assert 404 == one.send("GET", path, who).status_code


@pytest.mark.parametrize("name", CASES)
def test_no_two_repositories_differ_in_case_only(any_desk: Desk, name: str) -> None:
    """File systems and databases do not always tell them apart, so neither may the hub."""
    owner, _, database = name.partition("/")
    bodies = {
        f"{V1}/database": {"ownerName": owner, "repoName": database, "visibility": "public"},
        f"{V2}/databases": {"owner": owner, "name": database, "visibility": "public"},
        "/api/v1/commons": {"owner": owner, "name": database, "handle": "mia"},
    }
    hide(any_desk)
    found = {p: any_desk.send("POST", p, "acme", json=b).status_code for p, b in bodies.items()}

    assert {f"{V1}/database": 400, f"{V2}/databases": 409, "/api/v1/commons": 409} == found
    assert [BOARD] == any_desk.hub.host.repositories()
    assert 404 == any_desk.send("GET", f"{V1}/acme/board/main").status_code


def test_an_account_has_one_fork_however_it_spells_its_name(desk: Desk) -> None:
    desk.account("Ada")
    bodies = [
        {"ownerName": owner, "parentOwnerName": "acme", "parentDatabaseName": "board"}
        for owner in ("ADA", "ada", "Ada")
    ]
    found = [desk.send("POST", f"{V1}/fork", "Ada", json=body) for body in bodies]

    assert [200, 400, 400] == [answer.status_code for answer in found]
    assert "Ada" == found[0].json()["forked_owner"]
    assert ["Ada/board"] == [str(fork) for fork in desk.hub.host.forks(BOARD)]


def test_of_many_that_make_the_same_name_at_once_one_does(desk: Desk) -> None:
    names = ["new", "New", "NEW", "nEW"] * 2

    def make(name: str) -> int:
        body = {"ownerName": "acme", "repoName": name, "visibility": "private"}
        return int(desk.send("POST", f"{V1}/database", "acme", json=body).status_code)

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(make, names))

    assert [200] + [400] * 7 == found
    assert 2 == len(desk.hub.host.repositories())


def test_a_private_database_that_is_made_again_as_public_stays_private(desk: Desk) -> None:
    for visibility in ("private", "public"):
        body = {"ownerName": "acme", "repoName": "vault", "visibility": visibility}
        desk.send("POST", f"{V1}/database", "acme", json=body)

    assert 404 == desk.send("GET", f"{V2}/databases/acme/vault").status_code


def test_an_organisation_cannot_take_the_name_of_an_account(desk: Desk) -> None:
    desk.account("ada")
    desk.fork("ada")
    desk.account("eve")
    for owner in ("ada", "ADA", quote("\u0430da")):
        body = {"ownerName": owner, "repoName": "x", "visibility": "public"}
        answer = desk.send("POST", f"{V1}/database", "eve", json=body)

        assert answer.status_code in {400, 403}


def test_the_directory_of_a_hub_holds_no_names_that_requests_made_up(one: Desk) -> None:
    found: Mapping[str, Path] = {path.name: path for path in one.hub.host.root.iterdir()}

    assert {"acme"} == {name for name in found if not name.startswith(".") and ".db" not in name}
