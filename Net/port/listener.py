"""The blocking accept loop: one thread per connection, and one keepalive thread (`Net.port.keepalive`) for all.

In:  a `Site` (the WebSockets and pages of the port) and `handle`. The listener calls `handle` with each `WebSocket`, in
     a thread of its own, where it may block. When `handle` returns or raises ConnectionClosed, the listener closes the
     connection.
Out: nothing. `serve` returns after `stop`; `close_all` ends the connections that are still open.
Bad input from a client costs at most one log line. Only a bug of ours prints a traceback.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from functools import partial
from typing import Callable, Iterable

from Net import scheduling, sockets
from Net.address import Address
from Net.close_codes import CloseCode
from Net.errors import ConnectionClosed, HandshakeError
from Net.fair_share import Share, Turns
from Net.handshake import Request
from Net.limits import Limits
from Net.port import threads
from Net.port.accept import Site, accept
from Net.port.admission import Admission, Arrival, full
from Net.port.keepalive import Keepalive
from Net.port.lan import address_to_listen_on, family_of
from Net.port.own_connections import OwnConnections
from Net.port.proxy import Caller
from Net.port.reserve import NO_RESERVE, Reserve
from Net.port.token_bucket import Rate
from Net.port.turned_away import TURNED_AWAY_S, TurnedAway, refuse_at_once, send_away
from Net.tap import MakeTap, tap_for
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

# On some systems `shutdown` does not wake `accept`: there the loop notices `stop` after at most this time.
ACCEPT_TIMEOUT_S = 1.0
# The pause after a failed accept (for example, no file descriptors are left): long enough to leave the processor free,
# short enough that users do not notice it.
RETRY_ACCEPT_S = 0.1
# The time that threads have to end after their connections were cut off.
CUT_OFF_S = 0.5
# New connections of one address: the steady rate per second, and the burst. A browser opens about 35 to load the page.
ARRIVALS = Rate(20, 200)
# The cost of one new connection, in seconds of processor time. Above the rate `ARRIVALS`, new connections wait for
# their turns.
ARRIVAL_WORK_S = 0.001
_BACKLOG = 512  # connections that may wait for accept: enough for a class that opens the page at the same moment


class Listener:
    """A listening socket and all connections that it has accepted.

    site, limits: see these classes. handle: the application; called with each WebSocket. max_connections,
    max_per_address: above these numbers, a client gets HTTP 503. on_keepalive: called about once a second with
    time.monotonic(), for the application's own time-outs. refuse: called with each new address; returns a reason if the
    address is refused, else None. proxies, reserve, own: see `Admission`.
    """

    def __init__(
        self,
        site: Site,
        limits: Limits,
        handle: Callable[[WebSocket], None],
        max_connections: int = 1024,
        max_per_address: int = 64,
        on_keepalive: Callable[[float], None] | None = None,
        refuse: Callable[[str], str | None] | None = None,
        proxies: Iterable[str] = (),
        reserve: Reserve = NO_RESERVE,
        own: OwnConnections | None = None,
    ) -> None:
        self._site = site
        self._limits = limits
        self._handle = handle
        self._max_connections = max_connections
        self._turns = Turns()
        self._admission = Admission(max_per_address, ARRIVALS, refuse, proxies, reserve, own)
        self._keepalive = Keepalive(self.websockets, on_keepalive)
        self._turned_away = TurnedAway(limits.head_bytes)
        self._tap_makers: list[MakeTap] = []
        self.sock: socket.socket | None = None  # the listening socket, after `open`
        self._stopping = threading.Event()
        self._is_short = False  # the system lacks a resource that `accept` needs; only the accept loop uses this flag
        # Guards all attributes below. Public, so that a watcher can tell that no thread keeps it.
        self.lock = threading.Lock()
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._websockets: set[WebSocket] = set()
        self._bytes_in = 0  # of connections that have ended
        self._bytes_out = 0

    def add_tap(self, make_tap: MakeTap) -> None:
        """Calls `make_tap` for every new connection; it may return a tap."""
        self._tap_makers.append(make_tap)

    def open(self, host: str, port: int) -> Address:
        """Binds and listens; returns the address, with the port that the system chose if `port` is 0.

        host: an address or a name of this machine, see `Net.port.lan`. With ::, the socket accepts IPv6 only. Raises
        OSError when the port is in use or the host is not an address of this machine.
        """
        address = address_to_listen_on(host)
        self.sock = socket.create_server((address, port), family=family_of(address), backlog=_BACKLOG)
        # Accepted sockets inherit this option. If it were set on an accepted socket, it would come too late for the
        # window that TCP announces.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._limits.receive_buffer_bytes)
        return Address(*self.sock.getsockname()[:2])

    def serve(self) -> None:
        """Accepts connections until `stop` is called, then closes the port."""
        listening = self.sock
        if listening is None:
            raise RuntimeError("open() must come before serve()")
        self._keepalive.start()
        listening.settimeout(ACCEPT_TIMEOUT_S)
        try:
            while not self._stopping.is_set():
                self._accept_one(listening)
        finally:
            self._stopping.set()
            listening.close()
            self._keepalive.stop()

    def stop(self) -> None:
        """Makes `serve` return soon; takes no lock, so a signal handler may call it."""
        self._stopping.set()
        if self.sock is not None:
            sockets.wake(self.sock)

    def close_all(self, code: int, reason: str, timeout_s: float) -> None:
        """Closes every connection and joins its thread; cuts off each connection that is still open after `timeout_s`.

        If a thread has not ended `CUT_OFF_S` later, this method does not wait for it: it is a daemon thread and ends
        with the process.
        """
        deadline_s = time.monotonic() + timeout_s
        with self.lock:
            open_now, websockets = {**self._threads}, set(self._websockets)
        open_now.update(self._turned_away.threads())
        for websocket in websockets:
            websocket.begin_close(code, reason)
        threads.join(open_now, deadline_s)
        self._turns.end()
        for websocket in websockets:
            websocket.abort(reason)
        for thread, sock in open_now.items():
            if thread.is_alive():
                sockets.wake(sock)  # it may still be in its handshake
        threads.join(open_now, deadline_s + CUT_OFF_S)
        left_behind = sum(thread.is_alive() for thread in open_now)
        if left_behind:
            log.warning("%d connections have not ended in time; they end with the process", left_behind)

    def connections(self) -> int:
        """How many connections are open, with those that are in their handshake."""
        with self.lock:
            return len(self._threads)

    def connections_of(self, address: str) -> int:
        """How many connections count for an address: its own, or those that a trusted proxy opened for it."""
        return self._admission.connections_of(address)

    def websockets(self) -> list[WebSocket]:
        """Returns the WebSockets that are open."""
        with self.lock:
            return list(self._websockets)

    def _accept_one(self, listening: socket.socket) -> None:
        try:
            sock, (host, port, *_) = listening.accept()
            peer = Address(host, port)
        except socket.timeout:
            return
        except OSError as error:
            self._wait_to_accept(error)
            return
        if self._is_short:
            self._is_short = False
            log.warning("connections can be accepted again")
        with threads.surviving(peer):
            try:
                self._take_in(sock, peer)
            except Exception:
                sock.close()
                raise

    def _wait_to_accept(self, error: OSError) -> None:
        """Gives the machine time to recover, and logs this once, not ten times a second.

        Clients that connect during this time wait in the backlog.
        """
        if self._stopping.is_set():
            return
        if not self._is_short:
            self._is_short = True
            log.warning("cannot accept connections just now: %s", error.strerror)
        self._stopping.wait(RETRY_ACCEPT_S)

    def _take_in(self, sock: socket.socket, peer: Address) -> None:
        """Starts a thread for a new connection. The thread serves the connection or refuses it."""
        arrival, problem = self._admit(peer)
        if arrival is not None:
            with self.lock:  # the thread removes itself at its end, and needs the lock for that
                thread = threading.Thread(target=self._run, args=(sock, arrival), name=f"client {peer}", daemon=True)
                if threads.start(thread, peer):
                    self._threads[thread] = sock
                    return
            self._admission.leave(arrival)
            refuse_at_once(sock, problem)
        else:
            self._turned_away.add(sock, problem, peer)

    def enforce_refusals(self, reason: str) -> None:
        """Closes, with 1008, every WebSocket whose address is no longer admitted; `_converse` checks new ones."""
        for websocket in self.websockets():
            if self._admission.has_lost(websocket):
                websocket.begin_close(CloseCode.POLICY_VIOLATION, reason)

    def describe(self) -> dict[str, int]:
        """Returns the number of connections, and the bytes received and sent so far, as plain data."""
        with self.lock:
            open_now = list(self._websockets)
            return {
                "connections": len(self._threads),
                "bytes_in": self._bytes_in + sum(websocket.bytes_in for websocket in open_now),
                "bytes_out": self._bytes_out + sum(websocket.bytes_out for websocket in open_now),
            }

    def _admit(self, peer: Address) -> tuple[Arrival | None, HandshakeError]:
        """Returns the new arrival or None, and the error that answers the connection if it is not served."""
        problem = full("the server has no thread left")
        is_full = None
        if self.connections() >= self._max_connections:  # no race: only the accept loop, which runs this, adds any
            is_full = full(f"the server is full: it takes {self._max_connections} connections")
        try:
            return self._admission.admit(peer, is_full), problem
        except HandshakeError as error:
            return None, error

    def _run(self, sock: socket.socket, arrival: Arrival) -> None:
        """Serves one connection from its handshake to its end, in the connection's own thread."""
        scheduling.wait_for_a_turn()
        tap = None
        try:
            self._wait_for_turn(arrival)
            if arrival.refusal is not None and not sockets.wait_readable(sock, TURNED_AWAY_S):
                # No request has arrived, so none that may use the reserve.
                send_away(sock, arrival.refusal, arrival.caller.address)
                return
            tap = tap_for(arrival.caller.address, self._tap_makers)
            introduce = partial(self._introduce, arrival)
            make_share = partial(self._make_share, arrival)
            websocket = accept(sock, self._site, self._limits, introduce, tap, make_share)
            if websocket is not None:
                self._converse(websocket)
        except HandshakeError as error:
            log.info("%s refused: %s", arrival.caller.address, error)
        except OSError as error:
            log.info("%s vanished during the handshake: %s", arrival.caller.address, error)
        except Exception:
            log.exception("%s: a fault in the server", arrival.caller.address)
        finally:
            if tap is not None:
                tap.ended()
            self._admission.leave(arrival)
            with self.lock:
                del self._threads[threading.current_thread()]

    def _introduce(self, arrival: Arrival, request: Request) -> Caller:
        caller = self._admission.introduce(arrival, request)
        self._wait_for_turn(arrival)
        return caller

    def _wait_for_turn(self, arrival: Arrival) -> None:
        """Makes a connection wait for its turn, once, if its address opens connections too fast."""
        if arrival.is_rushed and not arrival.has_waited:
            arrival.has_waited = True
            self._turns.wait(ARRIVAL_WORK_S)

    def _make_share(self, arrival: Arrival, limits: Limits) -> Share:
        share = Share(limits, self._turns)
        if arrival.is_rushed:
            share.exhaust()
        return share

    def _converse(self, websocket: WebSocket) -> None:
        with self.lock:
            self._websockets.add(websocket)
        if self._stopping.is_set():
            # It was opened while `close_all` was running.
            websocket.begin_close(CloseCode.GOING_AWAY)
        elif self._admission.has_lost(websocket):
            # It was opened while the ban was being added.
            websocket.begin_close(CloseCode.POLICY_VIOLATION, "this address is banned")
        try:
            self._handle(websocket)
        except ConnectionClosed as closed:
            level = logging.INFO if closed.violation else logging.DEBUG
            log.log(level, "%s: %s", websocket.address, closed.violation or closed)
        except Exception:
            log.exception("%s: a fault in the server", websocket.address)
            websocket.begin_close(CloseCode.INTERNAL_ERROR, "a fault in the server")
        finally:
            websocket.close()  # in every case: only this call closes the socket
            with self.lock:
                self._websockets.discard(websocket)
                self._bytes_in += websocket.bytes_in
                self._bytes_out += websocket.bytes_out
