"""The server's half of opening a connection: reads the head of a request, then upgrades, answers or refuses it.

In:  a socket just accepted.
Out: a `WebSocket`. Or None, if a plain HTTP request has been answered, or if the client has sent nothing.
Raises HandshakeError after the client has been told why; OSError if the client vanished during the handshake.
"""

from __future__ import annotations

import socket
import threading
import weakref
from typing import Callable, Mapping, NamedTuple

from Net import sockets
from Net.address import NOWHERE
from Net.deflate import Compression, Parameters, accept_offer
from Net.errors import HandshakeError
from Net.extensions import parse_extensions
from Net.fair_share import Share
from Net.handshake import Request, check_upgrade, parse_request, refusal, switching_protocols
from Net.head_reader import HeadReader
from Net.limits import Limits
from Net.port.http import Pages, respond
from Net.port.origin import OriginPolicy
from Net.port.proxy import Caller
from Net.tap import Tap, tell_witness
from Net.websocket import WebSocket

# The most connections of one path that keep a deflate context (about 300 KiB each). Later connections compress each
# message by itself, and keep nothing between two messages.
MOST_CONTEXTS = 16

# Held from the choice of the compression until the connection is counted: two connections that open at the same time
# must not both take the last context.
_opening = threading.Lock()


class Endpoint:
    """A path at which clients open WebSockets. limits: of this path; None: the limits of the port."""

    def __init__(self, compression: Compression = Compression.NONE, limits: Limits | None = None) -> None:
        self.limits = limits
        self._compression = compression
        self._contexts: weakref.WeakSet[WebSocket] = weakref.WeakSet()

    @property
    def compression(self) -> Compression:
        """The compression that the next client may have."""
        if self._compression is Compression.WITH_CONTEXT and len(self._contexts) >= MOST_CONTEXTS:
            return Compression.ALONE
        return self._compression

    def open(self, websocket: WebSocket, parameters: Parameters | None) -> None:
        """Counts the deflate context of a new connection, if it has one, as long as the connection lives."""
        if parameters is not None and parameters.keeps_context():
            self._contexts.add(websocket)


class Site(NamedTuple):
    """Everything that the port serves: WebSockets by path, the pages, and the policy that says who may ask."""

    websockets: Mapping[str, Endpoint]
    pages: Pages
    policy: OriginPolicy


def accept(
    sock: socket.socket,
    site: Site,
    limits: Limits,
    introduce: Callable[[Request], Caller] = lambda _: Caller(NOWHERE),
    tap: Tap | None = None,
    make_share: Callable[[Limits], Share | None] = lambda _: None,
) -> WebSocket | None:
    """Handles one new connection up to the end of its opening handshake; closes the socket unless it was upgraded.

    introduce: returns the caller that sent the request, or raises HandshakeError if the caller is not admitted. tap:
    sees the handshake, and then the frames. make_share: returns the share of the server's time for a WebSocket with the
    given limits; None: no bound.
    """
    reader = HeadReader(sock, limits, tap)
    try:
        request = parse_request(reader.read(), limits)
        caller = introduce(request)
        site.policy.check_host(request)
        if request.asks_for_websocket():
            with _opening:
                response, parameters = upgrade(request, site, caller.scheme)
                endpoint = site.websockets[request.path]
                limits = endpoint.limits or limits
                share = make_share(limits)
                websocket = WebSocket(
                    sock,
                    limits,
                    early=reader.rest,
                    path=request.path,
                    address=caller.address,
                    parameters=parameters,
                    share=share,
                    tap=tap,
                    is_this_machine=caller.is_this_machine,
                )
                endpoint.open(websocket, parameters)
            _send(sock, response, tap)
            return websocket
        sock.sendall(respond(request, site.pages, site.websockets))
        _hang_up(sock, limits)
        return None
    except HandshakeError as error:
        if _is_spare(sock, reader):
            return None
        _refuse(sock, error, reader, limits, tap)
        raise
    except OSError:
        if _is_spare(sock, reader):
            return None
        sock.close()
        raise
    except Exception:  # for example, from a function that makes a page
        _refuse(sock, HandshakeError(500, "a fault in the server", "RFC 9110 section 15.6.1"), reader, limits, tap)
        raise


def upgrade(request: Request, site: Site, scheme: str | None = None) -> tuple[bytes, Parameters | None]:
    """Returns the response that opens the WebSocket, and its compression parameters (None: no compression).

    scheme: of the URL that the client opened, if a proxy reported it. Raises HandshakeError when this WebSocket may not
    be opened.
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


def _send(sock: socket.socket, response: bytes, tap: Tap | None) -> None:
    sock.sendall(response)
    if tap is not None:
        tap.sent(response)


def _is_spare(sock: socket.socket, reader: HeadReader) -> bool:
    """Whether the client has sent nothing at all; if so, closes the socket.

    Browsers open connections before they need them, and load balancers open connections to check the port. Neither has
    asked for anything, so there is nothing to answer and nothing to log.
    """
    if reader.heard:
        return False
    sock.close()
    return True


def _refuse(sock: socket.socket, error: HandshakeError, reader: HeadReader, limits: Limits, tap: Tap | None) -> None:
    tell_witness(tap, error)
    try:
        _send(sock, refusal(error, reader.heard), tap)
    except OSError:
        pass  # the client left before the answer: there is nothing more to do
    _hang_up(sock, limits)


def _hang_up(sock: socket.socket, limits: Limits) -> None:
    sockets.linger(sock, limits.close_timeout_s)
    sock.close()
