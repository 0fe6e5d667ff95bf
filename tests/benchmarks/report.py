"""The output of benchmarks: a table for people, and JSON for comparing runs."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple, Sequence

RESULTS = Path(__file__).resolve().parents[2] / "benchmark-results"  # git ignores it


def print_table(rows: list[dict[str, Any]]) -> None:
    """Prints rows with the same keys in columns; numbers have two decimals."""
    lines = [list(rows[0]), *([_written(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)))


def _written(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


class Spread(NamedTuple):
    """The median of repeated measurements, the lowest and the highest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


def medians(runs: Sequence[dict[str, Any]], keys: Sequence[str], spreads: Sequence[str] = ()) -> list[dict[str, Any]]:
    """One row for all runs with the same values of `keys`, in the order in which they came.

    Numbers become their medians. Those named in `spreads` become a `Spread` if there are several runs. Other values are
    those of the first run.
    """
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for run in runs:
        groups.setdefault(tuple(run[key] for key in keys), []).append(run)
    rows = []
    for same in groups.values():
        row: dict[str, Any] = dict(same[0])
        for name, first in same[0].items():
            if isinstance(first, (int, float)) and len(same) > 1:
                numbers = [run[name] for run in same]
                median = statistics.median(numbers)
                row[name] = Spread(median, min(numbers), max(numbers)) if name in spreads else median
        rows.append(row)
    return rows


def write_json(name: str, rows: list[dict[str, Any]]) -> Path:
    """Writes the rows, with a description of the machine; returns the file."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
    }
    rows = [{name: None if value != value else value for name, value in row.items()} for row in rows]  # JSON has no NaN
    file.write_text(json.dumps({"benchmark": name, "measured_on": machine, "rows": rows}, indent=2) + "\n")
    return file
