"""The bytes that a player receives in a second, with 20 others in view.

Frame headers are counted, those of TCP and IP are not. The room is one of `serve arena`: first all players walk, then
all stand. MOVEs are numbered like a browser's. In the third case everybody turns too, and has an id of three bytes
instead of one, as on a server that has run for a while.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from Net.PacketCodes import TO_CLIENT
from tests.benchmarks import options
from tests.benchmarks.experiment import Outcome, Setup
from tests.benchmarks.load import Plan
from tests.benchmarks.report import medians, print_table, write_json

IN_VIEW = 20  # others
WALKING = Plan(port=0, clients=0, moves_per_s=10.0, numbered_every=1)
STANDING = replace(WALKING, moves_per_s=0.0)
AIMING = replace(WALKING, aims_per_s=10.0)
# Name, what the players do, how many came and went before them: from 256 on, a player's id has three bytes, not one.
CASES = (("all walk", WALKING, 0), ("nobody walks", STANDING, 0), ("all walk and aim, numbers over 255", AIMING, 300))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--players", type=int, default=IN_VIEW + 1, metavar="N", help=f"in the room ({IN_VIEW + 1})")
    options.add_options(parser)


def run(args: argparse.Namespace) -> None:
    runs: list[dict[str, Any]] = []
    for name, plan, guests in args.repeat * CASES:
        setup = options.setup_of(args, clients=args.players, players=args.players, plan=plan, guests_before=guests)
        runs += measure_packets(name, setup)
    print_table(medians(runs, ["what", "packet"]))
    print(f"{args.repeat} run(s) each; written to {write_json('bytes', runs)}")


def measure_packets(name: str, setup: Setup) -> list[dict[str, Any]]:
    """A row for each kind of packet that came, with the most bytes first, and a row for all packets together."""
    outcome = options.measure_aloud(setup)
    packets, sizes = outcome.record.packets, outcome.record.bytes_in
    names = {row.code: row.id for row in TO_CLIENT.rows}
    rows = [_row(name, names[code], outcome, setup, packets[code], size) for code, size in sizes.most_common()]
    return [*rows, _row(name, "all", outcome, setup, sum(packets.values()), sum(sizes.values()))]


def _row(name: str, packet: str, outcome: Outcome, setup: Setup, packets: int, size: int) -> dict[str, Any]:
    record = outcome.record
    player_seconds = setup.clients * outcome.seconds
    is_state = packet == "STATE" and record.states_read > 0
    return {
        "what": name,
        "packet": packet,
        "bytes/s a player": size / player_seconds,
        "packets/s a player": packets / player_seconds,
        "bytes a packet": size / packets if packets else 0.0,
        "entities in a packet": record.entities / record.states_read if is_state else 0.0,
    }
