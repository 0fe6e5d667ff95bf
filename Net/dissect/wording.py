"""The common parts of all explanations for a terminal: printable text, numbers of bytes, violations.

In:  text from strangers, numbers, `Violation` records. Out: text that cannot control the terminal.
"""

from __future__ import annotations

from Net.dissect.records import Violation
from Net.text.characters import printable

MOST_SHOWN = 60  # the most characters of a value


def shorten(text: str, most: int = MOST_SHOWN) -> str:
    """Returns printable text of at most `most` characters; "..." at its end marks a cut."""
    shown = printable(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def count_bytes(count: int) -> str:
    """Returns a number of bytes in words."""
    return "1 byte" if count == 1 else f"{count} bytes"


def explain_violation(violation: Violation | None) -> list[str]:
    """Returns the lines about a violation; no lines if there is no violation."""
    if violation is None:
        return []
    answer = f"close frame with code {violation.close_code}" if violation.close_code else f"HTTP {violation.status}"
    lines = [
        "",
        f"VIOLATION: {printable(violation.rule)}",
        f"  rule     {violation.section}",
        f"  answer   {answer}",
        f"  refused  by {violation.function}, {violation.file} line {violation.line}:",
    ]
    for number, code in enumerate(violation.source.splitlines(), violation.source_line):
        lines.append(f"  {'>' if number == violation.line else ' '}{number:5} {code}")
    return lines
