"""
Which rigs belong to one owner, so that one may not stamp the other's work.

Rigs are joined by an account that they share, by a rig that answers for them, and by a link that
both sides have asserted; whatever is joined over any number of such ties has one owner.
Source: the yearbook rule (S0-134) and the rig links of schema v1.2.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .records import Rig, RigLink

_SAME_OWNER: Final = "same_owner"


@dataclass(frozen=True, slots=True)
class _Tie:
    """An edge between two nodes; an account is a node of its own, named ``@account``."""

    to: str
    why: str


_Ties = Mapping[str, list[_Tie]]


def same_owner(a: str, b: str, *, rigs: Mapping[str, Rig], links: Iterable[RigLink]) -> str | None:
    """
    Return why rigs *a* and *b* have one owner, None if nothing says so.

    Args:
        a: Handle.
        b: Handle.
        rigs: By handle; a rig that is missing here is known by its handle and links only.
        links: Any; those that are not in force do not count.
    Returns:
        A clause such as "acme answers for bot", one for each tie of the shortest chain.
    """
    if a == b:
        return f"{a} is the same rig"
    return _path(a, b, _ties(rigs, links))


def owner_groups(rigs: Mapping[str, Rig], links: Iterable[RigLink]) -> dict[str, str]:
    """Return handle -> the first handle (by name) of all that have the same owner."""
    ties = _ties(rigs, links)
    handles = sorted({*rigs, *(node for node in ties if not node.startswith("@"))})
    groups: dict[str, str] = {}
    for handle in handles:
        if handle not in groups:
            groups.update(dict.fromkeys(_reached(handle, ties), handle))
    return {handle: groups[handle] for handle in handles}


def _ties(rigs: Mapping[str, Rig], links: Iterable[RigLink]) -> _Ties:
    ties: dict[str, list[_Tie]] = defaultdict(list)
    for left, right, why in (*_rig_ties(rigs), *_link_ties(links)):
        ties[left].append(_Tie(right, why))
        ties[right].append(_Tie(left, why))
    return ties


def _rig_ties(rigs: Mapping[str, Rig]) -> Iterator[tuple[str, str, str]]:
    for rig in rigs.values():
        if rig.parent_rig:
            yield rig.handle, rig.parent_rig, f"{rig.parent_rig} answers for {rig.handle}"
        # Hosts do not tell Acme from acme.
        account = (rig.dolthub_org or "").strip().casefold()
        if account:
            yield rig.handle, f"@{account}", f"{rig.handle} belongs to the account {account}"


def _link_ties(links: Iterable[RigLink]) -> Iterator[tuple[str, str, str]]:
    for link in links:
        if link.in_force and link.link_type == _SAME_OWNER:
            yield link.rig_a, link.rig_b, f"{link.rig_a} and {link.rig_b} are linked as one owner's"


def _path(start: str, goal: str, ties: _Ties) -> str | None:
    """Return the reasons along the shortest path, found breadth first."""
    reasons: dict[str, tuple[str, ...]] = {start: ()}
    queue = deque([start])
    while queue and goal not in reasons:
        node = queue.popleft()
        for tie in ties.get(node, ()):
            if tie.to not in reasons:
                reasons[tie.to] = (*reasons[node], tie.why)
                queue.append(tie.to)
    return " and ".join(reasons[goal]) if goal in reasons else None


def _reached(start: str, ties: _Ties) -> set[str]:
    found = {start}
    queue = deque([start])
    while queue:
        for tie in ties.get(queue.popleft(), ()):
            if tie.to not in found:
                found.add(tie.to)
                queue.append(tie.to)
    return found
