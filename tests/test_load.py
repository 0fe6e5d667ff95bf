"""A hundred players in five rooms, or forty in one while a class looks on: no tick is missed, and no thread is left.

The players are in a process of their own, as they would be on machines of their own. They play for 5 seconds; on a
quiet machine, set the environment variable LOAD_SECONDS=30 for the full test: then no tick may even be late.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from multiprocessing.connection import Connection
from typing import NamedTuple

import pytest

from gameserver.classroom.classroom import Classroom
from gameserver.doorkeeper import Doorkeeper
from gameserver.settings import GameSettings
from Net.limits import Limits
from tests.Net.support import DEADLINE_S, Background, wait_until
from tests.support import Arena, Player, connect, serving

TICK_RATE = GameSettings().tick_rate
IS_FULL_TEST = "LOAD_SECONDS" in os.environ
SECONDS = float(os.environ.get("LOAD_SECONDS", "5"))


class Outcome(NamedTuple):
    """What one player saw: its first and last tick, and the ticks that were missing between."""

    first_tick: int
    last_tick: int
    gaps: list[tuple[int, int]]


def play(url: str, number: int, rooms: int, ticks: int) -> Outcome:
    """Joins, and walks and swings for so many ticks of the room."""
    player = Player(connect(url), as_text=number % 10 == 0)
    player.join(f"P{number}", room=f"room {number % rooms}")
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


def play_all(url: str, players: int, rooms: int, ticks: int, report: Connection) -> None:
    playing = [Background(play, url, number, rooms, ticks) for number in range(players)]
    for player in playing:
        player.join()
    report.send([player.result() for player in playing])


def look_on(arena: Arena, enough: threading.Event) -> int:
    """Inspects all connections, as the page does; returns how many frames were seen."""
    Classroom(arena.server, Doorkeeper("token"), "127.0.0.1", arena.port)
    websocket = connect(arena.url("/inspect"), Limits(message_bytes=2**24))
    websocket.send('{"token": ""}')
    websocket.send('{"do": "watch", "connections": null, "hides_text": true}')
    seen = 0
    while not enough.is_set():
        news = json.loads(websocket.receive(DEADLINE_S))
        seen += len(news.get("rows", ())) + news.get("skipped", 0)
    websocket.close()
    return seen


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize(("rooms", "players", "is_inspected"), [(5, 100, False), (1, 40, True)])
def test_players_miss_no_tick_and_leave_no_thread(rooms: int, players: int, is_inspected: bool) -> None:
    threads_before = threading.active_count()
    ticks = round(SECONDS * TICK_RATE)
    with serving(GameSettings(time_limit_s=None), max_connections_per_address=200) as arena:
        enough = threading.Event()
        inspector = Background(look_on, arena, enough) if is_inspected else None
        if is_inspected:  # only what comes after it has a tape
            wait_until(lambda: arena.server.describe()["connections"] == 1, "somebody looks on")
        receiver, sender = multiprocessing.Pipe(duplex=False)
        arguments = (arena.url(), players, rooms, ticks, sender)
        playing = multiprocessing.get_context("spawn").Process(target=play_all, args=arguments)
        playing.start()
        try:
            wait_until(lambda: len(arena.server.players) == players, "all have joined")
            all_rooms = arena.server.all_rooms()
            assert [len(room.seats()) for room in all_rooms] == [players // rooms] * rooms
            assert receiver.poll(2 * SECONDS + DEADLINE_S), "the players do not come to an end"
            outcomes = receiver.recv()
        finally:
            enough.set()
            playing.join(DEADLINE_S)
            playing.kill()
            playing.join()
            playing.close()
            receiver.close()
            sender.close()
        if inspector is not None:
            assert inspector.result() > players * ticks
        wait_until(lambda: not arena.server.rooms, "all rooms are closed")
        late_ticks = [room._ticker.late_ticks for room in all_rooms if room._ticker is not None]
        print(f"{len(outcomes)} players, {ticks} ticks each; late ticks of each room: {late_ticks}")
    assert [outcome.gaps for outcome in outcomes] == [[]] * len(outcomes)
    assert all(outcome.last_tick - outcome.first_tick == ticks for outcome in outcomes)
    assert len(late_ticks) == rooms
    assert not IS_FULL_TEST or sum(late_ticks) == 0
    assert threading.active_count() == threads_before
