"""Reads the suite's reports: a verdict for each case, and counts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Iterable, NamedTuple

from tests.interop.autobahn.wstest import AGENT, RunError, cases_announced

GOOD = ("OK", "INFORMATIONAL")


class Result(NamedTuple):
    """The suite's verdicts on a case: one on the frames, one on the end of the connection."""

    case: str
    behavior: str
    close: str
    reason: str

    @property
    def section(self) -> int:
        """The first number of the case."""
        return int(self.case.split(".")[0])

    @property
    def is_good(self) -> bool:
        """Whether both verdicts are good."""
        return self.behavior in GOOD and self.close in GOOD


def read_results(reports: Path) -> list[Result]:
    """Returns the verdicts in the order of the cases; raises RunError when a case is missing."""
    try:
        index = json.loads((reports / "index.json").read_text(encoding="utf-8"))[AGENT]
    except (OSError, KeyError):
        raise RunError(f"no report was written; see {reports}") from None
    expected = cases_announced(reports)
    if not 0 < len(index) == expected:
        raise RunError(f"{len(index)} of {expected} cases were reported; see {reports}")
    results = [
        Result(case, entry["behavior"], entry["behaviorClose"], _reason(reports / entry["reportfile"]))
        for case, entry in index.items()
    ]
    return sorted(results, key=lambda result: [int(number) for number in result.case.split(".")])


def summary(results: list[Result]) -> str:
    """Returns the counts, and a line for each case that is not good."""
    lines = [
        f"{len(results)} cases: {_counts(result.behavior for result in results)}",
        f"their ends: {_counts(result.close for result in results)}",
    ]
    lines += [f"! {r.case}: {r.behavior}, end {r.close}: {r.reason}" for r in results if not r.is_good]
    return "\n".join(lines)


def _counts(verdicts: Iterable[str]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in Counter(verdicts).most_common())


def _reason(report: Path) -> str:
    """Returns the suite's own words about a case."""
    case = json.loads(report.read_text(encoding="utf-8", errors="replace"))
    words = (case["result"], case["resultClose"], case["wasNotCleanReason"])
    return "; ".join(" ".join(text.split()) for text in words if text)
