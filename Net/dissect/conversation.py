"""Dissects a whole connection: the opening handshake, then the frames of both directions.

In:  the bytes of each direction, as `Net.tap` sees them, split at any place. Out: `Handshake` and `Frame` records, in
     order.
Raises nothing.
"""

from __future__ import annotations

from typing import Union

from Net.deflate import Parameters, check_answer
from Net.dissect.dissector import Dissector
from Net.dissect.opening import dissect_handshake, end_of_half
from Net.dissect.records import Frame, Handshake
from Net.errors import HandshakeError
from Net.extensions import parse_extensions
from Net.handshake import is_interim
from Net.limits import Limits, LimitsOf

Record = Union[Handshake, Frame]

# The server itself limits the messages that it sends. These limits bound only the memory of the dissection.
FROM_SERVER = Limits(message_bytes=2**24, fragments=2**16)


class Conversation:
    """Dissects a connection. limits: the server's limits. limits_of: returns the limits of a path, if they differ.

    request, response: the halves of the handshake; None until they arrive.
    """

    def __init__(self, limits: Limits = Limits(), limits_of: LimitsOf | None = None) -> None:
        self.request: Handshake | None = None
        self.response: Handshake | None = None
        self._limits = limits
        self._limits_of = limits_of
        self._failed = False
        self._dissectors: dict[bool, Dissector] = {}  # by from_client; empty until both halves are here
        self._waiting = {True: b"", False: b""}  # bytes that came before that, and that no half contains

    @property
    def is_plain_http(self) -> bool:
        """Whether the client has asked for a page, not for a WebSocket."""
        return self.request is not None and self.request.is_plain_http

    def feed(self, from_client: bool, data: bytes) -> list[Record]:
        """Takes the next bytes of a direction; returns the records that they complete."""
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

    def unfinished(self) -> list[Record]:
        """Returns the frames that have not arrived whole yet: at most one for each direction."""
        return [frame for frame in (dissector.unfinished() for dissector in self._dissectors.values()) if frame]

    def _read_request(self) -> list[Record]:
        head = self._take_head(True)
        if head is None:
            return []
        self.request = dissect_handshake(head, limits=self._limits)
        return [self.request]

    def _read_response(self) -> list[Record]:
        interim: list[Record] = []
        head = self._take_head(False)
        while head is not None and is_interim(head):
            interim.append(dissect_answer(head, self.request))
            head = self._take_head(False)
        if head is None:
            return interim
        self.response = response = dissect_answer(head, self.request)
        if not response.is_upgrade:
            self._failed = True
            return [*interim, response]
        return [*interim, response, *self._start(parameters_of(response))]

    def _take_head(self, from_client: bool) -> bytes | None:
        """Takes the next head from the waiting bytes; None while it is not whole; all bytes if they are not a head."""
        waiting = self._waiting[from_client]
        end = end_of_half(waiting, self._limits)
        if end < 0:
            return None
        self._waiting[from_client] = waiting[end:]
        return waiting[:end]

    def _start(self, parameters: Parameters | None) -> list[Record]:
        """Starts to read frames; returns the frames in the waiting bytes."""
        limits = self._limits
        if self._limits_of is not None and self.request is not None:
            limits = self._limits_of(self.request.path or "")
        self._dissectors = {
            True: Dissector(True, limits, parameters),
            False: Dissector(False, FROM_SERVER, parameters),
        }
        early: list[Record] = []
        for from_client, dissector in self._dissectors.items():
            early += dissector.feed(self._waiting[from_client])
        return early


def dissect_answer(head: bytes, request: Handshake | None) -> Handshake:
    """Returns the record of a response. request: the request that it answers, None if not known."""
    if request is None:
        return dissect_handshake(head)
    offers = [line.value for line in request.lines if line.name.lower() == "sec-websocket-protocol"]
    return dissect_handshake(head, request.key, subprotocols=[name.strip() for name in ",".join(offers).split(",")])


def parameters_of(response: Handshake) -> Parameters | None:
    """Returns the compression parameters that a response agrees on; None if there is no valid agreement."""
    try:
        return check_answer(parse_extensions([response.extension])) if response.extension else None
    except HandshakeError:
        return None
