"""
One database's part of the REST API: SQL to read and to write with, branches.

v1alpha1 is spoken everywhere; v2, where the host has it, takes the statements that are too long
for an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote_plus

from ...protocol.errors import NotFound, Unavailable, WastelandError
from ...protocol.lean import dataclass
from ...protocol.schema import Value
from . import values
from .http import Call, Http
from .refusals import sql_refusal

V1: Final = ("api", "v1alpha1")
V2: Final = ("api", "v2")
ROW_LIMIT: Final = 1000
_LONGEST_QUERY: Final = 4000  # of an address, which some proxies cut at 4 kB
_SUCCESS: Final = frozenset({"success", "rowlimit", "row_limit", "successwithwarning"})
_ROW_LIMIT: Final = frozenset({"rowlimit", "row_limit"})
# DoltHub's poll fails so when a write changed nothing and hence has no commit.
_NO_COMMIT: Final = "tocommitid"


@dataclass(frozen=True, slots=True)
class Page:
    """
    What a SELECT answers.

    Attributes:
        columns: In stored order.
        rows: The first 1000 at most.
        is_cut: Whether there may be more.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, Value]]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Guarded:
    """A statement as text, with the number of rows that it must change."""

    sql: str
    rows: int


class Database:
    """
    ``owner/name`` on a host.

    Attributes:
        location: Its address, for messages.
    """

    def __init__(self, http: Http, owner: str, name: str) -> None:
        self.http = http
        self.owner = owner
        self.name = name
        self.location = f"{http.root}/{owner}/{name}"
        self._path = (*V1, owner, name)
        self._path_v2 = (*V2, "databases", owner, name)

    @cached_property
    def has_v2(self) -> bool:
        """Whether the host answers v2 for this database, to this token."""
        try:
            return "data" in self.http.send(Call("GET", self._path_v2, bearer=True))
        except Unavailable:
            raise
        except WastelandError:
            return False

    # --- reading

    def read(self, sql: str, ref: str) -> Page:
        """
        Return the rows of one SELECT at *ref* (branch, tag, commit).

        Raises:
            NotFound: No such database, ref or table.
        """
        if len(quote_plus(sql)) > _LONGEST_QUERY and self.has_v2:
            return self._read_v2(sql, ref)
        data = self.http.send(Call("GET", (*self._path, ref), {"q": sql}))
        status = self._status(data)
        types = values.types_of(_list(data.get("schema")), "columnName", "columnType")
        rows = [values.decoded(types, row) for row in _list(data.get("rows"))]
        return _page(types, rows, status)

    def _read_v2(self, sql: str, ref: str) -> Page:
        body = {"ref": ref, "q": sql, "limit": ROW_LIMIT}
        call = Call("POST", (*self._path_v2, "sql"), body=body, repeatable=True, bearer=True)
        data = _object(self.http.send(call).get("data"))
        status = self._status(data)
        types = values.types_of(_list(data.get("columns")), "name", "type")
        cells = data.get("rows")
        rows = [
            values.decoded(types, dict(zip(types, row, strict=False)))
            for row in (cells if isinstance(cells, list) else [])
            if isinstance(row, list)
        ]
        return _page(types, rows, status)

    # --- writing

    def write(self, sql: str, *, base: str, branch: str, repeatable: bool = False) -> str:
        """
        Run one statement on *branch*, made from *base* if it is missing, and wait for its commit.

        An empty *sql* merges *base* into *branch*.

        Args:
            repeatable: Whether running it twice does no harm.
        Returns:
            The commit that holds it; "" where the host does not tell.
        Raises:
            Unavailable: ``facts["unsure"]`` says that it may have been done, or may yet be.
        """
        body = {"query": sql} if sql else None
        path = (*self._path, "write", base, branch)
        call = Call("POST", path, body=body, repeatable=repeatable)
        data = self.http.send(call)
        self._status(data)
        operation = data.get("operation_name")
        details = self._written(str(operation)) if operation else data.get("res_details")
        found = _object(details) or data
        return str(found.get("to_commit_id" if sql else "from_commit_id") or "")

    def change(
        self, statements: Sequence[Guarded], *, branch: str, message: str, op_id: str
    ) -> str:
        """
        Run statements on *branch* in one transaction; a hub of ours alone can.

        Args:
            message: Of the commit; without the trailer of the operation.
            op_id: Operation id; "" for none.
        Returns:
            The new commit.
        Raises:
            Stale: ``facts["statement"]`` changed another number of rows; nothing is kept.
        """
        body = {
            "branch": branch,
            "from": branch,
            "message": message,
            "op_id": op_id,
            "statements": [{"sql": each.sql, "rows": each.rows} for each in statements],
        }
        data = self.http.send(Call("POST", (*self._path, "changes"), body=body))
        return str(data.get("commit") or "")

    def create_branch(self, name: str, commit: str) -> None:
        """
        Make a branch at *commit*.

        Raises:
            Conflict: There is one of that name.
            Unavailable: ``facts["unsure"]`` as ever.
        """
        body = {"revisionType": "commit", "revisionName": commit, "newBranchName": name}
        self.http.send(Call("POST", (*self._path, "branches"), body=body))

    def create_tag(self, name: str, commit: str, message: str) -> None:
        """
        Tag a commit.

        Raises:
            Conflict: There is a tag of that name.
        """
        body = {
            "tagName": name,
            "tagMessage": message,
            "revisionType": "commit",
            "revisionName": commit,
        }
        self.http.send(Call("POST", (*self._path, "tags"), body=body))

    def _written(self, operation: str) -> Mapping[str, Any]:
        return self.http.wait_for(lambda: self._poll(operation), "a write")

    def _poll(self, operation: str) -> Mapping[str, Any] | None:
        query = {"operationName": operation}
        try:
            data = self.http.send(Call("GET", (*self._path, "write"), query))
        except WastelandError as error:
            if _NO_COMMIT in error.message.lower():
                return {}
            raise
        if not data.get("done"):
            return None
        # Older hosts put these keys beside `done`.
        details = _object(data.get("res_details")) or data
        self._status(details)
        return details

    def _status(self, data: Mapping[str, Any]) -> str:
        """
        Return how a statement went, in lower case.

        Raises:
            WastelandError: It failed, which DoltHub says with HTTP status 200.
        """
        status = str(data.get("query_execution_status", data.get("status", ""))).lower()
        if status in _SUCCESS:
            return status
        if status == "timeout":
            raise Unavailable(f"{self.location} took too long for a query.", hint="try again")
        error = sql_refusal(data, self.location)
        if isinstance(error, NotFound) and not self.http.has_token:
            error.hint = "a private database needs a token: set DOLTHUB_TOKEN"
        raise error


def _page(types: Mapping[str, str], rows: list[dict[str, Value]], status: str) -> Page:
    # Whether exactly 1000 rows are all of them is not documented.
    is_cut = status in _ROW_LIMIT or len(rows) == ROW_LIMIT
    return Page(tuple(types) or tuple(rows[0] if rows else ()), rows, is_cut)


def _list(found: Any) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _object(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
