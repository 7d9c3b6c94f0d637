"""What the palette suggests: items, actions, rigs, places, saved views, in groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from ...protocol.errors import NotFound
from ...protocol.lean import dataclass
from ...protocol.records import Rig, WantedItem
from ...protocol.roles import TRUST_WORDS
from ...protocol.text import terminal_safe
from .. import acting
from ..places import Place
from ..visits import Visit

MOST_ITEMS: Final = 8
_MOST_RIGS: Final = 5
_MOST_TAGS: Final = 8
_WORD: Final = re.compile(r"[^\W_]+")
_SPECIAL: Final = re.compile("[!%_]")
_RIGS_BY_HANDLE: Final = (
    "SELECT * FROM `rigs` WHERE `handle` >= :text AND `handle` < :last ORDER BY `handle` LIMIT :n"
)
_RIGS_BY_NAME: Final = (
    "SELECT * FROM `rigs` WHERE LOWER(`display_name`) LIKE :text ESCAPE '!' "
    "ORDER BY `handle` LIMIT :n"
)


@dataclass(frozen=True, slots=True)
class Option:
    """
    One thing that may be chosen.

    Attributes:
        path: Where it leads.
        label: Its name, what was typed marked in it.
        note: What is said beside it.
        icon: "" for one that draws its mark otherwise.
        keys: The keys that lead there too.
        item: The item that it is, or is about.
        rig: The rig that it is.
        press: What is pressed instead on a page that shows the item.
        is_closed: Whether it is shown only to say why it cannot be done.
    """

    path: str
    label: Markup
    note: str = ""
    icon: str = ""
    keys: tuple[str, ...] = ()
    item: str = ""
    found: WantedItem | None = None
    rig: Rig | None = None
    press: str = ""
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Options of one kind."""

    title: str
    options: Sequence[Option]


def groups(visit: Visit, typed: str, on: str) -> list[Group]:
    """
    Return what fits *typed*.

    Args:
        typed: Words; ``>`` before them asks for actions alone, ``@`` for rigs, ``#`` for tags.
        on: The item that the page is about; "" for none.
    """
    kind, text = (typed[:1], typed[1:].strip()) if typed[:1] in {">", "@", "#"} else ("", typed)
    place = visit.place
    found = [
        Group("Items", list(_items(place, text)) if kind == "" and text else ()),
        Group("Actions", list(_actions(visit, text, on)) if kind in {"", ">"} else ()),
        Group("Tags", list(_tags(place, text)) if kind == "#" else ()),
        Group("Rigs", list(_rigs(place, text)) if kind == "@" or (text and not kind) else ()),
        Group("Views", list(_views(visit, text)) if kind == "" else ()),
        Group("Go to", list(_places(visit, text)) if kind in {"", ">"} else ()),
    ]
    return [group for group in found if group.options]


def _items(place: Place, text: str) -> Iterator[Option]:
    for item in place.session.suggest(text, limit=MOST_ITEMS):
        path = f"{place.path}/wanted/{quote(item.id)}"
        label = marked(item.title or "untitled", text)
        yield Option(path, label, note=item.id, item=item.id, found=item)


def _actions(visit: Visit, text: str, on: str) -> Iterator[Option]:
    place = visit.place
    yield from _fitting(text, _on_item(place, on) if on else ())
    new = f"{place.path}/new"
    yield from _fitting(text, [("Post an item", new, "", "plus", ("n",))])
    if text:
        about = f"{new}?{urlencode({'title': text[:256]})}"
        yield Option(about, Markup("Post “{}”").format(terminal_safe(text)), icon="plus")


def _on_item(place: Place, item_id: str) -> Iterator[tuple[str, ...] | Option]:
    """Yield what the visitor may do with an item, and what is refused, with the reason."""
    try:
        sheet = place.session.show(item_id)
    except NotFound:
        return
    base = f"{place.path}/wanted/{quote(sheet.item.id)}"
    for act in acting.acts_of(place, sheet):
        yield Option(
            path=act.path if act.has_page else f"{base}#act-{act.name}",
            label=escape(act.label),
            note=f"closed to you: {act.why_not}" if act.why_not else sheet.item.title,
            icon="lock" if act.why_not else act.icon,
            keys=(act.key,) if act.key and not act.why_not else (),
            item=sheet.item.id,
            press="" if act.has_page or act.why_not else act.name,
            is_closed=bool(act.why_not),
        )


def _rigs(place: Place, text: str) -> Iterator[Option]:
    query = place.session.main()
    start = text.lower()
    rows = query(_RIGS_BY_HANDLE, {"text": start, "last": f"{start}\U0010ffff", "n": _MOST_RIGS})
    if len(rows) < _MOST_RIGS and start:
        escaped = _SPECIAL.sub(r"!\g<0>", start)
        rows += query(_RIGS_BY_NAME, {"text": f"%{escaped}%", "n": _MOST_RIGS})
    found = {rig.handle: rig for rig in map(Rig.from_row, rows)}
    for rig in list(found.values())[:_MOST_RIGS]:
        path = f"{place.path}/rigs/{quote(rig.handle, safe='')}"
        name = rig.display_name if rig.display_name != rig.handle else ""
        note = " · ".join(part for part in (name, TRUST_WORDS[rig.trust]) if part)
        yield Option(path, marked(rig.handle, text), note=note, rig=rig)


def _tags(place: Place, text: str) -> Iterator[Option]:
    items = place.session.suggest(text, limit=64) if text else []
    tags = dict.fromkeys(str(tag) for item in items for tag in item.tags or ())
    fitting = [tag for tag in tags if tag.lower().startswith(text.lower())]
    for tag in fitting[:_MOST_TAGS]:
        path = f"{place.path}?{urlencode({'tag': tag, 'status': 'all'})}"
        yield Option(path, marked(f"#{tag}", text), icon="filter")


def _views(visit: Visit, text: str) -> Iterator[Option]:
    rows = [
        (view.name, f"{visit.place.path}?{view.filters}", "saved view", "filter", ())
        for view in visit.views
    ]
    yield from _fitting(text, rows)


def _places(visit: Visit, text: str) -> Iterator[Option]:
    place, is_in = visit.place, bool(visit.session)
    rows = [
        ("Board", place.path, "", "board", "b", True),
        ("My work", f"{place.path}/work", "claims, submissions, news", "mine", "m", is_in),
        ("Review", f"{place.path}/review", "what waits", "review", "r", place.may_review),
        ("Rigs", f"{place.path}/rigs", "", "rigs", "i", True),
        ("Explore", f"{place.path}/explore", "history, charts", "explore", "e", True),
        ("Settings", f"{place.path}/settings", "", "settings", "s", is_in),
        ("You", "/-/you", "theme, keys, sessions", "key", "y", True),
        ("Other commons", "/?all", "", "sort", "", True),
        ("Join", f"{place.path}/join", "with a rig", "rigs", "", is_in and not place.me.registered),
    ]
    shown = [(*row[:4], ("g", row[4]) if row[4] else ()) for row in rows if row[5]]
    yield from _fitting(text, shown)


def _fitting(text: str, rows: Iterable[object]) -> Iterator[Option]:
    """Yield those whose name, or what is said beside it, holds every word that was typed."""
    words = [word.casefold() for word in _WORD.findall(text)]
    for row in rows:
        found = row if isinstance(row, Option) else _option(*row, text=text)  # type: ignore[misc]
        spoken = f"{found.label.striptags()} {found.note}".casefold()
        if all(word in spoken for word in words):
            yield found


def _option(
    label: str, path: str, note: str, icon: str, keys: tuple[str, ...], *, text: str
) -> Option:
    return Option(path, marked(label, text), note=note, icon=icon, keys=keys)


def marked(label: str, typed: str) -> Markup:
    """Return *label* as HTML in which the beginnings of words that were typed are marked."""
    safe = terminal_safe(label)
    words = sorted({re.escape(word) for word in _WORD.findall(typed)}, key=len, reverse=True)
    if not words:
        return escape(safe)
    parts = re.split(rf"(?<![^\W_])({'|'.join(words)})", safe, flags=re.IGNORECASE)
    shown = [
        escape(part) if n % 2 == 0 else Markup("<mark>{}</mark>").format(part)
        for n, part in enumerate(parts)
    ]
    return Markup().join(shown)
