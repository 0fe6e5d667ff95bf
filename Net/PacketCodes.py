"""The packets: one table of ids, codes and arguments. Everything else about packets derives from this table.

One WebSocket message is one packet. A binary message holds `[code, [args...]]` as MessagePack; a text message holds
`["ID", [args...]]` as JSON, so that a packet can be typed by hand.
In:  a message (`bytes` or `str`) from a stranger. Out: a checked `Packet`, or the message for one.
Raises PacketError. Its text names the packet and the argument, and says what the argument must be.
"""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple, TypeVar

from Net import strict_json
from Net.errors import PacketError
from Net.msgpack_codec import pack, unpack
from Net.schema import (
    ANGLE,
    ANY_INTEGER,
    COUNT,
    DIRECTION,
    FLAG,
    GROWING_COUNT,
    LIST,
    MAP,
    NUMBER,
    ROOM_NAME,
    STRING,
    Kind,
    integer,
    mapping,
    nullable,
    text,
)
from Net.text.characters import spelled

PROTOCOL_VERSION = 1


class Arg(NamedTuple):
    """An argument of a packet. A sender may leave out an optional argument, together with all arguments after it."""

    name: str
    kind: Kind
    optional: bool = False


class PacketType(NamedTuple):
    """A row of the table. code: one byte in MessagePack. about: the description in the documentation."""

    code: int
    id: str
    about: str
    args: tuple[Arg, ...] = ()


class Packet(NamedTuple):
    """A packet: its id and its arguments."""

    id: str
    args: tuple[Any, ...] = ()


JOIN_OPTIONS = mapping(
    {"room": ROOM_NAME, "team": integer(0, 3), "token": text(1, 64), "spectate": FLAG},
)

# Codes 1-31 go to the server.
_TO_SERVER = (
    PacketType(1, "JOIN", "enter a room", (Arg("name", text(1, 16)), Arg("options", JOIN_OPTIONS, optional=True))),
    PacketType(
        2,
        "MOVE",
        "walk in a direction (0 right, 2 down, 4 left, 6 up) or stand still (nil)",
        (Arg("direction", DIRECTION), Arg("sequence", nullable(COUNT), optional=True)),
    ),
    PacketType(3, "AIM", "look in a direction", (Arg("angle", ANGLE),)),
    PacketType(4, "ATTACK", "swing while the flag is up", (Arg("flag", FLAG), Arg("angle", ANGLE))),
    PacketType(5, "SHOOT", "one projectile, if the weapon is ready", (Arg("angle", ANGLE),)),
    PacketType(6, "CHAT", "say something to everybody in the room", (Arg("text", text(1, 120)),)),
    PacketType(7, "LEAVE", "leave the room, and stay connected"),
    PacketType(8, "READY", "a waiting room starts early when all are ready", (Arg("flag", FLAG),)),
    PacketType(9, "PING", "ask for a PONG", (Arg("number", ANY_INTEGER),)),
    PacketType(
        10, "PLACE", "build in front of you: item 0 wall, 1 spike", (Arg("item", integer(0, 1)), Arg("angle", ANGLE))
    ),
    PacketType(11, "EAT", "a meal: food becomes health"),
    PacketType(12, "UPGRADE", "change to a weapon, one of the choices in SELF", (Arg("choice", integer(0, 7)),)),
    PacketType(
        13,
        "WATCH",
        "a spectator follows a player, or with nil looks at a place",
        (Arg("player_id", nullable(COUNT)), Arg("x", NUMBER, optional=True), Arg("y", NUMBER, optional=True)),
    ),
)

_PLAYER_ID = Arg("player_id", COUNT)

# Codes 32-127 go to the client.
_TO_CLIENT = (
    PacketType(
        32,
        "WELCOME",
        "you are in",
        (_PLAYER_ID, Arg("room_id", STRING), Arg("token", STRING), Arg("settings", MAP)),
    ),
    PacketType(33, "ERROR", "what you sent was refused", (Arg("code", STRING), Arg("text", STRING))),
    PacketType(34, "PONG", "the answer to PING", (Arg("number", ANY_INTEGER), Arg("server_time_ms", GROWING_COUNT))),
    PacketType(35, "NOTICE", "a word from the operator or the server", (Arg("text", STRING),)),
    PacketType(36, "CHAT", "a player said something", (_PLAYER_ID, Arg("text", STRING))),
    PacketType(
        37,
        "ROOM",
        "the state of the room; ms_left nil: no limit",
        (
            Arg("status", STRING),
            Arg("players", COUNT),
            Arg("capacity", COUNT),
            Arg("ms_left", nullable(COUNT)),
        ),
    ),
    PacketType(
        38,
        "PLAYER",
        "who somebody is: once when it joins, and about all others when you join",
        (_PLAYER_ID, Arg("name", STRING), Arg("team", nullable(COUNT))),
    ),
    PacketType(39, "PLAYER_GONE", "a player left the room", (_PLAYER_ID,)),
    PacketType(40, "OBJECTS", "what stands: groups of id, kind, x, y, scale", (Arg("objects", LIST),)),
    PacketType(41, "OBJECTS_GONE", "what stands no more", (Arg("ids", LIST),)),
    PacketType(
        42,
        "STATE",
        "what changed in view: forget `gone`, then apply groups of id, kind, x, y, angle, health, flags",
        (Arg("tick", GROWING_COUNT), Arg("sequence", nullable(COUNT)), Arg("moved", LIST), Arg("gone", LIST)),
    ),
    PacketType(
        43,
        "SELF",
        "your own values; resources: wood, food, stone, gold; experience: in this age; choices: weapons for UPGRADE",
        (
            Arg("health", COUNT),
            Arg("score", GROWING_COUNT),
            Arg("resources", LIST),
            Arg("age", GROWING_COUNT),
            Arg("experience", GROWING_COUNT),
            Arg("experience_for_next_age", GROWING_COUNT),
            Arg("weapon", COUNT),
            Arg("choices", LIST),
        ),
    ),
    PacketType(44, "SCOREBOARD", "the best ten: lists of player id, name, score", (Arg("rows", LIST),)),
    PacketType(
        45,
        "DIED",
        "somebody died; killer nil: not by a player",
        (_PLAYER_ID, Arg("killer_id", nullable(COUNT))),
    ),
    PacketType(
        46,
        "GAME_OVER",
        "the round is over: lists of player id, name, team, score, kills, deaths, best first, and the place of each",
        (Arg("results", LIST), Arg("ms_to_next_round", COUNT), Arg("places", LIST)),
    ),
    PacketType(47, "SHUTDOWN", "the server is going", (Arg("text", STRING), Arg("ms_left", COUNT))),
    PacketType(48, "TEAMS", "the teams: lists of team, score", (Arg("rows", LIST),)),
    PacketType(49, "SETTINGS", "settings of WELCOME that the operator has changed", (Arg("settings", MAP),)),
)


class PacketTable:
    """Encodes and decodes the packets of one direction.

    rows: the table. max_items: the largest number of elements in any array or map of a packet.
    """

    def __init__(self, rows: tuple[PacketType, ...], max_items: int) -> None:
        self.rows = rows
        self._max_items = max_items
        self._by_id: dict[Any, PacketType] = {row.id: row for row in rows}
        self._by_code: dict[Any, PacketType] = {row.code: row for row in rows}
        # For each packet: the least number of arguments, and the check of each argument.
        self._least = {row.id: sum(not arg.optional for arg in row.args) for row in rows}
        self._checks = {row.id: tuple(arg.kind.check for arg in row.args) for row in rows}

    def code_of(self, packet_id: str) -> int:
        """Returns the code of a packet; raises KeyError for an unknown id."""
        return self._by_id[packet_id].code

    def value_in(self, message: str | bytes) -> Any:
        """Returns the value in a message, packet or not; raises PacketError if it is neither JSON nor MessagePack."""
        return _parse_json(message) if isinstance(message, str) else self._unpack(message)

    def encode(self, packet: Packet, as_text: bool = False) -> str | bytes:
        """Returns the message for a packet that this side sends: MessagePack, or JSON if `as_text`."""
        code = self.code_of(packet.id)
        if as_text:
            return json.dumps([packet.id, packet.args], separators=(",", ":"), ensure_ascii=False)
        return pack((code, packet.args))

    def decode(self, message: str | bytes) -> Packet:
        """Returns the packet in a message from the other side; raises PacketError if it is not valid."""
        if isinstance(message, bytes):
            row, args = self._find(self._unpack(message), self._by_code, "code")
        else:
            row, args = self._find(_parse_json(message), self._by_id, "id")
        packet_id, checks = row.id, self._checks[row.id]
        if not self._least[packet_id] <= len(args) <= len(checks):
            raise _wrong_count(row, self._least[packet_id], len(args))
        try:
            return Packet(packet_id, tuple([check(value) for check, value in zip(checks, args)]))
        except ValueError:
            raise _bad_argument(row, args) from None

    def _unpack(self, message: bytes) -> Any:
        try:
            return unpack(message, self._max_items)
        except ValueError as error:
            raise PacketError("BAD_PACKET", f"this is not MessagePack: {spelled(str(error))[:80]}") from None

    def _find(self, value: Any, rows: dict[Any, PacketType], key_name: str) -> tuple[PacketType, list[Any]]:
        if type(value) is not list or len(value) != 2 or type(value[1]) is not list:
            raise PacketError("BAD_PACKET", f"a packet is a list of two: its {key_name}, and a list of its arguments")
        key, args = value
        row = rows.get(key) if type(key) in (int, str) else None
        if row is None:
            raise PacketError("UNKNOWN_PACKET", f"there is no packet with the {key_name} {_excerpt(key)}")
        return row, args


def _wrong_count(row: PacketType, least: int, count: int) -> PacketError:
    most = len(row.args)
    wanted = str(most) if least == most else f"{least} to {most}"
    return PacketError("BAD_ARGUMENT", f"{row.id} takes {wanted} arguments, not {count}")


def _bad_argument(row: PacketType, args: list[Any]) -> PacketError:
    """Returns the error that names the first wrong argument. At least one argument must be wrong."""
    for arg, value in zip(row.args, args):
        try:
            arg.kind.check(value)
        except ValueError as error:
            return PacketError("BAD_ARGUMENT", f"{row.id}.{arg.name} must be {error}, not {_excerpt(value)}")
    raise AssertionError("every argument is good")


def _excerpt(value: Any) -> str:
    """Returns the value in short for an error text: at most 40 printable characters; a string as it was typed."""
    if type(value) is str:
        written = f"'{spelled(value[:40])}'"
        return written if len(written) <= 40 else f"{written[:36]}...'"
    written = ascii(value) if type(value) in (int, float, bool, bytes, type(None)) else f"a {type(value).__name__}"
    return written if len(written) <= 40 else f"{written[:37]}..."


def _parse_json(message: str) -> Any:
    try:
        return strict_json.parse(message)
    except ValueError as error:
        raise PacketError("BAD_PACKET", f"this is not JSON: {error}") from None


TO_SERVER = PacketTable(_TO_SERVER, max_items=16)
TO_CLIENT = PacketTable(_TO_CLIENT, max_items=2**20)

Handler = Callable[..., None]
_HandlerT = TypeVar("_HandlerT", bound=Handler)
_HANDLERS: dict[str, Handler] = {}


def handles(packet_id: str) -> Callable[[_HandlerT], _HandlerT]:
    """Registers the handler of a packet to the server. `dispatch` calls it with the session and the arguments."""
    known = [row.id for row in TO_SERVER.rows]
    if packet_id not in known or packet_id in _HANDLERS:
        raise ValueError(f"{packet_id!r} is not a packet to the server, or has a handler already")

    def register(handler: _HandlerT) -> _HandlerT:
        _HANDLERS[packet_id] = handler
        return handler

    return register


def dispatch(session: Any, packet: Packet) -> None:
    """Calls the handler of a decoded packet; raises what the handler raises."""
    _HANDLERS[packet.id](session, *packet.args)


def describe() -> dict[str, Any]:
    """Returns the whole table as plain data: the source of `/packets.json` and of docs/protocol.md."""

    def plain(rows: tuple[PacketType, ...]) -> list[dict[str, Any]]:
        return [
            {
                "code": row.code,
                "id": row.id,
                "about": row.about,
                "args": [{"name": arg.name, "must_be": arg.kind.must_be, "optional": arg.optional} for arg in row.args],
            }
            for row in rows
        ]

    return {"protocol": PROTOCOL_VERSION, "to_server": plain(_TO_SERVER), "to_client": plain(_TO_CLIENT)}
