"""The part of --dev that runs beside a server: it finds changes, shows problems, and hands over to a successor.

In:  the files, looked at ten times a second; the supervisor's orders.
Out: the browsers get changed pages; the supervisor is asked for a successor when the code has changed and compiles; a
     problem of the new code is in the log and on all pages, and the old code plays on.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import Any, Callable, Mapping

from gameserver.dev.channel import STARTED_NS
from gameserver.dev.link import Link
from gameserver.dev.live_pages import LivePages
from gameserver.dev.problems import Problem, syntax_problem
from gameserver.dev.rehearsal import copy_rooms
from gameserver.dev.watched import Watched, forget_bytecode
from gameserver.file_changes import FileChanges
from gameserver.repeats import EVERY_LINE
from gameserver.room import GameRoom
from gameserver.server import GameServer
from Net.close_codes import CloseCode

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1
# The longest wait for players before the world moves again. Their pages are back earlier.
RETURN_S = 1.0
RESTART = "the server restarts with the new code"


class Development:
    """Makes a server follow its files. end_server: does what a signal does."""

    def __init__(
        self,
        server: GameServer,
        port: int,
        link: Link,
        watched: Watched,
        pages: LivePages,
        end_server: Callable[[], object],
    ) -> None:
        self._server = server
        self._port = port
        self._link = link
        self._watched = watched
        self._pages = pages
        self._end_server = end_server
        self._code_changes = FileChanges(STARTED_NS)
        self._page_changes = FileChanges(STARTED_NS)
        self._changed: set[str] = set()  # the code that this process does not run
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="dev watcher", daemon=True)
        self._orders = threading.Thread(target=self._follow, name="dev orders", daemon=True)

    def start(self) -> None:
        """Starts to watch, and tells the supervisor that this server serves."""
        for room in self._server.lobby.all_rooms():
            room.clock.wait_while(partial(_is_incomplete, room), RETURN_S)
        self._pages.start()
        self.look()
        self._link.tell_port(self._port)
        self._watcher.start()
        self._orders.start()
        if not self._link.is_first:
            log.info("the new code runs", extra=EVERY_LINE)

    def stop(self) -> None:
        """Ends the watching."""
        self._stopping.set()
        self._watcher.join()

    # Changes --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception:
                log.exception("--dev: a change cannot be taken")

    def look(self) -> None:
        """Looks at all files once."""
        now_ns = time.time_ns()
        pages = self._page_changes.look(self._watched.pages(), now_ns)
        code = self._code_changes.look(self._watched.code(), now_ns)
        if pages:
            self._take_pages()
        if code:
            self._take_code(code)

    def _take_pages(self) -> None:
        try:
            self._pages.read()
        except (ValueError, OSError) as error:
            log.error("the changed pages have a problem, and the old ones stay: %s", error, extra=EVERY_LINE)
            self._pages.show("pages", str(error))
        else:
            self._pages.show("pages", None)

    def _take_code(self, changed: list[str]) -> None:
        self._changed.update(changed)
        for path in changed:
            forget_bytecode(path)
        problems = [problem for problem in map(syntax_problem, sorted(self._changed)) if problem is not None]
        if problems:
            self._show(problems[0])
            return
        try:
            copy_rooms(self._server, self._link.copy_path)
        except (Problem, OSError) as error:
            self._show(str(error))
        else:
            self._link.ask_for_successor()

    def _show(self, problem: str) -> None:
        log.error("the new code has a problem, and the old code plays on: %s", problem, extra=EVERY_LINE)
        self._pages.show("code", problem)

    # Orders ---------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        orders: Mapping[str, Callable[[Any], object]] = {
            "hand_over": lambda _: self._hand_over(),
            "problem": self._show,
            "stop": lambda _: self._end_server(),
        }
        self._link.follow(orders)
        self._end_server()  # the supervisor is gone

    def _hand_over(self) -> None:
        self._remove_bots()
        self._server.shutdown(RESTART, CloseCode.SERVICE_RESTART)

    def _remove_bots(self) -> None:
        """Takes the bots out of their rooms: the successor has new ones, and no token brings the old ones back."""
        for place in self._server.lobby.places():
            if place.seat.websocket.address in self._server.own_connections:
                self._server.remove_player_from_room(place.seat.info.id)


def _is_incomplete(room: GameRoom) -> bool:
    return any(seat.absent_since_s is not None for seat in room.roster.seats())
