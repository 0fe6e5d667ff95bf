"""Writes the measured tables into docs/conformance.md, each between its two markers."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path
from statistics import median

import gameserver
from tests.interop.autobahn.report import GOOD, Result

PAGE = Path(__file__).parents[3] / "docs" / "conformance.md"
SECTIONS = {
    1: "framing",
    2: "pings and pongs",
    3: "reserved bits",
    4: "opcodes",
    5: "fragmentation",
    6: "UTF-8",
    7: "closing",
    9: "large messages, many fragments",
    10: "automatic fragmentation",
    12: "compression, different payloads",
    13: "compression, different parameters",
}


def write_block(name: str, text: str) -> None:
    """Replaces the text between the markers of this name; raises ValueError when the page has no such markers."""
    start, end = f"<!-- {name}: measured -->\n", f"<!-- end of {name} -->"
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(start)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"{PAGE} has no line {start.strip()} with {end} behind it")
    PAGE.write_text(f"{before}{start}\n{text}\n\n{end}{after}", encoding="utf-8")


def verdict_table(results: list[Result], suite: str) -> str:
    """Returns the table of counts by section."""
    lines = [f"{provenance(suite)}\n", "| section | cases | OK | INFORMATIONAL | other | unclean ends |"]
    lines.append("|---|---|---|---|---|---|")
    for number, about in SECTIONS.items():
        lines.append(_row(f"{number}: {about}", [result for result in results if result.section == number]))
    lines.append(_row("**all**", results))
    return "\n".join(lines)


def cpu_table(measured: dict[str, list[float]], cases: list[str], suite: str) -> str:
    """Returns the table of processor times by server and round."""
    rounds = max(map(len, measured.values()))
    lines = [f"{provenance(suite)} Cases {', '.join(cases)}; {rounds} rounds, the servers taking turns.\n"]
    lines += ["| server | CPU seconds, each round | median |", "|---|---|---|"]
    for name, times_s in measured.items():
        each = ", ".join(f"{time_s:.2f}" for time_s in times_s)
        lines.append(f"| {name} | {each} | {median(times_s):.2f} |")
    return "\n".join(lines)


def provenance(suite: str) -> str:
    """Returns the date and the versions with which a table was made."""
    return (
        f"Measured {datetime.date.today()}: gameserver {gameserver.__version__}, "
        f"{platform.python_implementation()} {platform.python_version()}, Autobahn|Testsuite {suite}."
    )


def _row(title: str, results: list[Result]) -> str:
    counts = [
        len(results),
        sum(result.behavior == "OK" for result in results),
        sum(result.behavior == "INFORMATIONAL" for result in results),
        sum(result.behavior not in GOOD for result in results),
        sum(result.close not in GOOD for result in results),
    ]
    return f"| {title} | {' | '.join(map(str, counts))} |"
