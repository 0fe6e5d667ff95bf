"""How tests run side by side: in how many processes, and which tests run while no other one does.

Most tests wait most of the time: for time-outs, and for other processes. So several processes (the workers of
pytest-xdist) run them, more than there are CPUs. A test that measures time, CPU or memory bears no neighbour: it has
the mark `alone`. Two locks, which all workers share, keep the others out meanwhile.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from pathlib import Path
from typing import Any, Iterator

import pytest

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

WORKERS_FOR_A_CPU = 2
MOST_WORKERS = 16


def worker_count(arguments: list[str]) -> int:
    """Returns how many workers a run needs, by what the command line names; 0: the run is one process.

    A run of some files is over before workers would have begun. A run of a folder, or of everything, is not.
    """
    names_a_folder = any(Path(argument.split("::")[0]).is_dir() for argument in arguments)
    if fcntl is None or not names_a_folder:
        return 0
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(WORKERS_FOR_A_CPU * cpus, MOST_WORKERS)


class Doors:
    """Two locks in files. A test goes through both doors; a test that runs alone locks them behind itself.

    A process waits at the outer door while another one is about to be alone. The inner door is held shared by each test
    that runs.
    """

    def __init__(self, folder: Path) -> None:
        self._outer = (folder / "outer").open("w")
        self._inner = (folder / "inner").open("w")
        self._is_alone = False

    @contextlib.contextmanager
    def passed(self, alone: bool, next_is_alone: bool) -> Iterator[None]:
        """The block runs when it may; a worker that is alone stays so for its next test if that needs it too."""
        if not self._is_alone:
            self._enter(alone)
        try:
            yield
        finally:
            self._is_alone = alone and next_is_alone
            if not self._is_alone:
                self._leave()

    def _enter(self, alone: bool) -> None:
        fcntl.flock(self._outer, fcntl.LOCK_EX)
        fcntl.flock(self._inner, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(self._outer, fcntl.LOCK_UN)

    def _leave(self) -> None:
        fcntl.flock(self._inner, fcntl.LOCK_UN)
        fcntl.flock(self._outer, fcntl.LOCK_UN)

    def close(self) -> None:
        """Gives all back."""
        self._outer.close()
        self._inner.close()


def test_modules(config: pytest.Config) -> list[str]:
    """Returns the names of all test files in the folders that the command line names."""
    folders = (config.invocation_params.dir / argument for argument in config.args)
    files = sorted(file for folder in folders for file in folder.rglob("test_*.py") if config.rootpath in file.parents)
    return [".".join(file.relative_to(config.rootpath).with_suffix("").parts) for file in files]


def is_alone(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("alone") is not None


class Controller:
    """In the process that starts the workers: makes the folder in which they find the doors.

    It also compares in which order the workers have taken the server's locks: each of them has watched only itself.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tests-")
        self._steps: list[Any] = []
        self._contradictions: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["doors"] = self._folder.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._steps += getattr(node, "workeroutput", {}).get("lock steps", [])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        from tests import locks

        self._contradictions = locks.contradictions(self._steps)
        if self._contradictions:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for contradiction in self._contradictions:
            terminalreporter.section("locks in two orders", red=True)
            terminalreporter.write_line(contradiction)

    def pytest_unconfigure(self) -> None:
        self._folder.cleanup()


class Worker:
    """In each worker. The tests that run alone come first, so that the workers wait for each other only once."""

    def __init__(self, worker_input: dict[str, Any]) -> None:
        self._doors = Doors(Path(worker_input["doors"]))
        self._number, self._count = int(worker_input["workerid"][2:]), worker_input["workercount"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Compiles a share of the test files first. The other workers find the result in __pycache__."""
        for module in test_modules(session.config)[self._number :: self._count]:
            with contextlib.suppress(Exception, pytest.skip.Exception):  # the collection says what is wrong
                importlib.import_module(module)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        from tests import locks

        session.config.workeroutput["lock steps"] = locks.WATCH.steps()  # type: ignore[attr-defined]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: not is_alone(item))

    # Outermost, so that the time-out of the test does not count the wait.
    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        with self._doors.passed(is_alone(item), is_alone(nextitem)):
            yield

    def pytest_unconfigure(self) -> None:
        self._doors.close()


def plugin(config: pytest.Config) -> Controller | Worker | None:
    """Returns what a process of this run does about it: nothing if there are no workers."""
    if hasattr(config, "workerinput"):
        return Worker(config.workerinput)
    if config.getoption("tx", default=None) and config.getoption("dist") != "no":
        return Controller()
    return None
