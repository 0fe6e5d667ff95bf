"""`python -m tests.benchmarks NAME [options]`: runs one of the benchmarks. To add a benchmark, add a row."""

from __future__ import annotations

import argparse

from tests.benchmarks import arena, codec, game, growth, most, serve, states, update, wire_bytes

# Name, description, function that adds its options, function that runs it.
BENCHMARKS = (
    ("arena", arena.__doc__, arena.add_options, arena.run),
    ("game", game.__doc__, game.add_options, game.run),
    ("bytes", wire_bytes.__doc__, wire_bytes.add_options, wire_bytes.run),
    ("growth", growth.__doc__, growth.add_options, growth.run),
    ("codec", codec.__doc__, codec.add_options, codec.run),
    ("states", states.__doc__, states.add_options, states.run),
    ("most", most.__doc__, most.add_options, most.run),
    ("serve", serve.__doc__, serve.add_options, serve.run),
    ("update", update.__doc__, update.add_options, update.run),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    names = parser.add_subparsers(required=True, metavar="NAME")
    for name, about, add_options, run in BENCHMARKS:
        options = names.add_parser(name, help=(about or "").splitlines()[0], description=about)
        add_options(options)
        options.set_defaults(run=run)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
