"""Valid inputs at random, made without the code under test, and tokens that this code knows."""

from __future__ import annotations

import json
import zlib
from random import Random
from typing import Any

import msgpack

from Net.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from tests.Net.support import KEY, close_body, frame_bytes

CLIENT_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # from RFC 6455 section 1.3, which also has its answer
ACCEPT_KEY = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

_LETTERS = "abc 123 äß €₿ 😀\u07ff\u0800\ud7ff\ue000\uffff"
_SIZES = (0, 1, 2, 5, 20, 124, 125, 126, 127, 300, 990)
_RSV1 = 0x40

FRAME_TOKENS = (
    *(bytes([first, 0x80]) + KEY for first in (0x00, 0x80, 0x01, 0xC1, 0x88, 0x89)),
    *(bytes([first, 0]) for first in (0x00, 0x80, 0x01, 0xC1, 0x88, 0x89)),
    *(b"\xed\xa0\x80", b"\xf4\x90", b"\xe2\x82"),  # no UTF-8
    *(b"\x03\x00", b"\x00\x00\xff\xff"),  # an empty deflated stream; the end of a flushed block
)
HTTP_TOKENS = (
    *(b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b",", b";", b"=", b'"', b"\xff", b"\r\n\r\n", b"\r\n "),
    *(b"Host: evil\r\n", b"Upgrade: websocket\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"@", b"[", b"]", b"::1", b"%", b"?", b"#", b"//", b"..", b"HTTP/1.1", b"x" * 700),
)
PACKET_TOKENS = (
    *(b"[", b"]", b"{", b"}", b",", b'"', b"null", b"NaN", b"1e999", b"-0", b"9" * 30, b"\\ud800", b"[" * 999),
    *(b"\xc0", b"\xc1", b"\xcb\x7f\xf0\0\0\0\0\0\0", b"\xdf\xff\xff\xff\xff", b"\xc7\x01\x05a", b"\x91" * 999),
)


def _text(random: Random, length: int) -> str:
    """Characters of every width in UTF-8."""
    return "".join(random.choices(_LETTERS, k=length))


def _payload(random: Random, opcode: int) -> bytes:
    size = random.choice(_SIZES)
    return _text(random, size // 3).encode() if opcode == TEXT else bytes(random.choices(range(256), k=size))


def message(random: Random, key: bytes, opcode: int, payload: bytes, rsv: int = 0) -> bytes:
    """The frames of a message, perhaps with control frames between them."""
    cuts = sorted(random.choices(range(len(payload) + 1), k=random.choice((0, 0, 1, 2, 7))))
    pieces = [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)])]
    frames = frame_bytes(opcode, pieces[0], len(pieces) == 1, rsv, key)
    for number, piece in enumerate(pieces[1:], start=2):
        if random.random() < 0.2:
            frames += frame_bytes(random.choice((PING, PONG)), _payload(random, BINARY)[:125], key=key)
        frames += frame_bytes(CONTINUATION, piece, number == len(pieces), key=key)
    return frames


def conversation(random: Random, key: bytes, deflated: bool = False) -> bytes:
    """A few messages and control frames, and one time in four a close."""
    deflater = zlib.compressobj(random.choice((0, 6)), wbits=-15)
    frames = b""
    for _ in range(random.randint(1, 4)):
        opcode = random.choice((TEXT, BINARY))
        payload, rsv = _payload(random, opcode), 0
        if deflated and random.random() < 0.8:
            rsv = _RSV1
            payload = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)[:-4]
            if random.random() < 0.1:
                # Empty blocks that end their streams, and the start of one that does not (RFC 7692, 7.2.3.5).
                payload += b"\x00\x00\xff\xff" + b"\x03\x00" * random.choice((1, 2, 20)) + b"\x00"
        frames += message(random, key, opcode, payload, rsv)
    if random.random() < 0.25:
        frames += frame_bytes(CLOSE, random.choice((b"", close_body(1000), close_body(4000, "Tschüß"))), key=key)
    return frames


def extensions(random: Random) -> bytes:
    """Lines of offers of permessage-deflate and of others."""
    params = (
        *("server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits", "x", 'y="z"'),
        *(f"{side}_max_window_bits={bits}" for side in ("client", "server") for bits in (8, 9, '"10"', 15)),
    )
    offers = [
        "; ".join(
            [random.choice(("permessage-deflate", "x-other")), *random.sample(params, random.choice((0, 1, 2, 4)))]
        )
        for _ in range(random.randint(1, 3))
    ]
    return random.choice((", ", ",,", "\n")).join(offers).encode()


def _head(first_line: str, fields: list[str], random: Random) -> bytes:
    random.shuffle(fields)
    return "\r\n".join([first_line, *fields, "", ""]).encode("latin-1")


def handshake(random: Random) -> bytes:
    """A client's opening handshake, one time in four with a frame behind it."""
    path = random.choice(("/", "/echo", "/alone", "/echo?a=b", "/none"))
    fields = ["Host: localhost:3000", "Upgrade: websocket", "Connection: keep-alive, Upgrade"]
    fields += [f"Sec-WebSocket-Key: {CLIENT_KEY}", "Sec-WebSocket-Version: 13"]
    fields += random.sample(
        ("Origin: http://localhost:3000", "Origin: null", "Cookie: \xe9=1; b=2"), random.randint(0, 2)
    )
    if random.random() < 0.5:
        fields += [f"Sec-WebSocket-Extensions: {line}" for line in extensions(random).decode().split("\n")]
    return _head(f"GET {path} HTTP/1.1", fields, random) + random.choice((b"", b"", b"", frame_bytes(PING, key=KEY)))


def plain_request(random: Random) -> bytes:
    """The request of a browser for a page."""
    path = random.choice(("/", "/changing", "/none", "/?a=b"))
    fields = ["Host: localhost", "Accept: text/html,*/*;q=0.8", "User-Agent: x (y; z)", "Content-Length: 0"]
    fields += random.sample(('If-None-Match: "0", W/"1"', "Cookie: a=b", "Connection: close"), random.randint(0, 3))
    return _head(f"{random.choice(('GET', 'HEAD', 'POST'))} {path} HTTP/1.1", fields, random)


def response(random: Random) -> bytes:
    """A server's half of the opening handshake."""
    fields = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {ACCEPT_KEY}", "Server: x"]
    fields += random.choice(([], [f"Sec-WebSocket-Extensions: {extensions(random).decode().splitlines()[0]}"]))
    return _head("HTTP/1.1 101 Switching Protocols", fields, random)


def packet(random: Random, in_text: bool) -> list[Any]:
    """A packet, more or less valid, as a list before encoding."""
    angle = random.choice((0, 1.5, -7, 1e300, 2**60))
    number = random.choice((0, 7, -1, 255, 65536, 2**32 - 1, 2**63, -(2**63), 2**64 - 1, True, None))
    name = _text(random, random.choice((1, 5, 16, 17)))
    options = {"room": name, "team": 1, "token": "abc", "spectate": 0}
    code, packet_id, args = random.choice(
        (
            (1, "JOIN", [name]),
            (1, "JOIN", [name, dict(random.sample(sorted(options.items()), random.randint(0, 4)))]),
            (2, "MOVE", [number]),
            (2, "MOVE", [random.randrange(8), number]),
            (3, "AIM", [angle]),
            (4, "ATTACK", [random.choice((0, 1, True)), angle]),
            (5, "SHOOT", [angle]),
            (6, "CHAT", [_text(random, random.choice((1, 40, 120, 121)))]),
            (7, "LEAVE", []),
            (8, "READY", [number]),
            (9, "PING", [number]),
            (32, "WELCOME", [number, name, name, options]),
            (42, "STATE", [7, number, [1, 0, 5, 5, 0, 100, 0], []]),
        )
    )
    return [packet_id if in_text else code, args]


def binary_packet(random: Random) -> bytes:
    """A packet, more or less valid, as MessagePack."""
    packed: bytes = msgpack.packb(packet(random, in_text=False))
    return packed


def text_packet(random: Random) -> bytes:
    """A packet, more or less valid, as JSON."""
    return json.dumps(packet(random, in_text=True), ensure_ascii=random.random() < 0.5).encode("utf-8")
