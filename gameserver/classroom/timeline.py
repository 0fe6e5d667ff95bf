"""A tape as a list of frames, both ways, in the order of their times: what the page /inspect lists.

In:  a `Tape`, again and again. Out: `Row`s: a frame with its time, and a line that says what it is. A frame is taken
     apart in full only when somebody looks at it (`Timeline.explain`), by the parser that serves the game.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from gameserver.classroom.cutter import Cut
from gameserver.classroom.privacy import packet_id, redact
from gameserver.classroom.tape import Tape
from Net.conversation import Conversation
from Net.deflate import Parameters, check_answer
from Net.dissect import Dissector
from Net.extensions import parse_extensions
from Net.frames import BINARY, CLOSE, OPCODE_NAMES, RSV1, TEXT, Header, apply_mask
from Net.limits import Limits
from Net.plain import as_plain

# What comes from the server is bounded by the server.
FROM_SERVER = Limits(message_bytes=2**24, fragments=2**16)
# What a viewer keeps of a tape: more than a tape holds when a viewer begins.
MOST_ROWS = 4000
SHOWN_CHARACTERS = 60
SHOWN_BYTES = 16


class Row(NamedTuple):
    """A frame of a tape. number: from 1, both directions together. at_s: Unix time, when its last byte was there."""

    number: int
    at_s: float
    from_client: bool
    cut: Cut


class Timeline:
    """The rows of one tape. limits: of the server. hides_text: blanks names and chat."""

    def __init__(self, tape: Tape, limits: Limits, hides_text: bool) -> None:
        self.tape = tape
        self._limits = limits
        self._hides_text = hides_text
        self._is_game = tape.path == "/"
        self._parameters = opening_of(tape)[1]
        self._rows: deque[Row] = deque(maxlen=MOST_ROWS)
        self._number = 0
        self._start()

    def _start(self) -> None:
        excerpt = self.tape.begin()
        self._cutters, self._next_piece = excerpt.cutters, excerpt.first

    def new_rows(self) -> list[Row]:
        """The frames that were completed since the last call."""
        pieces = self.tape.since(self._next_piece)
        if pieces is None:  # the tape has run away from us: go on where it begins now
            self._start()
            pieces = self.tape.since(self._next_piece) or []
        self._next_piece += len(pieces)
        rows = []
        for at_s, from_client, data in pieces:
            for cut in self._cutters[from_client].feed(data):
                self._number += 1
                shown = redact(cut, from_client, self._hides_text) if self._is_game else cut
                rows.append(Row(self._number, at_s, from_client, shown))
        self._rows.extend(rows)
        return rows

    def rows(self) -> list[Row]:
        """All rows that are kept."""
        return list(self._rows)

    def explain(self, number: int) -> dict[str, Any]:
        """A frame in full, and the message that it is a part of; raises KeyError when it is not kept any more.

        Returns {"frame": ..., "message": ... or null, "frames": [numbers of the rows that the message is joined from]}.
        """
        row = self._find(number)
        message_rows = self._message_of(row)
        dissector = Dissector(row.from_client, self._limits if row.from_client else FROM_SERVER, self._parameters)
        explained: dict[str, Any] = {"frame": None, "message": None, "frames": []}
        for other in self._before(message_rows[0]) + message_rows:
            for frame in dissector.feed(other.cut.wire):
                plain = as_plain(frame)
                if other.number == number:
                    explained["frame"] = plain
                if other in message_rows and row.cut.fragment:
                    explained["message"] = plain["message"]
        if row.cut.fragment:
            explained["frames"] = [other.number for other in message_rows if other.cut.fragment]
        return _without_hidden(explained) if row.cut.is_blanked else explained

    def _find(self, number: int) -> Row:
        first = self._rows[0].number if self._rows else number + 1
        if not first <= number <= self._number:
            raise KeyError(number)
        return self._rows[number - first]

    def _message_of(self, row: Row) -> list[Row]:
        """The rows of the message that a row is a part of, with the control frames in between; else the row alone."""
        if row.cut.header is None or not (row.cut.fragment or row.cut.is_between):
            return [row]
        same = [other for other in self._rows if other.from_client == row.from_client]
        start = end = same.index(row)
        while start > 0 and same[start].cut.fragment != 1:
            start -= 1
        while end + 1 < len(same) and not _ends_message(same[end].cut):
            end += 1
        return same[start : end + 1]

    def _before(self, row: Row) -> list[Row]:
        """What a dissector must have seen before a row: all from the first frame, if a deflate window is kept."""
        same = [other for other in self._rows if other.from_client == row.from_client and other.number < row.number]
        return same if self._parameters is not None and same and same[0].cut.offset == 0 else []


def _without_hidden(explained: dict[str, Any]) -> dict[str, Any]:
    """What can be said of a frame whose payload was blanked: nothing of its contents."""
    return {**explained, "message": None, "frame": {**explained["frame"], "violation": None, "message": None}}


def _ends_message(cut: Cut) -> bool:
    return cut.header is None or (cut.fragment > 0 and cut.header.fin)


def opening_of(tape: Tape) -> tuple[list[Any], Parameters | None]:
    """The halves of a handshake, explained, and what was agreed on about compression."""
    conversation = Conversation()
    records = [*conversation.feed(True, tape.request), *conversation.feed(False, tape.response)]
    response = conversation.response
    extension = response.extension if response is not None else None
    return as_plain(records), check_answer(parse_extensions([extension])) if extension else None


def plain_row(row: Row, tape: Tape) -> dict[str, Any]:
    """A row for the list on the page, as JSON: short names, for there are many."""
    number, at_s, from_client, cut = row
    plain: dict[str, Any] = {
        "connection": tape.number,
        "number": number,
        "at_ms": round(1000 * (at_s - tape.opened_at_s)),
        "up": from_client,
        "size": len(cut.wire),
        "fragment": cut.fragment,
        "between": cut.is_between,
    }
    if cut.header is None:
        plain.update(opcode="?", fin=True, label="breaks a rule", packet="", start="", broken=True)
        return plain
    header = cut.header
    payload = cut.wire[header.size :]
    if header.mask_key:
        payload = apply_mask(payload, header.mask_key)
    is_plain = not header.rsv & RSV1 and cut.fragment == 1
    name = packet_id(payload, from_client, header.opcode == TEXT) if is_plain and tape.path == "/" else ""
    plain.update(opcode=OPCODE_NAMES[header.opcode], fin=header.fin, packet=name, broken=False)
    plain["start"] = payload[:SHOWN_BYTES].hex(" ")
    return {**plain, "label": name if name and header.fin else _glance(header, payload)}


def _glance(header: Header, payload: bytes) -> str:
    """The start of a payload, for people."""
    if header.rsv & RSV1:
        return f"{header.length} bytes, compressed"
    if header.opcode == CLOSE and len(payload) >= 2:
        return f"{int.from_bytes(payload[:2], 'big')} {payload[2:].decode('utf-8', 'replace')}"
    text = payload[: 4 * SHOWN_CHARACTERS].decode("utf-8", "replace")
    if text.isprintable() and header.opcode != BINARY and "\ufffd" not in text:
        return text[:SHOWN_CHARACTERS]
    return payload[:SHOWN_BYTES].hex(" ")
