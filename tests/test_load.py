"""Tests of load: a hundred players in five rooms, or forty that are traced or inspected, all get their STATEs.

The players are in a process of their own, as if they were on other machines. They play for 3 seconds. On a quiet
machine, set the environment variable LOAD_SECONDS=30 for the full test: then no tick may be late.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import threading
import time
from multiprocessing.connection import Connection
from typing import NamedTuple

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.classroom.classroom import Classroom
from gameserver.world.settings import GameSettings
from Net.dissect.explain import summarize
from Net.dissect.trace import EVERYBODY, Tracer
from Net.limits import Limits
from tests.delivery import Delivery, delivery
from tests.Net.support import DEADLINE_S, Background, wait_until
from tests.support import Arena, Player, connect, serving

TICK_RATE = GameSettings().tick_rate
IS_FULL_TEST = "LOAD_SECONDS" in os.environ
SECONDS = float(os.environ.get("LOAD_SECONDS", "3"))
# Bounds for every player, by the wall clock. The players share one interpreter, and a machine that runs tests is busy.
LEAST_STATES_PER_S = TICK_RATE * (0.95 if IS_FULL_TEST else 0.4)
LONGEST_GAP_P99_MS = 100.0 if IS_FULL_TEST else 1000.0


class Outcome(NamedTuple):
    """One player's record: its first and last tick, the missing ticks between, and how steadily the STATEs came."""

    first_tick: int
    last_tick: int
    gaps: list[tuple[int, int]]
    delivery: Delivery


def play(url: str, room: str, number: int, ticks: int) -> Outcome:
    """Joins, and walks and swings for this number of ticks of the room."""
    player = Player(connect(url), as_text=number % 10 == 0)
    player.join(f"P{number}", room=room)
    first_tick, arrivals_s = player.world.tick or 0, [time.monotonic()]
    while (player.world.tick or 0) < first_tick + ticks:
        tick = player.world.tick or 0
        if tick % 10 == number % 10:
            player.send("MOVE", (tick // 10 + number) % 8, tick)
            player.send("ATTACK", tick % 20 < 10, number / 10)
        player.wait_for("STATE")
        arrivals_s.append(time.monotonic())
    seen = delivery(arrivals_s[1:], arrivals_s[0], arrivals_s[-1])
    outcome = Outcome(first_tick, player.world.tick or 0, player.tick_gaps, seen)
    player.hang_up()
    return outcome


def play_all(url: str, rooms: int, in_each: int, ticks: int, report: Connection) -> None:
    players = [Background(play, url, f"room {i % rooms}", i, ticks) for i in range(rooms * in_each)]
    for player in players:
        player.join()
    report.send([player.result() for player in players])


def check_that_all_get_their_states(arena: Arena, rooms: int, in_each: int) -> None:
    """Starts the players in a process of their own, and checks their records."""
    ticks = round(SECONDS * TICK_RATE)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    players = context.Process(target=play_all, args=(arena.url(), rooms, in_each, ticks, sender))
    players.start()
    try:
        wait_until(lambda: len(arena.server.lobby.players) == rooms * in_each, "all have joined")
        all_rooms = arena.server.lobby.all_rooms()
        assert [len(room.roster.seats()) for room in all_rooms] == [in_each] * rooms
        assert receiver.poll(2 * SECONDS + DEADLINE_S), "the players do not come to an end"
        outcomes = receiver.recv()
    finally:
        players.join(DEADLINE_S)
        players.kill()
        players.join()
        players.close()
        receiver.close()
        sender.close()
    wait_until(lambda: not arena.server.lobby.rooms, "all rooms are closed")
    late_ticks = [room.clock.late_ticks() for room in all_rooms]
    slowest = min(outcome.delivery.states_per_s for outcome in outcomes)
    longest_ms = max(outcome.delivery.gap_p99_ms for outcome in outcomes)
    print(f"{len(outcomes)} players, {ticks} ticks each; late ticks of each room: {late_ticks}")
    print(f"STATEs a second, least: {slowest:.1f}; p99 of gaps, most: {longest_ms:.0f} ms")
    assert [outcome.gaps for outcome in outcomes] == [[]] * len(outcomes)
    assert all(outcome.last_tick - outcome.first_tick == ticks for outcome in outcomes)
    assert slowest >= LEAST_STATES_PER_S
    assert longest_ms <= LONGEST_GAP_P99_MS
    assert len(late_ticks) == rooms
    assert not IS_FULL_TEST or sum(late_ticks) == 0


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.alone
def test_a_hundred_players_in_five_rooms_get_their_states_and_leave_no_thread() -> None:
    threads_before = threading.active_count()
    with serving(GameSettings(time_limit_s=None), max_connections_per_address=200) as arena:
        check_that_all_get_their_states(arena, rooms=5, in_each=20)
    assert threading.active_count() == threads_before


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.alone
def test_forty_players_who_are_traced_get_their_states() -> None:
    texts: list[str] = []
    with serving(GameSettings(time_limit_s=None)) as arena:
        tracer = Tracer([EVERYBODY], summarize, texts.append)
        arena.server.add_tap(tracer.tap_for)
        tracer.start()
        check_that_all_get_their_states(arena, rooms=1, in_each=40)
        tracer.stop(DEADLINE_S)
    trace = "".join(texts)
    told, missing = trace.count("STATE tick="), sum(map(int, re.findall(r"(\d+) entries are missing", trace)))
    print(f"{told} of the players' STATEs were told, {missing} entries left out")
    assert told > 100
    assert "BROKEN" not in trace
    assert "bytes were lost" not in trace


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.alone
def test_forty_players_who_are_inspected_get_their_states() -> None:
    enough = threading.Event()
    with serving(GameSettings(time_limit_s=None)) as arena:
        Classroom(arena.server, OperatorAuthentication("token"), "127.0.0.1", arena.port)
        inspector = Background(look_on, arena.url("/inspect"), enough)
        check_that_all_get_their_states(arena, rooms=1, in_each=40)
        enough.set()
        seen = inspector.result()
    print(f"{seen} frames were seen")
    assert seen > 40 * SECONDS * TICK_RATE


def look_on(url: str, enough: threading.Event) -> int:
    """Inspects all connections, as the page does; returns the number of frames that it saw."""
    websocket = connect(url, Limits(message_bytes=2**24))
    websocket.send('{"token": ""}')
    websocket.send('{"do": "watch", "connections": null, "hides_text": true}')
    seen = 0
    while not enough.is_set():
        news = json.loads(websocket.receive(DEADLINE_S))
        seen += len(news.get("rows", ())) + news.get("skipped", 0)
    websocket.close()
    return seen
