"""Experiments with messages: fragments, control frames, UTF-8 and closing; RFC 6455 sections 5.4 to 5.6, 7 and 8.1."""

from __future__ import annotations

from gameserver.classroom.experiments.experiment import GOODBYE, Answer, Delivery, Experiment, failed, fine, masked
from Net.close_codes import CloseCode
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT
from Net.limits import Limits

_LIMITS = Limits()
_FRAGMENTED = (
    "A fragmented message consists of a single frame with the FIN bit clear and an opcode other than 0, followed by "
    "zero or more frames with the FIN bit clear and the opcode set to 0, and terminated by a single frame with the FIN "
    "bit set and an opcode of 0."
)
_INTERLEAVED = (
    "The fragments of one message MUST NOT be interleaved between the fragments of another message unless an extension "
    "has been negotiated that can interpret the interleaving."
)
_BETWEEN = "Control frames (see Section 5.5) MAY be injected in the middle of a fragmented message."
_PROTECT = (
    "For example, a malicious endpoint can try to exhaust its peer's memory or mount a denial-of-service attack by "
    "sending either a single big frame (e.g., of size 2**60) or by sending a long stream of small frames that are a "
    "part of a fragmented message."
)
_CONTROL = "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
_UTF8 = (
    "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid "
    "UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
)
_PARTIAL = (
    "Note that a particular text frame might include a partial UTF-8 sequence; however, the whole message MUST contain "
    "valid UTF-8."
)
_CLOSE_BODY = (
    "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order) "
    "representing a status code with value /code/ defined in Section 7.4."
)
_CLOSE_ANSWER = (
    "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close "
    "frame in response. (When sending a Close frame in response, the endpoint typically echos the status code it "
    "received.)"
)
_NEVER_SENT = "is a reserved value and MUST NOT be set as a status code in a Close control frame by an endpoint."
_EURO = "€".encode()
_START = masked(OPCODE_TEXT, b"Hel", fin=False)
_TOO_MANY = f"a message may have {_LIMITS.fragments} fragments"


def _more(payload: bytes = b"") -> bytes:
    """Returns a fragment from the middle of a message."""
    return masked(OPCODE_CONTINUATION, payload, fin=False)


def _close(code: int, reason: bytes = b"") -> bytes:
    return masked(OPCODE_CLOSE, code.to_bytes(2, "big") + reason)


def _fragments() -> tuple[Experiment, ...]:
    section = "RFC 6455 section 5.4"
    return (
        Experiment(
            "fragments-three",
            "A text in three fragments",
            _FRAGMENTED,
            section,
            (_START, _more(b"lo, "), masked(OPCODE_CONTINUATION, b"you"), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"Hello, you")),
            "Opcodes 1, 0, 0; FIN 0, 0, 1: only the first says what it is, only the last says that it is over.",
        ),
        Experiment(
            "fragments-empty",
            "Fragments with nothing in them",
            "A sender MAY create fragments of any size for non-control messages.",
            section,
            (masked(OPCODE_TEXT, fin=False), _more(), _more(b"x"), masked(OPCODE_CONTINUATION), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"x")),
            "Any size: zero is one too.",
        ),
        Experiment(
            "fragments-byte-by-byte",
            "Fragments and a ping, one byte at a time",
            "Clients and servers MUST support receiving both fragmented and unfragmented messages.",
            section,
            (_START, masked(OPCODE_PING, b"?"), masked(OPCODE_CONTINUATION, b"lo"), GOODBYE),
            fine(Answer(OPCODE_PONG, b"?"), Answer(OPCODE_TEXT, b"Hello")),
            "Three cuts on top of each other: TCP's, the frames', the message's. None knows of the others.",
            delivery=Delivery.BYTE_BY_BYTE,
        ),
        Experiment(
            "ping-between-fragments",
            "A ping between two fragments",
            _BETWEEN,
            section,
            (_START, masked(OPCODE_PING, b"still there?"), masked(OPCODE_CONTINUATION, b"lo"), GOODBYE),
            fine(Answer(OPCODE_PONG, b"still there?"), Answer(OPCODE_TEXT, b"Hello")),
            "The pong comes first: a ping need not wait until a long message is over.",
        ),
        Experiment(
            "close-between-fragments",
            "A close between two fragments",
            _BETWEEN,
            section,
            (_START, GOODBYE, masked(OPCODE_CONTINUATION, b"lo")),
            fine(),
            "The message is never finished, so it is never delivered.",
        ),
        Experiment(
            "continuation-of-nothing",
            "A continuation without a beginning",
            _FRAGMENTED,
            section,
            (masked(OPCODE_CONTINUATION, b"lo"),),
            failed("a continuation frame without a message to continue"),
            "Text or binary? Nobody has said it.",
            attacks=("facil.io #169",),
        ),
        Experiment(
            "continuation-after-the-end",
            "A continuation after the last fragment",
            _FRAGMENTED,
            section,
            (_START, masked(OPCODE_CONTINUATION, b"lo"), masked(OPCODE_CONTINUATION, b"!")),
            failed("a continuation frame without a message to continue", Answer(OPCODE_TEXT, b"Hello")),
            "FIN was set: the message is over, and what follows continues nothing.",
        ),
        Experiment(
            "message-inside-a-message",
            "A new text before the old one has ended",
            _INTERLEAVED,
            section,
            (_START, masked(OPCODE_TEXT, b"Me first!")),
            failed("a new message before the fragmented one ended"),
            "Frames carry no number of their message: so there can be only one at a time.",
            attacks=("facil.io #169",),
        ),
        Experiment(
            "fragment-unmasked",
            "A second fragment without a mask",
            "a client MUST mask all frames that it sends to the server",
            "RFC 6455 section 5.1",
            (_START, bytes.fromhex("80 02 6c 6f")),
            failed("a client must mask every frame"),
            "All frames, not all messages.",
            attacks=("facil.io #169",),
        ),
        Experiment(
            "fragments-64",
            "As many fragments as allowed",
            "A sender MAY create fragments of any size for non-control messages.",
            section,
            (
                masked(OPCODE_BINARY, b"x", fin=False)
                + (_LIMITS.fragments - 2) * _more(b"x")
                + masked(OPCODE_CONTINUATION),
                GOODBYE,
            ),
            fine(Answer(OPCODE_BINARY, (_LIMITS.fragments - 1) * b"x")),
            "64 frames, 63 bytes: the headers and keys take six times as much as what they carry.",
            attacks=("ws #2331",),
        ),
        Experiment(
            "fragments-65",
            "A fragment too many",
            _PROTECT,
            "RFC 6455 section 10.4",
            (masked(OPCODE_BINARY, b"x", fin=False) + _LIMITS.fragments * _more(b"x"),),
            failed(_TOO_MANY, code=CloseCode.MESSAGE_TOO_BIG),
            "One byte each, without end: never too long, and yet too much.",
            attacks=("Netty CVE-2014-0193", "ws CVE-2026-48779"),
        ),
        Experiment(
            "fragments-65-empty",
            "A fragment too many, all of them empty",
            _PROTECT,
            "RFC 6455 section 10.4",
            (masked(OPCODE_TEXT, fin=False) + _LIMITS.fragments * _more(),),
            failed(_TOO_MANY, code=CloseCode.MESSAGE_TOO_BIG),
            "A limit on bytes does not see them: they have none. Every frame counts, whatever is in it.",
            attacks=("ws #2329", "ws CVE-2026-48779"),
        ),
        Experiment(
            "fragments-too-long-together",
            "A short fragment, and one that makes the message too long",
            "Such an implementation SHOULD impose a limit on frame sizes and the total message size after reassembly "
            "from multiple frames.",
            "RFC 6455 section 10.4",
            (masked(OPCODE_BINARY, b"x", fin=False), bytes.fromhex("80 ff 00 00 00 00 00 01 00 00 37 fa 21 3d")),
            failed(f"a message may have {_LIMITS.message_bytes} bytes", code=CloseCode.MESSAGE_TOO_BIG),
            "1 + 65536 bytes: either fragment alone would be allowed.",
            attacks=("ws CVE-2016-10542", "aiohttp CVE-2026-54274"),
        ),
    )


def _control_frames() -> tuple[Experiment, ...]:
    return (
        Experiment(
            "ping-empty",
            "A ping with nothing in it",
            "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already received "
            "a Close frame.",
            "RFC 6455 section 5.5.2",
            (masked(OPCODE_PING), GOODBYE),
            fine(Answer(OPCODE_PONG)),
            "Two bytes are enough to say: I am here.",
        ),
        Experiment(
            "ping-125-bytes",
            "The longest ping",
            'A Pong frame sent in response to a Ping frame must have identical "Application data" as found in the '
            "message body of the Ping frame being replied to.",
            "RFC 6455 section 5.5.3",
            (masked(OPCODE_PING, bytes(range(125))), GOODBYE),
            fine(Answer(OPCODE_PONG, bytes(range(125)))),
            "The same bytes and no others: a server once sent back what lay behind them in its memory.",
            attacks=("ws GHSA-2mhh-w6q8-5hxw",),
        ),
        Experiment(
            "pings-in-a-row",
            "Three pings in a row",
            "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping "
            "frame(s), the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame.",
            "RFC 6455 section 5.5.3",
            (masked(OPCODE_PING, b"one") + masked(OPCODE_PING, b"two") + masked(OPCODE_PING, b"three"), GOODBYE),
            fine(Answer(OPCODE_PONG, b"one"), Answer(OPCODE_PONG, b"two"), Answer(OPCODE_PONG, b"three")),
            "This server answers each; another may answer the last one only, and is right too.",
        ),
        Experiment(
            "ping-126-bytes",
            "A ping that is too long",
            _CONTROL,
            "RFC 6455 section 5.5",
            (masked(OPCODE_PING, bytes(126)),),
            failed("a control frame carries at most 125 bytes"),
            "Refused at its second byte: a control frame never has an extended length.",
            attacks=("Tomcat CVE-2020-13935",),
        ),
        Experiment(
            "ping-in-fragments",
            "A ping without FIN",
            _CONTROL,
            "RFC 6455 section 5.5",
            (masked(OPCODE_PING, b"Hel", fin=False),),
            failed("a control frame must not be fragmented"),
            "It may stand between the fragments of a message only because it is never one itself.",
        ),
        Experiment(
            "ping-with-reserved-bit",
            "A ping with RSV1",
            "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values.",
            "RFC 6455 section 5.2",
            (masked(OPCODE_PING, b"Hello", rsv=0x40),),
            failed("reserved bit set without an extension that defines it"),
            "Even with permessage-deflate agreed on: control frames are never compressed.",
        ),
        Experiment(
            "pong-unsolicited",
            "A pong that nobody asked for",
            "A Pong frame MAY be sent unsolicited. This serves as a unidirectional heartbeat. A response to an "
            "unsolicited Pong frame is not expected.",
            "RFC 6455 section 5.5.3",
            (masked(OPCODE_PONG, b"I am here"), masked(OPCODE_TEXT, b"Hello"), GOODBYE),
            fine(Answer(OPCODE_TEXT, b"Hello")),
            "Nothing comes back for it, and the connection lives on.",
        ),
    )


def _texts() -> tuple[Experiment, ...]:
    section = "RFC 6455 section 8.1"
    return (
        Experiment(
            "text-euro-in-two-fragments",
            "A character cut in two",
            _PARTIAL,
            "RFC 6455 section 5.6",
            (masked(OPCODE_TEXT, _EURO[:1], fin=False), masked(OPCODE_CONTINUATION, _EURO[1:]), GOODBYE),
            fine(Answer(OPCODE_TEXT, _EURO)),
            "e2 | 82 ac is one euro sign: whoever decodes each fragment by itself breaks it.",
        ),
        Experiment(
            "text-not-utf-8",
            "A text that is not UTF-8",
            _UTF8,
            section,
            (masked(OPCODE_TEXT, b"delivered\xff"),),
            failed("text is not UTF-8 from byte 0xFF on", code=CloseCode.INVALID_DATA),
            "The byte ff stands nowhere in UTF-8.",
            attacks=("facil.io #169",),
        ),
        Experiment(
            "text-latin-1",
            "A text in Latin-1",
            _UTF8,
            section,
            (masked(OPCODE_TEXT, "Zürich".encode("latin-1")),),
            failed("text is not UTF-8 from byte 0xFC on", code=CloseCode.INVALID_DATA),
            "fc was an ü once, before there was one alphabet for all.",
        ),
        Experiment(
            "text-surrogate",
            "Half of a surrogate pair",
            _UTF8,
            section,
            (masked(OPCODE_TEXT, b"\xed\xa0\x80"),),
            failed("text is not UTF-8 from byte 0xED on", code=CloseCode.INVALID_DATA),
            "U+D800 is half a character of UTF-16, and none of UTF-8.",
        ),
        Experiment(
            "text-overlong",
            "A slash written too long",
            _UTF8,
            section,
            (masked(OPCODE_TEXT, b"\xc0\xaf"),),
            failed("text is not UTF-8 from byte 0xC0 on", code=CloseCode.INVALID_DATA),
            "c0 af would be a slash that a filter for 2f does not see: again, one meaning has one form.",
        ),
        Experiment(
            "text-ends-too-soon",
            "A text that ends inside a character",
            _PARTIAL,
            "RFC 6455 section 5.6",
            (masked(OPCODE_TEXT, _EURO[:2]),),
            failed("text is not UTF-8 from byte 0xE2 on", code=CloseCode.INVALID_DATA),
            "The same two bytes were no error while more could come; FIN makes them one.",
        ),
        Experiment(
            "text-wrong-in-the-middle",
            "A text that goes wrong before it is over",
            _UTF8,
            section,
            (masked(OPCODE_TEXT, b"\xce\xba\xff", fin=False),),
            failed("text is not UTF-8 from byte 0xFF on", code=CloseCode.INVALID_DATA),
            "Nobody waits for the last fragment: nothing that could come would make it right.",
        ),
        Experiment(
            "binary-anything",
            "The same bytes as binary",
            'The "Payload data" is arbitrary binary data whose interpretation is solely up to the application layer.',
            "RFC 6455 section 5.6",
            (masked(OPCODE_BINARY, b"\xff\xc0\xaf\xed\xa0\x80"), GOODBYE),
            fine(Answer(OPCODE_BINARY, b"\xff\xc0\xaf\xed\xa0\x80")),
            "Opcode 2 promises nothing about its bytes.",
        ),
    )


def _closing() -> tuple[Experiment, ...]:
    body, codes = "RFC 6455 section 5.5.1", "RFC 6455 section 7.4"
    return (
        Experiment(
            "close-empty",
            "A close without a word",
            'The Close frame MAY contain a body (the "Application data" portion of the frame) that indicates a reason '
            "for closing",
            body,
            (masked(OPCODE_CLOSE),),
            failed("", code=CloseCode.NO_STATUS),
            "The answer is as empty as the question; programs call that 1005, a code that is never on the wire.",
        ),
        Experiment(
            "close-1000",
            "A close with a code and a reason",
            _CLOSE_ANSWER,
            body,
            (_close(CloseCode.NORMAL, b"done for today"),),
            fine(),
            "The code comes back and the reason does not: not a byte more than needed.",
            attacks=("ws CVE-2026-45736",),
        ),
        Experiment(
            "close-4999",
            "A close code of one's own",
            "Status codes in the range 4000-4999 are reserved for private use and thus can't be registered.",
            "RFC 6455 section 7.4.2",
            (_close(4999, "x€".encode()),),
            failed("", code=4999),
            "4000 to 4999 are for you and your server: choose, and write it down.",
        ),
        Experiment(
            "close-one-byte",
            "Half a close code",
            _CLOSE_BODY,
            body,
            (masked(OPCODE_CLOSE, b"\x03"),),
            failed("a close frame's body is empty or starts with a 2-byte code"),
            "None or two bytes; one is neither.",
            attacks=("ws CVE-2026-45736",),
        ),
        *(
            Experiment(
                f"close-{code}",
                f"The close code {code}",
                rule,
                codes,
                (_close(code),),
                failed(f"close code {code} must not be sent"),
                note,
            )
            for code, rule, note in (
                (999, "Status codes in the range 0-999 are not used.", "The first thousand stay free."),
                (
                    CloseCode.RESERVED,
                    "Reserved. The specific meaning might be defined in the future.",
                    "Reserved means: not yet, and not by you.",
                ),
                (
                    CloseCode.NO_STATUS,
                    f"1005 {_NEVER_SENT}",
                    'It is how a program says "there was no code": to send it would be to say "I say nothing".',
                ),
                (
                    CloseCode.ABNORMAL,
                    f"1006 {_NEVER_SENT}",
                    "It is how a program says that the line went dead: nobody can send that.",
                ),
                (
                    CloseCode.TLS_HANDSHAKE,
                    f"1015 {_NEVER_SENT}",
                    "It is how a browser says that TLS failed, before there was a WebSocket.",
                ),
                (
                    2999,
                    "Status codes in the range 1000-2999 are reserved for definition by this protocol, its future "
                    "revisions, and extensions",
                    "Perhaps in the next edition.",
                ),
                (5000, "Status codes [...] 4000-4999 are reserved for private use", "The ranges end at 4999."),
            )
        ),
        Experiment(
            "close-reason-not-utf-8",
            "A reason that is not UTF-8",
            "Following the 2-byte integer, the body MAY contain UTF-8-encoded data with value /reason/",
            body,
            (_close(CloseCode.NORMAL, b"\xff"),),
            failed("the reason in a close frame is not UTF-8", code=CloseCode.INVALID_DATA),
            "The reason is text like any other.",
            attacks=("ws CVE-2026-45736",),
        ),
        Experiment(
            "close-too-long",
            "A reason of 124 bytes",
            _CONTROL,
            "RFC 6455 section 5.5",
            (_close(CloseCode.NORMAL, 124 * b"x"),),
            failed("a control frame carries at most 125 bytes"),
            "Two bytes of code leave 123 for the reason.",
        ),
        Experiment(
            "close-and-go-on",
            "A client that says goodbye and goes on talking",
            "The application MUST NOT send any more data frames after sending a Close frame.",
            body,
            (GOODBYE, masked(OPCODE_TEXT, b"one more thing"), masked(OPCODE_PING, b"hello?")),
            fine(),
            "Nothing after the goodbye is heard, not even a ping.",
        ),
        Experiment(
            "after-a-violation",
            "A client that breaks a rule and goes on as if nothing had been",
            "An endpoint MUST NOT continue to attempt to process data (including a responding Close frame) from the "
            "remote endpoint after being instructed to _Fail the WebSocket Connection_.",
            "RFC 6455 section 7.1.7",
            (masked(0x3, b"?"), masked(OPCODE_TEXT, b"still here"), GOODBYE),
            failed("opcode 0x3 is reserved"),
            "The server has said why, and listens no more.",
            attacks=("aiohttp #13655",),
        ),
        Experiment(
            "close-never-answered",
            "A client that hangs up without a close",
            "If [...] no Close control frame was received by the endpoint (such as could occur if the underlying "
            "transport connection is lost), _The WebSocket Connection Close Code_ is considered to be 1006.",
            "RFC 6455 section 7.1.5",
            (masked(OPCODE_TEXT, b"Hello"),),
            failed("", Answer(OPCODE_TEXT, b"Hello"), code=CloseCode.ABNORMAL),
            "Somebody has pulled the plug: each side notes 1006 for itself.",
            hangs_up=True,
        ),
    )


MESSAGE_EXPERIMENTS = (*_fragments(), *_control_frames(), *_texts(), *_closing())
