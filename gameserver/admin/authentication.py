"""Operator authentication: a client is an operator if it knows the operator's token.

In:  the first message of a WebSocket, {"token": "..."}. Out: the answer to it, {"ok": true} or {"error": "..."}, and
     a bool for the caller.
After five wrong tokens, the server refuses all tokens of that address for a minute.
"""

from __future__ import annotations

import logging
import threading
import time
import unicodedata
from typing import Any, Callable

from gameserver.admin.commands import parse_object, send_json
from gameserver.admission.tokens import is_same_token
from Net.close_codes import CloseCode
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

TOKEN_TIMEOUT_S = 30.0
LONGEST_TOKEN_MESSAGE = 1024  # characters
WRONG_TOKENS_ALLOWED = 5
BLOCKED_FOR_S = 60.0
LONGEST_TOKEN = 200


def check_token(token: str) -> None:
    """Raises ValueError for an operator's token that is empty, too long, between spaces, or impossible to type."""
    is_typed = all(unicodedata.category(char)[0] != "C" and char not in "\u2028\u2029" for char in token)
    has_spaces_around = token[:1].isspace() or token[-1:].isspace()
    if not token or has_spaces_around or not is_typed or len(token) > LONGEST_TOKEN:
        raise ValueError(
            f"the operator's token must have 1 to {LONGEST_TOKEN} letters, digits or signs that can be typed, without "
            f"spaces around them, not {token[:80]!r}"
        )


class OperatorAuthentication:
    """Asks clients for the token. clock: seconds, never goes back. Raises ValueError, see `check_token`."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        check_token(token)
        self._token = token
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong_tokens: dict[str, list[float]] = {}  # the times of wrong tokens, by address

    def admits(self, websocket: WebSocket, is_trusted: bool = False) -> bool:
        """Waits for the token and answers it; returns whether the client is admitted.

        A refused client gets the reason, and its connection is closed with 1008. is_trusted: admits the client with any
        token. Raises ConnectionClosed when the other side leaves.
        """
        given = self._read_token(websocket)
        problem = None if is_trusted else self._why_not(given, websocket)
        if problem is None:
            send_json(websocket, {"ok": True})
            return True
        send_json(websocket, {"error": problem})
        websocket.begin_close(CloseCode.POLICY_VIOLATION, "not an operator")
        return False

    def guessing_addresses(self) -> list[str]:
        """Returns the addresses whose wrong tokens are still remembered."""
        with self._lock:
            return list(self._wrong_tokens)

    def _read_token(self, websocket: WebSocket) -> Any:
        try:
            message = websocket.receive(TOKEN_TIMEOUT_S)
            # The message may come from a stranger, so its length is checked before its contents.
            return parse_object(message).get("token") if len(message) <= LONGEST_TOKEN_MESSAGE else None
        except (TimeoutError, ValueError):
            return None

    def _why_not(self, given: Any, websocket: WebSocket) -> str | None:
        if not given:  # a page asks whether it needs a token: this is no guess
            return "type the operator's token: the server printed it when it started"
        host = websocket.host
        with self._lock:
            now_s = self._clock()
            self._forget_before(now_s - BLOCKED_FOR_S)
            wrong = self._wrong_tokens.get(host, [])
            if len(wrong) >= WRONG_TOKENS_ALLOWED:
                return f"too many wrong tokens: wait {BLOCKED_FOR_S:g} s"
            if isinstance(given, str) and is_same_token(given, self._token):
                self._wrong_tokens.pop(host, None)
                return None
            self._wrong_tokens[host] = [*wrong, now_s]
            log.warning("%s: a wrong operator's token", websocket.address)
            return "this is not the operator's token: the server printed it when it started"

    def _forget_before(self, time_s: float) -> None:
        """Forgets the wrong tokens from before a time, and the addresses that have no others."""
        counting = {host: [at_s for at_s in wrong if at_s > time_s] for host, wrong in self._wrong_tokens.items()}
        self._wrong_tokens = {host: wrong for host, wrong in counting.items() if wrong}
