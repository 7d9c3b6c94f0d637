"""
Testing the way to an upstream before it is kept, and again whenever somebody asks.

Each step says what it found. The first that fails ends the test, and its error says what to mend.
For owners a branch is made, written to, read, and always removed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ...commons import queries
from ...engines.base import MAIN
from ...engines.dolthub.database import V1
from ...engines.dolthub.engine import DoltHubEngine
from ...engines.dolthub.http import Call, Http
from ...hosts.base import RepoName
from ...protocol.errors import (
    EngineError,
    Forbidden,
    NotFound,
    Unauthenticated,
    Unavailable,
    WastelandError,
)
from ...protocol.lean import dataclass
from ...protocol.records import Rig

SCRATCH: Final = "scratch/"
"""What the name of a branch begins with that a test makes."""
_TABLES: Final = ("_meta", "wanted", "rigs")
_WRITES: Final = frozenset({"write", "admin"})
_WHOAMI: Final = ("api", "v1", "whoami")
_SAME: Final = "UPDATE `_meta` SET `value` = `value` WHERE `key` = 'schema_version'"
_KNOWN: Final = "SELECT * FROM `rigs` WHERE LOWER(`dolthub_org`) = :login ORDER BY `handle`"


@dataclass(frozen=True, slots=True)
class Check:
    """
    One step of a test.

    Attributes:
        is_ok: Whether it passed.
        text: What was looked at, or why it failed, in a sentence without its full stop.
        detail: A time, or a name.
    """

    is_ok: bool
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """
    What a test has found.

    Attributes:
        checks: In the order in which they were made.
        login: Who the token belongs to, there.
        rig: Its rig in the commons; "" for none.
        error: What ended the test; None where all passed.
    """

    checks: tuple[Check, ...]
    login: str = ""
    rig: str = ""
    error: WastelandError | None = None


class Tester:
    """
    One test of one upstream.

    Args:
        http: The upstream's hub, and the token.
        more_time: Called before what has to be tidied up.
    """

    def __init__(
        self,
        http: Http,
        repo: RepoName,
        *,
        more_time: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._repo = repo
        self._engine = DoltHubEngine(http, repo.owner, repo.name)
        self._more_time = more_time
        self._clock = clock
        self._checks: list[Check] = []

    def run(self, *, is_admin: bool) -> Probe:
        """
        Return what the test found; a failure is in it, and not raised.

        Args:
            is_admin: Whether writing to the upstream itself is tried too.
        """
        login = rig = ""
        try:
            login = self._login()
            rig = self._rig(login)
            self._may_write(login)
            if is_admin:
                self._try_writing()
        except Unavailable:
            return self._failed(
                Unavailable(f"{self._http.root} does not answer.", hint="try again"), login, rig
            )
        except WastelandError as error:
            return self._failed(error, login, rig)
        return Probe(tuple(self._checks), login, rig)

    def _failed(self, error: WastelandError, login: str, rig: str) -> Probe:
        self._checks.append(Check(False, error.message.rstrip(".")))
        return Probe(tuple(self._checks), login, rig, error)

    # --- steps

    def _login(self) -> str:
        with self._timed() as passed:
            try:
                login = str(self._http.send(Call("GET", (*V1, "user"))).get("username") or "")
            except Unauthenticated as error:
                raise Unauthenticated(
                    f"{self._http.root} does not accept this token.",
                    hint="make a new one there",
                    field="token",
                ) from error
            if not login:
                raise EngineError(f"{self._http.root} does not say whose token this is.")
            passed(f"Token is accepted, as {login}")
        return login

    def _rig(self, login: str) -> str:
        with self._timed() as passed:
            try:
                query = queries.at(self._engine)
                for table in _TABLES:
                    query(f"SELECT * FROM `{table}` LIMIT 1", {})
                title = queries.meta(query).get("wasteland_name") or str(self._repo)
                found = [Rig.from_row(row) for row in query(_KNOWN, {"login": login.lower()})]
            except NotFound as error:
                raise NotFound(
                    f"{self._repo} is no commons there, or this token may not see it.",
                    hint="look at the name",
                    field="upstream",
                ) from error
            passed(f"It is a commons: {title}")
        named = [rig for rig in found if rig.handle == login.lower()] or found
        return named[0].handle if named else ""

    def _may_write(self, login: str) -> None:
        if not self._http.is_hub:
            self._checks.append(Check(True, f"Work is offered from a fork of {login}"))
            return
        with self._timed() as passed:
            scope = str(self._http.send(Call("GET", _WHOAMI)).get("scope", ""))
            if scope not in _WRITES:
                raise Forbidden(
                    f"This token is for {scope or 'nothing'} alone; taking part needs scope write.",
                    hint="make another there",
                    field="token",
                )
            passed(f"Token may write, with scope {scope}")

    def _try_writing(self) -> None:
        branch = f"{SCRATCH}{secrets.token_hex(4)}"
        is_made = False
        try:
            with self._timed() as passed:
                self._engine.create_branch(branch)
                passed("Scratch branch made", branch)
                is_made = True
            with self._timed() as passed:
                self._write_nothing(branch)
                passed("Empty write taken and read back")
        except (Forbidden, Unauthenticated) as error:
            raise Forbidden(
                f"This token may not write {self._repo} itself.",
                hint="use a token of an owner, or connect without owning it",
                field="is_admin",
            ) from error
        finally:
            self._more_time()
            self._remove(branch, is_made=is_made)

    def _write_nothing(self, branch: str) -> None:
        with suppress(NotFound):
            # Its commit, where a host makes none of what changes nothing.
            self._engine.database.write(_SAME, base=MAIN, branch=branch, repeatable=True)
        queries.meta(queries.at(self._engine, branch))

    def _remove(self, branch: str, *, is_made: bool) -> None:
        """Remove the branch of a test, also one of which nobody knows whether it was made."""
        try:
            self._engine.delete_branch(branch)
            is_gone = not self._engine.branches(branch)
        except WastelandError:
            if is_made:
                self._checks.append(Check(False, f"The branch {branch} could not be removed"))
            return
        if is_made:
            text = "removed" if is_gone else "emptied; its host deletes no branches"
            detail = "gone" if is_gone else "empty"
            self._checks.append(Check(True, f"Scratch branch {text}", detail))

    @contextmanager
    def _timed(self) -> Iterator[Callable[..., None]]:
        began = self._clock()

        def passed(text: str, detail: str = "") -> None:
            self._checks.append(Check(True, text, detail or f"{self._clock() - began:.1f} s"))

        yield passed
