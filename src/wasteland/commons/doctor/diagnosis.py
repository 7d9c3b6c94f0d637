"""
What is wrong with this user's set-up and commons: one finding a line, with what mends it.

Nothing is written unless asked for, apart from the heads that ``heads`` remembers. Each check runs
in a thread of its own and is given up at its deadline, so that an unreachable remote or a locked
file costs seconds and never the answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...engines.base import Engine
from ...protocol.errors import WastelandError
from .. import memberships
from ..memberships import CLONE, HOST, HUB
from . import audit, clone, engine, keys, refs, rows, setup
from .findings import Check, Finding, Level, Site, problem, warn

if TYPE_CHECKING:
    from ...settings import Settings

TOTAL_S: Final = 9.0
_RESTORE: Final = "once more, if it is in use; restore it from a backup, if it is damaged"
_FIXING_S: Final = 300.0
"""Garbage collection of a large file takes its time; only who asks for repairs waits for it."""

MACHINE: Final[Sequence[Check]] = (*setup.CHECKS, *keys.CHECKS)
_CLONE: Final[Sequence[Check]] = clone.CHECKS
_OPEN: Final[Sequence[Check]] = (
    *clone.OPEN_CHECKS,
    *engine.CHECKS,
    *refs.CHECKS,
    *rows.CHECKS,
    *audit.CHECKS,
)


def diagnose(settings: Settings, name: str, *, fix: bool = False) -> list[Finding]:
    """
    Return what every check has to say, in the order of the checks.

    Args:
        settings: Of the user.
        name: ``org/db``; "" for all commons that are joined.
        fix: Mend what can be mended without losing anything.
    Raises:
        NotFound: *name* is not joined.
    """
    joined = memberships.joined(settings.config)
    chosen = [memberships.choose(settings.config, name)] if name else joined
    site = Site(settings, joined, fix)
    end = time.monotonic() + (_FIXING_S if fix else TOTAL_S)
    findings = list(_run(MACHINE, site, end))
    for membership in chosen:
        about = replace(site, membership=membership)
        findings += (replace(f, commons=str(membership.repo)) for f in _examine(about, end))
    return findings


def _examine(site: Site, end: float) -> Iterator[Finding]:
    """Yield what is to say about one commons."""
    if site.here.kind in {CLONE, HUB}:
        from . import hub  # noqa: PLC0415  # loads the HTTP client

        yield from _run(hub.CHECKS if site.here.kind == HUB else hub.OF_CLONE, site, end)
    if site.here.kind == HUB:
        return
    if site.here.kind != CLONE:
        yield from _run(_CLONE, site, end)
    first = [[check] for check in (Check("open", _open, 5.0), *engine.FIRST)]
    for stage in (*first, _OPEN):
        findings = list(_run(stage, site, end))
        yield from findings
        if site.engine is None or any(finding.is_open_problem for finding in findings):
            break
    _close(site)


def _open(site: Site) -> Iterator[Finding]:
    """Open the commons' database; what is not there is never made."""
    here = site.here
    if here.kind == HOST:
        root = Path(here.url)
        if not (root / "host.db").is_file():
            yield problem(
                "open",
                f"There is no host in {root} , where {here.repo} should be.",
                f"WL_HOST={root} , or: wl leave {here.repo}",
            )
            return
        from .. import workspace  # noqa: PLC0415  # opening needs it, the checks do not

        site.host = workspace.local_host(root, site.settings)
        site.engine = site.host.engine(here.repo)
        return
    site.engine = _clone(site)
    if site.engine is None:
        message = f"The clone of {here.repo} is missing: there is none in {_clone_folder(site)} ."
        yield problem("open", message, "wl sync")


def _clone(site: Site) -> Engine | None:
    """Return the engine of a plain remote's clone, None if there is none."""
    here, folder = site.here, _clone_folder(site)
    if here.engine == "doltlite":
        from ...engines.doltlite.engine import DoltLiteEngine  # noqa: PLC0415  # one or the other

        file = folder / f"{here.repo.name}.db"
        return DoltLiteEngine(file) if file.is_file() else None
    from ...engines.dolt.names import database_name  # noqa: PLC0415  # ditto

    database = database_name(here.repo.owner, here.repo.name)
    if not (folder / database / ".dolt").is_dir():
        return None
    from ...engines.dolt.engine import DoltEngine  # noqa: PLC0415  # loads the MySQL driver
    from ...engines.dolt.server import Server  # noqa: PLC0415  # ditto

    return DoltEngine(Server.attach(folder, program=site.settings.dolt or None), database)


def _clone_folder(site: Site) -> Path:
    here = site.here
    return Path(here.local_dir or site.settings.data / "clones" / str(here.repo))


def _close(site: Site) -> None:
    """Close what was opened, unless a check that was given up still uses it."""
    if any(thread.name.startswith(_THREAD) for thread in threading.enumerate()):
        return
    if site.host is not None:
        site.host.close()
    elif site.engine is not None:
        site.engine.close()


# --- running checks


_THREAD: Final = "wl-doctor-"


def _run(checks: Iterable[Check], site: Site, end: float) -> Iterator[Finding]:
    for check in checks:
        left = end - time.monotonic()
        deadline = left if site.fix else min(check.deadline_s, left)
        yield from _within(check, site, deadline)


def _within(check: Check, site: Site, deadline_s: float) -> list[Finding]:
    """Return what *check* finds in time."""
    found: list[Finding] = []
    thread = threading.Thread(
        target=_collect, args=(check, site, found), name=_THREAD + check.name, daemon=True
    )
    if deadline_s > 0:
        thread.start()
        thread.join(deadline_s)
        if not thread.is_alive():
            return found
    late = f"Not finished within {max(deadline_s, 0):.0f} seconds; it says nothing."
    return [*found, warn(check.name, late, "wl doctor, once more when the machine is less busy")]


def _collect(check: Check, site: Site, found: list[Finding]) -> None:
    try:
        for finding in check.run(site):
            found.append(finding)  # noqa: PERF402  # kept when a later one fails
    except WastelandError as error:
        # "wl doctor" is what errors say who know no better; here it would lead in a circle.
        hint = error.hint if error.hint != "wl doctor" else _RESTORE
        found.append(problem(check.name, error.message, hint))
    except Exception as error:  # noqa: BLE001  # one broken check must not silence the others
        found.append(
            Finding(check.name, Level.PROBLEM, f"It failed: {error!r}.", "wl --debug doctor")
        )
