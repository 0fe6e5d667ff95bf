"""Serves for a load generator: rooms of N players who all see each other, and a match without end.

`arena` is the smallest possible game (players move and do nothing else), to measure the server around it. `game` is the
whole game, on a map so small that everybody is in view.
"""

from __future__ import annotations

import argparse
import logging
import signal

from gameserver.game import Game
from gameserver.rules.movement import HEADINGS
from gameserver.server import GameServer
from gameserver.world.settings import GameSettings, ServerSettings
from Net import scheduling
from tests.benchmarks import usage

_EMPTY = {"trees_per_area": 0, "bushes_per_area": 0, "rocks": 0, "gold": 0, "animals": 0}
_MAP_SIZE = 3000.0
# Allows as many rooms as a benchmark asks for, and none of them becomes dormant.
MANY_ROOMS = 10_000
NEVER_S = 86_400.0


class Arena(Game):
    """A game in which players move and do nothing else."""

    def update(self, delta_time: float) -> None:
        with self.lock:
            step, size = self.settings.player_speed * delta_time, self.settings.map_size
            for player in self.players.values():
                player.sequence = player.pending_sequence
                if player.direction is not None:
                    heading_x, heading_y = HEADINGS[player.direction]
                    x, y = player.x + heading_x * step, player.y + heading_y * step
                    player.x = 0.0 if x < 0.0 else size if x > size else x
                    player.y = 0.0 if y < 0.0 else size if y > size else y
            self.tick += 1


GAMES = {
    "arena": (Arena, GameSettings(cell_size=14400, time_limit_s=None, spawn_clearance=0.0, **_EMPTY)),
    "game": (Game, GameSettings(map_size=_MAP_SIZE, cell_size=1000, view_cells=(3, 3), time_limit_s=None)),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("game", choices=GAMES)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--players", type=int, default=20, metavar="N", help="seats in a room (20)")


def run(args: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.WARNING)
    make_game, settings = GAMES[args.game]
    # The load comes from one address, with as many connections as the machine can hold.
    many = 100_000
    server = GameServer(
        ServerSettings(
            max_players=args.players,
            max_connections=many,
            max_connections_per_address=many,
            max_rooms=MANY_ROOMS,
            max_rooms_per_address=MANY_ROOMS,
            dormant_after_s=NEVER_S,
        ),
        settings,
        make_game=make_game,
    )
    server.add_page(usage.PATH, lambda: usage.usage_page(server))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    scheduling.let_threads_finish()
    server.start_server("127.0.0.1", args.port)
