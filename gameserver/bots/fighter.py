"""The brain of a bot of the rich game: it walks, gathers and fights."""

from __future__ import annotations

import math
import random

from gameserver.client import GameClient
from gameserver.replication.entities import KIND_PLAYER

# The shortest and longest time of one plan.
_PLAN_S = (0.3, 1.2)
# Distances from centre to centre, in world units: how far a bot sees, how far it shoots, how far it strikes.
_SIGHT = 700.0
_SHOT = 450.0
_ARM = 120.0
# The share of plans that are fights when another player is in sight, and of the other plans the share of walks.
_FIGHTS = 0.7
_WALKS = 0.3
# Below this health (of 100) a bot eats. Above this amount of wood it builds in this share of cases.
_HURT = 60
_PLENTY = 60
_BUILDS = 0.1
_WOOD, _FOOD = 0, 1


class Fighter:
    """Plays the rich game. client: its packets are handled from now on. rng: the source of all random choices."""

    def __init__(self, client: GameClient, rng: random.Random) -> None:
        self._client = client
        self._rng = rng
        self._plan_at_s = 0.0
        self._forget()
        client.on("WELCOME", self._forget)
        client.on("OBJECTS", self._on_objects)
        client.on("STATE", self._on_state)
        client.on("SELF", self._on_self)

    def act(self, now_s: float) -> None:
        """Acts if it is time for a new plan. now_s: time.monotonic()."""
        place = self._players.get(self._client.player_id)
        if place is not None and now_s >= self._plan_at_s:
            self._plan_at_s = now_s + self._rng.uniform(*_PLAN_S)
            self._plan(*place)

    # The bot's knowledge of the game --------------------------------------------------------------------------

    def _forget(self, *_: object) -> None:
        self._players: dict[int | None, tuple[int, int]] = {}
        self._scenery: dict[int, tuple[int, int]] = {}

    def _on_objects(self, numbers: list[int]) -> None:
        for i in range(0, len(numbers), 5):
            object_id, _, x, y, _ = numbers[i : i + 5]
            self._scenery[object_id] = (x, y)

    def _on_state(self, _tick: int, _sequence: int | None, moved: list[int], gone: list[int]) -> None:
        for entity_id in gone:
            self._players.pop(entity_id, None)
        for i in range(0, len(moved), 7):
            if moved[i + 1] == KIND_PLAYER:
                self._players[moved[i]] = (moved[i + 2], moved[i + 3])

    def _on_self(self, health: int, _score: int, resources: list[int], *more: list[int]) -> None:
        """Takes a better weapon if there is a choice, eats if hurt, and sometimes builds if there is plenty of wood."""
        choices = more[-1]
        if choices:
            self._client.send("UPGRADE", self._rng.choice(choices))
        if health < _HURT and resources[_FOOD]:
            self._client.send("EAT")
        if resources[_WOOD] > _PLENTY and self._rng.random() < _BUILDS:
            self._client.send("PLACE", self._rng.randrange(2), self._rng.uniform(0, math.tau))

    # The bot's actions ----------------------------------------------------------------------------------------

    def _plan(self, x: int, y: int) -> None:
        others = [place for player_id, place in self._players.items() if player_id != self._client.player_id]
        foe = _nearest(x, y, others)
        if foe is not None and self._rng.random() < _FIGHTS:
            self._approach(x, y, foe, shoots=True)
            return
        goal = _nearest(x, y, list(self._scenery.values()))
        if goal is not None and self._rng.random() > _WALKS:
            self._approach(x, y, goal, shoots=False)
        else:
            self._client.send("ATTACK", False, 0)
            self._client.send("MOVE", self._rng.randrange(8))

    def _approach(self, x: int, y: int, goal: tuple[int, int], shoots: bool) -> None:
        """Goes to a place, and strikes when it is near. With `shoots`, also shoots on the way."""
        angle_rad = math.atan2(goal[1] - y, goal[0] - x) % math.tau
        distance = math.dist((x, y), goal)
        self._client.send("MOVE", round(angle_rad / (math.pi / 4)) % 8)
        self._client.send("ATTACK", distance < _ARM + _ARM, angle_rad)
        if shoots and _ARM < distance < _SHOT:
            self._client.send("SHOOT", angle_rad)


def _nearest(x: int, y: int, places: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Returns the nearest place in sight, or None if no place is in sight."""
    nearest = min(places, key=lambda place: math.dist((x, y), place), default=None)
    return nearest if nearest is not None and math.dist((x, y), nearest) < _SIGHT else None
