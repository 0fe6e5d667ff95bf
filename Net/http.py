"""Plain HTTP on the same port: an ordinary GET or HEAD of a fixed table of pages held in memory (RFC 9110).

In:  a parsed `Request` and the table, path -> `Page` (or a function that makes one, for what changes).
Out: the bytes of the response. Every response ends its connection.
Raises HandshakeError for everything else: 404 for a path that is not in the table, 405 for other methods, 426 for a
path that is a WebSocket's. There is no file system behind the table, so no path can lead out of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Callable, Container, Mapping, NamedTuple, Union

from Net.errors import HandshakeError
from Net.handshake import UPGRADE_FIELDS, Request, build_response_head

# What a page of ours may load: files of this very server, and nothing else. No page of another site may put one into a
# frame, where a click on the one would be a click on the other.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
# RFC 9110 section 8.8.3, without the W/ of a weak tag: for a page it makes no difference (section 13.1.2).
_ENTITY_TAG = re.compile(r'"[^"]*"')


class Page(NamedTuple):
    """What a path answers with. content_type: with the charset, for text."""

    content_type: str
    body: bytes


Pages = Mapping[str, Union[Page, Callable[[], Page]]]


def html_page(text: str) -> Page:
    """A page of HTML."""
    return Page("text/html; charset=utf-8", text.encode("utf-8"))


def json_page(value: Any) -> Page:
    """A page of JSON."""
    return Page("application/json", json.dumps(value, separators=(",", ":")).encode("utf-8"))


def check_method(request: Request) -> None:
    """Raises HandshakeError for a plain request that is no question for a page."""
    if request.method not in ("GET", "HEAD"):
        raise HandshakeError(
            405, "the method must be GET or HEAD", "RFC 9110 section 15.5.6", (("Allow", "GET, HEAD"),)
        )


def respond(request: Request, pages: Pages, websockets: Container[str] = ()) -> bytes:
    """Returns the response to a plain request; raises HandshakeError when there is nothing to give.

    websockets: the paths of WebSockets, some of which are also those of pages.
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
        ("Cache-Control", "no-cache"),  # keep it, but ask each time whether it is still good
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
    """Raises HandshakeError 426 for a handshake whose Upgrade is missing, so that people see what their proxy removes.

    A proxy removes Upgrade but not Sec-WebSocket-Key: the key tells a handshake from a request for a page, where one
    path has both.
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
    """Whether the client has the page already, by its If-None-Match (RFC 9110 section 13.1.2)."""
    values = request.values("if-none-match")
    return values == ["*"] or etag in _ENTITY_TAG.findall(",".join(values))
