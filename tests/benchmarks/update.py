"""How long one tick of the world, `Game.update`, takes, by the number of players.

The map has 100 animals and 2,500 trees, rocks, walls and spikes. On it everybody walks, attacks and shoots all the
time, and has enough resources never to run out of arrows. Dead players and animals are soon replaced, and buildings are
not destroyed, so the last tick has as much to do as the first. Inputs are not timed, and there is no network.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from typing import Any

from gameserver.game import Game
from gameserver.rules import building
from gameserver.world.settings import GameSettings
from gameserver.world.tables import ITEMS
from tests.benchmarks.report import print_table, write_json

PLAYERS = (50, 100, 200, 400)
OBJECTS = 2500
SETTINGS = GameSettings(
    animals=100,
    animal_respawn_s=1.0,
    time_limit_s=None,
    start_resources=(10**6, 10**6, 10**6, 0),
    items=(ITEMS[0]._replace(health=1e6), ITEMS[1]._replace(health=1e6)),
)
WARM_UP_TICKS = 100
INPUTS_PER_S = 2.0  # of each kind, from each player


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ticks", type=int, default=2000, metavar="N", help="ticks to measure (2000)")
    parser.add_argument("--players", type=int, nargs="+", default=PLAYERS, metavar="N", help="numbers of players")


def run(args: argparse.Namespace) -> None:
    rows = [measure(players, args.ticks) for players in args.players]
    print_table(rows)
    print(f"written to {write_json('update', rows)}")


def make_game(players: int, rng: random.Random) -> Game:
    """A map with `players` players, whose walls and spikes bring the number of objects on it up to OBJECTS."""
    game = Game(SETTINGS)
    owners = [game.add_player(number, f"player {number}") for number in range(1, players + 1)]
    while len(game.scenery) + len(game.buildings) < OBJECTS:
        item = len(game.buildings) % 2
        scale = game.settings.items[item].scale
        x, y = (scale + rng.random() * (game.settings.map_size - 2 * scale) for _ in range(2))
        if game.solid_grid.touching(x, y, scale) is None and game.mover_grid.touching(x, y, scale) is None:
            building.put(game, owners[len(game.buildings) % players], item, x, y)
    return game


def give_inputs(game: Game, rng: random.Random) -> None:
    """Gives new inputs for some players; no player ever stops walking or attacking."""
    chance = INPUTS_PER_S / game.settings.tick_rate
    for player_id in game.players:
        angle_rad = rng.random() * math.tau
        if rng.random() < chance or game.tick == 0:
            game.process_input(player_id, ("MOVE", rng.randrange(8), None))
        if rng.random() < chance or game.tick == 0:
            game.process_input(player_id, ("ATTACK", True, angle_rad))
        if rng.random() < chance:
            game.process_input(player_id, ("SHOOT", angle_rad))


def measure(players: int, ticks: int) -> dict[str, Any]:
    """The row of the table for this number of players; times in milliseconds."""
    rng = random.Random(1)
    game = make_game(players, rng)
    times_ms = []
    for _ in range(WARM_UP_TICKS + ticks):
        give_inputs(game, rng)
        started_s = time.perf_counter()
        game.update(1 / game.settings.tick_rate)
        times_ms.append(1000 * (time.perf_counter() - started_s))
    times_ms = sorted(times_ms[WARM_UP_TICKS:])
    median_ms = statistics.median(times_ms)
    return {
        "players": players,
        "animals": len(game.animals),
        "objects": len(game.scenery) + len(game.buildings),
        "ticks": ticks,
        "median ms": median_ms,
        "p99 ms": times_ms[int(0.99 * len(times_ms))],
        "us a player": 1000 * median_ms / players,
        "kills": sum(player.kills for player in game.players.values()),
    }
