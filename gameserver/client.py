"""A client of the game server, for bots, load tests and programs of one's own: blocking, typed, and without a thread.

    with GameClient("ws://127.0.0.1:3000", name="Ann") as me:
        me.input("left")
        me.wait_for(lambda: me.state.get("tick", 0) > 20)

In:  the packets of a server. Out: the properties, which only change in `update` and in the methods that wait.
Raises JoinRefused if the server refuses a JOIN, and ConnectionClosed (of Net) when the connection has ended.

One thread can play many clients: `connect` waits only for the opening handshake, and `update` for nothing.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from types import TracebackType
from typing import Any, Callable, NamedTuple, TypeVar

from gameserver.known_room import KnownPlayer, KnownRoom, State
from Net.client import Dial, connect
from Net.close_codes import CloseCode
from Net.errors import ConnectionClosed
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
# A state is one message. So it may be longer than any message to the server.
LIMITS = Limits(message_bytes=2**24)
_KEEP_ALIVE_EVERY_S = 1.0
_KEPT_ERRORS = 100

_ResultT = TypeVar("_ResultT")


class JoinRefused(Exception):
    """The server gives the client no seat. The text is the server's sentence; code: such as "ROOM_FULL"."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class ServerError(NamedTuple):
    """An ERROR of the server: the packet that it answers has no effect. The codes are in docs/protocol.md."""

    code: str
    text: str


class GameClient:
    """One player, or one spectator. All calls must come from one thread.

    url: the server's address, as ws://host:port. name: the player's. room: the room to join; None: any room. team: the
    wanted team. token: of a seat that was lost before. limits: of the connection. dial: see `Net.client.connect`.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        room: str | None = None,
        team: int | None = None,
        token: str | None = None,
        spectate: bool = False,
        limits: Limits = LIMITS,
        dial: Dial | None = None,
    ) -> None:
        self._url = url
        self._name = name
        self._wishes = {"room": room, "team": team, "spectate": spectate or None}
        self._token = token
        self._limits = limits
        self._dial = dial
        self._websocket: WebSocket | None = None
        self._known = KnownRoom()
        self._waits_for_seat = False
        self._functions: dict[str, list[Callable[..., object]]] = {}
        self._errors: deque[ServerError] = deque(maxlen=_KEPT_ERRORS)
        self._keep_alive_at_s = 0.0
        self._ping = 0  # the number of the latest PING, sent at _pinged_at_s
        self._pinged_at_s = 0.0
        self._round_trip_s: float | None = None

    # Coming and going -----------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Opens the connection and asks for a seat, unless the client has them. `update` reads the answer.

        Raises OSError when nobody answers, HandshakeError (of Net) when the server refuses the connection.
        """
        if self._websocket is None or self._websocket.ended_because:
            self._websocket = connect(self._url, self._limits, dial=self._dial)
        elif self.player_id is not None:
            return
        wishes = {key: value for key, value in {**self._wishes, "token": self._token}.items() if value is not None}
        self._waits_for_seat, self._round_trip_s = True, None
        self.send("JOIN", self._name, wishes)

    def join(self, timeout_s: float = TIMEOUT_S) -> None:
        """Does the same as `connect`, and waits for the seat. All properties but `state` and `scores` are known then.

        Also raises JoinRefused, and TimeoutError when no answer has come in time. Then the connection has ended.
        """
        try:
            self.connect()
            # The PONG for the PING of `_on_welcome` comes after all that the server tells a newcomer at once.
            self._wait(lambda: self._round_trip_s is not None, timeout_s, "no answer to JOIN has come")
        except BaseException:
            self.drop()  # the seat, if the server has given one, must stay for the token
            raise

    def reconnect(self, timeout_s: float = TIMEOUT_S) -> None:
        """Drops the connection if it is open, and comes back to the seat on a new one; raises as `join` does.

        If the server has given up the seat, the player gets a new one, and a NOTICE says so.
        """
        self.drop()
        self.join(timeout_s)

    def leave(self) -> None:
        """Gives up the seat. The connection stays open; `join` asks for another seat."""
        self.send("LEAVE")
        self._known, self._token = KnownRoom(), None

    def drop(self) -> None:
        """Ends the connection as a broken network does: the seat waits for `reconnect`."""
        if self._websocket is not None:
            self._websocket.abort("the client has dropped the connection")
            self._websocket.close()

    def close(self) -> None:
        """Gives up the seat and closes the connection. Does nothing if it is closed."""
        if self._websocket is not None:
            self._websocket.close()

    def __enter__(self) -> GameClient:
        self.join()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Receiving ------------------------------------------------------------------------------------------------

    def update(self, timeout_s: float = 0.0) -> int:
        """Handles all packets that have arrived; returns their number. If there are none, waits for one.

        timeout_s: the longest wait. Raises PacketError (of Net) for a packet that this program does not know.
        """
        count = 0
        while self._receive(0.0 if count else timeout_s):
            count += 1
        return count

    def wait_for(self, condition: Callable[[], _ResultT], timeout_s: float = TIMEOUT_S) -> _ResultT:
        """Handles packets until the condition returns a true value, and returns that value.

        The condition is tried before the first packet and after each. Raises TimeoutError.
        """
        return self._wait(condition, timeout_s, "the condition has not become true")

    def on(self, packet_id: str, function: Callable[..., object]) -> None:
        """Calls the function with the arguments of each packet of this kind, after the properties have changed.

        Raises ValueError for an id that is not in the table of packets.
        """
        if packet_id not in [row.id for row in TO_CLIENT.rows]:
            raise ValueError(f"there is no packet {packet_id!r} to the client: see `Net.PacketCodes.TO_CLIENT`")
        self._functions.setdefault(packet_id, []).append(function)

    def on_error(self, function: Callable[[str, str], object]) -> None:
        """Calls the function with the code and the text of each ERROR. Without it, each ERROR is logged."""
        self.on("ERROR", function)

    def fileno(self) -> int:
        """Returns the number of the socket, so that `select` can wait for many clients. Call `update` first."""
        return self._open_websocket().sock.fileno()

    # Sending --------------------------------------------------------------------------------------------------

    def send(self, packet_id: str, *args: Any) -> None:
        """Sends a packet, without waiting. Raises ValueError for an id that is not in the table of packets."""
        try:
            message = TO_SERVER.encode(Packet(packet_id, args))
        except KeyError:
            raise ValueError(
                f"there is no packet {packet_id!r} to the server: see `Net.PacketCodes.TO_SERVER`"
            ) from None
        websocket = self._open_websocket()
        websocket.post(message)
        if websocket.ended_because:
            raise ConnectionClosed(CloseCode.ABNORMAL, websocket.ended_because)

    def input(self, value: Any) -> None:
        """Sends an INPUT: the value that the game's `process_input` gets."""
        self.send("INPUT", value)

    def chat(self, text: str) -> None:
        """Says something to everybody in the room."""
        self.send("CHAT", text)

    def ready(self, is_ready: bool = True) -> None:
        """Says whether the player wants a waiting room to start now."""
        self.send("READY", is_ready)

    def ping(self) -> None:
        """Begins a measurement of the round trip; `round_trip_s` shows it when the answer has come."""
        self._ping += 1
        self._pinged_at_s = time.monotonic()
        self.send("PING", self._ping)

    # What the client knows ------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The state of the game as the server last sent it; empty before that. Do not change it."""
        return self._known.state

    @property
    def player_id(self) -> int | None:
        """The player's own id; None without a seat."""
        return self._known.player_id

    @property
    def room(self) -> str | None:
        """The id of the room; None without a seat."""
        return self._known.room

    @property
    def token(self) -> str | None:
        """The secret that brings the player back to its seat, also in another program."""
        return self._token

    @property
    def players(self) -> dict[int, KnownPlayer]:
        """The players of the room, by id."""
        return self._known.players

    @property
    def scores(self) -> dict[int, int]:
        """The scores of the best ten players, by id."""
        return self._known.scores

    @property
    def status(self) -> str | None:
        """The status of the room: a round waits, is in progress or has ended. None without a seat."""
        return self._known.status

    @property
    def free_seats(self) -> int | None:
        """The number of players that can still join the room; None without a seat."""
        return self._known.free_seats

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that the server tells its clients, by name."""
        return self._known.settings

    @property
    def round_trip_s(self) -> float | None:
        """The time from the latest answered PING to the reading of its answer; the client pings once at each join."""
        return self._round_trip_s

    @property
    def errors(self) -> list[ServerError]:
        """The latest hundred ERRORs, oldest first."""
        return list(self._errors)

    # Inside ---------------------------------------------------------------------------------------------------

    def _open_websocket(self) -> WebSocket:
        if self._websocket is None:
            raise ConnectionClosed(CloseCode.ABNORMAL, "the client is not connected: call join or connect first")
        return self._websocket

    def _wait(self, condition: Callable[[], _ResultT], timeout_s: float, complaint: str) -> _ResultT:
        deadline_s = time.monotonic() + timeout_s
        while True:
            result = condition()
            if result:
                return result
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                latest = f"; the latest ERROR: {self._errors[-1].text}" if self._errors else ""
                raise TimeoutError(f"{complaint} within {timeout_s:g} s{latest}")
            self._receive(min(left_s, _KEEP_ALIVE_EVERY_S))

    def _receive(self, timeout_s: float) -> bool:
        """Handles the next packet; returns False if none has come in time."""
        websocket = self._open_websocket()
        try:
            packet = TO_CLIENT.decode(websocket.receive(timeout_s))
        except TimeoutError:
            packet = None
        now_s = time.monotonic()
        if now_s >= self._keep_alive_at_s:  # after reading: an answer to an earlier ping must count
            self._keep_alive_at_s = now_s + _KEEP_ALIVE_EVERY_S
            websocket.keep_alive(now_s)
        if packet is None:
            return False
        self._handle(packet)
        return True

    def _handle(self, packet: Packet) -> None:
        own = _OWN.get(packet.id)
        if own is not None:
            own(self, *packet.args)
        self._known.apply(packet)
        for function in self._functions.get(packet.id, ()):
            function(*packet.args)

    def _on_welcome(self, _player_id: int, _room: str, token: str, _settings: dict[str, Any]) -> None:
        self._known, self._token, self._waits_for_seat = KnownRoom(), token, False
        self.ping()

    def _on_error(self, code: str, text: str) -> None:
        if self._waits_for_seat:
            self._waits_for_seat = False
            raise JoinRefused(code, text)
        self._errors.append(ServerError(code, text))
        if "ERROR" not in self._functions:
            log.warning("%s: the server answers %s: %s", self._name, code, text)

    def _on_pong(self, number: int, _server_time_ms: int) -> None:
        if number == self._ping:
            self._round_trip_s = time.monotonic() - self._pinged_at_s


# For each packet that changes the client itself; `KnownRoom` applies the packet after that.
_OWN: dict[str, Callable[..., None]] = {
    "WELCOME": GameClient._on_welcome,
    "ERROR": GameClient._on_error,
    "PONG": GameClient._on_pong,
}
