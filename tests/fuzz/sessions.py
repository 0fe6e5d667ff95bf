"""Whole sessions at random, as a client sends them on each path: a handshake, frames, and packets in some order."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Callable

import msgpack

from Net.frames import BINARY, CLOSE, TEXT
from tests.fuzz import seeds
from tests.Net.support import KEY, client_frame, close_body

TOKEN = "the operator's"
_MOST_PACKETS = 8
_ROOMS = ("den", "lair", "x" * 16, "ä b")
_COMPRESSED = ("permessage-deflate", "permessage-deflate; client_no_context_takeover", "permessage-deflate; x=1")
# No player has this id: the operator must not throw out the bystander.
_NOBODY = (-3, 7.5, "x", None, 2**70)
_PAGES = ("/", "/rooms.json", "/packets.json", "/lessons", "/lab", "/inspect", "/net/client.js", "/none", "/admin")

TOKENS = (
    *seeds.FRAME_TOKENS,
    *seeds.HTTP_TOKENS,
    *(client_frame(TEXT, text) for text in seeds.PACKET_TOKENS if len(text) < 126),
    *(client_frame(TEXT, b'["JOIN",["Eve"]]'), client_frame(TEXT, b'["LEAVE",[]]'), client_frame(CLOSE)),
    *(b"GET /echo HTTP/1.1\r\n", b"GET /admin HTTP/1.1\r\n", b"Sec-WebSocket-Extensions: permessage-deflate\r\n"),
)


def _opening(random: Random, path: str, extension: str = "") -> bytes:
    fields = ["Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    fields += [f"Sec-WebSocket-Key: {seeds.CLIENT_KEY}"]
    fields += [f"Sec-WebSocket-Extensions: {extension}"] if extension else []
    random.shuffle(fields)
    return "\r\n".join([f"GET {path} HTTP/1.1", *fields, "", ""]).encode()


def _game(random: Random) -> bytes:
    """Joins, plays, leaves, joins again; now and then packets come before JOIN, or in the other encoding."""
    is_text = random.random() < 0.5
    packets: list[Any] = [_packet(random, is_text) for _ in range(random.randint(1, _MOST_PACKETS))]
    join = ["JOIN" if is_text else 1, ["Eve", {"room": random.choice(_ROOMS), "spectate": random.random() < 0.2}]]
    packets.insert(0 if random.random() < 0.8 else random.randint(0, len(packets)), join)
    if random.random() < 0.3:
        packets += [["LEAVE" if is_text else 7, []], join]
    frames = b""
    for packet in packets:
        opcode, payload = (TEXT, json.dumps(packet).encode()) if is_text else (BINARY, msgpack.packb(packet))
        frames += seeds.message(random, KEY, opcode, payload)
    return _opening(random, "/") + frames + _end(random)


def _packet(random: Random, is_text: bool) -> Any:
    if random.random() < 0.3:
        return seeds.packet(random, is_text)
    code, packet_id, args = random.choice(
        (
            (2, "MOVE", [random.choice((0, 3, 7, None)), random.randrange(100)]),
            (3, "AIM", [random.random()]),
            (4, "ATTACK", [random.random() < 0.5, random.random()]),
            (5, "SHOOT", [random.random()]),
            (6, "CHAT", ["hello"]),
            (8, "READY", [True]),
            (9, "PING", [random.randrange(1000)]),
        )
    )
    return [packet_id if is_text else code, args]


def _echo(random: Random) -> bytes:
    extension = random.choice(_COMPRESSED) if random.random() < 0.5 else ""
    return _opening(random, "/echo", extension) + seeds.conversation(random, KEY, bool(extension))


def _console(path: str, make_command: Callable[[Random], dict[str, Any]]) -> Callable[[Random], bytes]:
    """A session of JSON objects: the operator's token, then commands."""

    def make(random: Random) -> bytes:
        token = TOKEN if random.random() < 0.9 else random.choice(("", None, 7, "wrong", "\ud800"))
        objects: list[dict[str, Any]] = [{"token": token}]
        for number in range(random.randint(0, 4)):
            objects.append({"id": random.choice((number, None, "\ud800", 1e300, [])), **make_command(random)})
        frames = b"".join(seeds.message(random, KEY, TEXT, json.dumps(each).encode()) for each in objects)
        return _opening(random, path) + frames + _end(random)

    return make


def _operator_command(random: Random) -> dict[str, Any]:
    nobody, room = random.choice(_NOBODY), random.choice(_ROOMS)
    return random.choice(
        (
            {"do": "send_global_message", "text": random.choice(("hello", "\ud800", "x" * 200, ""))},
            {"do": "grant_resources", "player_id": nobody, "wood": random.choice((1, -1, 2**40, 1.5))},
            {"do": random.choice(("kick", "ban")), "player_id": nobody, "reason": "no swearing"},
            {"do": "mute", "player_id": nobody, "muted": True},
            {"do": random.choice(("pause", "resume", "step", "end_match", "restart_match")), "room": room},
            {"do": "move_player", "player_id": nobody, "room": room},
            {"do": "change_setting", "room": room, "name": "player_speed", "value": random.choice((1, -1, 1e300))},
            {"do": random.choice(("", "dance", None, 7))},
        )
    )


def _inspector_command(random: Random) -> dict[str, Any]:
    number = random.choice((0, 1, 5, -1, 2**40, None))
    return random.choice(
        (
            {"do": "watch", "connections": random.choice((None, [], [number])), "hides_text": True},
            {"do": "explain", "connection": number, "number": number},
            {"do": "search", "words": random.choice(("JOIN", "x" * 200, "\ud800", ""))},
            {"do": "handshake", "connection": number},
            {"do": "capture", "connections": random.choice((None, [number]))},
        )
    )


def _lab_command(random: Random) -> dict[str, Any]:
    wire = seeds.conversation(random, KEY)[:300].hex()
    return random.choice(
        (
            {"do": "shelf"},
            {"do": "bounds"},
            {"do": "explain", "wire": wire},
            {
                "do": "run",
                "opening": _opening(random, "/echo").hex(),
                "steps": [wire],
                "byte_by_byte": False,
                "hangs_up": True,
            },
            {"do": "run_experiment", "experiment": "none of these"},
        )
    )


def _pages(random: Random) -> bytes:
    """A page; a second request on the same connection is not answered, and must do no harm."""
    request = seeds.plain_request(random)
    method, _, rest = request.partition(b" ")
    return b" ".join([method, random.choice(_PAGES).encode(), rest.partition(b" ")[2]])


def _end(random: Random) -> bytes:
    return random.choice((b"", client_frame(CLOSE), client_frame(CLOSE, close_body(1000, "bye"))))


_KINDS: tuple[Callable[[Random], bytes], ...] = (
    *(_game, _game, _game, _echo, _pages),
    _console("/admin", _operator_command),
    _console("/inspect", _inspector_command),
    _console("/lab", _lab_command),
)


def session(random: Random) -> bytes:
    """A session on one of the paths."""
    return random.choice(_KINDS)(random)
