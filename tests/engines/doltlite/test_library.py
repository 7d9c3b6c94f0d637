"""The library lives in one process with stock SQLite, however that process was started."""

import importlib
import os
import runpy
import subprocess
import sys
from ctypes.util import find_library as find_system_library
from pathlib import Path

import pytest

import wasteland
from wasteland.engines.doltlite import library
from wasteland.engines.doltlite.exceptions import LibraryMissing

SOURCES = Path(wasteland.__file__).parent.parent
GENERATOR = Path(__file__).parents[3] / "scripts" / "generate_abi.py"

BOTH = """
import sqlite3, sys
from wasteland.engines.doltlite import driver
ours = driver.connect(sys.argv[1])
stock = sqlite3.connect(sys.argv[2], isolation_level=None)
for db in ours, stock:
    db.execute("CREATE TABLE t (a)")
    db.execute("INSERT INTO t VALUES (1)")
ours.close(), stock.close()
ours, stock = driver.connect(sys.argv[1]), sqlite3.connect(sys.argv[2])
print(ours.execute("SELECT doltlite_engine(), a FROM t").fetchall())
print(stock.execute("SELECT sqlite_version() = ?, a FROM t", (sqlite3.sqlite_version,)).fetchall())
print(ours.execute("SELECT sqlite_version()").fetchone()[0] != sqlite3.sqlite_version)
print("doltlite" in sys.modules, "_DOLTLITE_BOOTSTRAPPED" in __import__("os").environ)
"""

FORK = """
import os, sys
from wasteland.engines.doltlite import driver
db = driver.connect(sys.argv[1])
db.execute("CREATE TABLE t (a)")
db.execute("BEGIN IMMEDIATE")
db.execute("INSERT INTO t VALUES ('parent')")
cursor = db.execute("SELECT a FROM t")
child = os.fork()
if child == 0:
    for use in db.cursor, lambda: db.execute("SELECT 1"), cursor.fetchone, db.commit:
        try:
            use()
        except driver.ProgrammingError as error:
            print(error.message)
    db.close()
    del cursor, db
    with driver.connect(sys.argv[1], timeout_s=0) as own:
        print("child sees", own.execute("SELECT count(*) FROM t").fetchone()[0])
        try:
            own.execute("INSERT INTO t VALUES ('child')")
        except driver.OperationalError as error:
            print("child", error.code)
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
print("parent", cursor.fetchall())
db.commit()
print("parent", db.execute("SELECT count(*) FROM t").fetchone()[0])
"""


def run(code: str, *arguments: Path, **environment: str) -> list[str]:
    """Run *code* as `python -c` in a new process and return the lines that it prints."""
    path = os.pathsep.join([str(SOURCES), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout.splitlines()


EXPECTED = ["[('prolly', 1)]", "[(1, 1)]", "True", "False False"]


def test_stock_sqlite_and_the_engine_live_in_one_process(tmp_path: Path) -> None:
    """Each has its own version and its own file, and the vendor's package is not imported."""
    lines = run(BOTH, tmp_path / "ours.db", tmp_path / "stock.db")

    assert EXPECTED == lines
    assert (tmp_path / "stock.db").read_bytes().startswith(b"SQLite format 3\0")


def test_the_engine_keeps_to_itself_when_stock_sqlite_is_in_the_global_scope(
    tmp_path: Path,
) -> None:
    """As in an interpreter that has SQLite built in; a crash here is a missing DEEPBIND."""
    stock = find_system_library("sqlite3")
    if sys.platform != "linux" or stock is None:
        pytest.skip("needs Linux and a libsqlite3 to preload")

    lines = run(BOTH, tmp_path / "ours.db", tmp_path / "stock.db", LD_PRELOAD=stock)

    assert EXPECTED == lines


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_forked_child_cannot_use_its_parents_connection(tmp_path: Path) -> None:
    """Nor does it harm it: the parent's lock and transaction last, and a new connection works."""
    refusal = "This connection was opened before a fork; open a new connection in the child."

    lines = run(FORK, tmp_path / "c.db")

    assert [*[refusal] * 3, "child sees 0", "child 5", "parent [('parent',)]", "parent 1"] == lines


def test_the_driver_loads_no_parser_and_no_stock_sqlite() -> None:
    """Start-up is a feature: cffi's C parser alone costs as much as half a command."""
    code = (
        "import sys; from wasteland.engines.doltlite import driver; driver.connect(':memory:');"
        "print(sorted({'cffi', 'pycparser', 'sqlite3', '_sqlite3', 'ctypes'} & set(sys.modules)))"
    )

    assert ["[]"] == run(code)


def test_the_declarations_are_as_generated() -> None:
    """`scripts/generate_abi.py` writes the module; nobody edits it by hand."""
    committed = (SOURCES / "wasteland/engines/doltlite/_abi.py").read_text(encoding="utf-8")

    assert runpy.run_path(str(GENERATOR))["generate"]() == committed


def test_an_override_wins_over_the_wheel(tmp_path: Path) -> None:
    """It is taken as it is."""
    own = tmp_path / "libown.so"
    own.touch()

    assert str(own) == library.find_library(str(own))
    assert str(own) != library.find_library(None)


def test_a_missing_file_names_the_ways_out(tmp_path: Path) -> None:
    """Whoever has no such library is told what works without it."""
    with pytest.raises(LibraryMissing, match=r"--engine dolt.*remote commons"):
        library.find_library(str(tmp_path / "missing.so"))


def test_a_missing_wheel_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a platform that the wheel is not made for."""
    monkeypatch.setattr(sys, "path", [])
    importlib.invalidate_caches()
    with pytest.raises(LibraryMissing, match=r"--engine dolt.*remote commons"):
        library.find_library()


def test_a_file_that_is_no_library_is_refused(tmp_path: Path) -> None:
    """With what the system says about it."""
    text = tmp_path / "lib.so"
    text.write_text("not a library")
    with pytest.raises(LibraryMissing, match="cannot be loaded"):
        library.load(str(text))


def test_another_sqlite_is_refused() -> None:
    """It would open files, and silently make them in its own format."""
    stock = find_system_library("sqlite3")
    if stock is None:
        pytest.skip("no libsqlite3 on this system")
    with pytest.raises(LibraryMissing, match="not DoltLite"):
        library.load(stock)
