"""Dissects the opening handshake line by line (RFC 6455 sections 1.3 and 4).

In:  the head of a request or of a response, with its empty line; for a refusal also the body. Out: a `Handshake`.
Raises nothing: a refusal by the functions of Net.handshake becomes the `violation` of the record.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Callable, Container

from Net.dissect.head_lines import explain_lines
from Net.dissect.records import AcceptStep, Handshake, Violation
from Net.dissect.violations import violation_of
from Net.errors import HandshakeError
from Net.handshake import (
    END_OF_HEAD,
    GUID,
    Request,
    check_response,
    check_upgrade,
    end_of_head,
    find_end_of_head,
    is_interim,
    parse_request,
    parse_switch,
)
from Net.limits import Limits
from Net.port.http import check_method

# The start of a request: a known method, or any line that ends like a request line. No valid frame starts like a known
# method: as a frame's first byte, each first letter has a reserved bit or a reserved opcode.
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_REQUEST_START = re.compile(rb"(?:\r\n)*(?:(?:%b) |[A-Za-z]{1,32} [^\r\n]{1,8192} HTTP/)" % "|".join(_METHODS).encode())
RESPONSE_START = b"HTTP/"
_SWITCHES = re.compile(rb"HTTP/[^ \r\n]* 101(?!\d)")


def is_opening(received: bytes) -> bool:
    """Returns whether bytes start with a request or a response, and not with a frame."""
    return received.startswith(RESPONSE_START) or _REQUEST_START.match(received) is not None


def end_of_half(received: bytes, limits: Limits) -> int:
    """Returns where a half of the handshake ends; -1 while its head is not whole; len(received) if the head is invalid.

    A response that refuses also has a body after its head, with the reason; its end is the end of all bytes.
    """
    try:
        end = find_end_of_head(received, limits)
    except HandshakeError:
        return len(received)
    is_refusal = received.startswith(RESPONSE_START) and not (_switches(received) or is_interim(received))
    return len(received) if end >= 0 and is_refusal else end


def dissect_handshake(
    head: bytes,
    key: str | None = None,
    limits: Limits = Limits(),
    check: Callable[[Request], object] = check_upgrade,
    subprotocols: Container[str] = (),
) -> Handshake:
    """Returns the record of a request, or of a response if it starts with HTTP/.

    key: the request's Sec-WebSocket-Key, for the check of a response. subprotocols: those that the request offered.
    check: checks the server's own rules for a request, beyond the grammar; raises HandshakeError.
    """
    if head.startswith(RESPONSE_START):
        return _dissect_response(head, key, limits, subprotocols)
    return _dissect_request(head, limits, check)


def accept_steps(key: str) -> tuple[AcceptStep, ...]:
    """Returns the steps from the key to the accept key (section 4.2.2)."""
    joined = key + GUID.decode("ascii")
    sha1 = hashlib.sha1(joined.encode("latin-1"))  # nosec B324  # the RFC requires SHA-1
    digest = sha1.digest()
    return (
        AcceptStep("the key, as it was sent", key),
        AcceptStep("append the GUID of section 1.3", joined),
        AcceptStep("SHA-1 of that: 20 bytes", digest.hex(" ")),
        AcceptStep("in base64: Sec-WebSocket-Accept", base64.b64encode(digest).decode("ascii")),
    )


def _dissect_request(head: bytes, limits: Limits, check: Callable[[Request], object]) -> Handshake:
    request: Request | None = None
    violation: Violation | None = None
    try:
        end = find_end_of_head(head, limits)
        if end >= 0:  # else the server waits for the rest before it decides
            request = parse_request(head[:end], limits)
            (check if request.asks_for_websocket() else check_method)(request)
    except HandshakeError as error:
        violation = violation_of(error)
    keys = [key for key in request.values("sec-websocket-key") if key.isascii()] if request else []
    return Handshake(
        from_client=True,
        wire=head,
        size=len(head),
        is_whole=end_of_head(head) >= 0,
        lines=explain_lines(head, True, False),
        path=request.path if request else None,
        key=keys[0] if keys else None,
        accept=accept_steps(keys[0]) if keys else (),
        extension=None,
        is_upgrade=request is not None and request.asks_for_websocket() and violation is None,
        body="",
        violation=violation,
    )


def _dissect_response(head: bytes, key: str | None, limits: Limits, subprotocols: Container[str]) -> Handshake:
    switches = _switches(head)
    violation: Violation | None = None
    extensions: list[str] = []
    is_whole = end_of_head(head) >= 0
    try:
        end = find_end_of_head(head, limits)
        if switches and end >= 0:
            extensions = _check_switch(head[:end], key, limits, subprotocols)
    except HandshakeError as error:
        violation = violation_of(error)
    return Handshake(
        from_client=False,
        wire=head,
        size=len(head),
        is_whole=is_whole,
        lines=explain_lines(head, False, switches),
        path=None,
        key=key,
        accept=accept_steps(key) if key is not None and switches else (),
        extension=", ".join(extensions) or None,
        is_upgrade=switches and is_whole and violation is None,
        body="" if switches else head.partition(END_OF_HEAD)[2].decode("utf-8", "replace"),
        violation=violation,
    )


def _check_switch(head: bytes, key: str | None, limits: Limits, subprotocols: Container[str]) -> list[str]:
    """Checks a response, its accept key only if `key` is known; returns its extensions. Raises HandshakeError."""
    if key is not None:
        return check_response(head, key, limits, subprotocols)
    return parse_switch(head, limits).values("sec-websocket-extensions")


def _switches(response: bytes) -> bool:
    return _SWITCHES.match(response) is not None
