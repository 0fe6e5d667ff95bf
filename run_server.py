"""The command line: flags -> settings -> GameServer."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import sys
from functools import partial
from types import FrameType
from typing import Callable, TextIO

EXIT_USAGE = 2
# For what is still to be written when the server stops: within the three seconds that it may take.
STORE_TIMEOUT_S = 1.0
LONGEST_DRAIN_S = 86_400

try:
    import msgpack  # noqa: F401  (Net needs it; asked for here, to say in one sentence what is missing)
except ImportError:
    print("run_server: the package msgpack is missing; install it with: python -m pip install msgpack", file=sys.stderr)
    sys.exit(EXIT_USAGE)

import gameserver
from gameserver.admin import Console
from gameserver.bots import Crowd
from gameserver.classroom.classroom import PRIVATE, Classroom
from gameserver.doorkeeper import Doorkeeper
from gameserver.drain import Drain
from gameserver.keeper import Keeper
from gameserver.lan_announce import HOW_TO_INSTALL, Announcement, qr_for_terminal, qr_page
from gameserver.modes import MODES
from gameserver.pages import leaderboard_page
from gameserver.patient_log import PatientHandler
from gameserver.recorder import Recorder
from gameserver.server import GameServer
from gameserver.settings import GameSettings, ServerSettings
from gameserver.store import DEFAULT_PATH, Store, StoreError
from gameserver.world_manager import GameWorldManager
from Net import scheduling
from Net.explain import FORMS
from Net.lan import ANY_HOST, reachable_addresses, url
from Net.limits import Limits
from Net.proxy import canonical_address
from Net.standard_output import print_to_nobody
from Net.trace import EVERYBODY, Tracer, check_wanted

log = logging.getLogger(__name__)

_GAME, _SERVER, _LIMITS = GameSettings(), ServerSettings(), Limits()
# Where this machine itself finds a server that listens on all of its addresses.
LOOPBACK = {ANY_HOST: "127.0.0.1", "": "127.0.0.1", "::": "::1"}
_LOG_LEVELS = ("debug", "info", "warning", "error")


def make_parser() -> argparse.ArgumentParser:
    """The flags; the defaults are those of the settings."""
    parser = argparse.ArgumentParser(
        prog="run_server.py",
        description="A multiplayer game server. Start it, and open one of the addresses that it prints.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default=ANY_HOST, help=f"address to listen on; {ANY_HOST}: all of this machine's")
    add("--port", type=int, default=3000, help="port to listen on; 0: any that is free")
    add("--max-players", type=int, default=_SERVER.max_players, metavar="N", help="seats in a room")
    add("--max-rooms", type=int, default=_SERVER.max_rooms, metavar="N", help="rooms that can be open at once")
    add(
        "--max-rooms-per-address",
        type=int,
        default=_SERVER.max_rooms_per_address,
        metavar="N",
        help="rooms that one address can have open",
    )
    add(
        "--dormant-after",
        type=float,
        default=_SERVER.dormant_after_s,
        metavar="S",
        help="seconds after which a room in which nobody does anything rests",
    )
    add("--start-at", type=int, default=_SERVER.start_at, metavar="N", help="players that a round waits for")
    add("--tick-rate", type=int, default=_GAME.tick_rate, metavar="HZ", help="updates of the world per second")
    add("--map-size", type=float, default=_GAME.map_size, metavar="UNITS", help="width and height of the map")
    add("--seed", type=int, default=_GAME.seed, help="the same seed gives the same map")
    add("--time-limit", type=float, default=_GAME.time_limit_s, metavar="S", help="seconds a round lasts; 0: no limit")
    add("--score-limit", type=int, default=_GAME.score_limit, metavar="N", help="score that ends a round")
    add("--mode", choices=MODES, default=_GAME.mode, help="how a match is played")
    add("--teams", type=int, default=_GAME.teams, metavar="N", help="0: everyone for themselves, or 2 to 4")
    add("--max-message", type=int, default=_LIMITS.message_bytes, metavar="BYTES", help="longest message accepted")
    add("--max-fragments", type=int, default=_LIMITS.fragments, metavar="N", help="most frames that a message may have")
    add("--compress", action="store_true", help="deflate the game's packets: fewer bytes, more work")
    add("--allow-origin", action="append", default=[], metavar="ORIGIN", help="foreign page that may connect; *: any")
    add("--host-name", action="append", default=[], metavar="NAME", help="further name that this server goes by")
    add("--trusted-proxy", action="append", default=[], metavar="ADDRESS", help="reverse proxy that is believed")
    add("--bots", type=int, default=0, metavar="N", help="simple players that fill a room, for one who tests alone")
    add("--database", default=DEFAULT_PATH, metavar="FILE", help="where results are kept; :memory: forgets them")
    add("--drain", type=float, default=0.0, metavar="S", help="seconds that matches get to end before the server stops")
    add("--restore", metavar="FILE", help="keep running matches here, and go on with them after a restart")
    add("--admin-token", metavar="TOKEN", help="what an operator of /admin must know; without it one is made up")
    add("--classroom", action="store_true", help="the pages /lessons, /lab and /inspect, for a teacher")
    add(
        "--trace",
        action="append",
        nargs="?",
        const=EVERYBODY,
        default=[],
        metavar="ADDRESS",
        help="print the frames of this client, or of all",
    )
    add("--trace-as", choices=FORMS, default="lines", help="how to print a frame: a line each, or drawn and explained")
    add("--log-level", choices=_LOG_LEVELS, default="info", help="how much to tell")
    add("--version", action="version", version=f"gameserver {gameserver.__version__}")
    return parser


def make_server(args: argparse.Namespace, recorder: Recorder) -> GameServer:
    """Builds the server that the flags ask for; raises ValueError for a value that can not be."""
    if not 0 <= args.port <= 65535:
        raise ValueError(f"port must be 0 to 65535, not {args.port}")
    if not 0 <= args.drain <= LONGEST_DRAIN_S:
        raise ValueError(f"drain must be 0 to {LONGEST_DRAIN_S} seconds, not {args.drain:g}")
    game_settings = GameSettings(
        seed=args.seed,
        map_size=args.map_size,
        tick_rate=args.tick_rate,
        mode=args.mode,
        teams=args.teams,
        time_limit_s=args.time_limit or None,
        score_limit=args.score_limit,
    )
    server_settings = ServerSettings(
        max_players=args.max_players,
        start_at=args.start_at,
        max_rooms=args.max_rooms,
        max_rooms_per_address=args.max_rooms_per_address,
        dormant_after_s=args.dormant_after,
        compress=args.compress,
        host_names=tuple(args.host_name),
        allowed_origins=tuple(args.allow_origin),
        trusted_proxies=tuple(canonical_address(address) for address in args.trusted_proxy),
    )
    return GameServer(server_settings, game_settings, make_limits(args), recorder=recorder)


def make_limits(args: argparse.Namespace) -> Limits:
    """The limits of the wire that the flags ask for; raises ValueError for one that can not be."""
    return Limits(message_bytes=args.max_message, fragments=args.max_fragments)


def who_is_traced(args: argparse.Namespace) -> list[str]:
    """The clients whose frames are printed; raises ValueError for what would print nothing."""
    if args.trace_as != "lines" and not args.trace:
        raise ValueError(f"--trace-as {args.trace_as} says how to print, but without --trace nothing is printed")
    return check_wanted(args.trace)


def write_to(stream: TextIO, text: str) -> None:
    """Writes what may have to wait for a reader; past the stream, whose lock one who has stopped reading would hold."""
    data = text.encode(stream.encoding, "backslashreplace")
    while data:
        data = data[os.write(stream.fileno(), data) :]


def add_rooms_of_their_own(server: GameServer, store: Store, doorkeeper: Doorkeeper, public_url: str) -> None:
    """Plugs in what is not the game itself: the operator's console, the leaderboard, and the way in as a QR code."""
    server.add_route("/admin", Console(GameWorldManager(server), doorkeeper).converse)
    server.add_page("/leaderboard.json", lambda: leaderboard_page(store))
    server.add_page("/qr.svg", lambda: qr_page(public_url))


def announce(addresses: list[str], port: int, admin_token: str, public_url: str, has_classroom: bool) -> None:
    """Prints where the server can be opened, and what its operator must know."""
    print(f"Game server on port {port}. Open it on this machine: {url('http', 'localhost', port)}")
    for address in addresses:
        print(f"  on other machines: {url('http', address, port)}")
    print(qr_for_terminal(public_url) or f"For a QR code, and a name on the network: {HOW_TO_INSTALL}")
    print(f"Operator's token for /admin: {admin_token}")
    if has_classroom:
        print(f"For a class: {url('http', 'localhost', port)}/lessons, /lab and /inspect")
    print("Stop it with Ctrl-C.", flush=True)


def keep_rooms(server: GameServer, store: Store, path: str) -> None:
    """Takes up the rooms in a file, and keeps those of the server there; raises OSError if it can not be used."""
    keeper = Keeper(server, path, lambda: store.flush(STORE_TIMEOUT_S / 2))
    keeper.restore()
    keeper.start()
    server.leave_rounds = lambda: None if keeper.stop() else server.end_rounds()


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM stop the server in good order; the second one ends the process at once."""
    seen: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if seen:
            os._exit(128 + number)
        seen.append(number)
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def main() -> int:
    """Runs the server until it is told to stop; returns the exit status."""
    args = make_parser().parse_args()
    handler = PatientHandler(partial(write_to, sys.stderr))
    logging.basicConfig(
        level=args.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s", handlers=[handler]
    )
    try:
        store = Store(args.database)
    except StoreError as error:
        return refuse(str(error))
    try:
        return serve(args, store)
    finally:
        store.close(STORE_TIMEOUT_S)


def serve(args: argparse.Namespace, store: Store) -> int:
    """Serves until it is told to stop; returns the exit status."""
    try:
        traced = who_is_traced(args)
        server = make_server(args, store)
        _, port = server.listen(args.host, args.port)
    except ValueError as error:
        return refuse(str(error))
    except OSError as error:
        return refuse(f"can not listen on {args.host} port {args.port}: {error.strerror}")
    try:
        if args.restore is not None:
            keep_rooms(server, store, args.restore)
    except OSError as error:
        server.stop()
        server.serve()  # gives the port back
        return refuse(f"can not keep the rooms in {args.restore}: {error.strerror}")
    admin_token = args.admin_token or secrets.token_urlsafe(9)
    addresses = reachable_addresses(args.host)
    public_url = url("http", next(iter(addresses), "localhost"), port)
    doorkeeper = Doorkeeper(admin_token)
    here = LOOPBACK.get(args.host, args.host)
    add_rooms_of_their_own(server, store, doorkeeper, public_url)
    if args.classroom:
        Classroom(server, doorkeeper, here, port)
    drain = Drain(server, args.drain)
    scheduling.let_threads_finish()
    crowd = Crowd(url("ws", here, port), args.bots)
    write = partial(write_to, sys.stdout)
    tracer = Tracer(traced, FORMS[args.trace_as], write, make_limits(args), private=PRIVATE)
    server.add_tap(tracer.tap_for)
    companions = (tracer, drain, crowd, Announcement(addresses, port))
    stop_on_signals(drain.begin if args.drain else server.stop)
    try:
        announce(addresses, port, admin_token, public_url, args.classroom)
    except BrokenPipeError:  # the server can do without a reader
        print_to_nobody()
        log.warning("nobody reads what is printed here, a trace neither")
    for companion in companions:
        companion.start()
    with server.faults.watching():
        server.serve()
    for companion in companions:
        companion.stop()
    return 0


def refuse(reason: str) -> int:
    """Says why the server does not start."""
    print(f"run_server: {reason}", file=sys.stderr)
    return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main())
