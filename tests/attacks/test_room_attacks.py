"""Tests of attacks with rooms: many rooms, many rooms without a player who acts, many rooms that are opened and left.

The tests count the bystander's STATEs by the clock. Tick numbers cannot show that ticks come late: a late ticker skips
ticks and does not count them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Iterator

import pytest

from gameserver.admission.room_openings import charged_to
from gameserver.game import Game
from gameserver.world.settings import GameSettings, ServerSettings
from Net.errors import ConnectionClosed
from Net.websocket import WebSocket
from tests.attacks.support import answers, opening
from tests.Net.support import Background, wait_until
from tests.support import Arena, Player, serving

TICK_RATE = GameSettings().tick_rate
# The tick rate is twenty; a busy machine may lose some ticks. Without the limits the rate was ten and less.
FEWEST_STATES_PER_S = 0.85 * TICK_RATE
LONGEST_P99_GAP_S = 0.25
STRETCH_S = 2.0
STRETCHES = 4
DEFAULTS = ServerSettings()


class Crowd:
    """Connections from any address of this machine. A thread for each connection reads it until the end."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._players: list[Player] = []
        self._readers: list[Background] = []

    def come(self, host: str) -> Player:
        sock = socket.socket()
        sock.bind((host, 0))
        sock.connect(("127.0.0.1", self._arena.port))
        sock.sendall(opening("/"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        player = Player(WebSocket(sock, self._arena.server.limits, is_client=True))
        self._players.append(player)
        return player

    def sit(self, player: Player) -> None:
        """Makes the player only read from now on, in a thread of its own."""
        self._readers.append(Background(player.receive_to_the_end))

    def leave(self) -> None:
        for player in self._players:
            player.websocket.abort("the test is over")
        for reader in self._readers:
            reader.join()
        for player in self._players:
            player.hang_up()


@contextlib.contextmanager
def crowd_at(arena: Arena) -> Iterator[Crowd]:
    crowd = Crowd(arena)
    try:
        yield crowd
    finally:
        crowd.leave()


def answer(player: Player, room: str) -> str:
    """Sends a JOIN for a room and returns WELCOME, or the code of the ERROR."""
    player.send("JOIN", "Eve", {"room": room})
    packet = player.receive_until(lambda packet: packet.id in ("WELCOME", "ERROR"), "the answer")[-1]
    return "WELCOME" if packet.id == "WELCOME" else packet.args[0]


def gaps_between_states(player: Player, seconds: float) -> list[float]:
    """Plays for a while, and returns the times between the STATEs, the shortest first."""
    player.wait_for("STATE")
    arrivals_s = [time.monotonic()]
    while arrivals_s[-1] < arrivals_s[0] + seconds:
        player.send("AIM", 1.0)
        player.wait_for("STATE")
        arrivals_s.append(time.monotonic())
    return sorted(after - before for before, after in zip(arrivals_s, arrivals_s[1:]))


def assert_gets_its_states(player: Player) -> None:
    """Checks the number of STATEs and the time between them, in the best of some stretches of a busy machine."""
    player.send("AIM", 0.0)  # its own room may be dormant
    player.sync()
    stretches = []
    for _ in range(STRETCHES):
        gaps_s = gaps_between_states(player, STRETCH_S)
        stretches.append((len(gaps_s) / sum(gaps_s), gaps_s[int(0.99 * len(gaps_s))]))
        if stretches[-1][0] > FEWEST_STATES_PER_S and stretches[-1][1] < LONGEST_P99_GAP_S:
            return
    pytest.fail(f"STATEs a second, and the p99 of the gaps in seconds: {stretches}")


@answers("rooms without limit")
@pytest.mark.alone
def test_sixty_connections_of_one_address_get_eight_rooms_and_the_bystander_all_its_states() -> None:
    with serving(GameSettings()) as arena, crowd_at(arena) as crowd:
        bystander = arena.join("Bystander", room="calm")
        answers_to = []
        for number in range(60):
            player = crowd.come("127.0.0.2")
            answers_to.append(answer(player, f"alone {number}"))
            crowd.sit(player)
        assert answers_to.count("WELCOME") == DEFAULTS.max_rooms_per_address
        assert answers_to.count("TOO_MANY_ROOMS") == 60 - DEFAULTS.max_rooms_per_address
        assert_gets_its_states(bystander)


@answers("rooms without limit")
@pytest.mark.alone
def test_four_addresses_get_no_more_rooms_than_the_server_bears() -> None:
    with serving(GameSettings()) as arena, crowd_at(arena) as crowd:
        bystander = arena.join("Bystander", room="calm")
        for number in range(40):
            player = crowd.come(f"127.0.0.{2 + number % 4}")
            answer(player, f"alone {number}")
            player.send("MOVE", number % 8)  # it walks all the time, so the room is never dormant
            crowd.sit(player)
        assert len(arena.server.lobby.all_rooms()) == DEFAULTS.max_rooms
        assert_gets_its_states(bystander)
        friend = crowd.come("127.0.0.9")
        assert answer(friend, "den") == "TOO_MANY_ROOMS"
        assert answer(friend, "calm") == "WELCOME"  # a link to a friend's room still works


class CountingGame(Game):
    """A game that counts its updates."""

    updates = 0

    def update(self, delta_time: float) -> None:
        self.updates += 1
        super().update(delta_time)


@answers("idle rooms")
@pytest.mark.alone
def test_rooms_in_which_nobody_does_anything_cost_next_to_nothing() -> None:
    with serving(
        GameSettings(), make_game=CountingGame, dormant_after_s=1.0, max_rooms=100, max_rooms_per_address=100
    ) as arena, crowd_at(arena) as crowd:
        bystander = arena.join("Bystander", room="calm")
        for number in range(40):
            player = crowd.come("127.0.0.2")
            answer(player, f"alone {number}")
            crowd.sit(player)
        idle = [room for room in arena.server.lobby.all_rooms() if room.id != "calm"]
        wait_until(lambda: all(room.dormancy.is_dormant for room in idle), "they rest")
        before = [room.game.tick for room in idle]
        updates = [room.game.updates for room in idle]  # type: ignore[attr-defined]
        assert_gets_its_states(bystander)
        assert [room.game.updates for room in idle] == updates  # type: ignore[attr-defined]
        assert all(room.game.tick > tick for room, tick in zip(idle, before))


@answers("rooms opened and left")
def test_an_address_that_opens_and_leaves_rooms_is_slowed_down_on_all_its_connections() -> None:
    with serving(GameSettings()) as arena, crowd_at(arena) as crowd:
        opened = 0
        begun_s = time.monotonic()
        for number in range(2 * DEFAULTS.max_connections_per_address):
            player = crowd.come("127.0.0.2")  # each JOIN on a connection of its own
            opened += answer(player, f"room {number}") == "WELCOME"
            player.websocket.close()
        passed_s = time.monotonic() - begun_s
        burst, per_s = DEFAULTS.max_connections_per_address, DEFAULTS.room_openings_per_minute / 60
        assert burst <= opened <= burst + per_s * passed_s + 1


@answers("rooms opened and left")
def test_friends_are_welcomed_while_rooms_are_opened_as_fast_as_the_limits_allow() -> None:
    over = threading.Event()

    def open_and_leave(crowd: Crowd, host: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            while not over.is_set():
                player = crowd.come(host)
                answer(player, f"{host} {time.monotonic()}")
                player.websocket.close()

    with serving(GameSettings()) as arena, crowd_at(arena) as crowd:
        arena.join("Bystander", room="calm")
        openers = [Background(open_and_leave, crowd, f"127.0.0.{2 + number}") for number in range(4)]
        waits_s = []
        for _ in range(20):
            friend = arena.connect()
            begun_s = time.monotonic()
            assert answer(friend, "calm") == "WELCOME"
            waits_s.append(time.monotonic() - begun_s)
            friend.hang_up()
        over.set()
        for opener in openers:
            opener.result()
        assert sorted(waits_s)[17] < 0.2  # two of twenty may have waited for the machine


@answers("rooms kept by ghosts")
def test_rooms_whose_players_have_vanished_count_for_their_address() -> None:
    with serving(GameSettings()) as arena, crowd_at(arena) as crowd:
        vanished = []
        for number in range(DEFAULTS.max_rooms_per_address):
            player = crowd.come("127.0.0.2")
            assert answer(player, f"ghost {number}") == "WELCOME"
            player.send("AIM", 1.0)
            player.wait_for("STATE")
            player.sync()
            vanished.append(player)
        for player in vanished:
            player.reset_connection()
        rooms = arena.server.lobby.all_rooms()
        wait_until(lambda: all(seat.absent_since_s for room in rooms for seat in room.roster.seats()), "all are absent")
        assert {charged_to(room) for room in rooms} == {"127.0.0.2"}
        assert answer(crowd.come("127.0.0.2"), "another") == "TOO_MANY_ROOMS"
        assert answer(crowd.come("127.0.0.3"), "another") == "WELCOME"


@answers("one room for many at once")
def test_a_class_that_opens_one_link_at_once_meets_in_one_room() -> None:
    with serving(GameSettings()) as arena, crowd_at(arena) as crowd:
        pupils = [crowd.come("127.0.0.2") for _ in range(30)]
        joining = [Background(answer, pupil, "class") for pupil in pupils]
        assert [joined.result() for joined in joining] == 30 * ["WELCOME"]
        assert [room.id for room in arena.server.lobby.all_rooms()] == ["class"]
        assert len(arena.server.lobby.rooms["class"].roster.seats()) == 30
