"""Experiments with packets, on the game's own path: a correct WebSocket message can still be a bad packet."""

from __future__ import annotations

from gameserver.admission.rates import BAD_PACKETS
from gameserver.classroom.experiments.experiment import GOODBYE, Answer, Experiment, failed, fine, masked
from Net.close_codes import CloseCode
from Net.frames import OPCODE_BINARY, OPCODE_TEXT

_UP_TO_US = "arbitrary binary data whose interpretation is solely up to the application layer."
_POLICY = (
    "1008 indicates that an endpoint is terminating the connection because it has received a message that violates its "
    "policy."
)
_BINARY, _TEXT, _CODES = "RFC 6455 section 5.6", "RFC 6455 section 5.6", "RFC 6455 section 7.4.1"
_IS_TEXT = 'The "Payload data" is text data encoded as UTF-8.'
# The start of a MessagePack ERROR packet: an array of 2, the code 33, an array of 2, a string of 10 bytes.
_BAD_PACKET = bytes.fromhex("92 21 92 aa") + b"BAD_PACKET"

GAME_EXPERIMENTS = (
    Experiment(
        "packet-ping-text",
        "A packet typed by hand",
        _IS_TEXT,
        _TEXT,
        (masked(OPCODE_TEXT, b'["PING",[7]]'), GOODBYE),
        fine(Answer(OPCODE_TEXT, b'["PONG",[7,', is_start=True)),
        "A packet is no WebSocket ping: it goes through the game's own code, and so measures the game.",
        path="/",
    ),
    Experiment(
        "packet-ping-binary",
        "The same packet in MessagePack",
        _UP_TO_US,
        _BINARY,
        (masked(OPCODE_BINARY, bytes.fromhex("92 09 91 07")), GOODBYE),
        fine(Answer(OPCODE_BINARY, bytes.fromhex("92 22 92 07"), is_start=True)),
        "An array of 2: the code 9, and an array of 1 with the 7 in it. Four bytes for what took twelve.",
        path="/",
    ),
    Experiment(
        "packet-unknown",
        "A packet that does not exist",
        _IS_TEXT,
        _TEXT,
        (masked(OPCODE_TEXT, b'["FLY",[]]'), GOODBYE),
        fine(Answer(OPCODE_TEXT, b'["ERROR",["UNKNOWN_PACKET"', is_start=True)),
        "The frame is good, so the connection lives; the packet is not, so the game says what is wrong with it.",
        path="/",
    ),
    Experiment(
        "packet-before-join",
        "Walking before one has come in",
        _IS_TEXT,
        _TEXT,
        (masked(OPCODE_TEXT, b'["MOVE",[0]]'), GOODBYE),
        fine(Answer(OPCODE_TEXT, b'["ERROR",["NOT_IN_ROOM"', is_start=True)),
        "Which packet may come when is a rule of the game: WebSocket knows nothing of it.",
        path="/",
    ),
    Experiment(
        "packet-bad-argument",
        "A direction that there is not",
        _IS_TEXT,
        _TEXT,
        (masked(OPCODE_TEXT, b'["MOVE",[8]]'), GOODBYE),
        fine(Answer(OPCODE_TEXT, b'["ERROR",["BAD_ARGUMENT","MOVE.direction', is_start=True)),
        "Directions are 0 to 7; every argument is checked against the table of packets before the game sees it.",
        path="/",
    ),
    Experiment(
        "packet-name-with-line-break",
        "A name that writes a line of its own into the log",
        _IS_TEXT,
        _TEXT,
        (masked(OPCODE_TEXT, b'["JOIN",["a\\n2026-01-01 INFO all is well"]]'), GOODBYE),
        fine(Answer(OPCODE_TEXT, b'["ERROR",["BAD_ARGUMENT","JOIN.name', is_start=True)),
        "Who reads logs believes them: what a stranger sends must not be able to look like an entry.",
        path="/",
        attacks=("CWE-117",),
    ),
    Experiment(
        "packet-declared-size",
        "An array of four thousand million elements, announced",
        _UP_TO_US,
        _BINARY,
        (masked(OPCODE_BINARY, bytes.fromhex("dd ff ff ff ff")), GOODBYE),
        fine(Answer(OPCODE_BINARY, _BAD_PACKET, is_start=True)),
        "Five bytes that ask for 32 GB: here too a size is checked when it is announced.",
        path="/",
        attacks=("declared sizes, deep and long values",),
    ),
    Experiment(
        "packet-flood",
        "Forty bad packets at once",
        _POLICY,
        _CODES,
        (2 * BAD_PACKETS.burst * masked(OPCODE_TEXT, b'["FLY",[]]'),),
        failed(
            "too many bad packets",
            Answer(OPCODE_TEXT, b'["ERROR",["UNKNOWN_PACKET"', is_start=True, repeats=True),
            code=CloseCode.POLICY_VIOLATION,
        ),
        "Twenty mistakes are answered, then the server has had enough: 1008 is for rules of one's own.",
        path="/",
        attacks=("message flood",),
    ),
)
