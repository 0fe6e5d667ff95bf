"""A server with a classroom, and clients of its pages' sockets."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Callable, Iterator

from gameserver.admin.authentication import Doorkeeper
from gameserver.classroom.classroom import Classroom
from Net.client import connect
from Net.errors import ConnectionClosed
from Net.limits import Limits
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S
from tests.support import Arena, serving

TOKEN = "open sesame"
LONG = Limits(message_bytes=2**24)


@contextlib.contextmanager
def classroom(**settings: Any) -> Iterator[tuple[Arena, Classroom]]:
    with serving(**settings) as arena:
        yield arena, Classroom(arena.server, Doorkeeper(TOKEN), "127.0.0.1", arena.port)


class Page:
    """What the script of a page does: commands, and all that comes without being asked for."""

    def __init__(self, websocket: WebSocket, token: str = "") -> None:
        self.websocket = websocket
        self.rows: list[dict[str, Any]] = []
        self.connections: list[dict[str, Any]] = []
        websocket.send(json.dumps({"token": token}))

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.websocket.receive(DEADLINE_S))
        self.rows += message.get("rows", [])
        self.connections = message.get("connections", self.connections)
        return message

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """The whole answer to a command."""
        self.websocket.send(json.dumps({"id": 7, "do": command, **arguments}))
        while True:
            answer = self.receive()
            if answer.get("id") == 7:
                return answer

    def do(self, command: str, **arguments: Any) -> Any:
        """What is said to a command that works."""
        answer = self.ask(command, **arguments)
        assert "error" not in answer, answer["error"]
        return answer["said"]

    def until(self, condition: Callable[[], Any]) -> Any:
        """Receives until the condition holds; returns what it returned."""
        while not condition():
            self.receive()
        return condition()


@contextlib.contextmanager
def open_page(arena: Arena, path: str, **headers: str) -> Iterator[Page]:
    """A page that was let in."""
    websocket = connect(arena.url(path), LONG, [(name.replace("_", "-"), value) for name, value in headers.items()])
    try:
        page = Page(websocket)
        assert page.receive() == {"ok": True}
        yield page
    finally:
        with contextlib.suppress(ConnectionClosed):
            websocket.close()
