"""The life of a room: waiting -> in_progress -> ended -> waiting. A state machine, and nothing else.

In:  who is there, at each step. Out: the status that should come next, or None to stay.
"""

from __future__ import annotations

from typing import NamedTuple

STATUSES = WAITING, IN_PROGRESS, ENDED = "waiting", "in_progress", "ended"


class Situation(NamedTuple):
    """What the next status depends on."""

    players: int
    are_all_ready: bool
    is_game_over: bool


class Life:
    """A room's status.

    least_players: without whom no round starts, however ready they are. start_at: players that a round waits for.
    results_s: how long an ended round is shown.
    """

    def __init__(self, least_players: int, start_at: int, results_s: float) -> None:
        self.status = WAITING
        self.results_left_s = 0.0
        self.starts_rounds = True  # False: none any more, because the server is to stop
        self._least_players = least_players
        self._start_at = start_at
        self._results_s = results_s

    def enter(self, status: str) -> None:
        """Goes to a status."""
        self.status = status
        if status == ENDED:
            self.results_left_s = self._results_s

    def advance(self, delta_time: float, situation: Situation) -> str | None:
        """Lets `delta_time` seconds pass and returns the status to enter now, None to stay as it is."""
        if self.status == WAITING:
            if not self.starts_rounds:
                return None
            wanted = self._least_players if situation.are_all_ready else self._start_at
            return IN_PROGRESS if situation.players >= wanted else None
        if self.status == IN_PROGRESS:
            return ENDED if situation.players == 0 or situation.is_game_over else None
        self.results_left_s = max(0.0, self.results_left_s - delta_time)
        return None if self.results_left_s > 0 else WAITING
