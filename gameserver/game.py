"""The rules of the game, in the order in which they apply.

In:  inputs of players at any time, and `update` once per tick.
Out: the world (players, animals, projectiles, scenery, buildings), events, results.
The game uses no sockets, no bytes, no clock, and no chance but the seed. The same settings, inputs and delta times
give the same match.

Any thread may call any public method. A caller that reads several fields of the world as one consistent state holds
`game.lock`.
"""

from __future__ import annotations

import copy
from typing import Any

from gameserver.base_game import BaseGame, GameState, Result, check_delta_time
from gameserver.rules import (
    adoption,
    animals,
    building,
    collisions,
    combat,
    deaths,
    gathering,
    growth,
    inputs,
    movement,
    projectiles,
    scoring,
    spawning,
    world_schema,
)
from gameserver.world import client_settings, saved_world, terrain
from gameserver.world.objects import GameObject, PlayerObject
from gameserver.world.settings import GameSettings
from gameserver.world.shown import Shown
from gameserver.world.world import Event, World, count_down


class Game(World, BaseGame):
    """One match: a world, its lock, and its rules."""

    Settings = GameSettings
    input_packets = tuple(inputs.INPUTS)
    event_packets = ("DIED",)
    page = "/web/index.html"

    def __init__(self, settings: GameSettings) -> None:
        World.__init__(self)
        self._shown = Shown()
        BaseGame.__init__(self, settings)

    def initialize_game(self, settings: GameSettings) -> None:
        """Builds a new world with these settings and without players. It replaces the world before it."""
        with self.lock:
            self.build(settings)
            for kind, x, y, scale in terrain.generate(settings, self.rng):
                piece = GameObject(self.new_id(), kind, x, y, scale)
                self.scenery[piece.id] = piece
                self.solid_grid.insert(piece)
            self.rng_at_start = copy.copy(self.rng)  # a copy is small; `getstate` would make 25 kB of numbers
            self.reset()

    def reset(self) -> None:
        """Starts a new round for the same players on the same scenery. Apart from ids, it equals a new game."""
        with self.lock:
            self.rng.setstate(self.rng_at_start.getstate())
            self.tick = 0
            self.elapsed_s = 0.0
            self.animals.clear()
            self.projectiles.clear()
            self.events.clear()
            self.forget_contacts()
            for standing in list(self.buildings.values()):
                building.raze(self, standing)
            self.team_points = [0] * self.settings.teams
            self.had_rivals = False
            self.mover_grid.rebuild(())
            self.arrivals = animals.first_arrivals(self)
            animals.admit_arrivals(self, 0.0)
            for player in self.players.values():
                player.begin_round(self.settings.start_resources)
                spawning.spawn_player(self, player)

    def add_player(self, player_id: int, name: str, team: int | None = None) -> PlayerObject:
        """Brings a player into the world, away from others. During a round without respawn the player only watches.

        player_id: positive, chosen by the caller. team: 0 up to settings.teams - 1; None: the smallest team.
        Raises ValueError for an id that is taken or not positive, and for a team that does not exist.
        """
        with self.lock:
            if player_id <= 0 or player_id in self.players:
                raise ValueError(f"player id must be positive and not taken, not {player_id!r}")
            settings = self.settings
            if team is None and settings.teams:
                team = self._smallest_team()
            if team is not None and team not in range(settings.teams):
                raise ValueError(f"there is no team {team!r}: this game has {settings.teams}, numbered from 0")
            middle = settings.map_size / 2
            player = PlayerObject(
                player_id, name, team, middle, middle, settings.player_scale, settings.start_resources
            )
            self.players[player_id] = player
            if self.tick > 0 and not self.mode.respawns:
                player.out_at_tick = 0
            else:
                spawning.spawn_player(self, player)  # if there is no free place, the next updates try again
            return player

    def _smallest_team(self) -> int:
        members = [player.team for player in self.players.values()]
        return min(range(self.settings.teams), key=members.count)

    def remove_player(self, player_id: int) -> None:
        """Takes a player and all its buildings out of the match. Raises KeyError if the player is unknown.

        Its projectiles fly on, but nobody gets credit for their hits. Its team keeps its points.
        """
        with self.lock:
            building.raze_all_of(self, player_id)
            del self.players[player_id]
            for projectile in self.projectiles.values():
                if projectile.owner_id == player_id:
                    projectile.owner_id = None

    def set_connected(self, player_id: int, is_connected: bool) -> None:
        """Marks whether a player's client is connected. Raises KeyError if the player is unknown.

        A player whose client is not connected stands still, and can be hurt. Each connection numbers its inputs
        anew, so the numbers of the last connection are forgotten.
        """
        with self.lock:
            player = self.players[player_id]
            player.connected = is_connected
            player.drop_intents()
            player.sequence = player.pending_sequence = None

    def process_input(self, player_id: int, input_data: tuple[Any, ...]) -> None:
        """Notes an input of a player; the next update acts on it.

        input_data: ("MOVE", direction, sequence), ("AIM", angle_rad), ("ATTACK", flag, angle_rad),
        ("SHOOT", angle_rad), ("PLACE", item, angle_rad), ("EAT",) or ("UPGRADE", weapon). Raises KeyError for an
        unknown player. Raises ValueError for an invalid input, which only a caller without a wire can make: the schema
        has checked the inputs of clients. The next update drops an input that is valid but not possible at that time.
        """
        with self.lock:
            inputs.apply_input(self.players[player_id], input_data)

    def update(self, delta_time: float) -> None:
        """Advances the world by one tick of `delta_time` seconds. Raises ValueError if it is not greater than 0.

        Movers and weapons move first, then `detect_collisions` finds the contacts, and then the rules react to them.
        """
        check_delta_time(delta_time)
        with self.lock:
            self.delta_time = delta_time
            self._prepare()
            deaths.respawn(self, delta_time)
            movement.steer_players(self, delta_time)
            animals.steer_animals(self, delta_time)
            movement.take_steps(self)
            growth.upgrade_players(self)
            gathering.eat_meals(self)
            building.place_buildings(self)
            projectiles.fire_projectiles(self)
            combat.swing_weapons(self)
            self.detect_collisions()
            gathering.work(self)
            combat.apply_hits(self, combat.weapon_hits(self) + combat.spike_hits(self) + animals.bites(self))
            projectiles.end_at_contacts(self)
            projectiles.fly_projectiles(self)
            for killer_id in deaths.handle(self):
                self.handle_scoring(killer_id)
            self._run_clocks(delta_time)

    def rest(self, ticks: int, delta_time: float) -> None:
        """Advances the clocks by `ticks` ticks of `delta_time` seconds each; nothing moves.

        Dead players and animals respawn when their time has come. Raises ValueError as `update` does.
        """
        check_delta_time(delta_time)
        with self.lock:
            self._prepare()
            deaths.respawn(self, ticks * delta_time)
            self._run_clocks(ticks * delta_time)
            self.tick += ticks - 1

    def detect_collisions(self) -> None:
        """Finds all contacts of this tick, and leaves them in `contacts` until the next update; changes nothing else.

        The pairs: a projectile, or the swing of a weapon, with a player, an animal, scenery or a building; an animal
        with a player; a player with a player; a mover with a spike. The rules after it only react to these contacts.
        """
        with self.lock:
            collisions.find_contacts(self)

    def handle_scoring(self, player_id: int) -> None:
        """Credits a player with one kill of a player; every such credit goes through here.

        Raises KeyError if the player is unknown.
        """
        with self.lock:
            scoring.credit_kill(self, self.players[player_id])

    def is_game_over(self) -> bool:
        """Whether one of the conditions that end a match of this mode is met."""
        with self.lock:
            return any(scoring.ENDINGS[ending](self) for ending in self.mode.ends_by)

    def results(self) -> list[Result]:
        """Returns id, name, team, score, kills and deaths of every player who is still here, best first."""
        with self.lock:
            return [(p.id, p.name, p.team, p.score, p.kills, p.deaths) for _, p in scoring.ranked(self)]

    def placings(self) -> list[int]:
        """Returns the places of the players in `results`, counted from 1. Equally good players share a place."""
        with self.lock:
            return [place for place, _ in scoring.ranked(self)]

    def team_scores(self) -> list[int]:
        """Returns the points of each team, including those of players who have left."""
        with self.lock:
            return list(self.team_points)

    def client_settings(self) -> dict[str, Any]:
        """Returns the rules that a client needs to draw the world and predict its own moves, as plain data."""
        with self.lock:
            return client_settings.describe(self.settings, self.biomes)

    def change_setting(self, name: str, value: Any) -> None:
        """Changes one of the changeable settings from the next update on. ValueError says what is allowed.

        Living animals keep their shares of full health.
        """
        with self.lock:
            before = self.settings
            super().change_setting(name, value)
            adoption.keep_shares_of_health(self, before)

    def grant_resources(self, player_id: int, wood: int = 0, food: int = 0, stone: int = 0, gold: int = 0) -> None:
        """Gives a player resources; a negative number takes some, but never below 0 in all.

        Raises KeyError for an unknown player.
        """
        with self.lock:
            player = self.players[player_id]
            amounts = (wood, food, stone, gold)
            player.resources = [max(0, had + amount) for had, amount in zip(player.resources, amounts)]

    def take_events(self) -> list[Event]:
        """Returns the events since the last call, in order."""
        with self.lock:
            events, self.events = self.events, []
            return events

    def get_game_state(self) -> GameState:
        """Returns the world as the clients see it: the tick, and the entities in whole numbers, see `Shown`."""
        with self.lock:
            return {"tick": self.tick, "entities": self._shown.entities(self)}

    @property
    def title(self) -> str:
        """The mode of the match."""
        return self.settings.mode

    @property
    def least_players(self) -> int:
        """The fewest players with which a round of this mode can start."""
        return self.mode.start_at

    def stillness(self) -> list[tuple[float, float]] | None:
        """Returns the places of all living players, or None while somebody attacks or something flies."""
        with self.lock:
            if self.projectiles or any(player.attacking for player in self.players.values()):
                return None
            return [(player.x, player.y) for player in self.players.values() if player.alive]

    def save(self) -> dict[str, Any]:
        """Returns the state of the match without its settings, as plain data."""
        with self.lock:
            return saved_world.save(self)

    def load(self, data: Any) -> list[str]:
        """Continues the match of `save` in this new game. Raises ValueError for data that is no match of this version.

        Every value is checked before the game changes. The list of differences is always empty.
        """
        world_schema.check_world(data, self.settings)
        with self.lock:
            saved_world.load(self, data)
        return []

    def _prepare(self) -> None:
        """Clears the last tick's hits, and rebuilds the grid of movers from all living players and all animals."""
        movers = [player for player in self.players.values() if player.alive] + list(self.animals.values())
        for player in self.players.values():
            player.just_hit = False
        for animal in self.animals.values():
            animal.just_hit = False
        self.mover_grid.rebuild(movers)
        self.forget_contacts()
        self.had_rivals = self.had_rivals or scoring.count_sides(self) > 1

    def _run_clocks(self, delta_time: float) -> None:
        """Advances the tick number, the match time, and all countdowns of players and animals."""
        self.tick += 1
        self.elapsed_s += delta_time
        for player in self.players.values():
            player.swing_in_s = count_down(player.swing_in_s, delta_time)
            player.reload_in_s = count_down(player.reload_in_s, delta_time)
            player.respawn_in_s = count_down(player.respawn_in_s, delta_time)
            player.pricked_in_s = count_down(player.pricked_in_s, delta_time)
        for animal in self.animals.values():
            animal.think_in_s = count_down(animal.think_in_s, delta_time)
            animal.bite_in_s = count_down(animal.bite_in_s, delta_time)
            animal.flee_in_s = count_down(animal.flee_in_s, delta_time)
            animal.pricked_in_s = count_down(animal.pricked_in_s, delta_time)
