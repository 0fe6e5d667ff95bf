"""The command line: `python -m tests.fuzz --seconds 60 [--seed N] [--target NAME] [--input HEX]`."""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.fuzz.engine import Fault, fuzz
from tests.fuzz.targets import TARGETS


def make_parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Feeds damaged input to the parsers, and damaged sessions to a server."
    )
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="in all, shared by the targets")
    parser.add_argument("--seed", type=int, help="the same seed gives the same inputs (default: a random one)")
    parser.add_argument("--target", choices=TARGETS, help="one target only")
    parser.add_argument("--input", type=bytes.fromhex, metavar="HEX", help="feed this to the target, and nothing else")
    return parser


def main() -> int:
    """Fuzzes; returns 0 when no target was at fault."""
    parser = make_parser()
    args = parser.parse_args()
    if args.input is not None:
        if args.target is None:
            parser.error("--input needs --target")
        with TARGETS[args.target].checking() as check:
            check(args.input)
        print("no fault")
        return 0
    seed = secrets.randbits(32) if args.seed is None else args.seed
    names = [args.target] if args.target else list(TARGETS)
    print(f"seed {seed}")
    faults = 0
    shares = sum(TARGETS[name].share for name in names)
    for name in names:
        try:
            executions = fuzz(TARGETS[name], f"{seed} {name}", args.seconds * TARGETS[name].share / shares)
            print(f"{name}: {executions} executions", flush=True)
        except Fault as fault:
            faults += 1
            print(f"FAULT in {name}: {fault}")
            print(f"see it again: python -m tests.fuzz --target {name} --input {fault.input.hex()}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
