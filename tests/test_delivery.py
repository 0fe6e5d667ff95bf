"""Tests of tests/delivery.py, which measures the arrivals of STATEs."""

from __future__ import annotations

import pytest

from tests.delivery import delivery


def test_a_steady_player_gets_every_state_and_no_long_gap() -> None:
    found = delivery([number / 20 for number in range(201)], 0.0, 10.0)
    assert found.states_per_s == pytest.approx(20.1)
    assert found.gap_p99_ms == pytest.approx(50)
    assert found.gap_longest_ms == pytest.approx(50)


def test_a_late_ticker_shows_though_it_skips_no_number() -> None:
    found = delivery([0.0, 0.8, 1.6, 2.4], 0.0, 3.0)
    assert found.states_per_s == pytest.approx(4 / 3)
    assert found.gap_p99_ms == pytest.approx(800)


def test_one_stall_shows_in_the_longest_gap_and_not_in_the_99th_percentile() -> None:
    arrivals_s = [number / 20 for number in range(400)] + [20.5 + number / 20 for number in range(400)]
    found = delivery(arrivals_s, 0.0, 40.45)
    assert found.gap_longest_ms == pytest.approx(550)
    assert found.gap_p99_ms == pytest.approx(50)


@pytest.mark.parametrize("arrivals_s", [[], [7.0]], ids=["none ever", "none in the period"])
def test_a_player_who_gets_nothing_has_one_gap_as_long_as_the_period(arrivals_s: list[float]) -> None:
    assert delivery(arrivals_s, 1.0, 6.0) == (0.0, 5000.0, 5000.0)


def test_silence_at_either_end_of_the_period_is_a_gap() -> None:
    assert delivery([2.0, 2.1], 0.0, 3.0).gap_longest_ms == pytest.approx(2000)
    assert delivery([0.0, 0.1], 0.0, 3.0).gap_longest_ms == pytest.approx(2900)
