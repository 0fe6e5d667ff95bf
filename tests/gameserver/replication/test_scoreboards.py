"""Tests of the scoreboard and the teams' scores."""

from __future__ import annotations

from gameserver.replication.scoreboards import ROWS, Scoreboards
from Net.PacketCodes import Packet


def result(player_id: int, score: int) -> tuple[int, str, None, int, int, int]:
    return (player_id, f"player {player_id}", None, score, 0, 0)


def test_a_scoreboard_is_sent_only_when_it_changes() -> None:
    scoreboards = Scoreboards()
    assert scoreboards.update([], []) == []
    assert scoreboards.update([result(1, 0)], []) == [Packet("SCOREBOARD", ([[1, "player 1", 0]],))]
    assert scoreboards.update([result(1, 0)], []) == []
    assert scoreboards.update([result(1, 5)], [7, 8]) == [
        Packet("SCOREBOARD", ([[1, "player 1", 5]],)),
        Packet("TEAMS", ([[0, 7], [1, 8]],)),
    ]


def test_the_scoreboard_holds_the_best_ten() -> None:
    (board,) = Scoreboards().update([result(n, 100 - n) for n in range(1, 20)], [])
    assert [row[0] for row in board.args[0]] == list(range(1, ROWS + 1))


def test_a_newcomer_gets_the_present_scoreboards() -> None:
    scoreboards = Scoreboards()
    assert scoreboards.packets() == []
    scoreboards.update([result(1, 1)], [])
    scoreboards.update([result(1, 2)], [3, 4])
    assert scoreboards.packets() == [
        Packet("SCOREBOARD", ([[1, "player 1", 2]],)),
        Packet("TEAMS", ([[0, 3], [1, 4]],)),
    ]
