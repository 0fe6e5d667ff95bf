"""The option that names a student's file, and the file as the checks see it."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from tests.kata.implementation import Implementation

PROJECT = Path(__file__).with_name("project.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--implementation", metavar="FILE", help="tests/kata: a student's file; without it, our own code")


@pytest.fixture(scope="session")
def implementation(request: pytest.FixtureRequest) -> Iterator[Implementation]:
    """The file that was named, or the project's own code."""
    named = request.config.getoption("implementation", default=None)
    file = Path(named) if named else PROJECT
    if not file.is_file():
        pytest.exit(f"--implementation: there is no file {named}", returncode=4)
    tried = Implementation(file)
    yield tried
    tried.stop()
