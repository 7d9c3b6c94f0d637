"""
Many clients of one hub claim one item at the same moment: exactly one may win.

The hub is a process of its own, and each client has a connection. In one round of six the claim
comes as existing clients bring it, a statement on the rig's own fork and a pull request; in two all
act as one account. Losers must be told 409 with the winner's name.

    python bench/hub_race.py --clients 64 --rounds 200 --engine doltlite
"""

from __future__ import annotations

import argparse
import json
import secrets
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boards import REPO, post_items, settle
from measures import at_once, load, spread, within
from served import (
    API,
    V1,
    Answer,
    Client,
    Served,
    claim_statement,
    pull_body,
    serving,
    stopping_dolt,
    write_path,
)

from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost

SHARED = "shared"
PULL, OWN, ONE = "pull request", "api", "shared account"
WAYS = (PULL, OWN, ONE, OWN, ONE, OWN)


@dataclass(frozen=True)
class Outcome:
    """What one client was told in one round."""

    rig: str
    won: bool
    told: str
    holder: str
    seconds: float
    put_off: int = 0


def by_api(client: Client, rig: str, item: str) -> Outcome:
    """Claim through the operation's own route."""
    path = f"{API}/wanted/{item}/claim"
    return _outcome(rig, client.insist("POST", path, {}, key=secrets.token_hex(8)), won=True)


def by_pull(client: Client, rig: str, item: str) -> Outcome:
    """Claim on the rig's own fork, and offer the branch."""
    fork, branch = RepoName(rig, REPO.name), f"wl/{rig}/{item}"
    query = {"query": claim_statement(rig, item)}
    written = client.insist("POST", write_path(fork, branch), query, key=f"write {item}")
    if written.status != 200 or written.body["query_execution_status"] != "Success":
        return _outcome(rig, written, won=False)
    offer = pull_body(fork, branch)
    offered = client.insist("POST", f"{V1}/{REPO}/pulls", offer, key=f"offer {item}")
    offered.seconds += written.seconds
    offered.put_off += written.put_off
    won = offered.is_good and offered.body.get("state") == "Merged"
    return _outcome(rig, offered, won=won)


def _outcome(rig: str, answer: Answer, *, won: bool) -> Outcome:
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.is_good and won:
        return Outcome(rig, True, "", "", answer.seconds, answer.put_off)
    # Where a statement met no row, the answer is 200 with the reason in its body.
    told = str(body.get("code")) if answer.status in {200, 409} else f"{answer.status} {body}"
    return Outcome(rig, False, told, str(body.get("holder")), answer.seconds, answer.put_off)


def race(
    served: Served, root: Path, tokens: dict[str, str], items: list[str], dolt: str | None
) -> dict[str, Any]:
    """Run all rounds and return the figures."""
    rigs = [name for name in tokens if name.startswith("rig")]
    own = [Client(served.port, tokens[rig]) for rig in rigs]
    shared = [Client(served.port, tokens[SHARED]) for _ in rigs]
    waits: dict[str, list[float]] = {way: [] for way in WAYS}
    wrong: list[str] = []
    put_off = 0
    winners: dict[str, str] = {}
    for number, item in enumerate(items):
        way = WAYS[number % len(WAYS)]
        claim = by_pull if way == PULL else by_api
        names, clients = ([SHARED] * len(rigs), shared) if way == ONE else (rigs, own)
        found = at_once(
            partial(claim, client, rig, item) for client, rig in zip(clients, names, strict=True)
        )
        waits[way] += [outcome.seconds for outcome in found]
        put_off += sum(outcome.put_off for outcome in found)
        wrong += [f"round {number}, {way}: {line}" for line in judge(found)]
        winners[item] = next((o.rig for o in found if o.won), "")
    wrong += against_board(root, winners, dolt)
    return {
        "attempts": sum(map(len, waits.values())),
        "winners": sum(map(bool, winners.values())),
        "wins_at_most": max(Counter(w for w in winners.values() if w != SHARED).values()),
        "wrong": wrong[:20],
        "told_to_come_again": put_off,
        "wait_s": {way: spread(found, 3) for way, found in waits.items() if found},
        "rss_mb": served.rss_mb(),
        "complaints": served.complaints(),
    }


def judge(found: list[Outcome]) -> list[str]:
    """Return what broke the promise in one round."""
    winners = [outcome for outcome in found if outcome.won]
    if len(winners) != 1:
        told = Counter(outcome.told for outcome in found if not outcome.won).most_common(3)
        return [f"{len(winners)} winners; the others were told {told}"]
    return [
        f"{outcome.rig} was told {outcome.told} {outcome.holder}, not of {winners[0].rig}"
        for outcome in found
        if not outcome.won and (outcome.told, outcome.holder) != ("already_claimed", winners[0].rig)
    ]


def against_board(root: Path, winners: dict[str, str], dolt: str | None) -> list[str]:
    """Return the items that main knows in other hands than those that were told they had won."""
    with LocalHost(root, dolt=dolt) as host:
        rows = host.engine(REPO).read("SELECT `id`, `claimed_by` FROM `wanted`")
        branches = host.engine(REPO).branches("wl/")
    board = {str(row["id"]): str(row["claimed_by"] or "") for row in rows}
    found = [f"main says {board[i]} has {i}" for i, rig in winners.items() if board[i] != rig]
    return found + [f"{branch.name} was left behind" for branch in branches]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--engine", default="doltlite", choices=["doltlite", "dolt"])
    parser.add_argument("--dolt", default=None, help="the dolt program")
    parser.add_argument("--minutes", type=float, default=60, help="at most")
    given = parser.parse_args()
    within(given.minutes)
    rigs = [SHARED, *(f"rig{number}" for number in range(given.clients))]
    with tempfile.TemporaryDirectory() as folder, stopping_dolt(Path(folder), given.dolt):
        root = Path(folder)
        tokens = settle(root, rigs, engine=given.engine, dolt=given.dolt, forks=True)
        items = post_items(root, given.rounds, given.dolt)
        began = time.perf_counter()
        with serving(root, given.engine, given.dolt) as served:
            figures = race(served, root, tokens, items, given.dolt)
        figures |= {
            "clients": given.clients,
            "rounds": given.rounds,
            "engine": given.engine,
            "seconds": round(time.perf_counter() - began, 1),
            "load": load(),
        }
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
