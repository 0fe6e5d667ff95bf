"""Tests of the project's English: words that readers stumble over must not be used."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("Net", "gameserver", "docs", "tests", ".ci")
PROSE = (".py", ".js", ".html", ".css", ".md", ".conf")

# Pattern of the bad words -> the good word. To add a word, correct every place that uses it, and add a row.
INSTEAD = {r"\bcan\s+not\b": "cannot"}


def prose_files() -> list[Path]:
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in PROSE]
    return [ROOT / "README.md", ROOT / "run_server.py", *inside]


def test_no_word_is_written_that_readers_stumble_over() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: write {good!r}: {line.strip()[:80]}"
        for path in prose_files()
        if ".ci/venvs" not in path.as_posix() and ".ci/autobahn" not in path.as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for bad, good in INSTEAD.items()
        if re.search(bad, line, flags=re.IGNORECASE) and path != Path(__file__)
    ]
    assert found == []


def test_the_word_list_finds_what_it_is_for() -> None:
    assert all(re.search(bad, "It " + "can" + " not be read.", flags=re.IGNORECASE) for bad in INSTEAD)
