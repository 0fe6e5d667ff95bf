"""What a class must not see: the tokens of seats, always; names and chat, if the teacher wishes.

In:  a frame of the game. Out: the same frame with `*` in place of every byte of such a text. All lengths stay, so it is
     as good a frame as before, and whatever is made of it (hex digits, explanations, captures) is clean too.
"""

from __future__ import annotations

from typing import Any

from gameserver.classroom.cutter import Cut
from gameserver.classroom.text_spans import Path, json_texts, msgpack_texts
from Net.deflate import MAX_WINDOW_BITS, Inflater
from Net.errors import ProtocolError
from Net.frames import CONTROL_BIT, RSV1, TEXT, apply_mask
from Net.PacketCodes import TO_CLIENT, TO_SERVER

# Where in [code, [arguments]] they stand: by direction and packet, the way down.
_TOKENS: dict[tuple[bool, str], Path] = {(True, "JOIN"): (1, 1, "token"), (False, "WELCOME"): (1, 2)}
_NAMES_AND_CHAT: dict[tuple[bool, str], Path] = {
    (True, "JOIN"): (1, 0),
    (True, "CHAT"): (1, 0),
    (False, "CHAT"): (1, 1),
    (False, "PLAYER"): (1, 1),
    (False, "SCOREBOARD"): (1, 0),
    (False, "GAME_OVER"): (1, 0),
}
_MOST_BYTES = 2**20
_IDS = {True: {row.code: row.id for row in TO_SERVER.rows}, False: {row.code: row.id for row in TO_CLIENT.rows}}


def packet_id(payload: bytes, from_client: bool, is_text: bool) -> str:
    """The id of the packet that a payload seems to be, "" for none: a glance at its first bytes, not a check."""
    if is_text:
        return payload[2:].partition(b'"')[0].decode("ascii", "replace") if payload[:2] == b'["' else ""
    return _IDS[from_client].get(payload[1], "") if payload[:1] == b"\x92" and len(payload) > 1 else ""


def redact(cut: Cut, from_client: bool, hides_text: bool) -> Cut:
    """Returns the frame without what must not be seen.

    What can not be blanked in its place is blanked as a whole: a compressed frame in which such a text is, and with
    `hides_text` any fragment. (A client of ours sends no fragments.)
    """
    header = cut.header
    if header is None or header.opcode & CONTROL_BIT:
        return cut
    if not header.fin or cut.fragment > 1:
        return _blanked(cut) if hides_text else cut
    payload = apply_mask(cut.wire[header.size :], header.mask_key) if header.mask_key else cut.wire[header.size :]
    is_text = header.opcode == TEXT
    try:
        plain = _inflate(payload) if header.rsv & RSV1 else payload
        ways = _ways(packet_id(plain, from_client, is_text), from_client, hides_text)
        spans = (json_texts(plain) if is_text else msgpack_texts(plain)) if ways else []
    except (IndexError, ValueError, RecursionError, ProtocolError):
        return _blanked(cut)  # not whole: who knows what is in it
    hidden = [span for span in spans if any(span.path[: len(way)] == way for way in ways)]
    if hidden and header.rsv & RSV1:
        return _blanked(cut)
    for _, start, end in hidden:
        payload = payload[:start] + b"*" * (end - start) + payload[end:]
    return _with_payload(cut, payload) if hidden else cut


def _inflate(payload: bytes) -> bytes:
    """What is in a compressed frame; the game's are compressed each by itself (`Compression.ALONE`)."""
    return Inflater(MAX_WINDOW_BITS, takes_over=False).inflate(payload, is_last=True, room_bytes=_MOST_BYTES)


def _ways(name: str, from_client: bool, hides_text: bool) -> list[Any]:
    tables = (_TOKENS, _NAMES_AND_CHAT) if hides_text else (_TOKENS,)
    return [table[from_client, name] for table in tables if (from_client, name) in table]


def _blanked(cut: Cut) -> Cut:
    length = cut.header.length if cut.header is not None else 0
    return _with_payload(cut, b"*" * length)._replace(is_blanked=True)


def _with_payload(cut: Cut, payload: bytes) -> Cut:
    header = cut.header
    assert header is not None  # nosec B101  # tells mypy that only frames come here
    key = header.mask_key
    return cut._replace(wire=cut.wire[: header.size] + (apply_mask(payload, key) if key else payload))
