"""The target of a request: the four forms of RFC 9112 section 3.2.

In:  a request's method and target. Out: the path, the query, and for a whole URL its site (scheme and authority).
Raises HandshakeError 400 for a target that has none of the forms.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from Net.errors import HandshakeError

_ORIGIN_FORM = re.compile(r"/[\x21-\x7e]*")
# Also RFC 6455 section 4.1.
_ABSOLUTE_FORM = re.compile(r"(https?)://([^/?#\x00-\x20\x7f-\xff]+)((?:[/?][\x21-\x7e]*)?)", re.IGNORECASE)
# The other two forms belong to one method each, and this server refuses both methods.
_FORMS_OF_METHODS = {
    "OPTIONS": re.compile(r"\*"),
    "CONNECT": re.compile(r"[^/?#@\x00-\x20\x7f-\xff]+:[0-9]+"),
}
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Target(NamedTuple):
    """A request's target, in parts. scheme, authority: "" unless the target is a whole URL."""

    scheme: str
    authority: str
    path: str
    query: str

    def is_at(self, host: str) -> bool:
        """Whether the target fits the field Host: a whole URL must name the same site; every other form fits."""
        return not self.authority or self._site(self.authority) == self._site(host)

    def _site(self, authority: str) -> str:
        """Returns the host, with the port unless it is the scheme's default (RFC 9110 section 4.2.3)."""
        name, colon, port = authority.lower().rpartition(":")
        return name if colon and port in ("", _DEFAULT_PORTS[self.scheme]) else authority.lower()


def parse_target(method: str, target: str) -> Target:
    """Reads a target; raises HandshakeError 400."""
    whole_url = _ABSOLUTE_FORM.fullmatch(target)
    form = _FORMS_OF_METHODS.get(method, _ORIGIN_FORM)
    if whole_url is not None:
        scheme, authority, resource = whole_url.groups()
    elif _ORIGIN_FORM.fullmatch(target) or form.fullmatch(target):
        scheme, authority, resource = "", "", target
    else:
        raise HandshakeError(400, "the target must be an absolute path or an http URL", "RFC 9112 section 3.2")
    path, _, query = resource.partition("?")
    return Target(scheme.lower(), authority, path or "/", query)
