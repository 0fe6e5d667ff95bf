"""One small function per packet to the server. Importing this file registers them.

Each takes the session and the checked arguments, and calls one method of the server, the room or the game.
Raises PacketError for what cannot be done now; the session tells the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from Net.errors import PacketError
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
    session.server.remove_player_from_room(session.seated().seat.info.id)


@handles("MOVE")
def move(session: Session, direction: int | None, sequence: int | None = None) -> None:
    """Walks on in a direction."""
    session.act("MOVE", direction, sequence)


@handles("AIM")
def aim(session: Session, angle_rad: float) -> None:
    """Turns."""
    session.act("AIM", angle_rad)


@handles("ATTACK")
def attack(session: Session, flag: bool, angle_rad: float) -> None:
    """Starts or stops swinging."""
    session.act("ATTACK", flag, angle_rad)


@handles("SHOOT")
def shoot(session: Session, angle_rad: float) -> None:
    """Shoots once."""
    session.act("SHOOT", angle_rad)


@handles("PLACE")
def place(session: Session, item: int, angle_rad: float) -> None:
    """Builds something."""
    session.act("PLACE", item, angle_rad)


@handles("EAT")
def eat(session: Session) -> None:
    """Eats once."""
    session.act("EAT")


@handles("UPGRADE")
def upgrade(session: Session, choice: int) -> None:
    """Changes to a better weapon."""
    session.act("UPGRADE", choice)


@handles("CHAT")
def chat(session: Session, text: str) -> None:
    """Says something to the room."""
    room, seat = session.playing()
    if seat.info.is_muted:
        raise PacketError("MUTED", "the operator has muted you, or somebody at your address")
    room.broadcast(Packet("CHAT", (seat.info.id, text)))
    room.dormancy.note_activity()


@handles("READY")
def ready(session: Session, flag: bool) -> None:
    """Asks for the round to start now."""
    room, seat = session.playing()
    room.set_ready(seat.info.id, flag)


@handles("WATCH")
def watch(session: Session, player_id: int | None, x: float | None = None, y: float | None = None) -> None:
    """Turns a spectator's eyes."""
    room, seat = session.seated()
    if not seat.info.is_spectator:
        raise PacketError("NOT_SPECTATING", "players see with their own eyes")
    room.watch(seat.info.id, player_id, None if x is None or y is None else (x, y))


@handles("PING")
def ping(session: Session, number: int) -> None:
    """Answers at once, for the client to measure the round trip."""
    session.send(Packet("PONG", (number, session.server.now_ms())))
