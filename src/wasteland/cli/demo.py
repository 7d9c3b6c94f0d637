"""``wl demo``: the story told in a terminal, and then the board in a browser."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import click

from ..commons import story
from ..commons.data import to_data
from ..commons.sdk import Commons
from ..hosts.local import LocalHost
from ..protocol.errors import Conflict
from .context import Context

_TRIES: Final = 20
"""How many ports are tried: people start demos beside each other."""


def run(context: Context, folder: Path | None, port: int | None) -> None:
    """
    Play the story in *folder* (a new temporary one by default), then serve it on *port* if given.

    Raises:
        Conflict: The folder holds a demo already.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="wasteland-demo-"))
    if (place / "host.db").exists():
        raise Conflict(
            f"{place} holds a demo already.", hint="wl demo --dir another-folder", path=str(place)
        )
    with LocalHost(place) as host:
        scenes = []
        for scene in story.play(host):
            scenes.append(scene)
            if not context.form.is_json:
                _tell(scene)
        profile = Commons(host, story.REPO, story.seats()["ben"]).rig("ben")
        if context.form.is_json:
            context.show("demo", {"scenes": scenes, "profile": profile, "host": str(place)})
        else:
            _tell_profile(to_data(profile), place)
    if port is not None:
        _serve(context, place, port)


def _serve(context: Context, place: Path, port: int) -> None:
    """Serve the folder as a hub with its web app, whose visitors may be any of the cast."""
    from ..hub import serving
    from ..hub.hub import Hub
    from ..hub.tokens import Scope
    from ..web.app import create_app

    hub = Hub.open(place)
    try:
        accounts = {rig: str(seat.account) for rig, seat in story.seats().items()}
        tokens = {}
        for rig, account in accounts.items():
            hub.accounts.add(account, is_admin=account == story.REPO.owner)
            _, tokens[rig] = hub.accounts.issue(account, label="demo", scope=Scope.WRITE)

        def ready(url: str) -> None:
            if context.form.is_json:
                context.show("serve", {"url": url, "tokens": tokens})
                return
            click.echo(f"\nThe board is on {url}  (Ctrl-C ends it)")
            click.echo("Sign in there as one of the cast, by token:")
            for rig, token in tokens.items():
                click.echo(f"  {rig}  {token}")

        serving.serve(
            hub, address="127.0.0.1", port=port, tries=_TRIES, app=create_app, on_ready=ready
        )
    finally:
        hub.close()


def _tell(scene: story.Scene) -> None:
    receipt = scene.receipt
    click.secho(f"● {scene.told}", bold=True)
    rows = ", ".join(f"{table} {count}" for table, count in receipt.rows.items())
    where = f"pull request {receipt.pull}" if receipt.state == "pending" else "main"
    click.echo(f"  {receipt.operation} {receipt.id}  {receipt.state} on {where}")
    click.echo(f"  rows: {rows}  commit: {receipt.commit[:12]}  by {receipt.actor}")
    change = _status(receipt.before), _status(receipt.after)
    if any(change) and change[0] != change[1]:
        click.echo(f"  status: {change[0] or 'new'} → {change[1]}")
    click.echo()


def _status(record: object) -> str:
    return str(record.get("status") or "") if isinstance(record, dict) else ""


def _tell_profile(sheet: dict[str, object], place: Path) -> None:
    rig = sheet["rig"]
    stamps = sheet["stamps"]
    if isinstance(rig, dict):
        click.secho(
            f"{rig['display_name']} ({rig['handle']}), trust {rig['trust_level']}", bold=True
        )
    for stamp in stamps if isinstance(stamps, list) else []:
        scores = ", ".join(f"{name} {score}" for name, score in stamp["valence"].items())
        click.echo(f"  stamp {stamp['id']} by {stamp['author']}: {scores}")
        click.echo(f"  “{stamp['message']}”  skills: {', '.join(stamp['skill_tags'])}")
    click.echo()
    click.echo(f"It is all in {place}. Look around:")
    click.echo(f"  wl --host {place} join demo/commons --handle you")
    click.echo("  wl browse")
