"""Tests of recording: events in rooms are recorded, and a finished match counts for its players."""

from __future__ import annotations

from gameserver.game import Game
from gameserver.match.seats import PlayerInfo
from gameserver.results.store import Store
from gameserver.server import GameServer
from gameserver.world.settings import ServerSettings
from Net.limits import Limits
from Net.websocket import WebSocket
from tests.Net.support import tcp_pair
from tests.support import plain_world


def test_a_finished_match_is_recorded_with_its_places_and_events() -> None:
    store = Store(":memory:")
    server = GameServer(ServerSettings(), plain_world(time_limit_s=0.1), Limits(), Game, store)
    near, far = tcp_pair()
    try:
        room = server.create_room(room_id="den")
        room.add_player(WebSocket(near, Limits()), PlayerInfo(1, "Ann", "token"))
        for _ in range(20):
            server.tick()
        assert store.flush(5.0)
        (match,) = store.matches(10)
        assert (match["room_id"], match["mode"]) == ("den", "free-for-all")
        assert [row["name"] for row in store.leaderboard()] == ["Ann"]
        assert {"join", "start", "end"} <= {event_type for _, event_type, _ in room.event_log.events}
    finally:
        store.close()
        near.close()
        far.close()


def test_a_round_that_nobody_played_is_not_recorded() -> None:
    store = Store(":memory:")
    server = GameServer(ServerSettings(), plain_world(), Limits(), Game, store)
    try:
        room = server.create_room()
        room.start_game()
        server.tick()
        room.end_game()
        assert store.flush(5.0)
        assert store.matches(10) == []
    finally:
        store.close()
