"""
Commands killed at random moments: nothing acknowledged is lost, nothing doubled, nothing half done.

Each round brings an item to the state that a command needs, starts the real command as a process,
kills it with SIGKILL after a random delay, and repeats it under the same operation id. Then main,
the pull requests and the journal are held against what must be there.

    python bench/kills.py --rounds 500 --seed 1
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wasteland.commons import memberships
from wasteland.commons.creation import create_commons
from wasteland.commons.memberships import Membership
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import PullState, RepoName
from wasteland.hosts.local import LocalHost
from wasteland.protocol import trailers

REPO = RepoName("kill", "board")
STEPS = ("claim", "done", "accept", "merge", "sync")
ENDS = {
    "claim": "claimed",
    "done": "claimed",
    "accept": "completed",
    "merge": "open",
    "sync": "claimed",
}


@dataclass
class Tally:
    """What happened over all rounds."""

    killed: int = 0
    finished: int = 0
    landed_unanswered: int = 0
    wrong: list[str] = field(default_factory=list)
    by_step: Counter[str] = field(default_factory=Counter)


class Campaign:
    """One commons, three homes, many kills."""

    def __init__(self, root: Path, seed: int, dolt: str | None, engine: str) -> None:
        self.root = root
        self.dice = random.Random(seed)
        self.host = LocalHost(root / "host", dolt=dolt)
        create_commons(self.host, REPO, handle="max", engine=engine)
        self.seats = {"max": Seat("max", REPO.owner), "ada": Seat("ada", "ada")}
        self.rigs = {name: Commons(self.host, REPO, seat) for name, seat in self.seats.items()}
        for rule, value in (("claims_cap", "1:none"), ("posts_per_day", "100000")):
            self.rigs["max"].set_rule(rule, value)
        self.rigs["ada"].register()
        for name, seat in self.seats.items():
            memberships.save(
                root / name / ".config" / "wasteland",
                Membership(REPO, seat.rig, seat.account, "host", str(root / "host"), engine),
            )
        self.tally = Tally()
        self.usual_s = 0.25

    def command(self, who: str, *arguments: str) -> subprocess.Popen[str]:
        """Start ``wl`` in somebody's home."""
        env = {**os.environ, "HOME": str(self.root / who), "XDG_CONFIG_HOME": ""}
        return subprocess.Popen(
            [sys.executable, "-m", "wasteland.cli", *arguments, "--json"],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def round(self, number: int) -> None:
        """Prepare, kill, repeat, check."""
        step = STEPS[number % len(STEPS)]
        self.tally.by_step[step] += 1
        item, who, arguments = self.prepare(step, number)
        op_id = f"kill-{number}"
        if step != "sync":
            arguments = [*arguments, "--op-id", op_id]
        first = self.killed(who, arguments)
        again = self.command(who, *arguments)
        start = time.perf_counter()
        out, err = again.communicate(timeout=120)
        self.usual_s = 0.8 * self.usual_s + 0.2 * (time.perf_counter() - start)
        if again.returncode != 0:
            self.tally.wrong.append(f"{number} {step}: the retry failed: {_last(err)}")
            return
        answer = json.loads(out)
        if first and step != "sync" and first["commit"] != answer["commit"]:
            self.tally.wrong.append(f"{number} {step}: another receipt than the first")
        self.check(number, step, item, op_id)
        if step in {"done", "sync"}:
            # What waits for review would make each later sync longer.
            self.rigs["max"].close(item)

    def prepare(self, step: str, number: int) -> tuple[str, str, list[str]]:
        """Return the item, who acts, and the command."""
        ada, max_ = self.rigs["ada"], self.rigs["max"]
        item = ada.post(title=f"Item {number}").id
        if step == "claim":
            return item, "ada", ["claim", item]
        if step == "merge":
            pull = ada.update(item, title=f"Item {number}, better").pull
            return item, "max", ["merge", pull]
        ada.claim(item)
        if step == "done":
            return item, "ada", ["done", item, "--evidence", f"https://example.org/{number}"]
        ada.done(item, evidence=f"https://example.org/{number}")
        if step == "sync":
            max_.post(title=f"Moves main {number}")
            return item, "ada", ["sync"]
        return item, "max", ["accept", item, "--quality", "good"]

    def killed(self, who: str, arguments: list[str]) -> dict[str, Any] | None:
        """Start the command, kill it at a random moment; return its answer if it was quicker."""
        process = self.command(who, *arguments)
        delay = self.dice.uniform(0.1, 1.1) * self.usual_s
        try:
            out, _ = process.communicate(timeout=delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, _ = process.communicate()
        if process.returncode == -signal.SIGKILL:
            self.tally.killed += 1
        else:
            self.tally.finished += 1
        try:
            return json.loads(out) if out else None
        except ValueError:
            return None

    def check(self, number: int, step: str, item: str, op_id: str) -> None:
        """Hold main, pull requests and journal against what must be there."""
        max_ = self.rigs["max"]
        engine = self.host.engine(REPO)
        wrong = self.tally.wrong
        sheet = max_.show(item)
        expected = ENDS[step]
        if sheet.main_status != expected:
            wrong.append(f"{number} {step}: main says {sheet.main_status}, not {expected}")
        landed = [c for c in engine.log(limit=50) if trailers.find(c.message) == op_id]
        if len(landed) != (0 if step in {"done", "sync"} else 1):
            wrong.append(f"{number} {step}: {len(landed)} commits on main")
        pulls = self.host.pulls(REPO, state=None)
        mine = [p for p in pulls if p.branch.endswith(item)]
        open_ = [p for p in mine if p.state is PullState.OPEN]
        if len(open_) != (1 if step in {"done", "sync"} else 0):
            wrong.append(f"{number} {step}: {len(open_)} open pull requests")
        if step == "accept" and (len(sheet.stamps), len(sheet.completions)) != (1, 1):
            wrong.append(f"{number} accept: {len(sheet.stamps)} stamps")
        if engine.dirty():
            wrong.append(f"{number} {step}: main is dirty: {engine.dirty()}")
        if any(branch.name.startswith("op/") for branch in engine.branches("op/")):
            wrong.append(f"{number} {step}: a scratch branch is left on main's database")
        if step != "sync" and not (self.host.operation(REPO, op_id) or landed):
            wrong.append(f"{number} {step}: the journal forgot it")


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no words"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="doltlite", choices=["doltlite", "dolt"])
    parser.add_argument("--dolt", default=None, help="the dolt program")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), given.seed, given.dolt, given.engine)
        for number in range(given.rounds):
            campaign.round(number)
        problems = campaign.host.engine(REPO).check()
        tally = campaign.tally
        print(
            json.dumps(
                {
                    "rounds": given.rounds,
                    "seed": given.seed,
                    "engine": given.engine,
                    "killed": tally.killed,
                    "finished_before_the_kill": tally.finished,
                    "by_step": dict(tally.by_step),
                    "wrong": tally.wrong,
                    "integrity": problems,
                },
                indent=2,
            )
        )
        campaign.host.close()


if __name__ == "__main__":
    main()
