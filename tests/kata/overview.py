"""A teacher's overview: a table with a row for each student's file and a column for each stage."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

from tests.kata.checks import STAGES
from tests.kata.implementation import PATIENCE_S, Implementation
from tests.kata.kata import CHECKS, Result, assess

_MINE = "mine.py"
_NOT_CHECKED = "error"


class Student(NamedTuple):
    """Somebody who has handed in a file. name: as it stands in the table."""

    name: str
    file: Path


def students_in(directory: Path) -> list[Student]:
    """The files DIR/anna.py and DIR/anna/mine.py are anna's; of a folder without a mine.py, each file is a row."""
    students = [Student(file.stem, file) for file in directory.glob("*.py")]
    for folder in filter(Path.is_dir, directory.glob("*")):
        if (folder / _MINE).is_file():
            students.append(Student(folder.name, folder / _MINE))
        else:
            students += [Student(f"{folder.name}/{file.stem}", file) for file in folder.glob("*.py")]
    return sorted(students)


def overview(students: Sequence[Student], patience_s: float = PATIENCE_S) -> Iterator[str]:
    """The lines of the table, each as soon as it is known, and below it the first thing that each file must mend.

    It is Markdown, but good to read as it is.
    """
    widths = [max(len(name) for name in ("file", *(student.name for student in students))), *map(_width, STAGES)]
    yield _row(["file", *STAGES], widths)
    yield f"|{'|'.join('-' * (width + 2) for width in widths)}|"
    advice = []
    for student in students:
        results = assess_file(student.file, patience_s)
        yield _row([student.name, *map(_cell, results)], widths)
        problems = [result.first_problem for result in results if result and result.first_problem]
        if problems:
            advice.append(f"{student.name}: {problems[0]}")
    yield from ["", *advice]


def assess_file(file: Path, patience_s: float = PATIENCE_S) -> list[Result | None]:
    """How a file does in each stage."""
    implementation = Implementation(file, patience_s)
    try:
        return [_assess(implementation, stage) for stage in STAGES]
    finally:
        implementation.stop()


def _assess(implementation: Implementation, stage: str) -> Result | None:
    """How a file does in a stage; no numbers if a check itself breaks off, for the others want their rows."""
    try:
        return assess(implementation, stage)
    except Exception as error:
        return Result(0, 0, f"{stage}: a check broke off with {type(error).__name__}: {error}")


def _cell(result: Result | None) -> str:
    if result is None:
        return "-"
    if result.total == 0:
        return _NOT_CHECKED
    return "done" if result.passed == result.total else f"{result.passed} of {result.total}"


def _width(stage: str) -> int:
    """Of the widest cell that can come in the column of a stage."""
    total = sum(check.stage == stage for check in CHECKS)
    return max(len(stage), len(f"{total} of {total}"), len(_NOT_CHECKED))


def _row(cells: list[str], widths: list[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths))} |"
