"""The opening handshake: RFC 6455 section 4, on the HTTP/1.1 of RFC 9112.

In:  the bytes of a request's head (server) or of a response's head (client), up to and with the empty line.
Out: a `Request`, the accept key, and the bytes of a request or a response.
Raises HandshakeError, whose status and reason become the HTTP response, for whatever is not to the letter: what two
readers of one request could understand differently is how requests are smuggled, so nothing is guessed.
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

# Section 1.3: no server that does not know WebSocket would ever append this to a key.
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION = "13"
END_OF_HEAD = b"\r\n\r\n"

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_VERSION = re.compile(r"HTTP/1\.[1-9]")  # a later HTTP/1 is read as HTTP/1.1, RFC 9110 section 2.5
_EMPTY_LINES = re.compile(rb"(?:\r\n)*")
_SWITCHING = re.compile(r"HTTP/1\.[1-9] 101(?: .*)?")
_INTERIM = re.compile(rb"HTTP/1\.[1-9] 1(?!01)[0-9]{2}[ \r]")
_NOT_IN_A_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")  # of a header field, RFC 9110 section 5.5
# What a 426 must say (RFC 9110 section 15.5.22).
UPGRADE_FIELDS = (("Upgrade", "websocket"), ("Connection", "Upgrade"))

Fields = List[Tuple[str, str]]


class Request(NamedTuple):
    """A request's head. path: without the query. fields: (name in lower case, value) in the order they came."""

    method: str
    path: str
    query: str
    fields: Fields

    def values(self, name: str) -> list[str]:
        """All values of a header field; name in lower case."""
        return [value for field_name, value in self.fields if field_name == name]

    def items(self, name: str) -> list[str]:
        """The members of a comma-separated header field, over all its lines (RFC 9110 section 5.6.1)."""
        members = ",".join(self.values(name)).split(",")
        return [member.strip(" \t") for member in members if member.strip(" \t")]

    def asks_for_websocket(self) -> bool:
        """Whether this is an opening handshake (good or bad) and not a plain HTTP request."""
        return "websocket" in (item.lower() for item in self.items("upgrade"))


def find_end_of_head(received: bytes, limits: Limits) -> int:
    """Returns where the head ends (after its empty line), or -1 when it has not arrived whole.

    Empty lines before the head count as part of it. Raises HandshakeError for a head that is too long, or that has a
    line feed without a carriage return.
    """
    end = end_of_head(received)
    head = received if end < 0 else received[: end - len(END_OF_HEAD)]
    within = head[: limits.head_bytes]
    if within.count(b"\n") != within.count(b"\r\n"):
        raise HandshakeError(400, "every line must end with CR LF", "RFC 9112 section 2.2")
    begun = len(END_OF_HEAD) - 1 if end < 0 else 0  # so many of the last bytes may be the empty line's
    if len(head) - begun > limits.head_bytes:
        raise HandshakeError(431, f"the head may have {limits.head_bytes} bytes", "RFC 6585 section 5")
    return end


def end_of_head(received: bytes) -> int:
    """Returns where the first head ends, behind its empty line; -1 while that has not come."""
    end = received.find(END_OF_HEAD, start_of_head(received))
    return end + len(END_OF_HEAD) if end >= 0 else -1


def start_of_head(received: bytes) -> int:
    """Returns where the first line starts: some clients send an empty line too many (RFC 9112 section 2.2)."""
    matched = _EMPTY_LINES.match(received)
    return matched.end() if matched else 0


def parse_request(head: bytes, limits: Limits) -> Request:
    """Reads a request's head, from the request line to the empty line."""
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
    """The first line and the header fields of a request or response."""
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
    """Base64 of the SHA-1 of the key and the GUID: proof that the server read the handshake (section 4.2.2)."""
    proof = key.encode("ascii") + GUID
    digest = hashlib.sha1(proof)  # nosec B324  # the RFC asks for it, and nothing rests on its strength
    return base64.b64encode(digest.digest()).decode("ascii")


def check_upgrade(request: Request) -> str:
    """Checks what section 4.2.1 asks of the client's opening handshake; returns its Sec-WebSocket-Key."""
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
    """Checks the offer, though the server speaks no subprotocol: each must be a token, and stand there once.

    An empty list offers nothing and is taken, though section 4.3 asks for one token or more. Browsers and the package
    ws leave the field out, but proxies written with the packages websockets or tornado send it empty when the browser
    has offered nothing: to refuse it would shut out everybody behind such a proxy, and nobody can misread it.
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
    """The server's half of the handshake (section 4.2.2)."""
    # Without Date, which RFC 9110 section 6.6.1 leaves open for a 1xx: nobody stores this answer, and so it is to the
    # letter that of RFC 6455 section 1.3.
    fields = [*UPGRADE_FIELDS, ("Sec-WebSocket-Accept", accept_key(key)), *extra]
    return build_head("HTTP/1.1 101 Switching Protocols", fields)


def refusal(error: HandshakeError, asked: bytes = b"") -> bytes:
    """The HTTP response that tells a client why it is refused.

    asked: what the client has sent so far; an answer to HEAD has no body (RFC 9110 section 9.3.2).
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
    """The head of a response from 200 on, with its Date (RFC 9110 section 6.6.1)."""
    date = ("Date", formatdate(usegmt=True))
    return build_head(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", [date, *fields])


def upgrade_request(host: str, target: str, key: str, extra: Iterable[tuple[str, str]] = ()) -> bytes:
    """The client's half of the handshake (section 4.1). host: with the port. key: base64 of 16 random bytes."""
    fields = [
        ("Host", host),
        *UPGRADE_FIELDS,
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", VERSION),
    ]
    return build_head(f"GET {target} HTTP/1.1", [*fields, *extra])


def check_response(head: bytes, key: str, limits: Limits, subprotocols: Container[str] = ()) -> list[str]:
    """Checks the server's answer as section 4.1 asks; returns its Sec-WebSocket-Extensions, raises HandshakeError.

    subprotocols: that were offered.
    """
    response = parse_switch(head, limits)
    if response.values("sec-websocket-accept") != [accept_key(key)]:
        raise HandshakeError(502, "Sec-WebSocket-Accept does not belong to our key", "RFC 6455 section 4.1")
    if any(name not in subprotocols for name in response.values("sec-websocket-protocol")):
        raise HandshakeError(502, "the server answers a subprotocol that was not offered", "RFC 6455 section 4.1")
    return response.values("sec-websocket-extensions")


def is_interim(head: bytes) -> bool:
    """Whether a response is followed by another one, which is meant (RFC 9110 section 15.2): 1xx, but not 101."""
    return _INTERIM.match(head) is not None


def parse_switch(head: bytes, limits: Limits) -> Request:
    """Reads an answer and checks what can be checked without the key; of the `Request` only the fields are filled."""
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
    """Returns a request's or response's head, empty line included.

    Raises ValueError for a line that would be read as several, or not at all.
    """
    if _NOT_IN_A_VALUE.search(first_line):
        raise ValueError("the first line must have Latin-1 without control characters")
    lines = [first_line, *map(_field_line, fields)]
    return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD


def _field_line(field: tuple[str, str]) -> str:
    name, value = field
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"headers: a name must be a token (RFC 9110 section 5.1), not {name!r}")
    if _NOT_IN_A_VALUE.search(value):  # which may be a secret, so it is not repeated
        raise ValueError(f"headers: the value of {name} must be Latin-1 without control characters")
    return f"{name}: {value}"
