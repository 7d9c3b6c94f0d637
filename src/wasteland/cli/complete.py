"""Shell completion: words from the table, ids and handles from the commons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ..protocol.errors import WastelandError

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    from ..commons.operations import Param
    from ..commons.sdk import Commons
    from ..settings import Settings

Completer = Callable[["click.Context", "click.Parameter", str], "list[CompletionItem]"]
_MOST = 50


def completer(param: Param) -> Completer | None:
    """Return what completes this input, None when nothing is known of it."""
    if param.words:
        return lambda _c, _p, typed: _items(
            (word, "") for word in param.words if word.startswith(typed)
        )
    if param.source:
        return lambda _c, _p, typed: _from_commons(param.source, typed)
    return None


def _items(found: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # only while completing

    return [CompletionItem(value, help=about or None) for value, about in found]


def _from_commons(source: str, typed: str) -> list[CompletionItem]:
    """Return up to fifty values of the chosen commons; nothing when it cannot be read."""
    from .. import settings  # only while completing

    try:
        with _opened(settings.load()) as commons:
            return _items(_values(commons, source, typed))
    except (WastelandError, OSError):
        return []


@contextmanager
def _opened(found: Settings) -> Iterator[Commons]:
    """Open the chosen commons; of one on a hub what is here of it, as it is."""
    from ..commons import memberships, workspace
    from ..commons.replica import Replica
    from ..commons.sdk import Commons as Whole
    from ..commons.session import Seat

    chosen = memberships.choose(found.config, found.commons)
    if chosen.kind == memberships.CLONE:
        with workspace.open_clone(chosen, Whole) as commons:
            yield commons
    elif chosen.kind in {memberships.HUB, memberships.REST}:
        with closing(Replica.of(found.data, chosen.url, chosen.repo)) as copy:
            seat = Seat(chosen.handle, chosen.account)
            yield copy.session(Whole, chosen.repo, seat, place=chosen.url, mode=chosen.mode)
    else:
        with workspace.open_commons(found, str(chosen.repo), Whole) as commons:
            yield commons


def _values(commons: Commons, source: str, typed: str) -> list[tuple[str, str]]:
    if source == "rig":
        return [
            (rig.handle, rig.display_name or "")
            for rig in commons.rigs(limit=1000)
            if rig.handle.startswith(typed)
        ][:_MOST]
    if source == "pull":
        return [(pull.id, pull.title) for pull in commons.pending() if pull.id.startswith(typed)]
    if source == "rule":
        return [(line.rule, line.value) for line in commons.rules() if line.rule.startswith(typed)]
    rows = commons.engine.read(_ITEMS, {"start": typed, "stop": typed + "\U0010ffff", "n": _MOST})
    return [(str(row["id"]), str(row["title"])) for row in rows]


_ITEMS = (
    "SELECT `id`, `title` FROM `wanted` WHERE `id` >= :start AND `id` < :stop "
    "ORDER BY `id` LIMIT :n"
)
