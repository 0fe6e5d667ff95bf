"""Checks in every test that locks are taken in order, and that no socket is used under a lock of the world.

With the option --portable-sockets, the tests and their servers run as on a system without Unix's sockets.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Iterator

import pytest

from tests import side_by_side, skipped
from tests.example_counts import examples

PORTABLE = Path(__file__).parent / "portable"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--portable-sockets", action="store_true", help="do without what sockets lack on Windows")
    parser.addoption("--trials", action="store_true", help="run the trials of attacks too, which take a minute")


def keep_bytecode() -> None:
    """Makes this process, the workers and all servers write and use __pycache__, whatever the environment says.

    Without it, each worker rewrites the asserts of all tests again, and each server that a test starts compiles every
    module again: together a third of the CPU time of a run.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def try_fewer_examples() -> None:
    """Makes hypothesis try fewer examples in tests that name no number, and never blame a busy machine on a test."""
    try:
        from hypothesis import HealthCheck, settings
    except ImportError:  # the tests that need it say so
        return
    busy = [HealthCheck.too_slow]
    settings.register_profile("examples", max_examples=examples(100), deadline=None, suppress_health_check=busy)
    settings.load_profile("examples")


def pytest_configure(config: pytest.Config) -> None:
    keep_bytecode()
    try_fewer_examples()
    if config.getoption("--portable-sockets"):
        runpy.run_path(str(PORTABLE / "sitecustomize.py"))  # before any import of Net
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PORTABLE), os.environ.get("PYTHONPATH")]))
    from tests import locks  # imports Net

    locks.install(locks.WATCH)
    plugin = side_by_side.plugin(config)
    if plugin is not None:
        config.pluginmanager.register(plugin)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the trials out unless the command line asks for them: no other test may run meanwhile."""
    if config.getoption("--trials"):
        return
    trials = [item for item in items if item.get_closest_marker("trial")]
    items[:] = [item for item in items if item not in trials]
    if trials:
        config.hook.pytest_deselected(items=trials)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    return side_by_side.worker_count(config.args)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    lines = list(skipped.summary(report.longrepr for report in reports))
    if lines:
        terminalreporter.section(f"skipped: {len(reports)}")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _locks_are_used_as_agreed() -> Iterator[None]:
    yield
    from tests import locks

    violations = locks.WATCH.take_violations()
    assert not violations, "\n".join(violations)
