"""What an experiment of the lab is: bytes for the server, and the answer that it must give to them.

An experiment opens a connection, sends the opening handshake and then its steps, and reads to the end of the stream.
Every experiment ends its connection: one that breaks no rule says goodbye with a CLOSE, and the server answers it.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from Net.frames import CLOSE, serialize
from Net.messages import ABNORMAL, close_payload

# The masking key and the handshake key of the RFC's own examples (sections 5.7 and 1.3).
KEY = bytes.fromhex("37fa213d")
SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOODBYE = serialize(CLOSE, close_payload(1000), mask_key=KEY)
# What a crafted handshake writes where the address of the server belongs: known only when the experiment runs.
HOST = "{host}"


class Delivery(enum.Enum):
    """How the bytes are handed to TCP: each step in one piece, or all of it a byte at a time."""

    WHOLE = "whole"
    BYTE_BY_BYTE = "byte by byte"


class Answer(NamedTuple):
    """A frame that must come back, unmasked and final. rsv: bits in place, as in `Net.frames.Frame`.

    payload: all of it, or how it starts, if `is_start`. repeats: one or more such frames come.
    """

    opcode: int
    payload: bytes = b""
    is_start: bool = False
    rsv: int = 0
    repeats: bool = False


class Outcome(NamedTuple):
    """All that comes back before the stream ends.

    status: of the HTTP response, 0 if there is none. says: words of its head or body. frames: before the CLOSE.
    close_code: in the server's CLOSE; 1005: it holds none; 1006: there is no CLOSE. close_reason: how its reason
    starts.
    """

    status: int = 101
    says: str = ""
    frames: tuple[Answer, ...] = ()
    close_code: int = 1000
    close_reason: str = ""


class Experiment(NamedTuple):
    """A row of the shelf.

    rule: in the words of the RFC. section: with its document, such as "RFC 6455 section 5.2". sent: the steps after the
    handshake. note: a sentence for the student. handshake: its text if it is not the proper one, see `opening`.
    hangs_up: we end our half of the stream after the last step. attacks: rows of docs/attacks.md that it shows.
    """

    id: str
    title: str
    rule: str
    section: str
    sent: tuple[bytes, ...]
    outcome: Outcome
    note: str
    path: str = "/echo"
    handshake: str = ""
    delivery: Delivery = Delivery.WHOLE
    hangs_up: bool = False
    attacks: tuple[str, ...] = ()

    def opening(self, host: str) -> bytes:
        """The bytes of the opening handshake. host: the server's address and port."""
        return (self.handshake or opening(self.path)).replace(HOST, host).encode("latin-1")


def opening(path: str, *fields: str) -> str:
    """The text of a proper opening handshake, with further header lines."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {HOST}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {SAMPLE_KEY}",
        "Sec-WebSocket-Version: 13",
        *fields,
    ]
    return "\r\n".join([*lines, "", ""])


def refused(status: int, says: str) -> Outcome:
    """The handshake gets an HTTP error, and the connection ends."""
    return Outcome(status, says, close_code=ABNORMAL)


def failed(reason: str, *frames: Answer, code: int = 1002) -> Outcome:
    """The server fails the connection: a CLOSE with a code and the rule that was broken."""
    return Outcome(frames=frames, close_code=code, close_reason=reason)


def fine(*frames: Answer, says: str = "") -> Outcome:
    """No rule is broken: the frames come back, and then the answer to our goodbye."""
    return Outcome(frames=frames, says=says)


def masked(opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0) -> bytes:
    """A frame as a client must send it, with the key of the RFC's examples."""
    return serialize(opcode, payload, fin, rsv, mask_key=KEY)
