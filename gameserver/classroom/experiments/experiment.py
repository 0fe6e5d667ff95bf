"""An experiment of the lab: bytes for the server, and the answer that the server must give to them.

An experiment opens a connection, sends the opening handshake and then its steps, and reads to the end of the stream.
Every experiment ends its connection. An experiment that breaks no rule sends a CLOSE, and the server answers it.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from Net.close_codes import CloseCode
from Net.frames import OPCODE_CLOSE, serialize
from Net.messages import close_payload

# The masking key and the handshake key of the RFC's own examples (sections 5.7 and 1.3).
KEY = bytes.fromhex("37fa213d")
SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOODBYE = serialize(OPCODE_CLOSE, close_payload(CloseCode.NORMAL), mask_key=KEY)
# A crafted handshake has this text in place of the server's address, which is known only when the experiment runs.
HOST = "{host}"


class Delivery(enum.Enum):
    """How the bytes are handed to TCP: each step in one piece, or all bytes one at a time."""

    WHOLE = "whole"
    BYTE_BY_BYTE = "byte by byte"


class Answer(NamedTuple):
    """A frame that must come back, unmasked and final. rsv: RSV bits in place, as in `Net.frames.Frame`.

    payload: the whole payload, or only its start if `is_start`. repeats: one or more such frames come.
    """

    opcode: int
    payload: bytes = b""
    is_start: bool = False
    rsv: int = 0
    repeats: bool = False


class Outcome(NamedTuple):
    """The whole answer before the stream ends.

    status: of the HTTP response; 0 if there is none. says: words of its head or body. frames: those before the CLOSE.
    close_code: in the server's CLOSE; 1005: the CLOSE has no code; 1006: there is no CLOSE. close_reason: the start of
    its reason.
    """

    status: int = 101
    says: str = ""
    frames: tuple[Answer, ...] = ()
    close_code: int = CloseCode.NORMAL
    close_reason: str = ""


class Experiment(NamedTuple):
    """A row of the shelf.

    rule: in the words of the RFC. section: with its document, such as "RFC 6455 section 5.2". sent: the steps after the
    handshake. note: a sentence for the student. handshake: its text, if it differs from that of `opening`.
    hangs_up: the bench ends its half of the stream after the last step. attacks: the rows of docs/attacks.md that the
    experiment shows.
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
        """Returns the bytes of the opening handshake. host: the server's address and port."""
        return (self.handshake or opening(self.path)).replace(HOST, host).encode("latin-1")


def opening(path: str, *fields: str) -> str:
    """Returns the text of a correct opening handshake. fields: further header lines."""
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
    return Outcome(status, says, close_code=CloseCode.ABNORMAL)


def failed(reason: str, *frames: Answer, code: int = CloseCode.PROTOCOL_ERROR) -> Outcome:
    """The server fails the connection: a CLOSE with a code and the rule that was broken."""
    return Outcome(frames=frames, close_code=code, close_reason=reason)


def fine(*frames: Answer, says: str = "") -> Outcome:
    """No rule is broken: the frames come back, and then the answer to the client's CLOSE."""
    return Outcome(frames=frames, says=says)


def masked(opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0) -> bytes:
    """Returns a frame as a client must send it, masked with the key of the RFC's examples."""
    return serialize(opcode, payload, fin, rsv, mask_key=KEY)
