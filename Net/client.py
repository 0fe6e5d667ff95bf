"""A WebSocket client, for bots, load tests, tests and lessons (RFC 6455 section 4.1)."""

from __future__ import annotations

import base64
import os
import socket
from typing import Callable, Iterable, Tuple

from Net.address import Address
from Net.deflate import check_answer, make_offer
from Net.destination import parse_url
from Net.errors import HandshakeError
from Net.extensions import parse_extensions
from Net.handshake import check_response, is_interim, upgrade_request
from Net.head_reader import HeadReader
from Net.limits import Limits
from Net.websocket import WebSocket

_SUBPROTOCOL = "sec-websocket-protocol"
# The fields that the handshake writes itself. If a field came twice, the request would have two meanings.
_OWN_FIELDS = frozenset(
    ("host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions")
)
# Opens a TCP connection to (host, port) within a time-out in seconds; raises OSError.
Dial = Callable[[Tuple[str, int], float], socket.socket]


def connect(
    url: str,
    limits: Limits = Limits(),
    headers: Iterable[tuple[str, str]] = (),
    compress: bool = False,
    dial: Dial | None = None,
) -> WebSocket:
    """Opens a WebSocket to a ws:// URL.

    headers: further fields of the request, as (name, value); they may offer subprotocols. compress: whether to offer
    permessage-deflate. dial: opens the TCP connection (None: socket.create_connection). Raises ValueError for a URL or
    a header that cannot be sent, OSError when nobody answers, HandshakeError when the server refuses.
    """
    destination = parse_url(url)
    fields = [*headers]
    _check_headers(fields)
    key = base64.b64encode(os.urandom(16)).decode("ascii")
    offer = [("Sec-WebSocket-Extensions", make_offer())] if compress else []
    request = upgrade_request(destination.authority, destination.target, key, [*fields, *offer])
    sock = (dial or socket.create_connection)((destination.host, destination.port), limits.handshake_timeout_s)
    try:
        sock.sendall(request)
        reader = HeadReader(sock, limits)
        head = _final_head(reader, limits)
        answer = parse_extensions(check_response(head, key, limits, _subprotocols(fields)))
        if answer and not compress:
            raise HandshakeError(502, "the server answers an extension that was not offered", "RFC 6455 section 4.1")
        parameters = check_answer(answer)
    except BaseException:
        sock.close()
        raise
    address = Address(destination.host, destination.port)
    return WebSocket(sock, limits, True, reader.rest, destination.target, address, parameters)


def _check_headers(fields: Iterable[tuple[str, str]]) -> None:
    for name, _ in fields:
        if name.lower() in _OWN_FIELDS:
            raise ValueError(f"headers: {name} is written by the handshake itself")


def _subprotocols(fields: Iterable[tuple[str, str]]) -> list[str]:
    """Returns the subprotocols that the headers offer."""
    offers = [value for name, value in fields if name.lower() == _SUBPROTOCOL]
    return [offer.strip(" \t") for offer in ",".join(offers).split(",") if offer.strip(" \t")]


def _final_head(reader: HeadReader, limits: Limits) -> bytes:
    """Reads the server's final answer, and skips the interim answers before it (RFC 9110 section 15.2)."""
    for _ in range(limits.interim_answers + 1):
        head = reader.read()
        if not is_interim(head):
            return head
    raise HandshakeError(502, f"more than {limits.interim_answers} interim answers", "RFC 9110 section 15.2")
