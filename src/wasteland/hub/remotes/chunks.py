"""Chunks from several places as if from one: a fork's own file, then its upstream's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

_BATCH: Final = 256


class Chunks(Protocol):
    """A place of chunks."""

    def has(self, hashes: Sequence[bytes]) -> list[bool]:
        """Return for each hash whether its chunk is here."""

    def get(self, hashes: Sequence[bytes]) -> Iterator[bytes | None]:
        """Yield the chunk of each hash, None for one that is not here."""


class Union:
    """What any of several places has."""

    def __init__(self, places: Sequence[Chunks]) -> None:
        self._places = places

    def has(self, hashes: Sequence[bytes]) -> list[bool]:
        """Return for each hash whether its chunk is in any place; the later see what is left."""
        found = dict.fromkeys(hashes, False)
        for place in self._places:
            missing = [each for each, is_here in found.items() if not is_here]
            found.update(zip(missing, place.has(missing), strict=True))
        return [found[each] for each in hashes]

    def get(self, hashes: Sequence[bytes]) -> Iterator[bytes | None]:
        """Yield the chunk of each hash from the first place that has it, a few at a time."""
        for start in range(0, len(hashes), _BATCH):
            batch = hashes[start : start + _BATCH]
            found = self._find(batch)
            yield from (found.get(each) for each in batch)

    def _find(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for place in self._places:
            missing = [each for each in dict.fromkeys(hashes) if each not in found]
            chunks = zip(missing, place.get(missing), strict=True)
            found.update((each, chunk) for each, chunk in chunks if chunk is not None)
        return found
