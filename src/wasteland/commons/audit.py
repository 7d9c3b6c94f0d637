"""Reading the log of moderation, with its chain checked."""

from __future__ import annotations

from collections.abc import Sequence

from ..protocol import chain
from ..protocol.chain import Verified
from ..protocol.lean import dataclass
from ..protocol.records import Moderation
from . import records
from .record_keeping import RecordKeeping

_MOST = 1000


@dataclass(frozen=True, slots=True)
class AuditLog:
    """
    A page of the log.

    Attributes:
        records: Newest first; those of earlier versions, which are in no chain, last.
        chain: How far the chain of the whole log holds.
        next: The number that the next page begins below; None at the end.
    """

    records: Sequence[Moderation]
    chain: Verified
    next: int | None


class Auditing(RecordKeeping):
    """The operation that reads the log."""

    def audit(
        self, *, action: str = "", rig: str = "", before: int = 0, limit: int = 100
    ) -> AuditLog:
        """
        Return the log of moderation, and how far its chain of hashes holds.

        Args:
            action: Only records of that kind.
            rig: Only records about or by that rig.
            before: Only records with a lower number; 0 for all.
            limit: Records at most, 1 to 1000.
        Raises:
            Forbidden: You have no rig here.
        """
        self._need_member()
        rows = records.rows(self.main())
        everything = sorted(map(Moderation.from_row, rows), key=_place)
        fitting = [
            record
            for record in everything
            if action in {"", record.action}
            and rig in {"", record.rig, record.decided_by}
            and (not before or (record.seq or 0) < before)
        ]
        page = fitting[: min(max(limit, 1), _MOST)]
        following = page[-1].seq if len(fitting) > len(page) else None
        return AuditLog(page, chain.verify(rows), following)


def _place(record: Moderation) -> tuple[int, float, str]:
    when = record.created_at.timestamp() if record.created_at else 0.0
    return -(record.seq or 0), -when, record.id
