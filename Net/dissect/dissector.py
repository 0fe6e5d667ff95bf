"""Dissects the frames of one direction of a connection: says what every byte means.

In:  bytes as they were on the wire, split at any place. Out: `Frame` records (Net.dissect.records), each with its
     fields, the message that it completes, and the packet in that message. `Net.dissect.plain.as_plain` turns a record
     into data for JSON; `Net.dissect.plain` describes the shape of this data.
Raises nothing: a broken rule becomes the `violation` of its frame. Bytes after that frame are only counted.

This file checks no rule itself. All bytes go through the `MessageReader` that serves the game. The reader gets the
bytes of one frame at a time, so the dissector knows the frame of each message and of each violation. For a whole
connection (handshake and both directions) see `Net.dissect.conversation`; for a handshake alone see
`Net.dissect.opening.dissect_handshake`.

    dissector = Dissector(from_client=True)
    frames = dissector.feed(bytes.fromhex("818537fa213d7f9f4d5158"))
    frames[0].message.text                # "Hello"
    fields_of(frames[0]), unmasking(frames[0], 5)     # from Net.dissect.layout
    as_plain(frames[0])                   # all of it, for JSON

`python -m Net.dissect` draws frames in a terminal.
"""

from __future__ import annotations

from typing import Iterator

from Net.close_codes import CloseCode
from Net.deflate import Parameters, make_codecs
from Net.dissect.layout import MAX_HEADER_BYTES, Shape, shape_of
from Net.dissect.packet_tree import dissect_message
from Net.dissect.records import CloseBody, Frame, Message, Violation
from Net.dissect.violations import violation_of
from Net.errors import ProtocolError
from Net.frames import (
    CONTROL_BIT,
    FIN,
    OPCODE_BINARY,
    OPCODE_BITS,
    OPCODE_CONTINUATION,
    OPCODE_NAMES,
    OPCODE_TEXT,
    RSV1,
    RSV_BITS,
    apply_mask,
    parse_header,
)
from Net.limits import Limits
from Net.messages import Close, Event, MessageReader

_CLOSE_MEANINGS: dict[int, str] = {
    CloseCode.NORMAL: "normal: the purpose is fulfilled",
    CloseCode.GOING_AWAY: "going away: a server stops, or a page is left",
    CloseCode.PROTOCOL_ERROR: "protocol error",
    CloseCode.UNSUPPORTED_DATA: "a kind of data that cannot be accepted",
    CloseCode.NO_STATUS: "no code was given",
    CloseCode.INVALID_DATA: "data that does not fit its kind, such as text that is not UTF-8",
    CloseCode.POLICY_VIOLATION: "a rule of the application was broken",
    CloseCode.MESSAGE_TOO_BIG: "a message that is too big",
    CloseCode.MANDATORY_EXTENSION: "an extension that the client needs was not agreed on",
    CloseCode.INTERNAL_ERROR: "a fault in the server",
    CloseCode.SERVICE_RESTART: "the server restarts",
    CloseCode.TRY_AGAIN_LATER: "try again later",
    CloseCode.BAD_GATEWAY: "a server behind this one has given no good answer",
}


class Dissector:
    """Dissects one direction of a connection, from the first byte after the handshake.

    from_client: whether the client sends these bytes. limits: the receiver's limits. parameters: the parameters of
    permessage-deflate, if both sides agreed on it. ended: True after a close frame or a violation. failed: True after
    a violation. discarded: the number of bytes after the end; a receiver ignores them.
    """

    def __init__(self, from_client: bool, limits: Limits = Limits(), parameters: Parameters | None = None) -> None:
        self.from_client = from_client
        self.ended = False
        self.failed = False
        self.discarded = 0
        # The receiver is the other side. Its deflater is not needed.
        inflater = None if parameters is None else make_codecs(parameters, is_client=not from_client)[1]
        self._reader = MessageReader(limits, masked=from_client, inflater=inflater)
        self._allowed_rsv = RSV1 if inflater else 0
        self._wire = bytearray()  # the bytes of the frame that is arriving
        self._offset = 0
        self._frames = 0
        self._messages = 0
        self._parts: list[Frame] = []  # the frames of the message that is arriving

    def feed(self, data: bytes) -> list[Frame]:
        """Takes the received bytes; returns the frames that these bytes complete, and a frame that breaks a rule."""
        return list(self.frames_in(data))

    def frames_in(self, data: bytes) -> Iterator[Frame]:
        """As `feed`, but yields frame by frame, so the caller need not hold all frames. Must be read to its end."""
        at = 0
        while at < len(data) and not self.ended:
            taken = data[at : at + self._left_of_frame(data[at : at + MAX_HEADER_BYTES], len(data) - at)]
            at += len(taken)
            self._wire += taken
            event, violation = self._read(taken)
            if violation is not None or not self._shape().missing(len(self._wire)):
                self.failed = violation is not None
                self.ended = self.failed or isinstance(event, Close)
                yield self._complete(event, violation)
        self.discarded += len(data) - at

    def unfinished(self) -> Frame | None:
        """Returns the frame that has not arrived whole yet, if there is one."""
        return self._frame(None) if self._wire else None

    def _left_of_frame(self, start: bytes, size_of_all: int) -> int:
        """Returns how many of the next bytes belong to the arriving frame: all of them while its header is not whole.

        start: the first few of the next bytes. size_of_all: the number of the next bytes.
        """
        head = bytes(self._wire[:MAX_HEADER_BYTES]) + start
        try:
            header = parse_header(head, 0, self.from_client, self._allowed_rsv)
            size = None if header is None else header.size + header.length
        except ProtocolError:  # the reader is going to refuse the frame too; its own header gives its size
            size = shape_of(head).size
        return size_of_all if size is None else max(1, size - len(self._wire))

    def _read(self, data: bytes) -> tuple[Event | None, Violation | None]:
        """Returns what the game's own reader makes of the next bytes. A frame makes at most one event."""
        try:
            return next(self._reader.feed(data), None), None
        except ProtocolError as error:
            return None, violation_of(error)

    def _shape(self) -> Shape:
        return shape_of(bytes(self._wire[:MAX_HEADER_BYTES]))

    def _complete(self, event: Event | None, violation: Violation | None) -> Frame:
        frame = self._frame(violation, event)
        self._offset += frame.size
        self._frames = frame.number
        self._wire.clear()
        if frame.message_number is not None:
            self._messages = frame.message_number
            self._parts = [] if frame.fin else [*self._parts, frame]
        return frame

    def _frame(self, violation: Violation | None, event: Event | None = None) -> Frame:
        wire, shape = bytes(self._wire), self._shape()
        opcode = shape.first_byte & OPCODE_BITS
        fin = bool(shape.first_byte & FIN)
        mask_key = wire[shape.header_size - 4 : shape.header_size] if shape.masked else b""
        payload = wire[shape.header_size :]
        role, message_number, fragment = self._place(opcode, fin)
        return Frame(
            from_client=self.from_client,
            number=self._frames + 1,
            offset=self._offset,
            wire=wire,
            size=len(wire),
            missing=shape.missing(len(wire)),
            fin=fin,
            rsv=shape.first_byte & RSV_BITS,
            opcode=opcode,
            is_compressed=opcode in (OPCODE_TEXT, OPCODE_BINARY) and bool(shape.first_byte & RSV1 & self._allowed_rsv),
            opcode_name=OPCODE_NAMES.get(opcode, f"reserved 0x{opcode:X}"),
            masked=shape.masked,
            mask_key=mask_key,
            length=shape.length or 0,
            length_bits=shape.length_bits,
            header_size=shape.header_size,
            payload=apply_mask(payload, mask_key) if payload and mask_key else payload,
            role=role,
            message_number=message_number,
            fragment=fragment,
            message=self._message(event, len(payload), bool(shape.first_byte & RSV1)),
            close=_close_body(event),
            violation=violation,
        )

    def _place(self, opcode: int, fin: bool) -> tuple[str, int | None, int | None]:
        """Returns the role of a frame, the number of its message, and the frame's place in that message."""
        if opcode not in OPCODE_NAMES:
            return "unknown", None, None
        if opcode & CONTROL_BIT:
            return "control frame", None, None
        if opcode != OPCODE_CONTINUATION:
            return ("whole message" if fin else "first fragment"), self._messages + 1, 1
        if not self._parts:
            return "unknown", None, None
        return ("last fragment" if fin else "fragment"), self._messages, len(self._parts) + 1

    def _message(self, event: Event | None, payload_size: int, rsv1: bool) -> Message | None:
        if not isinstance(event, (str, bytes)):
            return None
        parts = self._parts
        frames = (*(part.number for part in parts), self._frames + 1)
        wire_size = sum(part.length for part in parts) + payload_size
        is_compressed = bool(parts[0].rsv & RSV1) if parts else rsv1
        number = self._messages + (not parts)
        return dissect_message(event, self.from_client, number, frames, wire_size, is_compressed)


def _close_body(event: Event | None) -> CloseBody | None:
    if not isinstance(event, Close):
        return None
    if event.code >= 4000:
        meaning, section = "for private use, by prior agreement", "7.4.2"
    elif event.code >= 3000:
        meaning, section = "for libraries, frameworks and applications, who register it with IANA", "7.4.2"
    else:
        meaning, section = _CLOSE_MEANINGS.get(event.code, "registered with IANA"), "7.4.1"
    return CloseBody(event.code, event.reason, meaning, f"RFC 6455 section {section}")
