"""How benchmarks say what they found: a table for people, and JSON for comparing runs."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "benchmark-results"  # git ignores it


def print_table(rows: list[dict[str, Any]]) -> None:
    """Rows with the same keys, in columns; numbers with two decimals."""
    lines = [list(rows[0]), *([_written(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)))


def _written(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def write_json(name: str, rows: list[dict[str, Any]]) -> Path:
    """Writes the rows, with what they were measured on; returns the file."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
    }
    file.write_text(json.dumps({"benchmark": name, "measured_on": machine, "rows": rows}, indent=2) + "\n")
    return file
