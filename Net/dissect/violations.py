"""Finds the broken rule of a refusal, and the lines of this project that refused.

In:  an exception of Net.errors that was raised and caught. Out: a `Violation`. The place in the code comes from the
     traceback, so it is always up to date.
"""

from __future__ import annotations

import ast
import functools
import linecache
import threading
import traceback
from pathlib import Path
from typing import NamedTuple

from Net.dissect.records import Violation
from Net.errors import HandshakeError, ProtocolError
from Net.tap import Refusal

_ROOT = Path(__file__).parents[2]
# Held while a file is parsed. Some releases of CPython 3.11 count the depth of all trees together: there `ast.parse`
# can raise SystemError if two threads call it at the same time (https://github.com/python/cpython/issues/106905).
_parsing = threading.Lock()


class _Statement(NamedTuple):
    """An `if`, a `try`, a function or a class. start, end: its first and last line. name: empty for `if` and `try`."""

    start: int
    end: int
    name: str


def violation_of(error: Refusal) -> Violation:
    """Returns the record of a refusal: the rule, the answer, and the function that refused."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    line = place.lineno or 1
    function, start, end = _around(place.filename, line)
    source = "".join(linecache.getline(place.filename, number) for number in range(start, end + 1))
    return Violation(*_rule(error), function or place.name, _within_project(place.filename), line, source, start)


def _rule(error: Refusal) -> tuple[str, str, int | None, int | None, str | None]:
    if isinstance(error, ProtocolError):
        return error.reason, f"RFC {error.rfc} section {error.section}", error.close_code, None, None
    if isinstance(error, HandshakeError):
        return error.reason, error.section, None, error.status, None
    return error.text, "docs/protocol.md", None, None, error.code


def _within_project(filename: str) -> str:
    path = Path(filename)
    return path.relative_to(_ROOT).as_posix() if _ROOT in path.parents else path.name


def _around(filename: str, line: int) -> tuple[str, int, int]:
    """Returns the function around a line, and the first and last line of the innermost statement around it.

    If the statements of the file are not known, the function is empty, and the lines are the line itself.
    """
    try:
        with _parsing:
            statements = _statements(filename)
    except Exception:
        # The file has changed, or other code has called `ast.parse` at the same time (see `_parsing`). The cache keeps
        # no exception, so the next call tries again.
        return "", line, line
    found = [statement for statement in statements if statement.start <= line <= statement.end]
    found.sort(key=lambda statement: statement.start - statement.end)  # the widest first
    names = [statement.name for statement in found if statement.name]
    return ".".join(names), *((found[-1].start, found[-1].end) if found else (line, line))


@functools.lru_cache(maxsize=None)  # there are only the files of this project
def _statements(filename: str) -> tuple[_Statement, ...]:
    """Returns the statements of a file that can stand around a line. Raises what `ast.parse` raises."""
    tree = ast.parse("".join(linecache.getlines(filename)))
    return tuple(
        _Statement(node.lineno, node.end_lineno or node.lineno, getattr(node, "name", ""))
        for node in ast.walk(tree)
        if isinstance(node, (ast.If, ast.Try, ast.FunctionDef, ast.ClassDef))
    )
