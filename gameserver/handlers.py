"""One small function per packet to the server. Importing this file registers them.

Each takes the session and the checked arguments, and calls one method of the server, the room or the game.
Raises PacketError for what can not be done now; the session tells the client.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from Net.PacketCodes import Packet, handles

if TYPE_CHECKING:
    from gameserver.session import Session


@handles("JOIN")
def join(session: Session, name: str, options: dict[str, Any] | None = None) -> None:
    """Seats the client in the room it asks for, or in any."""
    session.server.join(session, name, **(options or {}))


@handles("LEAVE")
def leave(session: Session) -> None:
    """Gives the seat back; the connection stays."""
    session.seated()
    session.server.leave(session)


@handles("MOVE")
def move(session: Session, direction: int | None, sequence: int | None = None) -> None:
    """Walks on in a direction."""
    room, info = session.seated()
    room.game.process_input(info.id, ("MOVE", direction, sequence))


@handles("AIM")
def aim(session: Session, angle_rad: float) -> None:
    """Turns."""
    room, info = session.seated()
    room.game.process_input(info.id, ("AIM", angle_rad))


@handles("ATTACK")
def attack(session: Session, flag: bool, angle_rad: float) -> None:
    """Starts or stops swinging."""
    room, info = session.seated()
    room.game.process_input(info.id, ("ATTACK", flag, angle_rad))


@handles("SHOOT")
def shoot(session: Session, angle_rad: float) -> None:
    """Shoots once."""
    room, info = session.seated()
    room.game.process_input(info.id, ("SHOOT", angle_rad))


@handles("PLACE")
def place(session: Session, item: int, angle_rad: float) -> None:
    """Builds something."""
    room, info = session.seated()
    room.game.process_input(info.id, ("PLACE", item, angle_rad))


@handles("EAT")
def eat(session: Session) -> None:
    """Eats once."""
    room, info = session.seated()
    room.game.process_input(info.id, ("EAT",))


@handles("UPGRADE")
def upgrade(session: Session, choice: int) -> None:
    """Changes to a better weapon."""
    room, info = session.seated()
    room.game.process_input(info.id, ("UPGRADE", choice))


@handles("CHAT")
def chat(session: Session, text: str) -> None:
    """Says something to the room."""
    room, info = session.seated()
    room.broadcast(Packet("CHAT", (info.id, text)))


@handles("READY")
def ready(session: Session, flag: bool) -> None:
    """Asks for the round to start now."""
    room, _ = session.seated()
    room.set_ready(session.websocket, flag)


@handles("PING")
def ping(session: Session, number: int) -> None:
    """Answers at once, for the client to measure the round trip."""
    session.send(Packet("PONG", (number, round(time.monotonic() * 1000) - session.server.started_at_ms)))
