"""Tests of the packets of docs/protocol.md: codes, ids, arguments, and the refusal of bad packets."""

from __future__ import annotations

import json
import math
import struct
from typing import Any, Callable

import msgpack
import pytest

from Net import PacketCodes
from Net.errors import PacketError
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet, PacketTable, describe, dispatch, handles
from Net.shared_packets import encode_elements, encode_value, join_list, join_packet, prefix_and_suffix
from Net.text.characters import is_plain

# Fixed by the protocol page, version 1: code, id, and arguments of a full packet.
CLIENT_TO_SERVER = [
    (1, "JOIN", ["Ada", {"room": "r1", "team": 2, "token": "abc", "spectate": True}]),
    (2, "MOVE", [3, 17]),
    (3, "AIM", [1.5]),
    (4, "ATTACK", [True, 1.5]),
    (5, "SHOOT", [1.5]),
    (6, "CHAT", ["hello"]),
    (7, "LEAVE", []),
    (8, "READY", [True]),
    (9, "PING", [2**64 - 1]),
    (10, "PLACE", [1, 1.5]),
    (11, "EAT", []),
    (12, "UPGRADE", [3]),
    (13, "WATCH", [1, 2.5, 3.5]),
    (14, "INPUT", [{"turn": "left", "keys": [1, 2]}]),
]
SERVER_TO_CLIENT = [
    (32, "WELCOME", [1, "room", "token", {"tick_rate": 30, "map_size": 14400}]),
    (33, "ERROR", ["BAD_ARGUMENT", "what was wrong"]),
    (34, "PONG", [-5, 1234]),
    (35, "NOTICE", ["bonjour à tous"]),
    (36, "CHAT", [1, "hello"]),
    (37, "ROOM", ["waiting", 3, 50, None]),
    (38, "PLAYER", [1, "Ada", None]),
    (39, "PLAYER_GONE", [1]),
    (40, "OBJECTS", [[1, 2, 300, 400, 5]]),
    (41, "OBJECTS_GONE", [[1, 2, 3]]),
    (42, "STATE", [100, 17, [1, 0, 7200, 7200, 128, 100, 1], [5]]),
    (43, "SELF", [100, 20, [1, 2, 3, 4], 2, 17, 360, 0, [1, 3]]),
    (44, "SCOREBOARD", [[[1, "Ada", 100]]]),
    (45, "DIED", [1, None]),
    (46, "GAME_OVER", [[[1, "Ada", None, 100, 3, 1]], 5000, [1]]),
    (47, "SHUTDOWN", ["see you", 3000]),
    (48, "TEAMS", [[[0, 300], [1, 200]]]),
    (49, "SETTINGS", [{"player_speed": 400}]),
    (50, "GAME_STATE", [{"tick": 7, "entities": {"snake": {"3": {"x": 1.5, "body": [[1, 2]]}}}}]),
    (51, "GAME_CHANGES", [{"food": [4]}, {"snake": {"3": {"x": 2.5}}}, {"tick": 8}]),
    (52, "EVENT", ["eaten", [3, 4]]),
]

EVERY_PACKET = [
    pytest.param(table, code, packet_id, args, id=f"{direction}-{packet_id}")
    for direction, table, rows in (
        ("to server", TO_SERVER, CLIENT_TO_SERVER),
        ("to client", TO_CLIENT, SERVER_TO_CLIENT),
    )
    for code, packet_id, args in rows
]
each_packet = pytest.mark.parametrize(("table", "code", "packet_id", "args"), EVERY_PACKET)


def test_the_table_has_exactly_the_packets_of_the_protocol() -> None:
    assert [(row.code, row.id) for row in TO_SERVER.rows] == [(code, name) for code, name, _ in CLIENT_TO_SERVER]
    assert [(row.code, row.id) for row in TO_CLIENT.rows] == [(code, name) for code, name, _ in SERVER_TO_CLIENT]


@each_packet
def test_a_packet_in_messagepack_starts_with_its_code(
    table: PacketTable, code: int, packet_id: str, args: list[Any]
) -> None:
    encoded = table.encode(Packet(packet_id, tuple(args)))
    assert isinstance(encoded, bytes)
    assert encoded[:2] == bytes([0x92, code])
    assert msgpack.unpackb(encoded) == [code, args]
    assert table.code_of(packet_id) == code


@each_packet
def test_a_packet_in_json_starts_with_its_id(table: PacketTable, code: int, packet_id: str, args: list[Any]) -> None:
    encoded = table.encode(Packet(packet_id, tuple(args)), as_text=True)
    assert isinstance(encoded, str)
    assert json.loads(encoded) == [packet_id, args]
    assert encoded.startswith(f'["{packet_id}",[')


@each_packet
@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
def test_a_packet_comes_back_as_it_was_sent(
    table: PacketTable, code: int, packet_id: str, args: list[Any], as_text: bool
) -> None:
    packet = Packet(packet_id, tuple(args))
    assert table.decode(table.encode(packet, as_text)) == packet


@each_packet
def test_the_number_of_arguments_is_checked(table: PacketTable, code: int, packet_id: str, args: list[Any]) -> None:
    row = next(row for row in table.rows if row.id == packet_id)
    assert len(row.args) == len(args)
    least = sum(not arg.optional for arg in row.args)
    for count in range(len(args) + 2):
        message = json.dumps([packet_id, [*args, None][:count]])
        if least <= count <= len(args):
            assert len(table.decode(message).args) == count
        else:
            with pytest.raises(PacketError, match=f"BAD_ARGUMENT: {packet_id} takes .* arguments, not {count}"):
                table.decode(message)


def test_only_trailing_arguments_are_optional() -> None:
    for row in (*TO_SERVER.rows, *TO_CLIENT.rows):
        optional = [arg.optional for arg in row.args]
        assert optional == sorted(optional), row.id


def test_a_packet_to_the_client_is_unknown_to_the_server_and_back() -> None:
    with pytest.raises(PacketError, match="UNKNOWN_PACKET"):
        TO_SERVER.decode('["STATE",[1,1,[],[]]]')
    with pytest.raises(PacketError, match="UNKNOWN_PACKET"):
        TO_CLIENT.decode('["MOVE",[1]]')


@pytest.mark.parametrize(
    ("message", "packet"),
    [
        ('["MOVE",[3]]', Packet("MOVE", (3,))),
        (' [ "MOVE" , [ null , 5 ] ] ', Packet("MOVE", (None, 5))),
        ('["JOIN",["  Ada Lovelace "]]', Packet("JOIN", ("Ada Lovelace",))),
        ('["JOIN",["Ada",{}]]', Packet("JOIN", ("Ada", {}))),
        ('["JOIN",["0123456789abcdef"]]', Packet("JOIN", ("0123456789abcdef",))),
        ('["ATTACK",[1,0]]', Packet("ATTACK", (True, 0.0))),
        ('["ATTACK",[false,0.5]]', Packet("ATTACK", (False, 0.5))),
        ('["PING",[-9223372036854775808]]', Packet("PING", (-(2**63),))),
        ('["PING",[18446744073709551615]]', Packet("PING", (2**64 - 1,))),
        (bytes.fromhex("92 02 91 03"), Packet("MOVE", (3,))),
        (bytes.fromhex("92 02 91 c0"), Packet("MOVE", (None,))),
        (bytes.fromhex("92 07 90"), Packet("LEAVE")),
        (bytes.fromhex("92 01 91 a3 41 64 61"), Packet("JOIN", ("Ada",))),
        # A sender need not choose the shortest form.
        (bytes.fromhex("dd00000002 cd0002 dc0001 d300000000 00000003"), Packet("MOVE", (3,))),
        (bytes.fromhex("92 03 91 ca 3f000000"), Packet("AIM", (0.5,))),
    ],
    ids=ascii,
)
def test_what_a_client_may_send(message: str | bytes, packet: Packet) -> None:
    assert TO_SERVER.decode(message) == packet


# Bad input -----------------------------------------------------------------------------------------------------


def pack(*value: Any) -> bytes:
    packed: bytes = msgpack.packb(list(value))
    return packed


NAN = struct.pack(">d", math.nan)
INFINITY = struct.pack(">d", math.inf)
DEEP = 10_000

# Message, code, and what the text must name.
BAD_PACKETS: dict[str, tuple[str | bytes, str, str]] = {
    # The envelope.
    "nothing, as binary": (b"", "BAD_PACKET", "MessagePack"),
    "nothing, as text": ("", "BAD_PACKET", "JSON"),
    "not an array": (pack()[:0] + msgpack.packb(5), "BAD_PACKET", "list of two"),
    "a map": (msgpack.packb({"code": 1}), "BAD_PACKET", "list of two"),
    "nil": (b"\xc0", "BAD_PACKET", "list of two"),
    "an empty array": (pack(), "BAD_PACKET", "list of two"),
    "a code alone": (pack(7), "BAD_PACKET", "list of two"),
    "three elements": (pack(7, [], []), "BAD_PACKET", "list of two"),
    "arguments that are no array": (pack(7, 1), "BAD_PACKET", "list of two"),
    "arguments that are a map": (pack(7, {}), "BAD_PACKET", "list of two"),
    "JSON that is no array": ('{"MOVE": 1}', "BAD_PACKET", "list of two"),
    "JSON null": ("null", "BAD_PACKET", "list of two"),
    "text that is not JSON": ("MOVE 3", "BAD_PACKET", "JSON"),
    "JSON cut off": ('["MOVE",[3]', "BAD_PACKET", "JSON"),
    "something behind the JSON": ('["MOVE",[3]]x', "BAD_PACKET", "JSON"),
    "JavaScript instead of JSON": ("['MOVE',[3]]", "BAD_PACKET", "JSON"),
    "MessagePack cut off": (pack(1, ["Ada"])[:-1], "BAD_PACKET", "MessagePack"),
    "something behind the MessagePack": (pack(7, []) + b"\x00", "BAD_PACKET", "MessagePack"),
    "the byte that MessagePack never uses": (b"\xc1", "BAD_PACKET", "MessagePack"),
    "a MessagePack text that is not UTF-8": (b"\x92\x01\x91\xa1\xff", "BAD_PACKET", "MessagePack"),
    # Unknown packets.
    "code 0": (pack(0, []), "UNKNOWN_PACKET", "0"),
    "code 31": (pack(31, []), "UNKNOWN_PACKET", "31"),
    "a code of the other direction": (pack(42, [1, 1, [], []]), "UNKNOWN_PACKET", "42"),
    "a negative code": (pack(-1, []), "UNKNOWN_PACKET", "-1"),
    "a huge code": (pack(2**64 - 1, []), "UNKNOWN_PACKET", "1844"),
    "true for code 1": (pack(True, ["Ada"]), "UNKNOWN_PACKET", "True"),
    "1.0 for code 1": (pack(1.0, ["Ada"]), "UNKNOWN_PACKET", "1.0"),
    "an id in MessagePack": (pack("MOVE", [3]), "UNKNOWN_PACKET", "MOVE"),
    "a code in JSON": ("[2,[3]]", "UNKNOWN_PACKET", "2"),
    "an array for the code": (pack([], []), "UNKNOWN_PACKET", "list"),
    "a map for the code": (pack({}, []), "UNKNOWN_PACKET", "dict"),
    "an unknown id": ('["FLY",[]]', "UNKNOWN_PACKET", "FLY"),
    "an id in small letters": ('["move",[3]]', "UNKNOWN_PACKET", "move"),
    "a very long id": (json.dumps(["X" * 60000, []]), "UNKNOWN_PACKET", "XXX"),
    "an id that is a lone surrogate": (r'["\ud800",[]]', "BAD_PACKET", "surrogate"),
    "an id of control characters": (r'["\u001b[2J",[]]', "UNKNOWN_PACKET", "(U+001B)[2J"),
    # Arguments.
    "too few arguments": (pack(3, []), "BAD_ARGUMENT", "AIM takes 1 arguments, not 0"),
    "too many arguments": (pack(7, [1]), "BAD_ARGUMENT", "LEAVE takes 0 arguments, not 1"),
    "too many for an optional argument": (pack(2, [1, 2, 3]), "BAD_ARGUMENT", "MOVE takes 1 to 2 arguments, not 3"),
    "text for an integer": (pack(2, ["3"]), "BAD_ARGUMENT", "MOVE.direction"),
    "true for an integer": (pack(2, [True]), "BAD_ARGUMENT", "MOVE.direction"),
    "3.0 for an integer": (pack(2, [3.0]), "BAD_ARGUMENT", "MOVE.direction"),
    "direction 8": (pack(2, [8]), "BAD_ARGUMENT", "MOVE.direction"),
    "direction -1": (pack(2, [-1]), "BAD_ARGUMENT", "MOVE.direction"),
    "a negative sequence number": (pack(2, [1, -1]), "BAD_ARGUMENT", "MOVE.sequence"),
    "an angle that is not a number": (b"\x92\x03\x91\xcb" + NAN, "BAD_ARGUMENT", "AIM.angle"),
    "an infinite angle": (b"\x92\x05\x91\xcb" + INFINITY, "BAD_ARGUMENT", "SHOOT.angle"),
    "a minus infinite angle": (b"\x92\x05\x91\xcb\xff\xf0" + bytes(6), "BAD_ARGUMENT", "SHOOT.angle"),
    "an infinite angle in JSON": ('["AIM",[1e999]]', "BAD_PACKET", "too large"),
    "true for an angle": (pack(3, [True]), "BAD_ARGUMENT", "AIM.angle"),
    "text for an angle": (pack(3, ["1.5"]), "BAD_ARGUMENT", "AIM.angle"),
    "2 for a flag": (pack(4, [2, 0.0]), "BAD_ARGUMENT", "ATTACK.flag"),
    "1.0 for a flag": (pack(4, [1.0, 0.0]), "BAD_ARGUMENT", "ATTACK.flag"),
    "text for a flag": (pack(8, ["yes"]), "BAD_ARGUMENT", "READY.flag"),
    "bytes for a name": (pack(1, [b"Ada"]), "BAD_ARGUMENT", "JOIN.name"),
    "an empty name": (pack(1, [""]), "BAD_ARGUMENT", "JOIN.name"),
    "a name of spaces": (pack(1, ["    "]), "BAD_ARGUMENT", "JOIN.name"),
    "a name of 17 characters": (pack(1, ["x" * 17]), "BAD_ARGUMENT", "JOIN.name"),
    "a control character in a name": (pack(1, ["A\x07a"]), "BAD_ARGUMENT", "JOIN.name"),
    "a line feed in a name": (pack(1, ["A\na"]), "BAD_ARGUMENT", "JOIN.name"),
    "a mark that turns writing round in a name": (pack(1, ["A\u202ea"]), "BAD_ARGUMENT", "JOIN.name"),
    "a lone surrogate in a name": (r'["JOIN",["\ud83d"]]', "BAD_PACKET", "surrogate"),
    "a chat line of 121 characters": (pack(6, ["x" * 121]), "BAD_ARGUMENT", "CHAT.text"),
    "options that are nil": (pack(1, ["Ada", None]), "BAD_ARGUMENT", "JOIN.options"),
    "options that are an array": (pack(1, ["Ada", []]), "BAD_ARGUMENT", "JOIN.options"),
    "an unknown option": (pack(1, ["Ada", {"admin": True}]), "BAD_ARGUMENT", "JOIN.options"),
    "a team that is true": (pack(1, ["Ada", {"team": True}]), "BAD_ARGUMENT", "team"),
    "a room that is a number": (pack(1, ["Ada", {"room": 5}]), "BAD_ARGUMENT", "room"),
    "a token too long": (pack(1, ["Ada", {"token": "x" * 65}]), "BAD_ARGUMENT", "token"),
    "a PING beyond 64 bits": ('["PING",[18446744073709551616]]', "BAD_ARGUMENT", "PING.number"),
    "a PING that is a fraction": ('["PING",[1.0]]', "BAD_ARGUMENT", "PING.number"),
    # Packets that would cost a careless reader its memory, its time or its stack.
    "a deep MessagePack array": (b"\x91" * DEEP + b"\xc0", "BAD_PACKET", "MessagePack"),
    "a deep MessagePack map": (b"\x81\xa1a" * DEEP + b"\xc0", "BAD_PACKET", "MessagePack"),
    "an array with a million declared elements": (b"\x92\x02\xdd\x00\x10\x00\x00", "BAD_PACKET", "MessagePack"),
    "an array with 2**32 - 1 declared elements": (b"\xdd\xff\xff\xff\xff", "BAD_PACKET", "MessagePack"),
    "a map with a million declared entries": (b"\xdf\x00\x10\x00\x00", "BAD_PACKET", "MessagePack"),
    "a text with 2**32 - 1 declared bytes": (b"\x92\x06\x91\xdb\xff\xff\xff\xff", "BAD_PACKET", "MessagePack"),
    "arrays of 16 arrays of 16 ...": (b"\xdc\x00\x10" * 1000, "BAD_PACKET", "MessagePack"),
    "a map with a number for a key": (b"\x92\x01\x92\xa1a\x81\x01\x01", "BAD_PACKET", "MessagePack"),
    "a map with an array for a key": (b"\x92\x01\x92\xa1a\x81\x90\x01", "BAD_PACKET", "MessagePack"),
    "an extension type": (b"\x92\x03\x91\xd4\x05\x00", "BAD_PACKET", "MessagePack"),
    "an empty extension type": (b"\x92\x03\x91\xc7\x00\x05", "BAD_PACKET", "MessagePack"),
    "a timestamp": (b"\x92\x03\x91\xd6\xff\x00\x00\x00\x00", "BAD_PACKET", "MessagePack"),
    "an empty timestamp": (b"\x92\x03\x91\xc7\x00\xff", "BAD_PACKET", "MessagePack"),
    "deep JSON": ("[" * DEEP, "BAD_PACKET", "JSON"),
    "deep and closed JSON": ("[" * DEEP + "]" * DEEP, "BAD_PACKET", ""),
    "deep JSON objects": ('{"a":' * DEEP, "BAD_PACKET", "JSON"),
    "a JSON integer of 22 digits": ('["PING",[1000000000000000000000]]', "BAD_PACKET", "more than 20 digits"),
    "a JSON integer of 60,000 digits": ('["PING",[' + "1" * 60_000 + "]]", "BAD_PACKET", "JSON"),
    "a JSON code of 60,000 digits": ("[" + "1" * 60_000 + ",[]]", "BAD_PACKET", "JSON"),
    "NaN in JSON": ('["AIM",[NaN]]', "BAD_PACKET", "JSON"),
    "Infinity in JSON": ('["AIM",[-Infinity]]', "BAD_PACKET", "JSON"),
}


@pytest.mark.parametrize(("message", "code", "named"), BAD_PACKETS.values(), ids=BAD_PACKETS)
def test_a_bad_packet_is_refused_with_a_code_and_a_text_that_names_it(
    message: str | bytes, code: str, named: str
) -> None:
    with pytest.raises(PacketError) as refused:
        TO_SERVER.decode(message)
    assert refused.value.code == code
    assert named in refused.value.text
    # The text goes out in an ERROR packet: a short line that any console can print.
    assert refused.value.text.isascii()
    assert is_plain(refused.value.text)
    assert len(refused.value.text) < 400


def test_an_error_names_the_expected_and_the_received_value() -> None:
    with pytest.raises(PacketError) as refused:
        TO_SERVER.decode('["MOVE",[9]]')
    assert refused.value.text == "MOVE.direction must be nil or an integer from 0 to 7, not 9"


def test_a_client_takes_packets_larger_than_a_server_would() -> None:
    packet = Packet("STATE", (1, None, list(range(7 * 500)), []))
    assert TO_CLIENT.decode(TO_CLIENT.encode(packet)) == packet
    assert TO_CLIENT.decode(TO_CLIENT.encode(packet, as_text=True)) == packet


def test_an_id_of_an_entity_may_be_a_number_on_its_way_to_the_client() -> None:
    packet = Packet("GAME_CHANGES", ({"food": [4]}, {"snake": {3: {"x": 2.5}}}, {"tick": 8}))
    assert TO_CLIENT.decode(TO_CLIENT.encode(packet)) == packet
    with pytest.raises(PacketError, match="BAD_PACKET"):
        TO_SERVER.decode(TO_SERVER.encode(Packet("INPUT", ({3: "up"},))))


def test_encoding_an_unknown_id_raises_key_error() -> None:
    with pytest.raises(KeyError):
        TO_CLIENT.encode(Packet("FLY"))
    with pytest.raises(KeyError):
        TO_CLIENT.encode(Packet("FLY"), as_text=True)


# Handlers ------------------------------------------------------------------------------------------------------


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[..., None]]:
    """A registry for this test alone."""
    fresh: dict[str, Callable[..., None]] = {}
    monkeypatch.setattr(PacketCodes, "HANDLERS", fresh)
    return fresh


@pytest.mark.usefixtures("handlers")
def test_a_packet_goes_to_its_handler_with_the_session_and_the_arguments() -> None:
    calls: list[Any] = []

    @handles("MOVE")
    def move(session: str, direction: int | None, sequence: int | None = None) -> None:
        calls.append((session, direction, sequence))

    @handles("LEAVE")
    def leave(session: str) -> None:
        calls.append((session, "leave"))

    dispatch("Ada", TO_SERVER.decode('["MOVE",[3]]'))
    dispatch("Bob", TO_SERVER.decode('["MOVE",[null,7]]'))
    dispatch("Ada", TO_SERVER.decode(pack(7, [])))
    assert calls == [("Ada", 3, None), ("Bob", None, 7), ("Ada", "leave")]
    move("direct", 1)
    assert calls[-1] == ("direct", 1, None)


def test_only_packets_to_the_server_have_handlers(handlers: dict[str, Callable[..., None]]) -> None:
    for wrong in ("STATE", "FLY", "move", ""):
        with pytest.raises(ValueError, match="is not a packet to the server"):
            handles(wrong)
    assert handlers == {}


@pytest.mark.usefixtures("handlers")
def test_a_packet_has_one_handler() -> None:
    handles("MOVE")(print)
    with pytest.raises(ValueError, match="has a handler already"):
        handles("MOVE")


@pytest.mark.usefixtures("handlers")
def test_an_exception_of_a_handler_is_not_hidden() -> None:
    @handles("LEAVE")
    def leave(_session: None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dispatch(None, Packet("LEAVE"))


# The description -----------------------------------------------------------------------------------------------


def test_the_description_is_plain_data_of_every_row() -> None:
    description = describe()
    assert json.loads(json.dumps(description)) == description
    assert description["protocol"] == 1
    for direction, rows in (("to_server", CLIENT_TO_SERVER), ("to_client", SERVER_TO_CLIENT)):
        described = [(row["code"], row["id"], len(row["args"])) for row in description[direction]]
        assert described == [(code, name, len(args)) for code, name, args in rows]
        for row in description[direction]:
            assert row["about"]
            assert all(arg["name"] and arg["must_be"] for arg in row["args"])


# Packets joined from prefix and suffix -------------------------------------------------------------------------


@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
@pytest.mark.parametrize("sizes", [[], [0], [1], [7, 0, 8], [15], [16], [0, 16, 0], [65535], [30000, 35536], [70000]])
def test_a_packet_joined_from_prefix_and_suffix_is_the_whole_packet(sizes: list[int], as_text: bool) -> None:
    moved = [list(range(size)) for size in sizes]
    parts = [encode_elements(values, as_text) for values in moved]
    gone = [encode_elements([1, 2], as_text)]
    args = [
        encode_value(100, as_text),
        encode_value(None, as_text),
        join_list(parts, as_text),
        join_list(gone, as_text),
    ]
    joined = join_packet("STATE", args, as_text)
    head, tail = prefix_and_suffix("STATE", args[:1], args[2:], as_text)
    assert head + args[1] + tail == joined
    whole = Packet("STATE", (100, None, [value for values in moved for value in values], [1, 2]))
    assert TO_CLIENT.decode(joined) == whole
    if not as_text:
        assert joined == TO_CLIENT.encode(whole)
