"""The rules of the game, in the order in which they apply.

In:  inputs of players at any time, and `update` once per tick.
Out: the world (players, animals, projectiles, scenery), events, results.
No sockets, no bytes, no clock, no chance but the seed: same settings, inputs and delta times, same match.

Any thread may call any public method. Who reads several things of the world that must fit together holds `game.lock`.
"""

from __future__ import annotations

import math
import threading
from typing import Any, Optional, Tuple

from gameserver import animals, combat, inputs, movement, spawning, terrain
from gameserver.objects import GameObject, PlayerObject
from gameserver.settings import GameSettings
from gameserver.world import TIME_EPSILON_S, World, count_down

# ("DIED", victim's id, killer's id or None).
Event = Tuple[Any, ...]
# Player's id, name, team, score, kills, deaths.
Result = Tuple[int, str, Optional[int], int, int, int]


class Game(World):
    """One match: a world, its lock, and its rules."""

    def __init__(self, settings: GameSettings) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.initialize_game(settings)

    def initialize_game(self, settings: GameSettings) -> None:
        """Builds the world of these settings, without players; one that was there before is gone."""
        with self.lock:
            self.build(settings)
            self._events: list[Event] = []
            for kind, x, y, scale in terrain.generate(settings, self.rng):
                piece = GameObject(self.new_id(), kind, x, y, scale)
                self.scenery[piece.id] = piece
                self.scenery_grid.insert(piece)
            self._chance_at_start = self.rng.getstate()
            self.reset()

    def reset(self) -> None:
        """Starts a new round for the same players on the same scenery; apart from ids it is as good as a new game."""
        with self.lock:
            self.rng.setstate(self._chance_at_start)
            self.tick = 0
            self.elapsed_s = 0.0
            self.animals.clear()
            self.projectiles.clear()
            self._events.clear()
            self.mover_grid.rebuild(())
            self.animals_due_in_s = [0.0] * int(self.settings.animals * self.settings.share_of_full_map() + 0.5)
            animals.respawn_animals(self)
            for player in self.players.values():
                player.begin_round()
                spawning.spawn_player(self, player)

    def add_player(self, player_id: int, name: str, team: int | None = None) -> PlayerObject:
        """Brings a player into the world, away from others.

        player_id: positive, chosen by the caller. team: 0 up to settings.teams - 1; with None the smallest team is
        chosen. Raises ValueError for an id that is taken or not positive, and a team that does not exist.
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
            player = PlayerObject(player_id, name, team, middle, middle, settings.player_scale)
            self.players[player_id] = player
            spawning.spawn_player(self, player)  # if there is no room, the next updates try again
            return player

    def _smallest_team(self) -> int:
        members = [player.team for player in self.players.values()]
        return min(range(self.settings.teams), key=members.count)

    def remove_player(self, player_id: int) -> None:
        """Takes a player out of the match; its projectiles fly on, credited to nobody. Raises KeyError if unknown."""
        with self.lock:
            del self.players[player_id]
            for projectile in self.projectiles.values():
                if projectile.owner_id == player_id:
                    projectile.owner_id = None

    def process_input(self, player_id: int, input_data: tuple[Any, ...]) -> None:
        """Notes what a player wants; the next update acts on it.

        input_data: ("MOVE", direction, sequence), ("AIM", angle_rad), ("ATTACK", flag, angle_rad) or
        ("SHOOT", angle_rad). Raises KeyError for an unknown player, ValueError for an input that cannot be.
        """
        with self.lock:
            inputs.apply_input(self.players[player_id], input_data)

    def update(self, delta_time: float) -> None:
        """Advances the world by one tick of `delta_time` seconds (greater than 0)."""
        if not 0 < delta_time < math.inf:
            raise ValueError(f"delta_time must be a positive number of seconds, not {delta_time!r}")
        with self.lock:
            self._prepare()
            self._respawn()
            movement.steer_players(self, delta_time)
            animals.steer_animals(self, delta_time)
            self.detect_collisions()
            combat.fire_projectiles(self)
            combat.land_blows(self, combat.swings(self) + animals.bites(self))
            combat.fly_projectiles(self, delta_time)
            self._settle_deaths()
            self._run_clocks(delta_time)

    def detect_collisions(self) -> None:
        """Takes everyone's step of this tick: up to, or sliding along, scenery, borders and each other."""
        with self.lock:
            for player in self.players.values():
                if player.alive:
                    movement.settle(self, player)
            for animal in self.animals.values():
                movement.settle(self, animal)

    def handle_scoring(self, player_id: int) -> None:
        """Credits a player with one kill. Raises KeyError if unknown."""
        with self.lock:
            player = self.players[player_id]
            player.kills += 1
            player.score += self.settings.kill_score

    def is_game_over(self) -> bool:
        """Whether the time is up or somebody has reached the score that ends the match."""
        with self.lock:
            time_limit_s, score_limit = self.settings.time_limit_s, self.settings.score_limit
            if time_limit_s is not None and self.elapsed_s >= time_limit_s - TIME_EPSILON_S:
                return True
            return score_limit is not None and any(p.score >= score_limit for p in self.players.values())

    def results(self) -> list[Result]:
        """Id, name, team, score, kills and deaths of every player, best first."""
        with self.lock:
            ranked = sorted(self.players.values(), key=lambda p: (-p.score, -p.kills, p.deaths, p.id))
            return [(p.id, p.name, p.team, p.score, p.kills, p.deaths) for p in ranked]

    def grant_resources(self, player_id: int, wood: int = 0, food: int = 0, stone: int = 0, gold: int = 0) -> None:
        """Gives a player resources, or takes some; none goes below 0. Raises KeyError for an unknown player."""
        with self.lock:
            player = self.players[player_id]
            amounts = (wood, food, stone, gold)
            player.resources = [max(0, had + amount) for had, amount in zip(player.resources, amounts)]

    def take_events(self) -> list[Event]:
        """What has happened since this was last called, in order."""
        with self.lock:
            events, self._events = self._events, []
            return events

    def get_game_state(self) -> dict[str, Any]:
        """The whole world as plain data: games with equal settings and states have the same future."""
        with self.lock:
            return {
                "tick": self.tick,
                "elapsed_s": self.elapsed_s,
                "game_over": self.is_game_over(),
                "players": [player.as_data() for player in self.players.values()],
                "animals": [animal.as_data() for animal in self.animals.values()],
                "projectiles": [projectile.as_data() for projectile in self.projectiles.values()],
                "scenery": [piece.as_data() for piece in self.scenery.values()],
                "animals_due_in_s": list(self.animals_due_in_s),
                "chance": list(self.rng.getstate()[1]),
            }

    def _prepare(self) -> None:
        """Forgets the last tick's hits, and files everyone where they are now: the dead and the gone drop out."""
        movers = [player for player in self.players.values() if player.alive] + list(self.animals.values())
        for player in self.players.values():
            player.just_hit = False
        for animal in self.animals.values():
            animal.just_hit = False
        self.mover_grid.rebuild(movers)

    def _respawn(self) -> None:
        """Brings back those who have waited long enough."""
        for player in self.players.values():
            if not player.alive and player.respawn_in_s == 0.0:
                spawning.spawn_player(self, player)
        animals.respawn_animals(self)

    def _settle_deaths(self) -> None:
        """Takes the fallen out of the world, and gives those who brought them down their due."""
        for victim, killer_id in self.fallen:
            if isinstance(victim, PlayerObject):
                victim.deaths += 1
                victim.respawn_in_s = self.settings.respawn_after_s
                self._events.append(("DIED", victim.id, killer_id))
                if killer_id is not None:
                    self.handle_scoring(killer_id)
            else:
                del self.animals[victim.id]
                self.animals_due_in_s.append(self.settings.animal_respawn_s)
                if killer_id is not None:
                    self.players[killer_id].score += self.settings.animal_score
        self.fallen.clear()

    def _run_clocks(self, delta_time: float) -> None:
        """Lets time pass for everything that waits for something."""
        self.tick += 1
        self.elapsed_s += delta_time
        for player in self.players.values():
            player.swing_in_s = count_down(player.swing_in_s, delta_time)
            player.reload_in_s = count_down(player.reload_in_s, delta_time)
            player.respawn_in_s = count_down(player.respawn_in_s, delta_time)
        for animal in self.animals.values():
            animal.think_in_s = count_down(animal.think_in_s, delta_time)
            animal.bite_in_s = count_down(animal.bite_in_s, delta_time)
        self.animals_due_in_s = [count_down(left_s, delta_time) for left_s in self.animals_due_in_s]
