"""
The gate for SQL that arrives over HTTP: which statements may run, and what is run for them.

    check_read(sql, dialect=..., now=...)    a query             -> CheckedRead
    check_write(sql, dialect=..., now=...)   INSERT ... or CALL  -> CheckedWrite
    check_ddl(sql, dialect=...)              the owner's schema  -> CheckedDdl

The text is MySQL's dialect, from anybody. It is parsed, held against lists of what is allowed
(`allow`, `sources`), and printed anew for the engine: what was received never runs. Refusals are
Invalid, Unsupported or Forbidden, and say what was refused. Nothing here reads or writes anything.

What a text cannot show is left to whoever runs the result: time, memory, number of rows, a
connection that cannot write. On DoltLite it sets `PRAGMA case_sensitive_like = ON` before; on both
engines the text runs without parameters. Which rows a write may change is the merge gate's affair.
"""

from .checked import DOLT, DOLTLITE, Call, CheckedDdl, CheckedRead, CheckedWrite
from .rules_ddl import check_ddl
from .rules_read import check_read
from .rules_write import check_write

__all__ = [
    "DOLT",
    "DOLTLITE",
    "Call",
    "CheckedDdl",
    "CheckedRead",
    "CheckedWrite",
    "check_ddl",
    "check_read",
    "check_write",
]
