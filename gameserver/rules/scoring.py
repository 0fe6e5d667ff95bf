"""The meaning of the words in a row of `modes.py`: which deeds give points, when a match ends, and how players rank."""

from __future__ import annotations

import math
from typing import Any, Callable, NamedTuple, Tuple

from gameserver.rules.growth import gain_experience
from gameserver.world.objects import PlayerObject
from gameserver.world.settings import GameSettings
from gameserver.world.world import TIME_EPSILON_S, World


class Worth(NamedTuple):
    """The points and the experience that a deed gives, each time it is done."""

    points: Callable[[GameSettings], int]
    experience: Callable[[GameSettings], int]


DEEDS: dict[str, Worth] = {
    "kill": Worth(lambda settings: settings.kill_score, lambda settings: settings.kill_experience),
    "animal": Worth(lambda settings: settings.animal_score, lambda settings: settings.animal_experience),
    "gather": Worth(lambda settings: settings.gather_score, lambda settings: settings.gather_experience),
}


def credit(world: World, player: PlayerObject, deed: str, times: float) -> None:
    """Gives a player the experience of a deed, and gives the player and its team its points, if the mode has any."""
    worth = DEEDS[deed]
    gain_experience(world, player, round(worth.experience(world.settings) * times))
    if deed in world.mode.scores_for:
        points = round(worth.points(world.settings) * times)
        player.score += points
        if player.team is not None:
            world.team_points[player.team] += points


def credit_kill(world: World, player: PlayerObject) -> None:
    """Counts one more kill of this player, and credits it."""
    player.kills += 1
    credit(world, player, "kill", 1)


def count_sides(world: World) -> int:
    """Returns how many sides are still in the match: teams, or players if the match has no teams."""
    return len({player.id if player.team is None else player.team for player in _still_in(world)})


def _still_in(world: World) -> list[PlayerObject]:
    return [player for player in world.players.values() if player.out_at_tick is None]


def _time_is_up(world: World) -> bool:
    limit_s = world.settings.time_limit_s
    return limit_s is not None and world.elapsed_s >= limit_s - TIME_EPSILON_S


def _player_has_score(world: World) -> bool:
    limit = world.settings.score_limit
    return limit is not None and any(player.score >= limit for player in world.players.values())


def _team_has_score(world: World) -> bool:
    limit = world.settings.score_limit
    return limit is not None and any(points >= limit for points in world.team_points)


def _one_side_is_left(world: World) -> bool:
    return world.had_rivals and count_sides(world) <= 1


ENDINGS: dict[str, Callable[[World], bool]] = {
    "time": _time_is_up,
    "score": _player_has_score,
    "team score": _team_has_score,
    "last side": _one_side_is_left,
}

# A smaller rank is better. Players with equal ranks share a place.
Rank = Tuple[Any, ...]


def _by_score(player: PlayerObject) -> Rank:
    return (-player.score, -player.kills, player.deaths)


def _by_survival(player: PlayerObject) -> Rank:
    lasted = math.inf if player.out_at_tick is None else player.out_at_tick
    return (-lasted, *_by_score(player))


RANKINGS: dict[str, Callable[[PlayerObject], Rank]] = {
    "score": _by_score,
    "survival": _by_survival,
}


def ranked(world: World) -> list[tuple[int, PlayerObject]]:
    """Returns all players with their places, best first. If two players share place 1, the next player has place 3."""
    rank_of = RANKINGS[world.mode.ranks_by]
    best_first = sorted([(rank_of(player), player.id, player) for player in world.players.values()])
    table: list[tuple[int, PlayerObject]] = []
    place, rank_before = 0, None
    for position, (rank, _, player) in enumerate(best_first, start=1):
        if rank != rank_before:
            place, rank_before = position, rank
        table.append((place, player))
    return table
