"""Writes figures into docs/reliability.md, each command's between its two markers."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path
from typing import Any

import gameserver

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def rows(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table of figures by name."""
    return [{"what": what, "figure": figure} for what, figure in figures.items()]


def write_figures(name: str, seconds: float, table_rows: list[dict[str, Any]]) -> None:
    """Replaces the text between the markers of that name; raises ValueError when the page has no such markers."""
    start, end = f"<!-- {name}: measured -->\n", f"<!-- end of {name} -->"
    before, found, rest = PAGE.read_text(encoding="utf-8").partition(start)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"{PAGE} has no line {start.strip()} with {end} behind it")
    PAGE.write_text(f"{before}{start}\n{table(seconds, table_rows)}\n\n{end}{after}", encoding="utf-8")


def table(seconds: float, table_rows: list[dict[str, Any]]) -> str:
    """The rows, which have the same keys, as a table of Markdown below a line that says how they were measured."""
    names = list(table_rows[0])
    lines = [
        f"Measured {datetime.date.today()}, {seconds:g} s: gameserver {gameserver.__version__}, "
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores.\n",
        f"| {' | '.join(names)} |",
        "|---" * len(names) + "|",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(map(_written, row.values()))} |" for row in table_rows)])


def _written(figure: Any) -> str:
    return f"{figure:.2f}" if isinstance(figure, float) else str(figure)
