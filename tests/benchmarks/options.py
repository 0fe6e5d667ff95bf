"""Options that measurements share, and how runs are repeated, shown and kept."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import Any, Sequence

from tests.benchmarks import machine
from tests.benchmarks.experiment import Outcome, Setup, measure
from tests.benchmarks.figures import doubts, row_of
from tests.benchmarks.report import medians, print_table, write_json


def add_options(parser: argparse.ArgumentParser, repeat: int = 1) -> None:
    """Adds the options that say how long, how often, on which CPUs and with which Python to measure."""
    parser.add_argument("--seconds", type=float, default=8.0, metavar="S", help="of each measurement (8)")
    parser.add_argument("--warm-up", type=float, default=2.0, metavar="S", help="of play before it (2)")
    parser.add_argument("--repeat", type=int, default=repeat, metavar="N", help=f"runs; medians are shown ({repeat})")
    parser.add_argument("--joins", type=float, default=200.0, metavar="N", help="joins a second (200)")
    parser.add_argument("--python", default=sys.executable, metavar="PATH", help="the server's interpreter")
    parser.add_argument("--cpus", type=machine.parse_cpus, metavar="N,N", help="the server's CPUs (the first)")
    parser.add_argument(
        "--load-cpus", type=machine.parse_cpus, metavar="N,N", help="the players' CPUs (all the others)"
    )


def setup_of(args: argparse.Namespace, **changes: Any) -> Setup:
    """The setup that the options ask for."""
    cpus = args.cpus or machine.usable_cpus()[:1]
    setup = Setup(
        clients=0,
        seconds=args.seconds,
        warm_up_s=args.warm_up,
        python=args.python,
        cpus=cpus,
        load_cpus=args.load_cpus or machine.other_cpus(cpus),
    )
    setup = replace(setup, **changes)
    return replace(setup, plan=replace(setup.plan, joins_per_s=args.joins))


def measure_aloud(setup: Setup) -> Outcome:
    """Measures, and prints the doubts about the figures."""
    outcome = measure(setup)
    for doubt in doubts(setup, outcome):
        print(f"! {setup.clients} clients: {doubt}", flush=True)
    return outcome


def measure_row(setup: Setup) -> dict[str, Any]:
    """Measures, prints the doubts about the figures, and returns the row."""
    outcome = measure_aloud(setup)
    return {**row_of(setup, outcome), "doubts": doubts(setup, outcome)}


def compare(
    name: str, setups: dict[str, Setup], repeat: int, columns: Sequence[str], spreads: Sequence[str]
) -> list[dict[str, Any]]:
    """Measures all setups in turn, `repeat` times over; prints the medians, writes all runs; returns the medians.

    setups: label -> setup. columns: the columns to print; spreads: those to print with lowest and highest value.
    """
    print(whereabouts(next(iter(setups.values()))), flush=True)
    runs = []
    for _ in range(repeat):
        for label, setup in setups.items():
            runs.append({"what": label, **measure_row(setup)})
    rows = medians(runs, ["what"], spreads)
    print_table([{column: row[column] for column in ("what", *columns)} for row in rows])
    print(f"server: {runs[0]['python']}; {repeat} run(s) each; written to {write_json(name, runs)}")
    return rows


def whereabouts(setup: Setup) -> str:
    """Which CPUs the server and the players have."""
    server, players = (",".join(map(str, cpus)) or "any" for cpus in (setup.cpus, setup.load_cpus))
    return f"server on CPU {server}, players on CPU {players}"
