"""Runs a target on one damaged input after the other."""

from __future__ import annotations

import time
from random import Random
from typing import Iterator

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import Target


class Fault(Exception):
    """A target was at fault. input: the bytes that showed it."""

    def __init__(self, error: Exception, execution: int, data: bytes) -> None:
        super().__init__(f"{type(error).__name__}: {error} (execution {execution})")
        self.input = data


def inputs(target: Target, seed: str) -> Iterator[bytes]:
    """Inputs without end, always the same for the same seed."""
    random = Random(seed)
    while True:
        yield mutated(random, target.seed(random), target.seed(random), target.tokens)


def fuzz(target: Target, seed: str, seconds: float) -> int:
    """Feeds the target until the time is over; returns the number of executions, raises Fault at the first fault."""
    with target.checking() as check:
        started_s = now_s = time.monotonic()
        for execution, data in enumerate(inputs(target, seed), start=1):
            try:
                check(data)
            except Exception as error:
                raise Fault(error, execution, data) from error
            before_s, now_s = now_s, time.monotonic()
            if now_s - before_s > target.slow_s:
                raise Fault(TimeoutError(f"it took {now_s - before_s:.1f} s"), execution, data)
            if now_s - started_s >= seconds:
                break
    return execution
