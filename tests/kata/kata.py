"""All checks of the kata in their order, and the results of a file."""

from __future__ import annotations

from typing import NamedTuple

from tests.kata.checks import STAGES, Check, Failure
from tests.kata.echo_server import ECHO_CHECKS
from tests.kata.implementation import Implementation, NotThere, Trouble
from tests.kata.stages import FUNCTION_CHECKS

CHECKS: tuple[Check, ...] = (*FUNCTION_CHECKS, *ECHO_CHECKS)


class Result(NamedTuple):
    """The result of a file in a stage. first_problem: why its first failing check fails; "" if all pass."""

    passed: int
    total: int
    first_problem: str = ""


def assess(implementation: Implementation, stage: str) -> Result | None:
    """Runs all checks of a stage; returns None if its function has not been written yet."""
    checks = [check for check in CHECKS if check.stage == stage]
    try:
        return _assess(implementation, checks)
    except NotThere:
        return None


def _assess(implementation: Implementation, checks: list[Check]) -> Result:
    problems = [problem for problem in (problem_of(implementation, check) for check in checks) if problem]
    return Result(len(checks) - len(problems), len(checks), *problems[:1])


def problem_of(implementation: Implementation, check: Check) -> str:
    """Returns why a check fails; "" if it passes. Raises NotThere if the function has not been written yet."""
    try:
        check.run(implementation)
    except NotThere:
        raise
    except (Failure, Trouble) as error:
        return f"{check.stage}, {check.title}\n  {error}"
    return ""


def first_failing_stage(implementation: Implementation) -> tuple[str | None, str]:
    """Returns the first stage with a failing check, and why it fails; (None, "") if all checks pass."""
    for check in CHECKS:
        problem = problem_of(implementation, check)
        if problem:
            return check.stage, problem
    return None, ""


__all__ = ["CHECKS", "STAGES", "Result", "assess", "first_failing_stage", "problem_of"]
