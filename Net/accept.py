"""The server's half of opening a connection: reads the head of a request, then upgrades, answers or refuses it.

In:  a socket just accepted. Out: a `WebSocket`, or None for a plain HTTP request that has been answered.
Raises HandshakeError after the client has been told; OSError if it vanished on the way.
"""

from __future__ import annotations

import socket
import time
import weakref
from typing import Callable, Mapping, NamedTuple

from Net import sockets
from Net.deflate import Compression, Parameters, accept_offer
from Net.errors import HandshakeError
from Net.extensions import parse_extensions
from Net.fair_share import Share
from Net.handshake import (
    Request,
    check_upgrade,
    find_end_of_head,
    parse_request,
    refusal,
    switching_protocols,
)
from Net.http import Pages, respond
from Net.limits import Limits
from Net.origin import OriginPolicy
from Net.proxy import Caller
from Net.tap import Tap, tell_witness
from Net.websocket import WebSocket

# Connections of one path that may keep a deflate context each, about 300 KiB. Those that come later start each message
# anew, and keep nothing between two messages.
MOST_CONTEXTS = 16


class Endpoint:
    """A path at which WebSockets are opened. limits: None: those of the port."""

    def __init__(self, compression: Compression = Compression.NONE, limits: Limits | None = None) -> None:
        self.limits = limits
        self._compression = compression
        self._contexts: weakref.WeakSet[WebSocket] = weakref.WeakSet()

    @property
    def compression(self) -> Compression:
        """What is offered to the next client."""
        if self._compression is Compression.WITH_CONTEXT and len(self._contexts) >= MOST_CONTEXTS:
            return Compression.ALONE
        return self._compression

    def open(self, websocket: WebSocket, parameters: Parameters | None) -> None:
        """Counts the context of a new connection, if it has one, for as long as the connection lives."""
        if parameters is not None and parameters.keeps_context():
            self._contexts.add(websocket)


class Site(NamedTuple):
    """What can be asked for on the port: WebSockets by path, pages for everything else, and who may ask."""

    websockets: Mapping[str, Endpoint]
    pages: Pages
    policy: OriginPolicy


def accept(
    sock: socket.socket,
    site: Site,
    limits: Limits,
    introduce: Callable[[Request], Caller] = lambda _: Caller("", 0),
    tap: Tap | None = None,
    make_share: Callable[[Limits], Share | None] = lambda _: None,
) -> WebSocket | None:
    """Handles one new connection up to the end of its opening handshake; closes the socket unless it was upgraded.

    introduce: says who sent the request, or raises HandshakeError if it may not come in. tap: sees the handshake, and
    then the frames. make_share: gives the share of our time that a WebSocket with some limits may take.
    """
    try:
        head, early = read_head(sock, limits, tap)
        request = parse_request(head, limits)
        caller = introduce(request)
        site.policy.check_host(request)
        if request.asks_for_websocket():
            response, parameters = upgrade(request, site, caller.scheme)
            _send(sock, response, tap)
            endpoint = site.websockets[request.path]
            limits = endpoint.limits or limits
            share = make_share(limits)
            websocket = WebSocket(sock, limits, False, early, request.path, caller.address, parameters, share)
            endpoint.open(websocket, parameters)
            websocket.is_this_machine, websocket.tap = caller.is_this_machine, tap
            return websocket
        sock.sendall(respond(request, site.pages))
        _hang_up(sock, limits)
        return None
    except HandshakeError as error:
        _refuse(sock, error, limits, tap)
        raise
    except OSError:
        sock.close()
        raise
    except Exception:  # of a page, say
        _refuse(sock, HandshakeError(500, "a fault in the server", "RFC 9110 section 15.6.1"), limits, tap)
        raise


def upgrade(request: Request, site: Site, scheme: str | None = None) -> tuple[bytes, Parameters | None]:
    """Returns the response that opens the WebSocket, and the parameters of its compression, if it is compressed.

    scheme: of the URL that was opened, if a proxy told. Raises HandshakeError when it may not be opened.
    """
    key = check_upgrade(request)
    site.policy.check_origin(request, scheme)
    if request.path not in site.websockets:
        raise HandshakeError(404, "there is no WebSocket at this path", "RFC 6455 section 4.2.2")
    offers = parse_extensions(request.values("sec-websocket-extensions"))
    accepted = accept_offer(offers, site.websockets[request.path].compression)
    if accepted is None:
        return switching_protocols(key), None
    parameters, answer = accepted
    return switching_protocols(key, [("Sec-WebSocket-Extensions", answer)]), parameters


def read_head(sock: socket.socket, limits: Limits, tap: Tap | None = None) -> tuple[bytes, bytes]:
    """Returns a request's or response's head and the bytes that came behind it.

    Raises HandshakeError 408 when the head is not there after the handshake time-out, however slowly it drips.
    """
    deadline_s = time.monotonic() + limits.handshake_timeout_s
    received = b""
    while True:
        end = find_end_of_head(received, limits)
        if end >= 0:
            return received[:end], received[end:]
        sock.settimeout(max(0.001, deadline_s - time.monotonic()))
        try:
            data = sock.recv(limits.head_bytes)
        except socket.timeout:
            raise HandshakeError(
                408,
                f"the head must arrive within {limits.handshake_timeout_s:g} s",
                "RFC 9110 section 15.5.9",
            ) from None
        if not data:
            raise ConnectionResetError("the connection ended inside the handshake")
        received += data
        if tap is not None:
            tap.received(data)


def _send(sock: socket.socket, response: bytes, tap: Tap | None) -> None:
    sock.sendall(response)
    if tap is not None:
        tap.sent(response)


def _refuse(sock: socket.socket, error: HandshakeError, limits: Limits, tap: Tap | None) -> None:
    tell_witness(tap, error)
    try:
        _send(sock, refusal(error), tap)
    except OSError:
        pass  # it left before it was told: nothing more to do for it
    _hang_up(sock, limits)


def _hang_up(sock: socket.socket, limits: Limits) -> None:
    sockets.linger(sock, limits.close_timeout_s)
    sock.close()
