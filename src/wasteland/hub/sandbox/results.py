"""What a query gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["success", "row_limit", "timeout", "error"]
TextRow = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a result.

    Attributes:
        name: As the query calls it; names may repeat.
        type: MySQL's, in lower case.
        source_table: The table that it is a column of; "" for an expression, and where the
            engine does not say.
        is_primary_key: Whether it is that table's key, as far as the engine says.
    """

    name: str
    type: str
    source_table: str = ""
    is_primary_key: bool = False


@dataclass(frozen=True, slots=True)
class QueryResult:
    """
    The answer to a query.

    Attributes:
        rows: Each cell as MySQL prints it; None for NULL, ``<binary>`` for bytes.
        status: "row_limit" if there are more rows than are here.
        message: Why there are no rows, or not all; "" for a success.
    """

    columns: tuple[Column, ...]
    rows: list[TextRow]
    status: Status
    message: str = ""

    @classmethod
    def failure(cls, status: Status, message: str) -> QueryResult:
        """Return a result without rows."""
        return cls((), [], status, message)


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much a query may take.

    Attributes:
        deadline_s: Until it is answered.
        rows: Of the answer.
        bytes: Of text in the answer.
    """

    deadline_s: float
    rows: int
    bytes: int

    @property
    def soft_s(self) -> float:
        """When a query is stopped in good order, which leaves time to answer."""
        return 0.8 * self.deadline_s
