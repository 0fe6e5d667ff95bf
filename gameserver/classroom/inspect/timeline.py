"""A tape as a list of frames, both ways, in the order of their times: the list on the page /inspect.

In:  a `Tape`, again and again. Out: `Row`s. The parser that serves the game reads each frame. A frame is dissected in
     full only when a viewer looks at it (`Timeline.explain`).
"""

from __future__ import annotations

from collections import deque
from typing import Any

from gameserver.classroom.inspect.breather import Breather
from gameserver.classroom.inspect.cutter import Cut
from gameserver.classroom.inspect.privacy import packet_id, redact
from gameserver.classroom.inspect.reader import NOT_KEPT, Reader, Reading
from gameserver.classroom.inspect.rows import Row, content_of
from gameserver.classroom.inspect.tape import Tape
from Net.deflate import Parameters
from Net.dissect.conversation import FROM_SERVER, Conversation, parameters_of
from Net.dissect.dissector import Dissector
from Net.dissect.plain import as_plain
from Net.dissect.records import Frame
from Net.limits import Limits

# The most rows and bytes that a viewer keeps of a tape: more than a tape holds when the viewer starts.
MOST_ROWS = 4000
MOST_BYTES = 8 * 2**20
HIDDEN = "its contents are hidden"


class Timeline:
    """The rows of one tape. limits: of the server. hides_text: blanks names and chat. most_bytes: of rows kept."""

    def __init__(self, tape: Tape, limits: Limits, hides_text: bool, most_bytes: int = MOST_BYTES) -> None:
        self.tape = tape
        self.most_bytes = most_bytes
        self._limits = {True: limits, False: FROM_SERVER}
        self._hides_text = hides_text
        self._is_game = tape.path == "/"
        self._parameters = opening_of(tape)[1]
        self._readers = {side: Reader(side, self._limits[side], self._parameters) for side in (True, False)}
        self._breather = Breather()
        self._rows: deque[Row] = deque()
        self._size = 0  # of the rows
        self._number = 0
        self._has_ended = False
        self._start()

    def _start(self) -> None:
        excerpt = self.tape.begin()
        self._cutters, self._next_piece = excerpt.cutters, excerpt.first

    def new_rows(self) -> list[Row]:
        """Returns the frames completed since the last call, the gaps, and at the end of the tape unfinished frames."""
        is_over = not self.tape.is_open
        pieces = self.tape.since(self._next_piece)
        if pieces is None:  # the tape has dropped pieces: go on where it begins now
            self._start()
            pieces = self.tape.since(self._next_piece) or []
        self._next_piece += len(pieces)
        rows: list[Row] = []
        for at_s, from_client, data in pieces:
            for cut in self._cutters[from_client].feed(data):
                rows += self._read(at_s, from_client, cut)
                self._breather.breathe()
        if is_over and not self._has_ended:
            self._has_ended = True
            at_s = pieces[-1].at_s if pieces else self._rows[-1].at_s if self._rows else self.tape.opened_at_s
            for from_client in (True, False):
                left = self._cutters[from_client].unfinished()
                rows += self._read(at_s, from_client, left) if left is not None else []
        return rows

    def _read(self, at_s: float, from_client: bool, cut: Cut) -> list[Row]:
        """Returns the row of a frame, after a row for the gap before it if there is one."""
        reader = self._readers[from_client]
        rows = []
        lost = reader.lost_before(cut)
        if lost:
            self._number += 1
            nothing = Reading(None, "", NOT_KEPT, self._number, self._number)
            rows.append(
                Row(self._number, at_s, from_client, Cut(b"", None, cut.offset - lost), nothing, b"", lost=lost)
            )
        self._number += 1
        reading = reader.read(cut, self._number)
        message = reading.message
        shown = redact(cut, message, from_client, self._hides_text) if self._is_game else cut
        name = packet_id(message, from_client) if self._is_game and message is not None else ""
        reading = reading._replace(message=None)
        rows.append(Row(self._number, at_s, from_client, shown, reading, cut.wire, content_of(shown, message), name))
        self._keep(rows)
        return rows

    def _keep(self, rows: list[Row]) -> None:
        """Keeps the last rows, up to the limits."""
        self._rows.extend(rows)
        self._size += sum(row.size for row in rows)
        while len(self._rows) > MOST_ROWS or (self._size > self.most_bytes and len(self._rows) > 1):
            self._size -= self._rows.popleft().size

    def rows(self) -> list[Row]:
        """Returns all rows that are kept."""
        return list(self._rows)

    def explain(self, number: int) -> dict[str, Any]:
        """Explains a frame in full, and the message that it belongs to; raises KeyError if it is not kept any more.

        Returns {"frame": ..., "message": ... or null, "frames": [numbers of the rows that the message is joined from],
        "note": why the explanation is not complete, or ""}.
        """
        row = self._find(number)
        context, rows = self._context_of(row), self._message_of(row)
        explained: dict[str, Any] = {"frame": None, "message": None, "frames": [], "note": row.reading.note}
        if context is None:
            context, rows, explained["note"] = [], [row], NOT_KEPT
        frames = self._dissect(row.from_client, context, rows)
        if row.number not in frames:  # a blanked payload can break a rule; then nothing after it is read
            frames = self._dissect(row.from_client, [], [row])
        explained["frame"] = as_plain(frames[row.number])
        if row.cut.fragment:
            parts = [other for other in rows if other.cut.fragment]
            explained["frames"] = [other.number for other in parts]
            last = frames.get(parts[-1].number)
            explained["message"] = as_plain(last)["message"] if last is not None else None
        if row.cut.is_blanked or explained["note"]:
            explained["note"] = explained["note"] or "; ".join(filter(None, (row.reading.problem, HIDDEN)))
            return _without_contents(explained, keeps_violation=bool(row.reading.problem))
        return explained

    def _dissect(self, from_client: bool, context: list[Row], rows: list[Row]) -> dict[int, Frame]:
        """Returns the frames of `rows` by number. context: the rows that must be read before them."""
        dissector = Dissector(from_client, self._limits[from_client], self._parameters)
        for row in context:
            dissector.feed(row.original)
            self._breather.breathe()
        found = {}
        for row in rows:
            frames = dissector.feed(row.cut.wire)
            frame = frames[0] if frames else dissector.unfinished()
            if frame is not None:
                found[row.number] = frame
        return found

    def _find(self, number: int) -> Row:
        first = self._rows[0].number if self._rows else number + 1
        if not first <= number <= self._number or self._rows[number - first].lost:
            raise KeyError(number)
        return self._rows[number - first]

    def _message_of(self, row: Row) -> list[Row]:
        """Returns the rows of the message that a row belongs to, with the control frames between; else only the row."""
        if not row.cut.fragment or row.reading.note:
            return [row]
        rows = []
        for other in self._rows:
            if other.from_client != row.from_client or other.number < row.reading.first:
                continue
            rows.append(other)
            if other.number >= row.number and _ends_message(other):
                break
        return rows

    def _context_of(self, row: Row) -> list[Row] | None:
        """Returns the rows that must be read before those of the row's message; None if they are not all kept."""
        first = self._rows[0].number
        if min(row.reading.context, row.reading.first) < first:
            return None
        before = (self._rows[i - first] for i in range(row.reading.context, row.reading.first))
        return [other for other in before if other.from_client == row.from_client]


def _without_contents(explained: dict[str, Any], keeps_violation: bool) -> dict[str, Any]:
    """Returns the explanation without the contents, for a frame with a blanked or unreadable payload."""
    violation = explained["frame"]["violation"] if keeps_violation else None
    return {**explained, "message": None, "frame": {**explained["frame"], "violation": violation, "message": None}}


def _ends_message(row: Row) -> bool:
    return bool(row.lost or row.reading.problem) or (
        row.cut.fragment > 0 and row.cut.header is not None and row.cut.header.fin
    )


def opening_of(tape: Tape) -> tuple[list[Any], Parameters | None]:
    """Returns the halves of a handshake, explained, and the agreed parameters of compression (None: no compression)."""
    conversation = Conversation()
    records = [*conversation.feed(True, tape.request), *conversation.feed(False, tape.response)]
    response = conversation.response
    return as_plain(records), parameters_of(response) if response is not None else None
