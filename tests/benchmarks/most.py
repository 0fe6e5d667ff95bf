"""How many players a server can serve on its CPU, and how it serves half as many again.

The arena, in rooms of 20, gets more and more players until the p99 of the interval between two STATEs passes 75 ms. The
number is raised by a fifth until one fails, then the gap is halved until it is a twentieth. A number of players counts
as held if one of `--tries` runs holds it: a busy neighbour can make a server fail, but never makes it hold too many.
"""

from __future__ import annotations

import argparse
from typing import Any, Callable

from tests.benchmarks import options
from tests.benchmarks.experiment import Setup
from tests.benchmarks.load import Plan
from tests.benchmarks.report import print_table, write_json

INTERVAL_P99_MS = 75.0
RAISE, GAP = 1.2, 0.05
OVERLOAD = 1.5
# Every twentieth player numbers its MOVEs, to see when they are applied; the others of a room share the same STATE.
PLAN = Plan(port=0, clients=0, numbered_every=20)
COLUMNS = (
    "what",
    "clients",
    "interval p99 ms",
    "delivered %",
    "least STATEs/s",
    "median STATEs/s",
    "input p50 ms",
    "input p99 ms",
    "round trip p99 ms",
    "us/client-tick",
    "server cores",
    "load cores",
    "load lag p99 ms",
    "lost",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--start", type=int, default=400, metavar="N", help="players to begin with (400)")
    parser.add_argument("--limit", type=int, default=6000, metavar="N", help="players to end with (6000)")
    parser.add_argument("--in-a-room", type=int, default=20, metavar="N", help="(20)")
    parser.add_argument("--tries", type=int, default=2, metavar="N", help="for each number of players (2)")
    options.add_options(parser)


def run(args: argparse.Namespace) -> None:
    rows: list[dict[str, Any]] = []

    def measure(what: str, clients: int) -> bool:
        """Adds a row; returns whether so many players are held."""
        try:
            row = {"what": what, **options.measure_row(setup_of(args, clients))}
        except OSError as error:
            print(f"! {clients} clients: the server gave no answer: {error}", flush=True)
            return False
        rows.append(row)
        print_table([{column: row[column] for column in COLUMNS}])
        return holds(row)

    def is_held(clients: int) -> bool:
        return any(measure("step", clients) for _ in range(args.tries))

    print(options.whereabouts(setup_of(args, 0)))
    most = find_most(is_held, args.start, args.limit, args.in_a_room)
    print(f"{most} players are held{per_cpu(most, rows)}")
    for _ in range(args.repeat if most else 0):
        measure("overload", in_whole_rooms(OVERLOAD * most, args.in_a_room))
    print(f"server: {rows[0]['python'] if rows else args.python}; written to {write_json('most', rows)}")


def per_cpu(most: int, rows: list[dict[str, Any]]) -> str:
    """The number for each CPU that the server had, after the share that the players took of these CPUs."""
    cpus = max((row["CPUs left"] for row in rows if row["clients"] == most), default=0.0)
    return f", {most / cpus:.0f} for each of the {cpus:.2f} CPUs that were the server's" if cpus else ""


def setup_of(args: argparse.Namespace, clients: int) -> Setup:
    """The arena with this number of players."""
    return options.setup_of(args, clients=clients, players=args.in_a_room, plan=PLAN)


def holds(row: dict[str, Any]) -> bool:
    """Whether everybody was served in time."""
    return bool(row["interval p99 ms"] <= INTERVAL_P99_MS and not row["lost"])


def find_most(is_held: Callable[[int], bool], start: int, limit: int, in_a_room: int) -> int:
    """The largest number of players, in whole rooms, that is held; 0 if not even one room is."""
    held, failed = 0, 0
    clients = in_whole_rooms(start, in_a_room)
    while clients and not (held and failed):
        if is_held(clients):
            held = clients
            if held >= limit:
                return held
            clients = min(max(in_whole_rooms(held * RAISE, in_a_room), held + in_a_room), limit)
        else:
            failed = clients
            clients = min(in_whole_rooms(failed / RAISE, in_a_room), failed - in_a_room)
    while failed - held > max(in_a_room, GAP * held):
        middle = in_whole_rooms((held + failed) / 2, in_a_room)
        if is_held(middle):
            held = middle
        else:
            failed = middle
    return held


def in_whole_rooms(clients: float, in_a_room: int) -> int:
    """The number of players, rounded down to whole rooms."""
    return int(clients) // in_a_room * in_a_room
