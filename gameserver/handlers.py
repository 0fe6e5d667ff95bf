"""One small function for each packet to the server. Importing this file registers the functions.

Each function takes the session and the checked arguments, and calls the lobby, the room or `Session.act`. `act` notes
an intent of the player: the next tick of the room acts on it.
It raises PacketError for a request that is not possible now; the session tells the client.
"""

from __future__ import annotations

from typing import Any, Callable

from gameserver.session import Session
from Net.errors import PacketError
from Net.PacketCodes import Packet, dispatch, handles


def handle(session: Session, packet: Packet) -> None:
    """Calls the function of a packet; raises what the function raises."""
    dispatch(session, packet)


def hand_in(packet_id: str) -> Callable[..., None]:
    """Returns the handler of a packet of a game's own: it hands the packet to the game."""

    def handler(session: Session, *args: Any) -> None:
        session.act(packet_id, *args)

    return handler


@handles("JOIN")
def join(session: Session, name: str, options: dict[str, Any] | None = None) -> None:
    """Seats the client in the room that it asks for, or in any room."""
    session.lobby.join(session.client, name, **(options or {}))


@handles("LEAVE")
def leave(session: Session) -> None:
    """Gives up the client's seat; the connection stays open."""
    session.lobby.remove_player_from_room(session.seated().seat.info.id)


@handles("MOVE")
def move(session: Session, direction: int | None, sequence: int | None = None) -> None:
    """Notes that the player wants to walk in a direction, or to stop."""
    session.act("MOVE", direction, sequence)


@handles("AIM")
def aim(session: Session, angle_rad: float) -> None:
    """Turns the player to an angle."""
    session.act("AIM", angle_rad)


@handles("ATTACK")
def attack(session: Session, flag: bool, angle_rad: float) -> None:
    """Starts or stops the swings of the player's weapon."""
    session.act("ATTACK", flag, angle_rad)


@handles("SHOOT")
def shoot(session: Session, angle_rad: float) -> None:
    """Fires one shot."""
    session.act("SHOOT", angle_rad)


@handles("PLACE")
def place(session: Session, item: int, angle_rad: float) -> None:
    """Places a building."""
    session.act("PLACE", item, angle_rad)


@handles("EAT")
def eat(session: Session) -> None:
    """Eats one meal."""
    session.act("EAT")


@handles("UPGRADE")
def upgrade(session: Session, choice: int) -> None:
    """Upgrades the player's weapon."""
    session.act("UPGRADE", choice)


@handles("INPUT")
def free_input(session: Session, value: Any) -> None:
    """Hands a value to a game that takes any input."""
    session.act_freely(value)


@handles("CHAT")
def chat(session: Session, text: str) -> None:
    """Sends a chat line to everybody in the room."""
    room, seat = session.playing()
    if seat.info.is_muted:
        raise PacketError("MUTED", "the operator has muted you, or somebody at your address")
    room.broadcast(Packet("CHAT", (seat.info.id, text)))
    room.dormancy.note_activity()


@handles("READY")
def ready(session: Session, flag: bool) -> None:
    """Notes whether the player wants the round to start now."""
    room, seat = session.playing()
    room.set_ready(seat.info.id, flag)


@handles("WATCH")
def watch(session: Session, player_id: int | None, x: float | None = None, y: float | None = None) -> None:
    """Changes what a spectator watches: a player, or a place on the map."""
    room, seat = session.seated()
    if not seat.info.is_spectator:
        raise PacketError("NOT_SPECTATING", "players see with their own eyes")
    room.watch(seat.info.id, player_id, None if x is None or y is None else (x, y))


@handles("PING")
def ping(session: Session, number: int) -> None:
    """Answers at once, so that the client can measure the round trip."""
    session.client.send(Packet("PONG", (number, session.lobby.now_ms())))
