"""A room <-> plain data: its match, its tick clock, and its players' seats with the tokens that give the seats back.

In:  a room, running or not. Out: dicts, lists, numbers and texts; and a room again, whose seats wait for their players.
Raises ValueError for data that is no room of this version.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from typing import Any, Callable, Iterable

from gameserver.base_game import BaseGame
from gameserver.checkpoint import saved_game
from gameserver.checkpoint.saved_game import Plain
from gameserver.checkpoint.saved_schema import check_room, check_seats
from gameserver.match.rounds import Round
from gameserver.match.seats import NoConnection, PlayerInfo, Seat
from gameserver.replication.replicator import ClientView
from gameserver.results.recorder import Recorder
from gameserver.room import GameRoom
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import ServerSettings
from Net.address import Address

log = logging.getLogger(__name__)

# The world pauses until all players are back, but at most for this time: a page tries to reconnect after 1, 3 and 6
# seconds.
RETURN_S = 5.0


def save(room: GameRoom) -> Plain:
    """Serialises a room and its match. Spectators are left out: they have no token with which they could come back."""
    with room.lock:
        return {
            "id": room.id,
            "capacity": room.capacity,
            "tick_rate": room.clock.rate,
            "is_paused": room.clock.is_paused,
            "status": room.status,
            "results_left_s": room.rounds.results_left_s,
            "round": list(room.rounds.round),
            "seats": [_save_seat(seat) for seat in room.roster.seats()],
            "game_class": saved_game.class_of(room.game),
            "game": saved_game.save(room.game),
        }


def load(
    data: Plain,
    server_settings: ServerSettings,
    game_settings: BaseSettings,
    make_game: Callable[[Any], BaseGame],
    recorder: Recorder,
    when_failed: Callable[[GameRoom], None] = lambda room: None,
) -> GameRoom:
    """Makes a room from the result of `save`; raises ValueError for anything else. The arguments: see `GameRoom`.

    The settings are those of the saved match; game_settings only shows their class. Logs a sentence for each attribute
    and setting of the game that is new or gone.
    """
    check_room(data)
    saved_game.check_class(data.get("game_class", ""), make_game)
    try:
        game, sentences = saved_game.load(data["game"], make_game, type(game_settings))
        check_seats(data, game.players)
        room = GameRoom(
            data["id"], game.settings, server_settings, data["capacity"], lambda _: game, recorder, when_failed
        )
        uid, began_at = data["round"]
        room.rounds.restore(Round(uid, began_at), data["status"], data["results_left_s"])
        room.clock.change_rate(dataclasses.replace(game.settings, tick_rate=data["tick_rate"]).tick_rate)
        room.clock.pause(data["is_paused"])
        for saved in data["seats"]:
            room.keep_seat(_load_seat(saved, room.replicator.make_view))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no room of this version: {error!r}") from error
    for sentence in sentences:
        log.warning("room %s: %s", room.id, sentence)
    room.clock.wait_while(lambda: any(seat.absent_since_s is not None for seat in room.roster.seats()), RETURN_S)
    return room


def check_together(rooms: Iterable[GameRoom]) -> None:
    """Raises ValueError for two rooms with the same name, and for two players with the same token."""
    names: set[str] = set()
    players: dict[str, int] = {}  # by token: a player that was moved may be in two rooms
    for room in rooms:
        if room.id in names:
            raise ValueError(f"two rooms are called {room.id!r}")
        names.add(room.id)
        for seat in room.roster.seats():
            player_id = players.setdefault(seat.info.token, seat.info.id)
            if player_id != seat.info.id:
                raise ValueError(f"players {player_id} and {seat.info.id} have the same token")


def _save_seat(seat: Seat) -> Plain:
    return {
        "info": dataclasses.asdict(seat.info),
        "is_ready": seat.is_ready,
        "address": list(seat.websocket.address),
    }


def _load_seat(data: Plain, make_view: Callable[..., ClientView]) -> Seat:
    seat = Seat(NoConnection(Address(*data["address"])), _load_info(data["info"]), make_view)
    seat.set_ready(data["is_ready"])
    seat.begin_playing()  # the player did not cause the loss of the connection
    seat.disconnect(time.monotonic())
    return seat


def _load_info(data: Plain) -> PlayerInfo:
    names = {field.name for field in dataclasses.fields(PlayerInfo)}
    if data.keys() != names:
        raise ValueError(f"its players are of another version: {', '.join(sorted(data.keys() ^ names))}")
    return PlayerInfo(**data)
