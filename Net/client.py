"""The other half: a WebSocket client, for bots, load tests, tests and lessons (RFC 6455 section 4.1)."""

from __future__ import annotations

import base64
import os
import socket
from typing import Callable, Iterable, Tuple
from urllib.parse import urlsplit

from Net.accept import read_head
from Net.deflate import check_answer, make_offer
from Net.errors import HandshakeError
from Net.extensions import parse_extensions
from Net.handshake import check_response, upgrade_request
from Net.limits import Limits
from Net.websocket import WebSocket

# Opens a TCP connection to a host and port, within some seconds; raises OSError.
Dial = Callable[[Tuple[str, int], float], socket.socket]


def connect(
    url: str,
    limits: Limits = Limits(),
    headers: Iterable[tuple[str, str]] = (),
    compress: bool = False,
    dial: Dial | None = None,
) -> WebSocket:
    """Opens a WebSocket to a ws:// URL.

    headers: further fields of the request, as (name, value). compress: offer permessage-deflate. dial: opens the
    connection (None: as usual). Raises ValueError for another kind of URL, OSError when nobody answers, HandshakeError
    when the server refuses.
    """
    parts = urlsplit(url)
    if parts.scheme != "ws" or not parts.hostname:
        raise ValueError(f"the URL must be ws://host[:port]/path, not {url!r}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    key = base64.b64encode(os.urandom(16)).decode("ascii")
    sock = (dial or socket.create_connection)((parts.hostname, parts.port or 80), limits.handshake_timeout_s)
    try:
        offer = [("Sec-WebSocket-Extensions", make_offer())] if compress else []
        sock.sendall(upgrade_request(parts.netloc, target, key, [*headers, *offer]))
        head, early = read_head(sock, limits)
        answer = parse_extensions(check_response(head, key, limits))
        if answer and not compress:
            raise HandshakeError(502, "the server answers an extension that was not offered", "RFC 6455 section 4.1")
        parameters = check_answer(answer)
    except BaseException:
        sock.close()
        raise
    return WebSocket(sock, limits, True, early, target, parts.netloc, parameters)
