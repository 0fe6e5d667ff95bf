"""Experiments with single frames: RFC 6455 sections 5.1 to 5.3, 5.7 and 5.8."""

from __future__ import annotations

from gameserver.classroom.experiments.experiment import (
    GOODBYE,
    KEY,
    Answer,
    Delivery,
    Experiment,
    failed,
    fine,
    masked,
    opening,
)
from Net.close_codes import CloseCode
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT, RSV1, RSV3, serialize
from Net.limits import Limits
from Net.messages import close_payload

_MUST_MASK = (
    "a client MUST mask all frames that it sends to the server [...] The server MUST close the connection upon "
    "receiving a frame that is not masked."
)
_NOT_MASKED = "a client must mask every frame"
_RSV = (
    "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values. If a nonzero value is "
    "received and none of the negotiated extensions defines the meaning of such a nonzero value, the receiving "
    "endpoint MUST _Fail the WebSocket Connection_."
)
_RESERVED_BIT = "reserved bit set without an extension that defines it"
_OPCODE = "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
_LENGTH = (
    'The length of the "Payload data", in bytes: if 0-125, that is the payload length. If 126, the following 2 bytes '
    "interpreted as a 16-bit unsigned integer are the payload length. If 127, the following 8 bytes interpreted as a "
    "64-bit unsigned integer (the most significant bit MUST be 0) are the payload length."
)
_MINIMAL = (
    "Note that in all cases, the minimal number of bytes MUST be used to encode the length, for example, the length of "
    "a 124-byte-long string can't be encoded as the sequence 126, 0, 124."
)
_ALGORITHM = (
    'Octet i of the transformed data ("transformed-octet-i") is the XOR of octet i of the original data '
    '("original-octet-i") with octet at index i modulo 4 of the masking key'
)
_ANY_KEY = (
    "the masking key MUST be derived from a strong source of entropy, and the masking key for a given frame MUST NOT "
    "make it simple for a server/proxy to predict the masking key for a subsequent frame."
)
_LIMITS = (
    "Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total "
    "message size after reassembly from multiple frames MUST protect themselves against exceeding those limits."
)
_EXAMPLES = "RFC 6455 section 5.7"
_TOO_LONG = f"a message may have {Limits().message_bytes} bytes"
_HELLO = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")


def _announced(first_byte: int, length: str) -> bytes:
    """Returns a masked frame up to its key. length: the bytes of all three length fields in hex, MASK bit not set."""
    given = bytes.fromhex(length)
    return bytes([first_byte, 0x80 | given[0]]) + given[1:] + KEY


def _examples() -> tuple[Experiment, ...]:
    """Returns the examples of section 5.7: a server's frames are unmasked; unmasked frames of a client are refused."""
    return (
        Experiment(
            "rfc-hello-masked",
            "Section 5.7: a masked text",
            "A single-frame masked text message: 0x81 0x85 0x37 0xfa 0x21 0x3d 0x7f 0x9f 0x4d 0x51 0x58 (contains "
            '"Hello")',
            _EXAMPLES,
            (_HELLO, GOODBYE),
            fine(Answer(OPCODE_TEXT, b"Hello")),
            "What comes back is the first example of the section, 81 05 48 65 6c 6c 6f: a server does not mask.",
        ),
        Experiment(
            "rfc-hello-unmasked",
            "Section 5.7: an unmasked text, sent by a client",
            'A single-frame unmasked text message: 0x81 0x05 0x48 0x65 0x6c 0x6c 0x6f (contains "Hello")',
            _EXAMPLES,
            (bytes.fromhex("81 05 48 65 6c 6c 6f"),),
            failed(_NOT_MASKED),
            "The same bytes are right in one direction and wrong in the other.",
            attacks=("facil.io #169",),
        ),
        Experiment(
            "rfc-fragments-unmasked",
            "Section 5.7: a fragmented unmasked text, sent by a client",
            'A fragmented unmasked text message: 0x01 0x03 0x48 0x65 0x6c (contains "Hel"), 0x80 0x02 0x6c 0x6f '
            '(contains "lo")',
            _EXAMPLES,
            (bytes.fromhex("01 03 48 65 6c"), bytes.fromhex("80 02 6c 6f")),
            failed(_NOT_MASKED),
            "The second byte of the first fragment settles it; nobody waits for the rest.",
        ),
        Experiment(
            "rfc-fragments-masked",
            "Section 5.7: the same fragments, masked",
            'A fragmented unmasked text message: 0x01 0x03 0x48 0x65 0x6c (contains "Hel"), 0x80 0x02 0x6c 0x6f '
            '(contains "lo")',
            _EXAMPLES,
            (masked(OPCODE_TEXT, b"Hel", fin=False), masked(0, b"lo"), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"Hello")),
            "Two frames in, one out: a message has no memory of how it was cut.",
        ),
        Experiment(
            "rfc-ping-unmasked",
            "Section 5.7: an unmasked ping, sent by a client",
            "Unmasked Ping request: 0x89 0x05 0x48 0x65 0x6c 0x6c 0x6f",
            _EXAMPLES,
            (bytes.fromhex("89 05 48 65 6c 6c 6f"),),
            failed(_NOT_MASKED),
            "Control frames are frames: a client masks them too.",
        ),
        Experiment(
            "rfc-ping-masked",
            "Section 5.7: the same ping, masked",
            'Unmasked Ping request and masked Ping response [...] (contains a body of "Hello", matching the body of '
            "the ping)",
            _EXAMPLES,
            (masked(OPCODE_PING, b"Hello"), GOODBYE),
            fine(Answer(OPCODE_PONG, b"Hello")),
            "Here the roles are swapped: a masked ping, and an unmasked pong with the same five bytes.",
        ),
        Experiment(
            "rfc-pong-masked",
            "Section 5.7: the masked pong",
            '0x8a 0x85 0x37 0xfa 0x21 0x3d 0x7f 0x9f 0x4d 0x51 0x58 (contains a body of "Hello", matching the body '
            "of the ping)",
            _EXAMPLES,
            (bytes.fromhex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"), GOODBYE),
            fine(),
            "Nobody had asked, so nothing comes back: a pong needs no answer.",
        ),
        Experiment(
            "rfc-256-bytes",
            "Section 5.7: 256 bytes of binary data",
            "256 bytes binary message in a single unmasked frame: 0x82 0x7E 0x0100 [256 bytes of binary data]",
            _EXAMPLES,
            (masked(OPCODE_BINARY, bytes(range(256))), GOODBYE),
            fine(Answer(OPCODE_BINARY, bytes(range(256)))),
            "7E is 126: the length stands in the next two bytes, 01 00.",
        ),
        Experiment(
            "rfc-64-kib",
            "Section 5.7: 64 KiB of binary data",
            "64KiB binary message in a single unmasked frame: 0x82 0x7F 0x0000000000010000 [65536 bytes of binary "
            "data]",
            _EXAMPLES,
            (masked(OPCODE_BINARY, bytes(65536)), GOODBYE),
            fine(Answer(OPCODE_BINARY, bytes(65536))),
            "7F is 127: the length stands in the next eight bytes, one more than two bytes could say.",
        ),
    )


def _first_byte() -> tuple[Experiment, ...]:
    return (
        *(
            Experiment(
                f"reserved-bit-{number}",
                f"RSV{number} set",
                _RSV,
                "RFC 6455 section 5.2",
                (masked(OPCODE_TEXT, b"Hello", rsv=RSV1 >> (number - 1)),),
                failed(_RESERVED_BIT),
                note,
                attacks=("aiohttp CVE-2026-59881",) if number == 1 else (),
            )
            for number, note in (
                (1, "permessage-deflate would give RSV1 a meaning, but nobody has agreed on it here."),
                (2, "Reserved means: an extension of tomorrow may need it, so it must not be used today."),
                (3, "A receiver that ignored the bit would misread whatever it will mean one day."),
            )
        ),
        *(
            Experiment(
                f"reserved-opcode-{opcode:x}",
                f"Opcode 0x{opcode:X}",
                _OPCODE,
                "RFC 6455 section 5.2",
                (masked(opcode, b"Hello"),),
                failed(f"opcode 0x{opcode:X} is reserved"),
                note,
                attacks=("facil.io #169",) if opcode == 3 else (),
            )
            for opcode, note in (
                (0x3, "3 to 7 are kept for further data frames."),
                (0x7, "The last of the data opcodes: the top bit of the four is 0."),
                (0xB, "B to F are kept for further control frames: the top bit of the four is 1."),
                (0xF, "All four bits set, and still nothing that is defined."),
            )
        ),
    )


def _extensibility() -> tuple[Experiment, ...]:
    section = "RFC 6455 section 5.8"
    negotiate = "The endpoints of a connection MUST negotiate the use of any extensions during the opening handshake."
    offer = opening("/echo", "Sec-WebSocket-Extensions: permessage-telepathy")
    return (
        Experiment(
            "extension-used-though-declined",
            "An extension that was offered, not agreed on, and used all the same",
            negotiate,
            section,
            (masked(OPCODE_TEXT, b"Hello", rsv=RSV3),),
            failed(_RESERVED_BIT),
            "To offer is not to agree: as long as the answer does not name it, its bits mean nothing.",
            handshake=offer,
        ),
        Experiment(
            "extension-opcode-though-declined",
            "A kind of frame of an extension that was not agreed on",
            "This specification provides opcodes 0x3 through 0x7 and 0xB through 0xF [...] for use by extensions.",
            section,
            (masked(OPCODE_TEXT, b"Hello"), masked(0x4, b"what you think")),
            failed("opcode 0x4 is reserved", Answer(OPCODE_TEXT, b"Hello")),
            "Room was left for frames of tomorrow, and until both sides know them, each one is an error.",
            handshake=offer,
        ),
    )


def _masks() -> tuple[Experiment, ...]:
    zeros = bytes(4)
    return (
        Experiment(
            "unmasked",
            "A frame without a mask, between two good ones",
            _MUST_MASK,
            "RFC 6455 section 5.1",
            (masked(OPCODE_TEXT, b"before"), serialize(OPCODE_TEXT, b"delivered?"), masked(OPCODE_TEXT, b"after")),
            failed(_NOT_MASKED, Answer(OPCODE_TEXT, b"before")),
            "What came whole before the violation counts; the bad frame and all behind it do not.",
            attacks=("facil.io #169", "aiohttp #13655"),
        ),
        Experiment(
            "close-unmasked",
            "A goodbye without a mask",
            _MUST_MASK,
            "RFC 6455 section 5.1",
            (serialize(OPCODE_CLOSE, close_payload(CloseCode.NORMAL)),),
            failed(_NOT_MASKED),
            "All frames, the last one too: the answer is 1002, and not the 1000 that was sent.",
        ),
        Experiment(
            "mask-of-zeros",
            "A mask of zeros",
            _ANY_KEY,
            "RFC 6455 section 5.3",
            (serialize(OPCODE_TEXT, b"plain to see", mask_key=zeros), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"plain to see")),
            "Legal for the reader, and useless: the mask protects proxies from pages, and the client must draw it.",
            attacks=("RFC 6455 section 10.3",),
        ),
        Experiment(
            "mask-one-key-twice",
            "The same key in two frames",
            _ANY_KEY,
            "RFC 6455 section 5.3",
            (masked(OPCODE_TEXT, b"Hello"), masked(OPCODE_TEXT, b"Hello"), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"Hello"), Answer(OPCODE_TEXT, b"Hello")),
            "The server cannot tell, but look at the bytes: the two frames are equal, and could be foreseen.",
        ),
        Experiment(
            "mask-payload-is-key",
            "A payload that equals its key",
            _ALGORITHM,
            "RFC 6455 section 5.3",
            (serialize(OPCODE_BINARY, 2 * KEY, mask_key=KEY), GOODBYE),
            fine(Answer(OPCODE_BINARY, 2 * KEY)),
            "x XOR x is 0: on the wire there are eight zeros, and XOR with the key brings the payload back.",
        ),
        Experiment(
            "mask-seven-bytes",
            "A payload whose length is no multiple of four",
            _ALGORITHM,
            "RFC 6455 section 5.3",
            (masked(OPCODE_TEXT, b"Masking"), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"Masking")),
            "Byte 4 meets key byte 0 again; the last turn is simply not finished.",
        ),
        Experiment(
            "mask-byte-by-byte",
            "A masked frame, one byte at a time",
            _ALGORITHM,
            "RFC 6455 section 5.3",
            (_HELLO, GOODBYE),
            fine(Answer(OPCODE_TEXT, b"Hello")),
            "The place in the key goes on where it stood, however TCP has cut the payload.",
            delivery=Delivery.BYTE_BY_BYTE,
        ),
    )


def _lengths() -> tuple[Experiment, ...]:
    return (
        *(
            Experiment(
                f"length-{length}",
                f"A payload of {length} bytes",
                _LENGTH,
                "RFC 6455 section 5.2",
                (masked(OPCODE_TEXT, b"x" * length), GOODBYE),
                fine(Answer(OPCODE_TEXT, b"x" * length)),
                note,
            )
            for length, note in (
                (0, "A frame may be empty: with its mask it still has six bytes."),
                (125, "The longest that the seven bits can say themselves."),
                (126, "One more: 126 in the seven bits says that two bytes with the length follow, 00 7e."),
                (127, "127 bytes take the 16-bit form too: the number 127 in the seven bits means something else."),
            )
        ),
        Experiment(
            "length-65535",
            "A payload of 65535 bytes",
            _LENGTH,
            "RFC 6455 section 5.2",
            (masked(OPCODE_BINARY, bytes(65535)), GOODBYE),
            fine(Answer(OPCODE_BINARY, bytes(65535))),
            "The longest that two bytes can say, ff ff; with one byte more there are eight.",
        ),
        Experiment(
            "length-5-in-16-bits",
            "Five bytes, announced in the 16-bit form",
            _MINIMAL,
            "RFC 6455 section 5.2",
            (_announced(0x81, "7e 0005") + _HELLO[6:],),
            failed("length 5 must be written in its shortest form"),
            "One number, one way to write it: else a filter and its server could read two lengths.",
            attacks=("facil.io #169",),
        ),
        Experiment(
            "length-300-in-64-bits",
            "300 bytes, announced in the 64-bit form",
            _MINIMAL,
            "RFC 6455 section 5.2",
            (_announced(0x82, "7f 000000000000012c"),),
            failed("length 300 must be written in its shortest form"),
            "Refused when the length is read: the payload need not even come.",
        ),
        Experiment(
            "length-top-bit",
            "A length with its top bit set",
            _LENGTH,
            "RFC 6455 section 5.2",
            (_announced(0x82, "7f ffffffffffffffff"),),
            failed("the top bit of a 64-bit length must be 0"),
            "Read as a signed number it is -1, and a loop that counts down from there does not end.",
            attacks=("Tomcat CVE-2020-13935", "gorilla CVE-2020-27813"),
        ),
        Experiment(
            "length-2-to-the-63",
            "The longest frame there can be",
            _LIMITS,
            "RFC 6455 section 10.4",
            (_announced(0x82, "7f 7fffffffffffffff"),),
            failed(_TOO_LONG, code=CloseCode.MESSAGE_TOO_BIG),
            "Nine exabytes announced in fourteen bytes: a server that makes room for what is announced is gone.",
            attacks=("gorilla CVE-2020-27813",),
        ),
        Experiment(
            "length-256-mib",
            "A message of 256 MiB, announced",
            _LIMITS,
            "RFC 6455 section 10.4",
            (_announced(0x82, "7f 0000000010000000") + b"x",),
            failed(_TOO_LONG, code=CloseCode.MESSAGE_TOO_BIG),
            "The limit is checked at the header, not when the frame is complete: it never would be.",
            attacks=("ws CVE-2016-10542", "aiohttp CVE-2026-54274"),
        ),
        Experiment(
            "frame-never-whole",
            "A frame that stops in the middle of its payload, and a client that is gone",
            "If [...] no Close control frame was received by the endpoint (such as could occur if the underlying "
            "transport connection is lost), _The WebSocket Connection Close Code_ is considered to be 1006.",
            "RFC 6455 section 7.1.5",
            (_HELLO[:8],),
            failed("", code=CloseCode.ABNORMAL),
            "Two of five bytes have come: the server delivers nothing, and has nobody to say goodbye to.",
            hangs_up=True,
        ),
        Experiment(
            "frames-in-one-piece",
            "Three frames in one piece",
            "Incoming data MUST be parsed as WebSocket frames as defined in Section 5.2.",
            "RFC 6455 section 6.2",
            (masked(OPCODE_TEXT, b"one") + masked(OPCODE_TEXT, b"two") + masked(OPCODE_PING, b"three"), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"one"), Answer(OPCODE_TEXT, b"two"), Answer(OPCODE_PONG, b"three")),
            "One recv() may hold three frames, or a third of one: only the lengths tell where they end.",
        ),
        Experiment(
            "frame-split-in-length",
            "A frame that is split inside its length",
            "Incoming data MUST be parsed as WebSocket frames as defined in Section 5.2.",
            "RFC 6455 section 6.2",
            (masked(OPCODE_TEXT, b"y" * 200)[:3], masked(OPCODE_TEXT, b"y" * 200)[3:], GOODBYE),
            fine(Answer(OPCODE_TEXT, b"y" * 200)),
            "The first piece ends between the two bytes of 200: a reader must wait and not guess.",
        ),
    )


FRAME_EXPERIMENTS = (*_examples(), *_first_byte(), *_extensibility(), *_masks(), *_lengths())
