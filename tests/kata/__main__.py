"""python -m tests.kata overview DIR: the results of every file of a class."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from tests.kata.overview import overview, students_in


def main() -> int:
    """Prints the overview; returns 0, or 2 if there is no file."""
    parser = argparse.ArgumentParser(prog="python -m tests.kata", description=__doc__)
    parser.add_argument("command", choices=["overview"])
    help_text = "where the students' files are: anna.py or anna/mine.py for each"
    parser.add_argument("directory", type=Path, metavar="DIR", help=help_text)
    args = parser.parse_args()
    students = students_in(args.directory)
    if not students:
        print(f"tests.kata: there are no *.py files in {args.directory}, nor in its folders", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # every text of a student's exception can be printed
    for line in overview(students):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
