"""A whole connection, taken apart: the opening handshake, then the frames of both directions.

In:  the bytes of each direction, as `Net.tap` sees them, cut anywhere. Out: `Handshake` and `Frame` records, in order.
Raises nothing.
"""

from __future__ import annotations

from typing import Union

from Net.anatomy import Frame, Handshake
from Net.deflate import Parameters, check_answer
from Net.dissect import Dissector
from Net.errors import HandshakeError
from Net.extensions import parse_extensions
from Net.handshake import find_end_of_head
from Net.limits import Limits
from Net.opening import dissect_handshake

Record = Union[Handshake, Frame]

# A server's messages are bounded by the server; this bounds only what is held here.
_FROM_SERVER = Limits(message_bytes=2**24, fragments=2**16)


class Conversation:
    """Takes a connection apart. limits: of the server.

    request, response: the halves of the handshake, once they have come.
    """

    def __init__(self, limits: Limits = Limits()) -> None:
        self.request: Handshake | None = None
        self.response: Handshake | None = None
        self._limits = limits
        self._failed = False
        self._dissectors: dict[bool, Dissector] = {}  # by from_client, when both halves have come
        self._waiting = {True: b"", False: b""}  # what came before that, and is not part of a half that has

    @property
    def is_plain_http(self) -> bool:
        """Whether the client has asked for a page, and for no WebSocket."""
        return self.request is not None and not self.request.is_upgrade and self.request.violation is None

    def feed(self, from_client: bool, data: bytes) -> list[Record]:
        """Takes the next bytes of a direction; returns what they complete."""
        if self._failed:
            return []
        if self._dissectors:
            return list(self._dissectors[from_client].feed(data))
        self._waiting[from_client] += data
        if from_client and self.request is None:
            return self._read_request()
        if not from_client and self.response is None:
            return self._read_response()
        return []

    def _read_request(self) -> list[Record]:
        head = self._take_head(True)
        if head is None:
            return []
        self.request = dissect_handshake(head, limits=self._limits)
        return [self.request]

    def _read_response(self) -> list[Record]:
        head = self._take_head(False)
        if head is None:
            return []
        key = self.request.key if self.request else None
        self.response = response = dissect_handshake(head, key)
        if not response.is_upgrade:
            self._failed = True
            return [response]
        return [response, *self._start(_parameters(response.extension))]

    def _take_head(self, from_client: bool) -> bytes | None:
        """The head that has come, None while it has not; all there is, if it is none."""
        waiting = self._waiting[from_client]
        try:
            end = find_end_of_head(waiting, self._limits)
        except HandshakeError:
            end = len(waiting)
        if end < 0:
            return None
        if not from_client and not waiting.startswith(b"HTTP/1.1 101"):
            end = len(waiting)  # a refusal, with the reason behind its head
        self._waiting[from_client] = waiting[end:]
        return waiting[:end]

    def _start(self, parameters: Parameters | None) -> list[Record]:
        """Reads frames from here on, first those that are waiting."""
        self._dissectors = {
            True: Dissector(True, self._limits, parameters),
            False: Dissector(False, _FROM_SERVER, parameters),
        }
        early: list[Record] = []
        for from_client, dissector in self._dissectors.items():
            early += dissector.feed(self._waiting[from_client])
        return early


def _parameters(extension: str | None) -> Parameters | None:
    try:
        return check_answer(parse_extensions([extension])) if extension else None
    except HandshakeError:
        return None
