"""The commands of an operator on the running world: one method for each command, and one for the state of the world.

In:  ids and values that the console has checked. Out: a sentence that reports the result.
Raises OperatorError with a sentence that gives the reason when a command is not possible.
"""

from __future__ import annotations

from typing import Any

from gameserver.admin.discipline import Discipline, OperatorError
from gameserver.admission.measures import BAN
from gameserver.match.phases import IN_PROGRESS
from gameserver.match.seats import Seat
from gameserver.room import GameRoom, RoomFull, RoomUnavailable
from gameserver.server import GameServer
from gameserver.settings_file.texts import to_text
from gameserver.world.differences import defaults_of, differences, values_of
from gameserver.world.objects import RESOURCES
from Net.PacketCodes import Packet
from Net.port.proxy import canonical_address

__all__ = ["GameWorldManager", "OperatorError"]


class GameWorldManager:
    """The operator's commands for the rooms of one server."""

    def __init__(self, server: GameServer) -> None:
        self._server = server
        self._discipline = Discipline(server)
        self.operators = server.operators

    def send_global_message(self, text: str, room: str | None = None) -> str:
        """Shows a text to everybody in one room, or with None to every client that is connected to the game."""
        notice = Packet("NOTICE", (text,))
        if room is None:
            self._server.broadcast_global(notice)
            return "told everybody"
        self._room(room).broadcast(notice)
        return f"told everybody in {room}"

    def grant_resources(self, player_id: int | None = None, **amounts: int) -> str:
        """Gives resources to one player, or with None to all; negative numbers take some. SELF shows the result.

        amounts: by the names in RESOURCES.
        """
        chosen = self._players() if player_id is None else [self._player(player_id)]
        granted = 0
        for room, seat in chosen:
            try:
                with room.game.lock:
                    room.game.grant_resources(seat.info.id, **amounts)
                room.dormancy.note_activity()
                granted += 1
            except KeyError:
                pass  # the player left a moment ago
            except ValueError as error:
                raise OperatorError(str(error)) from None
        listed = ", ".join(f"{name} {amounts.get(name, 0)}" for name in RESOURCES)
        return f"granted {listed} to {granted} players"

    def kick(self, player_id: int, reason: str = "kicked by the operator", away_s: float = 0.0) -> str:
        """Throws a player out, and keeps it out for `away_s` seconds.

        The player is told the reason, in a NOTICE and in the close frame with code 1008.
        """
        _, seat = self._player(player_id)
        self._discipline.kick(seat, reason, away_s)
        return f"kicked {seat.info.name}: {reason}"

    def ban(self, player_id: int, reason: str = "banned by the operator") -> str:
        """Throws out everybody at a player's address, and lets nobody in from that address any more."""
        _, seat = self._player(player_id)
        host = self._discipline.ban(seat.websocket.host, reason, seat)
        return f"banned {seat.info.name} at {host}: {reason}"

    def ban_address(self, address: str, reason: str = "banned by the operator") -> str:
        """Does the same as `ban` for an address; it works even if nobody plays from there."""
        host = self._discipline.ban(_canonical(address), reason)
        return f"banned {host}: {reason}"

    def unban(self, address: str) -> str:
        """Ends the ban of an address."""
        lifted = self._server.lobby.measures.lift(BAN, address) or self._server.lobby.measures.lift(
            BAN, _canonical(address)
        )
        if not lifted:
            raise OperatorError(f"{address} is not banned")
        return f"{address} is not banned any more"

    def mute(self, player_id: int, muted: bool) -> str:
        """Mutes a player and everybody who joins from its address later; muted=False lets the player chat again."""
        _, seat = self._player(player_id)
        if not muted:
            self._discipline.unmute(seat)
            return f"{seat.info.name} may chat again"
        self._discipline.mute(seat)
        return f"{seat.info.name} may not chat any more, nor may newcomers from {seat.websocket.host}"

    def unmute(self, address: str) -> str:
        """Ends all mutes of an address, also those of players who have left."""
        if not (self._discipline.unmute_address(address) or self._discipline.unmute_address(_canonical(address))):
            raise OperatorError(f"nobody at {address} is muted")
        return f"everybody at {address} may chat again"

    def list_measures(self) -> list[dict[str, Any]]:
        """Returns the bans, mutes and kicks in force, each with its person, its age and its remaining time."""
        return self._server.lobby.measures.describe()

    def pause(self, room: str) -> str:
        """Pauses a room's world."""
        self._room(room).clock.pause(True)
        return f"{room} is paused"

    def resume(self, room: str) -> str:
        """Ends the pause of a room."""
        self._room(room).clock.pause(False)
        return f"{room} goes on"

    def step(self, room: str) -> str:
        """Advances a paused room by one tick."""
        clock = self._room(room).clock
        if not clock.is_paused:
            raise OperatorError(f"{room} is not paused")
        clock.step()
        return f"{room} made one step"

    def end_match(self, room: str) -> str:
        """Ends the round, with results."""
        if self._room(room).status != IN_PROGRESS:
            raise OperatorError(f"there is no round in progress in {room}")
        self._room(room).end_game()
        return f"the round in {room} is over"

    def restart_match(self, room: str) -> str:
        """Starts a new round with the same players; the old round gets no results."""
        self._room(room).reset_room()
        return f"a new round begins in {room}"

    def move_player(self, player_id: int, room: str) -> str:
        """Moves a player to another room, where it starts anew. Its old seat is free then."""
        _, seat = self._player(player_id)
        try:
            self._server.lobby.move_player(seat, self._room(room))
        except (RoomFull, RoomUnavailable, ValueError) as error:
            raise OperatorError(str(error)) from None
        return f"moved {seat.info.name} to {room}"

    def change_setting(self, room: str, name: str, value: float) -> str:
        """Changes a number of a running room: its tick rate, or a setting that may change during the game."""
        try:
            self._room(room).change_setting(name, value)
        except ValueError as error:
            raise OperatorError(str(error)) from None
        return f"{name} is {value:g} in {room} now"

    def state(self) -> dict[str, Any]:
        """Returns the operator's view of the server and all rooms, as plain data."""
        return {
            **self._server.describe(),
            "measures": self.list_measures(),
            "rooms": [describe_room(room) for room in self._server.lobby.all_rooms()],
        }

    def _room(self, room_id: str) -> GameRoom:
        """Returns the room of a command, and wakes it up, so that clients see the result at once."""
        for room in self._server.lobby.all_rooms():
            if room.id == room_id:
                room.dormancy.note_activity()
                return room
        raise OperatorError(f"there is no room {room_id!r}")

    def _players(self) -> list[tuple[GameRoom, Seat]]:
        return [(room, seat) for room in self._server.lobby.all_rooms() for seat in room.roster.seats()]

    def _player(self, player_id: int) -> tuple[GameRoom, Seat]:
        for room, seat in self._players():
            if seat.info.id == player_id:
                return room, seat
        raise OperatorError(f"there is no player {player_id} in any room")


def _canonical(address: str) -> str:
    try:
        return canonical_address(address)
    except ValueError as error:
        raise OperatorError(str(error)) from None


def describe_room(room: GameRoom) -> dict[str, Any]:
    """Returns the operator's view of a room, as plain data."""
    clock = room.clock
    with room.game.lock:
        results, settings = room.game.results(), room.game.changeable_settings()
    scores = {player_id: score for player_id, _, _, score, _, _ in results}
    return {
        "id": room.id,
        "status": room.status,
        "paused": clock.is_paused,
        "dormant": room.dormancy.is_dormant,
        "closed_because": room.closed_because,
        "capacity": room.capacity,
        "ms_left": room.rounds.ms_left(),
        "tick_ms": [round(ms, 2) for ms in clock.tick_times_ms()],
        "late_ticks": clock.late_ticks(),
        "settings": {"tick_rate": clock.rate, **settings},
        "differs": _differences(room),
        "spectators": len(room.roster.everybody()) - len(room.roster.seats()),
        "players": [{**seat.describe(), "score": scores.get(seat.info.id, 0)} for seat in room.roster.seats()],
    }


def _differences(room: GameRoom) -> list[dict[str, str]]:
    """Returns each setting of a room that differs from its default, with both values as a settings file has them."""
    settings = room.game.settings
    values = {**values_of(settings), "tick_rate": room.clock.rate}
    return [
        {"name": name, "value": to_text(value), "default": to_text(default)}
        for name, value, default in differences(settings, values, defaults_of(settings))
    ]
