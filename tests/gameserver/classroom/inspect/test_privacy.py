"""Tests of privacy: a class does not get hidden texts, and frames without their hidden texts stay good frames."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from gameserver.classroom.inspect.cutter import Cut, Cutter
from gameserver.classroom.inspect.privacy import redact as redact_read
from gameserver.classroom.inspect.reader import Reader
from gameserver.classroom.inspect.text_spans import json_texts, msgpack_texts
from Net.deflate import MAX_WINDOW_BITS, Deflater, Parameters
from Net.frames import RSV1, apply_mask, message_frame
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet

KEY = bytes.fromhex("37fa213d")


def redact(cut: Cut, from_client: bool, hides_text: bool) -> Cut:
    """Redacts as a timeline does with the first frame of a connection that compresses each message by itself."""
    parameters = Parameters(server_no_context_takeover=True) if cut.header and cut.header.rsv else None
    message = Reader(from_client, Limits(), parameters).read(cut, 1).message
    return redact_read(cut, message, from_client, hides_text)


def cut_of(packet: Packet, from_client: bool, as_text: bool) -> Cut:
    table = TO_SERVER if from_client else TO_CLIENT
    wire = message_frame(table.encode(packet, as_text), KEY if from_client else None)
    (cut,) = Cutter(from_client).feed(wire)
    return cut


def packet_in(cut: Cut, from_client: bool, as_text: bool) -> Packet:
    assert cut.header is not None
    payload = cut.wire[cut.header.size :]
    plain = apply_mask(payload, cut.header.mask_key) if cut.header.mask_key else payload
    return (TO_SERVER if from_client else TO_CLIENT).decode(plain.decode() if as_text else plain)


HIDDEN: list[tuple[bool, Packet, Packet]] = [
    (True, Packet("JOIN", ("Ann", {"room": "den"})), Packet("JOIN", ("***", {"room": "den"}))),
    (True, Packet("CHAT", ('a "quoted" word',)), Packet("CHAT", ("*" * 15,))),
    (False, Packet("CHAT", (3, "hello")), Packet("CHAT", (3, "*****"))),
    (False, Packet("PLAYER", (3, "Ann", None)), Packet("PLAYER", (3, "***", None))),
    (False, Packet("SCOREBOARD", ([[3, "Ann", 7]],)), Packet("SCOREBOARD", ([[3, "***", 7]],))),
]


@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
@pytest.mark.parametrize(("from_client", "packet", "seen"), HIDDEN, ids=lambda value: getattr(value, "id", None))
def test_names_and_chat_are_blanked_if_the_page_hides_text(
    from_client: bool, packet: Packet, seen: Packet, as_text: bool
) -> None:
    cut = cut_of(packet, from_client, as_text)
    assert redact(cut, from_client, hides_text=False) == cut
    hidden = redact(cut, from_client, hides_text=True)
    assert len(hidden.wire) == len(cut.wire)
    if as_text and packet.args[0] == 'a "quoted" word':
        seen = Packet("CHAT", ("*" * 17,))  # with a star for each backslash of JSON
    assert packet_in(hidden, from_client, as_text) == seen


@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
def test_the_token_of_a_seat_is_never_shown(as_text: bool) -> None:
    welcome = Packet("WELCOME", (3, "den", "secret", {"tick_rate": 20}))
    shown = packet_in(redact(cut_of(welcome, False, as_text), False, hides_text=False), False, as_text)
    assert shown.args == (3, "den", "******", {"tick_rate": 20})
    join = Packet("JOIN", ("Ann", {"token": "secret"}))
    shown = packet_in(redact(cut_of(join, True, as_text), True, hides_text=False), True, as_text)
    assert shown.args == ("Ann", {"token": "******"})


def test_a_frame_that_cannot_be_read_by_itself_is_blanked_as_a_whole() -> None:
    (fragment,) = Cutter(from_client=False).feed(bytes.fromhex("0105") + b"Hello")
    for hides_text in (False, True):  # the frame may have the token of a seat
        hidden = redact(fragment, False, hides_text)
        assert hidden.wire == bytes.fromhex("0105") + b"*****"
        assert hidden.is_blanked


def test_a_compressed_frame_is_blanked_if_it_has_a_hidden_text() -> None:
    for packet, is_hidden in (
        (Packet("WELCOME", (3, "den", "secret", {"tick_rate": 20, "long": "enough to be deflated" * 3})), True),
        (Packet("NOTICE", ("what everybody may read, and again: what everybody may read",)), False),
    ):
        deflate = Deflater(MAX_WINDOW_BITS, takes_over=False).deflate
        (cut,) = Cutter(from_client=False).feed(message_frame(TO_CLIENT.encode(packet), deflate=deflate))
        assert cut.header is not None
        assert cut.header.rsv == RSV1
        hidden = redact(cut, False, hides_text=False)
        assert hidden.is_blanked is is_hidden
        assert (hidden == cut) is not is_hidden


def test_a_packet_that_is_not_whole_is_blanked_as_a_whole() -> None:
    (cut,) = Cutter(from_client=False).feed(bytes.fromhex("8207 9224 92 03 a9") + b"An")
    assert redact(cut, False, hides_text=True).wire[2:] == b"*" * 7


VALUES: list[Any] = [
    [1, ["Ann", {"a": "b", "long": "x" * 300, "deep": [["y"], {"k": "z"}]}, 1.5, -3, None, True, 2**40, b"raw"]],
    "text",
    ["x" * 40] * 20,
    {str(i): str(i) for i in range(20)},
]


@pytest.mark.parametrize("value", VALUES)
def test_texts_are_found_where_they_are(value: Any) -> None:
    for span in msgpack_texts(msgpack.packb(value)):
        at = value
        for step in span.path:
            at = at[step]
        assert msgpack.packb(value)[span.start : span.end].decode() == at


def test_texts_in_json_are_found_with_their_escapes() -> None:
    data = b'["CHAT", ["a\\"b", {"k" : "v", "l":[1, "w"]}, -1.5e3, null]]'
    assert [(span.path, data[span.start : span.end]) for span in json_texts(data)] == [
        ((0,), b"CHAT"),
        ((1, 0), b'a\\"b'),
        ((1, 1, "k"), b"v"),
        ((1, 1, "l", 1), b"w"),
    ]


SLY: list[tuple[str, bytes]] = [
    ("JSON with a space", b'[ "CHAT",["geheimnis"]]'),
    ("JSON with an escape", b'["\\u0043HAT",["geheimnis"]]'),
    ("JSON with a line break", b'\n["CHAT",["geheimnis"]]'),
    ("an array with a long head", b"\xdc\x00\x02\x06\x91\xa9geheimnis"),
    ("a code with a long head", b"\x92\xcc\x06\x91\xa9geheimnis"),
    ("a refused packet", b'["CHAT",["geheimnis", 1]]'),
    ("an unknown packet", b'["TALK",["geheimnis"]]'),
    ("a packet that takes no text", b"\x92\x07\x91\xa9geheimnis"),
    ("a map", b'["JOIN",["Ann",{"geheimnis":1}]]'),
    ("a name", b'[ "JOIN",["geheimnis"]]'),
]
SLY_TOKENS: list[tuple[str, bytes]] = [
    ("JSON with a space", b'[ "JOIN",["Ann",{"token":"geheimnis"}]]'),
    ("a key with an escape", b'["JOIN",["Ann",{"\\u0074oken":"geheimnis"}]]'),
    ("twice", b'["JOIN",["Ann",{"token":"geheimnis","token":"geheimnis"}]]'),
    ("an array with a long head", b"\xdc\x00\x02\x01\x92\xa3Ann\x81\xa5token\xa9geheimnis"),
    ("a key with a long head", b"\x92\x01\x92\xa3Ann\x81\xd9\x05token\xa9geheimnis"),
    ("a packet that is cut off", b'["JOIN",["Ann",{"token":"geheimnis"}]'),
]


@pytest.mark.parametrize(
    ("payload", "hides_text"),
    [*((payload, True) for _, payload in SLY), *((payload, False) for _, payload in SLY_TOKENS)],
    ids=[name for name, _ in SLY + SLY_TOKENS],
)
def test_no_other_way_of_writing_a_packet_shows_hidden_text(payload: bytes, hides_text: bool) -> None:
    message = payload.decode() if payload[0] < 0x80 else payload
    (cut,) = Cutter(from_client=True).feed(message_frame(message, KEY))
    hidden = redact(cut, True, hides_text)
    assert b"geheimnis" in apply_mask(cut.wire[6:], KEY)
    assert b"geheimnis" not in apply_mask(hidden.wire[6:], KEY)
    assert len(hidden.wire) == len(cut.wire)


def test_a_refused_packet_of_numbers_can_be_seen() -> None:
    (cut,) = Cutter(from_client=True).feed(message_frame(b"\x92\x02\x91\x09", KEY))
    assert redact(cut, True, hides_text=True) == cut


def test_an_error_that_quotes_a_name_is_blanked_with_it() -> None:
    error = Packet("ERROR", ("BAD_ARGUMENT", "JOIN.name must be text, not 'Ann'"))
    assert b"Ann" not in redact(cut_of(error, False, False), False, hides_text=True).wire
    assert redact(cut_of(error, False, False), False, hides_text=False) == cut_of(error, False, False)


def test_only_the_header_of_an_unmasked_client_frame_is_shown() -> None:
    wire = message_frame(b"\x92\x06\x91\xa9geheimnis")
    (cut,) = Cutter(from_client=True).feed(wire)
    hidden = redact(cut, True, hides_text=True)
    assert hidden.wire[:2] == wire[:2]
    assert b"geheimnis" not in hidden.wire
