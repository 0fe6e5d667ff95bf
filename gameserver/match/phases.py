"""The phases of a room: waiting -> in_progress -> ended -> waiting. A state machine, and nothing else.

In:  the situation in the room, at each step. Out: the phase to enter now, or None to stay.
"""

from __future__ import annotations

from typing import NamedTuple

STATUSES = WAITING, IN_PROGRESS, ENDED = "waiting", "in-progress", "ended"


class Situation(NamedTuple):
    """The facts that decide the next phase."""

    players: int
    are_all_ready: bool
    is_game_over: bool


class Phases:
    """The phase of a room.

    least_players: the smallest number of players that can start a round, if all of them are ready. start_at: the number
    of players with which a round starts by itself. results_s: the time in which the results are shown, in seconds.
    """

    def __init__(self, least_players: int, start_at: int, results_s: float) -> None:
        self.status = WAITING
        self.results_left_s = 0.0
        self._starts_rounds = True
        self._least_players = least_players
        self._start_at = start_at
        self._results_s = results_s

    def enter(self, status: str) -> None:
        """Enters a phase."""
        self.status = status
        if status == ENDED:
            self.results_left_s = self._results_s

    def restore(self, status: str, results_left_s: float) -> None:
        """Continues a phase from a checkpoint."""
        self.status = status
        self.results_left_s = results_left_s

    def start_no_more(self) -> None:
        """Starts no new round from now on."""
        self._starts_rounds = False

    def advance(self, delta_time: float, situation: Situation) -> str | None:
        """Advances by `delta_time` seconds, and returns the phase to enter now, or None to stay in the current one."""
        if self.status == WAITING:
            if not self._starts_rounds:
                return None
            wanted = self._least_players if situation.are_all_ready else self._start_at
            return IN_PROGRESS if situation.players >= wanted else None
        if self.status == IN_PROGRESS:
            return ENDED if situation.players == 0 or situation.is_game_over else None
        self.results_left_s = max(0.0, self.results_left_s - delta_time)
        return None if self.results_left_s > 0 else WAITING
