"""
Commands killed at random moments: nothing acknowledged is lost, nothing doubled, nothing half done.

Each round brings an item to the state that a command needs, starts the real command as a process,
kills it with SIGKILL after a random delay, and repeats it under the same operation id. Then main,
the pull requests and the journal are held against what must be there. With ``--engine plain`` two
clones share a ``file://`` remote; what must be there is then on the remote.

    python bench/kills.py --rounds 500 --seed 1
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from campaign import REPO, Campaign

from wasteland.commons.creation import create_commons
from wasteland.commons.sdk import Commons
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import Host, PullState
from wasteland.hosts.local import LocalHost
from wasteland.hosts.plain import PlainHost
from wasteland.protocol import trailers


class LocalCampaign(Campaign):
    """All on one local host."""

    ends = {  # noqa: RUF012  a constant
        "claim": "claimed",
        "done": "claimed",
        "accept": "completed",
        "merge": "open",
        "sync": "claimed",
    }

    def __init__(self, root: Path, seed: int, dolt: str | None, engine: str) -> None:
        super().__init__(root, seed)
        self.host = LocalHost(root / "host", dolt=dolt)
        create_commons(self.host, REPO, handle="max", engine=engine)
        self.rigs = {name: Commons(self.host, REPO, seat) for name, seat in self.seats.items()}
        for rule, value in (("claims_cap", "1:none"), ("posts_per_day", "100000")):
            self.rigs["max"].set_rule(rule, value)
        self.rigs["ada"].register()
        for name in self.seats:
            self.remember(name, "host", str(root / "host"), engine)

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

    def check(self, number: int, step: str, item: str, op_id: str) -> None:
        """Hold main, pull requests and journal against what must be there."""
        engine = self.host.engine(REPO)
        sheet = self.rigs["max"].show(item)
        landed = [c for c in engine.log(limit=50) if trailers.find(c.message) == op_id]
        mine = [p for p in self.host.pulls(REPO, state=None) if p.branch.endswith(item)]
        stays = step in {"done", "sync"}
        self.expect(
            number,
            step,
            main_status=(self.ends[step], sheet.main_status),
            commits_on_main=(0 if stays else 1, len(landed)),
            open_pulls=(1 if stays else 0, sum(p.state is PullState.OPEN for p in mine)),
            dirty_tables=([], engine.dirty()),
            scratch_branches=([], engine.branches("op/")),
        )
        if step == "accept":
            work = len(sheet.stamps), len(sheet.completions)
            self.expect(number, step, stamps_and_completions=((1, 1), work))
        if step != "sync" and not (self.host.operation(REPO, op_id) or landed):
            self.wrong(number, step, "the journal forgot it")

    def settle(self, step: str, item: str) -> None:
        """Close what waits."""
        if step in {"done", "sync"}:
            self.rigs["max"].close(item)

    def integrity(self) -> list[str]:
        """Check the one database."""
        found = self.host.engine(REPO).check()
        self.host.close()
        return found


class PlainCampaign(Campaign):
    """Two clones of one plain remote, in pr mode."""

    ends = {  # noqa: RUF012  a constant
        "claim": "open",
        "done": "open",
        "accept": "completed",
        "merge": "claimed",
        "sync": "open",
    }

    def __init__(self, root: Path, seed: int) -> None:
        super().__init__(root, seed)
        with LocalHost(root / "remote") as host:
            create_commons(host, REPO, handle="max")
            for rule, value in (("claims_cap", "1:none"), ("posts_per_day", "100000")):
                Commons(host, REPO, self.seats["max"]).set_rule(rule, value)
            Commons(host, REPO, self.seats["ada"]).register()
        self.remote = root / "remote" / REPO.owner / f"{REPO.name}.db"
        self.hosts: dict[str, Host] = {}
        for name, seat in self.seats.items():
            clone, url = root / name / "clone", f"file://{self.remote}"
            self.hosts[name] = PlainHost.open(REPO, clone / f"{REPO.name}.db", url)
            self.rigs[name] = Commons(self.hosts[name], REPO, seat)
            self.remember(name, "plain", url, "doltlite", str(clone))

    def prepare(self, step: str, number: int) -> tuple[str, str, list[str]]:
        """Return the item, who acts, and the command."""
        ada = self.rigs["ada"]
        item = self.posted(f"Item {number}")
        if step == "claim":
            return item, "ada", ["claim", item]
        ada.claim(item)
        if step == "done":
            return item, "ada", ["done", item, "--evidence", f"https://example.org/{number}"]
        if step == "merge":
            return item, "max", ["merge", f"wl/ada/{item}"]
        if step == "sync":
            self.posted(f"Moves main {number}")
            return item, "ada", ["sync"]
        ada.done(item, evidence=f"https://example.org/{number}")
        return item, "max", ["accept", item, "--quality", "good"]

    def posted(self, title: str) -> str:
        """Post an item and merge it, as the maintainer."""
        receipt = self.rigs["max"].post(title=title)
        self.rigs["max"].merge(receipt.pull)
        return receipt.id

    def check(self, number: int, step: str, item: str, op_id: str) -> None:
        """Hold the remote, and both clones, against what must be there."""
        stays = step in {"claim", "done", "sync"}
        with DoltLiteEngine(self.remote) as remote:
            main, dirty = remote.head(), remote.dirty()
            work = [b.name for b in remote.branches("wl/") if b.name.endswith(item)]
            landed = [c for c in remote.log(limit=50) if trailers.find(c.message) == op_id]
            offered = [
                c
                for branch in work
                for c in remote.log(branch, after=remote.merge_base("main", branch) or "")
                if trailers.find(c.message) == op_id
            ]
            stamps = remote.read(
                "SELECT wanted_id FROM completions WHERE wanted_id = :id AND id IN "
                "(SELECT context_id FROM stamps)",
                {"id": item},
            )
        for rig in self.rigs.values():
            rig.refresh()
        clones = {name: rig.engine for name, rig in self.rigs.items()}
        self.expect(
            number,
            step,
            main_status=(self.ends[step], self.rigs["max"].show(item).main_status),
            commits_on_main=(0 if stays else 1, len(landed)),
            work_branches=([f"wl/ada/{item}"] if stays else [], work),
            commits_on_the_branch=(1 if step in {"claim", "done"} else 0, len(offered)),
            stamped_completions=(1 if step == "accept" else 0, len(stamps)),
            dirty_tables=([], dirty + [t for e in clones.values() for t in e.dirty()]),
            heads_of_clones=([main, main], [engine.head() for engine in clones.values()]),
            unpushed_marks=([], [p.name for p in self.root.glob("*/clone/.*.unpushed")]),
        )

    def settle(self, step: str, item: str) -> None:
        """Close what waits."""
        if step in {"claim", "done", "sync"}:
            self.hosts["max"].end_pull(REPO, f"wl/ada/{item}", state=PullState.CLOSED)

    def integrity(self) -> list[str]:
        """Check the remote and both clones."""
        for host in self.hosts.values():
            host.close()
        files = [self.remote, *self.root.glob("*/clone/*.db")]
        found = []
        for file in files:
            if file.name.endswith(".state.db"):
                continue
            with DoltLiteEngine(file) as engine:
                found += [f"{file.parent.name}: {line}" for line in engine.check()]
        return found


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="doltlite", choices=["doltlite", "dolt", "plain"])
    parser.add_argument("--dolt", default=None, help="the dolt program")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.engine == "plain":
            campaign: Campaign = PlainCampaign(Path(folder), given.seed)
        else:
            campaign = LocalCampaign(Path(folder), given.seed, given.dolt, given.engine)
        for number in range(given.rounds):
            campaign.round(number)
        problems = campaign.integrity()
    tally = campaign.tally
    found = {
        "rounds": given.rounds,
        "seed": given.seed,
        "engine": given.engine,
        "killed": tally.killed,
        "finished_before_the_kill": tally.finished,
        "by_step": dict(tally.by_step),
        "wrong": tally.wrong,
        "integrity": problems,
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
