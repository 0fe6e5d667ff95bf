"""The options that name a student's file and a stage, and the file as the checks see it."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from tests.kata.checks import STAGES, Check
from tests.kata.implementation import Implementation

PROJECT = Path(__file__).with_name("project.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--implementation", metavar="FILE", help="tests/kata: a student's file; without it, our own code")
    parser.addoption("--stage", choices=[*STAGES], help="tests/kata: the checks of this stage only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A student is shown the checks, all or those of a stage, and not the tests of the checks."""
    stage = config.getoption("stage", default=None)
    if stage is None and config.getoption("implementation", default=None) is None:
        return
    wanted = [item for item in items if _is_wanted(item, stage)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def _is_wanted(item: pytest.Item, stage: str | None) -> bool:
    check = item.callspec.params.get("check") if hasattr(item, "callspec") else None
    return isinstance(check, Check) and stage in (None, check.stage)


@pytest.fixture(scope="session")
def implementation(request: pytest.FixtureRequest) -> Iterator[Implementation]:
    """The file of --implementation, or the project's own code."""
    named = request.config.getoption("implementation", default=None)
    file = Path(named) if named else PROJECT
    if not file.is_file():
        pytest.exit(f"--implementation: there is no file {named}", returncode=4)
    tried = Implementation(file)
    yield tried
    tried.stop()
