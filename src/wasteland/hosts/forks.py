"""
Forks that cost nothing until they are written: one lazy clone per fork, made at the first write.

Until then a fork is upstream's main under another name. Its main follows upstream's, forward only;
the file's own is moved before it is written or compared with others. What both hold is read from
upstream, so that the fork's file keeps little more than the fork's own commits.
"""
# ruff: noqa: D102  the contract, ``engines.base``, says what each method does

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Final

from ..engines.base import MAIN, Branch, Change, Commit, Engine, Params, Remote, RowVersion, Tag
from ..engines.doltlite.engine import DoltLiteEngine
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, NotFound
from ..protocol.schema import Value
from .clones import ORIGIN, make_clone, open_lazy_clone

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_LONGEST_WALK: Final = 200


class ForkEngine(Engine):
    """
    A fork of a DoltLite repository as an engine of its own.

    Attributes:
        path: Where its file is, or will be.
        upstream: The engine of the repository that it was forked from; not closed here.
    """

    def __init__(self, path: Path, upstream: Engine, upstream_path: Path) -> None:
        self.path = path
        self.upstream = upstream
        self.dialect = upstream.dialect
        self.abilities = upstream.abilities
        self.location = str(path)
        self._upstream_path = upstream_path
        self._upstream_url = f"file://{upstream_path}"
        self._own: DoltLiteEngine | None = None
        self._asked = ("", "", False)

    def close(self) -> None:
        if self._own is not None:
            self._own.close()

    def follow(self) -> None:
        """Move the file's own main on, for whoever reads the file without this engine."""
        self._in_step()

    # --- where things are

    def _file(self) -> DoltLiteEngine | None:
        """Return the engine of the fork's own file, None if it has none yet."""
        if self._own is None and self.path.is_file():
            self._own = open_lazy_clone(self.path, self._upstream_path)
        return self._own

    def _leads(self, own: Engine) -> bool:
        """Return whether upstream's main is the fork's, or will be when that moves on."""
        ours, theirs = own.head(), self.upstream.head()
        if self._asked[:2] != (ours, theirs):
            # Asked of upstream: a lazy clone would fetch the history commit by commit.
            known = _has(self.upstream, ours)
            descends = known and self.upstream.merge_base(ours, theirs) == ours
            self._asked = (ours, theirs, descends)
        return self._asked[2]

    def _in_step(self) -> tuple[DoltLiteEngine | None, bool]:
        """Return the own file, its main moved on if it could be, and whether main is upstream's."""
        own = self._file()
        if own is None:
            return None, True
        theirs, ours = self.upstream.head(), own.head()
        if ours == theirs:
            return own, True
        return own, self._leads(own) and self._follow(own, ours, theirs)

    def _follow(self, own: DoltLiteEngine, ours: str, theirs: str) -> bool:
        own.fetch(ORIGIN, MAIN)
        try:
            own.fast_forward(MAIN, theirs, expected=ours, descends=True)
        except Conflict:
            # Another thread or process was quicker.
            return own.head() == theirs
        return True

    def _entry(self, own: Engine, ref: str) -> str | None:
        """Return the newest commit of *ref* that upstream has too, None where that is not plain."""
        commit = own.head(ref)
        for _ in range(_LONGEST_WALK):
            if _has(self.upstream, commit):
                return commit
            if _has(own, f"{commit}^2"):
                return None
            commit = own.head(f"{commit}~1")
        return None

    def _reader(self, *refs: str) -> Engine:
        if MAIN not in refs and (own := self._file()) is not None:
            # Commits and branches of its own do not move when upstream does.
            return own
        if all(ref == MAIN for ref in refs):
            # Moving the own main would take longer than what is read.
            own = self._file()
            return own if own is not None and not self._leads(own) else self.upstream
        own, _ = self._in_step()
        if own is not None:
            return own
        for ref in refs:
            if ref != MAIN and not _COMMIT.fullmatch(ref):
                raise NotFound(f"The fork has no {ref!r}.", ref=ref)
        return self.upstream

    def _writer(self, start: str = MAIN) -> Engine:
        """Return the own file's engine, made if need be; its main is in step if *start* is main."""
        if self._file() is None:
            make_clone(self._upstream_url, self.path, lazy=True)
        own = self._in_step()[0] if start == MAIN else self._file()
        if own is None:
            raise NotFound(f"The fork at {self.path} was deleted.")
        return own

    # --- reading

    def read(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> list[dict[str, Value]]:
        return self._reader(ref).read(sql, params, ref=ref)

    def stream(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> Iterator[dict[str, Value]]:
        return self._reader(ref).stream(sql, params, ref=ref)

    def tables(self, *, ref: str = MAIN) -> dict[str, tuple[str, ...]]:
        return self._reader(ref).tables(ref=ref)

    # --- writing

    def change(self, branch: str = MAIN) -> AbstractContextManager[Change]:
        return self._writer(branch).change(branch)

    def run_ddl(self, statements: Sequence[str], message: str, *, author: str, at: datetime) -> str:
        return self._writer().run_ddl(statements, message, author=author, at=at)

    # --- refs

    def head(self, ref: str = MAIN) -> str:
        return self._reader(ref).head(ref)

    def commit_at(self, when: datetime, *, ref: str = MAIN) -> str:
        return self._reader(ref).commit_at(when, ref=ref)

    def branches(self, prefix: str = "") -> list[Branch]:
        own = self._file()
        found = own.branches(prefix) if own else []
        if not MAIN.startswith(prefix) or (own and not self._leads(own)):
            return found
        main = Branch(MAIN, self.upstream.head())
        return sorted([main, *(b for b in found if b.name != MAIN)], key=lambda b: b.name)

    def remote_branches(self, remote: str, prefix: str = "") -> list[Branch]:
        own = self._file()
        return own.remote_branches(remote, prefix) if own else []

    def create_branch(self, name: str, start: str = MAIN) -> None:
        # A commit of upstream's is read from there, so that the own main need not move on before.
        commit = self.head(start)
        self._writer(commit).create_branch(name, commit)

    def delete_branch(self, name: str) -> None:
        if own := self._file():
            own.delete_branch(name)

    def tags(self) -> list[Tag]:
        own = self._file()
        return own.tags() if own else []

    def create_tag(self, name: str, start: str, *, message: str, author: str) -> None:
        self._writer(start).create_tag(name, start, message=message, author=author)

    def move_branch(self, name: str, to: str) -> None:
        self._writer(to).move_branch(name, to)

    def fast_forward(self, name: str, to: str, *, expected: str) -> str:
        return self._writer().fast_forward(name, to, expected=expected)

    def merge(self, branch: str, *, author: str, at: datetime, message: str) -> str:
        return self._writer().merge(branch, author=author, at=at, message=message)

    def merge_base(self, left: str, right: str) -> str | None:
        ref = left if right == MAIN else right
        if MAIN in {left, right} and ref != MAIN:
            own = self._file()
            if own and self._leads(own) and (entry := self._entry(own, ref)):
                return self.upstream.merge_base(MAIN, entry)
        return self._reader(left, right).merge_base(left, right)

    # --- history

    def diff(self, base: str, head: str, *, tables: Sequence[str] | None = None) -> list[RowChange]:
        return self._reader(base, head).diff(base, head, tables=tables)

    def schema_changes(self, base: str, head: str) -> list[str]:
        return self._reader(base, head).schema_changes(base, head)

    def log(self, ref: str = MAIN, *, limit: int | None = None, after: str = "") -> list[Commit]:
        return self._reader(ref, *filter(None, (after,))).log(ref, limit=limit, after=after)

    def history(self, table: str, key: str, *, ref: str = MAIN) -> list[RowVersion]:
        return self._reader(ref).history(table, key, ref=ref)

    # --- remotes

    def remotes(self) -> list[Remote]:
        own = self._file()
        return own.remotes() if own else [Remote(ORIGIN, self._upstream_url)]

    def add_remote(self, name: str, url: str) -> None:
        self._writer().add_remote(name, url)

    def remove_remote(self, name: str) -> None:
        if own := self._file():
            own.remove_remote(name)

    def fetch(self, remote: str, branch: str | None = None) -> None:
        self._writer().fetch(remote, branch)

    def push(self, remote: str, branch: str, *, force: bool = False) -> None:
        self._writer().push(remote, branch, force=force)

    def delete_remote_branch(self, remote: str, branch: str) -> None:
        self._writer().delete_remote_branch(remote, branch)

    # --- care

    def dirty(self) -> list[str]:
        own = self._file()
        return own.dirty() if own else []

    def discard(self) -> None:
        if own := self._file():
            own.discard()

    def commit_all(self, message: str, *, author: str, at: datetime) -> str:
        return self._writer().commit_all(message, author=author, at=at)

    def gc(self) -> None:
        if own := self._file():
            own.gc()

    def check(self) -> list[str]:
        own = self._file()
        return own.check() if own else []

    def size_bytes(self) -> int:
        own = self._file()
        return own.size_bytes() if own else 0


def _has(engine: Engine, commit: str) -> bool:
    try:
        engine.head(commit)
    except NotFound:
        return False
    return True
