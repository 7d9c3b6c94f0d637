"""What a rig does with wanted items; handing in finished work is told here."""

from __future__ import annotations

from ..protocol import fields, ids, lifecycle
from ..protocol.diff import RowChange
from ..protocol.evidence import accepted
from ..protocol.policy import Action
from ..protocol.text import evidence_url
from . import queries
from .changes import added, changed
from .claims import Claims
from .intents import Intent
from .posting import Posting
from .queries import Query
from .receipts import Receipt


class Work(Posting, Claims):
    """The operations on the board that any rig may try."""

    def done(
        self,
        id: str,  # noqa: A002
        *,
        evidence: str,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Hand in finished work with its evidence.

        Args:
            evidence: A link or text that a reviewer can follow, 1 to 4096 characters.
        Raises:
            AlreadyClaimed: Another rig holds the item.
            Conflict: It is not claimed, or your submission waits already.
            Invalid: The evidence shows a password, or names a file or digest that cannot be one.
        """
        options = self.options(op_id, dry_run=dry_run)
        text = accepted(fields.evidence(evidence))
        item_id = self.resolve(id)
        me = self.need_rig()

        def plan(query: Query) -> list[RowChange]:
            stored, item = queries.stored_item(query, item_id)
            submitted, completion = lifecycle.submit(
                item,
                by=me,
                evidence=text,
                evidence_url=evidence_url(text),
                new_id=ids.completion_id(options.op_id),
                at=self.host.now(),
            )
            return [changed(stored, item, submitted), added(completion)]

        intent = Intent(
            "done", Action.SUBMIT, item_id, {"id": item_id, "evidence": text}, body=text
        )
        return self.write(intent, plan, options)
