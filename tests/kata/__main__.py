"""python -m tests.kata overview DIR: how every file of a class does."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.kata.overview import overview


def main() -> int:
    """Returns 0, or 2 if there is nothing to look at."""
    parser = argparse.ArgumentParser(prog="python -m tests.kata", description=__doc__)
    parser.add_argument("command", choices=["overview"])
    parser.add_argument("directory", type=Path, metavar="DIR", help="where the students' files are, one *.py for each")
    args = parser.parse_args()
    files = sorted(args.directory.glob("*.py"))
    if not files:
        print(f"tests.kata: there are no *.py files in {args.directory}", file=sys.stderr)
        return 2
    print(overview(files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
