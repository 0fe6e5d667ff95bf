"""What all explanations for a terminal have in common: printable text, numbers of bytes, violations.

In:  text of strangers, numbers, `Violation` records. Out: text that can play no tricks with the terminal.
"""

from __future__ import annotations

from Net.anatomy import Violation
from Net.characters import printable

MOST_SHOWN = 60  # characters of a value


def shorten(text: str, most: int = MOST_SHOWN) -> str:
    """Printable text of at most so many characters."""
    shown = printable(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def count_bytes(count: int) -> str:
    """A number of bytes in words."""
    return "1 byte" if count == 1 else f"{count} bytes"


def explain_violation(violation: Violation | None) -> list[str]:
    """The lines about a violation, if there is one."""
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
