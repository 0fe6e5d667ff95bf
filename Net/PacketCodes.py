"""The packets: one table of ids, codes and arguments, from which all else about packets derives.

The game enters its handlers in a second table, HANDLERS (see gameserver/handlers.py).

Each row is data: `Net.packets` encodes and decodes by it, `/packets.json` and docs/protocol.md show it, and a handler
is registered for its id. The rows name things of the game, such as walls and weapons, but this file imports nothing of
the game.
"""

from __future__ import annotations

from typing import Any, Callable, TypeVar

from Net.packets import Arg, Packet, PacketTable, PacketType
from Net.schema import (
    ANGLE,
    ANY,
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
    integer,
    mapping,
    nullable,
    text,
)

__all__ = [
    "HANDLERS",
    "PROTOCOL_VERSION",
    "TO_CLIENT",
    "TO_SERVER",
    "Packet",
    "PacketTable",
    "describe",
    "dispatch",
    "handles",
]

PROTOCOL_VERSION = 1

JOIN_OPTIONS = mapping(
    {"room": ROOM_NAME, "team": integer(0, 3), "token": text(1, 64), "spectate": FLAG},
)

# Codes 1-15 go to the server. `TO_SERVER` keeps the codes after them for packets of a game's own.
_TO_SERVER = (
    PacketType(1, "JOIN", "enter a room", (Arg("name", text(1, 16)), Arg("options", JOIN_OPTIONS, optional=True))),
    PacketType(
        2,
        "MOVE",
        "walk in a direction (0 right, 1 right and down, 2 down, and so on round to 7) or stand still (nil)",
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
    PacketType(
        14,
        "INPUT",
        "an input for a game without packets of its own: a value that the game checks",
        (Arg("value", ANY),),
    ),
)

_PLAYER_ID = Arg("player_id", COUNT)

# Codes 32-95 go to the client. `TO_CLIENT` keeps the codes after them for packets of a game's own.
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
    PacketType(
        50,
        "GAME_STATE",
        "the whole state of the game; its `entities` map kinds to ids to fields",
        (Arg("state", MAP),),
    ),
    PacketType(
        51,
        "GAME_CHANGES",
        "what changed in the state: forget `gone` (kinds to ids), then set fields in `entities` and values in `others`",
        (Arg("gone", MAP), Arg("entities", MAP), Arg("others", MAP)),
    ),
    PacketType(
        52, "EVENT", "the game tells something: a name and its values", (Arg("name", STRING), Arg("values", LIST))
    ),
)

TO_SERVER = PacketTable(_TO_SERVER, max_items=16, own_codes=range(16, 32))
# The ids of entities in GAME_STATE are keys of a map, and may be numbers.
TO_CLIENT = PacketTable(_TO_CLIENT, max_items=2**20, takes_number_keys=True, own_codes=range(96, 128))

Handler = Callable[..., None]
_HandlerT = TypeVar("_HandlerT", bound=Handler)
HANDLERS: dict[str, Handler] = {}  # by packet id; `handles` adds to it


def handles(packet_id: str) -> Callable[[_HandlerT], _HandlerT]:
    """Registers the handler of a packet to the server. `dispatch` calls it with the session and the arguments."""
    known = [row.id for row in TO_SERVER.rows]
    if packet_id not in known or packet_id in HANDLERS:
        raise ValueError(f"{packet_id!r} is not a packet to the server, or has a handler already")

    def register(handler: _HandlerT) -> _HandlerT:
        HANDLERS[packet_id] = handler
        return handler

    return register


def dispatch(session: Any, packet: Packet) -> None:
    """Calls the handler of a decoded packet; raises what the handler raises."""
    HANDLERS[packet.id](session, *packet.args)


def describe() -> dict[str, Any]:
    """Returns the whole table as plain data: the source of `/packets.json` and of docs/protocol.md."""
    return {"protocol": PROTOCOL_VERSION, "to_server": TO_SERVER.describe(), "to_client": TO_CLIENT.describe()}
