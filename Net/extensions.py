"""The Sec-WebSocket-Extensions header field: RFC 6455 section 9.1.

In:  the values of the field's lines. Out: `Extension`s in order, as offered or as answered.
Raises HandshakeError for a value that does not follow the grammar:

    extension-list = 1#extension
    extension = extension-token *( ";" extension-param )
    extension-param = token [ "=" (token | quoted-string) ]       (the quoted text must be a token too)
"""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple

from Net.errors import HandshakeError

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # nosec B105  # a token of the grammar, not a secret
# A name or parameter, up to the sign that ends it. Two neighbouring parts of the pattern never match the same
# character, so the search never goes back, and its time is linear.
_ITEM = re.compile(rf'[ \t]*({_TOKEN})[ \t]*(?:=[ \t]*(?:({_TOKEN})|"({_TOKEN})")[ \t]*)?([;,]|$)')
_EMPTY_MEMBERS = re.compile(r"[ \t,]*")  # a reader of any list must ignore them (RFC 9110 section 5.6.1.2)


class Extension(NamedTuple):
    """An extension and its parameters as (name, value); the value is None if a parameter has only a name."""

    name: str
    params: tuple[tuple[str, str | None], ...]


def parse_extensions(lines: Iterable[str]) -> list[Extension]:
    """Reads the field; several lines mean the same as one line with commas. Raises HandshakeError."""
    return [extension for line in lines for extension in _parse_line(line)]


def _parse_line(line: str) -> list[Extension]:
    extensions = []
    at = _end_of(_EMPTY_MEMBERS.match(line))
    while at < len(line):
        items: list[tuple[str, str | None]] = []
        sign = ";"
        while sign == ";":
            match = _ITEM.match(line, at)
            name, value, quoted, sign = match.groups() if match else ("", None, None, "")
            items.append((name, value or quoted))
            at = _end_of(match)
        (name, value), *params = items
        if value is not None:
            raise _malformed()
        extensions.append(Extension(name, tuple(params)))
        at = _end_of(_EMPTY_MEMBERS.match(line, at))
    return extensions


def _end_of(match: re.Match[str] | None) -> int:
    if match is None:
        raise _malformed()
    return match.end()


def _malformed() -> HandshakeError:
    return HandshakeError(400, "Sec-WebSocket-Extensions does not follow its grammar", "RFC 6455 section 9.1")
