"""Bots: simple players for a person that tests alone. They walk, gather and fight, and give up their seats to people.

In:  the URL of a running server, and the number of bots. Out: real connections of `Net.client`, so that bots receive
and send the same packets as any client. One thread plays all bots. So a bot may wait only for its opening and closing
handshake.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from typing import Any, Callable

from gameserver.replication.entities import KIND_PLAYER
from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from Net.port.own_connections import OwnConnections
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

_NAMES = ("Ada", "Alan", "Barbara", "Blaise", "Carl", "Dana", "Edsger", "Emmy", "Frances", "Grace", "Hedy", "Ivan")
# The time between two looks of all bots at their incoming packets, and the shortest and longest time of one plan.
_BEAT_S = 0.1
_PLAN_S = (0.3, 1.2)
# Distances from centre to centre, in world units: how far a bot sees, how far it shoots, how far it strikes.
_SIGHT = 700.0
_SHOT = 450.0
_ARM = 120.0
# The share of plans that are fights when another player is in sight, and of the other plans the share of walks.
_FIGHTS = 0.7
_WALKS = 0.3
# Below this health (of 100) a bot eats. Above this amount of wood it builds in this share of cases.
_HURT = 60
_PLENTY = 60
_BUILDS = 0.1
_WOOD, _FOOD = 0, 1
# The seats that bots leave free for the next person, and the time after which a bot tries again to join.
_FREE_SEATS = 1
_RETRY_S = 2.0


class Bot:
    """One simple player on an open connection. rng: the source of its random choices."""

    def __init__(self, websocket: WebSocket, rng: random.Random) -> None:
        self.room: str | None = None
        self.free_seats: int | None = None  # in its room; None: not known yet
        self._websocket = websocket
        self._rng = rng
        self._id: int | None = None
        self._players: dict[int, tuple[int, int]] = {}
        self._scenery: dict[int, tuple[int, int]] = {}
        self._plan_at_s = 0.0
        self._handlers: dict[str, Callable[..., None]] = {
            "WELCOME": self._on_welcome,
            "ROOM": self._on_room,
            "OBJECTS": self._on_objects,
            "STATE": self._on_state,
            "SELF": self._on_self,
        }

    def join(self, name: str, room: str | None) -> None:
        """Asks for a seat in a room, or with None in any room."""
        self._send("JOIN", name, {} if room is None else {"room": room})

    def leave(self) -> None:
        """Gives up the seat and closes the connection."""
        self._send("LEAVE")
        self._websocket.close()

    def act(self, now_s: float) -> None:
        """Handles the packets that have arrived, and acts if it is time for a new plan.

        now_s: time.monotonic(). Raises ConnectionClosed when the connection has ended.
        """
        try:
            while True:
                packet = TO_CLIENT.decode(self._websocket.receive(timeout_s=0))
                handler = self._handlers.get(packet.id)
                if handler is not None:
                    handler(*packet.args)
        except TimeoutError:
            pass  # all packets are read
        if self._id in self._players and now_s >= self._plan_at_s:
            self._plan_at_s = now_s + self._rng.uniform(*_PLAN_S)
            self._plan(*self._players[self._id])

    def _send(self, packet_id: str, *args: Any) -> None:
        self._websocket.post(TO_SERVER.encode(Packet(packet_id, args)))

    # The bot's knowledge of the game --------------------------------------------------------------------------

    def _on_welcome(self, player_id: int, room: str, *_: Any) -> None:
        self._id, self.room = player_id, room

    def _on_room(self, _status: str, players: int, capacity: int, *_: Any) -> None:
        self.free_seats = capacity - players

    def _on_objects(self, numbers: list[int]) -> None:
        for i in range(0, len(numbers), 5):
            object_id, _, x, y, _ = numbers[i : i + 5]
            self._scenery[object_id] = (x, y)

    def _on_state(self, _tick: int, _sequence: int | None, moved: list[int], gone: list[int]) -> None:
        for entity_id in gone:
            self._players.pop(entity_id, None)
        for i in range(0, len(moved), 7):
            if moved[i + 1] == KIND_PLAYER:
                self._players[moved[i]] = (moved[i + 2], moved[i + 3])

    def _on_self(self, health: int, _score: int, resources: list[int], *more: Any) -> None:
        """Takes a better weapon if there is a choice, eats if hurt, and sometimes builds if there is plenty of wood."""
        choices = more[-1]
        if choices:
            self._send("UPGRADE", self._rng.choice(choices))
        if health < _HURT and resources[_FOOD]:
            self._send("EAT")
        if resources[_WOOD] > _PLENTY and self._rng.random() < _BUILDS:
            self._send("PLACE", self._rng.randrange(2), self._rng.uniform(0, math.tau))

    # The bot's actions ----------------------------------------------------------------------------------------

    def _plan(self, x: int, y: int) -> None:
        others = [place for player_id, place in self._players.items() if player_id != self._id]
        foe = _nearest(x, y, others)
        if foe is not None and self._rng.random() < _FIGHTS:
            self._approach(x, y, foe, shoots=True)
            return
        goal = _nearest(x, y, list(self._scenery.values()))
        if goal is not None and self._rng.random() > _WALKS:
            self._approach(x, y, goal, shoots=False)
        else:
            self._send("ATTACK", False, 0)
            self._send("MOVE", self._rng.randrange(8))

    def _approach(self, x: int, y: int, goal: tuple[int, int], shoots: bool) -> None:
        """Goes to a place, and strikes when it is near. With `shoots`, also shoots on the way."""
        angle_rad = math.atan2(goal[1] - y, goal[0] - x) % math.tau
        distance = math.dist((x, y), goal)
        self._send("MOVE", round(angle_rad / (math.pi / 4)) % 8)
        self._send("ATTACK", distance < _ARM + _ARM, angle_rad)
        if shoots and _ARM < distance < _SHOT:
            self._send("SHOOT", angle_rad)


def _nearest(x: int, y: int, places: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Returns the nearest place in sight, or None if no place is in sight."""
    nearest = min(places, key=lambda place: math.dist((x, y), place), default=None)
    return nearest if nearest is not None and math.dist((x, y), nearest) < _SIGHT else None


class Crowd:
    """A number of bots in one room, as long as the room has seats for them.

    url: the server's address, as ws://host:port. count: the number of bots. own: the server's own connections, if the
    server runs in this process; then the bots do not count towards the per-address limit of people at this machine.
    """

    def __init__(self, url: str, count: int, seed: int = 0, own: OwnConnections | None = None) -> None:
        self._url = url
        self._dial = None if own is None else own.dial
        self._count = count
        self._rng = random.Random(seed)  # nosec B311  # to play, not to keep secrets
        self._bots: list[Bot] = []
        self._retry_at_s = 0.0
        self._joined = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bots", daemon=True)

    def start(self) -> None:
        """Starts the thread that plays all bots."""
        self._thread.start()

    def stop(self) -> None:
        """Makes all bots leave, and waits for the end of their thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_BEAT_S):
            now_s = time.monotonic()
            for bot in list(self._bots):
                try:
                    bot.act(now_s)
                except ConnectionClosed:
                    self._bots.remove(bot)
                    self._retry_at_s = now_s + _RETRY_S
            self._balance(now_s)
        for bot in self._bots:
            bot.leave()

    def _balance(self, now_s: float) -> None:
        """Adds one bot if there are seats enough, or makes one leave if no seat is free for the next person."""
        known = [bot for bot in self._bots if bot.free_seats is not None]
        free = known[0].free_seats if known else None
        if free is not None and free < _FREE_SEATS:
            leaving = known[-1]
            self._bots.remove(leaving)
            leaving.leave()
            self._retry_at_s = now_s + _RETRY_S
        elif self._wants_more(now_s, known) and (free is None or free > _FREE_SEATS):
            self._add(known[0].room if known else None, now_s)

    def _wants_more(self, now_s: float, known: list[Bot]) -> bool:
        """Whether another bot may try to join. Bots join one at a time, because each must know the free seats first."""
        return len(self._bots) < self._count and now_s >= self._retry_at_s and len(known) == len(self._bots)

    def _add(self, room: str | None, now_s: float) -> None:
        try:
            rng = random.Random(self._rng.random())  # nosec B311  # the same
            bot = Bot(connect(self._url, dial=self._dial), rng)
        except (OSError, HandshakeError) as error:
            log.info("a bot cannot come in: %s", error)
            self._retry_at_s = now_s + _RETRY_S
            return
        number = self._joined
        self._joined += 1
        suffix = "" if number < len(_NAMES) else f" {number // len(_NAMES) + 1}"
        bot.join(f"{_NAMES[number % len(_NAMES)]}{suffix}", room)
        self._bots.append(bot)
