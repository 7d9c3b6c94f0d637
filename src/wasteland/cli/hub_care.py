"""Keeping a host's directory: moving between engines, backup, checking, mirrors, export."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

from . import errors
from .context import Context, pass_context, with_format
from .output import emit

if TYPE_CHECKING:
    from ..hosts.local import LocalHost


@click.command()
@click.argument("repo", metavar="ORG/DB")
@click.option("--to", "engine", type=click.Choice(["doltlite", "dolt"]), required=True)
@click.option("--squash", is_flag=True, help="keep the rows, not how they came to be")
@click.option("--keep-old", is_flag=True, help="keep the old database beside")
@with_format
@pass_context
def move(context: Context, repo: str, engine: str, *, squash: bool, keep_old: bool) -> None:
    """
    Move a repository to the other engine: rows, history, branches and pull requests.

    The new database is compared with the old one, table by table, before it takes its place. The
    hub may run meanwhile. A move that was cut short begins anew when it is repeated.

    \b
    Example:
      wl hub move acme/board --to dolt
    """
    from ..hosts.base import RepoName
    from ..hub import moving

    with _host(context) as host, _told(context) as progress:
        report = moving.move(
            host,
            RepoName.parse(repo),
            engine,
            squash=squash,
            keep_old=keep_old,
            progress=progress,
        )
    context.show("hub", report)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help="the master keys too, beside what they open")
@with_format
@pass_context
def backup(context: Context, directory: Path, *, with_keys: bool) -> None:
    """
    Copy the whole host to a new directory; the hub may run meanwhile.

    Stored tokens of upstreams are copied as they are kept, encrypted. The master keys that open
    them are left out unless --with-keys asks for them; keep a copy of them elsewhere.

    \b
    Example:
      wl hub backup /var/backups/hub-monday
    """
    from ..hub.backup import backup as copy

    with _told(context) as progress:
        report = copy(
            context.settings.host,
            directory,
            **_dolt(context),
            with_keys=with_keys,
            progress=progress,
        )
    context.show("hub", report)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True))
@click.argument("target", type=click.Path(path_type=Path))
@with_format
@pass_context
def restore(context: Context, directory: Path, target: Path) -> None:
    """
    Make a host's directory out of a backup, once every file of it was found sound.

    \b
    Example:
      wl hub restore /var/backups/hub-monday /srv/hub
    """
    from ..hub.backup import restore as make

    with _told(context) as progress:
        report = make(directory, target, **_dolt(context), progress=progress)
    context.show("hub", report)


@click.command()
@click.option("--deep", is_flag=True, help="look at every row and commit")
@with_format
@pass_context
def fsck(context: Context, *, deep: bool) -> int:
    """
    Check the host's repositories and state, and say what mends what is wrong.

    Ends with 8 if there is a problem.

    \b
    Example:
      wl hub fsck --deep
    """
    from ..commons.data import to_data
    from ..hub.fsck import fsck as check
    from .doctor import page

    with _told(context) as progress:
        found = check(context.settings.host, deep=deep, **_dolt(context), progress=progress)
    emit(to_data(found), context.form, lambda: page(found))
    return errors.PROBLEMS if any(f.is_open_problem for f in found) else errors.OK


@click.group(short_help="A live read-only copy of a commons")
def mirror() -> None:
    """Keep a live read-only copy of a commons and its pull requests on this host."""


@mirror.command("pull")
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("repo", metavar="ORG/DB")
@click.option("--engine", type=click.Choice(["doltlite", "dolt"]), default="doltlite")
@with_format
@pass_context
def mirror_pull(context: Context, source: Path, repo: str, engine: str) -> None:
    """
    Bring the mirror of a commons up to date; the first time, make it.

    SOURCE is the directory of the host that has the commons.

    \b
    Example:
      wl mirror pull /mnt/other-hub acme/board
    """
    from ..hosts.base import RepoName
    from ..hosts.local import LocalHost
    from ..hub.mirror import Mirror

    with LocalHost(source, **_dolt(context)) as origin, _host(context) as host:
        report = Mirror(origin, RepoName.parse(repo), host, engine=engine).pull()
    context.show("mirror", report)


@mirror.command("promote")
@click.argument("repo", metavar="ORG/DB")
@with_format
@pass_context
def mirror_promote(context: Context, repo: str) -> None:
    """
    Make a mirror writable, because its source is gone. Nothing follows the source any more.

    \b
    Example:
      wl mirror promote acme/board
    """
    from ..hosts.base import RepoName
    from ..hub import mirror as mirrors

    with _host(context) as host:
        context.show("mirror", mirrors.promote(host, RepoName.parse(repo)))


@click.command(short_help="Write the board as pages that need no server")
@click.argument("directory", type=click.Path(path_type=Path))
@with_format
@pass_context
def export(context: Context, directory: Path) -> None:
    """
    Write the board as pages that need no server, with its data as JSON.

    \b
    Example:
      wl export public/
    """
    from ..commons.sdk import Commons
    from ..hub.export import board

    with context.session(Commons) as session:
        context.show("export", board(session, directory))


@contextmanager
def _host(context: Context) -> Iterator[LocalHost]:
    from ..hosts.local import LocalHost

    with LocalHost(context.settings.host, **_dolt(context)) as host:
        yield host


class _Dolt(TypedDict):
    dolt: str | None
    dolt_password: str


def _dolt(context: Context) -> _Dolt:
    """Return what opens repositories on Dolt."""
    settings = context.settings
    return {"dolt": settings.dolt or None, "dolt_password": settings.read_dolt_password()}


@contextmanager
def _told(context: Context) -> Iterator[Callable[[str, int, int], None]]:
    """Yield what shows progress on standard error, on a terminal only."""
    if not sys.stderr.isatty() or context.form.is_json:
        yield lambda *_: None
        return
    from rich.console import Console  # heavy, and only for people

    with Console(stderr=True, highlight=False).status("Working") as status:
        yield lambda what, done, of: status.update(f"{what} {done}/{of}" if of else what)


COMMANDS = {"mirror": mirror, "export": export}
OF_HUB = (move, backup, restore, fsck)
"""Commands of ``wl hub``."""
