"""How many examples hypothesis tries: a third of them, but all of them where ALL_EXAMPLES is set, as in `.ci/run`."""

from __future__ import annotations

import os


def examples(count: int) -> int:
    """Returns the number of examples that a test tries now. count: the number in a thorough run."""
    return count if os.environ.get("ALL_EXAMPLES") else count // 3
