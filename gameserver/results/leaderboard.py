"""Prints the best players of a database: the command `python -m gameserver.store --leaderboard`.

In:  the command line, and the database that it names.
Out: a table for a terminal, and the exit status: 0, or 2 if the database cannot be read.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import time
from typing import Any

from gameserver.results.database import DEFAULT_PATH, StoreError, best_players, open_to_read
from Net.text.characters import printable
from Net.text.command_line import EXIT_USAGE, ArgumentParser, whole_number

MOST_PLAYERS = 1_000_000  # in one printed table

# The heading of each column of the table, and the key of its values. The name comes last: it may have any width.
_COLUMNS = (
    ("place", "place"),
    ("score", "score"),
    ("wins", "wins"),
    ("matches", "matches"),
    ("kills", "kills"),
    ("deaths", "deaths"),
    ("best score", "best_score"),
    ("last seen", "last_seen"),
    ("name", "name"),
)


def as_table(rows: list[dict[str, Any]]) -> str:
    """Returns the rows of `best_players` as lines for a terminal."""
    cells = [[heading for heading, _ in _COLUMNS]] + [[_cell(key, row[key]) for _, key in _COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = [[cell.rjust(width) for cell, width in zip(line[:-1], widths)] + line[-1:] for line in cells]
    return "\n".join("  ".join(line) for line in lines)


def _cell(key: str, value: Any) -> str:
    if key == "last_seen":
        return time.strftime("%Y-%m-%d", time.localtime(value))
    return printable(str(value))


def main() -> int:
    """Runs the command line; returns the exit status."""
    parser = ArgumentParser(prog="python -m gameserver.store", description="What the database of a game server tells.")
    parser.add_argument("--leaderboard", action="store_true", required=True, help="print the best players")
    parser.add_argument("--database", default=DEFAULT_PATH, metavar="PATH", help=f"default: {DEFAULT_PATH}")
    parser.add_argument("--limit", type=whole_number, default=10, metavar="N", help="how many; default: 10")
    args = parser.read()
    if not 1 <= args.limit <= MOST_PLAYERS:
        parser.error(f"--limit must be 1 to {MOST_PLAYERS}, not {args.limit}")
    try:
        with contextlib.closing(open_to_read(args.database)) as db:
            rows = best_players(db, args.limit)
    except (StoreError, sqlite3.Error) as error:
        text = str(error) if isinstance(error, StoreError) else f"{args.database} cannot be read: {error}"
        print(f"store: {printable(text)}", file=sys.stderr)
        return EXIT_USAGE
    print(as_table(rows) if rows else "nobody has finished a match yet")
    return 0
