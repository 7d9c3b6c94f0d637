"""
SELECT statements of strangers, on a Dolt server.

Each database has a user of its own for them, who is granted SELECT there and nothing else, and each
statement a connection of its own, so that no lock, variable or setting outlives it. Its password
follows from a secret of those who may use the server, and is stored nowhere: with a server of this
machine it changes at each start, with a far one it follows from our own password there.

Dolt (1.88) leaves three gaps, which are closed here. SELECT alone allows to set global variables,
to take other people's locks and to see everybody's running statements: so text that is no SELECT,
or holds one of a few words, is refused. No setting ends a long statement: it is killed at the
deadline. And an answer may be of any size: reading stops when it grows too large.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import pymysql
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from ...protocol.errors import EngineError, Invalid, Unavailable, Unsupported
from ..sql import quoted
from .errors import translate, translated
from .server import Server
from .session import SET_UP
from .signing_in import Connection, sign_in

_CREATE: Final = "CREATE USER IF NOT EXISTS %s@'{host}' IDENTIFIED BY %s"
_ALTER: Final = "ALTER USER %s@'{host}' IDENTIFIED BY %s"
_GRANT: Final = "GRANT SELECT ON {database}.* TO %s@'{host}'"
_KILL: Final = "KILL %s"
_CONNECT_S: Final = 5
_KILL_S: Final = 0.5
_LONGEST_CELL: Final = 1 << 20

_BEGINNING: Final = re.compile(r"\s*\(*\s*(?:SELECT|WITH|SHOW\s+TABLES)\b", re.IGNORECASE)
_TOKEN: Final = re.compile(
    r"""(?P<comment>--|\#|/\*)|'(?:[^'\\]|\\.|'')*+'|"(?:[^"\\]|\\.|"")*+"|`(?P<name>\w*+)`|`[^`]*+`""",
    re.DOTALL,
)
# Of these, no grant keeps a user who may SELECT: everybody's statements, paths and addresses,
# variables, files, other people's locks, and functions that cannot be killed or fill the memory.
_WORDS: Final = re.compile(
    r"\b(?:information_schema|performance_schema|dolt_remotes|dolt_backups|outfile|dumpfile)\b|@"
    r"|\b(?:load_file|\w+_locks?|sleep|benchmark|repeat|space|[lr]pad|regexp_\w+)\s*\("
    r"|\b(?:regexp|rlike)\b",
    re.IGNORECASE,
)


class OutOfTime(Unavailable):
    """The statement was not done at the deadline, and was killed."""

    code = "timeout"


class OutOfRoom(EngineError):
    """The answer is larger than what the reader takes; rows before this point are good."""


@contextmanager
def reading(
    server: Server, place: str, sql: str, *, deadline: float, limit_bytes: int
) -> Iterator[SSCursor]:
    """
    Run one SELECT as the reader of its database, and lend the cursor that streams its rows.

    Cells are text as the server spells them, bytes, or None.

    Args:
        server: Where it runs.
        place: ``database/ref``, as ``DoltEngine.place`` gives it.
        sql: One statement.
        deadline: On the monotonic clock.
        limit_bytes: How much of the answer is read.
    Raises:
        EngineError: Dolt refuses the statement.
        Invalid: It is not one that only reads.
        OutOfTime: It is not done at the deadline, which may show when rows are read.
        OutOfRoom: The answer is too large, which may show when rows are read.
        Unsupported: The server makes no user for reading.
    """
    check_reading(sql)
    session = _connect(server, place)
    session.budget, session.deadline = limit_bytes + _LONGEST_CELL, deadline
    cursor = session.cursor(SSCursor)
    try:
        cursor.execute(sql)
        yield cursor
    except pymysql.MySQLError as error:
        raise _explained(error, deadline) from error
    finally:
        _leave(server, session)


def check_reading(sql: str) -> None:
    """
    Refuse text that does more than SELECT, as far as grants do not.

    Raises:
        Invalid: It begins otherwise, or has a comment or one of the words outside its literals.
    """
    if not _BEGINNING.match(sql):
        raise Invalid("Only SELECT statements can be run here.", field="sql", value=sql)
    if any(token["comment"] for token in _TOKEN.finditer(sql)):
        raise Invalid("The statement holds a comment.", field="sql", value=sql)
    found = _WORDS.search(_TOKEN.sub(lambda token: f" {token['name'] or 0} ", sql))
    if found:
        word = found[0].rstrip("( \t\r\n")
        raise Invalid(f"The statement may not use {word} .", field="sql", value=sql)


class _ReaderSession(Connection):
    """A connection that gives up at a deadline, and before it holds too many bytes."""

    budget: int | None = None
    deadline: float | None = None
    gave_up = False

    def _read_packet(self, *args: Any) -> Any:
        if self.deadline is not None:
            self._read_timeout = max(self.deadline - time.monotonic(), 0.001)
        return super()._read_packet(*args)

    def _read_bytes(self, num_bytes: int) -> bytes:
        if self.budget is not None:
            self.budget -= num_bytes
            if self.budget < 0:
                self.gave_up = True
                raise OutOfRoom("The answer is too large.")
        try:
            data: bytes = super()._read_bytes(num_bytes)
        except BaseException:
            self.gave_up = True
            raise
        return data


def _connect(server: Server, place: str) -> _ReaderSession:
    """Return a connection as the reader; the user is made if he, or the server, is new."""
    database = place.partition("/")[0]
    user = _user(database)
    try:
        return _open(server, place, user, _password(server, user))
    except pymysql.MySQLError:
        _make_user(server, database, user)
    with translated():
        return _open(server, place, user, _password(server, user))


def _open(server: Server, place: str, user: str, password: str) -> _ReaderSession:
    session = _ReaderSession(
        **server.address.options,
        user=user,
        password=password,
        database=place,
        charset="utf8mb4",
        autocommit=True,
        read_timeout=_CONNECT_S,
        init_command=SET_UP,
        local_infile=False,
        conv={**encoders},  # cells stay as the server spells them
        defer_connect=True,
    )
    sign_in(session, server.address, timeout_s=_CONNECT_S)
    return session


def _make_user(server: Server, database: str, user: str) -> None:
    password = _password(server, user)
    host = server.readers_from.replace("%", "%%")
    with server.connect() as session, session.cursor() as cursor:
        try:
            cursor.execute(_CREATE.format(host=host), (user, password))
            cursor.execute(_ALTER.format(host=host), (user, password))
            cursor.execute(_GRANT.format(database=quoted(database), host=host), (user,))
        except pymysql.MySQLError as error:
            # Not as its cause: the driver's error may repeat the statement with the password.
            raise Unsupported(
                f"The Dolt server makes no user that can only read {database}.",
                hint=server.grants_for_readers,
                number=error.args[0] if error.args else None,
            ) from None


def _user(database: str) -> str:
    # 32 characters is all that the name of a user may have.
    return f"wl_select_{hashlib.sha256(database.encode()).hexdigest()[:20]}"


def _password(server: Server, user: str) -> str:
    return hmac.new(server.secret.encode(), user.encode(), hashlib.sha256).hexdigest()


def _explained(error: pymysql.MySQLError, deadline: float) -> EngineError:
    if time.monotonic() >= deadline:
        return OutOfTime("The statement took too long.")
    # Whatever it is, the server was there: a statement that breaks the connection is at fault.
    return EngineError(translate(error).message)


def _leave(server: Server, session: _ReaderSession) -> None:
    """Close *session*; what still runs on it is killed, as Dolt notices a lost client late."""
    result: Any = vars(session)["_result"]
    has_more = result is not None and result.unbuffered_active
    if has_more:
        result.unbuffered_active = False  # else the driver reads all the rest
    if has_more or session.gave_up:
        _kill(server, session.thread_id())
    with suppress(pymysql.MySQLError, OSError):
        session._force_close()  # noqa: SLF001  says no word


def _kill(server: Server, thread: int) -> None:
    # A function that Dolt cannot stop keeps this waiting too.
    with (
        suppress(pymysql.MySQLError, OSError, Unavailable),
        server.dial(answer_s=_KILL_S) as session,
        session.cursor() as cursor,
    ):
        cursor.execute(_KILL, (thread,))
