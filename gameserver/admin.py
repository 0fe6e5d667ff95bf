"""The operator's console: a WebSocket of JSON objects, for whoever holds the operator's token.

In:  first {"token": "..."}, then commands: {"id": 7, "do": "kick", "player_id": 3, "reason": "..."}.
Out: {"ok": true} or {"error": "..."}; for each command {"id": 7, "ok": true, "said": "..."} or {"id": 7, "error":
     "..."}; and every second {"state": {...}}, as `GameWorldManager.state` gives it.
An address that has sent five wrong tokens is not heard for a minute.
"""

from __future__ import annotations

import hmac
import json
import logging
import threading
import time
from typing import Any, Callable, NamedTuple

from gameserver.world_manager import GameWorldManager, OperatorError
from Net.schema import COUNT, FLAG, NUMBER, ROOM_NAME, Kind, integer, nullable, text
from Net.websocket import Message, WebSocket

log = logging.getLogger(__name__)

STATE_EVERY_S = 1.0
TOKEN_TIMEOUT_S = 30.0
WRONG_TOKENS_ALLOWED = 5
BLOCKED_FOR_S = 60.0

_AMOUNT = integer(-1_000_000, 1_000_000)
_REASON = text(1, 100)


class Argument(NamedTuple):
    """An argument of a command."""

    kind: Kind
    optional: bool = False


# What an operator may do: the names of GameWorldManager's methods, and their arguments.
COMMANDS: dict[str, dict[str, Argument]] = {
    "send_global_message": {"text": Argument(text(1, 200)), "room": Argument(ROOM_NAME, optional=True)},
    "grant_resources": {
        "player_id": Argument(nullable(COUNT)),
        **{name: Argument(_AMOUNT, optional=True) for name in ("wood", "food", "stone", "gold")},
    },
    "kick": {"player_id": Argument(COUNT), "reason": Argument(_REASON, optional=True)},
    "ban": {"player_id": Argument(COUNT), "reason": Argument(_REASON, optional=True)},
    "mute": {"player_id": Argument(COUNT), "muted": Argument(FLAG)},
    "pause": {"room": Argument(ROOM_NAME)},
    "resume": {"room": Argument(ROOM_NAME)},
    "step": {"room": Argument(ROOM_NAME)},
    "end_match": {"room": Argument(ROOM_NAME)},
    "restart_match": {"room": Argument(ROOM_NAME)},
    "move_player": {"player_id": Argument(COUNT), "room": Argument(ROOM_NAME)},
    "change_setting": {"room": Argument(ROOM_NAME), "name": Argument(text(1, 40)), "value": Argument(NUMBER)},
}


class Console:
    """The operators' side of a server. token: who knows it is an operator. clock: seconds, never going back."""

    def __init__(self, manager: GameWorldManager, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._manager = manager
        self._token = token.encode("utf-8")
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong_tokens: dict[str, list[float]] = {}  # when, by address

    def converse(self, websocket: WebSocket) -> None:
        """Serves one operator to the end of the connection; raises ConnectionClosed then."""
        host = websocket.host
        if not self._admits(websocket, host):
            websocket.begin_close(1008, "not an operator")
            return
        log.info("%s: an operator came", websocket.address)
        _send(websocket, {"ok": True})
        due_s = self._clock()
        while True:
            left_s = due_s - self._clock()
            if left_s <= 0:
                _send(websocket, {"state": self._manager.state()})
                due_s = self._clock() + STATE_EVERY_S
                continue
            try:
                message = websocket.receive(left_s)
            except TimeoutError:
                continue
            _send(websocket, self._obey(message, websocket.address))

    def _admits(self, websocket: WebSocket, host: str) -> bool:
        try:
            given = _parse(websocket.receive(TOKEN_TIMEOUT_S)).get("token")
        except (TimeoutError, ValueError):
            given = None
        with self._lock:
            now_s = self._clock()
            self._forget_before(now_s - BLOCKED_FOR_S)
            wrong = self._wrong_tokens.get(host, [])
            if len(wrong) >= WRONG_TOKENS_ALLOWED:
                _send(websocket, {"error": f"too many wrong tokens: wait {BLOCKED_FOR_S:g} s"})
                return False
            # In constant time: how long it takes must not tell how much of a guess was right.
            if isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), self._token):
                self._wrong_tokens.pop(host, None)
                return True
            self._wrong_tokens[host] = [*wrong, now_s]
        log.warning("%s: a wrong operator's token", websocket.address)
        _send(websocket, {"error": "this is not the operator's token: the server printed it when it started"})
        return False

    def _forget_before(self, time_s: float) -> None:
        """Keeps of every address only what still counts against it."""
        counting = {host: [at_s for at_s in wrong if at_s > time_s] for host, wrong in self._wrong_tokens.items()}
        self._wrong_tokens = {host: wrong for host, wrong in counting.items() if wrong}

    def _obey(self, message: Message, address: str) -> dict[str, Any]:
        """Carries out one command; returns the answer."""
        number = None
        try:
            command = _parse(message)
            number = command.pop("id", None)
            name = command.pop("do", None)
            arguments = _check_arguments(name, command)
            said = getattr(self._manager, str(name))(**arguments)
        except (ValueError, OperatorError) as error:
            return {"id": number, "error": str(error)}
        log.info("%s: the operator did %s %r: %s", address, name, arguments, said)
        return {"id": number, "ok": True, "said": said}


def _parse(message: Message) -> dict[str, Any]:
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError("a message must be an object in JSON")
    return value


def _check_arguments(name: Any, given: dict[str, Any]) -> dict[str, Any]:
    known = COMMANDS.get(name) if isinstance(name, str) else None
    if known is None:
        raise ValueError(f'"do" must be one of: {", ".join(COMMANDS)}')
    checked = {}
    for key, argument in known.items():
        if key in given:
            try:
                checked[key] = argument.kind.check(given[key])
            except ValueError as error:
                raise ValueError(f"{name}: {key} must be {error}") from None
        elif not argument.optional:
            raise ValueError(f"{name}: {key} is missing, it must be {argument.kind.must_be}")
    if given.keys() - known.keys():
        raise ValueError(f"{name} takes {', '.join(known)}")
    return checked


def _send(websocket: WebSocket, value: dict[str, Any]) -> None:
    websocket.post(json.dumps(value, ensure_ascii=False))
