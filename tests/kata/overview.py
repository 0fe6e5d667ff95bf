"""A teacher's overview: a table with a row for each student's file and a column for each stage."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from tests.kata.checks import STAGES
from tests.kata.implementation import PATIENCE_S, Implementation
from tests.kata.kata import Result, assess


def overview(files: Iterable[Path], patience_s: float = PATIENCE_S) -> str:
    """The table, and below it the first thing that each file must mend; Markdown, but good to read as it is."""
    rows = [["file", *STAGES]]
    advice = []
    for file in files:
        results = assess_file(file, patience_s)
        rows.append([file.stem, *map(_cell, results)])
        problems = [result.first_problem for result in results if result and result.first_problem]
        if problems:
            advice.append(f"{file.stem}: {problems[0]}")
    return "\n".join([*_table(rows), "", *advice])


def assess_file(file: Path, patience_s: float = PATIENCE_S) -> list[Result | None]:
    """How a file does in each stage."""
    implementation = Implementation(file, patience_s)
    try:
        return [assess(implementation, stage) for stage in STAGES]
    finally:
        implementation.stop()


def _cell(result: Result | None) -> str:
    if result is None:
        return "-"
    return "done" if result.passed == result.total else f"{result.passed} of {result.total}"


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths))} |" for row in rows]
    return [lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]]
