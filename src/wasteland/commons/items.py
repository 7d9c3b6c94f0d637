"""Writing one wanted item: found by the beginning of its id, changed by a rule of its lifecycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..protocol.diff import RowChange
from ..protocol.errors import NotFound
from ..protocol.policy import Action
from ..protocol.records import WantedItem
from . import queries
from .changes import changed
from .intents import Intent, Options
from .queries import Query
from .receipts import Receipt
from .session import branch_item
from .writing import WriteSession

Rule = Callable[[WantedItem], WantedItem]


class Items(WriteSession):
    """What the operations on one item share."""

    def resolve(self, prefix: str) -> str:
        """
        Return the id that *prefix* begins, on main or among your pending posts.

        Raises:
            NotFound: None does.
            Invalid: Several do.
        """
        try:
            return queries.item_id(self.main(), prefix)
        except NotFound:
            mine = {branch_item(pull) for pull in self.pending(mine=True)} - {""}
            found = [item_id for item_id in sorted(mine) if item_id.startswith(prefix)]
            if len(found) == 1:
                return found[0]
            raise

    def _step(
        self,
        operation: str,
        action: Action,
        prefix: str,
        rule: Rule,
        options: Options,
        *,
        request: Mapping[str, Any] | None = None,
    ) -> Receipt:
        """Carry out an operation that changes one item's own row by *rule*."""
        item_id = self.resolve(prefix)

        def plan(query: Query) -> list[RowChange]:
            stored, item = queries.stored_item(query, item_id)
            return [changed(stored, item, rule(item))]

        intent = Intent(operation, action, item_id, {"id": item_id, **(request or {})})
        return self.write(intent, plan, options)
