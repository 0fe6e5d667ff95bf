"""Checks in every test that locks are taken in order, and that no socket is used under a lock of the world.

With the option --portable-sockets, the tests and their servers run as on a system without Unix's sockets.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Iterator

import pytest

PORTABLE = Path(__file__).parent / "portable"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--portable-sockets", action="store_true", help="do without what sockets lack on Windows")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--portable-sockets"):
        runpy.run_path(str(PORTABLE / "sitecustomize.py"))  # before any import of Net
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PORTABLE), os.environ.get("PYTHONPATH")]))
    from tests import locks  # imports Net

    locks.install(locks.WATCH)


@pytest.fixture(autouse=True)
def _locks_are_used_as_agreed() -> Iterator[None]:
    yield
    from tests import locks

    violations = locks.WATCH.take_violations()
    assert not violations, "\n".join(violations)
