"""The command line `python -m tests.interop.autobahn server|client|cpu`; `--help` lists the options."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from importlib.metadata import version
from pathlib import Path

from tests.interop.autobahn import page
from tests.interop.autobahn.drive_client import drive
from tests.interop.autobahn.install import Unavailable, ensure_suite, suite_version
from tests.interop.autobahn.report import Result, read_results, summary
from tests.interop.autobahn.servers import LIMITS, OURS, ROOT, WEBSOCKETS, RunningServer, ServerKind
from tests.interop.autobahn.wstest import RunError, run_against_server, server_for_clients

EXIT_NOT_CONFORMANT = 1
EXIT_UNAVAILABLE = 3
EXIT_BROKEN = 4

# Patterns of the suite. `1*` would include 10.*, 12.* and 13.* too.
QUICK_CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
ALL_CASES = ["*"]
CPU_CASES = ["9.*", "12.1.10", "12.2.10"]

EPILOG = f"""exit status: 0 every case is OK or INFORMATIONAL and ended clean; {EXIT_NOT_CONFORMANT} some are not;
{EXIT_UNAVAILABLE} the suite cannot be had here (it needs a Python 2.7); {EXIT_BROKEN} the run broke off"""


def make_parser() -> argparse.ArgumentParser:
    """Makes the parser of the arguments."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.autobahn", description=__doc__, epilog=EPILOG)
    parser.add_argument("what", choices=COMMANDS, help="what is tested, or the servers' processor time compared")
    parser.add_argument("--cases", nargs="+", metavar="PATTERN", help="such as '7.*' 9.1.1 (default: 1 to 7 and 10)")
    parser.add_argument("--full", action="store_true", help="all 517 cases: takes about ten minutes")
    parser.add_argument("--peer", action="store_true", help="test the threaded server of websockets instead of ours")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="for cpu: runs of each server")
    parser.add_argument("--folder", type=Path, default=ROOT / ".ci" / "autobahn", help="for the suite and its reports")
    parser.add_argument("--write-docs", action="store_true", help="put the result into docs/conformance.md")
    return parser


def test_server(kind: ServerKind, python: Path, cases: list[str], reports: Path) -> tuple[list[Result], float]:
    """Tests a server; returns the verdicts, and the seconds of processor time that the server took."""
    with RunningServer(kind) as server:
        run_against_server(python, server.url, cases, reports)
    return read_results(reports), server.cpu_s


def check_server(args: argparse.Namespace, python: Path) -> bool:
    """Tests our server (or a peer); returns whether all verdicts are good."""
    kind = WEBSOCKETS if args.peer else OURS
    results, cpu_s = test_server(kind, python, args.cases, args.folder / "server")
    print(f"{kind.name}: {cpu_s:.1f} s of processor time")
    return conclude(args, results, python)


def check_client(args: argparse.Namespace, python: Path) -> bool:
    """Tests our client; returns whether all verdicts are good."""
    reports = args.folder / "client"
    with server_for_clients(python, args.cases, reports) as url:
        drive(url, LIMITS)
    return conclude(args, read_results(reports), python)


def conclude(args: argparse.Namespace, results: list[Result], python: Path) -> bool:
    """Prints the verdicts, and writes them into the page if the option asks for it."""
    print(summary(results))
    if args.write_docs:
        page.write_block(args.what, page.verdict_table(results, suite_version(python)))
    return all(result.is_good for result in results)


def compare_cpu(args: argparse.Namespace, python: Path) -> bool:
    """Measures our server and the peer in turns; returns whether ours passed its cases."""
    kinds = {f"this server {page.gameserver.__version__}": OURS}
    if importlib.util.find_spec("websockets"):
        accelerated = "with" if importlib.util.find_spec("websockets.speedups") else "without"
        kinds[f"websockets {version('websockets')}, threaded, {accelerated} its C extension"] = WEBSOCKETS
    measured: dict[str, list[float]] = {name: [] for name in kinds}
    all_good = True
    for _ in range(args.rounds):
        for name, kind in kinds.items():
            results, cpu_s = test_server(kind, python, args.cases, args.folder / "cpu")
            print(f"{name}: {cpu_s:.2f} s\n{summary(results)}", flush=True)
            measured[name].append(cpu_s)
            all_good = all_good and (kind is not OURS or all(result.is_good for result in results))
    table = page.cpu_table(measured, args.cases, suite_version(python))
    print(table)
    if args.write_docs:
        page.write_block("cpu", table)
    return all_good


COMMANDS = {"server": check_server, "client": check_client, "cpu": compare_cpu}


def main() -> int:
    """Runs the command in the arguments; returns the exit status."""
    parser = make_parser()
    args = parser.parse_args()
    if args.write_docs and (args.cases or args.peer or (args.what != "cpu" and not args.full)):
        parser.error("the page states results of the whole set: --write-docs goes with --full, or with cpu alone")
    args.cases = args.cases or (CPU_CASES if args.what == "cpu" else ALL_CASES if args.full else QUICK_CASES)
    args.folder = args.folder.resolve()
    try:
        python = ensure_suite(args.folder / "suite")
        return 0 if COMMANDS[args.what](args, python) else EXIT_NOT_CONFORMANT
    except Unavailable as error:
        print(f"not tested: {error}")
        return EXIT_UNAVAILABLE
    except RunError as error:
        print(f"the run broke off: {error}", file=sys.stderr)
        return EXIT_BROKEN


if __name__ == "__main__":
    sys.exit(main())
