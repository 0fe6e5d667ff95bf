"""Tests of threads that share a core."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from Net.scheduling import let_threads_finish, wait_for_a_turn


def test_threads_keep_the_interpreter_for_longer_than_pythons_default() -> None:
    before_s = sys.getswitchinterval()
    try:
        let_threads_finish()
        assert sys.getswitchinterval() > before_s
    finally:
        sys.setswitchinterval(before_s)


@pytest.mark.skipif(sys.platform != "linux", reason="this system has no scheduling policies")
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
