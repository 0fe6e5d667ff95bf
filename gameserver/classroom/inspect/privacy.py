"""Hides the texts that a class must not see: always the tokens of seats; names and chat, if the teacher wishes.

In:  a frame of the game, and its message. Out: the same frame with `*` in place of every byte of such a text. All
     lengths stay, so the frame is as valid as before, and everything made from it (hex digits, explanations, captures)
     is clean too. A message is decoded as the game decodes it. A payload that may hold such a text in an unknown place
     is blanked as a whole.
"""

from __future__ import annotations

from typing import Any

from gameserver.classroom.inspect.cutter import Cut
from gameserver.classroom.inspect.text_spans import Path, Span, json_texts, msgpack_texts
from Net.dissect.layout import shape_of
from Net.errors import PacketError
from Net.frames import CONTROL_BIT, RSV1, apply_mask
from Net.messages import Message
from Net.PacketCodes import TO_CLIENT, TO_SERVER

# The places of these texts in [code, [arguments]]: for each direction and packet, the path from the outermost value.
_TOKENS: dict[tuple[bool, str], Path] = {(True, "JOIN"): (1, 1, "token"), (False, "WELCOME"): (1, 2)}
_NAMES_AND_CHAT: dict[tuple[bool, str], Path] = {
    (True, "JOIN"): (1, 0),
    (True, "CHAT"): (1, 0),
    (False, "CHAT"): (1, 1),
    (False, "PLAYER"): (1, 1),
    (False, "SCOREBOARD"): (1, 0),
    (False, "GAME_OVER"): (1, 0),
    (False, "ERROR"): (1, 1),  # it quotes the refused value, perhaps a name
    (False, "NOTICE"): (1, 0),  # an operator may write about a player
    # A game may put names and typed texts everywhere.
    (True, "INPUT"): (1, 0),
    (False, "GAME_STATE"): (1, 0),
    (False, "GAME_CHANGES"): (1,),
    (False, "EVENT"): (1, 1),
}
_OF_OWN_PACKETS: Path = (1,)
_TABLES = {True: TO_SERVER, False: TO_CLIENT}


def packet_id(message: Message, from_client: bool) -> str:
    """Returns the id of the packet in a message, "" if there is none; the packet's arguments may be wrong."""
    table = _TABLES[from_client]
    # Nearly all packets start with these bytes, and then their id is certain. Decoding each packet would take time from
    # the game.
    if isinstance(message, bytes) and message[:1] == b"\x92" and len(message) > 1:
        return table.id_of(message[1], as_text=False) or _decoded_id(message, from_client)
    if isinstance(message, str) and message[:2] == '["':
        return table.id_of(message[2:40].partition('"')[0], as_text=True) or _decoded_id(message, from_client)
    return _decoded_id(message, from_client)


def _decoded_id(message: Message, from_client: bool) -> str:
    table = _TABLES[from_client]
    try:
        value = table.value_in(message)
    except PacketError:
        return ""
    key = value[0] if isinstance(value, list) and value else None
    return (table.id_of(key, isinstance(message, str)) if type(key) in (int, str) else None) or ""


def redact(cut: Cut, message: Message | None, from_client: bool, hides_text: bool) -> Cut:
    """Returns the frame without the texts to hide. message: the frame's message, None if it is not known.

    A frame whose texts cannot be blanked in place is blanked as a whole: a compressed frame with such a text, and any
    fragment. (This project's client sends no fragments.)
    """
    header = cut.header
    if header is None or not cut.is_whole:
        return _beheaded(cut)
    if header.opcode & CONTROL_BIT:
        return cut
    if message is None or not header.fin or cut.fragment > 1:
        return _blanked(cut)
    name = packet_id(message, from_client)
    if from_client and not _is_packet(message):
        return cut if _is_wordless(message, name) else _blanked(cut)
    ways = _ways(name, from_client, hides_text)
    if not ways:
        return cut if name else _blanked(cut)
    spans = _texts(message)
    hidden = [span for span in spans or () if any(span.path[: len(way)] == way for way in ways)]
    if spans is None or (hidden and header.rsv & RSV1):
        return _blanked(cut)
    payload = message.encode("utf-8") if isinstance(message, str) else message
    for _, start, end in hidden:
        payload = payload[:start] + b"*" * (end - start) + payload[end:]
    return _with_payload(cut, payload) if hidden else cut


def _is_packet(message: Message) -> bool:
    try:
        TO_SERVER.decode(message)
    except PacketError:
        return False
    return True


def _is_wordless(message: Message, name: str) -> bool:
    """Returns whether a refused packet has only numbers in it."""
    try:
        value = TO_SERVER.value_in(message)
    except PacketError:
        return False
    return bool(name) and _are_numbers(value[1:])


def _are_numbers(values: list[Any]) -> bool:
    return all(
        _are_numbers(value) if type(value) is list else type(value) not in (str, bytes, dict) for value in values
    )


def _texts(message: Message) -> list[Span] | None:
    """Returns the texts in a message; None if they cannot be found."""
    try:
        return json_texts(message.encode("utf-8")) if isinstance(message, str) else msgpack_texts(message)
    except (IndexError, ValueError, RecursionError):
        return None


def _ways(name: str, from_client: bool, hides_text: bool) -> list[Path]:
    if hides_text and name in [row.id for row in _TABLES[from_client].own()]:
        return [_OF_OWN_PACKETS]
    tables = (_TOKENS, _NAMES_AND_CHAT) if hides_text else (_TOKENS,)
    return [table[from_client, name] for table in tables if (from_client, name) in table]


def _blanked(cut: Cut) -> Cut:
    header = cut.header
    size = header.size if header is not None else 0
    return _with_payload(cut, b"*" * (len(cut.wire) - size))._replace(is_blanked=True)


def _beheaded(cut: Cut) -> Cut:
    """Blanks all bytes after the header; for bytes that are not a whole frame, or whose header breaks a rule."""
    size = shape_of(cut.wire[:14]).header_size
    return cut._replace(wire=cut.wire[:size] + b"*" * (len(cut.wire) - size), is_blanked=True)


def _with_payload(cut: Cut, payload: bytes) -> Cut:
    header = cut.header
    assert header is not None  # nosec B101  # tells mypy that only frames come here
    key = header.mask_key
    return cut._replace(wire=cut.wire[: header.size] + (apply_mask(payload, key) if key else payload))
