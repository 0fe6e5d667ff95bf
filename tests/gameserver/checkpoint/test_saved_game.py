"""Tests of saved games: a match that is saved and loaded half-way ends in the same state as one that is not."""

from __future__ import annotations

import json
import random
from typing import Any, Callable

import msgpack
import pytest

from gameserver.checkpoint import saved_game
from gameserver.game import Game
from gameserver.world import saved_world
from gameserver.world.objects import Body
from gameserver.world.settings import GameSettings
from tests.gameserver.test_determinism import TICKS, Recording, record, replay, state_hash
from tests.gameserver.worlds import DT, data_of, game_with, kill

pytestmark = pytest.mark.slow

# Attributes of a game that are not saved: made anew from the settings, or used within one update only.
REMADE = {
    *("settings", "mode", "biomes", "lock", "solid_grid", "rng_at_start", "_shown", "unsaved_names"),
    *("delta_time", "stopped", "swings", "contacts", "fallen"),
}
PLAYED = 1500


def game_of(data: Any) -> Game:
    """A game that was loaded from saved data, without a sentence about a difference."""
    game, sentences = saved_game.load(data, Game, GameSettings)
    assert isinstance(game, Game)
    assert sentences == []
    return game


def by_msgpack(data: Any) -> Any:
    return msgpack.unpackb(msgpack.packb(data))


def by_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


@pytest.fixture(scope="module")
def recording() -> Recording:
    """The beginning of the match that the test of determinism plays: the part in which most happens."""
    return record(TICKS)[:PLAYED]


def play_on(game: Game, recording: Recording) -> Game:
    """Plays the recording on a game that has already begun."""
    for calls in recording:
        for method, *arguments in calls:
            getattr(game, method)(*arguments)
        game.update(1 / game.settings.tick_rate)
    return game


@pytest.mark.parametrize("written_and_read", [by_msgpack, by_json])
def test_a_match_saved_and_loaded_every_so_often_ends_in_the_same_state(
    recording: Recording, written_and_read: Callable[[Any], Any]
) -> None:
    expected = state_hash(replay(recording))
    game = replay(recording[:100])
    for start in range(100, PLAYED, 100):
        game = game_of(written_and_read(saved_game.save(game)))
        play_on(game, recording[start : start + 100])
    assert state_hash(game) == expected


def test_a_loaded_game_begins_its_next_round_as_the_saved_one_does(recording: Recording) -> None:
    game = replay(recording[:300])
    loaded = game_of(by_msgpack(saved_game.save(game)))
    for played in (game, loaded):
        played.reset()
        play_on(played, recording[300:400])
    assert state_hash(loaded) == state_hash(game)


def test_inputs_and_newcomers_between_save_and_next_update_find_the_same_world(recording: Recording) -> None:
    game = replay(recording[:200])
    loaded = game_of(by_msgpack(saved_game.save(game)))
    for played in (game, loaded):
        played.process_input(3, ("PLACE", 1, 0.5))
        played.process_input(4, ("SHOOT", 1.5))
        for number in range(100, 130):
            played.add_player(number, f"late {number}")
    assert state_hash(loaded) == state_hash(game)
    again = game_of(by_msgpack(saved_game.save(loaded)))  # with inputs that no update has applied yet
    for played in (game, again):
        play_on(played, recording[200:210])
    assert state_hash(again) == state_hash(game)


def test_a_loaded_game_has_the_events_that_nobody_has_taken_yet() -> None:
    game = game_with((1000, 1000), (1080, 1000))
    kill(game, 2)
    loaded = game_of(by_msgpack(saved_game.save(game)))
    assert loaded.take_events() == [("DIED", 2, 1)]


def test_a_setting_that_the_operator_has_changed_stays_changed() -> None:
    game = game_with((1000, 1000))
    game.change_setting("player_speed", 123.0)
    assert game_of(by_msgpack(saved_game.save(game))).settings == game.settings


def test_the_saved_data_shares_nothing_with_the_game() -> None:
    game = game_with((1000, 1000))
    saved = saved_game.save(game)
    before = by_json(saved)
    game.process_input(1, ("MOVE", 0, 1))
    game.grant_resources(1, wood=100, food=100, stone=100, gold=100)
    game.process_input(1, ("PLACE", 0, 0.0))
    for _ in range(5):
        game.update(DT)
    assert by_json(saved) == before


# Nothing is forgotten -----------------------------------------------------------------------------------------


def test_every_attribute_of_a_game_is_saved_or_made_anew() -> None:
    """The author of a new attribute decides, here and in saved_world.py, whether it is saved."""
    game = Game(game_with().settings)
    assert set(vars(game)) == {*saved_world.THINGS, *saved_world.NUMBERS, *saved_world.SPECIAL} | REMADE
    assert saved_game.save(game).keys() == {*vars(game)} - REMADE | {"settings"}


def classes_below(cls: type) -> set[type]:
    return {cls}.union(*map(classes_below, cls.__subclasses__()))


def test_every_attribute_of_every_thing_is_in_its_table(recording: Recording) -> None:
    game = replay(recording[:400])
    for player_id in game.players:
        game.grant_resources(player_id, wood=10)
        game.process_input(player_id, ("SHOOT", 0.5))
    game.update(0.001)
    for name, cls in saved_world.THINGS.items():
        things = list(getattr(game, name).values())
        assert things
        assert {type(thing) for thing in things} == {cls}
        assert not any(hasattr(thing, "__dict__") for thing in things), "an attribute outside __slots__ is not saved"
        names = saved_game.save(game)[name]["names"]
        assert set(names) == set(data_of(things[0]))
        loaded = game_of(by_msgpack(saved_game.save(game)))
        assert list(map(data_of, getattr(loaded, name).values())) == list(map(data_of, things))


def test_a_thing_of_a_new_kind_would_be_noticed() -> None:
    kinds = {
        cls for cls in classes_below(Body) if cls.__module__ == "gameserver.world.objects" and not cls.__subclasses__()
    }
    assert kinds <= set(saved_world.THINGS.values())


# Data of no game ----------------------------------------------------------------------------------------------


def test_data_of_another_version_is_refused() -> None:
    saved = by_msgpack(saved_game.save(game_with((1000, 1000))))
    saved["players"]["names"].append("shoe_size")
    with pytest.raises(ValueError, match="players have the attributes of another version"):
        game_of(saved)
    saved = by_msgpack(saved_game.save(game_with((1000, 1000))))
    del saved["settings"]["player_speed"]
    with pytest.raises(ValueError, match="player_speed"):
        game_of(saved)


def test_any_other_data_is_a_value_error() -> None:
    """Numbers of the wrong size, missing and unknown parts raise ValueError, never another exception."""
    good = by_msgpack(saved_game.save(game_with((1000, 1000))))
    chance = random.Random(1)
    nonsense = [None, [], {}, "text", -1, float("nan"), 2**70]
    for name in good:
        for wrong in nonsense:
            try:
                game_of({**good, name: wrong})
            except ValueError:
                continue
        with pytest.raises(ValueError, match=f"{name}|no game"):
            game_of({key: value for key, value in good.items() if key != name})
    for _ in range(200):
        row = list(good["players"]["rows"][0])
        row[chance.randrange(len(row))] = chance.choice(nonsense)
        try:
            game_of({**good, "players": {**good["players"], "rows": [row]}})
        except ValueError:
            continue
