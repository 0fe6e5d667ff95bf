"""Tests of static objects: each client is told every object once, even a client that reads too slowly."""

from __future__ import annotations

import random

import pytest

from gameserver.game import Game
from gameserver.replication import frame_cache
from gameserver.replication.areas import AreaReplicator
from gameserver.replication.view import View
from gameserver.rules import building
from gameserver.world.objects import SPIKE, WALL
from Net.limits import Limits
from Net.messages import MessageReader
from Net.PacketCodes import TO_CLIENT, Packet
from Net.wire_format import WireFormat
from tests.gameserver.worlds import EMPTY, game_with

BINARY = WireFormat(False)
FORMS = pytest.mark.parametrize("form", [BINARY, WireFormat(True)], ids=["MessagePack", "JSON"])


class Client:
    """A client that keeps the objects it is told. It fails if it is told one twice, or the end of an unknown one."""

    def __init__(self, player_id: int, form: WireFormat = BINARY) -> None:
        self.view = View(player_id, form)
        self.shown: dict[int, tuple[int, ...]] = {}
        self.seen: set[int] = set()
        self.ids: list[str] = []

    def take(self, frames: bytes) -> list[Packet]:
        packets = [TO_CLIENT.decode(message) for message in MessageReader(Limits(), masked=False).feed(frames)]
        self.ids = [packet.id for packet in packets]
        for packet in packets:
            if packet.id == "OBJECTS_GONE":
                for thing_id in packet.args[0]:
                    del self.shown[thing_id]
            elif packet.id == "OBJECTS":
                numbers = packet.args[0]
                for start in range(0, len(numbers), 5):
                    thing_id, *values = numbers[start : start + 5]
                    assert thing_id not in self.seen, "told twice"
                    self.seen.add(thing_id)
                    self.shown[thing_id] = tuple(values)
        return packets


def build(game: Game, replicator: AreaReplicator, *clients: Client, late: tuple[Client, ...] = ()) -> None:
    frames = replicator.build(
        game.get_game_state(), [client.view for client in clients], [client.view for client in late]
    )
    for client in clients:
        client.take(frames[client.view])


def wall(game: Game, x: float, y: float, owner: int = 1, item: int = 0) -> int:
    return building.put(game, game.players[owner], item, x, y).id


@FORMS
def test_a_new_building_in_view_is_told_once_and_in_the_same_tick(form: WireFormat) -> None:
    game = game_with((7000, 7000))
    replicator, client = AreaReplicator(game), Client(1, form)
    build(game, replicator, client)
    assert client.shown == {}
    wall_id, spike_id = wall(game, 7200, 7000), wall(game, 7200, 7200, item=1)
    build(game, replicator, client)
    assert client.shown == {wall_id: (WALL, 7200, 7000, 50), spike_id: (SPIKE, 7200, 7200, 49)}
    build(game, replicator, client)
    assert "OBJECTS" not in client.ids


@FORMS
def test_the_fall_of_a_building_is_told_only_to_clients_that_know_it(form: WireFormat) -> None:
    game = game_with((7000, 7000), (1000, 1000))
    wall_id = wall(game, 7200, 7000)
    replicator, near, far = AreaReplicator(game), Client(1, form), Client(2, form)
    build(game, replicator, near, far)
    assert (set(near.shown), set(far.shown)) == ({wall_id}, set())
    building.raze(game, game.buildings[wall_id])
    build(game, replicator, near, far)
    assert near.shown == {}
    assert far.ids == ["STATE"]


def test_a_change_far_away_in_a_known_cell_is_told_too() -> None:
    game = game_with((7000, 7000))
    replicator, client = AreaReplicator(game), Client(1)
    build(game, replicator, client)
    game.players[1].x = 1000
    build(game, replicator, client)
    wall_id = wall(game, 7200, 7000)
    build(game, replicator, client)
    assert set(client.shown) == {wall_id}
    building.raze(game, game.buildings[wall_id])
    build(game, replicator, client)
    assert client.shown == {}


def test_a_client_that_reads_too_slowly_is_told_the_remaining_changes_later() -> None:
    game = game_with((7000, 7000))
    stays = wall(game, 7000, 7200)
    falls = wall(game, 7000, 7400)
    replicator, client = AreaReplicator(game), Client(1)
    build(game, replicator, client)
    comes, passes = wall(game, 7200, 7000), wall(game, 7400, 7000)
    build(game, replicator, late=(client,))
    building.raze(game, game.buildings[falls])
    building.raze(game, game.buildings[passes])
    build(game, replicator, late=(client,))
    build(game, replicator, late=(client,))
    build(game, replicator, client)
    assert set(client.shown) == {stays, comes}
    assert passes not in client.seen


def test_a_new_round_takes_all_buildings_from_the_clients() -> None:
    game = game_with((7000, 7000))
    replicator, client = AreaReplicator(game), Client(1)
    wall(game, 7200, 7000)
    build(game, replicator, client)
    game.reset()
    build(game, replicator, client)
    assert client.shown == {}


@pytest.mark.parametrize("seed", range(3))
def test_clients_always_know_the_static_objects_where_they_have_been(seed: int) -> None:
    rng = random.Random(seed)
    game = game_with((500, 500), (900, 900), (1100, 300), map_size=1200.0, cell_size=100, view_cells=(2, 1))
    replicator = AreaReplicator(game)
    clients = [Client(1), Client(2, WireFormat(True)), Client(3)]
    for _ in range(300):
        for player in game.players.values():
            player.x, player.y = rng.random() * 1200, rng.random() * 1200
        for _ in range(rng.randrange(3)):
            wall(game, rng.random() * 1200, rng.random() * 1200, owner=rng.randint(1, 3))
        for _ in range(rng.randrange(3)):
            if game.buildings:
                building.raze(game, game.buildings[rng.choice(list(game.buildings))])
        is_late = [rng.random() < 0.3 for _ in clients]
        in_time = [client for client, late in zip(clients, is_late) if not late]
        build(game, replicator, *in_time, late=tuple(client for client, late in zip(clients, is_late) if late))
        for client in in_time:
            known = client.view.known.cells
            assert set(client.shown) == {
                thing.id for thing in game.buildings.values() if int(thing.y // 100) * 13 + int(thing.x // 100) in known
            }


def test_a_list_of_buildings_is_encoded_once_a_tick_for_all_who_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    game = game_with(*[(7000 + 100 * number, 7000) for number in range(5)])
    replicator, clients = AreaReplicator(game), [Client(player_id) for player_id in game.players]
    build(game, replicator, *clients)
    encoded: list[list[int]] = []
    real = frame_cache.encode_elements

    def noting(values: list[int], as_text: bool) -> frame_cache.Part:
        encoded.append(values)
        return real(values, as_text)

    monkeypatch.setattr(frame_cache, "encode_elements", noting)
    wall_id = wall(game, 7200, 7200)
    build(game, replicator, *clients)
    assert all(wall_id in client.shown for client in clients)
    assert len([values for values in encoded if values]) == 1


def test_flags_tell_hunters_weapons_and_disconnected_players() -> None:
    game = Game(EMPTY)
    player = game.add_player(1, "name")
    player.weapon = 5
    game.set_connected(1, False)
    frames = AreaReplicator(game).build(game.get_game_state(), [view := View(1, WireFormat(False))])
    state = next(packet for packet in Client(1).take(frames[view]) if packet.id == "STATE")
    assert state.args[2][6] == 8 | 5 << 4


def test_self_tells_age_experience_weapon_and_choices() -> None:
    game = game_with((7000, 7000))
    game.players[1].age, game.players[1].experience = 2, 7
    frames = AreaReplicator(game).build(game.get_game_state(), [view := View(1, WireFormat(False))])
    own = next(packet for packet in Client(1).take(frames[view]) if packet.id == "SELF")
    assert own.args == (100, 0, list(EMPTY.start_resources), 2, 7, 360, 0, [1, 3, 6])
