"""How threads share a core."""

from __future__ import annotations

import os
import threading

import pytest

from Net.scheduling import wait_for_a_turn

if not hasattr(os, "SCHED_BATCH"):
    pytest.skip("this system has no scheduling policies", allow_module_level=True)


def test_a_thread_that_waits_for_its_turn_leaves_the_others_as_they_are() -> None:
    policies = []

    def note() -> None:
        wait_for_a_turn()
        policies.append(os.sched_getscheduler(0))

    before = os.sched_getscheduler(0)
    thread = threading.Thread(target=note)
    thread.start()
    thread.join()
    assert policies == [os.SCHED_BATCH]
    assert os.sched_getscheduler(0) == before
