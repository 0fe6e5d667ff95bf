"""The cost of the server around a game: in rooms of 20, players move and do nothing else, in the game `serve arena`.

Every player sends MOVE 10 times a second and PING once a second, and receives 20 STATEs a second. The server has one
CPU to itself, and the players run on the others.
"""

from __future__ import annotations

import argparse

from tests.benchmarks import options

COLUMNS = (
    "us/client-tick",
    "delivered %",
    "interval p50 ms",
    "interval p99 ms",
    "round trip p50 ms",
    "round trip p99 ms",
    "memory MB",
    "threads",
    "server cores",
    "system %",
    "load cores",
    "load lag p99 ms",
    "lost",
)
SPREADS = ("us/client-tick", "interval p99 ms", "round trip p99 ms")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--players", type=int, nargs="+", default=(400, 800), metavar="N", help="in all (400 800)")
    parser.add_argument("--in-a-room", type=int, default=20, metavar="N", help="(20)")
    options.add_options(parser)


def run(args: argparse.Namespace) -> None:
    setups = {
        f"{players} players": options.setup_of(args, clients=players, players=args.in_a_room)
        for players in args.players
    }
    options.compare("arena", setups, args.repeat, COLUMNS, SPREADS)
