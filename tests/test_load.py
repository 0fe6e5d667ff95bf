"""A hundred players in five rooms: no tick is missed, and no thread is left.

The players are in a process of their own, as they would be on machines of their own. They play for 5 seconds; on a
quiet machine, set the environment variable LOAD_SECONDS=30 for the full test: then no tick may even be late.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import Connection
from typing import NamedTuple

import pytest

from gameserver.settings import GameSettings
from tests.Net.support import DEADLINE_S, Background, wait_until
from tests.support import Player, connect, serving

ROOMS, PLAYERS_IN_EACH = 5, 20
TICK_RATE = GameSettings().tick_rate
IS_FULL_TEST = "LOAD_SECONDS" in os.environ
SECONDS = float(os.environ.get("LOAD_SECONDS", "5"))


class Outcome(NamedTuple):
    """What one player saw: its first and last tick, and the ticks that were missing between."""

    first_tick: int
    last_tick: int
    gaps: list[tuple[int, int]]


def play(url: str, number: int, ticks: int) -> Outcome:
    """Joins, and walks and swings for so many ticks of the room."""
    player = Player(connect(url), as_text=number % 10 == 0)
    player.join(f"P{number}", room=f"room {number % ROOMS}")
    first_tick = player.world.tick or 0
    while (player.world.tick or 0) < first_tick + ticks:
        tick = player.world.tick or 0
        if tick % 10 == number % 10:
            player.send("MOVE", (tick // 10 + number) % 8, tick)
            player.send("ATTACK", tick % 20 < 10, number / 10)
        player.wait_for("STATE")
    outcome = Outcome(first_tick, player.world.tick or 0, player.tick_gaps)
    player.hang_up()
    return outcome


def play_all(url: str, ticks: int, report: Connection) -> None:
    players = [Background(play, url, number, ticks) for number in range(ROOMS * PLAYERS_IN_EACH)]
    for player in players:
        player.join()
    report.send([player.result() for player in players])


@pytest.mark.timeout(SECONDS + 60)
def test_a_hundred_players_in_five_rooms_miss_no_tick_and_leave_no_thread() -> None:
    threads_before = threading.active_count()
    ticks = round(SECONDS * TICK_RATE)
    with serving(GameSettings(time_limit_s=None), max_connections_per_address=200) as arena:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        players = multiprocessing.get_context("spawn").Process(target=play_all, args=(arena.url(), ticks, sender))
        players.start()
        try:
            wait_until(lambda: len(arena.server.players) == ROOMS * PLAYERS_IN_EACH, "all have joined")
            rooms = arena.server.all_rooms()
            assert [len(room.seats()) for room in rooms] == [PLAYERS_IN_EACH] * ROOMS
            assert receiver.poll(2 * SECONDS + DEADLINE_S), "the players do not come to an end"
            outcomes = receiver.recv()
        finally:
            players.join(DEADLINE_S)
            players.kill()
            players.join()
            players.close()
            receiver.close()
            sender.close()
        wait_until(lambda: not arena.server.rooms, "all rooms are closed")
        late_ticks = [room.pace.late_ticks() for room in rooms]
        print(f"{len(outcomes)} players, {ticks} ticks each; late ticks of each room: {late_ticks}")
    assert [outcome.gaps for outcome in outcomes] == [[]] * len(outcomes)
    assert all(outcome.last_tick - outcome.first_tick == ticks for outcome in outcomes)
    assert len(late_ticks) == ROOMS
    assert not IS_FULL_TEST or sum(late_ticks) == 0
    assert threading.active_count() == threads_before
