"""Eight verbs on a poisoned host: done once, never said to be done when they are not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from engines.dolthub.story import MOST_REQUESTS, MOST_SECONDS, VERBS, Story
from engines.dolthub.toxics import POISONS

SEEDS = 2
UNSPOILED = ""


@cache
def expected() -> Mapping[str, Any]:
    """Return what the story leaves where nothing goes wrong."""
    with TemporaryDirectory() as place:
        story = Story(Path(place), UNSPOILED, 0)
        for verb in VERBS:
            assert [] == story.play(verb).errors
        story.close()
        return story.tables()


def test_the_story_without_faults_ends_with_a_stamp() -> None:
    """Otherwise the comparison with it would prove nothing."""
    tables = expected()

    assert ["alice", "org"] == sorted(tables["rigs"])
    assert ["completed"] == [row["status"] for row in tables["wanted"].values()]
    assert (1, 1) == (len(tables["completions"]), len(tables["stamps"]))


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", POISONS)
def test_faults_neither_double_nor_lose_anything(kind: str, seed: int, tmp_path: Path) -> None:
    """Each verb ends with one pull request, and main with the rows of the unspoiled story."""
    story = Story(tmp_path, kind, seed)
    outcomes = [story.play(verb) for verb in VERBS]
    story.close()

    assert expected() == story.tables()
    assert max(outcome.requests for outcome in outcomes) <= MOST_REQUESTS
    assert max(outcome.seconds for outcome in outcomes) <= MOST_SECONDS


@pytest.mark.parametrize("kind", [kind for kind in POISONS if kind not in {"stale", "slow_merge"}])
def test_each_poison_is_met(kind: str, tmp_path: Path) -> None:
    """A campaign whose faults never come would pass as well."""
    story = Story(tmp_path, kind, 0)
    story.play("join")
    story.close()

    assert story.toxic.spoiled > 0
