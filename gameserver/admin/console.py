"""The operator's console: a WebSocket of JSON objects, for a client that knows the operator's token.

In:  first the token, as `OperatorAuthentication` asks for it; then commands:
     {"id": 7, "do": "kick", "player_id": 3, "reason": "..."}.
Out: for each command {"id": 7, "ok": true, "said": "..."} or {"id": 7, "error": "..."}; and every second
     {"state": {...}}, with the value of `GameWorldManager.state`.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, NoReturn

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.commands import Argument, obey, send_json
from gameserver.repeats import EVERY_LINE
from gameserver.world.objects import RESOURCES
from gameserver.world_manager import GameWorldManager
from Net.address import Address
from Net.messages import Message
from Net.schema import COUNT, FLAG, NUMBER, ROOM_NAME, integer, nullable, text
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

STATE_EVERY_S = 1.0
# The longest time for which a kick keeps a player away: a day. A ban lasts longer.
LONGEST_AWAY_S = 86_400

_AMOUNT = integer(-1_000_000, 1_000_000)
_REASON = text(1, 100)
_ADDRESS = text(1, 64)


# The commands of an operator: the names of methods of GameWorldManager, and their arguments.
COMMANDS: dict[str, dict[str, Argument]] = {
    "send_global_message": {"text": Argument(text(1, 200)), "room": Argument(ROOM_NAME, optional=True)},
    "grant_resources": {
        "player_id": Argument(nullable(COUNT)),
        **{name: Argument(_AMOUNT, optional=True) for name in RESOURCES},
    },
    "kick": {
        "player_id": Argument(COUNT),
        "reason": Argument(_REASON, optional=True),
        "away_s": Argument(integer(0, LONGEST_AWAY_S), optional=True),
    },
    "ban": {"player_id": Argument(COUNT), "reason": Argument(_REASON, optional=True)},
    "ban_address": {"address": Argument(_ADDRESS), "reason": Argument(_REASON, optional=True)},
    "unban": {"address": Argument(_ADDRESS)},
    "mute": {"player_id": Argument(COUNT), "muted": Argument(FLAG)},
    "unmute": {"address": Argument(_ADDRESS)},
    "list_measures": {},
    "pause": {"room": Argument(ROOM_NAME)},
    "resume": {"room": Argument(ROOM_NAME)},
    "step": {"room": Argument(ROOM_NAME)},
    "end_match": {"room": Argument(ROOM_NAME)},
    "restart_match": {"room": Argument(ROOM_NAME)},
    "move_player": {"player_id": Argument(COUNT), "room": Argument(ROOM_NAME)},
    "change_setting": {"room": Argument(ROOM_NAME), "name": Argument(text(1, 40)), "value": Argument(NUMBER)},
}


class Console:
    """The console of all operators of a server. authentication: checks their tokens. clock: seconds, never goes
    back."""

    def __init__(
        self,
        manager: GameWorldManager,
        authentication: OperatorAuthentication,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager = manager
        self._authentication = authentication
        self._clock = clock

    def converse(self, websocket: WebSocket) -> None:
        """Serves one operator until the connection ends; then raises ConnectionClosed."""
        if not self._authentication.admits(websocket):
            return
        log.info("%s: an operator came", websocket.address)
        with self._manager.operators.present(websocket.host):
            self._serve(websocket)

    def _serve(self, websocket: WebSocket) -> NoReturn:
        due_s = self._clock()
        while True:
            left_s = due_s - self._clock()
            if left_s <= 0:
                send_json(websocket, {"state": self._manager.state()})
                due_s = self._clock() + STATE_EVERY_S
                continue
            try:
                message = websocket.receive(left_s)
            except TimeoutError:
                continue
            send_json(websocket, self._obey(message, websocket.address))

    def _obey(self, message: Message, address: Address) -> dict[str, Any]:
        """Runs one command; returns the answer."""

        def run(name: str, arguments: dict[str, Any]) -> Any:
            said = getattr(self._manager, name)(**arguments)
            log.info("%s: the operator did %s %r: %s", address, name, arguments, said, extra=EVERY_LINE)
            return said

        return obey(message, COMMANDS, run)
