"""Tests of races: all actions happen at once, with threads that are switched a thousand times as often as usual.

Players join, walk, fight, chat, leave, lose their connections and come back; spectators watch; an operator gives
commands. At the end no fault was logged, no lock is held, and nothing is left. conftest.py checks the order of locks.
"""

from __future__ import annotations

import random
import sys
import time
from typing import Any, Callable, Iterator

import pytest

from gameserver.server import GameServer
from gameserver.world_manager import GameWorldManager, OperatorError
from Net.client import connect
from Net.errors import ConnectionClosed
from tests.Net.support import DEADLINE_S, Background, wait_until
from tests.support import Arena, Player, plain_world, serving

SECONDS = 3.0
ROOMS = ("den", "hall")


@pytest.fixture
def _threads_switch_all_the_time() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def play(url: str, rng: random.Random, until_s: float) -> int:
    """Joins and leaves many times; returns the number of times."""
    lives, token = 0, ""
    while time.monotonic() < until_s:
        player = Player(connect(url), as_text=rng.random() < 0.3)
        try:
            options = {"room": rng.choice(ROOMS), "spectate": rng.random() < 0.1}
            player.send("JOIN", "Eve", {**options, "token": token} if token else options)
            token = player.wait_for("WELCOME")[2]
            for _ in range(rng.randrange(12)):
                player.send(*rng.choice(PACKETS))
                player.wait_for("STATE")
            end(player, rng)
        except (ConnectionClosed, OSError):
            pass  # closed by the operator, or by another connection with our token
        finally:
            player.hang_up()
        lives += 1
    return lives


PACKETS: list[tuple[Any, ...]] = [
    ("MOVE", 3),
    ("ATTACK", True, 0.0),
    ("SHOOT", 1.0),
    ("CHAT", "hi"),
    ("READY", True),
    ("PING", 1),
]


def end(player: Player, rng: random.Random) -> None:
    if rng.random() < 0.5:
        player.send("LEAVE")
        player.sync()
    if rng.random() < 0.5:
        player.reset_connection()


COMMANDS: list[Callable[[GameWorldManager, int, str], object]] = [
    lambda manager, _player_id, _room: manager.state(),
    lambda manager, player_id, _room: manager.kick(player_id),
    lambda manager, player_id, room: manager.move_player(player_id, room),
    lambda manager, _player_id, _room: manager.grant_resources(None, wood=1),
    lambda manager, _player_id, room: manager.change_setting(room, "tick_rate", 60),
    lambda manager, _player_id, room: manager.restart_match(room),
    lambda manager, _player_id, room: manager.send_global_message("hello", room),
    lambda manager, _player_id, room: (manager.pause(room), manager.step(room), manager.resume(room)),
]


def meddle(server: GameServer, rng: random.Random, until_s: float) -> int:
    """Sends an operator's commands, one after the other; returns the number that succeeded."""
    manager, done = GameWorldManager(server), 0
    while time.monotonic() < until_s:
        try:
            rng.choice(COMMANDS)(manager, rng.choice([*server.lobby.players.copy(), 1]), rng.choice(ROOMS))
            done += 1
        except OperatorError:
            pass  # the room or the player is already gone
        time.sleep(0.01)
    return done


def assert_no_lock_is_held(arena: Arena) -> None:
    server = arena.server
    for lock in (server.lobby.lock, server.listener.lock):
        assert lock.acquire(timeout=DEADLINE_S)
        lock.release()


@pytest.mark.usefixtures("_threads_switch_all_the_time")
def test_everything_at_once_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    until_s = time.monotonic() + SECONDS
    settings = plain_world(tick_rate=60, animals=20, melee_damage=100.0, respawn_after_s=0.1)
    limits = {"room_openings_per_minute": 100_000, "max_connections_per_address": 1000}
    with serving(settings, reconnect_s=0.2, **limits) as arena, arena.server.faults.watching():
        url = arena.url()
        players = [Background(play, url, random.Random(number), until_s) for number in range(8)]
        operator = Background(meddle, arena.server, random.Random(99), until_s)
        lives = [player.result() for player in players]
        assert operator.result() > 0
        assert min(lives) > 1
        assert_no_lock_is_held(arena)
        server = arena.server
        wait_until(
            lambda: not (server.lobby.rooms or server.lobby.players or server.lobby.clients()),
            "the rooms are closed, and nobody is left, when the seats have been given up",
        )
        assert arena.server.faults.count == 0, caplog.text
