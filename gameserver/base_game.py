"""The interface between a room and its game: everything that a room calls, with a default where one makes sense.

A game of one's own is a subclass. It must have `process_input` and `get_game_state`; most games also have `reset`,
`add_player` and `update`, each with a call of the method that it replaces:

    class Race(BaseGame):
        def add_player(self, player_id, name, team=None):
            player = super().add_player(player_id, name, team)
            player.x = 0
            return player

        def process_input(self, player_id, input_data):
            self.players[player_id].x += 1

        def get_game_state(self):
            runners = {player.id: {"x": player.x} for player in self.players.values()}
            return {"tick": self.tick, "entities": {"runner": runners}}

The room calls every method with `lock` held, so a game needs no locks of its own. A game uses no sockets, no clock, and
no chance but `rng`: then the same settings and the same calls give the same match.
"""

from __future__ import annotations

import dataclasses
import math
import random
import sys
import threading
from types import ModuleType
from typing import Any, Dict, NoReturn, Optional, Tuple

from gameserver.world import plain_match, plain_objects, plain_reading
from gameserver.world.base_settings import BaseSettings
from gameserver.world.differences import check_adoption
from gameserver.world.plain_classes import OwnClasses
from gameserver.world.ranges import changeable_settings, described
from gameserver.world.world import TIME_EPSILON_S, Event

# A player's id, name, team, score, kills and deaths.
Result = Tuple[int, str, Optional[int], int, int, int]
# The methods that every game must have, and what each is for.
MUST_HAVE = {
    "process_input": "process_input(player_id, input_data): it notes the input of a player",
    "get_game_state": "get_game_state(): it returns what the clients see",
}
# Plain data: {"tick": ..., "entities": {kind: {id: {field: value}}}, ...}.
GameState = Dict[str, Any]


class Player:
    """A player of a game; the game may give it any further attributes. connected: its client is connected."""

    def __init__(self, player_id: int, name: str, team: int | None) -> None:
        self.id = player_id
        self.name = name
        self.team = team
        self.connected = True

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"player {self.__dict__.get('id')} has no attribute {name!r}: set it in add_player")


class BaseGame:
    """One match. A subclass has the rules.

    Settings: the class of its settings. input_schema: a `Net.schema.Kind` that checks each INPUT; None: any value.
    input_packets: the ids of the packets to the server that the game takes. event_packets: the ids of the packets to
    the client that the game sends with `tell`. packets: rows for packets of its own (`Net.packets.PacketType`); a
    server that loads the game adds their ids to these two. page: the page for "/", unless the server gets a folder.

    modules: further modules of the game; a match can be saved that holds objects of their classes.

    lock: a room holds it for every call. settings, rng, tick, elapsed_s: of this match. players, scores: by player id.
    """

    Settings: Any = BaseSettings
    input_schema: Any = None
    input_packets: tuple[str, ...] = ("INPUT",)
    event_packets: tuple[str, ...] = ()
    packets: tuple[Any, ...] = ()
    modules: tuple[ModuleType, ...] = ()
    page: str = "/web/lib/viewer.html"

    lock: threading.RLock
    settings: Any  # an object of `Settings`
    rng: random.Random
    tick: int
    elapsed_s: float
    players: dict[int, Any]
    events: list[Event]

    def __init__(self, settings: Any) -> None:
        self.lock = threading.RLock()
        self.initialize_game(settings)
        self.unsaved_names = tuple(vars(self))  # the attributes of a new match

    # What a game replaces -------------------------------------------------------------------------------------

    def initialize_game(self, settings: Any) -> None:
        """Makes a new match without players. settings: an object of the class `Settings`."""
        self.settings = settings
        self.players = {}
        self.scores: dict[int, int] = {}
        self.events = []
        self.reset()

    def reset(self) -> None:
        """Begins a new round with the same players: the clocks and the scores begin at 0, and `rng` at the seed."""
        self.rng = random.Random(self.settings.seed)  # nosec B311  # the same seed must give the same match
        self.tick = 0
        self.elapsed_s = 0.0
        self.scores = dict.fromkeys(self.players, 0)

    def add_player(self, player_id: int, name: str, team: int | None = None) -> Any:
        """Adds a player to the match and returns it. team: 0 up to settings.teams - 1; None: no team."""
        player = self.players[player_id] = Player(player_id, name, team)
        self.scores[player_id] = 0
        return player

    def remove_player(self, player_id: int) -> None:
        """Takes a player out of the match."""
        del self.players[player_id]
        self.scores.pop(player_id, None)

    def process_input(self, player_id: int, input_data: Any) -> None:
        """Notes an input of a player; the next update acts on it.

        input_data: the value of INPUT; or for any other packet in `input_packets` a tuple of its id and its arguments.
        """
        self._must_have("process_input")

    def update(self, delta_time: float) -> None:
        """Advances the match by one tick of `delta_time` seconds."""
        self.tick += 1
        self.elapsed_s += delta_time
        self.detect_collisions()

    def detect_collisions(self) -> None:
        """Finds the contacts of this tick. `update` calls it, and reacts to them."""

    def handle_scoring(self, player_id: int) -> None:
        """Credits a player with one point."""
        self.scores[player_id] += 1

    def is_game_over(self) -> bool:
        """Whether the round ends: at the time limit, or when a player or a team has the score limit."""
        settings = self.settings
        if settings.time_limit_s is not None and self.elapsed_s >= settings.time_limit_s - TIME_EPSILON_S:
            return True
        reached = max(self.team_scores() or self.scores.values(), default=0)
        return settings.score_limit is not None and reached >= settings.score_limit

    def get_game_state(self) -> GameState:
        """Returns everything that the clients see, as plain data: None, bool, numbers, text, lists and maps.

        The key `entities` maps kinds to ids to fields; of these only the changes are sent. Any other key is free.
        """
        self._must_have("get_game_state")

    @staticmethod
    def choose_input(state: GameState, player_id: int, rng: random.Random) -> Any:
        """Returns the value of an INPUT that a bot sends now; None: it sends nothing.

        state: as the bot's client knows it. player_id: the bot's own. rng: the source of all random choices.
        """
        return None

    # Helpers for a game ---------------------------------------------------------------------------------------

    def tell(self, name: str, *values: Any) -> None:
        """Tells all clients of an event, once. name: one of `event_packets`, or any other name for an EVENT."""
        self.events.append((name, *values))

    def _must_have(self, method: str) -> NoReturn:
        raise NotImplementedError(f"the class {type(self).__name__} must have the method {MUST_HAVE[method]}")

    # What a room needs to know --------------------------------------------------------------------------------

    @property
    def least_players(self) -> int:
        """The fewest players with which a round can start."""
        return 1

    @property
    def title(self) -> str:
        """The name of the game, or of its mode, in the results."""
        return type(self).__name__

    def check_input(self, value: Any) -> Any:
        """Returns the value of INPUT to use; ValueError says what it must be."""
        return value if self.input_schema is None else self.input_schema.check(value)

    def set_connected(self, player_id: int, is_connected: bool) -> None:
        """Marks whether the client of a player is connected. Its seat waits for it."""
        self.players[player_id].connected = is_connected

    def results(self) -> list[Result]:
        """Returns id, name, team, score, kills and deaths of every player, best first."""
        players = [(p.id, p.name, p.team, self.scores[p.id], 0, 0) for p in self.players.values()]
        return sorted(players, key=lambda row: -row[3])

    def placings(self) -> list[int]:
        """Returns the places of the players in `results`, counted from 1. Equally good players share a place."""
        scores = [row[3] for row in self.results()]
        return [scores.index(score) + 1 for score in scores]

    def team_scores(self) -> list[int]:
        """Returns the points of each team."""
        totals = [0] * self.settings.teams
        for player in self.players.values():
            if player.team is not None:
                totals[player.team] += self.scores[player.id]
        return totals

    def time_left_s(self) -> float | None:
        """Returns the seconds that are left of the round; None: no limit."""
        limit_s = self.settings.time_limit_s
        return None if limit_s is None else max(0.0, limit_s - self.elapsed_s)

    def take_events(self) -> list[Event]:
        """Returns the events since the last call, in order."""
        events, self.events = self.events, []
        return events

    def stillness(self) -> Any:
        """Returns a value that stays equal while nothing happens without an input; None: something always happens.

        A room in which nobody does anything rests while this value stays equal.
        """
        return None

    def rest(self, ticks: int, delta_time: float) -> None:
        """Advances the clocks by `ticks` ticks of `delta_time` seconds each; nothing moves."""
        self.tick += ticks
        self.elapsed_s += ticks * delta_time

    # Saving ---------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Returns the whole match without its settings, as plain data, so that another process can continue it.

        The data holds all attributes of the game, and everything that these hold. An attribute whose name begins with
        `unsaved_` is left out. Raises `CannotSave` for a value such as a thread or a function, and names the attribute.
        """
        with self.lock:
            return plain_objects.save(self, self._own_classes(), self._given(), self.unsaved_names)

    def load(self, data: Any) -> list[str]:
        """Continues the match of `save` in this new game, and returns a sentence for each attribute that has changed.

        Raises ValueError for other data; then the game is as before. An attribute that is new keeps its first value. A
        new attribute of a player has the value that `add_player` gives it.
        """
        with self.lock:
            classes, given = self._own_classes(), self._given()
            loaded = plain_reading.load(data, self, classes, given)
            plain_match.check(loaded.attributes)
            return loaded.sentences + plain_match.continue_match(self, loaded, classes, given)

    def _own_classes(self) -> OwnClasses:
        own = dict.fromkeys(cls.__module__ for cls in type(self).__mro__ if issubclass(cls, BaseGame))
        return OwnClasses([*(sys.modules[name] for name in own if name in sys.modules), *self.modules])

    def _given(self) -> dict[str, Any]:
        return {"lock": self.lock, "settings": self.settings}

    # Settings -------------------------------------------------------------------------------------------------

    def client_settings(self) -> dict[str, Any]:
        """Returns the settings that a client is told when it joins, as plain data."""
        return {name: getattr(self.settings, name) for name, known in described(self.settings).items() if known.is_told}

    def changeable_settings(self) -> dict[str, Any]:
        """Returns the settings that an operator may change during the match, by name; no tables."""
        known, names = described(self.settings), changeable_settings(self.settings)
        return {name: getattr(self.settings, name) for name in names if known[name].rows is None}

    def change_setting(self, name: str, value: Any) -> None:
        """Changes a setting from the next update on. ValueError says which settings and values are allowed.

        A table keeps its rows in their order, and their fixed columns; it may get more rows.
        """
        names = changeable_settings(self.settings)
        if name not in names:
            raise ValueError(f"setting {name!r} cannot be changed now; these can: {', '.join(names)}")
        before = self.settings
        after = dataclasses.replace(before, **{name: value})
        check_adoption(name, described(before)[name], getattr(before, name), value)
        self.settings = after

    def grant_resources(self, player_id: int, *args: Any, **amounts: Any) -> None:
        """Gives a player resources. Raises ValueError in a game without resources."""
        raise ValueError(f"the game {self.title} has no resources")


def check_delta_time(delta_time: float) -> None:
    """Raises ValueError unless `delta_time` is a positive, finite number of seconds."""
    if not 0 < delta_time < math.inf:
        raise ValueError(f"delta_time must be a positive number of seconds, not {delta_time!r}")
