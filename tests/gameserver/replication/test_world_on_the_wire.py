"""Tests of the players' actions from packet to packet: a room and real connections, without a tick thread."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator

import pytest

from gameserver import handlers
from gameserver.match.publisher import BOARDS_EVERY_S
from gameserver.match.seats import PlayerInfo
from gameserver.room import GameRoom
from gameserver.world.settings import ServerSettings
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet, dispatch
from Net.websocket import WebSocket
from tests.gameserver.worlds import EMPTY
from tests.Net.support import tcp_pair

assert handlers.place  # importing them registers them


class SeatedClient:
    """The session of a player in a room, and the other end of its connection."""

    def __init__(self, room: GameRoom, player_id: int, sockets: contextlib.ExitStack) -> None:
        near, far = tcp_pair()
        sockets.callback(near.close)
        sockets.callback(far.close)
        self.room = room
        self.info = PlayerInfo(player_id, f"player {player_id}", "token")
        self.websocket = WebSocket(near, Limits())
        self._far = WebSocket(far, Limits(), is_client=True)
        room.add_player(self.websocket, self.info)

    def act(self, *input_data: Any) -> None:
        self.room.game.process_input(self.info.id, input_data)

    def send(self, packet_id: str, *args: Any) -> None:
        dispatch(self, TO_SERVER.decode(TO_SERVER.encode(Packet(packet_id, args))))

    def packets_up_to_state(self) -> dict[str, tuple[Any, ...]]:
        """Returns the last packet of each id in one tick."""
        packets: dict[str, tuple[Any, ...]] = {}
        while "STATE" not in packets:
            packet = TO_CLIENT.decode(self._far.receive(5.0))
            packets[packet.id] = packet.args
        return packets


@contextlib.contextmanager
def playing(count: int, **settings: Any) -> Iterator[tuple[GameRoom, list[SeatedClient]]]:
    """Yields a room in which this number of players have just started, far from each other."""
    with contextlib.ExitStack() as sockets:
        changed = {field: value for field, value in vars(EMPTY).items() if field not in settings}
        room = GameRoom("room", type(EMPTY)(**changed, **settings), ServerSettings(start_at=1), 10)
        clients = [SeatedClient(room, player_id, sockets) for player_id in range(1, count + 1)]
        for number, player in enumerate(room.game.players.values()):
            player.x, player.y = 1000.0 + 3000 * number, 5000.0
        tick(room, clients)
        yield room, clients


def tick(room: GameRoom, clients: list[SeatedClient]) -> list[dict[str, tuple[Any, ...]]]:
    room.tick()
    return [client.packets_up_to_state() for client in clients]


def tick_until_boards_are_due(room: GameRoom, clients: list[SeatedClient]) -> list[dict[str, tuple[Any, ...]]]:
    """Ticks until scoreboards are due; returns the last packet of each id for each client."""
    told: list[dict[str, tuple[Any, ...]]] = [{} for _ in clients]
    for _ in range(int(BOARDS_EVERY_S * EMPTY.tick_rate) + 1):
        for packets, fresh in zip(told, tick(room, clients)):
            packets.update(fresh)
    return told


def test_a_wall_is_built_shown_and_paid() -> None:
    with playing(1) as (room, clients):
        clients[0].send("PLACE", 0, 0.0)
        (told,) = tick(room, clients)
    (wall,) = room.game.buildings.values()
    assert told["OBJECTS"] == ([wall.id, 4, 1090, 5000, 50],)
    assert told["SELF"][2] == [EMPTY.start_resources[0] - 10, 0, 0, 0]


def test_a_meal_and_an_upgrade_show_in_self() -> None:
    with playing(1, start_resources=(0, 50, 0, 0)) as (room, clients):
        player = room.game.players[1]
        player.health, player.age = 50.0, 2
        (told,) = tick(room, clients)
        assert told["SELF"][7] == [1, 3, 6]
        clients[0].send("EAT")
        clients[0].send("UPGRADE", 1)
        (told,) = tick(room, clients)
    assert told["SELF"] == (50 + EMPTY.meal_health, 0, [0, 40, 0, 0], 2, 0, 360, 1, [])


def test_teams_is_sent_when_a_score_changes_and_to_each_new_player() -> None:
    with playing(2, mode="team-match", teams=2) as (room, clients), contextlib.ExitStack() as sockets:
        assert "TEAMS" not in tick_until_boards_are_due(room, clients)[0]
        room.game.handle_scoring(2)
        expected = ([[0, 0], [1, EMPTY.kill_score]],)
        assert [told["TEAMS"] for told in tick_until_boards_are_due(room, clients)] == [expected] * 2
        assert "TEAMS" not in tick_until_boards_are_due(room, clients)[0]
        clients.append(SeatedClient(room, 3, sockets))
        assert tick(room, clients)[2]["TEAMS"] == expected


def test_game_over_tells_places_and_ties_share_one() -> None:
    with playing(3) as (room, clients):
        room.game.handle_scoring(3)
        room.end_game()
        told = tick(room, clients)[0]
    assert [row[0] for row in told["GAME_OVER"][0]] == [3, 1, 2]
    assert told["GAME_OVER"][2] == [1, 2, 2]


@pytest.mark.parametrize("is_ready", [False, True])
def test_the_start_number_of_a_mode_overrides_the_setting_of_the_server(is_ready: bool) -> None:
    with playing(1, mode="last-one-standing") as (room, clients), contextlib.ExitStack() as sockets:
        room.set_ready(clients[0].info.id, is_ready)
        tick(room, clients)
        assert room.status == "waiting"
        clients.append(SeatedClient(room, 2, sockets))
        tick(room, clients)
        assert room.status == "in-progress"
