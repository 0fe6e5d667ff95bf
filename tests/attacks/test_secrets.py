"""Tests that secrets are compared in a time that does not show how much of a guess is right (CVE-2021-33880)."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator

import pytest

from tests.attacks.support import answers

ROOT = Path(__file__).parents[2]
SECRET = re.compile(r"token|secret|passw|credential|signature|digest|hmac|api_?key|pin_?code", re.IGNORECASE)
TELLING = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def names_in(node: ast.AST) -> Iterator[str]:
    """Yields the names in an operand: those of variables, attributes and keys."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.Subscript):
            yield from (str(key.value) for key in ast.walk(part.slice) if isinstance(key, ast.Constant))


def telling_comparisons(source: str) -> list[int]:
    """Finds lines that compare a secret with ==, != or `in`: these stop at the first difference."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, TELLING) for operator in node.ops)
        and any(SECRET.search(name) for side in (node.left, *node.comparators) for name in names_in(side))
    ]


@answers("websockets CVE-2021-33880")
def test_no_secret_is_compared_in_a_telling_time() -> None:
    files = [*ROOT.glob("Net/**/*.py"), *ROOT.glob("gameserver/**/*.py"), ROOT / "run_server.py"]
    assert len(files) > 30
    found = [(file.name, line) for file in files for line in telling_comparisons(file.read_text(encoding="utf-8"))]
    assert found == [], "use hmac.compare_digest"


@pytest.mark.parametrize(
    "line",
    ["token == given", "a.token != b", "given in session.tokens", "PASSWORD == x", "x == f(secret)", "x == y['token']"],
)
def test_a_telling_comparison_is_found(line: str) -> None:
    assert telling_comparisons(f"x = 1\nif {line}:\n    pass") == [2]


@pytest.mark.parametrize("line", ["hmac.compare_digest(token, given)", "token is None", "len(tokens) > 3", "a == b"])
def test_other_comparisons_are_not(line: str) -> None:
    assert telling_comparisons(f"if {line}:\n    pass") == []
