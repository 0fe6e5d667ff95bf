"""Prints the tests that failed in the last run of pytest. Status 1: there are none, or more than can be flaky.

failed.py CACHE MOST. CACHE: pytest's folder of notes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> int:
    folder, most = sys.argv[1:]
    try:
        failed = json.loads((Path(folder) / "v/cache/lastfailed").read_text(encoding="utf-8"))
    except FileNotFoundError:
        failed = {}
    if 0 < len(failed) <= int(most):
        print("\n".join(failed))
        return 0
    print(f"{len(failed)} tests failed: they are not run once more", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
