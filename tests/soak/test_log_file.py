"""A server's log, as the soaks read it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Iterator

import pytest

from tests.soak.log_file import log_to, read_log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(path: Path) -> Iterator[logging.Logger]:
    handler = log_to(path)
    logger = logging.Logger("tested")
    logger.addHandler(handler)
    yield logger
    handler.close()


def test_each_record_is_read_again_whatever_its_text(log: logging.Logger, path: Path) -> None:
    log.info("%s: two\nlines, \u2028 and %r", "1.2.3.4:5", "a quote")
    log.error("no fault")
    try:
        raise ValueError
    except ValueError:
        log.exception("a fault")
    lines = read_log(path)
    assert [line.text for line in lines] == ["1.2.3.4:5: two\nlines, \u2028 and 'a quote'", "no fault", "a fault"]
    assert [line.is_fault for line in lines] == [False, False, True]
    assert sorted(line.at_s for line in lines) == [line.at_s for line in lines]


def test_a_line_that_is_still_being_written_is_left_out(log: logging.Logger, path: Path) -> None:
    log.info("whole")
    with path.open("a", encoding="utf-8") as file:
        file.write('[12.5, "ha')
    assert [line.text for line in read_log(path)] == ["whole"]
