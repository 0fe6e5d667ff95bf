"""Plain HTTP on the same port: an ordinary GET or HEAD of a fixed table of pages in memory (RFC 9110).

In:  a parsed `Request` and the table, path -> `Page` (or a function that makes the page, if its content changes).
Out: the bytes of the response. Every response ends its connection.
Raises HandshakeError for every other request: 404 for a path that is not in the table, 405 for other methods, 426 for a
path that belongs to a WebSocket. There is no file system behind the table, so no path can lead out of the table.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Callable, Container, Mapping, NamedTuple, Union

from Net.errors import HandshakeError
from Net.handshake import UPGRADE_FIELDS, Request, build_response_head

# A page of ours may load only files of this same server. A page of another site may not show our page in a frame: there
# it could trick a user into a click on our page (clickjacking).
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
# RFC 9110 section 8.8.3, without the W/ of a weak tag: for a page, W/ makes no difference (section 13.1.2).
_ENTITY_TAG = re.compile(r'"[^"]*"')


class Page(NamedTuple):
    """The answer for a path. content_type: for text, with the charset."""

    content_type: str
    body: bytes


Pages = Mapping[str, Union[Page, Callable[[], Page]]]


def html_page(text: str) -> Page:
    """Returns a page of HTML."""
    return Page("text/html; charset=utf-8", text.encode("utf-8"))


def json_page(value: Any) -> Page:
    """Returns a page of JSON."""
    return Page("application/json", json.dumps(value, separators=(",", ":")).encode("utf-8"))


def check_method(request: Request) -> None:
    """Raises HandshakeError 405 for a plain request whose method is not GET or HEAD."""
    if request.method not in ("GET", "HEAD"):
        raise HandshakeError(
            405, "the method must be GET or HEAD", "RFC 9110 section 15.5.6", (("Allow", "GET, HEAD"),)
        )


def respond(request: Request, pages: Pages, websockets: Container[str] = ()) -> bytes:
    """Returns the response to a plain request; raises HandshakeError if there is no page for it.

    websockets: the paths of WebSockets. Some of these paths also have a page.
    """
    check_method(request)
    _check_upgrade_is_there(request, pages, websockets)
    entry = pages.get(request.path)
    if entry is None:
        raise HandshakeError(404, "there is no such page here", "RFC 9110 section 15.5.5")
    page = entry if isinstance(entry, Page) else entry()
    etag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
    fields = [
        ("ETag", etag),
        ("Cache-Control", "no-cache"),  # a browser may keep the page, but must ask each time whether it has changed
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection", "close"),
    ]
    if _has_page(request, etag):
        return build_response_head(304, fields)
    body_fields: list[tuple[str, str]] = [
        ("Content-Type", page.content_type),
        ("Content-Length", str(len(page.body))),
    ]
    return build_response_head(200, body_fields + fields) + (page.body if request.method == "GET" else b"")


def _check_upgrade_is_there(request: Request, pages: Pages, websockets: Container[str]) -> None:
    """Raises HandshakeError 426 for a handshake whose Upgrade is missing.

    The message tells people that perhaps their proxy removes the field. A proxy removes Upgrade but not
    Sec-WebSocket-Key. If a path has both a WebSocket and a page, the key distinguishes a handshake from a request for
    the page.
    """
    is_handshake = bool(request.values("sec-websocket-key"))
    if request.path in websockets and (is_handshake or request.path not in pages):
        raise HandshakeError(
            426,
            "this path is a WebSocket's, and the request has no Upgrade: websocket; perhaps a proxy removes it",
            "RFC 9110 section 15.5.22",
            UPGRADE_FIELDS,
        )


def _has_page(request: Request, etag: str) -> bool:
    """Whether the client already has the page, according to its If-None-Match (RFC 9110 section 13.1.2)."""
    values = request.values("if-none-match")
    return values == ["*"] or etag in _ENTITY_TAG.findall(",".join(values))
