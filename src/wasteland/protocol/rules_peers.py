"""What a blocked peer may not do here: its rigs write nothing, and nothing is linked to it."""

from __future__ import annotations

from collections.abc import Iterable

from . import peers
from .diff import DiffKind, RowChange
from .errors import Forbidden
from .proposal import Case
from .records import Chain, Rig


def blocking(blocked: Iterable[str], address: str | None) -> str:
    """Return the blocked peer that *address* lies with, "" if there is none."""
    return next((peer for peer in blocked if peers.is_of(address, peer)), "")


def need_no_block(case: Case, *rigs: Rig | None) -> None:
    """
    Return if none of *rigs* comes from a peer that is blocked.

    Raises:
        Forbidden: One does.
    """
    for rig in filter(None, rigs):
        if peer := blocking(case.authority.blocked, rig.hop_uri):
            raise Forbidden(
                f"{rig.handle} comes from {peer}, which this commons has blocked.",
                hint="wl peer list shows why",
                rig=rig.handle,
                peer=peer,
            )


def need_free_chain(case: Case, row: RowChange) -> None:
    """
    Return if *row* names no blocked peer as a commons that this one knows.

    Raises:
        Forbidden: It does.
    """
    known = Chain.from_row(row.row)
    for address in (known.hop_uri, known.dolt_database):
        peer = blocking(case.authority.blocked, address)
        if peer and row.kind is not DiffKind.REMOVED:
            raise Forbidden(f"This commons has blocked {peer}.", hint="wl peer list", peer=peer)
