"""The server's side of the page /inspect: live connections and their frames, for viewers that are admitted.

In:  first the token, as `OperatorAuthentication` asks for it; then commands (COMMANDS, encoded as
     `gameserver.admin.commands` says).
Out: once a second {"connections": [...]}; four times a second the new rows: {"rows": [...], "skipped": n,
     "left_out": connections} (`plain_row`); and the answers. The viewer's own thread does all the work, a little at a
     time.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

from gameserver.admin.commands import Argument, CommandError, Commands, obey, send_json
from gameserver.classroom.inspect.archive import Archive
from gameserver.classroom.inspect.breather import Breather
from gameserver.classroom.inspect.capture import capture_file
from gameserver.classroom.inspect.rows import has_words, plain_row
from gameserver.classroom.inspect.tape import Tape
from gameserver.classroom.inspect.timeline import MOST_BYTES, Timeline, opening_of
from gameserver.classroom.kinds import list_of
from Net.address import Address
from Net.limits import LimitsOf
from Net.schema import COUNT, FLAG, nullable, text
from Net.websocket import WebSocket

ROWS_EVERY_S = 0.25
CONNECTIONS_EVERY_S = 1.0
# Nobody can read more rows at once. The page shows how many rows were left out.
MOST_ROWS_AT_ONCE = 1000
ROWS_IN_A_MESSAGE = 100
MOST_CHOSEN = 64
# The most bytes of rows that one viewer keeps: for 64 connections, twice the size of their tapes. Then the same for all
# viewers together.
MOST_BYTES_OF_VIEWER, MOST_BYTES_IN_ALL = 16 * 2**20, 64 * 2**20

_CONNECTIONS = nullable(list_of(COUNT, MOST_CHOSEN))

COMMANDS: Commands = {
    "watch": {"connections": Argument(_CONNECTIONS), "hides_text": Argument(FLAG)},  # connections: nil: all
    "explain": {"connection": Argument(COUNT), "number": Argument(COUNT)},
    "search": {"words": Argument(text(0, 200))},
    "handshake": {"connection": Argument(COUNT)},
    "capture": {"connections": Argument(_CONNECTIONS)},
}


class Inspector:
    """Serves viewers.

    address: of the server. limits_of: the limits of a path. admits: returns whether a viewer may look. names: of the
    players, by address.
    """

    def __init__(
        self,
        archive: Archive,
        address: Address,
        limits_of: LimitsOf,
        admits: Callable[[WebSocket], bool],
        names: Callable[[], dict[Address, str]],
    ) -> None:
        self.archive = archive
        self.address = address
        self.limits_of = limits_of
        self.names = names
        self._admits = admits
        self._lock = threading.Lock()
        self._viewers = 0

    def converse(self, websocket: WebSocket) -> None:
        """Serves one viewer until the connection ends; then raises ConnectionClosed."""
        if not self._admits(websocket):
            return
        with self._lock:
            self._viewers += 1
        try:
            _Viewer(self, websocket).run()
        finally:
            with self._lock:
                self._viewers -= 1

    def bytes_of_viewer(self) -> int:
        """Returns how many bytes of rows each viewer may keep."""
        return min(MOST_BYTES_OF_VIEWER, MOST_BYTES_IN_ALL // max(1, self._viewers))


class _Viewer:
    """One open page."""

    def __init__(self, inspector: Inspector, websocket: WebSocket) -> None:
        self._inspector = inspector
        self._websocket = websocket
        self._chosen: frozenset[int] | None = frozenset()  # None: all
        self._hides_text = False
        self._words = ""  # the words that the viewer searches for
        self._breather = Breather()
        self._timelines: dict[int, Timeline] = {}

    def run(self) -> None:
        rows_due_s = connections_due_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            if now_s >= connections_due_s:
                send_json(self._websocket, {"connections": self._connections()})
                connections_due_s = now_s + CONNECTIONS_EVERY_S
            if now_s >= rows_due_s:
                self._send_rows()
                rows_due_s = time.monotonic() + ROWS_EVERY_S
            try:
                message = self._websocket.receive(max(0.001, rows_due_s - time.monotonic()))
            except TimeoutError:
                continue
            send_json(self._websocket, obey(message, COMMANDS, self._run))

    def _connections(self) -> list[dict[str, Any]]:
        names = {} if self._hides_text else self._inspector.names()
        return [
            {
                "number": tape.number,
                "address": str(tape.address),
                "path": tape.path,
                "name": names.get(tape.address, ""),
                "is_open": tape.is_open,
                "status": tape.response[9:12].decode("latin-1"),
                "bytes_in": tape.bytes_in,
                "bytes_out": tape.bytes_out,
            }
            for tape in self._inspector.archive.tapes()
        ]

    def _send_rows(self) -> None:
        tapes, left_out = self._chosen_tapes(self._chosen)
        self._follow(tapes)
        rows = [(row.at_s, row, timeline.tape) for timeline in self._timelines.values() for row in timeline.new_rows()]
        rows.sort(key=lambda found: (found[0], found[1].number))
        shown = rows[-MOST_ROWS_AT_ONCE:]
        for start in range(0, len(shown), ROWS_IN_A_MESSAGE):
            plain = []
            for _, row, tape in shown[start : start + ROWS_IN_A_MESSAGE]:
                plain.append(plain_row(row, tape, self._words))
                self._breather.breathe()
            is_last = start + ROWS_IN_A_MESSAGE >= len(shown)
            skipped = len(rows) - len(shown) if is_last else 0
            send_json(self._websocket, {"rows": plain, "skipped": skipped, "left_out": left_out})

    def _chosen_tapes(self, chosen: frozenset[int] | None) -> tuple[list[Tape], int]:
        """Returns the chosen tapes, and how many are left out: first ended tapes, and of these the oldest first."""
        tapes = [tape for tape in self._inspector.archive.tapes() if chosen is None or tape.number in chosen]
        tapes.sort(key=lambda tape: (tape.is_open, tape.number))
        kept = sorted(tapes[-MOST_CHOSEN:], key=lambda tape: tape.number)
        return kept, len(tapes) - len(kept)

    def _follow(self, tapes: list[Tape]) -> None:
        known, self._timelines = self._timelines, {}
        for tape in tapes:
            limits = self._inspector.limits_of(tape.path)
            self._timelines[tape.number] = known.get(tape.number) or Timeline(tape, limits, self._hides_text)
            self._breather.breathe()
        for timeline in self._timelines.values():
            timeline.most_bytes = min(MOST_BYTES, self._inspector.bytes_of_viewer() // len(tapes))

    def _run(self, name: str, arguments: dict[str, Any]) -> Any:
        return getattr(self, f"_{name}")(**arguments)

    def _watch(self, connections: list[int] | None, hides_text: bool) -> None:
        self._chosen = None if connections is None else frozenset(connections)
        self._hides_text = hides_text
        self._timelines = {}

    def _explain(self, connection: int, number: int) -> dict[str, Any]:
        try:
            return self._timelines[connection].explain(number)
        except KeyError:
            raise CommandError("this frame is not kept any more") from None

    def _search(self, words: str) -> list[list[int]]:
        """Returns the frames with these words, as pairs of connection and number; each new row says it for itself."""
        self._words = words.lower()
        found = []
        for timeline in self._timelines.values() if words else ():
            for row in timeline.rows():
                if has_words(row, self._words):
                    found.append([timeline.tape.number, row.number])
                self._breather.breathe()
        return found

    def _handshake(self, connection: int) -> list[Any]:
        for tape in self._chosen_tapes(frozenset((connection,)))[0]:
            return opening_of(tape)[0]
        raise CommandError("this connection is not kept any more")

    def _capture(self, connections: list[int] | None) -> str:
        chosen = None if connections is None else frozenset(connections)
        inspector = self._inspector
        return capture_file(self._chosen_tapes(chosen)[0], inspector.address, inspector.limits_of, self._hides_text)
