"""The opening handshake, explained: RFC 6455 sections 1.3 and 4, line by line.

In:  the head of a request or of a response, empty line included; of a refusal, the body too. Out: a `Handshake`.
Raises nothing: what the functions of Net.handshake refuse about it is its `violation`.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Callable

from Net.anatomy import AcceptStep, Handshake, HandshakeLine, Violation
from Net.errors import HandshakeError
from Net.handshake import (
    END_OF_HEAD,
    GUID,
    Request,
    check_response,
    check_upgrade,
    find_end_of_head,
    parse_request,
)
from Net.limits import Limits
from Net.violations import violation_of

_MEANINGS = {
    "host": ("which site is meant: one server may have many names", "RFC 9112 section 3.2"),
    "upgrade": ("asks to change the protocol of this TCP connection to WebSocket", "RFC 6455 section 4.2.1"),
    "connection": ("says that Upgrade is meant for the next server, not for one behind it", "RFC 6455 section 4.2.1"),
    "sec-websocket-key": ("16 random bytes in base64, new for each connection", "RFC 6455 section 4.1"),
    "sec-websocket-version": ("the only version there is: 13", "RFC 6455 section 4.4"),
    "sec-websocket-accept": ("proves that the server has read the key as a WebSocket key", "RFC 6455 section 4.2.2"),
    "sec-websocket-extensions": ("extensions: offered by the client, agreed on by the server", "RFC 6455 section 9.1"),
    "sec-websocket-protocol": ("subprotocols: offered by the client, one chosen by the server", "RFC 6455 section 1.9"),
    "origin": ("the page that the script came from; a browser always tells the truth here", "RFC 6455 section 10.2"),
    "cookie": ("what this site has stored in the browser", "RFC 6265 section 4.2"),
    "user-agent": ("which program asks", "RFC 9110 section 10.1.5"),
}
_OTHER_FIELD = ("not part of the opening handshake", "RFC 9110 section 5")


def dissect_handshake(
    head: bytes,
    key: str | None = None,
    limits: Limits = Limits(),
    check: Callable[[Request], object] = check_upgrade,
) -> Handshake:
    """Returns the record of a request, or of a response if it starts with HTTP/.

    key: the request's Sec-WebSocket-Key, which a response must fit. check: what the server asks of a request beyond its
    grammar; raises HandshakeError.
    """
    if head.startswith(b"HTTP/"):
        return _dissect_response(head, key, limits)
    return _dissect_request(head, limits, check)


def accept_steps(key: str) -> tuple[AcceptStep, ...]:
    """The way from the key to the accept key (section 4.2.2), step by step."""
    joined = key + GUID.decode("ascii")
    sha1 = hashlib.sha1(joined.encode("latin-1"))  # nosec B324  # shows how the RFC has it made
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
        request = parse_request(head[: find_end_of_head(head, limits)], limits)
        if request.asks_for_websocket():
            check(request)
    except HandshakeError as error:
        violation = violation_of(error)
    keys = request.values("sec-websocket-key") if request else []
    lines = _lines(head, "method, what is asked for, version: an upgrade starts as an ordinary GET", "4.1")
    return Handshake(
        from_client=True,
        wire=head,
        size=len(head),
        lines=lines,
        path=request.path if request else None,
        key=keys[0] if keys else None,
        accept=accept_steps(keys[0]) if keys else (),
        extension=None,
        is_upgrade=request is not None and request.asks_for_websocket() and violation is None,
        body="",
        violation=violation,
    )


def _dissect_response(head: bytes, key: str | None, limits: Limits) -> Handshake:
    is_upgrade = head.split(b" ", 2)[1:2] == [b"101"]
    violation: Violation | None = None
    extensions: list[str] = []
    if is_upgrade and key is not None:
        try:
            extensions = check_response(head[: find_end_of_head(head, limits)], key, limits)
        except HandshakeError as error:
            violation = violation_of(error)
    return Handshake(
        from_client=False,
        wire=head,
        size=len(head),
        lines=_lines(
            head, "101: from the next byte on, both sides speak WebSocket" if is_upgrade else "refused", "4.2.2"
        ),
        path=None,
        key=key,
        accept=accept_steps(key) if key is not None and is_upgrade else (),
        extension=", ".join(extensions) or None,
        is_upgrade=is_upgrade and violation is None,
        body="" if is_upgrade else head.partition(END_OF_HEAD)[2].decode("utf-8", "replace"),
        violation=violation,
    )


def _lines(head: bytes, meaning: str, section: str) -> tuple[HandshakeLine, ...]:
    first, *others = head.partition(END_OF_HEAD)[0].decode("latin-1").split("\r\n")
    return (HandshakeLine(first, "", first, meaning, f"RFC 6455 section {section}"), *map(_line, others))


def _line(text: str) -> HandshakeLine:
    name, _, value = text.partition(":")
    meaning, section = _MEANINGS.get(name.lower(), _OTHER_FIELD)
    return HandshakeLine(text, name, value.strip(" \t"), meaning, section)
