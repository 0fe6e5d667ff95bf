"""The scoreboards SCOREBOARD and TEAMS: sent when their contents change, and to every newcomer."""

from __future__ import annotations

from typing import Any, Iterable, Sequence

from Net.PacketCodes import Packet

ROWS = 10


class Scoreboards:
    """The contents of a room's scoreboards now."""

    def __init__(self) -> None:
        self._shown: dict[str, Packet] = {}

    def update(self, results: Iterable[Sequence[Any]], team_scores: Iterable[int]) -> list[Packet]:
        """Takes the game's results and team scores; returns the packets of the scoreboards that have changed."""
        best = [[player_id, name, score] for player_id, name, _, score, _, _ in list(results)[:ROWS]]
        teams = [[team, score] for team, score in enumerate(team_scores)]
        fresh = [Packet("SCOREBOARD", (best,)), Packet("TEAMS", (teams,))]
        changed = [board for board in fresh if board != self._shown.get(board.id, Packet(board.id, ([],)))]
        self._shown.update({board.id: board for board in changed})
        return changed

    def packets(self) -> list[Packet]:
        """Returns the packets of all scoreboards that are not empty, for a newcomer."""
        return [board for board in self._shown.values() if board.args[0]]
