"""How main comes over: fetched where both are files, else made again commit by commit."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...engines.base import MAIN, Engine
from ...hosts.digests import digest
from ...hosts.state.mirrors import MirrorRow
from ...protocol.errors import Conflict, NotFound, Stale, Tampered
from ..moving.history import copy_main, line
from ..upkeep import Progress

REMOTE: Final = "mirror-source"


def address(there: Engine, here: Engine) -> str:
    """Return where *here* can fetch what *there* has, "" if it cannot."""
    # A Dolt server lets no other one read its databases' files.
    are_files = {there.dialect.name, here.dialect.name} == {"doltlite"}
    return f"file://{there.location}" if are_files and Path(there.location).is_file() else ""


def fetch(here: Engine, url: str, head: str) -> None:
    """Bring main from *url* and set ours to its commit *head*."""
    here.add_remote(REMOTE, url)
    here.fetch(REMOTE, MAIN)
    # Nobody else writes here, and the source's main was seen to follow from ours.
    here.move_branch(MAIN, head)


def repeat(
    there: Engine, here: Engine, row: MirrorRow, known: dict[str, str], progress: Progress
) -> None:
    """Make the commits of main since the last pull again."""
    first = here.log()[-1].hash
    # What a killed pull has made and nobody recorded is made again.
    here.move_branch(MAIN, known.get(row.source_head, first))
    commits = line(there)
    done = [n for n, commit in enumerate(commits) if commit.hash == row.source_head]
    copy_main(there, here, commits[done[0] if done else 0 :], known, progress=progress)
    if digest(there, commits[-1].hash) != digest(here):
        raise Tampered(
            f"The mirror at {here.location} has other rows than its source.",
            hint="delete the mirror and make it anew",
        )


def require_descent(there: Engine, row: MirrorRow, head: str) -> None:
    """Raise Conflict unless *head* follows from what was last seen of main."""
    try:
        is_there = there.merge_base(row.source_head, head) == row.source_head
    except (NotFound, Stale):
        is_there = False
    if not is_there:
        raise Conflict(
            f"Main at {row.source} does not follow from {row.source_head[:12]}, which was seen of "
            "it: its history was rewritten, or an older state was restored.",
            hint="wl mirror promote, if this copy is the right one; else delete it and mirror anew",
            seen=row.source_head,
            found=head,
        )
