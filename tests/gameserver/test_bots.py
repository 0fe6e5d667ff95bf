"""Tests of bots: they play through real connections, and give their seats up to people."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Callable, Iterator

import pytest

from gameserver.bots.brains import brain_for
from gameserver.bots.crowd import Crowd
from gameserver.game import Game
from gameserver.server import GameServer
from gameserver.world.settings import GameSettings, ServerSettings
from Net.client import connect
from Net.PacketCodes import TO_SERVER, Packet
from tests.support import serving

SEATS = 5


def eventually(condition: Callable[[], Any]) -> None:
    """Waits until the condition holds."""
    deadline_s = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@pytest.fixture
def server() -> Iterator[tuple[GameServer, str]]:
    """Yields a server with rooms of five seats, and its URL."""
    settings = GameSettings(map_size=2000.0, time_limit_s=None, start_resources=(100, 20, 20, 0))
    game_server = GameServer(ServerSettings(max_players=SEATS), settings)
    _, port = game_server.listen("127.0.0.1", 0)
    thread = threading.Thread(target=game_server.serve)
    thread.start()
    yield game_server, f"ws://127.0.0.1:{port}"
    game_server.stop()
    thread.join()


def names(game_server: GameServer) -> list[str]:
    return [player.name for room in game_server.lobby.all_rooms() for player in room.game.players.values()]


def test_bots_walk_gather_and_fight(server: tuple[GameServer, str]) -> None:
    game_server, url = server
    crowd = Crowd(url, 3, brain_for(Game))
    crowd.start()
    eventually(lambda: len(names(game_server)) == 3)
    (room,) = game_server.lobby.all_rooms()
    start = {player.id: (player.x, player.y) for player in room.game.players.values()}
    eventually(lambda: all((p.x, p.y) != start.get(p.id) for p in list(room.game.players.values())))
    eventually(lambda: any(p.score for p in list(room.game.players.values())))
    crowd.stop()
    eventually(lambda: not names(game_server))


def test_bots_leave_a_seat_for_the_next_person(server: tuple[GameServer, str]) -> None:
    game_server, url = server
    crowd = Crowd(url, 20, brain_for(Game))
    crowd.start()
    eventually(lambda: len(names(game_server)) == SEATS - 1)
    people = []
    for i in range(3):
        person = connect(url)
        person.send(TO_SERVER.encode(Packet("JOIN", (f"person {i}",))))
        people.append(person)
        eventually(lambda i=i: f"person {i}" in names(game_server))
        eventually(lambda: len(names(game_server)) == SEATS - 1)
    assert len(game_server.lobby.all_rooms()) == 1
    assert sum(name.startswith("person") for name in names(game_server)) == 3
    for person in people:
        person.close()
    crowd.stop()


def test_bots_without_a_server_wait_and_stop(server: tuple[GameServer, str]) -> None:
    crowd = Crowd("ws://127.0.0.1:9", 2, brain_for(Game))
    crowd.start()
    crowd.stop()


@pytest.mark.slow
def test_bots_that_get_no_seat_try_again(caplog: pytest.LogCaptureFixture) -> None:
    with serving(max_players=3, max_rooms=1) as arena, caplog.at_level(logging.INFO, "gameserver.bots"):
        people = [arena.join(f"person {number}") for number in range(3)]
        crowd = Crowd(arena.url(), 1, brain_for(Game))
        crowd.start()
        try:
            eventually(lambda: any("a bot cannot come in: " in message for message in caplog.messages))
            for person in people[1:]:
                person.hang_up()
            eventually(lambda: len(names(arena.server)) == 2)
        finally:
            crowd.stop()


def test_bots_take_no_places_of_people_on_the_same_machine() -> None:
    with serving(max_connections_per_address=2) as arena:
        crowd = Crowd(arena.url(), 6, brain_for(Game), own=arena.server.own_connections)
        crowd.start()
        try:
            eventually(lambda: len(names(arena.server)) == 6)
            people = [arena.join(f"person {number}") for number in range(2)]
            assert all(person.own_entity() for person in people)
        finally:
            crowd.stop()
