"""The checks of the kata, on the file given with --implementation, or on the project's own code."""

from __future__ import annotations

import pytest

from tests.kata.implementation import Implementation, NotThere
from tests.kata.kata import CHECKS, Check, problem_of


@pytest.mark.parametrize("check", CHECKS, ids=[f"{check.stage}: {check.title}" for check in CHECKS])
def test_stage(implementation: Implementation, check: Check) -> None:
    try:
        problem = problem_of(implementation, check)
    except NotThere as error:
        pytest.skip(str(error))
    if problem:
        pytest.fail(problem, pytrace=False)
