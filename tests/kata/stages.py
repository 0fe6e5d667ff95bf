"""The stages of the kata that are one function each: the calls, and the results that the RFC asks for."""

from __future__ import annotations

from tests.kata.checks import AnyOf, Call, Check, MustRefuse, call_check
from tests.Net.support import client_frame, frame_bytes, mask_byte_by_byte

KEY = bytes.fromhex("37fa213d")
HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
REFUSED = MustRefuse()
EURO = "€".encode()

_ACCEPT = (
    "concatenating the key with the string 258EAFA5-E914-47DA-95CA-C5AB0DC85B11, taking the SHA-1 hash of this "
    "concatenated value to obtain a 20-byte value and base64-encoding this 20-byte hash"
)
_XOR = (
    "Octet i of the transformed data is the XOR of octet i of the original data with octet i MOD 4 of the masking key"
)
_LENGTH = (
    "if 0-125, that is the payload length. If 126, the following 2 bytes are the length; if 127, the following 8, "
    "in network byte order; the minimal number of bytes MUST be used"
)
_SECTION_4, _SECTION_52 = "RFC 6455 section 4.2.2", "RFC 6455 section 5.2"
_FIN = "FIN: indicates that this is the final fragment in a message"
_MASKED = "MASK: if set to 1, a masking key is present. All frames sent from client to server have this bit set to 1"
_WHOLE = "Incoming data MUST be parsed as WebSocket frames: a frame that is not whole is no frame yet, so None"
_CONTROL = "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented"
_MESSAGE = (
    "a single frame with the FIN bit clear and an opcode other than 0, followed by zero or more frames with the FIN "
    "bit clear and the opcode set to 0, and terminated by a single frame with the FIN bit set and an opcode of 0"
)
_INJECTED = "Control frames MAY be injected in the middle of a fragmented message"
_STATE = "Control frames are used to communicate state about the WebSocket, so none is a message"
_UTF8 = "the whole message MUST contain valid UTF-8; an endpoint that finds other bytes MUST fail the connection"
_PARTIAL = "a particular text frame might include a partial UTF-8 sequence; the whole message MUST contain valid UTF-8"
_ECHO_CODE = "the endpoint MUST send a Close frame in response, and typically echos the status code it received"
_UNUSED = "Status codes in the range 0-999 are not used"
_RESERVED = "Reserved. The specific meaning might be defined in the future"
_NOT_SENT = "is a reserved value and MUST NOT be set as a status code in a Close control frame by an endpoint"
_PROTOCOL = "1000-2999 are reserved for definition by this protocol, its future revisions, and extensions"
_UNREGISTERED = f"Status codes in the range {_PROTOCOL}: this one has not been defined"
_REGISTERED = f"{_ECHO_CODE}; {_PROTOCOL}: the registry of IANA has this one"
_LAST_RANGE = "Status codes in the range 4000-4999 are reserved for private use: there is no range above it"
_REASON = "Following the 2-byte integer, the body MAY contain UTF-8-encoded data with value /reason/"


def _repeated(count: int) -> bytes:
    return bytes(i % 251 for i in range(count))


_ACCEPT_KEY = (
    Call("the RFC's example", ("dGhlIHNhbXBsZSBub25jZQ==",), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", _ACCEPT, _SECTION_4),
    Call("another key", ("x3JJHMbDL1EzLkh9GBhXDw==",), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=", _ACCEPT, _SECTION_4),
)

_APPLY_MASK = tuple(
    Call(title, (payload, key), mask_byte_by_byte(payload, key), _XOR, "RFC 6455 section 5.3")
    for title, payload, key in (
        ("four bytes", b"Hell", KEY),
        ("Hello", b"Hello", KEY),
        ("unmasking Hello", HELLO[6:], KEY),
        ("eleven bytes", b"Hello World", bytes([1, 2, 3, 4])),
        ("nothing", b"", KEY),
        ("a payload that equals its key", 2 * KEY, KEY),
        ("a mask of zeros", b"plain", bytes(4)),
        ("a thousand bytes", _repeated(1000), KEY),
    )
)

_ENCODE_FRAME = (
    Call(
        "a text", (1, b"Hello"), frame_bytes(1, b"Hello"), "0x81 0x05 0x48 0x65 0x6c 0x6c 0x6f", "RFC 6455 section 5.7"
    ),
    Call("a pong", (10, b"Hello"), frame_bytes(10, b"Hello"), "Opcode: 4 bits, %xA denotes a pong", _SECTION_52),
    Call("nothing", (2, b""), frame_bytes(2), _LENGTH, _SECTION_52),
    *(
        Call(f"{count} bytes", (2, _repeated(count)), frame_bytes(2, _repeated(count)), _LENGTH, _SECTION_52)
        for count in (125, 126, 127, 256, 65535, 65536)
    ),
    Call("a first fragment", (1, b"Hel"), frame_bytes(1, b"Hel", fin=False), _FIN, _SECTION_52, (("fin", False),)),
    Call("a last fragment", (0, b"lo"), frame_bytes(0, b"lo"), _FIN, _SECTION_52, (("fin", True),)),
    *(
        Call(title, (1, payload), frame_bytes(1, payload, key=KEY), _MASKED, _SECTION_52, (("mask_key", KEY),))
        for title, payload in (("a masked text", b"Hello"), ("126 masked bytes", 126 * b"m"), ("masked nothing", b""))
    ),
)


def _bad(title: str, data: bytes, rule: str, section: str = _SECTION_52) -> Call:
    return Call(title, (data,), REFUSED, rule, section)


def _announced(first_byte: int, length: str) -> bytes:
    given = bytes.fromhex(length)
    return bytes([first_byte, 0x80 | given[0]]) + given[1:] + KEY


_RSV = (
    "MUST be 0 unless an extension is negotiated. If a nonzero value is received, the endpoint MUST fail the connection"
)
_OPCODE = "If an unknown opcode is received, the receiving endpoint MUST fail the connection"
_CONTROL_FRAMES = ((8, "a close"), (9, "a ping"), (10, "a pong"))
_MOST = (1000).to_bytes(2, "big") + 123 * b"r"
_DECODE_FRAME = (
    Call("a text", (HELLO,), (True, 1, b"Hello", b""), "0x81 0x85 0x37 0xfa ...: Hello", "RFC 6455 section 5.7"),
    Call("a frame and the start of another", (HELLO + b"\x81",), (True, 1, b"Hello", b"\x81"), _WHOLE, _SECTION_52),
    Call("a first fragment", (client_frame(1, b"Hel", fin=False),), (False, 1, b"Hel", b""), _FIN, _SECTION_52),
    Call("a ping", (client_frame(9, b"?"),), (True, 9, b"?", b""), "%x9 denotes a ping", _SECTION_52),
    Call("nothing in it", (client_frame(2),), (True, 2, b"", b""), _LENGTH, _SECTION_52),
    *(
        Call(f"{n} bytes", (client_frame(2, _repeated(n)),), (True, 2, _repeated(n), b""), _LENGTH, _SECTION_52)
        for n in (125, 126, 300, 65535, 65536)
    ),
    *(
        Call(
            f"{name} of 125 bytes", (client_frame(op, _MOST),), (True, op, _MOST, b""), _CONTROL, "RFC 6455 section 5.5"
        )
        for op, name in _CONTROL_FRAMES
    ),
    *(Call(f"the first {n} bytes", (HELLO[:n],), None, _WHOLE, _SECTION_52) for n in (0, 1, 2, 4, 6, 10)),
    *(
        Call(f"{n} bytes of a frame of 300", (client_frame(2, bytes(300))[:n],), None, _WHOLE, _SECTION_52)
        for n in (2, 3, 7, 307)
    ),
    Call("9 bytes of a frame of 65536", (client_frame(2, bytes(65536))[:9],), None, _WHOLE, _SECTION_52),
    _bad("no mask", bytes.fromhex("810548656c6c6f"), "a client MUST mask all frames", "RFC 6455 section 5.1"),
    *(_bad(f"RSV{n}", client_frame(1, b"Hello", rsv=0x80 >> n), _RSV) for n in (1, 2, 3)),
    *(_bad(f"opcode {op}", client_frame(op, b"Hello"), _OPCODE) for op in (*range(3, 8), *range(11, 16))),
    *(
        _bad(f"{name} {wrong}", client_frame(op, payload, fin), _CONTROL, "RFC 6455 section 5.5")
        for op, name in _CONTROL_FRAMES
        for wrong, payload, fin in (("of 126 bytes", _MOST + b"r", True), ("without FIN", b"", False))
    ),
    _bad("5 bytes in the 16-bit form", _announced(0x82, "7e0005") + bytes(5), _LENGTH),
    _bad("125 bytes in the 16-bit form", _announced(0x82, "7e007d") + bytes(125), _LENGTH),
    _bad("300 bytes in the 64-bit form", _announced(0x82, "7f000000000000012c") + bytes(300), _LENGTH),
    _bad("65535 bytes in the 64-bit form", _announced(0x82, "7f000000000000ffff") + bytes(65535), _LENGTH),
    _bad("a length with its top bit set", _announced(0x82, "7f8000000000000000"), "the most significant bit MUST be 0"),
)

_FRAGMENTS = tuple(
    Call(title, (frames,), expected, rule, f"RFC 6455 section {section}")
    for title, frames, expected, rule, section in (
        ("one frame", [(True, 1, b"Hello")], [(1, b"Hello")], "FIN set, opcode not 0: unfragmented", "5.4"),
        ("two fragments", [(False, 1, b"Hel"), (True, 0, b"lo")], [(1, b"Hello")], _MESSAGE, "5.4"),
        ("of binary", [(False, 2, b"\xff"), (False, 0, b""), (True, 0, b"\0")], [(2, b"\xff\0")], _MESSAGE, "5.4"),
        ("two messages", [(True, 1, b"a"), (True, 2, b"b")], [(1, b"a"), (2, b"b")], _MESSAGE, "5.4"),
        ("an empty message", [(True, 1, b"")], [(1, b"")], "A sender MAY create fragments of any size", "5.4"),
        ("empty fragments", [(False, 1, b""), (True, 0, b"")], [(1, b"")], "fragments of any size", "5.4"),
        (
            "a ping between fragments",
            [(False, 1, b"Hel"), (True, 9, b"?"), (True, 0, b"lo")],
            [(1, b"Hello")],
            _INJECTED,
            "5.4",
        ),
        (
            "a pong between fragments",
            [(False, 1, b"Hel"), (True, 10, b"?"), (True, 0, b"lo")],
            [(1, b"Hello")],
            _INJECTED,
            "5.4",
        ),
        ("control frames alone", [(True, 9, b"?"), (True, 10, b"?"), (True, 8, b"")], [], _STATE, "5.5"),
        ("not yet over", [(False, 1, b"Hel"), (False, 0, b"l")], [], _MESSAGE, "5.4"),
        ("a continuation of nothing", [(True, 0, b"lo")], REFUSED, _MESSAGE, "5.4"),
        ("a continuation too many", [(False, 1, b"a"), (True, 0, b"b"), (True, 0, b"c")], REFUSED, _MESSAGE, "5.4"),
        (
            "a message inside another",
            [(False, 1, b"Hel"), (True, 1, b"Me first!")],
            REFUSED,
            "The fragments of one message MUST NOT be interleaved between the fragments of another message",
            "5.4",
        ),
        ("after an empty start", [(False, 1, b""), (True, 1, b"x")], REFUSED, "MUST NOT be interleaved", "5.4"),
        ("a euro cut in two", [(False, 1, EURO[:1]), (True, 0, EURO[1:])], [(1, EURO)], _PARTIAL, "5.6"),
        ("not UTF-8", [(True, 1, b"a\xff")], REFUSED, _UTF8, "8.1"),
        ("half a surrogate pair", [(True, 1, b"\xed\xa0\x80")], REFUSED, _UTF8, "8.1"),
        ("a slash in two bytes", [(True, 1, b"\xc0\xaf")], REFUSED, _UTF8, "8.1"),
        ("above U+10FFFF", [(True, 1, b"\xf4\x90\x80\x80")], REFUSED, _UTF8, "8.1"),
        ("half a euro", [(False, 1, EURO[:2]), (True, 0, b"")], REFUSED, _UTF8, "8.1"),
        ("binary is not text", [(True, 2, b"a\xff")], [(2, b"a\xff")], "arbitrary binary data", "5.6"),
    )
)


def _code(code: int, reason: bytes = b"") -> bytes:
    return code.to_bytes(2, "big") + reason


_CLOSE = (
    *(
        Call(title, (body,), _code(code), _ECHO_CODE, "RFC 6455 section 5.5.1")
        for title, body, code in (
            ("1000", _code(1000), 1000),
            ("1001 with a reason", _code(1001, b"bye"), 1001),
            *((str(code), _code(code), code) for code in (1002, 1003, 1007, 1008, 1009, 1010, 1011)),
            ("3000", _code(3000), 3000),
            ("4999", _code(4999), 4999),
            ("1000 and a reason of 123 bytes", _code(1000, 41 * EURO), 1000),
        )
    ),
    *(
        Call(str(code), (_code(code),), _code(code), _REGISTERED, "RFC 6455 section 7.4.2")
        for code in (1012, 1013, 1014)
    ),
    Call("no body", (b"",), AnyOf((b"", _code(1000))), "The Close frame MAY contain a body", "RFC 6455 section 5.5.1"),
    Call("half a code", (b"\x03",), _code(1002), "the first two bytes MUST be the code", "RFC 6455 section 5.5.1"),
    *(
        Call(f"the code {code}", (_code(code),), _code(1002), rule, f"RFC 6455 section {section}")
        for rule, section, codes in (
            (_UNUSED, "7.4.2", (0, 999)),
            (_RESERVED, "7.4.1", (1004,)),
            (_NOT_SENT, "7.4.1", (1005, 1006, 1015)),
            (_UNREGISTERED, "7.4.2", (1016, 2999)),
            (_LAST_RANGE, "7.4.2", (5000,)),
        )
        for code in codes
    ),
    *(
        Call(title, (_code(1000, reason),), _code(1007), _REASON, "RFC 6455 section 5.5.1")
        for title, reason in (("a bad reason", b"\xff"), ("half a surrogate pair as a reason", b"\xed\xa0\x80"))
    ),
)

FUNCTION_CHECKS: tuple[Check, ...] = tuple(
    call_check(stage, row)
    for stage, rows in {
        "accept_key": _ACCEPT_KEY,
        "apply_mask": _APPLY_MASK,
        "encode_frame": _ENCODE_FRAME,
        "decode_frame": _DECODE_FRAME,
        "fragments": _FRAGMENTS,
        "close": _CLOSE,
    }.items()
    for row in rows
)
