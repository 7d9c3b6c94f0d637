"""An operation on a commons of a hub: its copy on this machine, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import click

from ..commons import hubs, workspace
from ..commons.catching_up import catch_up
from ..commons.following import EngineSource
from ..commons.memberships import HUB, REST, Membership
from ..commons.methods import owner
from ..commons.nearby import Nearby
from ..commons.operations import Operation
from ..commons.outbox import QUEUED, HubSync, Outbox, Waiting
from ..protocol.errors import Unavailable, WastelandError
from ..protocol.text import terminal_safe
from ..settings import Settings
from .intents import Writer, forget, recorded


def read(
    settings: Settings, membership: Membership, row: Operation, values: Mapping[str, Any]
) -> tuple[Any, str]:
    """Return what a read answers, and how old that is where it is; "" where it is not."""
    if membership.kind == REST:
        return _read_over_rest(settings, membership, row, values)
    with closing(hubs.open_distant(settings, membership, limits=hubs.PROMPT)) as distant:
        found = distant.read(row, values)
        return found, _age(distant.near)


def _read_over_rest(
    settings: Settings, membership: Membership, row: Operation, values: Mapping[str, Any]
) -> tuple[Any, str]:
    near = hubs.nearby(settings, membership)
    host = workspace.rest_host(settings, membership, limits=hubs.PROMPT)
    with closing(near.replica), host:

        def call(asked: Operation, given: Mapping[str, Any]) -> Any:
            session: Any = workspace.seated(settings, membership, host, owner(asked))
            return getattr(session, asked.method.partition(".")[2])(**given)

        source = EngineSource(lambda: host.engine(membership.repo))
        return near.read(row, values, source=source, call=call), _age(near)


def write(
    settings: Settings,
    membership: Membership,
    row: Operation,
    values: Mapping[str, Any],
    *,
    may_wait: bool,
) -> Any:
    """
    Carry out a write on the hub and return its receipt.

    Raises:
        Unavailable: The hub cannot be reached; ``facts["queued"]`` is the operation id of a write
            that waits to be sent.
    """
    # A clone has no outbox: what it writes by itself waits on branches.
    can_wait = may_wait and row.name in QUEUED and membership.kind == HUB
    limits = hubs.PROMPT if can_wait else hubs.PATIENT
    with closing(hubs.open_distant(settings, membership, limits=limits)) as distant:

        def call(given: Mapping[str, Any]) -> Any:
            try:
                return distant.call(row, given)
            except Unavailable as error:
                if can_wait and given.get("op_id") and not given.get("dry_run"):
                    raise _queued(settings, membership, row, given, error) from error
                raise

        place = (distant.location, str(distant.repo), distant.seat.rig)
        writer = Writer(place, call, distant.still_stands)
        return recorded(settings.state, writer, row, values)


def sync(settings: Settings, membership: Membership, *, keep: bool, dry_run: bool) -> HubSync:
    """Send what waits for a hub, and bring the copy of its commons up to date."""
    box = outbox(settings)
    with closing(hubs.open_distant(settings, membership)) as distant:
        report = catch_up(distant, box, box.of(membership), keep=keep, dry_run=dry_run)
    for one in report.sent:
        if one.state != "waiting":
            forget(settings.state, one.op_id)
    return report


def outbox(settings: Settings) -> Outbox:
    """Return what waits to be sent."""
    return Outbox.of_user(settings.state)


def tell_waiting(settings: Settings, membership: Membership) -> None:
    """Say on standard error what waits to be sent, and since when."""
    waiting = outbox(settings).of(membership)
    if not waiting:
        return
    from .pages.parts import ago  # loads rich, only where something waits

    now = datetime.now(UTC)
    for one in waiting:
        click.echo(f"wl: waiting since {ago(one.at, now)}: {_shown(one)}", err=True)
    click.echo("wl: wl sync sends it", err=True)


def tell_news(settings: Settings, membership: Membership) -> None:
    """Say on standard error what is new about one's own work, where the hub tells it."""
    if membership.kind != HUB:
        return
    try:
        with closing(hubs.open_distant(settings, membership, limits=hubs.PROMPT)) as distant:
            told, count = distant.news()
    except WastelandError:
        return  # what was asked for is shown; a hub of an earlier version tells no news
    for text in told:
        click.echo(f"wl: new: {terminal_safe(text, one_line=True)}", err=True)
    if count > len(told):
        click.echo(f"wl: and {count - len(told)} more, on the page of your work", err=True)


def _shown(one: Waiting) -> str:
    """Return a waiting write on one line."""
    title = str(one.values.get("title") or "")
    words = " ".join(part for part in (one.operation, one.id, title) if part)
    return f"{terminal_safe(words, one_line=True)}  ({one.op_id})"


def _queued(
    settings: Settings,
    membership: Membership,
    row: Operation,
    given: Mapping[str, Any],
    error: WastelandError,
) -> Unavailable:
    one = outbox(settings).add(membership, row, given)
    about = f" as {one.id}" if one.operation == "post" else ""
    return Unavailable(
        f"{error.message.rstrip('.')}. The {row.name} waits{about}; nothing is sent yet.",
        hint="wl sync sends it",
        queued=one.op_id,
        id=one.id,
    )


def _age(near: Nearby | None) -> str:
    """Return a sentence about the age of what was read, "" where it is not old."""
    if near is None or not near.stale_because:
        return ""
    from .pages.parts import ago  # loads rich, only to say that something is old

    seen = near.replica.seen_at
    when = seen and ago(seen, datetime.now(UTC))
    return f"This is what was here {when or 'before'}. {near.stale_because}"
