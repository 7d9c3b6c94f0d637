"""Commands about this user's own configuration, and the demo."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..protocol.errors import Invalid, NotFound
from .context import Context, pass_context, with_format
from .progress import working

_SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Create a commons on the local host, or on a hub")
@click.argument("commons", metavar="ORG/DB")
@click.option("--name", default="", help="its name for people")
@click.option("--handle", default="", help="your rig's handle; the org by default")
@click.option("--display-name", default="", help="your rig's name for people")
@click.option("--engine", type=click.Choice(["doltlite", "dolt"]), default="doltlite")
@click.option("--policy", "preset", type=click.Choice(["open", "team"]), default="open")
@click.option("--mode", type=click.Choice(["pr", "direct", "wild-west"]), default="pr")
@click.option(
    "--valence-scale",
    "scale",
    type=click.Choice(["1", "5"]),
    default="1",
    help="scores 0 to 1, or 0 to 5 where clients that read integers take part",
)
@click.option("--dry-run", is_flag=True, help="show the place and the rows, write nothing")
@with_format
@pass_context
def create(context: Context, commons: str, *, dry_run: bool, **options: Any) -> None:
    """
    Create a commons on the local host, or on a hub, with you as its maintainer.

    The commons is a database with the nine tables of the protocol. Your other rigs and processes
    join it with wl join ORG/DB; the host's directory is yours alone.

    \b
    Example:
      wl create acme/board --name "Acme's board" --policy team
      wl create http://127.0.0.1:8999/acme/board
    """
    from ..commons import joining
    from ..hosts.base import RepoName

    options["mode"] = "direct" if options["mode"] == "wild-west" else options["mode"]
    if "://" in commons:
        context.show("create", _created_at_hub(context, commons, dry_run=dry_run, **options))
        return
    repo = RepoName.parse(commons)
    options["handle"] = (options["handle"] or repo.owner).lower()
    found = {
        "commons": str(repo),
        "handle": options["handle"],
        "engine": options["engine"],
        "host": str(context.settings.host.resolve()),
    }
    if dry_run:
        rows = joining.plan(context.settings, repo, **options)
        context.show("create", {**found, "commit": "", "diff": rows})
        return
    head = joining.create(context.settings, repo, **options)
    steps = [f"wl join {repo} --handle NAME", 'wl post --title "First item"']
    context.show("create", {**found, "commit": head, "next": steps})


@click.command(short_help="Take part in a commons")
@click.argument("target", metavar="COMMONS")
@click.option("--handle", default="", help="your rig's handle; your account by default")
@click.option("--fork-org", "account", default="", help="the account that owns your fork")
@click.option("--display-name", default="", help="your rig's name for people")
@click.option("--type", "rig_type", default="human", help="human, agent or hybrid")
@click.option("--email", default="", help="public: rows of a commons can be read by all")
@click.option("--parent", default="", help="the rig that answers for this one")
@click.option("--as", "name", default="", metavar="ORG/DB", help="what to call a remote by")
@click.option("--clone", is_flag=True, help="keep a whole clone of a hub's commons here")
@click.option("--direct", is_flag=True, help="write to main where the commons states no policy")
@click.option("--dry-run", is_flag=True, help="show the place and the rows, write nothing")
@with_format
@pass_context
def join(context: Context, target: str, *, direct: bool, clone: bool, **options: Any) -> None:
    """
    Take part in a commons: register your rig and remember where it is.

    COMMONS is org/db on the local host, a commons on a hub, a path, or the URL of a remote:
    file://, http(s)://, or git@host:org/repo.git where Dolt keeps it in a git repository.

    \b
    Example:
      wl join acme/board --handle ada
      wl join http://127.0.0.1:8999/acme/board
      wl join http://127.0.0.1:8999/acme/board --clone
      wl join https://commons.example.org/acme/board.db --handle ada
    """
    from ..commons import addresses, joining

    if context.settings.hub and not addresses.is_address(target):
        target = f"{context.settings.hub.rstrip('/')}/{target}"
    if "://" in target and (joined := _joined_at_hub(context, target, clone=clone, **options)):
        context.show("join", joined)
        return
    if clone:
        raise click.UsageError(
            "--clone is for a commons on a hub; of a remote there always is one."
        )
    account = options["account"] or os.environ.get("DOLTHUB_ORG") or options["handle"] or _user()
    options["account"] = account
    mode = "direct" if direct else "pr"
    with working("Joining the commons", context.form):
        joined = joining.join(context.settings, target, mode=mode, **options)
    context.show("join", joined)


def _created_at_hub(context: Context, target: str, *, dry_run: bool, **options: Any) -> Any:
    """Create a commons on the hub that *target* names."""
    from ..commons import hub_joining, hubs

    place = hubs.read_address(target)
    if place is None:
        raise Invalid(
            f"{target} is no commons of a hub.",
            field="commons",
            hint="wl create http://127.0.0.1:8999/acme/board",
        )
    del options["engine"]  # the hub's own
    made = hub_joining.create(context.settings, *place, dry_run=dry_run, **options)
    return {**made, "host": place[0]}


def _joined_at_hub(context: Context, target: str, *, clone: bool, **options: Any) -> Any:
    """Join a commons of a hub; None where no hub answers at that address."""
    from ..commons import hubs, memberships
    from ..commons.credentials import is_dolthub

    place = hubs.read_address(target)
    if place is None or is_dolthub(place[0]) or not hubs.is_hub(place[0]):
        return None
    from ..commons import hub_joining

    wishes = {name: options[name] for name in _HUB_WISHES}
    with working("Joining the commons", context.form):
        if clone:
            hub_joining.require_clonable(context.settings, *place)
        joined = hub_joining.join(context.settings, *place, **wishes)
        if clone and not joined.dry_run:
            membership = memberships.choose(context.settings.config, str(joined.commons))
            label = f"clone on {os.uname().nodename}"
            cloned = hub_joining.clone(context.settings, membership, label)
            return replace(joined, note=f"A clone is kept in {cloned.local_dir} .")
        return joined


_HUB_WISHES = ("handle", "display_name", "rig_type", "email", "parent", "dry_run")


@click.command(short_help="Forget a commons; its data stays")
@click.argument("name", metavar="[ORG/DB]", required=False)
@with_format
@pass_context
def leave(context: Context, name: str | None) -> None:
    """
    Forget a commons. Its data stays where it is, and so does your rig's row.

    \b
    Example:
      wl leave acme/board
    """
    from ..commons import joining

    gone = joining.leave(context.settings, name or context.commons)
    context.show("leave", {"commons": str(gone.repo), "data": gone.local_dir or gone.url})


@click.command("list", short_help="List the commons that you have joined")
@with_format
@pass_context
def list_joined(context: Context) -> None:
    """
    List the commons that you have joined.

    \b
    Example:
      wl list
    """
    from ..commons import memberships

    chosen = memberships.default(context.settings.config)
    rows = [
        {
            "commons": str(found.repo),
            "handle": found.handle,
            "account": found.account,
            "kind": found.kind,
            "engine": found.engine,
            "where": found.local_dir or found.url,
            "joined_at": found.joined_at,
            "is_default": str(found.repo) == chosen,
        }
        for found in memberships.joined(context.settings.config)
    ]
    context.show("list", rows)


@click.command(short_help="Read and set your configuration")
@click.argument("action", type=click.Choice(["list", "get", "set"]), default="list")
@click.argument("key", required=False)
@click.argument("value", required=False)
@with_format
@pass_context
def config(context: Context, action: str, key: str | None, value: str | None) -> None:
    """
    Read and set your configuration: default (which commons), mode (pr or direct).

    \b
    Example:
      wl config set default acme/board
    """
    from ..commons import memberships

    if action == "set":
        _set(context, key or "", value or "")
    folder = context.settings.config
    values = {
        "default": memberships.default(folder),
        "config": str(folder),
        "data": str(context.settings.data),
        "host": str(context.settings.host),
    }
    if memberships.joined(folder) and (values["default"] or context.commons or _only_one(folder)):
        membership = memberships.choose(folder, context.commons)
        values |= {"mode": membership.mode, "handle": membership.handle}
    if action == "get":
        if key not in values:
            raise NotFound(f"There is no key {key!r}; there are: {', '.join(values)}.")
        context.show("config", values[key])
    else:
        context.show("config", values)


@click.command(short_help="Print the completion script of your shell")
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """
    Print the completion script of your shell.

    \b
    Example:
      eval "$(wl completion bash)"
    """
    from click.shell_completion import get_completion_class

    from .main import cli

    found = get_completion_class(shell)
    if found is None:
        raise Invalid(f"There is no completion for {shell}.", field="shell", value=shell)
    click.echo(found(cli, {}, "wl", "_WL_COMPLETE").source())


@click.command(short_help="Print the version")
@with_format
@pass_context
def version(context: Context) -> None:
    """
    Print the version.

    \b
    Example:
      wl version --json
    """
    import platform

    context.show("version", {"wl": __version__, "python": platform.python_version()})


@click.command(short_help="Play the whole story on a commons of its own")
@click.option(
    "--dir", "folder", default="", metavar="DIR", help="keep it here; a new folder by default"
)
@click.option("--serve", is_flag=True, help="then show the board on http://127.0.0.1:8999")
@click.option("--port", type=click.IntRange(0, 65535), default=8999, show_default=True)
@with_format
@pass_context
def demo(context: Context, folder: str, *, serve: bool, port: int) -> None:
    """
    Play the whole story on a commons of its own: post, claim, submit, review, stamp.

    Nothing of yours is touched: the commons lives in a folder of its own.

    \b
    Example:
      wl demo --serve
    """
    from . import demo as show

    show.run(context, Path(folder) if folder else None, port if serve else None)


def _set(context: Context, key: str, value: str) -> None:
    from ..commons import memberships
    from ..hosts.base import RepoName

    folder = context.settings.config
    if key == "default":
        if value:
            memberships.choose(folder, str(RepoName.parse(value)))
        memberships.set_default(folder, value)
    elif key == "mode" and value in {"pr", "direct", "wild-west"}:
        chosen = memberships.choose(folder, context.commons)
        mode = "direct" if value == "wild-west" else value
        memberships.save(folder, memberships.with_mode(chosen, mode))
    else:
        raise Invalid(
            f"{key or 'Nothing'} cannot be set to {value!r}: "
            "use default ORG/DB, or mode pr|direct.",
            field=key or "key",
            value=value,
        )


def _only_one(folder: Path) -> bool:
    from ..commons import memberships

    return len(memberships.joined(folder)) == 1


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    return re.sub(r"[^a-z0-9._-]", "-", name.lower()).strip("-._")


COMMANDS = {
    "create": create,
    "join": join,
    "leave": leave,
    "list": list_joined,
    "config": config,
    "completion": completion,
    "version": version,
    "demo": demo,
}
