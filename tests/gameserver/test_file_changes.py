"""Tests of finding changed files, with real files and times that the test sets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gameserver.file_changes import FileChanges

START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "game.py"
    write(path, "a", -SECOND_NS)
    return path


def write(path: Path, text: str, after_start_ns: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(START_NS + after_start_ns, START_NS + after_start_ns))


def test_a_change_counts_when_the_file_is_at_rest(file: Path) -> None:
    changes = FileChanges(START_NS)
    assert changes.look([str(file)]) == []
    write(file, "ab", 1)
    assert changes.look([str(file)]) == []
    write(file, "abc", 2)
    assert changes.look([str(file)]) == [], "the editor still writes"
    assert changes.look([str(file)]) == [str(file)]
    assert changes.look([str(file)]) == []


def test_a_change_of_the_same_size_within_a_second_counts(file: Path) -> None:
    changes = FileChanges(START_NS)
    changes.look([str(file)])
    write(file, "b", -SECOND_NS + 1)
    changes.look([str(file)])
    assert changes.look([str(file)]) == [str(file)]


def test_a_file_that_goes_and_comes_back_changes_twice(file: Path) -> None:
    changes = FileChanges(START_NS)
    changes.look([str(file)])
    file.unlink()
    changes.look([str(file)])
    assert changes.look([str(file)]) == [str(file)]
    write(file, "a", -SECOND_NS)
    changes.look([str(file)])
    assert changes.look([str(file)]) == [str(file)]


@pytest.mark.parametrize(
    ("written_ns", "now_ns", "counts"),
    [(1, 2, True), (1, None, True), (-1, 2, False), (3, 2, False)],
    ids=["after the start", "without a clock", "before the start", "in the future"],
)
def test_at_the_first_look_the_time_decides(file: Path, written_ns: int, now_ns: int | None, counts: bool) -> None:
    """A file may be saved after a process has read it, and before its first look."""
    write(file, "a", written_ns)
    changes = FileChanges(START_NS)
    now = None if now_ns is None else START_NS + now_ns
    assert changes.look([str(file)], now) == []
    assert (changes.look([str(file)], now) == [str(file)]) == counts


def test_without_a_start_each_file_is_taken_once(file: Path) -> None:
    changes = FileChanges()
    assert [changes.look([str(file)]) for _ in range(3)] == [[], [str(file)], []]
