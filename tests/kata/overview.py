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
    """A student and the file that was handed in. name: the student's name in the table."""

    name: str
    file: Path


def students_in(directory: Path) -> list[Student]:
    """Finds students: DIR/anna.py or DIR/anna/mine.py is anna's; in a folder without mine.py, each file has a row."""
    students = [Student(file.stem, file) for file in directory.glob("*.py")]
    for folder in filter(Path.is_dir, directory.glob("*")):
        if (folder / _MINE).is_file():
            students.append(Student(folder.name, folder / _MINE))
        else:
            students += [Student(f"{folder.name}/{file.stem}", file) for file in folder.glob("*.py")]
    return sorted(students)


def overview(students: Sequence[Student], patience_s: float = PATIENCE_S) -> Iterator[str]:
    """The lines of the table, each as soon as it is known, and below it the first fault that each file must correct.

    The table is Markdown, and can be read without a Markdown viewer.
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
    """The results of a file in all stages."""
    implementation = Implementation(file, patience_s)
    try:
        return [_assess(implementation, stage) for stage in STAGES]
    finally:
        implementation.stop()


def _assess(implementation: Implementation, stage: str) -> Result | None:
    """The result of a file in a stage; without numbers if a check itself breaks off, so that other files get rows."""
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
    """The width of the widest cell that the column of a stage can have."""
    total = sum(check.stage == stage for check in CHECKS)
    return max(len(stage), len(f"{total} of {total}"), len(_NOT_CHECKED))


def _row(cells: list[str], widths: list[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths))} |"
