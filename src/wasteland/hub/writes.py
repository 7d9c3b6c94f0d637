"""
SQL that clients write with: one statement on one branch, committed at once.

Middle states may be illegal there: what a branch comes to is judged when it is to land. A commons'
own main is never written so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..commons import queries, recovery
from ..engines.base import MAIN, Change, Commit, Engine
from ..hosts.base import PullState, RepoName
from ..protocol import trailers
from ..protocol.errors import (
    AlreadyClaimed,
    Conflict,
    Forbidden,
    NotFound,
    Stale,
    Unsupported,
    WastelandError,
)
from ..protocol.names import read_branch, visible
from ..protocol.records import WantedItem
from ..protocol.schema import COMMONS_TABLES
from . import pulls, refs, sqlgate
from .callers import Caller
from .hub import Hub, is_commons
from .rights import Right

_TITLE_LIMIT: Final = 60
_DEFINING: Final = frozenset({"create", "alter", "drop"})
_COMMONS_NAMES: Final = frozenset(table.name for table in COMMONS_TABLES)


@dataclass(frozen=True, slots=True)
class Written:
    """
    What a write did.

    Attributes:
        message: As a database answers, such as "Query OK, 1 row affected."
        before: The branch's commit before.
        after: Its commit after; the same where no row changed.
        rows: Rows changed, one number a statement.
    """

    message: str
    before: str
    after: str
    rows: Sequence[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A statement and the rows that it must change; None for any number."""

    sql: str
    rows: int | None = None


def write(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    *,
    base: str,
    branch: str,
    sql: str,
    op_id: str = "",
) -> Written:
    """
    Run one statement on *branch*, made from *base* when it is missing; without one, merge.

    Raises:
        AlreadyClaimed, Conflict: An UPDATE of the board hit no row; who holds the item, or why.
        Forbidden, Invalid, Unsupported: The statement or the branch are not for this caller.
        NotFound: There is no such repository or base.
    """
    hub.require(caller, repo, Right.WRITE)
    if not sql.strip():
        return _merge(hub, caller, repo, base, into=branch)
    verb = sql.split(maxsplit=1)[0].lower()
    if verb == "call":
        return _call(hub, caller, repo, _checked(hub, repo, sql))
    if verb in _DEFINING:
        return _define(hub, caller, repo, branch=branch, sql=sql)
    return change(
        hub,
        caller,
        repo,
        base=base,
        branch=branch,
        statements=[Guarded(sql)],
        message=_title(sql),
        op_id=op_id,
    )


def change(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    *,
    base: str,
    branch: str,
    statements: Sequence[Guarded],
    message: str,
    op_id: str = "",
) -> Written:
    """
    Run statements on *branch* in one transaction and commit them.

    Args:
        op_id: Operation id; a branch whose head carries it is answered as it is.
    Raises:
        Stale: A statement changed another number of rows than it must; nothing is kept.
        Others: As ``write``.
    """
    refs.writable(hub, caller, repo, branch)
    engine = hub.host.engine(repo)
    with hub.host.turn(repo, branch):
        if op_id and (done := _done(hub, caller, repo, branch, op_id=op_id)):
            return done
        is_new = _prepare(hub, repo, base, branch)
        try:
            written = _changed(
                hub, caller, repo, branch, statements=statements, message=message, op_id=op_id
            )
        except BaseException:
            if is_new:
                engine.delete_branch(branch)
            raise
    if written.after != written.before:
        pulls.follow(hub, repo, branch)
    return written


def _changed(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    branch: str,
    *,
    statements: Sequence[Guarded],
    message: str,
    op_id: str,
) -> Written:
    engine = hub.host.engine(repo)
    tables = engine.tables(ref=branch)
    with engine.change(branch) as transaction:
        rows, touched = [], set()
        for number, guarded in enumerate(statements):
            checked = _checked(hub, repo, guarded.sql, tables)
            count = transaction.run(checked.sql)
            _need_rows(transaction, checked, count, guarded, number)
            rows.append(count)
            touched.add(checked.table)
        if not transaction.pending():
            return Written(_told(rows), transaction.head, transaction.head, rows)
        before = transaction.head
        after = transaction.commit(
            trailers.with_operation(message, op_id) if op_id else message,
            author=read_branch(branch)[0] or caller.account,
            at=hub.host.now(),
            tables=sorted(touched),
        )
    return Written(_told(rows), before, after, rows)


def _checked(
    hub: Hub, repo: RepoName, sql: str, tables: Collection[str] | None = None
) -> sqlgate.CheckedWrite:
    # Who may change the settings is judged when the branch is to land.
    return sqlgate.check_write(
        sql,
        dialect=hub.host.engine(repo).dialect.name,
        now=hub.host.now(),
        tables=tables,
        owner=True,
    )


def _need_rows(
    transaction: Change, checked: sqlgate.CheckedWrite, count: int, guarded: Guarded, number: int
) -> None:
    """Raise if a statement hit other rows than it must: silence would look like success."""
    if guarded.rows is not None:
        if count != guarded.rows:
            raise Stale(
                f"Statement {number + 1} expected {guarded.rows} row(s) and found {count}.",
                statement=number,
                expected=guarded.rows,
                found=count,
                **_holder(transaction, checked),
            )
    elif count == 0 and checked.kind == "update":
        raise _no_row(transaction, checked)


def _holder(transaction: Change, checked: sqlgate.CheckedWrite) -> Mapping[str, Any]:
    item = _named_item(transaction, checked)
    return {"holder": item.claimed_by, "item_id": item.id} if item and item.claimed_by else {}


def _no_row(transaction: Change, checked: sqlgate.CheckedWrite) -> WastelandError:
    item = _named_item(transaction, checked)
    if checked.table == "wanted" and item is None:
        return NotFound("query error: no row was changed: there is no such wanted item.")
    if item is None:
        return Conflict(f"query error: no row of {checked.table} was changed.")
    if item.claimed_by and item.status == "claimed":
        return AlreadyClaimed(
            f"query error: no row was changed: {item.id} is claimed by {item.claimed_by}.",
            item_id=item.id,
            holder=item.claimed_by,
        )
    held = f", held by {item.claimed_by}" if item.claimed_by else ""
    return Conflict(
        f"query error: no row was changed: {item.id} is {item.status}{held}.",
        item_id=item.id,
        status=item.status,
    )


def _named_item(transaction: Change, checked: sqlgate.CheckedWrite) -> WantedItem | None:
    if checked.table != "wanted" or not checked.where_keys:
        return None

    return queries.one(transaction.query, WantedItem, checked.where_keys[0])


# --- branches


def _prepare(hub: Hub, repo: RepoName, base: str, branch: str) -> bool:
    """Make *branch* where it is missing; return whether it was."""
    engine = hub.host.engine(repo)
    if any(known.name == branch for known in engine.branches(branch)):
        return False
    # Its pull request may have landed since its rig last looked: then it begins anew.
    start = MAIN if base == branch and read_branch(branch)[0] else base
    try:
        head = engine.head(start)
    except NotFound as error:
        raise NotFound("query error: branch not found", branch=base) from error
    refs.need_room(hub, repo, branch)
    engine.create_branch(branch, head)
    return True


def _done(hub: Hub, caller: Caller, repo: RepoName, branch: str, *, op_id: str) -> Written | None:
    """Return what an operation did on the branch, or on main if it landed since."""
    engine = hub.host.engine(repo)
    commits: Sequence[Commit] = ()
    if any(known.name == branch for known in engine.branches(branch)):
        base = engine.merge_base(MAIN, branch) if engine.branches(MAIN) else None
        commits = engine.log(branch, after=base or "")
    found = next((c for c in commits if trailers.find(c.message) == op_id), None)
    if found is None and hub.is_commons(repo):
        rig = read_branch(branch)[0] or caller.account
        main = hub.host.engine(hub.upstream(repo))
        found = recovery.find(main, op_id, rig=rig, depth=recovery.GLANCE)
    return Written("Query OK, done before.", f"{found.hash}~1", found.hash) if found else None


def _call(hub: Hub, caller: Caller, repo: RepoName, checked: sqlgate.CheckedWrite) -> Written:
    """Carry out one of the two procedures that clients may call, on branches of their own."""
    engine = hub.host.engine(repo)
    head = engine.head() if engine.branches(MAIN) else ""
    procedure = checked.call.procedure if checked.call else ""
    named = [arg for arg in (checked.call.args if checked.call else ()) if arg[:1] != "-"]
    if procedure == "dolt_merge":
        return _merge(hub, caller, repo, named[0], into=MAIN)
    for branch in named:
        if branch == MAIN:
            raise Forbidden("main cannot be deleted.", branch=branch)
        refs.writable(hub, caller, repo, branch)
        pulls.close_of_branch(hub, repo, branch, reason="its branch was deleted")
        hub.host.withdraw_branch(repo, branch)
    return Written("Query OK, 1 row affected.", head, head)


def _merge(hub: Hub, caller: Caller, repo: RepoName, branch: str, *, into: str) -> Written:
    """Bring a branch to main: of a commons through the gate, else by the engine's own merge."""
    engine = hub.host.engine(repo)
    upstream = hub.upstream(repo)
    if into != MAIN:
        raise Unsupported(
            f"Only main takes merges, not {visible(into)}.", hint="open a pull request"
        )
    before = engine.head()
    if hub.is_commons(upstream):
        pull = pulls.open_pull(
            hub, caller, upstream, source=repo, branch=branch, title=f"Merge {branch}"
        )
        if pull.state is not PullState.MERGED:
            pull = pulls.merge(hub, caller, upstream, pull.id)
        return Written("Query OK, merged.", pull.merged_as or engine.head(), "")
    hub.require(caller, repo, Right.WRITE)
    after = engine.merge(
        branch, author=caller.account, at=hub.host.now(), message=f"Merge {branch}"
    )
    return Written("Query OK, merged.", after or before, "")


# --- schema


def _define(hub: Hub, caller: Caller, repo: RepoName, *, branch: str, sql: str) -> Written:
    """Change the schema of a database, as its owner, on main."""
    hub.require(caller, repo, Right.ADMIN)
    engine = hub.host.engine(repo)
    if branch != MAIN or hub.host.parent(repo):
        raise Forbidden(
            "The schema is changed on main of the repository itself, by its owner.",
            hint="write/main/main",
            branch=branch,
        )
    checked = sqlgate.check_ddl(sql, dialect=engine.dialect.name, tables=engine.tables())
    if is_commons(engine) and checked.table.lower() in _COMMONS_NAMES:
        raise Forbidden(
            f"{checked.table} is a table of the protocol; its definition stays as it is.",
            table=checked.table,
        )
    if checked.kind == "create_table":
        _need_new(engine, checked)
    before = engine.head() if engine.branches(MAIN) else ""
    after = engine.run_ddl([checked.sql], _title(sql), author=caller.account, at=hub.host.now())
    return Written("Query OK.", before, after)


def _need_new(engine: Engine, checked: sqlgate.CheckedDdl) -> None:
    """Raise Conflict if there is a table of that name, or of one that differs in case only."""
    same = {name for name in engine.tables() if name.lower() == checked.table.lower()}
    is_known = checked.sql.startswith("CREATE TABLE IF NOT EXISTS") and same == {checked.table}
    if same and not is_known:
        raise Conflict(
            f"query error: table with name {checked.table} already exists.", table=checked.table
        )


def _title(sql: str) -> str:
    first = " ".join(sql.split())
    short = first if len(first) <= _TITLE_LIMIT else f"{first[: _TITLE_LIMIT - 1]}…"
    return f"Run query {short}"


def _told(rows: Sequence[int]) -> str:
    total = sum(rows)
    return f"Query OK, {total} row{'' if total == 1 else 's'} affected."
