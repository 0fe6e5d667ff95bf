"""Tests of snapshots: the differences add up to the world of the game, and no list is encoded twice."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from typing import Any

import msgpack
import pytest

from gameserver.game import Game
from gameserver.replication import frame_cache
from gameserver.replication.areas import AreaReplicator
from gameserver.replication.view import View
from Net.limits import Limits
from Net.messages import MessageReader
from Net.PacketCodes import TO_CLIENT, Packet
from Net.wire_format import WireFormat
from tests.support import Entity, WorldModel, groups, plain_world

DELTA_TIME_S = 1 / 20


def small_game(seed: int = 0, **changes: Any) -> Game:
    """A map of 12 x 12 cells with some things of every kind. Players see 5 x 3 cells, and much happens."""
    settings = {
        "seed": seed,
        "map_size": 1200.0,
        "cell_size": 100,
        "view_cells": (2, 1),
        "tick_rate": 20,
        "spawn_clearance": 100.0,
        "animals": 500,
        "animal_respawn_s": 0.5,
        "rocks": 1500,
        "melee_damage": 60.0,
        "melee_cooldown_s": 0.1,
        "projectile_reload_s": 0.1,
        "projectile_speed": 600.0,
        "respawn_after_s": 0.5,
    }
    return Game(plain_world(**{**settings, **changes}))


def packets_in(frames: bytes) -> list[Packet]:
    return [TO_CLIENT.decode(message) for message in MessageReader(Limits(), masked=False).feed(frames)]


def cell_of(x: float, y: float, size: int) -> tuple[int, int]:
    return int(x // size), int(y // size)


def in_view(game: Game, player_id: int, x: float, y: float) -> bool:
    """The rule of views in docs/protocol.md: a number of columns and rows round the player's own cell.

    The rule uses the rounded coordinates that are sent.
    """
    settings, player = game.settings, game.players[player_id]
    own_column, own_row = cell_of(round(player.x), round(player.y), settings.cell_size)
    column, row = cell_of(round(x), round(y), settings.cell_size)
    columns, rows = settings.view_cells
    return abs(column - own_column) <= columns and abs(row - own_row) <= rows


def world_seen_by(game: Game, player_id: int) -> dict[int, Entity]:
    """Returns all entities in a player's view, taken from the game itself."""
    settings = game.settings
    seen = {}
    bodies: list[tuple[Any, int, float]] = [(p, 0, settings.player_health) for p in game.players.values() if p.alive]
    bodies += [(projectile, 1, 0.0) for projectile in game.projectiles.values()]
    species = settings.species
    bodies += [(a, 2, settings.animal_health * species[a.species].health) for a in game.animals.values()]
    for body, kind, full_health in bodies:
        x, y = round(body.x), round(body.y)
        if in_view(game, player_id, x, y):
            angle = math.floor(body.angle_rad / math.tau * 256 + 0.5) % 256
            health = 100 if kind == 1 else math.ceil(100 * body.health / full_health)
            flags = 0 if kind == 1 else body.attacking + 2 * body.just_hit
            if kind == 0:
                flags += 8 * (not body.connected) + 16 * body.weapon
            if kind == 2:
                flags += 4 * species[body.species].hunts
            seen[body.id] = Entity(kind, x, y, angle, health, flags)
    return seen


class Viewer:
    """A client: its view on the server, and the world that it builds from the packets."""

    def __init__(self, player_id: int, as_text: bool) -> None:
        self.player_id = player_id
        self.view = View(player_id, WireFormat(as_text, 0))
        self.world = WorldModel()
        self.may_know: set[int] = set()  # scenery that was ever in view when a snapshot was sent

    def take(self, frames: bytes, game: Game) -> None:
        packets = packets_in(frames)
        assert [packet.id for packet in packets if packet.id != "OBJECTS"][-1] == "STATE"
        for packet in packets:
            self.world.apply(packet)
        player = game.players[self.player_id]
        in_sight = (thing.id for thing in game.scenery.values() if in_view(game, self.player_id, thing.x, thing.y))
        self.may_know.update(in_sight)
        assert self.world.tick == game.tick
        assert self.world.entities == world_seen_by(game, self.player_id)
        assert self.world.scenery.keys() == self.may_know
        assert self.world.own is not None
        assert self.world.own[:3] == (math.ceil(player.health), player.score, player.resources)


def random_input(chance: random.Random) -> tuple[Any, ...]:
    angle = chance.uniform(0, math.tau)
    return chance.choice(
        [
            ("MOVE", chance.choice([None, *range(8)]), chance.randrange(100)),
            ("MOVE", chance.randrange(8), None),
            ("AIM", angle),
            ("ATTACK", chance.random() < 0.7, angle),
            ("SHOOT", angle),
        ]
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_world_built_from_differences_is_the_world_after_every_tick(seed: int) -> None:
    """The match has births, deaths, joins, leaves, new rounds, and ticks that some clients miss."""
    chance = random.Random(seed)
    game = small_game(seed)
    replicator = AreaReplicator(game)
    viewers: list[Viewer] = []
    happened: set[str] = set()
    for number in range(1, 251):
        if len(viewers) < 8 and chance.random() < 0.3:
            game.add_player(number, "Ann")
            viewers.append(Viewer(number, as_text=chance.random() < 0.5))
        if viewers and chance.random() < 0.03:
            game.remove_player(viewers.pop(chance.randrange(len(viewers))).player_id)
            happened.add("left")
        if chance.random() < 0.01:
            game.reset()
            happened.add("reset")
        for viewer in viewers:
            if chance.random() < 0.3:
                game.process_input(viewer.player_id, random_input(chance))
        if chance.random() < 0.95:  # otherwise nothing moves, as in the phase of results
            game.update(DELTA_TIME_S)
        happened.update(event[0] for event in game.take_events())
        late = [viewer for viewer in viewers if chance.random() < 0.15]
        in_time = [viewer for viewer in viewers if viewer not in late]
        frames = replicator.build(game.get_game_state(), [v.view for v in in_time], [v.view for v in late])
        assert set(frames) == {viewer.view for viewer in in_time}
        for viewer in in_time:
            viewer.take(frames[viewer.view], game)
    assert {"left", "DIED"} <= happened
    assert any(viewer.world.entities for viewer in viewers)


def test_the_small_game_does_all_that_the_test_above_relies_on() -> None:
    game = small_game(0)
    assert len(game.scenery) >= 5
    assert len(game.animals) >= 3


def standing(count: int, as_text: bool = False) -> tuple[Game, list[View]]:
    """Returns a game with players in one cell of an empty map, and their views."""
    game = small_game(animals=0, rocks=0)
    views = []
    for number in range(1, count + 1):
        player = game.add_player(number, "Ann")
        player.x, player.y = 501.0 + number, 550.0
        views.append(View(number, WireFormat(as_text, 0)))
    return game, views


def state_in(frames: bytes) -> Packet:
    return packets_in(frames)[-1]


@pytest.mark.parametrize("as_text", [False, True])
def test_the_first_state_holds_everything_in_view_and_the_next_only_what_changed(as_text: bool) -> None:
    game, (view, *_) = standing(3, as_text)
    builder = AreaReplicator(game)
    first = state_in(builder.build(game.get_game_state(), [view])[view])
    assert [group[0] for group in groups(first.args[2], 7)] == [1, 2, 3]
    game.players[2].x += 5
    game.players[3].x += 0.2  # too short a way to change the rounded number on the wire
    assert state_in(builder.build(game.get_game_state(), [view])[view]).args == (
        0,
        None,
        [2, 0, 508, 550, 0, 100, 0],
        [],
    )
    assert state_in(builder.build(game.get_game_state(), [view])[view]).args == (0, None, [], [])


def test_self_comes_only_when_one_of_its_values_has_changed() -> None:
    game, (view,) = standing(1)
    builder = AreaReplicator(game)
    ids = [[packet.id for packet in packets_in(builder.build(game.get_game_state(), [view])[view])] for _ in range(2)]
    assert ids == [["SELF", "STATE"], ["STATE"]]
    game.grant_resources(1, gold=5)
    assert packets_in(builder.build(game.get_game_state(), [view])[view])[0] == Packet(
        "SELF", (100, 0, [0, 0, 0, 5], 1, 0, 300, 0, [])
    )


def test_a_view_that_missed_a_tick_gets_everything_and_forgets_what_it_no_longer_sees() -> None:
    game, views = standing(3)
    builder = AreaReplicator(game)
    builder.build(game.get_game_state(), views)
    builder.build(game.get_game_state(), views[1:], late=views[:1])
    del game.players[3]
    state = state_in(builder.build(game.get_game_state(), views[:2])[views[0]])
    assert [group[0] for group in groups(state.args[2], 7)] == [1, 2]
    assert sorted(state.args[3]) == [1, 2, 3]
    assert state_in(builder.build(game.get_game_state(), views[:2])[views[0]]).args[2:] == ([], [])


def test_a_view_of_a_player_that_is_gone_gets_nothing() -> None:
    game, views = standing(2)
    game.remove_player(2)
    assert set(AreaReplicator(game).build(game.get_game_state(), views)) == {views[0]}


def test_the_last_sequence_number_applied_is_each_players_own() -> None:
    game, views = standing(2)
    builder = AreaReplicator(game)
    builder.build(game.get_game_state(), views)
    game.process_input(1, ("MOVE", None, 77))
    game.update(DELTA_TIME_S)
    frames = builder.build(game.get_game_state(), views)
    assert [state_in(frames[view]).args[1] for view in views] == [77, None]


def count_work(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """Records each list that is encoded and each packet that is joined."""
    work: dict[str, list[Any]] = {"encode_elements": [], "prefix_and_suffix": []}
    for name, calls in work.items():
        real = getattr(frame_cache, name)

        def noting(*args: Any, real: Any = real, calls: list[Any] = calls) -> Any:
            calls.append(args)
            return real(*args)

        monkeypatch.setattr(frame_cache, name, noting)
    return work


def test_views_that_see_the_same_get_the_same_bytes_and_cost_no_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    game, views = standing(12)
    builder = AreaReplicator(game)
    builder.build(game.get_game_state(), views)
    work = count_work(monkeypatch)
    costs = []
    for count in (1, 12):
        game.players[1].x += 1
        frames = builder.build(game.get_game_state(), views[:count])
        assert len(set(frames.values())) == 1
        costs.append({name: len(calls) for name, calls in work.items()})
        for calls in work.values():
            calls.clear()
    assert costs[0] == costs[1]
    assert costs[0]["prefix_and_suffix"] == 1


def test_a_list_of_entities_is_encoded_once_a_tick_for_all_views_that_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    game = small_game(animals=0, rocks=0)
    for number in range(1, 41):
        game.add_player(number, "Ann")
        game.process_input(number, ("MOVE", number % 8, number))  # the numbers differ, so no two STATEs are the same
    views = [View(number, WireFormat(number % 2 == 0, 0)) for number in range(1, 41)]
    builder = AreaReplicator(game)
    builder.build(game.get_game_state(), views)
    work = count_work(monkeypatch)
    for _ in range(20):
        game.update(DELTA_TIME_S)
        frames = builder.build(game.get_game_state(), views)
        assert len(set(frames.values())) == len(views)
        times = Counter((tuple(values), as_text) for values, as_text in work["encode_elements"] if values)
        # A list is encoded twice when everything in a cell has changed: then "now" and "changed" are the same.
        assert max(times.values()) <= 2
        assert len(times) > 10
        work["encode_elements"].clear()


def test_binary_and_text_views_say_the_same() -> None:
    game, views = standing(4)
    views[1].form = WireFormat(True, 0)
    frames = AreaReplicator(game).build(game.get_game_state(), views[:2])
    binary, text = (list(MessageReader(Limits(), masked=False).feed(frames[view]))[-1] for view in views[:2])
    assert isinstance(binary, bytes)
    assert isinstance(text, str)
    assert msgpack.unpackb(binary)[1] == json.loads(text)[1]
