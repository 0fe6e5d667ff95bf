"""A WebSocket's URL (RFC 6455 section 3) -> the host and port for TCP, and the target and Host for the request.

In:  the text of a URL, as a person types it. Out: a `Destination`.
Raises ValueError with the mistake in the URL. No part of the URL is dropped silently, and no part of it can become
another line of the request.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote

DEFAULT_PORT = 80

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_URL = re.compile(r"ws://([^/?#\\]*)(/[^?#]*)?(?:\?([^#]*))?(#.*)?", re.IGNORECASE)
# RFC 6874 writes the % before a zone as %25; many people write a plain %.
_HOST_AND_PORT = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)(?:%(?:25)?(?P<zone>[0-9A-Za-z._~-]+))?\]|(?P<name>[^\[\]:@%]+))"
    r"(?::(?P<port>[0-9]*))?"
)
_ASCII_NAME = re.compile(r"[0-9a-z._-]+")
# The characters that a path may have besides letters, digits and -._~ (RFC 3986 section 3.3). A % starts a part that is
# already encoded.
_SAFE_IN_A_PATH = "/:@!$&'()*+,;=%"


class Destination(NamedTuple):
    """A URL's parts. host, port: for TCP. authority: for the field Host. target: the path and the query, encoded."""

    host: str
    port: int
    authority: str
    target: str


def parse_url(url: str) -> Destination:
    """Reads a ws:// URL; raises ValueError."""
    if _CONTROL_CHARACTER.search(url):
        raise ValueError(f"the URL must have no control characters: {url!r}")
    matched = _URL.fullmatch(url)
    if matched is None:
        raise _not_a_url(url)
    authority, path, query, fragment = matched.groups()
    if "@" in authority:  # the password is not repeated
        raise ValueError("the URL must have no user and password: send the header Authorization instead")
    if fragment:
        raise ValueError(f"the URL must have no fragment (RFC 6455 section 3): {url!r}")
    parts = _HOST_AND_PORT.fullmatch(authority)
    if parts is None:
        raise _not_a_url(url)
    port = int(parts["port"] or DEFAULT_PORT)
    if not 1 <= port <= 65535:
        raise ValueError(f"the URL's port must be 1 to 65535: {url!r}")
    host, shown = _host(parts, url)
    return Destination(host, port, shown if port == DEFAULT_PORT else f"{shown}:{port}", _target(path, query, url))


def _not_a_url(url: str) -> ValueError:
    return ValueError(f"the URL must be ws://host[:port]/path, not {url!r}")


def _host(parts: re.Match[str], url: str) -> tuple[str, str]:
    """Returns the host for TCP, and the host for the field Host: without its zone, which only this machine knows."""
    if parts["address"] is None:
        name = _ascii_name(parts["name"], url)
        return name, name
    address = parts["address"].lower()
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise ValueError(f"the URL's host is not an IPv6 address: {url!r}") from None
    return (f"{address}%{parts['zone']}" if parts["zone"] else address), f"[{address}]"


def _ascii_name(name: str, url: str) -> str:
    """Returns a host name for the name service and the field Host: international names in ASCII form (RFC 5890)."""
    try:
        ascii_name = name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_name = ""
    if not _ASCII_NAME.fullmatch(ascii_name):
        raise ValueError(f"the URL's host is not a host name: {url!r}")
    return ascii_name


def _target(path: str | None, query: str | None, url: str) -> str:
    try:
        target = quote(path or "/", _SAFE_IN_A_PATH)
        return f"{target}?{quote(query, _SAFE_IN_A_PATH + '?')}" if query else target
    except UnicodeEncodeError:
        raise ValueError(f"the URL must not have half of a surrogate pair: {url!r}") from None
