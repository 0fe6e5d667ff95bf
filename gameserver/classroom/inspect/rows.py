"""A row of the list on the page /inspect: a frame, and a line that describes it.

In:  a `Row`. Out: the row as JSON, and whether it has some words in it. This file reads only the parts of a frame that
     may be shown.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gameserver.classroom.inspect.cutter import Cut
from gameserver.classroom.inspect.reader import Reading
from gameserver.classroom.inspect.tape import Tape
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_NAMES, OPCODE_TEXT, RSV1, apply_mask
from Net.messages import Message
from Net.text.characters import is_plain

SHOWN_CHARACTERS = 60
SHOWN_BYTES = 16
# The memory of a row without the bytes of its frame.
ROW_COST_BYTES = 1000


class Row(NamedTuple):
    """A frame of a tape, or a gap between frames.

    number: from 1, both directions together. at_s: Unix time at which its last byte was there. cut: the frame as it may
    be shown. reading: the parser's reading, without the message. original: all its bytes, unchanged; they are only for
    reading later frames. content: its message, if that differs from its payload. packet: the id of the packet in it.
    lost: the number of missing bytes; if there are any, the row is a gap and no frame.
    """

    number: int
    at_s: float
    from_client: bool
    cut: Cut
    reading: Reading
    original: bytes
    content: bytes | None = None
    packet: str = ""
    lost: int = 0

    @property
    def size(self) -> int:
        """Its memory, in bytes."""
        hidden = 0 if self.original is self.cut.wire else len(self.original)
        return ROW_COST_BYTES + len(self.cut.wire) + hidden + len(self.content or b"")


def content_of(cut: Cut, message: Message | None) -> bytes | None:
    """Returns the message to search in, if it differs from the frame's payload. cut: the frame as it may be shown."""
    if message is None or cut.is_blanked or cut.header is None:
        return None
    if cut.fragment == 1 and not cut.header.rsv & RSV1:
        return None
    return message.encode("utf-8") if isinstance(message, str) else message


def payload_of(cut: Cut) -> bytes:
    """Returns the payload, unmasked."""
    header = cut.header
    if header is None:
        return b""
    payload = cut.wire[header.size :]
    return apply_mask(payload, header.mask_key) if header.mask_key else payload


def has_words(row: Row, words: str) -> bool:
    """Returns whether the words are in the visible part of a row. words: text in lower case, or hex digits."""
    content = payload_of(row.cut) if row.content is None else row.content
    try:
        wanted = bytes.fromhex(words)
    except ValueError:
        wanted = b""
    return (bool(wanted) and wanted in content) or words in content.decode("utf-8", "replace").lower()


def plain_row(row: Row, tape: Tape, words: str = "") -> dict[str, Any]:
    """Returns a row for the page, as JSON; the names are short, because there are many rows. words: to search for."""
    cut, header = row.cut, row.cut.header
    plain: dict[str, Any] = {
        "connection": tape.number,
        "number": row.number,
        "at_ms": round(1000 * (row.at_s - tape.opened_at_s)),
        "clock_ms": round(1000 * row.at_s),
        "up": row.from_client,
        "size": row.lost or len(cut.wire),
        "fragment": cut.fragment,
        "between": cut.is_between,
        "opcode": OPCODE_NAMES[header.opcode] if header is not None else "?",
        "fin": header is None or header.fin,
        "packet": row.packet,
        "broken": bool(row.reading.problem),
        "start": payload_of(cut)[:SHOWN_BYTES].hex(" "),
    }
    if row.lost:
        return {**plain, "opcode": "gap", "label": "bytes that are not kept any more"}
    plain["label"] = row.reading.problem or _label(row)
    if words:
        plain["found"] = has_words(row, words)
    return plain


def _label(row: Row) -> str:
    """Returns the description of a correct frame, for people."""
    cut, header = row.cut, row.cut.header
    if not cut.is_whole or header is None:
        return "not all of it has come"
    if row.packet and header.fin:
        return row.packet
    if cut.is_blanked:
        return "hidden"
    payload = payload_of(cut)
    if header.opcode == OPCODE_CLOSE and len(payload) >= 2:
        return f"{int.from_bytes(payload[:2], 'big')} {payload[2:].decode('utf-8', 'replace')}"
    if header.rsv & RSV1:
        about = _glance(row.content, header.opcode == OPCODE_TEXT) if row.content else ""
        return f"{header.length} bytes, compressed" + (f": {about}" if about else "")
    return _glance(payload, header.opcode != OPCODE_BINARY)


def _glance(payload: bytes, may_be_text: bool) -> str:
    """Returns the start of a payload, as text or as hex digits."""
    text = payload[: 4 * SHOWN_CHARACTERS].decode("utf-8", "replace")
    if may_be_text and is_plain(text) and "\ufffd" not in text:
        return text[:SHOWN_CHARACTERS]
    return payload[:SHOWN_BYTES].hex(" ")
