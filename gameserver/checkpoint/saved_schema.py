"""The schema of a saved room. All data is checked before a room is made from it.

In:  plain data as `saved_room.save` returns it, from a file that anybody may have written. Out: nothing.
Raises ValueError with a sentence that names the value and says what it must be.

The game checks its own part, see `BaseGame.load`.
"""

from __future__ import annotations

from typing import Any, Mapping

from gameserver.match.phases import STATUSES
from gameserver.world.ranges import TICK_RATES
from gameserver.world.saved_kinds import TRUTH, Kinds, check_members, check_value, list_in, one_of, row_of
from Net.schema import ROOM_NAME, Kind, integer, nullable, number, text

_HOST, _PORT = text(0, 255), integer(0, 65535)
_CLASS = text(0, 255)
_PLAYER_NAME = text(0, 255)  # a game may change the names of its players


def exactly(kind: Kind) -> Kind:
    """Returns a kind that also refuses a value that the check would change."""

    def check(value: Any) -> Any:
        if kind.check(value) != value:
            raise ValueError(kind.must_be)
        return value

    return Kind(kind.must_be, check)


ROOM: Kinds = {
    "id": exactly(ROOM_NAME),
    "capacity": integer(1, 10_000),
    "tick_rate": integer(int(TICK_RATES.low), int(TICK_RATES.high)),
    "is_paused": TRUTH,
    "status": one_of(*STATUSES),
    "results_left_s": number(0, 1e9),
    "round": row_of(exactly(text(1, 64)), number(0, 1e11)),
}
INFO: Kinds = {
    "id": integer(1, 1_000_000),
    "name": exactly(text(1, 16)),
    "token": exactly(text(1, 64)),
    "room": nullable(exactly(ROOM_NAME)),
    "team": nullable(integer(0, 3)),
    "as_text": TRUTH,
    "is_spectator": one_of(False),
    "is_muted": TRUTH,
}
_SEAT: Kinds = {"is_ready": TRUTH, "address": row_of(exactly(_HOST), _PORT)}


def check_room(data: Any) -> None:
    """Checks a room without its match."""
    if type(data) is not dict or not data.keys() >= {"game", "seats"}:
        raise ValueError("it is no room of this version: it has no 'game' and 'seats'")
    check_members({name: data[name] for name in data.keys() - {"game", "game_class", "seats"}}, ROOM, "a room")
    check_value(_CLASS, data.get("game_class", ""), "a room: game_class")
    for seat in list_in(data["seats"], "seats"):
        if type(seat) is not dict or "info" not in seat:
            raise ValueError("a seat has no 'info'")
        check_members({name: seat[name] for name in seat.keys() - {"info"}}, _SEAT, "a seat")
        check_members(seat["info"], INFO, "a seat's info")


def check_seats(data: Any, players: Mapping[int, Any]) -> None:
    """Checks that every player of a game has one seat, and every seat of a checked room one player."""
    seated = [seat["info"]["id"] for seat in data["seats"]]
    if sorted(seated) != sorted(players):
        raise ValueError(f"its seats are those of players {sorted(seated)}, and its game has {sorted(players)}")
    for player in players.values():
        check_value(_PLAYER_NAME, player.name, f"the name of player {player.id}")
    tokens = [seat["info"]["token"] for seat in data["seats"]]
    if len(set(tokens)) < len(tokens):
        raise ValueError("two of its seats have the same token")
