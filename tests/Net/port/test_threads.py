"""Helpers for threads: one outlives a fault, one that cannot start is reported, and many end in time."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from Net import sockets
from Net.address import Address
from Net.port import threads
from tests.Net.support import DEADLINE_S, tcp_pair

ADDRESS = Address("2001:db8::7", 50123)


@pytest.mark.parametrize("whose", [ADDRESS, "the keepalive of the application"])
def test_a_fault_is_logged_with_its_traceback_and_the_thread_goes_on(
    whose: Address | str, caplog: pytest.LogCaptureFixture
) -> None:
    done = []
    for divisor in (0, 1):
        with threads.surviving(whose):
            done.append(1 // divisor)
    assert done == [1]
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, f"{whose}: a fault in the server")
    assert "ZeroDivisionError" in caplog.text


def test_the_end_of_the_process_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    for end in (KeyboardInterrupt, SystemExit):
        with pytest.raises(end), threads.surviving(ADDRESS):
            raise end
    assert caplog.records == []


def test_a_started_thread_runs() -> None:
    ran = threading.Event()
    thread = threading.Thread(target=ran.set)
    assert threads.start(thread, ADDRESS)
    assert ran.wait(DEADLINE_S)
    thread.join(DEADLINE_S)


def test_a_thread_that_the_system_cannot_start_is_logged_with_the_address(caplog: pytest.LogCaptureFixture) -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join(DEADLINE_S)
    assert not threads.start(thread, ADDRESS), "no thread starts twice: the same error as without a free thread"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("[2001:db8::7]:50123 cannot be served just now: ")


def test_join_waits_for_all_threads_together_until_the_deadline() -> None:
    near, far = tcp_pair()
    with near, far:
        blocked = [threading.Thread(target=near.recv, args=(1,), daemon=True) for _ in range(20)]
        for thread in blocked:
            thread.start()
        started_s = time.monotonic()
        threads.join(blocked, started_s + 0.1)
        waited_s = time.monotonic() - started_s
        assert 0.1 <= waited_s < 0.1 * len(blocked)
        assert all(thread.is_alive() for thread in blocked)
        sockets.wake(near)
        threads.join(blocked, time.monotonic() + DEADLINE_S)
        assert not any(thread.is_alive() for thread in blocked)


def test_join_after_the_deadline_does_not_wait() -> None:
    near, far = tcp_pair()
    with near, far:
        blocked = threading.Thread(target=near.recv, args=(1,), daemon=True)
        blocked.start()
        started_s = time.monotonic()
        threads.join([blocked], started_s - 1.0)
        assert time.monotonic() - started_s < DEADLINE_S / 10
        sockets.wake(near)
        blocked.join(DEADLINE_S)
