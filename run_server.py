"""The command line: flags -> settings -> GameServer."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import secrets
import signal
import sys
from types import FrameType
from typing import Callable, Iterator

from Net.text.characters import printable
from Net.text.command_line import EXIT_USAGE, ArgumentParser, any_number, whole_number
from Net.text.terminal import has_letters_of, queued_streams, run_command

# The time for writing the last records when the server stops. It is a part of the three seconds that a stop may take.
STORE_TIMEOUT_S = 1.0


def refuse(reason: str) -> int:
    """Prints why the server does not start; returns the exit status."""
    print(f"run_server: {printable(reason)}", file=sys.stderr)
    return EXIT_USAGE


try:
    import msgpack  # noqa: F401  (Net needs it; imported here, so that one sentence says what is missing)
except ImportError:
    MISSING = "the package msgpack is missing; install it with: python -m pip install msgpack"
    sys.exit(run_command("run_server", lambda: refuse(MISSING)))

import gameserver
from gameserver.admin.authentication import Doorkeeper
from gameserver.admin.console import Console
from gameserver.admin.drain import Drain
from gameserver.bots import Crowd
from gameserver.checkpoint.checkpoint import Keeper
from gameserver.checkpoint.file_checks import check_files
from gameserver.classroom.classroom import PRIVATE, Classroom
from gameserver.lan_announce import HOW_TO_INSTALL, Announcement, qr_for_terminal, qr_page, why_nobody_else
from gameserver.pages import leaderboard_page
from gameserver.repeats import SumUp
from gameserver.results.recorder import Recorder
from gameserver.results.store import DEFAULT_PATH, Store, StoreError
from gameserver.server import GameServer
from gameserver.world.modes import MODES
from gameserver.world.ranges import check_whole
from gameserver.world.settings import GameSettings, ServerSettings
from gameserver.world_manager import GameWorldManager
from Net import scheduling
from Net.dissect.explain import FORMS
from Net.dissect.trace import EVERYBODY, Tracer, check_wanted
from Net.limits import Limits
from Net.port.lan import ANY_HOST, ANY_IPV6_HOST, client_address, local_address, reachable_addresses, url

log = logging.getLogger(__name__)

_GAME, _SERVER, _LIMITS = GameSettings(), ServerSettings(), Limits()
_LOG_LEVELS = ("debug", "info", "warning", "error")


def make_parser() -> ArgumentParser:
    """Returns the parser of the flags; the defaults come from the settings."""
    parser = ArgumentParser(
        prog="run_server.py",
        description="A multiplayer game server. Start it, and open one of the addresses that it prints.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default=ANY_HOST, help=f"address to listen on; {ANY_HOST}: all IPv4, {ANY_IPV6_HOST}: all IPv6")
    add("--port", type=whole_number, default=3000, help="port to listen on; 0: any that is free")
    add("--max-players", type=whole_number, default=_SERVER.max_players, metavar="N", help="seats in a room")
    add("--max-rooms", type=whole_number, default=_SERVER.max_rooms, metavar="N", help="rooms that can be open at once")
    add(
        "--max-rooms-per-address",
        type=whole_number,
        default=_SERVER.max_rooms_per_address,
        metavar="N",
        help="rooms that one address can have open",
    )
    add(
        "--dormant-after",
        type=any_number,
        default=_SERVER.dormant_after_s,
        metavar="S",
        help="seconds after which a room in which nobody does anything rests",
    )
    add("--start-at", type=whole_number, default=_SERVER.start_at, metavar="N", help="players that a round waits for")
    add("--tick-rate", type=whole_number, default=_GAME.tick_rate, metavar="HZ", help="updates of the world per second")
    add("--map-size", type=any_number, default=_GAME.map_size, metavar="UNITS", help="width and height of the map")
    add("--seed", type=whole_number, default=_GAME.seed, help="the same seed gives the same map")
    add(
        "--time-limit",
        type=any_number,
        default=_GAME.time_limit_s,
        metavar="S",
        help="seconds a round lasts; 0: no limit",
    )
    add("--score-limit", type=whole_number, default=_GAME.score_limit, metavar="N", help="score that ends a round")
    add("--mode", choices=MODES, default=_GAME.mode, help="how a match is played")
    add("--teams", type=whole_number, default=_GAME.teams, metavar="N", help="0: everyone for themselves, or 2 to 4")
    add(
        "--max-message",
        type=whole_number,
        default=_LIMITS.message_bytes,
        metavar="BYTES",
        help="longest message accepted",
    )
    add(
        "--max-fragments",
        type=whole_number,
        default=_LIMITS.fragments,
        metavar="N",
        help="most frames that a message may have",
    )
    add("--compress", action="store_true", help="deflate the game's packets: fewer bytes, more work")
    add("--allow-origin", action="append", default=[], metavar="ORIGIN", help="foreign page that may connect; *: any")
    add("--host-name", action="append", default=[], metavar="NAME", help="further name that this server goes by")
    add("--trusted-proxy", action="append", default=[], metavar="ADDRESS", help="reverse proxy that is believed")
    add(
        "--bots",
        type=whole_number,
        default=_SERVER.bots,
        metavar="N",
        help="simple players that fill a room, for one who tests alone",
    )
    add("--database", default=DEFAULT_PATH, metavar="FILE", help="where results are kept; :memory: forgets them")
    add(
        "--drain",
        type=any_number,
        default=_SERVER.drain_s,
        metavar="S",
        help="seconds that matches get to end before the server stops",
    )
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
    """Builds the server that the flags describe; raises ValueError for a value that is not allowed."""
    check_whole(port=args.port)
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
        trusted_proxies=tuple(map(check_proxy, args.trusted_proxy)),
        bots=args.bots,
        drain_s=args.drain,
    )
    return GameServer(server_settings, game_settings, make_limits(args), recorder=recorder)


def make_limits(args: argparse.Namespace) -> Limits:
    """Returns the limits of messages from the flags; raises ValueError for a value that is not allowed."""
    check_whole(max_message=args.max_message, max_fragments=args.max_fragments)
    return Limits(message_bytes=args.max_message, fragments=args.max_fragments)


def check_proxy(text: str) -> str:
    """Returns the address of a reverse proxy in the spelling of connections; raises ValueError if it is no address."""
    try:
        return client_address(text)
    except ValueError:
        raise ValueError(
            f"trusted proxy must be the address of one machine, such as 127.0.0.1, not {text[:80]!r}"
        ) from None


def who_is_traced(args: argparse.Namespace) -> list[str]:
    """Returns the clients whose frames are printed; raises ValueError for flags that would print nothing."""
    if args.trace_as != "lines" and not args.trace:
        raise ValueError(f"--trace-as {args.trace_as} says how to print, but without --trace nothing is printed")
    return check_wanted(args.trace)


def add_rooms_of_their_own(server: GameServer, store: Store, doorkeeper: Doorkeeper, public_url: str | None) -> None:
    """Adds the routes and pages beside the game: the operator's console, the leaderboard, and the QR code."""
    server.add_route("/admin", Console(GameWorldManager(server), doorkeeper).converse)
    server.add_page("/leaderboard.json", lambda: leaderboard_page(store))
    server.add_page("/qr.svg", lambda: qr_page(public_url))


def announce(host: str, port: int, urls: list[str], admin_token: str, has_classroom: bool) -> None:
    """Prints the addresses of the server and the operator's token. urls: the addresses for other machines."""
    here = local_address(host)
    here_url = url("http", "localhost" if here == local_address(ANY_HOST) else here, port)
    print(f"Game server on port {port}. Open it on this machine: {here_url}")
    for public_url in urls:
        print(f"  on other machines: {public_url}")
    if urls:
        print_qr_code(urls[0])
    else:
        print(why_nobody_else(host))
    print(f"Operator's token for /admin: {admin_token}")
    if has_classroom:
        print(f"For a class: {here_url}/lessons, /lab and /inspect")
    print("Stop it with Ctrl-C.", flush=True)


def print_qr_code(public_url: str) -> None:
    """Prints the server's address as a QR code, or a sentence that says how to get one."""
    code = qr_for_terminal(public_url)
    if code is None:
        print(f"For a QR code, and a name on the network: {HOW_TO_INSTALL}")
    elif has_letters_of(code):
        print(code)
    else:
        print(f"For a QR code, which needs letters that this output does not have: {public_url}/qr.svg")


def keep_rooms(server: GameServer, store: Store, path: str) -> None:
    """Restores the rooms from a file, and saves the server's rooms to it; raises OSError if the file cannot be used."""
    keeper = Keeper(server.lobby, path, lambda: store.flush(STORE_TIMEOUT_S / 2))
    keeper.restore()
    keeper.start()
    server.save_rooms_with(keeper.stop)


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Makes signals stop the server in good order: Ctrl-C, SIGTERM, SIGHUP (the terminal is closed), Ctrl-Break.

    A second signal ends the process at once, because a person does not want to wait. SIGHUP never counts as such a
    signal: a terminal that is closed sends two of them, and systemd sends one right after SIGTERM.
    """
    hangup = getattr(signal, "SIGHUP", None)  # Windows has no SIGHUP
    seen: set[int] = set()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        is_first = not seen
        if number != hangup and seen - {hangup}:
            os._exit(128 + number)
        seen.add(number)
        if is_first:
            stop()

    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", None), hangup):
        if number is None or (number == hangup and signal.getsignal(number) is signal.SIG_IGN):
            continue  # `nohup` has asked for a server that goes on without the terminal
        signal.signal(number, on_signal)


@contextlib.contextmanager
def logging_to_terminal(level: str) -> Iterator[None]:
    """Logs to standard error, and sums up repeated lines. level: the lowest level that is logged."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler, root = SumUp(lines), logging.getLogger()
    level_before = root.level
    root.addHandler(handler)
    root.setLevel(level.upper())
    try:
        yield
    finally:
        root.setLevel(level_before)
        root.removeHandler(handler)
        handler.close()


def tell_of_loss(error: OSError) -> None:
    """Logs that standard output accepts nothing at the moment."""
    log.warning("what is printed here, a trace too, is lost (%s); the game goes on", error.strerror)


def print_text(text: str) -> None:
    """Prints whole lines."""
    sys.stdout.write(text)


def main() -> int:
    """Runs the server until it is told to stop; returns the exit status."""
    args = make_parser().read()
    with queued_streams(tell_of_loss), logging_to_terminal(args.log_level):
        try:
            check_files(args.database, args.restore)
            store = Store(args.database)
        except (ValueError, StoreError) as error:
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
        admin_token = secrets.token_urlsafe(9) if args.admin_token is None else args.admin_token
        doorkeeper = Doorkeeper(admin_token)
        host, port = server.listen(args.host, args.port)
    except ValueError as error:
        return refuse(str(error))
    except OSError as error:
        return refuse(f"cannot listen on {args.host} port {args.port}: {error.strerror}")
    try:
        if args.restore is not None:
            keep_rooms(server, store, args.restore)
    except OSError as error:
        server.stop()
        server.serve()  # frees the port
        return refuse(f"cannot keep the rooms in {args.restore}: {error.strerror}")
    addresses = reachable_addresses(host)
    urls = [url("http", address, port) for address in addresses]
    here = local_address(host)
    add_rooms_of_their_own(server, store, doorkeeper, urls[0] if urls else None)
    if args.classroom:
        Classroom(server, doorkeeper, here, port)
    drain = Drain(server, args.drain)
    scheduling.let_threads_finish()
    crowd = Crowd(url("ws", here, port), args.bots, own=server.own_connections)
    show = FORMS[args.trace_as]
    tracer = Tracer(traced, show, print_text, server.limits, private=PRIVATE, limits_of=server.limits_of)
    server.add_tap(tracer.tap_for)
    companions = (tracer, drain, crowd, Announcement(addresses, port))
    stop_on_signals(drain.begin if args.drain else server.stop)
    announce(host, port, urls, admin_token, args.classroom)
    for companion in companions:
        companion.start()
    with server.faults.watching():
        server.serve()
    for companion in companions:
        companion.stop()
    return 0


if __name__ == "__main__":
    sys.exit(run_command("run_server", main))
