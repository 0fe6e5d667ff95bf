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
from http import HTTPStatus
from typing import Container, Iterable, List, NamedTuple, Tuple

from Net.errors import HandshakeError
from Net.limits import Limits

# Section 1.3: no server that does not know WebSocket would ever append this to a key.
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION = "13"
END_OF_HEAD = b"\r\n\r\n"

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
# A path (origin-form, RFC 9112 section 3.2.1), or the whole URL (absolute-form, 3.2.2; also RFC 6455 section 4.1).
_TARGET = re.compile(r"(?:https?://([^/?\x00-\x20\x7f-\xff]+))?((?:/[\x21-\x7e]*)?)", re.IGNORECASE)
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # in a value only tab is allowed, RFC 9110 section 5.5

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

    Raises HandshakeError for a head that is too long, or that has a line feed without a carriage return.
    """
    end = received.find(END_OF_HEAD)
    head = received if end < 0 else received[:end]
    within = head[: limits.head_bytes]
    if within.count(b"\n") != within.count(b"\r\n"):
        raise HandshakeError(400, "every line must end with CR LF", "RFC 9112 section 2.2")
    begun = len(END_OF_HEAD) - 1 if end < 0 else 0  # so many of the last bytes may be the empty line's
    if len(head) - begun > limits.head_bytes:
        raise HandshakeError(431, f"the head may have {limits.head_bytes} bytes", "RFC 6585 section 5")
    return end + len(END_OF_HEAD) if end >= 0 else -1


def parse_request(head: bytes, limits: Limits) -> Request:
    """Reads a request's head, from the request line to the empty line."""
    request_line, fields = _parse_head(head, limits)
    parts = request_line.split(" ")
    if len(parts) != 3:
        raise HandshakeError(400, "the request line must be: method, target, HTTP/1.1", "RFC 9112 section 3")
    method, target, version = parts
    if not _TOKEN.fullmatch(method):
        raise HandshakeError(400, "the method is not a token", "RFC 9110 section 9.1")
    if version != "HTTP/1.1":
        raise HandshakeError(505, "the version must be HTTP/1.1", "RFC 6455 section 4.1")
    matched = _TARGET.fullmatch(target)
    if not target or matched is None:
        raise HandshakeError(400, "the target must be an absolute path or an http URL", "RFC 9112 section 3.2")
    authority, resource = matched.groups()
    path, _, query = (resource or "/").partition("?")
    request = Request(method, path, query, fields)
    hosts = request.values("host")
    if len(hosts) != 1:
        raise HandshakeError(400, "there must be exactly one Host", "RFC 9112 section 3.2")
    if authority is not None and authority.lower() != hosts[0].lower():
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
    if _CONTROL_CHARACTER.search(value):
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
            # A 426 names what to upgrade to (RFC 9110 sections 15.5.22 and 7.8).
            (("Sec-WebSocket-Version", VERSION), ("Upgrade", "websocket"), ("Connection", "Upgrade")),
        )
    keys = request.values("sec-websocket-key")
    if len(keys) != 1 or not _is_16_bytes_in_base64(keys[0]):
        raise HandshakeError(400, "there must be one Sec-WebSocket-Key of 16 bytes in base64", "RFC 6455 section 4.2.1")
    _check_subprotocols(request)
    return keys[0]


def _check_subprotocols(request: Request) -> None:
    """None is spoken here; but what is offered must follow its grammar, 1#token, and name each of them once."""
    offered = request.items("sec-websocket-protocol")
    is_offered = bool(request.values("sec-websocket-protocol"))
    if is_offered and not (offered and all(map(_TOKEN.fullmatch, offered))):
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
    upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_key(key))]
    return build_head("HTTP/1.1 101 Switching Protocols", [*upgrade, *extra])


def refusal(error: HandshakeError) -> bytes:
    """The HTTP response that tells a client why it is refused."""
    body = f"{error.reason} ({error.section})\n".encode()
    fields = [
        *error.headers,
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    return build_head(f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}", fields) + body


def upgrade_request(host: str, target: str, key: str, extra: Iterable[tuple[str, str]] = ()) -> bytes:
    """The client's half of the handshake (section 4.1). host: with the port. key: base64 of 16 random bytes."""
    fields = [
        ("Host", host),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
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


def parse_switch(head: bytes, limits: Limits) -> Request:
    """Reads an answer and checks what can be checked without the key; of the `Request` only the fields are filled."""
    status_line, fields = _parse_head(head, limits)
    response = Request("", "", "", fields)
    if status_line.split(" ")[:2] != ["HTTP/1.1", "101"]:
        raise HandshakeError(502, f"the server answered: {status_line[:80]}", "RFC 6455 section 4.1")
    if not response.asks_for_websocket() or "upgrade" not in map(str.lower, response.items("connection")):
        raise HandshakeError(
            502, "the answer must have Upgrade: websocket and Connection: Upgrade", "RFC 6455 section 4.1"
        )
    if len(response.values("sec-websocket-accept")) != 1:
        raise HandshakeError(502, "the answer must have one Sec-WebSocket-Accept", "RFC 6455 section 4.1")
    return response


def build_head(first_line: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """A request's or response's head, empty line included; all of it must be Latin-1."""
    lines = [first_line, *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD
