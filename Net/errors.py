"""The errors of the wire: most carry the code that the peer is told, and the rule that was broken."""

from __future__ import annotations


class ProtocolError(Exception):
    """The peer broke RFC 6455 (or 7692); the connection must be failed with `close_code`.

    close_code: a `CloseCode` (section 7.4.1); POLICY_VIOLATION for a rule of the game. reason: one sentence, under 124
    bytes, sent in the close frame. section, rfc: the place of the rule, such as "5.2" of RFC 6455.
    """

    def __init__(self, close_code: int, reason: str, section: str, rfc: int = 6455) -> None:
        super().__init__(f"{reason} (RFC {rfc} section {section}, close code {close_code})")
        self.close_code = close_code
        self.reason = reason
        self.section = section
        self.rfc = rfc


class HandshakeError(Exception):
    """An opening handshake (or plain HTTP request) that must be refused with an HTTP status.

    status: 4xx or 5xx. reason: one sentence for the response's body. section: the place of the rule, with the name
    of its document, such as "RFC 6455 section 4.2.1". headers: further lines of the response, as (name, value).
    """

    def __init__(self, status: int, reason: str, section: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(f"{reason} ({section}, HTTP status {status})")
        self.status = status
        self.reason = reason
        self.section = section
        self.headers = headers


class PacketError(Exception):
    """A well-formed message that is not a valid packet; the client is told, and its connection stays open.

    code: such as "BAD_ARGUMENT", see docs/protocol.md. text: tells a person the mistake, and the values allowed.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class ConnectionClosed(Exception):
    """The connection has ended, cleanly or not; nothing more can be received.

    code: the peer's close code, or CloseCode.NO_STATUS (none given) or ABNORMAL (no closing handshake), section 7.1.5.
    violation: the ProtocolError that ended the connection, if one did.
    """

    def __init__(self, code: int, reason: str = "", violation: ProtocolError | None = None) -> None:
        # The reason is quoted as a literal: it comes from the peer, and must not write lines of its own into a log.
        super().__init__(f"connection closed with {code}" + (f": {reason!r}" if reason else ""))
        self.code = code
        self.reason = reason
        self.violation = violation
