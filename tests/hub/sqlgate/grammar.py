"""
Random statements: shapes that clients send, put together by a grammar, whole or mutated.

A statement follows from its dice alone, so a number names it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

_COLUMNS = {
    "wanted": ["id", "title", "status", "priority", "tags", "created_at", "claimed_by"],
    "rigs": ["handle", "trust_level", "display_name"],
    "completions": ["id", "wanted_id", "completed_by"],
    "stamps": ["id", "author", "valence", "severity"],
    "badges": ["id", "rig_handle"],
    "_meta": ["`key`", "value"],
    "wlx_leases": ["wanted_id", "token"],
}
_TABLES = [*_COLUMNS, "wanted", "wanted", "wanted"]
_SOURCES = {
    **_COLUMNS,
    "dolt_branches": ["name", "hash"],
    "dolt_log": ["commit_hash", "message"],
    "dolt_tags": ["tag_name"],
    "dolt_log('main')": ["message"],
    "dolt_diff('main','wl/bob/w-3','wanted')": ["to_id", "from_status", "diff_type"],
    "dolt_diff_stat('main','wl/bob/w-3')": ["table_name", "rows_added"],
    "wanted AS OF 'main'": ["id", "title", "priority"],
    "(SELECT id, title FROM wanted)": ["id", "title"],
}
_HOSTILE = [
    "sqlite_master",
    "mysql.user",
    "main.wanted",
    "dolt_remotes",
    "pragma_table_info('wanted')",
    "dolt_reset('--hard')",
    "dolt_commit('-Am','x')",
    "dolt_branch('-D','wl/bob/w-3')",
    "dolt_clone('file:///tmp/sqlfuzz')",
    "load_extension('x')",
    "writefile('sqlfuzz-canary','x')",
    "LOAD_FILE('/etc/hostname')",
    "INTO OUTFILE 'sqlfuzz-canary'",
    "zeroblob(100000000)",
    "randomblob(9)",
    "@@version",
    "@a",
    "?",
    "; DELETE FROM rigs WHERE 1",
    "; VACUUM INTO 'sqlfuzz-canary'",
    "ATTACH 'sqlfuzz-canary' AS x",
    "PRAGMA query_only = 0",
    "UNION SELECT name FROM sqlite_master",
    "UPDATE rigs SET trust_level = 3 WHERE 1",
    "DROP TABLE wanted",
    "RETURNING *",
    "FOR UPDATE",
    "WITH RECURSIVE",
    "/*! SLEEP(5) */",
    "/*",
    "*/",
    "--",
    "#",
    "'",
    '"',
    "`",
    "\\",
    "\\'",
    "''",
    "((",
    "))",
    "\x01",
    "\u00e9",
    "\u2019",
    "0x41",
    "x'41'",
    "1e400",
    "AS OF 'main'",
    "LIKE '%\\\\' ESCAPE '\\\\'",
    "JSON_CONTAINS(tags, '\"go\"')",
    "GROUP_CONCAT(DISTINCT id ORDER BY id SEPARATOR ';')",
    "REPLACE(title,'a','b')",
    "CASE",
    "END",
    "NULL",
]
_TEXTS = ["", "a", "it''s", "\\\\", "\\'", "%a\\_b%", "w-1", "2026-01-01", "[1]", "-- x", "/* x */"]


def statement(dice: random.Random) -> str:
    """Return a statement: half of them as the grammar makes them, half damaged."""
    text = dice.choice(_STATEMENTS)(dice)
    for _ in range(dice.choice([0, 0, 0, 1, 1, 2, 4])):
        text = dice.choice(_MUTATIONS)(text, dice)
    return text


def _query(dice: random.Random, depth: int = 0) -> str:
    source = dice.choice([*_SOURCES, "wanted", "wanted", "wanted"])
    of = _SOURCES[source]
    columns = ", ".join(_column(dice, of, depth) for _ in range(dice.randint(1, 3)))
    text = f"SELECT {dice.choice(['', '', 'DISTINCT '])}{columns} FROM {source} t"
    for number in range(dice.choice([0, 0, 0, 1, 2])):
        join = dice.choice(["JOIN", "LEFT JOIN", "CROSS JOIN"])
        text += f" {join} {dice.choice(_TABLES)} j{number} ON {_condition(dice, ['t.' + of[0]], 2)}"
    if dice.random() < 0.6:
        text += f" WHERE {_condition(dice, of, depth)}"
    if dice.random() < 0.2:
        text += f" GROUP BY t.{dice.choice(of)} HAVING {_condition(dice, of, depth + 1)}"
    if dice.random() < 0.3:
        text += f" ORDER BY {dice.choice(['1', dice.choice(of)])} {dice.choice(['', 'DESC'])}"
    return text + dice.choice(["", " LIMIT 3", " LIMIT 2, 5", " LIMIT 1 OFFSET 2"])


def _union(dice: random.Random) -> str:
    one, two = (f"SELECT {_value(dice, ['id'], 1)} FROM wanted" for _ in range(2))
    return f"{one} UNION {dice.choice(['', 'ALL '])}{two}"


def _with(dice: random.Random) -> str:
    return f"WITH q AS (SELECT * FROM wanted), r AS ({_query(dice, 1)}) SELECT * FROM q, r"


def _update(dice: random.Random) -> str:
    table = dice.choice(_TABLES)
    of = _COLUMNS[table]
    pairs = ", ".join(f"{dice.choice(of)} = {_value(dice, of, 2)}" for _ in range(2))
    return f"UPDATE {table} SET {pairs} WHERE {_condition(dice, of, 2)}"


def _delete(dice: random.Random) -> str:
    table = dice.choice(_TABLES)
    return f"DELETE FROM {table} WHERE {_condition(dice, _COLUMNS[table], 2)}"


def _insert(dice: random.Random) -> str:
    verb = dice.choice(["INSERT INTO", "INSERT IGNORE INTO", "REPLACE INTO"])
    values = f"VALUES ({_value(dice, ['NULL'], 3)}, {_value(dice, ['NULL'], 2)})"
    rows = dice.choice([values, "SELECT id, author FROM stamps", _query(dice, 1)])
    tail = dice.choice(["", " ON DUPLICATE KEY UPDATE title = VALUES(title)"])
    return f"{verb} {dice.choice(_TABLES)} (id, title) {rows}{tail}"


def _other(dice: random.Random) -> str:
    return dice.choice(
        [
            "SHOW TABLES",
            "CALL DOLT_BRANCH('-D', 'x')",
            "CALL DOLT_MERGE('x')",
            "DROP TABLE wanted",
            "CREATE TABLE x (id VARCHAR(9) PRIMARY KEY, n INT DEFAULT 3)",
            "ALTER TABLE wanted ADD COLUMN x TEXT",
            dice.choice(_HOSTILE),
        ]
    )


def _column(dice: random.Random, of: list[str], depth: int) -> str:
    return dice.choice(
        ["t.*", "COUNT(*)", _value(dice, of, depth), f"{_value(dice, of, depth)} AS c"]
    )


def _value(dice: random.Random, of: list[str], depth: int) -> str:
    if depth > 1 or dice.random() < 0.5:
        quoted = f"'{dice.choice(_TEXTS)}'"
        return dice.choice([dice.choice(of), quoted, str(dice.randrange(9)), "NULL", "NOW()"])
    one, two = (_value(dice, of, depth + 1) for _ in range(2))
    return dice.choice(
        [
            f"COALESCE({one}, {two})",
            f"CONCAT({one}, {two})",
            f"IF({one}, {two}, 1)",
            f"CASE {one} WHEN {two} THEN 1 ELSE 2 END",
            f"({one} + {two})",
            f"-{one}",
            f"LOWER({one})",
            f"SUBSTRING({one}, 1, 2)",
            f"SUM({one})",
            f"CAST({one} AS CHAR)",
            "JSON_EXTRACT('{\"a\": 1}', '$.a')",
            f"DATEDIFF({one}, {two})",
            f"REPLACE({one}, 'a', 'b')",
            "(SELECT MIN(id) FROM wanted LIMIT 1)",
        ]
    )


def _condition(dice: random.Random, of: list[str], depth: int) -> str:
    if depth < 2 and dice.random() < 0.3:
        joint = dice.choice(["AND", "OR"])
        return f"({_condition(dice, of, depth + 1)}) {joint} NOT {_condition(dice, of, depth + 1)}"
    one, two = (_value(dice, of, depth + 1) for _ in range(2))
    return dice.choice(
        [
            f"{one} = {two}",
            f"{one} <> {two}",
            f"{one} IS NULL",
            f"{one} LIKE '{dice.choice(_TEXTS)}'",
            f"{one} IN ({two}, 1)",
            f"{one} BETWEEN 1 AND {two}",
            "EXISTS (SELECT 1 FROM rigs)",
            f"JSON_CONTAINS({one}, '1')",
        ]
    )


def _insert_hostile(text: str, dice: random.Random) -> str:
    at = dice.randint(0, len(text))
    return f"{text[:at]} {dice.choice(_HOSTILE)} {text[at:]}"


def _replace_word(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    words[dice.randrange(len(words))] = dice.choice(_HOSTILE)
    return " ".join(words)


def _swap_words(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    one, two = dice.randrange(len(words)), dice.randrange(len(words))
    words[one], words[two] = words[two], words[one]
    return " ".join(words)


def _drop_piece(text: str, dice: random.Random) -> str:
    at = dice.randint(0, len(text))
    return text[:at] + text[at + dice.randint(1, 5) :]


def _repeat_piece(text: str, dice: random.Random) -> str:
    at = dice.randint(0, len(text))
    return text[:at] + text[at : at + 8] * dice.randint(2, 5) + text[at + 8 :]


def _flip_sign(text: str, dice: random.Random) -> str:
    at = dice.randint(0, max(len(text) - 1, 0))
    return (
        text[:at] + chr(dice.choice([0, 9, 10, *range(32, 127), 0x2028, 0xFF07])) + text[at + 1 :]
    )


def _change_case(text: str, dice: random.Random) -> str:
    return dice.choice([text.upper(), text.lower(), text.swapcase()])


_STATEMENTS: list[Callable[[random.Random], str]] = [
    _query,
    _query,
    _query,
    _union,
    _with,
    _update,
    _delete,
    _insert,
    _other,
]
_MUTATIONS: list[Callable[[str, random.Random], str]] = [
    _insert_hostile,
    _insert_hostile,
    _replace_word,
    _swap_words,
    _drop_piece,
    _repeat_piece,
    _flip_sign,
    _change_case,
]
