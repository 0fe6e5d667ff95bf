"""The close codes: RFC 6455 section 7.4.1, and IANA's WebSocket Close Code Number Registry, which continues it."""

from __future__ import annotations

import enum


class CloseCode(enum.IntEnum):
    """The reason for the end of a connection, as a number. Each member is an `int` and is printed as that number."""

    NORMAL = 1000  # the purpose of the connection is fulfilled
    GOING_AWAY = 1001  # a server stops, or a browser leaves the page
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003  # a kind of data that the endpoint cannot accept
    RESERVED = 1004  # has no meaning yet: never on the wire
    NO_STATUS = 1005  # "no code was in the close frame": never on the wire
    ABNORMAL = 1006  # "there was no close frame": never on the wire
    INVALID_DATA = 1007  # data that does not fit its kind, such as text that is not UTF-8
    POLICY_VIOLATION = 1008  # a rule of the application was broken
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXTENSION = 1010  # an extension that the client needs was not agreed on
    INTERNAL_ERROR = 1011  # a fault in the server
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014  # a server behind this one has given no good answer
    TLS_HANDSHAKE = 1015  # "the TLS handshake failed": never on the wire

    # Python before 3.11 would print the name, and refuse a format such as `:5d`.
    def __str__(self) -> str:
        return int.__repr__(self)

    def __format__(self, format_spec: str) -> str:
        return int.__format__(self, format_spec)
