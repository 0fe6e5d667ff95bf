"""`python -m tests.soak NAME --seconds N`: plays one of the bad days for N seconds. To add one, add a row."""

from __future__ import annotations

import argparse

from tests.benchmarks.report import print_table, write_json
from tests.soak import churn, faults, page, restore, shutdown, slow

# Name, what it shows, how it is run: seconds -> figures by name.
SOAKS = (
    ("slow", slow.__doc__, slow.run),
    ("churn", churn.__doc__, churn.run),
    ("faults", faults.__doc__, faults.run),
    ("restore", restore.__doc__, restore.run),
    ("shutdown", shutdown.__doc__, shutdown.run),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    names = parser.add_subparsers(required=True, metavar="NAME")
    for name, about, run in SOAKS:
        options = names.add_parser(name, help=(about or "").splitlines()[0], description=about)
        options.add_argument("--seconds", type=float, default=600.0, metavar="N", help="how long (600)")
        options.add_argument("--write-docs", action="store_true", help="put the figures into docs/reliability.md")
        options.set_defaults(name=name, run=run)
    args = parser.parse_args()
    figures = args.run(args.seconds)
    print_table([{"what": what, "figure": figure} for what, figure in figures.items()])
    print(f"written to {write_json(f'soak-{args.name}', [figures])}")
    if args.write_docs:
        page.write_figures(args.name, args.seconds, figures)


if __name__ == "__main__":
    main()
