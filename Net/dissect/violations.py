"""Finds the broken rule of a refusal, and the lines of this project that refused.

In:  an exception of Net.errors that was raised and caught. Out: a `Violation`. The place in the code comes from the
     traceback, so it is always up to date.
"""

from __future__ import annotations

import ast
import functools
import linecache
import traceback
from pathlib import Path

from Net.dissect.records import Violation
from Net.errors import HandshakeError, ProtocolError
from Net.tap import Refusal

_ROOT = Path(__file__).parents[2]


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


@functools.lru_cache(maxsize=256)
def _around(filename: str, line: int) -> tuple[str, int, int]:
    """Returns the function around a line, and the first and last line of the innermost statement around it.

    Such a statement is an `if`, a `try`, a function or a class.
    """
    nodes: list[tuple[int, int, ast.AST]] = []
    for node in ast.walk(ast.parse("".join(linecache.getlines(filename)))):
        if isinstance(node, (ast.If, ast.Try, ast.FunctionDef, ast.ClassDef)):
            end = node.end_lineno or node.lineno
            if node.lineno <= line <= end:
                nodes.append((node.lineno, end, node))
    nodes.sort(key=lambda found: found[0] - found[1])  # the widest first
    names = [node.name for _, _, node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    start, end, _ = nodes[-1] if nodes else (line, line, None)
    return ".".join(names), start, end
