"""
What ``wl browse --json`` costs as a whole process, beside a script that does the least.

The reference script imports click, opens the same file with the same driver, runs the same query
and prints JSON. With --dolt the same query through ``dolt sql -q`` on the same rows is timed too.

    python bench/browse_process.py --rows 20000 --runs 15 --dolt $(which dolt)
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from boards import REPO, build

from wasteland.commons import memberships
from wasteland.commons.memberships import Membership
from wasteland.engines.doltlite import driver
from wasteland.protocol.schema import WANTED

QUERY = (
    "SELECT * FROM `wanted` WHERE `status` = 'open' "
    "ORDER BY `priority`, `created_at` DESC, `id` LIMIT 50"
)
REFERENCE = f"""
import json, sys, click
from wasteland.engines.doltlite import driver
c = driver.connect(sys.argv[1]).execute({QUERY!r})
names = [d[0] for d in c.description]
click.echo(json.dumps([dict(zip(names, r)) for r in c.fetchall()], indent=2))
"""


def timed(command: list[str], env: dict[str, str], runs: int, cwd: Path) -> float:
    """Return the median seconds of a whole process, after one warm-up."""
    found = []
    for number in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, env=env, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
        if number:
            found.append(time.perf_counter() - start)
    return statistics.median(found)


def dolt_copy(path: Path, folder: Path, dolt: str) -> None:
    """Make a Dolt database with the same rows and the same index."""
    rows = driver.connect(str(path)).execute("SELECT * FROM `wanted`")
    names = [d[0] for d in rows.description or ()]
    folder.mkdir()
    env = {**os.environ, "DOLT_ROOT_PATH": str(folder.parent)}
    for key, value in (("user.name", "b"), ("user.email", "b@example.org")):
        subprocess.run(
            [dolt, "config", "--global", "--add", key, value],
            env=env,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    subprocess.run([dolt, "init"], env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    lines = [WANTED.create_sql() + ";", *(f"{line};" for line in WANTED.index_sql())]
    batch: list[str] = []
    for row in rows.fetchall():
        batch.append("(" + ",".join(_literal(value) for value in row) + ")")
        if len(batch) == 500:
            lines.append(_insert(names, batch))
            batch = []
    if batch:
        lines.append(_insert(names, batch))
    subprocess.run(
        [dolt, "sql"],
        input="\n".join(lines),
        text=True,
        env=env,
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _insert(names: list[str], rows: list[str]) -> str:
    columns = ",".join(f"`{name}`" for name in names)
    return f"INSERT INTO wanted ({columns}) VALUES {','.join(rows)};"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--dolt", default="")
    given = parser.parse_args()
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = build(root / "host", given.rows)
        env |= {"HOME": folder, "XDG_CONFIG_HOME": str(root / "config")}
        memberships.save(
            root / "config" / "wasteland",
            Membership(REPO, "ada", "ada", "host", str(root / "host")),
        )
        wl = [sys.executable, "-m", "wasteland.cli", "browse", "--json"]
        ours = timed(wl, env, given.runs, root)
        least = timed([sys.executable, "-c", REFERENCE, str(path)], env, given.runs, root)
        figures = {"wl_s": round(ours, 4), "least_s": round(least, 4)}
        figures["ratio"] = round(ours / least, 2)
        if given.dolt:
            dolt_copy(path, root / "dolt", given.dolt)
            sql = [given.dolt, "sql", "-r", "json", "-q", QUERY]
            env["DOLT_ROOT_PATH"] = folder
            dolt = timed(sql, env, given.runs, root / "dolt")
            figures |= {"dolt_sql_s": round(dolt, 4), "wl_to_dolt": round(ours / dolt, 2)}
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
