"""The opening handshake: RFC 6455 section 4, on the HTTP/1.1 of RFC 9112.

In:  the bytes of a request's head (server) or of a response's head (client), up to and with the empty line.
Out: a `Request`, the accept key, and the bytes of a request or a response.
Raises HandshakeError for every head that does not follow the grammar exactly. The error's status and reason become the
HTTP response. Nothing is guessed: if two programs can read one request in two ways, an attacker can smuggle a second
request past one of them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from email.utils import formatdate
from http import HTTPStatus
from typing import Container, Iterable, List, NamedTuple, Tuple

from Net.errors import HandshakeError
from Net.limits import Limits
from Net.target import parse_target

# Section 1.3: a server that does not know WebSocket would never append this to a key.
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION = "13"
END_OF_HEAD = b"\r\n\r\n"

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_VERSION = re.compile(r"HTTP/1\.[1-9]")  # a later HTTP/1 is read as HTTP/1.1, RFC 9110 section 2.5
_EMPTY_LINES = re.compile(rb"(?:\r\n)*")
_SWITCHING = re.compile(r"HTTP/1\.[1-9] 101(?: .*)?")
_INTERIM = re.compile(rb"HTTP/1\.[1-9] 1(?!01)[0-9]{2}[ \r]")
_NOT_IN_A_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")  # not allowed in a field's value, RFC 9110 section 5.5
# The fields that a 426 must have (RFC 9110 section 15.5.22).
UPGRADE_FIELDS = (("Upgrade", "websocket"), ("Connection", "Upgrade"))

Fields = List[Tuple[str, str]]


class Request(NamedTuple):
    """A request's head. path: without the query. fields: (name in lower case, value), in the order of arrival."""

    method: str
    path: str
    query: str
    fields: Fields

    def values(self, name: str) -> list[str]:
        """Returns all values of a header field. name: in lower case."""
        return [value for field_name, value in self.fields if field_name == name]

    def items(self, name: str) -> list[str]:
        """Returns the members of a comma-separated header field, from all its lines (RFC 9110 section 5.6.1)."""
        members = ",".join(self.values(name)).split(",")
        return [member.strip(" \t") for member in members if member.strip(" \t")]

    def asks_for_websocket(self) -> bool:
        """Whether this is an opening handshake (good or bad) and not a plain HTTP request."""
        return "websocket" in (item.lower() for item in self.items("upgrade"))


def find_end_of_head(received: bytes, limits: Limits) -> int:
    """Returns the index at which the head ends (after its empty line), or -1 if the head has not arrived completely.

    Empty lines before the head count as part of it. Raises HandshakeError for a head that is too long, and for a head
    that has a line feed without a carriage return.
    """
    end = end_of_head(received)
    head = received if end < 0 else received[: end - len(END_OF_HEAD)]
    within = head[: limits.head_bytes]
    if within.count(b"\n") != within.count(b"\r\n"):
        raise HandshakeError(400, "every line must end with CR LF", "RFC 9112 section 2.2")
    begun = len(END_OF_HEAD) - 1 if end < 0 else 0  # the last bytes that may belong to an unfinished empty line
    if len(head) - begun > limits.head_bytes:
        raise HandshakeError(431, f"the head may have {limits.head_bytes} bytes", "RFC 6585 section 5")
    return end


def end_of_head(received: bytes) -> int:
    """Returns the index at which the first head ends, after its empty line; -1 while the empty line is missing."""
    end = received.find(END_OF_HEAD, start_of_head(received))
    return end + len(END_OF_HEAD) if end >= 0 else -1


def start_of_head(received: bytes) -> int:
    """Returns the index at which the first line starts.

    Some clients send an empty line before it (RFC 9112 section 2.2).
    """
    matched = _EMPTY_LINES.match(received)
    return matched.end() if matched else 0


def parse_request(head: bytes, limits: Limits) -> Request:
    """Reads a request's head, from the request line to the empty line; raises HandshakeError."""
    request_line, fields = _parse_head(head[start_of_head(head) :], limits)
    parts = request_line.split(" ")
    if len(parts) != 3:
        raise HandshakeError(400, "the request line must be: method, target, HTTP/1.1", "RFC 9112 section 3")
    method, target, version = parts
    if not _TOKEN.fullmatch(method):
        raise HandshakeError(400, "the method is not a token", "RFC 9110 section 9.1")
    if not _VERSION.fullmatch(version):
        raise HandshakeError(505, "the version must be HTTP/1.1", "RFC 6455 section 4.1")
    asked = parse_target(method, target)
    request = Request(method, asked.path, asked.query, fields)
    hosts = request.values("host")
    if len(hosts) != 1:
        raise HandshakeError(400, "there must be exactly one Host", "RFC 9112 section 3.2")
    if not asked.is_at(hosts[0]):
        raise HandshakeError(400, "the target's host must be the one in Host", "RFC 9112 section 3.2.2")
    if request.values("transfer-encoding") or request.values("content-length") not in ([], ["0"]):
        raise HandshakeError(400, "a body is not allowed here", "RFC 9112 section 6")
    return request


def _parse_head(head: bytes, limits: Limits) -> tuple[str, Fields]:
    """Returns the first line and the header fields of a request or response."""
    first_line, *lines = head[: -len(END_OF_HEAD)].decode("latin-1").split("\r\n")
    if len(lines) > limits.head_fields:
        raise HandshakeError(431, f"the head may have {limits.head_fields} fields", "RFC 6585 section 5")
    return first_line, [_parse_field(line) for line in lines]


def _parse_field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if line[:1] in (" ", "\t"):
        raise HandshakeError(400, "a header must not be folded over two lines", "RFC 9112 section 5.2")
    if not colon or not _TOKEN.fullmatch(name):
        raise HandshakeError(
            400, "a header line must be a name of token characters, a colon, a value", "RFC 9112 section 5"
        )
    if _NOT_IN_A_VALUE.search(value):
        raise HandshakeError(400, "a header's value must not have control characters", "RFC 9110 section 5.5")
    return name.lower(), value.strip(" \t")


def accept_key(key: str) -> str:
    """Returns the base64 of the SHA-1 of the key and the GUID.

    It proves that the server has read the handshake (section 4.2.2).
    """
    proof = key.encode("ascii") + GUID
    digest = hashlib.sha1(proof)  # nosec B324  # the RFC requires SHA-1; no security depends on its strength
    return base64.b64encode(digest.digest()).decode("ascii")


def check_upgrade(request: Request) -> str:
    """Checks the client's opening handshake as section 4.2.1 requires; returns its Sec-WebSocket-Key.

    Raises HandshakeError.
    """
    if request.method != "GET":
        raise HandshakeError(405, "the method must be GET", "RFC 6455 section 4.1", (("Allow", "GET"),))
    if "upgrade" not in (item.lower() for item in request.items("connection")):
        raise HandshakeError(400, "Connection must have the token Upgrade", "RFC 6455 section 4.2.1")
    if request.values("sec-websocket-version") != [VERSION]:
        raise HandshakeError(
            426,
            "Sec-WebSocket-Version must be 13",
            "RFC 6455 section 4.4",
            (("Sec-WebSocket-Version", VERSION), *UPGRADE_FIELDS),
        )
    keys = request.values("sec-websocket-key")
    if len(keys) != 1 or not _is_16_bytes_in_base64(keys[0]):
        raise HandshakeError(400, "there must be one Sec-WebSocket-Key of 16 bytes in base64", "RFC 6455 section 4.2.1")
    _check_subprotocols(request)
    return keys[0]


def _check_subprotocols(request: Request) -> None:
    """Checks the offered subprotocols: each must be a token, and appear once. The server itself speaks none of them.

    An empty list offers nothing and is accepted, though section 4.3 requires at least one token. Browsers and the
    package ws leave the field out. Proxies written with the packages websockets or tornado send an empty field when
    the browser has offered nothing. A refusal would shut out all users of such a proxy, and an empty list cannot be
    misread.
    """
    offered = request.items("sec-websocket-protocol")
    if not all(map(_TOKEN.fullmatch, offered)):
        raise HandshakeError(400, "Sec-WebSocket-Protocol must be a list of tokens", "RFC 6455 section 4.3")
    if len(offered) != len(set(offered)):
        raise HandshakeError(400, "Sec-WebSocket-Protocol must name no subprotocol twice", "RFC 6455 section 4.1")


def _is_16_bytes_in_base64(key: str) -> bool:
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def switching_protocols(key: str, extra: Iterable[tuple[str, str]] = ()) -> bytes:
    """Returns the server's half of the handshake (section 4.2.2)."""
    # There is no Date: RFC 9110 section 6.6.1 makes it optional for a 1xx, and nobody stores this answer. Without Date
    # the answer is exactly the example of RFC 6455 section 1.3.
    fields = [*UPGRADE_FIELDS, ("Sec-WebSocket-Accept", accept_key(key)), *extra]
    return build_head("HTTP/1.1 101 Switching Protocols", fields)


def refusal(error: HandshakeError, asked: bytes = b"") -> bytes:
    """Returns the HTTP response that tells a client why the server refuses it.

    asked: the bytes that the client has sent so far. An answer to HEAD has no body (RFC 9110 section 9.3.2).
    """
    body = f"{error.reason} ({error.section})\n".encode()
    fields = [
        *error.headers,
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    is_head = asked.startswith(b"HEAD ", start_of_head(asked))
    return build_response_head(error.status, fields) + (b"" if is_head else body)


def build_response_head(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    """Returns the head of a response with a status of 200 or more; it has a Date (RFC 9110 section 6.6.1)."""
    date = ("Date", formatdate(usegmt=True))
    return build_head(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", [date, *fields])


def upgrade_request(host: str, target: str, key: str, extra: Iterable[tuple[str, str]] = ()) -> bytes:
    """Returns the client's half of the handshake (section 4.1).

    host: with the port. key: base64 of 16 random bytes.
    """
    fields = [
        ("Host", host),
        *UPGRADE_FIELDS,
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", VERSION),
    ]
    return build_head(f"GET {target} HTTP/1.1", [*fields, *extra])


def check_response(head: bytes, key: str, limits: Limits, subprotocols: Container[str] = ()) -> list[str]:
    """Checks the server's answer as section 4.1 requires; returns its Sec-WebSocket-Extensions.

    subprotocols: the names that the client offered. Raises HandshakeError.
    """
    response = parse_switch(head, limits)
    if response.values("sec-websocket-accept") != [accept_key(key)]:
        raise HandshakeError(502, "Sec-WebSocket-Accept does not belong to our key", "RFC 6455 section 4.1")
    if any(name not in subprotocols for name in response.values("sec-websocket-protocol")):
        raise HandshakeError(502, "the server answers a subprotocol that was not offered", "RFC 6455 section 4.1")
    return response.values("sec-websocket-extensions")


def is_interim(head: bytes) -> bool:
    """Whether the final response follows this one (RFC 9110 section 15.2): true for every 1xx except 101."""
    return _INTERIM.match(head) is not None


def parse_switch(head: bytes, limits: Limits) -> Request:
    """Reads an answer and checks everything that needs no key; raises HandshakeError.

    The returned `Request` has only its fields filled.
    """
    status_line, fields = _parse_head(head, limits)
    response = Request("", "", "", fields)
    if not _SWITCHING.fullmatch(status_line):
        raise HandshakeError(502, f"the server answered: {status_line[:80]}", "RFC 6455 section 4.1")
    if not response.asks_for_websocket() or "upgrade" not in map(str.lower, response.items("connection")):
        raise HandshakeError(
            502, "the answer must have Upgrade: websocket and Connection: Upgrade", "RFC 6455 section 4.1"
        )
    if len(response.values("sec-websocket-accept")) != 1:
        raise HandshakeError(502, "the answer must have one Sec-WebSocket-Accept", "RFC 6455 section 4.1")
    return response


def build_head(first_line: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Returns a request's or response's head, with its empty line.

    Raises ValueError for a line that a receiver would read as several lines, or would not read at all.
    """
    if _NOT_IN_A_VALUE.search(first_line):
        raise ValueError("the first line must have Latin-1 without control characters")
    lines = [first_line, *map(_field_line, fields)]
    return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD


def _field_line(field: tuple[str, str]) -> str:
    name, value = field
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"headers: a name must be a token (RFC 9110 section 5.1), not {name!r}")
    if _NOT_IN_A_VALUE.search(value):  # the value may be a secret, so the message does not repeat it
        raise ValueError(f"headers: the value of {name} must be Latin-1 without control characters")
    return f"{name}: {value}"
