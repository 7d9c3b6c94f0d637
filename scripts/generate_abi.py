"""
Write `src/wasteland/engines/doltlite/_abi.py`, the C declarations of the engine's library.

cffi can parse C declarations while a program runs, which costs every command about fifty
milliseconds; a generated module costs two and needs no parser. Run this script after changing
`DECLARATIONS`; a test compares its text with the module in the repository.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cffi

TARGET = Path(__file__).parent.parent / "src/wasteland/engines/doltlite/_abi.py"

HEADER = '''\
"""The C declarations of the engine's library; written by `scripts/generate_abi.py`."""

'''

# Text and blobs are declared as `const char *`: cffi passes `bytes` to it without a copy.
DECLARATIONS = """
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef long long sqlite3_int64;

int sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int sqlite3_close_v2(sqlite3 *);
const char *sqlite3_errmsg(sqlite3 *);
int sqlite3_busy_timeout(sqlite3 *, int milliseconds);
int sqlite3_get_autocommit(sqlite3 *);
void sqlite3_interrupt(sqlite3 *);
void sqlite3_progress_handler(sqlite3 *, int steps, int (*)(void *), void *);
int sqlite3_limit(sqlite3 *, int category, int value);
int sqlite3_set_authorizer(sqlite3 *,
                           int (*)(void *, int action, const char *, const char *,
                                   const char *database, const char *inside),
                           void *);
sqlite3_int64 sqlite3_changes64(sqlite3 *);
sqlite3_int64 sqlite3_total_changes64(sqlite3 *);
sqlite3_int64 sqlite3_memory_used(void);
int sqlite3_threadsafe(void);

int sqlite3_prepare_v3(sqlite3 *, const char *sql, int size, unsigned int flags,
                       sqlite3_stmt **, const char **tail);
int sqlite3_step(sqlite3_stmt *);
int sqlite3_reset(sqlite3_stmt *);
int sqlite3_clear_bindings(sqlite3_stmt *);
int sqlite3_finalize(sqlite3_stmt *);
int sqlite3_stmt_readonly(sqlite3_stmt *);
int sqlite3_stmt_status(sqlite3_stmt *, int counter, int reset);
sqlite3_stmt *sqlite3_next_stmt(sqlite3 *, sqlite3_stmt *);

int sqlite3_bind_parameter_count(sqlite3_stmt *);
const char *sqlite3_bind_parameter_name(sqlite3_stmt *, int);
int sqlite3_bind_int64(sqlite3_stmt *, int, sqlite3_int64);
int sqlite3_bind_double(sqlite3_stmt *, int, double);
int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int size, intptr_t destructor);
int sqlite3_bind_blob(sqlite3_stmt *, int, const char *, int size, intptr_t destructor);

int sqlite3_column_count(sqlite3_stmt *);
const char *sqlite3_column_name(sqlite3_stmt *, int);
const char *sqlite3_column_decltype(sqlite3_stmt *, int);
int sqlite3_column_type(sqlite3_stmt *, int);
sqlite3_int64 sqlite3_column_int64(sqlite3_stmt *, int);
double sqlite3_column_double(sqlite3_stmt *, int);
const char *sqlite3_column_text(sqlite3_stmt *, int);
const char *sqlite3_column_blob(sqlite3_stmt *, int);
int sqlite3_column_bytes(sqlite3_stmt *, int);

void *doltliteServeAsync(const char *directory, int port, const char *address);
int doltliteServerPort(void *server);
void doltliteServerStop(void *server);
"""


def generate() -> str:
    """Return the text of the module."""
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    ffi.set_source("_abi", None)
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder, "_abi.py")
        ffi.emit_python_code(str(module))
        return HEADER + module.read_text(encoding="utf-8")


if __name__ == "__main__":
    TARGET.write_text(generate(), encoding="utf-8")
