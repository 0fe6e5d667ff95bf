"""Reads frames with the parser that serves the game: gives a frame's message, or the rule that it breaks.

In:  the cuts of one direction in order; bytes between them may be lost. Out: a `Reading` of each.
If a reading depends on lost bytes, its note says so, and the frame never counts as a violation.
"""

from __future__ import annotations

from typing import NamedTuple

from gameserver.classroom.inspect.cutter import Cut
from Net.deflate import Parameters, make_codecs
from Net.errors import ProtocolError
from Net.frames import CONTROL_BIT, RSV1
from Net.limits import Limits
from Net.messages import Close, Message, MessageReader

NOT_KEPT = "what came before this frame is not kept, so its message cannot be read"
BEHIND_THE_END = "it comes behind the end of this direction, where the receiver reads no more"


class Reading(NamedTuple):
    """A frame, read. message: if the frame completes one. problem: the rule that it breaks, "" for none. note: why
    nothing can be known about the frame, "" if something is known. first: the row where its message begins. context:
    the row where a reader must start in order to understand the frame.
    """

    message: Message | None
    problem: str
    note: str
    first: int
    context: int


class Reader:
    """Reads one direction. limits: of the receiver. parameters: of permessage-deflate, if it was agreed on."""

    def __init__(self, from_client: bool, limits: Limits, parameters: Parameters | None) -> None:
        self._from_client = from_client
        self._limits = limits
        self._parameters = parameters
        self._takes_over = parameters is not None and not (
            parameters.client_no_context_takeover if from_client else parameters.server_no_context_takeover
        )
        self._expected = 0  # offset of the next frame, if nothing is lost
        self._is_whole = True  # nothing has been lost since the first byte
        self._start = 1  # the row of the first frame
        self._begin_anew()

    def _begin_anew(self) -> None:
        inflater = None
        if self._parameters is not None:
            inflater = make_codecs(self._parameters, is_client=not self._from_client)[1]
        self._reader = MessageReader(self._limits, self._from_client, inflater)
        self._has_ended = False
        self._is_open = False  # a message has begun and not ended
        self._is_lost = False  # the message cannot be read
        self._is_compressed = False
        self._first = 0

    def lost_before(self, cut: Cut) -> int:
        """Returns how many bytes are missing between the frame before and this one."""
        return cut.offset - self._expected

    def read(self, cut: Cut, number: int) -> Reading:
        """Reads the next frame. number: of its row."""
        if self.lost_before(cut):
            self._begin_anew()
            self._is_whole = False
        if not cut.offset:
            self._start = number
        self._expected = cut.offset + len(cut.wire)
        if self._has_ended:
            return Reading(None, "", BEHIND_THE_END, number, number)
        if cut.header is None or cut.header.opcode & CONTROL_BIT:
            return self._feed(cut, number, number)
        if not self._is_open and not self._is_lost:
            self._begin_message(cut, number)
        if self._is_lost:
            self._is_lost = not cut.header.fin
            return Reading(None, "", NOT_KEPT, number, number)
        self._is_open = not cut.header.fin
        return self._feed(cut, self._first, self._start if self._takes_over and self._is_compressed else self._first)

    def _begin_message(self, cut: Cut, number: int) -> None:
        self._first = number
        self._is_compressed = cut.header is not None and bool(cut.header.rsv & RSV1)
        needs_more = self._takes_over and self._is_compressed and not self._is_whole
        self._is_lost = cut.fragment > 1 or needs_more

    def _feed(self, cut: Cut, first: int, context: int) -> Reading:
        message = None
        try:
            for event in self._reader.feed(cut.wire):
                self._has_ended = isinstance(event, Close)
                message = event if isinstance(event, (str, bytes)) else None
        except ProtocolError as error:
            self._has_ended = True
            return Reading(None, error.reason, "", first, context)
        return Reading(message, "", "", first, context)
