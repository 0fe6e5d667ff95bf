"""Tests of saving games of one's own: a match goes on exactly as without the restart, and changed code is said."""

from __future__ import annotations

import collections
import copy
import enum
import json
import logging
import random
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, ClassVar

import msgpack
import pytest

from gameserver.base_game import BaseGame, GameState, Player
from gameserver.checkpoint import saved_game, saved_room, state_file
from gameserver.game import Game
from gameserver.match.phases import IN_PROGRESS
from gameserver.results.recorder import FORGETFUL
from gameserver.world.base_settings import BaseSettings
from gameserver.world.plain_objects import CannotSave
from gameserver.world.ranges import Range, setting
from gameserver.world.settings import GameSettings, ServerSettings
from tests.gameserver.checkpoint.test_restoring import come, keeping
from tests.support import staged

DT = 0.05
SIZE = 12


class Way(enum.Enum):
    LEFT = (-1, 0)
    RIGHT = (1, 0)
    UP = (0, -1)
    DOWN = (0, 1)


class Snake(Player):
    """A player. It refers to its game, and its prey refers to it."""

    game: Meadow
    body: collections.deque[tuple[int, int]]
    way: Way
    prey: Food | None


@dataclass
class Food:
    x: int
    y: int
    hunters: list[Snake] = field(default_factory=list)


@dataclass(frozen=True)
class MeadowSettings(BaseSettings):
    food: int = setting(5, range=Range(0, 100), help="pieces of food")
    weather: str = setting("sun", help="the weather")
    places: tuple[int, ...] = setting((1, 2), range=Range(0, 9).each(1, 5), help="places")
    names: tuple[str, ...] = setting((), kind=str, help="names")


class Meadow(BaseGame):
    """Snakes that turn by chance. It notes all calls, so that a test can play them again."""

    Settings = MeadowSettings

    def reset(self) -> None:
        super().reset()
        self.calls: list[tuple[Any, ...]] = [(0, "add_player", snake.id, snake.name) for snake in self.players.values()]
        self.food: list[Food] = []
        self.eaten: collections.defaultdict[int, int] = collections.defaultdict(int)
        self.visited: set[tuple[int, int]] = set()
        self.weather = random.Random(self.settings.seed + 1)
        self.unsaved_history: dict[int, Any] = {}
        self.unsaved_lock = threading.Lock()
        for snake in self.players.values():
            self._place(snake)

    def add_player(self, player_id: int, name: str, team: int | None = None) -> Snake:
        snake = self.players[player_id] = Snake(player_id, name, team)
        self.scores[player_id] = 0
        self.calls.append((self.tick, "add_player", player_id, name))
        self._place(snake)
        return snake

    def _place(self, snake: Snake) -> None:
        snake.game, snake.way, snake.prey = self, Way.RIGHT, None
        snake.body = collections.deque([(snake.id % SIZE, 0)], maxlen=20)

    def process_input(self, player_id: int, input_data: Any) -> None:
        self.calls.append((self.tick, "process_input", player_id, input_data))
        self.players[player_id].way = Way[input_data]

    def update(self, delta_time: float) -> None:
        super().update(delta_time)
        while len(self.food) < self.settings.food:
            self.food.append(Food(self.rng.randrange(SIZE), self.rng.randrange(SIZE)))
        for snake in self.players.values():
            if self.rng.random() < 0.3:
                snake.way = self.rng.choice(list(Way))
            self._hunt(snake)
            x, y = snake.body[0][0] + snake.way.value[0], snake.body[0][1] + snake.way.value[1]
            snake.body.appendleft((x % SIZE, y % SIZE))
            self.visited.add(snake.body[0])
        self.unsaved_history[self.tick] = copy.deepcopy(self.get_game_state())

    def _hunt(self, snake: Snake) -> None:
        if snake.prey is None:
            snake.prey = self.rng.choice(self.food)
            snake.prey.hunters.append(snake)
        if self.weather.gauss(0.0, 1.0) > 1.5:
            snake.game.handle_scoring(snake.id)
            self.tell("ate", snake.id)
            self.eaten[snake.id] += 1
            self.champion = snake  # no new game has this attribute
            self.food.remove(snake.prey)
            for hunter in snake.prey.hunters:
                hunter.prey = None

    def get_game_state(self) -> GameState:
        snakes = {
            snake.id: {
                "body": [list(place) for place in snake.body],
                "way": snake.way.name,
                "score": self.scores[snake.id],
            }
            for snake in self.players.values()
        }
        food = {number: {"x": piece.x, "y": piece.y} for number, piece in enumerate(self.food)}
        return {
            "tick": self.tick,
            "entities": {"snake": snakes, "food": food},
            "visited": sorted(map(list, self.visited)),
        }


SETTINGS = MeadowSettings(time_limit_s=None, seed=5, tick_rate=100, weather="rain", names=("a", "b"))


def by_msgpack(data: Any) -> Any:
    return msgpack.unpackb(msgpack.packb(data))


def by_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


def played(ticks: int = 150) -> Meadow:
    """A match in its middle."""
    game = Meadow(SETTINGS)
    for number, name in ((1, "Ann"), (2, "Bob"), (3, "Cid")):
        game.add_player(number, name)
    for _ in range(ticks):
        if game.tick % 10 == 0:
            game.process_input(1, "UP")
        game.update(DT)
    assert hasattr(game, "champion")
    return game


def loaded(data: Any) -> Meadow:
    game, sentences = saved_game.load(data, Meadow, MeadowSettings)
    assert isinstance(game, Meadow)
    assert sentences == []
    return game


@pytest.mark.parametrize("written_and_read", [by_msgpack, by_json])
def test_a_saved_game_goes_on_exactly_as_without(written_and_read: Callable[[Any], Any]) -> None:
    game = played()
    other = loaded(written_and_read(saved_game.save(game)))
    assert other.settings == game.settings
    assert other.take_events() == game.take_events() != []
    for _ in range(200):
        if game.tick == 200:
            other = loaded(written_and_read(saved_game.save(other)))
        for each in (game, other):
            if game.tick % 7 == 0:
                each.process_input(2, "LEFT")
        game.update(DT)
        other.update(DT)
        assert other.get_game_state() == game.get_game_state()
        assert other.take_events() == game.take_events()
        assert (other.champion.id, other.eaten, other.elapsed_s) == (game.champion.id, game.eaten, game.elapsed_s)
    assert other.champion is other.players[other.champion.id]
    assert all(snake.game is other for snake in other.players.values())
    assert all(hunter.prey is food for food in other.food for hunter in food.hunters)


def replayed(game: Meadow, up_to: int) -> Meadow:
    """A game that gets the calls of another, from its first tick on, without a restart."""
    again = Meadow(game.settings)
    for tick in range(up_to):
        for at, method, *arguments in game.calls:
            if at == tick:
                getattr(again, method)(*arguments)
        again.update(1 / game.settings.tick_rate)
    return again


@pytest.mark.slow
def test_a_match_goes_on_exactly_as_without_a_restart_of_the_server(tmp_path: Path) -> None:
    file = tmp_path / "rooms.state"
    with keeping(file, SETTINGS, make_game=Meadow) as arena:
        (ann, ann_token), (bob, bob_token) = come(arena, "Ann", room="den"), come(arena, "Bob", room="den")
        bob.send("INPUT", "DOWN")
        room = arena.room(ann)
        ann.wait_until(lambda: room.game.tick > 50, "half a second")
    with keeping(file, SETTINGS, make_game=Meadow) as arena:
        (restored,) = arena.server.lobby.all_rooms()
        saved_tick = restored.game.tick
        assert saved_tick > 50
        assert restored.status == IN_PROGRESS
        ann, _ = come(arena, "x", token=ann_token)
        bob, _ = come(arena, "y", token=bob_token)
        assert arena.room(ann) is arena.room(bob) is restored
        game = restored.game
        assert isinstance(game, Meadow)
        ann.send("INPUT", "LEFT")
        ann.wait_until(lambda: game.tick >= saved_tick + 205, "two seconds")
        with game.lock:
            history = dict(game.unsaved_history)
            without = replayed(game, game.tick)
    assert [at >= saved_tick for at, method, *_ in game.calls if method == "process_input"] == [False, True]
    assert {game.players[ann.id].name, game.players[bob.id].name} == {"Ann", "Bob"}
    ticks = range(saved_tick + 1, saved_tick + 201)
    assert [history[tick] for tick in ticks] == [without.unsaved_history[tick] for tick in ticks]


# Changed code -----------------------------------------------------------------------------------------------------


def version(source: str, name: str = "own_meadow") -> Any:
    """Makes a module from its source, as an import does."""
    module = type(sys)(name)
    sys.modules[name] = module
    exec("from gameserver.base_game import BaseGame, Player\n" + source, vars(module))
    return module


@pytest.fixture(autouse=True)
def _without_versions() -> Any:
    yield
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


OLD = """
class Tree:
    def __init__(self): self.height = 1

class Wood(BaseGame):
    def reset(self):
        super().reset()
        self.trees, self.wind = [Tree()], 3
        for player in self.players.values():
            player.axe = 1

    def add_player(self, player_id, name, team=None):
        player = super().add_player(player_id, name, team)
        player.axe, player.strength = 1, 5
        return player

    def update(self, delta_time):
        super().update(delta_time)
        self.trees[0].height += 1
        self.last = self.tick
"""
# The wind is gone, the sun and the courage are new, and the strength of a player is a method.
NEW = """
class Tree:
    fruit = 7

class Wood(BaseGame):
    def reset(self):
        super().reset()
        self.trees, self.sun = [], {"bright": True}

    def add_player(self, player_id, name, team=None):
        player = super().add_player(player_id, name, team)
        player.axe, player.strength, player.courage, player.unsaved_timer = 1, 5, [name], len
        self.sun[player_id] = name
        return player
"""


def saved_wood() -> Any:
    wood = version(OLD).Wood(BaseSettings())
    wood.add_player(1, "Ann").axe = 9
    wood.add_player(2, "Bob")
    wood.update(DT)
    return by_msgpack(wood.save())


def test_new_attributes_have_their_defaults_and_dropped_ones_are_said() -> None:
    data = saved_wood()
    wood = version(NEW).Wood(BaseSettings())
    assert wood.load(data) == [
        "Wood.wind is gone: dropped",
        "Wood.sun is new: it has its default",
        "Player.courage is new: it has its default",
    ]
    assert (wood.tick, wood.last, wood.trees[0].height, wood.trees[0].fruit) == (1, 1, 2, 7)
    assert wood.sun == {"bright": True, 1: "Ann", 2: "Bob"}
    assert not hasattr(wood, "wind")
    ann, bob = wood.players[1], wood.players[2]
    assert (ann.axe, ann.courage, bob.axe, bob.courage) == (9, ["Ann"], 1, ["Bob"])
    assert ann.unsaved_timer is len


def test_a_game_that_has_moved_is_loaded() -> None:
    data = saved_wood()
    wood = version(OLD, "own_forest").Wood(BaseSettings())
    assert wood.load(data) == [
        "class Wood has moved from own_meadow to own_forest",
        "class Tree has moved from own_meadow to own_forest",
    ]
    assert type(wood.trees[0]) is sys.modules["own_forest"].Tree


def test_an_attribute_that_the_saved_game_had_deleted_stays_deleted() -> None:
    wood = version(OLD).Wood(BaseSettings())
    del wood.wind
    other = sys.modules["own_meadow"].Wood(BaseSettings())
    assert other.load(wood.save()) == []
    assert not hasattr(other, "wind")


def test_an_add_player_that_fails_leaves_the_players_as_they_were_saved() -> None:
    data = saved_wood()
    wood = version(OLD.replace("player.axe, player.strength = 1, 5", "1 / 0")).Wood(BaseSettings())
    assert wood.load(data) == [
        "the players have no attributes that are new, because add_player has failed: "
        "ZeroDivisionError('division by zero')"
    ]
    assert wood.players[1].axe == 9


def test_a_game_names_the_further_modules_whose_objects_it_holds() -> None:
    tools = version("class Axe:\n    weight = 1", "own_tools")
    module = version(OLD)
    wood = module.Wood(BaseSettings())
    wood.best = tools.Axe()
    with pytest.raises(CannotSave, match=r"^best is of the class own_tools\.Axe and cannot be saved: .* in `modules`"):
        wood.save()
    module.Wood.modules = (tools,)
    other = module.Wood(BaseSettings())
    other.load(wood.save())
    assert type(other.best) is tools.Axe


def test_settings_that_are_new_or_gone_are_said() -> None:
    data = by_msgpack(saved_game.save(played()))
    del data["settings"]["places"]
    data["settings"]["moon"] = 1
    game, sentences = saved_game.load(data, Meadow, MeadowSettings)
    assert sentences == ["the setting places is new: it has its default", "the setting moon is gone: dropped"]
    assert game.settings == SETTINGS


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("food", 101), ("food", "x"), ("weather", 5), ("weather", ["x"]), ("places", 3), ("places", []), ("names", "x"),
     ("names", [1]), ("seed", None), ("teams", 2.0), ("time_limit_s", "x")],
)  # fmt: skip
def test_settings_with_a_wrong_value_are_refused(name: str, wrong: Any) -> None:
    data = by_msgpack(saved_game.save(played()))
    data["settings"][name] = wrong
    with pytest.raises(ValueError, match=f"setting {name} must be"):
        saved_game.load(data, Meadow, MeadowSettings)


# Files of something else ------------------------------------------------------------------------------------------


def saved_rooms() -> list[Any]:
    """The saved rooms of both games."""
    rooms = []
    for settings, make_game in ((SETTINGS, Meadow), (GameSettings(map_size=1500.0), Game)):
        with staged(settings, make_game) as stage:
            stage.seat("Ann")
            stage.tick(3)
            rooms.append(by_msgpack(saved_room.save(stage.room)))
    return rooms


def test_a_match_of_another_game_is_refused() -> None:
    meadow, world = saved_rooms()
    with pytest.raises(ValueError, match=r"it is a match of the game tests\..*:Meadow, and this server plays .*:Game$"):
        saved_room.load(meadow, ServerSettings(), GameSettings(), Game, FORGETFUL)
    with pytest.raises(ValueError, match=r"it is a match of the game gameserver\.game:Game, and this server plays"):
        saved_room.load(world, ServerSettings(), SETTINGS, Meadow, FORGETFUL)
    for room, settings, make_game in ((meadow, GameSettings(), Game), (world, SETTINGS, Meadow)):
        del room["game_class"]  # as an older version has saved it
        with pytest.raises(ValueError, match=r"settings are of another version|setting \w+ is gone|no saved match"):
            saved_room.load(room, ServerSettings(), settings, make_game, FORGETFUL)  # type: ignore[arg-type]


WRONG: list[Any] = [None, True, -1, 2**63, 1.5, "", "x", [], [0], [99], {}, [1, 2]]


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths_in(item, (*path, key))


def spoiled(data: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    changed = copy.copy(data)
    changed[path[0]] = spoiled(data[path[0]], path[1:], wrong)
    return changed


def refused(data: Any) -> bool:
    """Whether data is refused with one sentence, and changes nothing. Any other error fails the test."""
    game = Meadow(SETTINGS)
    before = dict(vars(game))
    try:
        game.load(data)
    except ValueError as error:
        text = str(error)
    else:
        return False
    assert len(text.splitlines()) == 1
    assert vars(game) == before
    return True


@pytest.mark.slow
def test_a_match_with_one_wrong_value_is_refused_and_changes_nothing() -> None:
    good = by_msgpack(played(40).save())
    assert not refused(good)
    paths = list(paths_in(good))
    chance = random.Random(3)
    results = [refused(spoiled(good, chance.choice(paths), chance.choice(WRONG))) for _ in range(3000)]
    assert sum(results) > 500


@pytest.mark.slow
def test_a_file_with_one_wrong_byte_or_without_its_end_holds_no_rooms() -> None:
    good = state_file.encode(saved_rooms()[:1])
    for number in range(0, len(good), 7):
        for data in (good[:number] + bytes([good[number] ^ 1]) + good[number + 1 :], good[:number]):
            with pytest.raises(state_file.StateError):
                state_file.decode(data)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("tick", -1),
        ("elapsed_s", "x"),
        ("rng", 5),
        ("players", [1]),
        ("players", {"x": 1}),
        ("players", {1: 2}),
        ("scores", [0]),
        ("events", [1]),
    ],
)
def test_an_attribute_that_a_room_relies_on_is_checked(name: str, wrong: Any) -> None:
    game = Meadow(SETTINGS)
    setattr(game, name, wrong)
    with pytest.raises(ValueError, match=f"the attribute {name} of a game must be"):
        Meadow(SETTINGS).load(game.save())


# Games that cannot be saved ---------------------------------------------------------------------------------------


class Stubborn(Meadow):
    """Some of its rooms have a thing that no file can hold."""

    names: ClassVar[list[str]] = []

    def add_player(self, player_id: int, name: str, team: int | None = None) -> Snake:
        snake = super().add_player(player_id, name, team)
        if name == "Bob":
            snake.timer = threading.Lock()
        return snake


def test_a_room_that_cannot_be_saved_is_named_once_and_the_others_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "rooms.state"
    with keeping(file, SETTINGS, make_game=Stubborn) as arena:
        _, token = come(arena, "Ann", room="den")
        come(arena, "Bob", room="attic")
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warning.startswith("room attic cannot be kept: players[2].timer is a lock and cannot be saved: ")
    with keeping(file, SETTINGS, make_game=Stubborn) as arena:
        assert list(arena.server.lobby.rooms) == ["den"]
        come(arena, "Ann", token=token)
