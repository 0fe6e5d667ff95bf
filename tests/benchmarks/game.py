"""The cost of the whole game: 400 players in 10 rooms of 40, and 200 in one room, all of whom walk and fight.

The game is `serve game`: map, collisions, combat, animals and interest, on a map so small that everybody is in view.
Every second each player sends 10 MOVEs, numbered like a browser's, and one ATTACK, one SHOOT and one PING.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from tests.benchmarks import options
from tests.benchmarks.load import Plan

FIGHTERS = Plan(port=0, clients=0, attacks_per_s=1.0, shots_per_s=1.0, numbered_every=1)
COLUMNS = (
    "us/client-tick",
    "delivered %",
    "interval p50 ms",
    "interval p99 ms",
    "late ticks %",
    "round trip p50 ms",
    "round trip p99 ms",
    "input p99 ms",
    "kB/s a player",
    "memory MB",
    "server cores",
    "load cores",
    "load lag p99 ms",
    "lost",
)
SPREADS = ("us/client-tick", "interval p99 ms", "round trip p99 ms")


def room_sizes(text: str) -> tuple[int, int]:
    """`10x40`: 10 rooms of 40."""
    rooms, players = map(int, text.split("x"))
    return rooms, players


def add_options(parser: argparse.ArgumentParser) -> None:
    default = ((10, 40), (1, 200))
    parser.add_argument(
        "--rooms", type=room_sizes, nargs="+", default=default, metavar="RxP", help="rooms and players (10x40 1x200)"
    )
    parser.add_argument("--unnumbered", action="store_true", help="MOVEs have no sequence numbers")
    options.add_options(parser)


def run(args: argparse.Namespace) -> None:
    plan = replace(FIGHTERS, numbered_every=0 if args.unnumbered else 1)
    setups = {
        f"{rooms} x {players}": options.setup_of(args, clients=rooms * players, players=players, game="game", plan=plan)
        for rooms, players in args.rooms
    }
    options.compare("game", setups, args.repeat, COLUMNS, SPREADS)
