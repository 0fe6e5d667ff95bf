"""Plain HTTP on the same port: an ordinary GET or HEAD of a fixed table of pages held in memory (RFC 9110).

In:  a parsed `Request` and the table, path -> `Page` (or a function that makes one, for what changes).
Out: the bytes of the response. Every response ends its connection.
Raises HandshakeError for everything else: 404 for a path that is not in the table, 405 for other methods. There is no
file system behind the table, so no path can lead out of it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Mapping, NamedTuple, Union

from Net.errors import HandshakeError
from Net.handshake import Request, build_head

# What a page of ours may load: files of this very server, and nothing else. No page of another site may put one into a
# frame, where a click on the one would be a click on the other.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


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


def respond(request: Request, pages: Pages) -> bytes:
    """Returns the response to a plain request; raises HandshakeError when there is nothing to give."""
    check_method(request)
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
    if etag in request.items("if-none-match"):
        return build_head("HTTP/1.1 304 Not Modified", fields)
    body_fields: list[tuple[str, str]] = [
        ("Content-Type", page.content_type),
        ("Content-Length", str(len(page.body))),
    ]
    return build_head("HTTP/1.1 200 OK", body_fields + fields) + (page.body if request.method == "GET" else b"")
