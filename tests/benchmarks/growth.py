"""How the server grows: the arena's cost from 100 to 800 players, the memory of a connection, and the time of a join.

Memory: the growth of the process while all players joined, and until they had played, divided by their number. It
includes threads, buffers and rooms. Joins: from the client's connect to its WELCOME; players join at an even rate.
"""

from __future__ import annotations

import argparse
from typing import Any, Sequence

from tests.benchmarks import options

COLUMNS = (
    "us/client-tick",
    "delivered %",
    "interval p99 ms",
    "kB a connection",
    "kB after play",
    "join p50 ms",
    "join p99 ms",
    "memory MB",
    "threads",
    "server cores",
    "load cores",
    "load lag p99 ms",
    "lost",
)
SPREADS = ("us/client-tick", "kB a connection", "kB after play", "join p99 ms")


def add_options(parser: argparse.ArgumentParser) -> None:
    default = (100, 200, 400, 800)
    parser.add_argument("--players", type=int, nargs="+", default=default, metavar="N", help="in all (100 200 400 800)")
    parser.add_argument("--in-a-room", type=int, default=20, metavar="N", help="(20)")
    options.add_options(parser)


def run(args: argparse.Namespace) -> None:
    setups = {
        f"{players} players": options.setup_of(args, clients=players, players=args.in_a_room)
        for players in args.players
    }
    rows = options.compare("growth", setups, args.repeat, COLUMNS, SPREADS)
    print(flatness(rows))


def flatness(rows: Sequence[dict[str, Any]]) -> str:
    """How far the cost of a client-tick rises, among the numbers of players that the server could serve."""
    costs = [
        getattr(row["us/client-tick"], "median", row["us/client-tick"]) for row in rows if row["delivered %"] >= 95
    ]
    if len(costs) < len(rows):
        return f"{len(rows) - len(costs)} of {len(rows)} numbers of players were too many: less than 95 % was delivered"
    return f"CPU per client-tick: the dearest is {100 * (max(costs) / min(costs) - 1):.0f} % above the cheapest"
