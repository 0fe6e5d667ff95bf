"""Helpers for the tests of the classroom: a server with a classroom, and clients of the WebSockets of its pages."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Callable, Iterator

from gameserver.admin.authentication import OperatorAuthentication
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
        yield arena, Classroom(arena.server, OperatorAuthentication(TOKEN), "127.0.0.1", arena.port)


class Page:
    """A client that acts like the script of a page: it sends commands, and collects rows and connections."""

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
        """Sends a command and returns its whole answer."""
        self.websocket.send(json.dumps({"id": 7, "do": command, **arguments}))
        while True:
            answer = self.receive()
            if answer.get("id") == 7:
                return answer

    def do(self, command: str, **arguments: Any) -> Any:
        """Sends a command that must work, and returns the result in its answer."""
        answer = self.ask(command, **arguments)
        assert "error" not in answer, answer["error"]
        return answer["said"]

    def until(self, condition: Callable[[], Any]) -> Any:
        """Receives until the condition is true; returns its value."""
        while not condition():
            self.receive()
        return condition()


@contextlib.contextmanager
def open_page(arena: Arena, path: str, **headers: str) -> Iterator[Page]:
    """Opens a page that is let in."""
    websocket = connect(arena.url(path), LONG, [(name.replace("_", "-"), value) for name, value in headers.items()])
    try:
        page = Page(websocket)
        assert page.receive() == {"ok": True}
        yield page
    finally:
        with contextlib.suppress(ConnectionClosed):
            websocket.close()
