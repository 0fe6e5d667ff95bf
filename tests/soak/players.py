"""Well-behaved players in a process of their own, read by one thread: they walk, chat, and note when each tick came."""

from __future__ import annotations

import contextlib
import json
import math
import multiprocessing
import random
import selectors
import time
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import msgpack

from gameserver.world.settings import GameSettings
from Net.client import connect
from Net.errors import ConnectionClosed
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from Net.websocket import WebSocket
from tests.benchmarks.machine import Cpus, pinned
from tests.delivery import Delivery, delivery
from tests.support import DEADLINE_S

CODES = {row.code: row.id for row in TO_CLIENT.rows}
BEAT_S = 0.05
TICK_MS = 1000 / GameSettings().tick_rate
CHAT_EVERY_S = 2.0
_PATIENT = Limits(handshake_timeout_s=DEADLINE_S)


class Diary(NamedTuple):
    """The notes of one player: its ticks with their times (time.monotonic()), the chat, the end of its connection."""

    ticks: list[tuple[int, float]]
    chats: list[str]
    end: str

    def delivery(self, since_s: float, until_s: float) -> Delivery:
        """The delivery of STATEs between these moments (time.monotonic())."""
        return delivery([at_s for _, at_s in self.ticks], since_s, until_s)

    def intervals_s(self, since_s: float, until_s: float) -> list[tuple[float, float]]:
        """The beginning and the end (time.monotonic()) of each gap between the ticks that came in that time."""
        times_s = [at_s for _, at_s in self.ticks if since_s <= at_s <= until_s]
        return list(zip(times_s, times_s[1:]))

    def intervals_ms(self, since_s: float, until_s: float) -> list[float]:
        """The lengths of these gaps in milliseconds."""
        return [1000 * (end_s - start_s) for start_s, end_s in self.intervals_s(since_s, until_s)]


def missed_in_a_row(diaries: list[Diary], since_s: float = 0.0, until_s: float = math.inf) -> int:
    """The most ticks that a player missed in a row, by the clock: a server that stalls leaves out no tick number."""
    longest_ms = max((ms for diary in diaries for ms in diary.intervals_ms(since_s, until_s)), default=0.0)
    return max(0, round(longest_ms / TICK_MS) - 1)


def delivered(diaries: list[Diary], since_s: float, until_s: float, who: str) -> dict[str, Any]:
    """Figures by name: the delivery of STATEs to these players in that time. who: the beginning of each name."""
    all_of_them = [diary.delivery(since_s, until_s) for diary in diaries]
    return {
        f"{who}: STATEs a second, least of all players": min(one.states_per_s for one in all_of_them),
        f"{who}: p99 of gaps between STATEs ms, most of all players": max(one.gap_p99_ms for one in all_of_them),
    }


def peek(message: str | bytes) -> tuple[str, list[Any]]:
    """A packet's id and arguments, without the checks of `TO_CLIENT.decode`, which cost time."""
    if isinstance(message, str):
        packet_id, args = json.loads(message)
        return packet_id, args
    code, args = msgpack.unpackb(message, strict_map_key=False)
    return CODES[code], args


class Reader:
    """Writes a diary from the messages of one connection."""

    def __init__(self) -> None:
        self.diary = Diary([], [], "")

    def note(self, message: str | bytes, came_s: float) -> None:
        packet_id, args = peek(message)
        if packet_id == "STATE":
            self.diary.ticks.append((args[0], came_s))
        elif packet_id == "CHAT":
            self.diary.chats.append(args[1])


def join_packet(name: str, room: str) -> bytes | str:
    return TO_SERVER.encode(Packet("JOIN", (name, {"room": room})))


class Players:
    """`count` players in a room. chats: the first says a number every two seconds. cpus: the CPUs that they may use."""

    def __init__(self, url: str, count: int, room: str = "den", chats: bool = False, cpus: Cpus = ()) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=_play, args=(url, count, room, chats, far), daemon=True)
        with pinned(cpus):
            self._process.start()
        far.close()
        self._receive()  # waits until all have joined

    @property
    def pid(self) -> int:
        """The number of their process."""
        assert self._process.pid is not None
        return self._process.pid

    def stop(self) -> list[Diary]:
        """Makes the players leave; returns their diaries."""
        self._pipe.send("stop")
        diaries: list[Diary] = self._receive()
        self._process.join(DEADLINE_S)
        self._pipe.close()
        return diaries

    def _receive(self) -> Any:
        if not self._pipe.poll(3 * DEADLINE_S):
            raise RuntimeError("the players' process does not answer")
        try:
            return self._pipe.recv()
        except EOFError:
            raise RuntimeError("the players' process has died; its traceback is on standard error") from None


def _play(url: str, count: int, room: str, chats: bool, pipe: Connection) -> None:
    rng = random.Random(count)
    selector = selectors.DefaultSelector()
    readers: dict[WebSocket, Reader] = {}
    for number in range(count):
        websocket = connect(url, _PATIENT)
        websocket.send(join_packet(f"P{number}", room))
        websocket.send(TO_SERVER.encode(Packet("MOVE", (number % 8,))))
        readers[websocket] = Reader()
        selector.register(websocket._sock, selectors.EVENT_READ, websocket)
    players = list(readers)
    said, say_at_s, act_at_s, is_told = 0, 0.0, 0.0, False
    while not pipe.poll():
        ready = selector.select(BEAT_S)
        came_s = time.monotonic()  # one time for all: the packets of a tick arrive faster than they are read
        for key, _ in ready:
            if not _read(key.data, readers[key.data], came_s):
                selector.unregister(key.fileobj)
        if not is_told and all(reader.diary.ticks for reader in readers.values()):
            pipe.send("joined")
            is_told = True
        now_s = time.monotonic()
        if now_s >= act_at_s:  # everybody turns about once a second
            act_at_s = now_s + 1 / count
            rng.choice(players).post(TO_SERVER.encode(Packet("MOVE", (rng.randrange(8),))))
        if chats and is_told and now_s >= say_at_s:
            players[0].post(TO_SERVER.encode(Packet("CHAT", (str(said),))))
            said, say_at_s = said + 1, now_s + CHAT_EVERY_S
    with contextlib.suppress(BrokenPipeError):  # the process that started this one was killed
        pipe.send([reader.diary for reader in readers.values()])
    for websocket in players:
        websocket.close()


def _read(websocket: WebSocket, reader: Reader, came_s: float) -> bool:
    """Notes all messages that have come; returns whether the connection goes on."""
    try:
        while True:
            reader.note(websocket.receive(0), came_s)
    except TimeoutError:
        return True
    except ConnectionClosed as closed:
        reader.diary = reader.diary._replace(end=str(closed))
        return False
