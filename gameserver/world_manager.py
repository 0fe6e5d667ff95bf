"""What an operator may do to the running world: the methods that a console calls."""

from __future__ import annotations

from gameserver.room import GameRoom
from gameserver.seats import Seat
from gameserver.server import GameServer
from Net.PacketCodes import Packet


class GameWorldManager:
    """The operator's hand on a server's rooms."""

    def __init__(self, server: GameServer) -> None:
        self._server = server

    def send_global_message(self, text: str) -> None:
        """Shows a text to everybody who is connected to the game."""
        self._server.broadcast_global(Packet("NOTICE", (text,)))

    def grant_resources(
        self, player_id: int | None = None, wood: int = 0, food: int = 0, stone: int = 0, gold: int = 0
    ) -> int:
        """Gives resources to one player, or to all with None; returns how many got them. They see it in SELF.

        Raises KeyError when no room has that player.
        """
        granted = 0
        for room, seat in self._seats():
            if player_id in (None, seat.info.id):
                try:
                    room.game.grant_resources(seat.info.id, wood, food, stone, gold)
                    granted += 1
                except KeyError:
                    pass  # it left a moment ago
        if player_id is not None and not granted:
            raise KeyError(f"there is no player {player_id} in any room")
        return granted

    def kick(self, player_id: int, reason: str = "kicked by the operator") -> None:
        """Closes a player's connection with 1008 and a reason that it can show; raises KeyError if there is none."""
        for _, seat in self._seats():
            if seat.info.id == player_id:
                seat.websocket.begin_close(1008, reason)
                return
        raise KeyError(f"there is no player {player_id} in any room")

    def _seats(self) -> list[tuple[GameRoom, Seat]]:
        return [(room, seat) for room in self._server.all_rooms() for seat in room.seats()]
