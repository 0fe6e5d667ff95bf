"""Tests of attacks with frames.

Each is sent to /echo between two good messages: the first message comes back, the second must not.
"""

from __future__ import annotations

import itertools
import zlib
from typing import NamedTuple

import pytest

from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT
from Net.limits import Limits
from tests.attacks.support import Flood, answered_by, answers, under_attack
from tests.Net.support import (
    client_frame,
    close_body,
    frame_bytes,
    mask_byte_by_byte,
    wait_until,
)

LIMIT = Limits().message_bytes
RSV1 = 0x40
COMPRESSED = "Sec-WebSocket-Extensions: permessage-deflate"
START = client_frame(OPCODE_BINARY, b"x", fin=False)


def announced(opcode: int, length: bytes, fin: bool = True, rsv: int = 0) -> bytes:
    """The header of a masked frame. length: the 7 bits of the length and the bytes that extend them."""
    return bytes([fin << 7 | rsv | opcode, 0x80 | length[0]]) + length[1:] + b"\x37\xfa\x21\x3d"


def deflated(data: bytes) -> bytes:
    codec = zlib.compressobj(9, zlib.DEFLATED, -15)
    return codec.compress(data) + codec.flush(zlib.Z_SYNC_FLUSH)


BOMB = deflated(bytes(10 * 2**20))  # 10 MiB in 10 KiB
FINAL_BLOCK = b"\x03\x00"  # a complete deflate stream of no bytes


class FrameAttack(NamedTuple):
    """advisories: the software that it has hurt. sent: the bytes. code, reason: the contents of our close frame."""

    advisories: tuple[str, ...]
    sent: bytes
    code: int
    reason: str
    compressed: bool = False


TOO_LONG = f"a message may have {LIMIT} bytes"
TOO_MANY = "a message may have 64 fragments"
INFLATES_TOO_LONG = "the inflated message is too long"
CONTROL_TOO_LONG = "a control frame carries at most 125 bytes"
TOP_BIT = "the top bit of a 64-bit length must be 0"
NOT_MASKED = "a client must mask every frame"
RESERVED_BIT = "reserved bit set without an extension that defines it"

ATTACKS = {
    # Without end -------------------------------------------------------------------------------------------------
    "tiny continuations": FrameAttack(
        ("Netty CVE-2014-0193", "ws CVE-2026-48779", "ws #2331"),
        START + 64 * client_frame(OPCODE_CONTINUATION, b"x", fin=False),
        1009,
        TOO_MANY,
    ),
    "empty continuations": FrameAttack(
        ("ws CVE-2026-48779", "ws #2329"), START + 64 * client_frame(OPCODE_CONTINUATION, fin=False), 1009, TOO_MANY
    ),
    "empty continuations of an empty text": FrameAttack(
        ("ws #2329",),
        client_frame(OPCODE_TEXT, fin=False) + 64 * client_frame(OPCODE_CONTINUATION, fin=False),
        1009,
        TOO_MANY,
    ),
    "empty continuations, compressed": FrameAttack(
        ("ws #2329",),
        client_frame(OPCODE_TEXT, fin=False, rsv=RSV1) + 64 * client_frame(OPCODE_CONTINUATION, fin=False),
        1009,
        TOO_MANY,
        compressed=True,
    ),
    # Too long ----------------------------------------------------------------------------------------------------
    "the longest frame there is": FrameAttack(
        ("gorilla CVE-2020-27813",), announced(OPCODE_BINARY, b"\x7f\x7f" + 7 * b"\xff"), 1009, TOO_LONG
    ),
    "a length that wraps round when it is added": FrameAttack(
        ("gorilla CVE-2020-27813",), START + announced(OPCODE_CONTINUATION, b"\x7f\x7f" + 7 * b"\xff"), 1009, TOO_LONG
    ),
    "a negative length": FrameAttack(
        ("gorilla CVE-2020-27813", "Tomcat CVE-2020-13935"),
        announced(OPCODE_TEXT, b"\x7f" + 8 * b"\xff"),
        1002,
        TOP_BIT,
    ),
    "a negative length on a ping": FrameAttack(
        ("Tomcat CVE-2020-13935",), announced(OPCODE_PING, b"\x7f" + 8 * b"\xff"), 1002, CONTROL_TOO_LONG
    ),
    "a ping of 126 bytes": FrameAttack(
        ("Tomcat CVE-2020-13935",), client_frame(OPCODE_PING, bytes(126)), 1002, CONTROL_TOO_LONG
    ),
    "a close of 64 KiB": FrameAttack(
        ("Tomcat CVE-2020-13935",),
        announced(OPCODE_CLOSE, b"\x7f" + (65536).to_bytes(8, "big")),
        1002,
        CONTROL_TOO_LONG,
    ),
    "a message of 256 MiB": FrameAttack(
        ("ws CVE-2016-10542",),
        announced(OPCODE_BINARY, b"\x7f" + (2**28).to_bytes(8, "big")),
        1009,
        TOO_LONG,
    ),
    "a message one byte too long": FrameAttack(
        ("ws CVE-2016-10542",),
        announced(OPCODE_BINARY, b"\x7f" + (LIMIT + 1).to_bytes(8, "big")),
        1009,
        TOO_LONG,
    ),
    "fragments that are too long together": FrameAttack(
        ("ws CVE-2016-10542",),
        client_frame(OPCODE_BINARY, bytes(LIMIT // 2), fin=False)
        + client_frame(OPCODE_CONTINUATION, bytes(LIMIT // 2 + 1)),
        1009,
        TOO_LONG,
    ),
    "a frame that never becomes whole": FrameAttack(
        ("aiohttp CVE-2026-54274",),
        announced(OPCODE_BINARY, b"\x7f" + (LIMIT + 1).to_bytes(8, "big")) + b"x",
        1009,
        TOO_LONG,
    ),
    "a last fragment that never becomes whole": FrameAttack(
        ("aiohttp CVE-2026-54274",),
        client_frame(OPCODE_BINARY, bytes(LIMIT - 10), fin=False) + announced(OPCODE_CONTINUATION, b"\x0b") + b"x",
        1009,
        TOO_LONG,
    ),
    # Inflated ----------------------------------------------------------------------------------------------------
    "an inflate bomb": FrameAttack(
        ("websockets CVE-2018-1000518", "uWebSockets CVE-2016-10544", "undici CVE-2026-1526", "Bandit CVE-2026-39804"),
        client_frame(OPCODE_BINARY, BOMB, rsv=RSV1),
        1009,
        INFLATES_TOO_LONG,
        compressed=True,
    ),
    "an inflate bomb of text": FrameAttack(
        ("undici CVE-2026-1526",), client_frame(OPCODE_TEXT, BOMB, rsv=RSV1), 1009, INFLATES_TOO_LONG, compressed=True
    ),
    "an inflate bomb in fragments": FrameAttack(
        ("undici CVE-2026-1526",),
        client_frame(OPCODE_BINARY, BOMB[:100], fin=False, rsv=RSV1)
        + client_frame(OPCODE_CONTINUATION, BOMB[100:5000], fin=False)
        + client_frame(OPCODE_CONTINUATION, BOMB[5000:]),
        1009,
        INFLATES_TOO_LONG,
        compressed=True,
    ),
    "an inflate bomb of many streams": FrameAttack(
        ("undici CVE-2026-1526",),
        client_frame(OPCODE_BINARY, 5000 * FINAL_BLOCK, rsv=RSV1),
        1002,
        "too many streams",
        True,
    ),
    "a compressed frame that nobody agreed on": FrameAttack(
        ("aiohttp CVE-2026-59881",), client_frame(OPCODE_TEXT, deflated(b"Hello")[:-4], rsv=RSV1), 1002, RESERVED_BIT
    ),
    "a compressed ping": FrameAttack(
        ("aiohttp CVE-2026-59881",),
        client_frame(OPCODE_PING, FINAL_BLOCK, rsv=RSV1),
        1002,
        RESERVED_BIT,
        compressed=True,
    ),
    # Delivered too soon ------------------------------------------------------------------------------------------
    "an unmasked text": FrameAttack(("facil.io #169",), frame_bytes(OPCODE_TEXT, b"delivered"), 1002, NOT_MASKED),
    "an unmasked last fragment": FrameAttack(
        ("facil.io #169",), START + frame_bytes(OPCODE_CONTINUATION, b"delivered"), 1002, NOT_MASKED
    ),
    "a text with a reserved bit": FrameAttack(
        ("facil.io #169",), client_frame(OPCODE_TEXT, b"delivered", rsv=0x10), 1002, RESERVED_BIT
    ),
    "a reserved opcode": FrameAttack(
        ("facil.io #169",), client_frame(0x3, b"delivered"), 1002, "opcode 0x3 is reserved"
    ),
    "a continuation of nothing": FrameAttack(
        ("facil.io #169",),
        client_frame(OPCODE_CONTINUATION, b"delivered"),
        1002,
        "a continuation frame without a message to continue",
    ),
    "a message inside another": FrameAttack(
        ("facil.io #169",),
        START + client_frame(OPCODE_TEXT, b"delivered"),
        1002,
        "a new message before the fragmented one",
    ),
    "a text that turns bad in its last byte": FrameAttack(
        ("facil.io #169",), client_frame(OPCODE_TEXT, b"delivered\xff"), 1007, "text is not UTF-8 from byte 0xFF on"
    ),
    "a length in a longer form than it needs": FrameAttack(
        ("facil.io #169",),
        announced(OPCODE_TEXT, b"\x7e\x00\x09") + mask_byte_by_byte(b"delivered", bytes.fromhex("37fa213d")),
        1002,
        "length 9 must be written in its shortest form",
    ),
    # Closing -----------------------------------------------------------------------------------------------------
    "half a close code": FrameAttack(
        ("ws CVE-2026-45736",),
        client_frame(OPCODE_CLOSE, b"\x03"),
        1002,
        "a close frame's body is empty or starts with a 2-byte code",
    ),
    "a close code that is never sent": FrameAttack(
        ("ws CVE-2026-45736",), client_frame(OPCODE_CLOSE, close_body(1006)), 1002, "close code 1006 must not be sent"
    ),
    "a close reason that is no text": FrameAttack(
        ("ws CVE-2026-45736",),
        client_frame(OPCODE_CLOSE, close_body(1000) + b"\xff"),
        1007,
        "the reason in a close frame is not UTF-8",
    ),
}

for row in ATTACKS.values():
    answered_by(__name__, row.advisories)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_frame_attack_is_closed_with_its_code_and_nothing_of_it_is_delivered(attack: FrameAttack) -> None:
    with under_attack() as target:
        attacker = target.open("/echo", *([COMPRESSED] if attack.compressed else []))
        attacker.send(client_frame(OPCODE_TEXT, b"before") + attack.sent + client_frame(OPCODE_TEXT, b"after"))
        before, close = attacker.read_to_the_end()
        assert (before.opcode, before.payload) == (OPCODE_TEXT, b"before")
        assert close.opcode == OPCODE_CLOSE
        assert close.payload[:2] == attack.code.to_bytes(2, "big")
        assert close.payload[2:].decode().startswith(attack.reason)
        assert close.payload[2:].isascii()  # our own words, and no bytes from memory
        wait_until(lambda: target.log.has(f"^{attacker.name}: .*close code {attack.code}"), "it is logged")


@answers("Netty CVE-2014-0193", "ws CVE-2026-48779")
@pytest.mark.parametrize("payload", [b"", b"x"], ids=["empty", "tiny"])
def test_an_endless_stream_of_fragments_is_cut_off(payload: bytes) -> None:
    with under_attack() as target:
        attacker = target.open()
        attacker.send(START)
        flood = Flood(attacker, itertools.repeat(1000 * client_frame(OPCODE_CONTINUATION, payload, fin=False)))
        (close,) = attacker.read_to_the_end()
        assert close.payload == close_body(1009, TOO_MANY)
        flood.wait()


@answers("aiohttp #13655")
def test_bytes_behind_a_violation_are_dropped_and_the_connection_still_ends() -> None:
    with under_attack(Limits(close_timeout_s=0.5)) as target:
        attacker = target.open()
        attacker.send(frame_bytes(OPCODE_TEXT, b"not masked"))
        flood = Flood(attacker, itertools.repeat(bytes(65536)))
        (close,) = attacker.read_to_the_end(hangs_up=False)
        assert close.payload == close_body(1002, NOT_MASKED)
        flood.wait()  # only the server stops the flood


@answers("ws CVE-2026-45736")
@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (close_body(1000), b"\x03\xe8"),
        (close_body(1000, "x" * 123), b"\x03\xe8"),
        (close_body(4999, "€" * 41), b"\x13\x87"),
    ],
    ids=["nothing", "code", "long reason", "long reason in UTF-8"],
)
def test_a_close_is_answered_with_its_code_and_not_a_byte_more(sent: bytes, answer: bytes) -> None:
    with under_attack() as target:
        attacker = target.open()
        attacker.send(client_frame(OPCODE_CLOSE, sent))
        (close,) = attacker.read_to_the_end()
        assert (close.opcode, close.payload) == (OPCODE_CLOSE, answer)


@answers("ws GHSA-2mhh-w6q8-5hxw")
@pytest.mark.parametrize("payload", [b"", b"\x00", bytes(range(125))], ids=["nothing", "one byte", "125 bytes"])
def test_a_ping_is_answered_with_its_own_bytes_and_no_others(payload: bytes) -> None:
    with under_attack() as target:
        attacker = target.open()
        attacker.send(client_frame(OPCODE_PING, payload) + client_frame(OPCODE_CLOSE))
        pong, _ = attacker.read_to_the_end()
        assert (pong.opcode, pong.payload) == (OPCODE_PONG, payload)


@answers("RFC 6455 section 10.3")
def test_a_mask_of_zeros_is_a_mask_like_any_other() -> None:
    """Masks protect proxies on the client's side from the client's own pages. A weak mask does no harm to a server."""
    with under_attack() as target:
        attacker = target.open()
        attacker.send(frame_bytes(OPCODE_TEXT, b"plain to see", key=bytes(4)) + client_frame(OPCODE_CLOSE))
        echo, _ = attacker.read_to_the_end()
        assert echo.payload == b"plain to see"


@answers("facil.io #169")
def test_a_packet_in_a_bad_frame_has_no_effect_and_one_before_it_has() -> None:
    def chat(text: bytes) -> bytes:
        return b'["CHAT",["' + text + b'"]]'

    with under_attack() as target:
        attacker = target.open("/")
        attacker.send(
            client_frame(OPCODE_TEXT, b'["JOIN",["Eve"]]')
            + client_frame(OPCODE_TEXT, chat(b"before"))
            + frame_bytes(OPCODE_TEXT, chat(b"unmasked"))
            + client_frame(OPCODE_TEXT, chat(b"after"))
        )
        attacker.read_to_the_end()
        target.bystander.wait_for_ticks()
        assert target.bystander.chats == ["before"]
