"""Tests of the phases of a room, without a room."""

from __future__ import annotations

import pytest

from gameserver.match.phases import ENDED, IN_PROGRESS, WAITING, Phases, Situation


def situation(players: int = 1, are_all_ready: bool = False, is_game_over: bool = False) -> Situation:
    return Situation(players, are_all_ready, is_game_over)


@pytest.mark.parametrize(
    ("least", "start_at", "now", "is_started"),
    [
        (1, 1, situation(0), False),
        (1, 1, situation(1), True),
        (1, 3, situation(2), False),
        (1, 3, situation(3), True),
        (1, 3, situation(2, are_all_ready=True), True),
        (1, 3, situation(0, are_all_ready=True), False),
        (2, 3, situation(1, are_all_ready=True), False),
        (2, 3, situation(2, are_all_ready=True), True),
    ],
)
def test_a_round_starts_when_enough_are_there_or_all_are_ready(
    least: int, start_at: int, now: Situation, is_started: bool
) -> None:
    assert Phases(least, start_at, 10.0).advance(0.05, now) == (IN_PROGRESS if is_started else None)


@pytest.mark.parametrize(
    ("now", "is_ended"),
    [(situation(2), False), (situation(0), True), (situation(2, is_game_over=True), True)],
)
def test_a_round_ends_when_the_game_is_over_or_everybody_has_left(now: Situation, is_ended: bool) -> None:
    phases = Phases(1, 1, 10.0)
    phases.enter(IN_PROGRESS)
    assert phases.advance(0.05, now) == (ENDED if is_ended else None)


def test_results_are_shown_for_their_time_and_then_the_room_waits_again() -> None:
    phases = Phases(1, 1, 1.0)
    phases.enter(ENDED)
    steps = [phases.advance(0.25, situation()) for _ in range(4)]
    assert steps == [None, None, None, WAITING]
    assert phases.results_left_s == 0.0
