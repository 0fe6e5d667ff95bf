"""`python -m tests.soak NAME --seconds N`: plays one bad day for N seconds. To add a day, add a row."""

from __future__ import annotations

import argparse

from tests.benchmarks.report import print_table, write_json
from tests.soak import attackers, churn, faults, page, restore, shutdown, slow

# Name, description, function: seconds -> figures by name.
SOAKS = (
    ("slow", slow.__doc__, slow.run),
    ("churn", churn.__doc__, churn.run),
    ("faults", faults.__doc__, faults.run),
    ("restore", restore.__doc__, restore.run),
    ("shutdown", shutdown.__doc__, shutdown.run),
)
# The commands that have options of their own, and return the rows of a table: seconds, arguments -> rows.
TABLES = (("attackers", attackers.__doc__, attackers.run_chosen, attackers.add_options),)


def make_parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    names = parser.add_subparsers(required=True, metavar="NAME")

    def add(name: str, about: str | None) -> argparse.ArgumentParser:
        options = names.add_parser(name, help=(about or "").splitlines()[0], description=about)
        options.add_argument("--seconds", type=float, default=600.0, metavar="N", help="how long (600)")
        options.add_argument("--write-docs", action="store_true", help="put the figures into docs/reliability.md")
        return options

    for name, about, run in SOAKS:
        add(name, about).set_defaults(name=name, rows_of=lambda args, run=run: page.rows(run(args.seconds)))
    for name, about, run_chosen, add_options in TABLES:
        options = add(name, about)
        add_options(options)
        options.set_defaults(name=name, rows_of=lambda args, run=run_chosen: run(args.seconds, args))
    return parser


def main() -> None:
    args = make_parser().parse_args()
    rows = args.rows_of(args)
    print_table(rows)
    print(f"written to {write_json(f'soak-{args.name}', rows)}")
    if args.write_docs:
        page.write_figures(args.name, args.seconds, rows)


if __name__ == "__main__":
    main()
