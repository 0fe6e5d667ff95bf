"""Every kind of attack: the bytes of one connection, made in advance, and its end. To add a kind, add a row."""

from __future__ import annotations

import enum
import json
import zlib
from typing import Callable, NamedTuple

import msgpack

from Net.frames import BINARY, CONTINUATION, PING, PONG, RSV1, TEXT
from Net.limits import Limits
from tests.attacks.support import opening
from tests.Net.support import frame_bytes

_NO_KEY = bytes(4)  # a valid key, which leaves the payload as it is
_BUFFER_BYTES = 64 * 1024
_LIMITS = Limits()


class Leaves(enum.Enum):
    """When the attacker resets a connection. Whatever ends a connection, the next one takes its place."""

    NEVER = "when the server ends it"
    AT_ONCE = "as soon as it is open"
    WHEN_SEATED = "when WELCOME or ERROR has come"
    WHEN_FULL = "when the server's receive buffer is full, so that the kernel takes nothing more"


class Kind(NamedTuple):
    """One kind. first: N -> the first bytes of connection number N. again: the bytes that it then repeats, if any."""

    first: Callable[[int], bytes]
    again: bytes = b""
    leaves: Leaves = Leaves.NEVER
    answers_pings: bool = False  # without answers the server soon sends no STATEs, and has less work
    flags: tuple[str, ...] = ()  # of the server's command line


def _frame(opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0) -> bytes:
    return frame_bytes(opcode, payload, fin, rsv, _NO_KEY)


def _filled(piece: bytes) -> bytes:
    """The piece, repeated as often as it fits into a buffer."""
    return piece * max(1, _BUFFER_BYTES // len(piece))


def _opens(path: str, *fields: str) -> Callable[[int], bytes]:
    return lambda number: opening(path, *fields)


def _join(room: str) -> bytes:
    return _frame(TEXT, json.dumps(["JOIN", ["Eve", {"room": room}]]).encode())


def _joins(room: str) -> Callable[[int], bytes]:
    """room: its name, in which {} becomes the number of the connection."""
    return lambda number: opening("/") + _join(room.format(number))


def _inflating() -> bytes:
    """A compressed message of a few bytes that inflates to the longest allowed one; it needs no message before it."""
    deflater = zlib.compressobj(9, wbits=-15)
    payload = deflater.compress(bytes(_LIMITS.message_bytes)) + deflater.flush(zlib.Z_SYNC_FLUSH)[:-4]
    return _frame(BINARY, payload, rsv=RSV1)


_EMPTY_FRAGMENTS = (
    _frame(TEXT, fin=False) + (_LIMITS.fragments - 2) * _frame(CONTINUATION, fin=False) + _frame(CONTINUATION)
)
_JSON = json.dumps(["MOVE", [0, *([[]] * 16_000)]]).encode()
_MESSAGEPACK = msgpack.packb([2, [0, *([[]] * 60_000)]])
_COMPRESSED = "Sec-WebSocket-Extensions: permessage-deflate"
_PONGS = _filled(_frame(PONG))
_CLASSROOM = ("--classroom",)

KINDS = {
    "PONGs to /": Kind(_opens("/"), _PONGS),
    "PONGs to /echo": Kind(_opens("/echo"), _PONGS),
    "PONGs to /admin": Kind(_opens("/admin"), _PONGS),
    "PONGs to /inspect": Kind(_opens("/inspect"), _PONGS, flags=_CLASSROOM),
    "PONGs to /lab": Kind(_opens("/lab"), _PONGS, flags=_CLASSROOM),
    "PONGs from players": Kind(_joins("lair"), _PONGS),
    "PINGs to /": Kind(_opens("/"), _filled(_frame(PING))),
    "PINGs of 125 bytes to /echo": Kind(_opens("/echo"), _filled(_frame(PING, bytes(125)))),
    "empty fragments to /echo": Kind(_opens("/echo"), _filled(_EMPTY_FRAGMENTS)),
    "one-byte echoes": Kind(_opens("/echo"), _filled(_frame(BINARY, b"x"))),
    "one-byte echoes, classroom": Kind(_opens("/echo"), _filled(_frame(BINARY, b"x")), flags=_CLASSROOM),
    "inflating echoes": Kind(_opens("/echo", _COMPRESSED), _filled(_inflating())),
    "64 KiB of JSON to /": Kind(_joins("lair"), _frame(TEXT, _JSON)),
    "64 KiB of MessagePack to /": Kind(_joins("lair"), _frame(BINARY, _MESSAGEPACK)),
    "64 KiB of JSON to /admin": Kind(_opens("/admin"), _frame(TEXT, _JSON)),
    "valid MOVEs": Kind(_joins("lair"), _filled(_frame(TEXT, b'["MOVE",[3]]'))),
    "half-open handshakes": Kind(lambda number: opening("/")[:60]),
    "pages": Kind(lambda number: b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "idle rooms": Kind(_joins("lair {}"), answers_pings=True),
    "JOIN and reset": Kind(lambda number: opening("/") + _frame(TEXT, b'["JOIN",["Eve"]]'), leaves=Leaves.WHEN_SEATED),
    "connections dropped": Kind(lambda number: b"", leaves=Leaves.AT_ONCE),
    "fill and vanish": Kind(_opens("/echo"), _PONGS, Leaves.WHEN_FULL),
    "idle on /echo, compressed": Kind(lambda number: opening("/echo", _COMPRESSED) + _inflating()),
}
