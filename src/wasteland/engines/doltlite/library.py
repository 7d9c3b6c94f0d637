"""
Finding and loading the engine's shared library, privately.

The library comes in the `doltlite` wheel and is used as a file. That package is never imported:
its import puts the library in place of SQLite for the whole process and its children. Loaded as
here, it lives beside the standard library's `sqlite3` and whatever else links to SQLite.
"""

import functools
import importlib.util
import os
import sys
from typing import Any

from ._abi import ffi
from .exceptions import LibraryMissing

_FILE_NAME = "libdoltlite.dylib" if sys.platform == "darwin" else "libdoltlite.so"

# The library calls its own `sqlite3_*` functions through the dynamic linker. Without DEEPBIND it
# would find those of a SQLite that is already in the process, and crash. Only glibc has the flag;
# macOS binds names to libraries by itself.
_FLAGS = os.RTLD_NOW | os.RTLD_LOCAL | getattr(os, "RTLD_DEEPBIND", 0)

_WAYS_OUT = "Use Dolt instead with `--engine dolt`, or join a remote commons."


def find_library(override: str | None = None) -> str:
    """
    Return the path of the shared library.

    Args:
        override: A path that wins over the installed wheel (the user's `DOLTLITE_LIB`).
    Raises:
        LibraryMissing: There is no such file, or no wheel for this platform.
    """
    path = override or _find_in_wheel()
    if path is None:
        raise LibraryMissing(f"DoltLite is not installed on this platform. {_WAYS_OUT}")
    if not os.path.isfile(path):  # noqa: PTH113  pathlib is not needed by anything else here
        raise LibraryMissing(f"There is no DoltLite library at {path} . {_WAYS_OUT}")
    return path


@functools.cache
def load(path: str) -> Any:
    """
    Return the library at *path*, its symbols visible to nobody else; loaded once per process.

    Raises:
        LibraryMissing: The file cannot be loaded, or is another SQLite.
    """
    try:
        lib: Any = ffi.dlopen(path, _FLAGS)
    except OSError as error:
        raise LibraryMissing(f"DoltLite cannot be loaded: {error}. {_WAYS_OUT}") from error
    try:
        lib.doltliteServerPort  # noqa: B018  a name that no other SQLite has
    except ffi.error as error:
        raise LibraryMissing(f"The library at {path} is not DoltLite. {_WAYS_OUT}") from error
    return lib


def _find_in_wheel() -> str | None:
    spec = importlib.util.find_spec("doltlite")
    if spec is None or not spec.submodule_search_locations:
        return None
    return os.path.join(spec.submodule_search_locations[0], "_lib", _FILE_NAME)  # noqa: PTH118
