"""Tests of the ticker: it ticks at fixed moments, survives faults, and `stop` waits for its end."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from gameserver.match.ticker import FAILURES_ALLOWED, Ticker
from tests.Net.support import DEADLINE_S, Background, wait_until


def never() -> None:
    raise AssertionError("it must not give up")


def test_ticks_come_at_the_rate_and_not_faster() -> None:
    count = itertools.count()
    ticks = threading.Semaphore(0)

    def tick() -> None:
        next(count)
        ticks.release()

    ticker = Ticker("test", 100, tick, never)
    started_s = time.monotonic()
    ticker.start()
    for _ in range(20):
        assert ticks.acquire(timeout=DEADLINE_S)
    took_s = time.monotonic() - started_s
    ticker.stop()
    assert took_s >= 20 / 100
    assert next(count) <= (time.monotonic() - started_s) * 100 + 1


def test_time_spent_in_a_tick_does_not_delay_the_next() -> None:
    begun_s: list[float] = []
    done = threading.Event()

    def tick() -> None:
        begun_s.append(time.monotonic())
        time.sleep(0.03)  # the work of a tick that lasts 0.05 s
        if len(begun_s) == 11:
            done.set()

    ticker = Ticker("test", 20, tick, never)
    ticker.start()
    assert done.wait(DEADLINE_S)
    ticker.stop()
    if ticker.late_ticks == 0:  # otherwise the machine was too busy for the check
        assert begun_s[10] - begun_s[0] == pytest.approx(10 / 20, abs=0.05)


def test_missed_ticks_are_skipped_counted_and_followed_by_a_rest() -> None:
    begun_s: list[float] = []
    done = threading.Event()

    def tick() -> None:
        begun_s.append(time.monotonic())
        if len(begun_s) == 1:
            time.sleep(0.2)  # ten ticks are missed
        if len(begun_s) == 6:
            done.set()

    ticker = Ticker("test", 50, tick, never)
    ticker.start()
    assert done.wait(DEADLINE_S)
    ticker.stop()
    assert ticker.late_ticks >= 1
    assert begun_s[1] - begun_s[0] >= 0.2 + 1 / 50
    assert begun_s[5] - begun_s[0] >= 0.2 + 5 / 50


def test_stop_waits_for_the_tick_that_is_running() -> None:
    is_ticking, may_end, log = threading.Event(), threading.Event(), []

    def tick() -> None:
        is_ticking.set()
        assert may_end.wait(DEADLINE_S)
        log.append("tick is over")

    ticker = Ticker("test", 100, tick, never)
    ticker.start()
    assert is_ticking.wait(DEADLINE_S)
    stopping = Background(lambda: (ticker.stop(), log.append("stopped")))
    may_end.set()
    stopping.result()
    assert log[-1] == "stopped"
    assert "test" not in [thread.name for thread in threading.enumerate()]
    count = len(log)
    ticker.stop()  # again: nothing happens
    assert len(log) == count


def test_a_tick_may_stop_its_own_ticker() -> None:
    ticks: list[int] = []
    ticker = Ticker("own", 100, lambda: (ticks.append(1), ticker.stop()), never)
    ticker.start()
    wait_until(lambda: ticks and "own" not in [thread.name for thread in threading.enumerate()], "it has ended")
    assert ticks == [1]


def test_a_ticker_that_never_started_can_be_stopped() -> None:
    Ticker("test", 100, never, never).stop()


def test_single_failures_are_logged_and_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    numbers = itertools.count(1)
    done = threading.Event()

    def tick() -> None:
        number = next(numbers)
        if number > 3 * FAILURES_ALLOWED:
            done.set()
        if number % 2:
            raise ZeroDivisionError("every other one")

    ticker = Ticker("test", 500, tick, never)
    ticker.start()
    assert done.wait(DEADLINE_S)
    ticker.stop()
    assert caplog.text.count("ZeroDivisionError: every other one") >= 1.5 * FAILURES_ALLOWED
    assert "given up" not in caplog.text


@pytest.mark.parametrize("giving_up_fails", [False, True])
def test_many_failures_in_a_row_end_it(giving_up_fails: bool, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    def tick() -> None:
        calls.append("tick")
        raise ZeroDivisionError("always")

    def give_up() -> None:
        calls.append("give up")
        if giving_up_fails:
            raise ZeroDivisionError("even now")

    ticker = Ticker("doomed", 500, tick, give_up)
    ticker.start()
    wait_until(lambda: "doomed" not in [thread.name for thread in threading.enumerate()], "it has ended")
    assert calls == ["tick"] * (FAILURES_ALLOWED + 1) + ["give up"]
    assert "given up after 21 failed ticks in a row" in caplog.text
    assert ("even now" in caplog.text) == giving_up_fails
