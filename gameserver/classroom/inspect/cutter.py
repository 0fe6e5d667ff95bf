"""Cuts the bytes of one direction into frames, and does nothing more: cheap enough for every connection, all the time.

In:  bytes as they were on the wire, cut anywhere. Out: `Cut`s: each is a whole frame, or bytes that are no frame of the
     protocol.
`Net.dissect` explains a frame when a viewer wants to see it.
"""

from __future__ import annotations

from typing import NamedTuple

from Net.errors import ProtocolError
from Net.frames import CONTROL_BIT, OPCODE_CONTINUATION, RSV1, Header, parse_header


class Cut(NamedTuple):
    """A frame. wire: its bytes. header: None if the bytes break a rule; then `wire` has all bytes from there on.

    offset: the number of bytes before it in its direction. fragment: its place in its message, from 1; 0 for a control
    frame. is_between: it is a control frame between the fragments of a message. is_whole: all its bytes are there.
    is_blanked: the payload was made unreadable.
    """

    wire: bytes
    header: Header | None
    offset: int
    fragment: int = 0
    is_between: bool = False
    is_whole: bool = True
    is_blanked: bool = False


class Cutter:
    """Finds the frames of one direction. from_client: the client sends them, so they are masked."""

    def __init__(self, from_client: bool) -> None:
        self._from_client = from_client
        self._rest = b""
        self._fragments = 0  # of a message that is not complete
        self._is_broken = False  # a rule was broken, so the start of the next frame is unknown
        self.offset = 0  # of the rest, in the bytes of this direction

    def feed(self, data: bytes) -> list[Cut]:
        """Takes bytes and returns the frames that they complete."""
        if self._is_broken:
            self.offset += len(data)
            return []
        self._rest += data
        cuts = []
        at = 0
        while True:
            try:
                header = parse_header(self._rest, at, self._from_client, RSV1)
            except ProtocolError:
                cuts.append(Cut(self._rest[at:], None, self.offset + at))
                at, self._is_broken = len(self._rest), True
                break
            if header is None or at + header.size + header.length > len(self._rest):
                break
            end = at + header.size + header.length
            cuts.append(self._cut(self._rest[at:end], header, self.offset + at))
            at = end
        self._rest = self._rest[at:]
        self.offset += at
        return cuts

    def unfinished(self) -> Cut | None:
        """Returns the frame that has begun and not ended, or None."""
        if self._is_broken or not self._rest:
            return None
        header = parse_header(self._rest, 0, self._from_client, RSV1)
        if header is None:
            return Cut(self._rest, None, self.offset, is_whole=False)
        return self._cut(self._rest, header, self.offset)._replace(is_whole=False)

    def _cut(self, wire: bytes, header: Header, offset: int) -> Cut:
        if header.opcode & CONTROL_BIT:
            return Cut(wire, header, offset, 0, self._fragments > 0)
        fragment = self._fragments + 1 if header.opcode == OPCODE_CONTINUATION else 1
        self._fragments = 0 if header.fin else fragment
        return Cut(wire, header, offset, fragment)
