"""A hub with a commons and accounts, and clients that speak to it in-process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from starlette.testclient import TestClient

from wasteland.commons.creation import create_commons
from wasteland.hosts.base import RepoName
from wasteland.hosts.journaled import utc_now
from wasteland.hosts.local import LocalHost
from wasteland.hub.app import create_app
from wasteland.hub.catalog import Entry, Visibility
from wasteland.hub.hub import Hub, Options
from wasteland.hub.tokens import Scope

BOARD: Final = RepoName("acme", "board")
V1: Final = "/api/v1alpha1"
V2: Final = "/api/v2"
API: Final = "/api/v1/commons/acme/board"


@dataclass(slots=True)
class Desk:
    """
    A hub under test.

    Attributes:
        tokens: Account -> the text of a token of scope "write".
    """

    hub: Hub
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)

    def account(self, name: str, *, is_admin: bool = False, scope: Scope = Scope.WRITE) -> str:
        """Add an account and return its token."""
        self.hub.accounts.add(name, is_admin=is_admin)
        self.tokens[name] = self.hub.accounts.issue(name, label="test", scope=scope)[1]
        return self.tokens[name]

    def send(self, method: str, path: str, who: str = "", **rest: Any) -> Any:
        """Send a request as an account, or as nobody, and return the response."""
        headers = dict(rest.pop("headers", {}))
        if who:
            headers["authorization"] = f"token {self.tokens[who]}"
        return self.client.request(method, path, headers=headers, **rest)

    def ok(self, method: str, path: str, who: str = "", **rest: Any) -> Any:
        """Send a request that must succeed, and return its JSON."""
        response = self.send(method, path, who, **rest)
        assert response.is_success, (response.status_code, response.text)
        return response.json()

    # --- as the existing client does it

    def fork(self, who: str) -> None:
        """Fork the board."""
        body = {"ownerName": who, "parentOwnerName": "acme", "parentDatabaseName": "board"}
        self.ok("POST", f"{V1}/fork", who, json=body)

    def write(self, who: str, branch: str, sql: str, base: str = "main") -> dict[str, Any]:
        """Run one statement on a branch of one's own fork."""
        path = f"{V1}/{who}/board/write/{escaped(base)}/{escaped(branch)}"
        found: dict[str, Any] = self.ok("POST", path, who, params={"q": sql})
        return found

    def offer(self, who: str, branch: str, title: str = "offer") -> Any:
        """Open a pull request to the board and return the response."""
        return self.send("POST", f"{V1}/acme/board/pulls", who, json=pull_body(who, branch, title))

    def join(self, who: str) -> None:
        """Fork and register as the existing client does."""
        self.fork(who)
        self.write(who, f"wl/register/{who}", registration(who))
        assert self.offer(who, f"wl/register/{who}").json()["state"] == "Merged"

    def post(self, title: str = "Fix it", who: str = "acme") -> str:
        """Put an item on the board and return its id."""
        return str(self.ok("POST", f"{API}/wanted", who, json={"title": title})["id"])

    def rows(self, sql: str, who: str = "", ref: str = "main", repo: str = "acme/board") -> Any:
        """Return the rows of a SELECT over HTTP."""
        answer = self.ok("GET", f"{V1}/{repo}/{escaped(ref)}", who, params={"q": sql})
        assert answer["query_execution_status"] == "Success", answer
        return answer["rows"]


@contextmanager
def open_desk(
    root: Path,
    *,
    engine: str = "doltlite",
    dolt: str = "",
    now: datetime | None = None,
    **options: Any,
) -> Iterator[Desk]:
    """Yield a hub with the commons ``acme/board``, whose maintainer is the rig ``mia``."""
    chosen = Options(engine=engine, dolt=dolt, requests_per_minute=0, **options)
    clock = (lambda: now) if now else utc_now
    hub = Hub(LocalHost(root, dolt=dolt or None, clock=clock), chosen)
    try:
        create_commons(hub.host, BOARD, handle="mia", engine=engine)
        with TestClient(create_app(hub), base_url="http://127.0.0.1") as client:
            desk = Desk(hub, client)
            desk.account("acme")
            yield desk
    finally:
        hub.close()


def hide(desk: Desk, repo: RepoName = BOARD) -> None:
    """Make a repository private."""
    desk.hub.catalog.set_entry(repo, Entry(Visibility.PRIVATE))


def escaped(branch: str) -> str:
    """Return a branch as one segment of a path."""
    return branch.replace("/", "%2F")


def registration(who: str) -> str:
    """Return the statement that registers a rig, as the existing client writes it."""
    return (
        "INSERT INTO rigs (handle, display_name, dolthub_org, hop_uri, owner_email, gt_version, "
        f"trust_level, registered_at, last_seen, rig_type) VALUES ('{who}', '{who}', '{who}', "
        f"'hop://{who}@example.org/{who}/', '', 'dev', 1, NOW(), NOW(), 'human') "
        "ON DUPLICATE KEY UPDATE last_seen = NOW(), gt_version = 'dev'"
    )


def pull_body(who: str, branch: str, title: str = "offer") -> dict[str, str]:
    """Return the body of a new pull request, as the existing client sends it."""
    return {
        "title": title,
        "description": "",
        "fromBranchOwnerName": who,
        "fromBranchRepoName": "board",
        "fromBranchName": branch,
        "toBranchOwnerName": "acme",
        "toBranchRepoName": "board",
        "toBranchName": "main",
    }


def claim(who: str, item_id: str) -> str:
    """Return the statement that claims an item, as the existing client writes it."""
    return (
        f"UPDATE wanted SET claimed_by='{who}', status='claimed', updated_at=NOW() "
        f"WHERE id='{item_id}' AND status='open'"
    )
