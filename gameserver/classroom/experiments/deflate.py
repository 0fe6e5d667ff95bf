"""Experiments with permessage-deflate (RFC 7692); the examples of its section 7.2.3 come first."""

from __future__ import annotations

import zlib

from gameserver.classroom.experiments.experiment import (
    GOODBYE,
    Answer,
    Experiment,
    Outcome,
    failed,
    fine,
    masked,
    opening,
)
from Net.close_codes import CloseCode
from Net.frames import OPCODE_BINARY, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_TEXT, RSV1
from Net.limits import Limits

_COMPRESSED = opening("/echo", "Sec-WebSocket-Extensions: permessage-deflate")
_AGREED = "Sec-WebSocket-Extensions: permessage-deflate"
_FIRST_ONLY = (
    'An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments of a data '
    "message. An endpoint receiving such a frame MUST _Fail the WebSocket Connection_."
)
_LIMITS = (
    "Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total "
    "message size after reassembly from multiple frames MUST protect themselves against exceeding those limits."
)
_INFLATE = (
    "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message. Decompress the resulting "
    "data using DEFLATE."
)
_HELLO = Answer(OPCODE_TEXT, b"Hello")


def _deflated(data: bytes) -> bytes:
    """Returns the payload of a whole message, compressed as section 7.2.1 says."""
    codec = zlib.compressobj(wbits=-15)
    return (codec.compress(data) + codec.flush(zlib.Z_SYNC_FLUSH))[:-4]


def _compressed(payload: str) -> bytes:
    """Returns a whole text message with RSV1 set. payload: deflated, in hex."""
    return masked(OPCODE_TEXT, bytes.fromhex(payload), rsv=RSV1)


def _agreed(*frames: Answer) -> Outcome:
    return fine(*frames, says=_AGREED)


def _examples() -> tuple[Experiment, ...]:
    def example(number: int, title: str, sent: tuple[bytes, ...], outcome: Outcome, note: str) -> Experiment:
        return Experiment(
            f"rfc-7692-{number}",
            f"Section 7.2.3.{number}: {title}",
            _INFLATE,
            f"RFC 7692 section 7.2.3.{number}",
            (*sent, GOODBYE),
            outcome,
            note,
            handshake=_COMPRESSED,
        )

    return (
        example(
            1,
            "one compressed block",
            (_compressed("f2 48 cd c9 c9 07 00"),),
            _agreed(_HELLO),
            "Seven bytes for five: short messages grow, and so the answer comes uncompressed.",
        ),
        Experiment(
            "rfc-7692-1-fragments",
            "Section 7.2.3.1: the same in two fragments",
            _FIRST_ONLY,
            "RFC 7692 section 7.2.3.1",
            (
                masked(OPCODE_TEXT, bytes.fromhex("f2 48 cd"), fin=False, rsv=RSV1),
                masked(OPCODE_CONTINUATION, bytes.fromhex("c9 c9 07 00")),
                GOODBYE,
            ),
            _agreed(_HELLO),
            "First deflated, then cut: RSV1 stands on the first fragment and speaks for all.",
            handshake=_COMPRESSED,
        ),
        example(
            2,
            "sharing the window",
            (_compressed("f2 48 cd c9 c9 07 00"), _compressed("f2 00 11 00 00")),
            _agreed(_HELLO, _HELLO),
            "The second Hello takes five bytes: it says where the first one stood.",
        ),
        example(
            3,
            "a block without compression",
            (_compressed("00 05 00 fa ff 48 65 6c 6c 6f 00"),),
            _agreed(_HELLO),
            "DEFLATE may also carry bytes as they are: 05 00 is the length, fa ff the same with every bit turned.",
        ),
        example(
            4,
            "a block marked as the last",
            (_compressed("f3 48 cd c9 c9 07 00 00"),),
            _agreed(_HELLO),
            "f3 and not f2: one bit says that the stream ends here, and the reader must go on all the same.",
        ),
        example(
            5,
            "two blocks in one message",
            (_compressed("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"),),
            _agreed(_HELLO),
            "00 00 ff ff in the middle is where the sender flushed; only at the end it is left out.",
        ),
        example(
            6,
            "an empty message",
            (_compressed("00"),),
            _agreed(Answer(OPCODE_TEXT)),
            "Nothing at all, compressed: one byte.",
        ),
    )


def _rules() -> tuple[Experiment, ...]:
    return (
        Experiment(
            "deflate-declined",
            "A window that is too large",
            "A server MUST decline an extension negotiation offer for this extension if [...] The negotiation offer "
            "contains an extension parameter with an invalid value.",
            "RFC 7692 section 7",
            (masked(OPCODE_TEXT, b"Hello"), GOODBYE),
            fine(_HELLO),
            "No error: the answer just does not name the extension, and nothing is compressed.",
            handshake=opening("/echo", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16"),
        ),
        Experiment(
            "deflate-long-text",
            "A text that is worth compressing",
            "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end.",
            "RFC 7692 section 7.2.1",
            (masked(OPCODE_TEXT, _deflated(b"All work and no play. " * 20), rsv=RSV1), GOODBYE),
            _agreed(Answer(OPCODE_TEXT, is_start=True, rsv=RSV1)),
            "440 characters in some 30 bytes, both ways: the answer has RSV1 too.",
            handshake=_COMPRESSED,
        ),
        Experiment(
            "deflate-ping",
            "A compressed ping",
            _FIRST_ONLY,
            "RFC 7692 section 6.1",
            (masked(OPCODE_PING, b"\x03\x00", rsv=RSV1),),
            failed("reserved bit set without an extension that defines it"),
            "Control frames are never compressed, agreed or not.",
            handshake=_COMPRESSED,
            attacks=("aiohttp CVE-2026-59881",),
        ),
        Experiment(
            "deflate-second-fragment",
            "RSV1 on the second fragment",
            _FIRST_ONLY,
            "RFC 7692 section 6.1",
            (masked(OPCODE_TEXT, b"Hel", fin=False), masked(OPCODE_CONTINUATION, b"lo", rsv=RSV1)),
            failed("RSV1 belongs on a message's first frame only"),
            "A message is compressed as a whole or not at all.",
            handshake=_COMPRESSED,
        ),
        Experiment(
            "deflate-nonsense",
            "Something that cannot be inflated",
            _INFLATE,
            "RFC 7692 section 7.2.2",
            (masked(OPCODE_TEXT, b"\xff\xff", rsv=RSV1),),
            failed("cannot inflate"),
            "There are three kinds of blocks, and two bits to say which: 11 is none of them.",
            handshake=_COMPRESSED,
        ),
        Experiment(
            "deflate-bomb",
            "A bomb: 64 KiB and a byte in about 80 bytes",
            _LIMITS,
            "RFC 6455 section 10.4",
            (masked(OPCODE_BINARY, _deflated(bytes(Limits().message_bytes + 1)), rsv=RSV1),),
            failed("the inflated message is too long", code=CloseCode.MESSAGE_TOO_BIG),
            "The limit must hold for what comes out, while it comes out: a thousand bytes of zeros fit into one.",
            handshake=_COMPRESSED,
            attacks=(
                "websockets CVE-2018-1000518",
                "uWebSockets CVE-2016-10544",
                "undici CVE-2026-1526",
                "Bandit CVE-2026-39804",
            ),
        ),
        Experiment(
            "deflate-many-streams",
            "Seventeen streams in one message",
            _LIMITS,
            "RFC 6455 section 10.4",
            (masked(OPCODE_BINARY, 5000 * b"\x03\x00", rsv=RSV1),),
            failed("too many streams in one message"),
            "Each ends a stream in two bytes, and starting the next costs the receiver far more than that.",
            handshake=_COMPRESSED,
            attacks=("undici CVE-2026-1526",),
        ),
    )


DEFLATE_EXPERIMENTS = (*_examples(), *_rules())
