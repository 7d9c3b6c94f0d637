"""
Faults between a client and DoltHub: 12 kinds x 8 verbs x seeds, on a virtual clock.

Each verb is repeated under its operation id until it is done. What it left is compared with a story
without faults: nothing doubled, nothing lost, no success that is none, and how many requests and
how much (virtual) time it took at most.

    PYTHONPATH=src:tests python bench/toxics.py [seeds] [kind ...]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engines.dolthub.story import VERBS, Outcome, Story
from engines.dolthub.toxics import POISONS

SEEDS = 25


@contextmanager
def told(kind: str, seed: int) -> Iterator[Story]:
    with TemporaryDirectory() as place:
        story = Story(Path(place), kind, seed)
        yield story
        story.close()


def played(kind: str, seed: int) -> tuple[list[Outcome], Mapping[str, Any]]:
    with told(kind, seed) as story:
        return [story.play(verb) for verb in VERBS], story.tables()


def campaign(kind: str, seeds: int, expected: Mapping[str, Any]) -> int:
    """Play every seed of one kind, print a line, and return how many went wrong."""
    wrong, outcomes = [], []
    for seed in range(seeds):
        try:
            done, tables = played(kind, seed)
        except AssertionError as error:
            wrong.append(f"seed {seed}: {error}")
            continue
        outcomes += done
        if tables != expected:
            wrong.append(f"seed {seed}: main holds other rows")
    repeats = Counter(code for outcome in outcomes for code in outcome.errors)
    most = max((outcome.requests for outcome in outcomes), default=0)
    longest = max((outcome.seconds for outcome in outcomes), default=0.0)
    print(
        f"{kind:16} {len(outcomes):4} verbs, {len(wrong)} wrong; repeated after {dict(repeats)}; "
        f"at most {most} requests and {longest:.0f} s (virtual) a verb"
    )
    print("".join(f"    {line}\n" for line in wrong), end="")
    return len(wrong)


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    _, expected = played("", 0)
    wrong = sum(campaign(kind, seeds, expected) for kind in sys.argv[2:] or POISONS)
    print(f"{'all':16} {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
