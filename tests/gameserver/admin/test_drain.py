"""Tests of the drain: a server that is to stop waits for the end of its matches, and lets no new player in."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from typing import Any, Iterator

from gameserver.admin.drain import CLOSED_BECAUSE, Drain
from gameserver.server import GameServer
from gameserver.world.settings import ServerSettings
from tests.Net.support import DEADLINE_S
from tests.support import Arena, plain_world, serving

NEVER_S = 1000.0


@contextlib.contextmanager
def draining(limit_s: float, time_limit_s: float | None, **server_settings: Any) -> Iterator[tuple[Arena, Drain]]:
    """Yields a server with quick rounds and the drain that will end it."""
    settings = {"results_s": 0.2, "shutdown_timeout_s": 0.2, **server_settings}
    with serving(plain_world(map_size=1500.0, spawn_clearance=0.0, time_limit_s=time_limit_s), **settings) as arena:
        drain = Drain(arena.server, limit_s)
        drain.start()
        yield arena, drain
        drain.stop()


def test_the_match_ends_with_its_results_shown_and_then_the_server_stops() -> None:
    with draining(NEVER_S, time_limit_s=1.0) as (arena, drain):
        ann = arena.join("Ann")
        drain.begin()
        packets, closed = ann.receive_to_the_end()
        arena.thread.join(DEADLINE_S)
        assert not arena.thread.is_alive()
    ids = [packet.id for packet in packets if packet.id in ("NOTICE", "GAME_OVER", "SHUTDOWN")]
    assert ids == ["NOTICE", "GAME_OVER", "SHUTDOWN"]
    assert [packet.args[0] for packet in packets if packet.id == "ROOM"] == ["ended", "waiting"]
    assert closed.code == 1001


def test_no_new_player_is_let_in_but_a_lost_player_comes_back() -> None:
    with draining(NEVER_S, time_limit_s=None) as (arena, drain):
        ann = arena.connect()
        token = next(packet.args[2] for packet in ann.join("Ann") if packet.id == "WELCOME")
        drain.begin()
        ann.wait_for("NOTICE")
        for options in ({}, {"room": "another"}, {"token": "made up"}, {"spectate": True}):
            stranger = arena.connect()
            stranger.send("JOIN", "Eve", options)
            assert stranger.wait_for("ERROR") == ("CLOSING", CLOSED_BECAUSE)
        ann.reset_connection()
        back = arena.connect()
        back.join("Ann", token=token)
        assert back.id == ann.id


def test_a_program_that_asks_for_the_rooms_gets_503() -> None:
    with draining(NEVER_S, time_limit_s=None) as (arena, drain):
        ann = arena.join("Ann")
        drain.begin()
        ann.wait_for("NOTICE")
        connection = http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)
        connection.request("GET", "/rooms.json")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert CLOSED_BECAUSE in answer.read().decode()
        connection.close()


def test_a_match_without_end_gets_no_more_than_the_limit() -> None:
    with draining(0.3, time_limit_s=None) as (arena, drain):
        ann = arena.join("Ann")
        began_s = time.monotonic()
        drain.begin()
        packets, _ = ann.receive_to_the_end()
        assert time.monotonic() - began_s >= 0.3
    assert "GAME_OVER" in [packet.id for packet in packets]  # the match ends with results, though not by its rules


def test_a_server_with_nobody_in_it_stops_at_once() -> None:
    with draining(NEVER_S, time_limit_s=None) as (arena, drain):
        drain.begin()
        arena.thread.join(DEADLINE_S)
        assert not arena.thread.is_alive()


def test_a_server_that_stops_otherwise_takes_the_waiting_thread_along() -> None:
    drain = Drain(GameServer(ServerSettings(), plain_world()), NEVER_S)
    drain.start()
    drain.stop()
    assert "drain" not in [thread.name for thread in threading.enumerate()]
