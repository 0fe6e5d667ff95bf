"""The companions of a server: everything that starts before it serves, stops after it, and is no part of the game.

In:  a server that listens, and what the flags say. Out: a table; each row makes one companion with `start` and `stop`.
Raises CompanionError if a companion cannot start; its text says why. The companions that have started are then stopped.
If a companion cannot stop, the log says why, and the companions after it are stopped all the same.

The store is none of them. The server is made with the store, so it opens before the server and closes after everybody.
"""

from __future__ import annotations

import contextlib
import logging
from typing import Callable, Iterator, Mapping, NamedTuple, Protocol, Sequence

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.admin.drain import Drain
from gameserver.base_game import BaseGame
from gameserver.bots.brains import brain_for
from gameserver.bots.crowd import Crowd
from gameserver.checkpoint.checkpoint import Checkpointer
from gameserver.classroom.classroom import PRIVATE, Classroom
from gameserver.dev.companion import Development
from gameserver.dev.link import Link
from gameserver.dev.live_pages import LivePages
from gameserver.dev.watched import Watched
from gameserver.lan_announce import Announcement, qr_page
from gameserver.own_pages import add_pages, read_folder
from gameserver.pages import leaderboard_page, make_pages
from gameserver.results.store import Store
from gameserver.server import GameServer
from gameserver.settings_file.watcher import SettingsWatcher
from gameserver.world.base_settings import BaseSettings
from gameserver.world_manager import GameWorldManager
from Net.address import Address
from Net.dissect.explain import FORMS
from Net.dissect.trace import Tracer
from Net.port.http import Page
from Net.port.lan import local_address, url

log = logging.getLogger(__name__)

# The time for writing the last records when the server stops. It is a part of the three seconds that a stop may take.
STORE_TIMEOUT_S = 1.0


class CompanionError(Exception):
    """A companion cannot start; the text says why."""


class Companion(Protocol):
    """Something that runs beside the server."""

    def start(self) -> None:
        """Starts it; may raise CompanionError."""

    def stop(self) -> object:
        """Ends it, after the server has stopped."""


class Surroundings(NamedTuple):
    """The parts from which companions are made: the server, and the values of the flags. host, port: where the server
    listens."""

    server: GameServer
    store: Store
    authentication: OperatorAuthentication
    admin_token: str
    drain: Drain
    host: str
    port: int
    addresses: Sequence[str]  # where other machines can open the server
    checkpoint_file: str | None  # None: no checkpoints
    settings_file: str | None  # None: the flags alone give the settings
    read_settings: Callable[[], BaseSettings]  # reads the settings file again
    web_folder: str | None  # with the game's own pages; None: it has none
    own_pages: Mapping[str, Page]  # from that folder
    has_classroom: bool
    traced: Sequence[str | Address]  # the clients whose frames are printed
    trace_as: str  # a key of FORMS
    write: Callable[[str], None]  # prints a trace
    link: Link | None  # to the supervisor of --dev; None: without --dev

    def here(self) -> str:
        """Returns the server's address on this machine."""
        return local_address(self.host)

    def public_url(self) -> str | None:
        """Returns the server's address for other machines; None if they cannot reach it."""
        return url("http", self.addresses[0], self.port) if self.addresses else None


class _Addition:
    """A companion that only adds paths to the server; they end with the server."""

    def __init__(self, add: Callable[[], object]) -> None:
        self._add = add

    def start(self) -> None:
        self._add()

    def stop(self) -> None:
        pass


class _Checkpoints:
    """Restores the rooms from a file, and saves the server's rooms to it."""

    def __init__(self, server: GameServer, store: Store, path: str) -> None:
        self._server = server
        self._path = path
        self._checkpointer = Checkpointer(server.lobby, path, lambda: store.flush(STORE_TIMEOUT_S / 2))

    def start(self) -> None:
        try:
            self._checkpointer.restore()
        except OSError as error:
            raise CompanionError(f"cannot keep the rooms in {self._path}: {error.strerror}") from error
        self._checkpointer.start()
        self._server.save_rooms_with(self._checkpointer.stop)

    def stop(self) -> None:
        self._checkpointer.stop()  # the server has already called it, unless the server could not start


class _OwnPages:
    """Adds the pages of the game, which may use no path of the server's."""

    def __init__(self, server: GameServer, pages: Mapping[str, Page]) -> None:
        self._server = server
        self._pages = pages

    def start(self) -> None:
        try:
            add_pages(self._server, self._pages)
        except ValueError as error:
            raise CompanionError(str(error)) from error

    def stop(self) -> None:
        pass


class _Trace:
    """Prints the frames of some clients."""

    def __init__(self, server: GameServer, tracer: Tracer) -> None:
        self._server = server
        self._tracer = tracer

    def start(self) -> None:
        self._server.add_tap(self._tracer.tap_for)
        self._tracer.start()

    def stop(self) -> None:
        self._tracer.stop()


def _checkpoints(of: Surroundings) -> Companion | None:
    return None if of.checkpoint_file is None else _Checkpoints(of.server, of.store, of.checkpoint_file)


def _settings_file(of: Surroundings) -> Companion | None:
    return None if of.settings_file is None else SettingsWatcher(of.server, of.settings_file, of.read_settings)


def _console(of: Surroundings) -> Companion:
    converse = Console(GameWorldManager(of.server), of.authentication).converse
    return _Addition(lambda: of.server.add_route("/admin", converse))


def _leaderboard(of: Surroundings) -> Companion:
    return _Addition(lambda: of.server.add_page("/leaderboard.json", lambda: leaderboard_page(of.store)))


def _qr_code(of: Surroundings) -> Companion:
    public_url = of.public_url()
    return _Addition(lambda: of.server.add_page("/qr.svg", lambda: qr_page(public_url)))


def _classroom(of: Surroundings) -> Companion | None:
    add = _Addition(lambda: Classroom(of.server, of.authentication, of.here(), of.port))
    return add if of.has_classroom else None


def _own_pages(of: Surroundings) -> Companion:
    return _OwnPages(of.server, of.own_pages)


def _trace(of: Surroundings) -> Companion:
    server = of.server
    show = FORMS[of.trace_as]
    return _Trace(server, Tracer(of.traced, show, of.write, server.limits, private=PRIVATE, limits_of=server.limits_of))


def _drain(of: Surroundings) -> Companion:
    return of.drain


def _bots(of: Surroundings) -> Companion:
    server = of.server
    make_brain = brain_for(server.make_game)
    return Crowd(url("ws", of.here(), of.port), server.settings.bots, make_brain, own=server.own_connections)


def _announcement(of: Surroundings) -> Companion:
    return Announcement(of.addresses, of.port)


def _development(of: Surroundings) -> Companion | None:
    if of.link is None:
        return None
    game_class, folder = of.server.make_game, of.web_folder
    start = getattr(game_class, "page", BaseGame.page)
    pages = LivePages(of.server, lambda: {**make_pages(start), **({} if folder is None else read_folder(folder))})
    return Development(of.server, of.port, of.link, Watched(game_class, folder), pages, of.drain.end_server)


# In the order of their start, which is also the order of their stop.
COMPANIONS: tuple[Callable[[Surroundings], Companion | None], ...] = (
    _checkpoints,
    _settings_file,
    _console,
    _leaderboard,
    _qr_code,
    _classroom,
    _own_pages,  # after all other pages, so that it knows the paths that are taken
    _trace,
    _drain,
    _bots,
    _announcement,
    _development,  # last, so that it knows all pages
)


@contextlib.contextmanager
def accompanied(
    surroundings: Surroundings, table: Sequence[Callable[[Surroundings], Companion | None]] = COMPANIONS
) -> Iterator[None]:
    """Starts the companions of a server, and stops them when the block ends. Raises CompanionError."""
    made = [make(surroundings) for make in table]
    started: list[Companion] = []
    try:
        for companion in made:
            if companion is not None:
                companion.start()
                started.append(companion)
        yield
    finally:
        _stop_all(started)


def _stop_all(started: Sequence[Companion]) -> None:
    """Stops all companions in their order, also those after one whose stop raises."""
    for companion in started:
        try:
            companion.stop()
        except Exception:
            log.exception("%s did not stop: a fault in the server", type(companion).__name__)
