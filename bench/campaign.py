"""One round of a kill campaign: prepare, start the real command, kill it, repeat it, check."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wasteland.commons import memberships
from wasteland.commons.memberships import Membership
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import RepoName

REPO = RepoName("kill", "board")
STEPS = ("claim", "done", "accept", "merge", "sync")


@dataclass
class Tally:
    """What happened over all rounds."""

    killed: int = 0
    finished: int = 0
    wrong: list[str] = field(default_factory=list)
    by_step: Counter[str] = field(default_factory=Counter)


class Campaign(ABC):
    """One commons, two homes, many kills."""

    ends: dict[str, str]
    """Step -> what main says about the item afterwards."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.dice = random.Random(seed)
        self.seats = {"max": Seat("max", REPO.owner), "ada": Seat("ada", "ada")}
        self.rigs: dict[str, Commons] = {}
        self.tally = Tally()
        self.usual_s = 0.25

    @abstractmethod
    def prepare(self, step: str, number: int) -> tuple[str, str, list[str]]:
        """Return the item, who acts, and the command."""

    @abstractmethod
    def check(self, number: int, step: str, item: str, op_id: str) -> None:
        """Hold what is there against what must be there."""

    @abstractmethod
    def settle(self, step: str, item: str) -> None:
        """End what waits for review; it would make each later round longer."""

    @abstractmethod
    def integrity(self) -> list[str]:
        """Return what the engines find wrong with their files, and close everything."""

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
            self.wrong(number, step, f"the retry failed: {_last(err)}")
            return
        answer = json.loads(out)
        if first and step != "sync" and first["commit"] != answer["commit"]:
            self.wrong(number, step, "another receipt than the first")
        self.check(number, step, item, op_id)
        self.settle(step, item)

    def killed(self, who: str, arguments: list[str]) -> dict[str, Any] | None:
        """Start the command, kill it at a random moment; return its answer if it was quicker."""
        process = self.command(who, *arguments)
        # Most of a command's time passes before it writes anything.
        delay = self.dice.uniform(0.3, 1.2) * self.usual_s
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

    def wrong(self, number: int, step: str, what: str) -> None:
        """Note that something is not as it must be."""
        self.tally.wrong.append(f"{number} {step}: {what}")

    def expect(self, number: int, step: str, **found: tuple[object, object]) -> None:
        """Note each fact, given as what must be and what is, that differs."""
        for fact, (must, there) in found.items():
            if must != there:
                self.wrong(number, step, f"{fact} is {there}, not {must}")

    def remember(self, who: str, kind: str, url: str, engine: str, clone: str = "") -> None:
        """Write somebody's membership, as joining does."""
        seat = self.seats[who]
        config = self.root / who / ".config" / "wasteland"
        found = Membership(REPO, seat.rig, seat.account, kind, url, engine, local_dir=clone)
        memberships.save(config, found)


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no words"
