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

from gameserver.dev.supervisor import is_asked_for, supervise
from Net.text.characters import printable
from Net.text.command_line import EXIT_USAGE
from Net.text.terminal import has_letters_of, queued_streams, run_command


def refuse(reason: str) -> int:
    """Prints why the server does not start; returns the exit status."""
    print(f"run_server: {printable(reason)}", file=sys.stderr)
    return EXIT_USAGE


if __name__ == "__main__" and is_asked_for(sys.argv[1:]):  # before the long imports, which the supervisor needs not
    sys.exit(run_command("run_server", lambda: supervise(sys.argv[1:])))

try:
    import msgpack  # noqa: F401  (Net needs it; imported here, so that one sentence says what is missing)
except ImportError:
    MISSING = "the package msgpack is missing; install it with: python -m pip install msgpack"
    sys.exit(run_command("run_server", lambda: refuse(MISSING)))

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.drain import Drain
from gameserver.base_game import BaseGame
from gameserver.checkpoint.file_checks import check_files
from gameserver.companions import STORE_TIMEOUT_S, CompanionError, Surroundings, accompanied
from gameserver.dev.channel import Place
from gameserver.dev.link import Link
from gameserver.dev.rehearsal import rehearse
from gameserver.flag_values import make_game_settings, make_settings, who_is_traced
from gameserver.flags import make_parser
from gameserver.game_loader.loader import load_game
from gameserver.lan_announce import HOW_TO_INSTALL, qr_for_terminal, why_nobody_else
from gameserver.own_pages import read_folder
from gameserver.repeats import SumUp
from gameserver.results.recorder import FORGETFUL, Recorder
from gameserver.results.store import Store, StoreError
from gameserver.server import GameServer
from gameserver.settings_file.writer import write
from Net import scheduling
from Net.port.lan import ANY_HOST, local_address, reachable_addresses, url

log = logging.getLogger(__name__)


def make_server(args: argparse.Namespace, game_class: type[BaseGame], recorder: Recorder) -> GameServer:
    """Builds the server that the flags describe; raises ValueError for a value that is not allowed."""
    server_settings, game_settings, limits = make_settings(args, game_class)
    return GameServer(server_settings, game_settings, limits, game_class, recorder)


def announce(surroundings: Surroundings) -> None:
    """Prints the addresses of the server and the operator's token."""
    here, port = surroundings.here(), surroundings.port
    here_url = url("http", "localhost" if here == local_address(ANY_HOST) else here, port)
    print(f"Game server on port {port}. Open it on this machine: {here_url}")
    for address in surroundings.addresses:
        print(f"  on other machines: {url('http', address, port)}")
    public_url = surroundings.public_url()
    if public_url is not None:
        print_qr_code(public_url)
    else:
        print(why_nobody_else(surroundings.host))
    print(f"Operator's token for /admin: {surroundings.admin_token}")
    if surroundings.has_classroom:
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
    if args.print_settings:
        return print_settings(args)
    place = Place.in_environment() if args.dev else None
    if args.dev and place is None:  # it was abbreviated
        return supervise(sys.argv[1:])
    link = None if place is None else Link(place.connect(), place.number == 1, args)
    with queued_streams(tell_of_loss), logging_to_terminal(args.log_level):
        try:
            check_files(args.database, args.restore, args.settings)
            game_class = load_game(args.game) if link is None else link.prepare(lambda: load_and_rehearse(args, link))
            store = Store(args.database)
        except (ValueError, StoreError) as error:
            return refuse(str(error))
        try:
            return serve(args, game_class, store, link)
        finally:
            store.close(STORE_TIMEOUT_S)


def print_settings(args: argparse.Namespace) -> int:
    """Prints a full settings file with the values that the flags give; returns the exit status."""
    try:
        text = write(make_game_settings(args, load_game(args.game)))
    except ValueError as error:
        return refuse(str(error))
    print_text(text)
    return 0


def load_and_rehearse(args: argparse.Namespace, link: Link) -> type[BaseGame]:
    """Loads the game, and tries it on a copy of the matches of the server before this one; raises what fails.

    The pages are read too, because this server must not fail any more when the other one has ended.
    """
    game_class = load_game(args.game)
    if not link.is_first:
        if args.web is not None:
            read_folder(args.web)
        rehearse(make_server(args, game_class, FORGETFUL), link.copy_path)
    return game_class


def serve(args: argparse.Namespace, game_class: type[BaseGame], store: Store, link: Link | None = None) -> int:
    """Serves until it is told to stop; returns the exit status."""
    try:
        surroundings = open_port(args, game_class, store, link)
    except ValueError as error:
        return refuse(str(error))
    except OSError as error:
        return refuse(f"cannot listen on {args.host} port {args.port}: {error.strerror}")
    server = surroundings.server
    scheduling.let_threads_finish()
    try:
        with accompanied(surroundings):
            stop_on_signals(surroundings.drain.end_server)
            if link is None or link.is_first:
                announce(surroundings)
            with server.faults.watching():
                server.serve()
    except CompanionError as error:
        server.stop()
        server.serve()  # frees the port
        return refuse(str(error))
    return 0


def open_port(
    args: argparse.Namespace, game_class: type[BaseGame], store: Store, link: Link | None = None
) -> Surroundings:
    """Makes the server that the flags describe and opens its port; raises ValueError for a bad value, and OSError."""
    traced = who_is_traced(args)
    own_pages = {} if args.web is None else read_folder(args.web)
    server = make_server(args, game_class, store)
    admin_token = secrets.token_urlsafe(9) if args.admin_token is None else args.admin_token
    authentication = OperatorAuthentication(admin_token)
    host, port = server.listen(args.host, args.port)
    return Surroundings(
        server=server,
        store=store,
        authentication=authentication,
        admin_token=admin_token,
        drain=Drain(server, args.drain),
        host=host,
        port=port,
        addresses=reachable_addresses(host),
        checkpoint_file=args.restore,
        settings_file=args.settings,
        read_settings=lambda: make_game_settings(args, game_class),
        web_folder=args.web,
        own_pages=own_pages,
        has_classroom=args.classroom,
        traced=traced,
        trace_as=args.trace_as,
        write=print_text,
        link=link,
    )


def run() -> int:
    """Runs the command; returns the exit status."""
    return run_command("run_server", main)


if __name__ == "__main__":
    sys.exit(run())
