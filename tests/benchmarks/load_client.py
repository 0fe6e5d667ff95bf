"""One player of the load: it joins, sends inputs, and notes the answers and their times. It never waits.

It is made of `Net.handshake`, `Net.frames` and `Net.PacketCodes`, because one thread plays hundreds of players. It
reads all bytes that have come at once, and decodes no more of a packet than it needs. `gameserver.client` decodes every
packet, and so takes a fifth more CPU time.
"""

from __future__ import annotations

import base64
import math
import os
import random
import socket
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG, parse_header, serialize
from Net.handshake import check_response, find_end_of_head, upgrade_request
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet

RECEIVE_BYTES = 256 * 1024
CONNECT_S = 10.0
DECODED_EVERY = 20  # of the clients that number their inputs, every twentieth reads its STATEs
SWINGING_SHARE = 0.7  # the share of ATTACKs that begin a swing; the others end one
LIMITS = Limits()
_CODES = {row.id: row.code for row in TO_CLIENT.rows}
_MOVES = [TO_SERVER.encode(Packet("MOVE", (direction,))) for direction in range(8)]
_STATE, _PONG, _WELCOME, _ERROR = (_CODES[name] for name in ("STATE", "PONG", "WELCOME", "ERROR"))


@dataclass
class Record:
    """The observations of the clients of one process while `is_on`; times in milliseconds."""

    is_on: bool = False
    intervals_ms: array[float] = field(default_factory=lambda: array("d"))  # between two STATEs of one client
    round_trips_ms: array[float] = field(default_factory=lambda: array("d"))  # PING to PONG
    inputs_ms: array[float] = field(default_factory=lambda: array("d"))  # MOVE to the STATE that says it was applied
    lags_ms: array[float] = field(default_factory=lambda: array("d"))  # how much too late this process itself sent
    joins_ms: array[float] = field(default_factory=lambda: array("d"))  # connecting to WELCOME
    snapshots: list[int] = field(default_factory=list)  # of each client
    packets: Counter[int] = field(default_factory=Counter)  # by code
    bytes_in: Counter[int] = field(default_factory=Counter)  # by code, frame headers included
    states_read: int = 0
    entities: int = 0  # in those STATEs
    gone: int = 0
    lost: int = 0  # connections
    problems: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0  # of this process

    def note(self, problem: str) -> None:
        """Counts something that should not happen."""
        self.problems[problem[:120]] += 1


class LoadClient:
    """A player. number: its number in its process; numbers_inputs: its MOVEs carry sequence numbers."""

    def __init__(self, number: int, record: Record, numbers_inputs: bool, rng: random.Random) -> None:
        self.has_joined = False
        self.is_lost = False
        self.snapshots = 0
        self._number = number
        self._record = record
        self._rng = rng
        self._rest = b""  # the beginning of a frame whose end has not come
        self._is_open = False
        self._last_state_s = 0.0
        self._ping_s: float | None = None  # when the unanswered PING was sent
        self._numbers_inputs = numbers_inputs
        self._reads_states = numbers_inputs and number % DECODED_EVERY == 0
        self._sequence = 0
        self._sent_s: dict[int, float] = {}  # sequence number -> when the input was sent; not yet applied inputs

    def connect(self, host: str, port: int) -> socket.socket:
        """Connects and asks for the upgrade; `receive` does the rest of the join."""
        self._started_s = time.monotonic()
        self.sock = socket.create_connection((host, port), CONNECT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self._key = base64.b64encode(os.urandom(16)).decode("ascii")
        self._write(upgrade_request(f"{host}:{port}", "/", self._key))
        return self.sock

    def hang_up(self, why: str) -> None:
        """Closes the connection and counts it as lost."""
        if not self.is_lost:
            self.is_lost = True
            self._record.lost += 1
            self._record.note(why)
            self.sock.close()

    def leave(self) -> None:
        """Gives the seat back, which would otherwise wait for the player, and closes the connection."""
        if not self.is_lost:
            self._send("LEAVE")
            self.sock.close()

    # Reading --------------------------------------------------------------------------------------------------

    def receive(self) -> None:
        """Reads and handles the bytes that have come."""
        try:
            data = self.sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self.hang_up(f"connection broke: {error.strerror}")
            return
        now_s = time.monotonic()
        if not data:
            self.hang_up("the server hung up")
            return
        if self._rest:
            data = self._rest + data
        at = 0
        if not self._is_open:
            at = find_end_of_head(data, LIMITS)
            if at < 0:
                self._rest = data
                return
            check_response(data[:at], self._key, LIMITS)
            self._is_open = True
            self._send("JOIN", f"load {self._number}")
        at = self._read_frames(data, at, now_s)
        self._rest = data[at:]

    def _read_frames(self, data: bytes, at: int, now_s: float) -> int:
        """Handles the complete frames; returns the start of the first frame that is not complete."""
        record, size = self._record, len(data)
        while at < size:
            header = parse_header(data, at, masked=False)
            if header is None:
                break
            start = at + header.size
            end = start + header.length
            if end > size:
                break
            payload = data[start:end]
            if header.opcode == OPCODE_BINARY:
                code = payload[1]  # of [code, [arguments]]
                handle = _HANDLERS.get(code)
                if handle is not None:
                    handle(self, payload, now_s)
                if record.is_on:
                    record.packets[code] += 1
                    record.bytes_in[code] += end - at
            elif header.opcode == OPCODE_PING:
                self._write(serialize(OPCODE_PONG, payload, mask_key=self._mask_key()))
            elif header.opcode == OPCODE_CLOSE:
                self.hang_up(f"closed by the server: {payload[2:].decode('utf-8')}")
            at = end
        return at

    def _on_state(self, payload: bytes, now_s: float) -> None:
        if self._record.is_on:
            self.snapshots += 1
            if self._last_state_s:
                self._record.intervals_ms.append(1000 * (now_s - self._last_state_s))
        self._last_state_s = now_s
        if self._reads_states:
            _, sequence, moved, gone = TO_CLIENT.decode(payload).args
            self._on_applied(sequence, now_s)
            if self._record.is_on:
                self._record.states_read += 1
                self._record.entities += len(moved) // 7
                self._record.gone += len(gone)

    def _on_applied(self, sequence: int | None, now_s: float) -> None:
        """Notes that all inputs up to this one have been applied, or were replaced by it."""
        for number in [number for number in self._sent_s if sequence is not None and number <= sequence]:
            age_ms = 1000 * (now_s - self._sent_s.pop(number))
            if self._record.is_on:
                self._record.inputs_ms.append(age_ms)

    def _on_pong(self, _payload: bytes, now_s: float) -> None:
        if self._ping_s is not None and self._record.is_on:
            self._record.round_trips_ms.append(1000 * (now_s - self._ping_s))
        self._ping_s = None

    def _on_welcome(self, _payload: bytes, now_s: float) -> None:
        self.has_joined = True
        self._record.joins_ms.append(1000 * (now_s - self._started_s))

    def _on_error(self, payload: bytes, _now_s: float) -> None:
        self._record.note("ERROR " + " ".join(TO_CLIENT.decode(payload).args))

    def wait_no_longer(self, now_s: float, longer_than_s: float) -> None:
        """Counts each answer that has not come for `longer_than_s` seconds or more, as if it came now."""
        record = self._record
        silence_s = now_s - self._last_state_s if self._last_state_s else longer_than_s
        if silence_s >= longer_than_s:
            record.intervals_ms.append(1000 * silence_s)
        if self._ping_s is not None and now_s - self._ping_s >= longer_than_s:
            record.round_trips_ms.append(1000 * (now_s - self._ping_s))
        if self._reads_states:
            ages_s = [now_s - sent_s for sent_s in self._sent_s.values()]
            record.inputs_ms.extend(1000 * age_s for age_s in ages_s if age_s >= longer_than_s)

    # Writing --------------------------------------------------------------------------------------------------

    def move(self) -> None:
        """Walks on in some direction."""
        direction = int(self._rng.random() * 8)
        if not self._numbers_inputs:
            self._write(serialize(OPCODE_BINARY, _MOVES[direction], mask_key=self._mask_key()))
            return
        self._sequence += 1
        if self._reads_states:
            self._sent_s[self._sequence] = time.monotonic()
        self._send("MOVE", direction, self._sequence)

    def attack(self) -> None:
        """Swings, mostly."""
        self._send("ATTACK", self._rng.random() < SWINGING_SHARE, self._rng.uniform(0, math.tau))

    def aim(self) -> None:
        """Turns somewhere."""
        self._send("AIM", self._rng.uniform(0, math.tau))

    def shoot(self) -> None:
        """Shoots somewhere."""
        self._send("SHOOT", self._rng.uniform(0, math.tau))

    def ping(self) -> None:
        """Asks for a PONG, unless it still waits for one."""
        if self._ping_s is None:
            self._ping_s = time.monotonic()
            self._send("PING", self._number)

    def _send(self, packet_id: str, *args: Any) -> None:
        self._write(serialize(OPCODE_BINARY, TO_SERVER.encode(Packet(packet_id, args)), mask_key=self._mask_key()))

    def _mask_key(self) -> bytes:
        return self._rng.getrandbits(32).to_bytes(4, "big")  # os.urandom would be one more system call for each frame

    def _write(self, data: bytes) -> None:
        """Sends a few bytes. The kernel takes them all, unless the server has not read for long."""
        if self.is_lost:
            return
        try:
            sent = self.sock.send(data)
        except OSError as error:
            self.hang_up(f"cannot send: {error.strerror}")
            return
        if sent < len(data):
            self.hang_up("cannot send: the server does not read")


_HANDLERS = {
    _STATE: LoadClient._on_state,
    _PONG: LoadClient._on_pong,
    _WELCOME: LoadClient._on_welcome,
    _ERROR: LoadClient._on_error,
}
