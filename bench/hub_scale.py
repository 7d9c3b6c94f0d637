"""
How a hub grows: many repositories and forks, its start, its memory, and what a fork takes.

    python bench/hub_scale.py --repositories 500 --forks 5000
    python bench/hub_scale.py --repositories 20 --forks 200 --engine dolt --dolt /path/to/dolt

Forks are made over HTTP, and each tenth is written; then every repository and fork is read once.
Memory is that of the hub and of what it started; on Dolt, also of its server over an idle one.
Prints a table; with --json, all figures.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boards import MAX, account
from measures import load, spread, table, within
from served import V1, Client, Served, serving, stopping_dolt, write_path

from wasteland.commons.creation import create_commons
from wasteland.engines.dolt.server import Server
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub.hub import Hub, Options

WRITTEN = 10


def prepare(
    root: Path, repositories: int, accounts: int, engine: str, dolt: str | None
) -> tuple[list[RepoName], dict[str, str]]:
    """Make the repositories and accounts; return names, and account -> token."""
    hub = Hub(LocalHost(root, dolt=dolt), Options(engine=engine, dolt=dolt or ""))
    try:
        repos = [RepoName("bench", f"board{number}") for number in range(repositories)]
        for repo in repos:
            create_commons(hub.host, repo, handle=MAX.rig, engine=engine)
        return repos, {name: account(hub, name) for name in _names(accounts)}
    finally:
        hub.close()


def _names(count: int) -> list[str]:
    return [f"forker{number}" for number in range(count)]


def make_forks(
    client: Client, repos: Sequence[RepoName], tokens: dict[str, str], count: int
) -> tuple[list[RepoName], list[float], list[float]]:
    """Fork, and write each tenth fork; return the forks, and milliseconds of both."""
    made: list[RepoName] = []
    forked, written = [], []
    for number in range(count):
        parent = repos[number % len(repos)]
        owner = f"forker{number // len(repos)}"
        client.token = tokens[owner]
        body = {
            "ownerName": owner,
            "parentOwnerName": parent.owner,
            "parentDatabaseName": parent.name,
        }
        answer = client.send("POST", f"{V1}/fork", body)
        assert answer.is_good, answer
        forked.append(answer.seconds * 1000)
        fork = RepoName(owner, parent.name)
        made.append(fork)
        if number % WRITTEN == 0:
            sql = f"INSERT INTO wanted (id, title, status) VALUES ('w-{number}', 'x', 'open')"
            path = write_path(fork, f"wl/{owner}/w-{number}")
            answer = client.send("POST", path, {"query": sql})
            assert answer.body["query_execution_status"] == "Success", answer
            written.append(answer.seconds * 1000)
    return made, forked, written


def touch(client: Client, repos: Sequence[RepoName], forks: Sequence[RepoName]) -> list[float]:
    """Read the board of each commons, and the branches of each fork; return milliseconds."""
    paths = [f"/api/v1/commons/{repo}/wanted" for repo in repos]
    paths += [f"{V1}/{fork}/branches" for fork in forks]
    spent = []
    for path in paths:
        answer = client.send("GET", path)
        assert answer.is_good, answer
        spent.append(answer.seconds * 1000)
    return spent


def measure(root: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Return all figures."""
    accounts = -(-given.forks // given.repositories)
    with serving(root / "empty") as served:
        idle_mb = served.rss_mb()
    root /= "full"
    repos, tokens = prepare(root, given.repositories, accounts, given.engine, given.dolt)
    with serving(root, given.engine, given.dolt) as served:
        idle_server_mb = _server_mb(root, given.dolt)
        client = Client(served.port)
        forks, forked, written = make_forks(client, repos, tokens, given.forks)
    with serving(root, given.engine, given.dolt) as served:
        ready_mb = served.rss_mb()
        client = Client(served.port, next(iter(tokens.values())))
        reads = touch(client, repos, forks)
        return {
            "repositories": given.repositories,
            "forks": given.forks,
            "engine": given.engine,
            "fork_ms": spread(forked),
            "last_fork_ms": round(forked[-1], 1),
            "first_write_of_a_fork_ms": spread(written),
            "ready_s": round(served.ready_s, 2),
            "ready_cpu_s": round(served.ready_cpu_s, 2),
            "read_ms": spread(reads),
            "rss_mb": {"empty": idle_mb, "ready": ready_mb, "all_touched": served.rss_mb()},
            "dolt_server_mb": {"idle": idle_server_mb, "now": _server_mb(root, given.dolt)},
            "open_files": _open_files(served),
            "load": load(),
        }


def rows_of(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the table: what was measured, the figure, and what it is to be."""
    times = "median {median}, p99 {p99}, max {max} ms"
    found, server = figures["rss_mb"], figures["dolt_server_mb"]
    grown = found["all_touched"] - found["empty"]
    lines = [
        (f"{figures['repositories']} repositories, {figures['forks']} forks", "", ""),
        ("start", f"{figures['ready_s']} s, processor {figures['ready_cpu_s']} s", "< 3 s"),
        ("a fork", times.format(**figures["fork_ms"]), "< 50 ms"),
        ("the last of them", f"{figures['last_fork_ms']} ms", "< 50 ms"),
        ("first write of a fork", times.format(**figures["first_write_of_a_fork_ms"]), ""),
        ("a read of each", times.format(**figures["read_ms"]), ""),
        ("memory empty, ready, all read", "{empty}, {ready}, {all_touched} MB".format(**found), ""),
        ("over the empty hub", f"{grown:.0f} MB", "< 400 MB"),
        ("open files", str(figures["open_files"]), ""),
        ("load", str(figures["load"]), ""),
    ]
    if server["idle"]:
        lines.insert(-2, ("Dolt server idle, now", "{idle}, {now} MB".format(**server), ""))
    return lines


def _open_files(served: Served) -> int:
    return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))


def _server_mb(root: Path, dolt: str | None) -> float:
    """Return the memory of the host's Dolt server, 0 where it has none."""
    databases = root / ".dolt-databases"
    if not databases.is_dir():
        return 0.0
    pid = Server.attach(databases, program=dolt).pid
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return round(int(status.partition("VmRSS:")[2].split()[0]) / 1024, 1)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=int, default=500)
    parser.add_argument("--forks", type=int, default=5000)
    parser.add_argument("--engine", default="doltlite", choices=["doltlite", "dolt"])
    parser.add_argument("--dolt", default=None, help="the dolt program")
    parser.add_argument("--minutes", type=float, default=30, help="at most")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    within(given.minutes)
    with tempfile.TemporaryDirectory() as folder, stopping_dolt(Path(folder, "full"), given.dolt):
        figures = measure(Path(folder), given)
    print(json.dumps(figures, indent=2) if given.json else table(rows_of(figures)))


if __name__ == "__main__":
    main()
