"""The option --portable-sockets: runs tests, and the servers that they start, as on a system without Unix's sockets."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

PORTABLE = Path(__file__).parent / "portable"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--portable-sockets", action="store_true", help="do without what sockets lack on Windows")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--portable-sockets"):
        runpy.run_path(str(PORTABLE / "sitecustomize.py"))  # before anything imports Net
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PORTABLE), os.environ.get("PYTHONPATH")]))
