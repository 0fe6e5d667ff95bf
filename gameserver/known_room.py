"""A client's knowledge of its room, built from the packets of the server as docs/protocol.md says.

In:  packets to the client. Out: the attributes of `KnownRoom`. It uses no sockets and no clock.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple

from Net.PacketCodes import Packet

# {"tick": ..., "entities": {kind: {id: {field: value}}}, ...}; empty as long as the server has sent no GAME_STATE.
State = Dict[str, Any]


class KnownPlayer(NamedTuple):
    """A player in the room. team: a number from 0; None: no team."""

    id: int
    name: str
    team: int | None


def apply_changes(
    state: State, gone: dict[str, list[Any]], entities: dict[str, dict[Any, dict[str, Any]]], others: dict[str, Any]
) -> None:
    """Applies the arguments of GAME_CHANGES to a state, in place; see "Other games" in docs/protocol.md."""
    known = state.setdefault("entities", {})
    for kind, ids in gone.items():
        for entity_id in ids:
            known.get(kind, {}).pop(entity_id, None)
    for kind, changed in entities.items():
        of_kind = known.setdefault(kind, {})
        for entity_id, fields in changed.items():
            of_kind.setdefault(entity_id, {}).update(fields)
    state.update(others)


class KnownRoom:
    """The room of one client. Before WELCOME everything is None or empty. Each WELCOME begins with a new object.

    free_seats: for further players. scores: by player id, of the best ten. settings: those of WELCOME.
    """

    def __init__(self) -> None:
        self.player_id: int | None = None
        self.room: str | None = None
        self.token: str | None = None
        self.status: str | None = None
        self.free_seats: int | None = None
        self.settings: dict[str, Any] = {}
        self.players: dict[int, KnownPlayer] = {}
        self.scores: dict[int, int] = {}
        self.state: State = {}

    def apply(self, packet: Packet) -> None:
        """Applies a packet; ignores packets that change none of the attributes."""
        change = _CHANGES.get(packet.id)
        if change is not None:
            change(self, *packet.args)

    def _on_welcome(self, player_id: int, room: str, token: str, settings: dict[str, Any]) -> None:
        self.player_id, self.room, self.token, self.settings = player_id, room, token, settings

    def _on_room(self, status: str, players: int, capacity: int, _ms_left: int | None) -> None:
        self.status, self.free_seats = status, capacity - players

    def _on_player(self, player_id: int, name: str, team: int | None) -> None:
        self.players[player_id] = KnownPlayer(player_id, name, team)

    def _on_player_gone(self, player_id: int) -> None:
        self.players.pop(player_id, None)

    def _on_settings(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def _on_scoreboard(self, rows: list[Any]) -> None:
        self.scores = {player_id: score for player_id, _, score in rows}

    def _on_game_state(self, state: State) -> None:
        self.state = state

    def _on_game_changes(self, *changes: Any) -> None:
        apply_changes(self.state, *changes)


_CHANGES: dict[str, Callable[..., None]] = {
    "WELCOME": KnownRoom._on_welcome,
    "ROOM": KnownRoom._on_room,
    "PLAYER": KnownRoom._on_player,
    "PLAYER_GONE": KnownRoom._on_player_gone,
    "SETTINGS": KnownRoom._on_settings,
    "SCOREBOARD": KnownRoom._on_scoreboard,
    "GAME_STATE": KnownRoom._on_game_state,
    "GAME_CHANGES": KnownRoom._on_game_changes,
}
