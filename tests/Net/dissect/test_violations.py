"""The place in the code that refused: it is found for every refusal, also when the file cannot be parsed."""

from __future__ import annotations

import ast
import importlib.util
import linecache
import sys
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from Net.dissect.records import Violation
from Net.dissect.violations import violation_of
from Net.errors import ProtocolError
from tests.Net.support import DEADLINE_S

SOURCE = """\
from Net.errors import ProtocolError


class Guard:
    def check(self, value):
        if value:
            raise ProtocolError(1002, "no value is allowed", "5.2")
"""
RAISE, IF = 7, 6  # lines
THREADS = 8


@pytest.fixture
def guard_file(tmp_path: Path) -> Path:
    file = tmp_path / "guard.py"
    file.write_text(SOURCE)
    return file


@pytest.fixture
def refuse(guard_file: Path) -> Callable[[], Violation]:
    """A function that lets the module of the file refuse a value, and returns the record of this refusal."""
    spec = importlib.util.spec_from_file_location("guard", guard_file)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def refuse() -> Violation:
        with pytest.raises(ProtocolError) as caught:
            module.Guard().check(1)
        return violation_of(caught.value)

    return refuse


def test_a_violation_names_the_function_and_shows_the_innermost_statement(refuse: Callable[[], Violation]) -> None:
    violation = refuse()
    assert (violation.function, violation.file, violation.line) == ("Guard.check", "guard.py", RAISE)
    assert violation.source_line == IF
    assert violation.source.splitlines() == SOURCE.splitlines()[IF - 1 :]


def test_a_file_that_cannot_be_parsed_still_gives_the_name_and_the_line(
    refuse: Callable[[], Violation], guard_file: Path
) -> None:
    guard_file.write_text(SOURCE.replace("class Guard:", "class Guard"))
    linecache.checkcache()
    violation = refuse()
    assert (violation.function, violation.line, violation.source_line) == ("check", RAISE, RAISE)
    assert violation.source.strip().startswith("raise ProtocolError(")
    guard_file.write_text(SOURCE)
    linecache.checkcache()
    assert refuse().function == "Guard.check", "one failure must not be kept"


def test_a_fault_of_the_parser_does_not_hide_the_refusal(
    refuse: Callable[[], Violation], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_source: str) -> ast.Module:
        raise SystemError("AST constructor recursion depth mismatch (before=63, after=70)")

    with monkeypatch.context() as patch:
        patch.setattr(ast, "parse", broken)
        violation = refuse()
    assert (violation.rule, violation.function, violation.line) == ("no value is allowed", "check", RAISE)


def test_threads_that_need_the_same_file_parse_it_once(
    refuse: Callable[[], Violation], monkeypatch: pytest.MonkeyPatch
) -> None:
    parse, seen = ast.parse, []
    together = threading.Barrier(THREADS, timeout=DEADLINE_S)

    def slow(source: str) -> ast.Module:
        seen.append(source)
        trees = [parse(source) for _ in range(50)]  # long enough for all other threads to come here
        return trees[0]

    def run() -> None:
        together.wait()
        violations.append(refuse())

    violations: list[Violation] = []
    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(ast, "parse", slow)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert seen == [SOURCE]
    assert [violation.function for violation in violations] == ["Guard.check"] * THREADS
