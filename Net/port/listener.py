"""The blocking accept loop: one thread per connection, and one keepalive thread for all connections.

In:  a `Site` (the WebSockets and pages of the port) and `handle`. The listener calls `handle` with each `WebSocket`, in
     a thread of its own, where it may block. When `handle` returns or raises ConnectionClosed, the listener closes the
     connection.
Out: nothing. `serve` returns after `stop`; `close_all` ends the connections that are still open.
Bad input from a client costs at most one log line. Only a bug of ours prints a traceback.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from functools import partial
from typing import Callable, Iterable, Iterator, Tuple

from Net import scheduling, sockets
from Net.close_codes import CloseCode
from Net.errors import ConnectionClosed, HandshakeError
from Net.fair_share import Share, Turns
from Net.handshake import Request, refusal
from Net.limits import Limits
from Net.port.accept import Site, accept
from Net.port.admission import Guest, Guests, full
from Net.port.lan import address_to_listen_on, family_of
from Net.port.own_connections import OwnConnections
from Net.port.proxy import Caller
from Net.port.reserve import NO_RESERVE, Reserve
from Net.port.token_bucket import Rate
from Net.tap import MakeTap, tap_for
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

Address = Tuple[str, int]

TEND_EVERY_S = 1.0
# The pause after a failed accept (for example, no file descriptors are left): long enough to leave the processor free,
# short enough that users do not notice it.
RETRY_ACCEPT_S = 0.1
# Refused clients whose requests the server still reads before it answers: how many at the same time, and the seconds
# that each may take.
TURNED_AWAY_AT_ONCE = 16
TURNED_AWAY_S = 1.0
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
    max_per_address: above these numbers, a client gets HTTP 503. tend: called about once a second with
    time.monotonic(), for the application's own time-outs. refuse: called with each new address; returns a reason if the
    address is refused, else None. proxies, reserve, own: see `Guests`.
    """

    def __init__(
        self,
        site: Site,
        limits: Limits,
        handle: Callable[[WebSocket], None],
        max_connections: int = 1024,
        max_per_address: int = 64,
        tend: Callable[[float], None] | None = None,
        refuse: Callable[[str], str | None] | None = None,
        proxies: Iterable[str] = (),
        reserve: Reserve = NO_RESERVE,
        own: OwnConnections | None = None,
    ) -> None:
        self._site = site
        self._limits = limits
        self._handle = handle
        self._max_connections = max_connections
        self._tend_application = tend
        self._turns = Turns()
        self._guests = Guests(max_per_address, ARRIVALS, refuse, proxies, reserve, own)
        self.tap_makers: list[MakeTap] = []  # each may make a tap for a new connection
        self._listening: socket.socket | None = None
        self._stopping = threading.Event()
        self._is_short = False  # the system lacks a resource that `accept` needs; only the accept loop uses this flag
        # Guards all attributes below.
        self._lock = threading.Lock()
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._turned_away: dict[threading.Thread, socket.socket] = {}
        self._websockets: set[WebSocket] = set()
        self._bytes_in = 0  # of connections that have ended
        self._bytes_out = 0

    def open(self, host: str, port: int) -> Address:
        """Binds and listens; returns the address, with the port that the system chose if `port` is 0.

        host: an address or a name of this machine, see `Net.port.lan`. With ::, the socket accepts IPv6 only. Raises
        OSError when the port is in use or the host is not an address of this machine.
        """
        address = address_to_listen_on(host)
        self._listening = socket.create_server((address, port), family=family_of(address), backlog=_BACKLOG)
        # Accepted sockets inherit this option. If it were set on an accepted socket, it would come too late for the
        # window that TCP announces.
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._limits.receive_buffer_bytes)
        bound_host, bound_port = self._listening.getsockname()[:2]
        return bound_host, bound_port

    def serve(self) -> None:
        """Accepts connections until `stop` is called, then closes the port."""
        listening = self._listening
        if listening is None:
            raise RuntimeError("open() must come before serve()")
        tender = threading.Thread(target=self._tend, name="tender", daemon=True)
        tender.start()
        # On some systems `shutdown` does not wake `accept`: there the loop notices `stop` after at most this time.
        listening.settimeout(TEND_EVERY_S)
        try:
            while not self._stopping.is_set():
                self._accept_one(listening)
        finally:
            self._stopping.set()
            listening.close()
            tender.join()

    def stop(self) -> None:
        """Makes `serve` return soon; takes no lock, so a signal handler may call it."""
        self._stopping.set()
        if self._listening is not None:
            sockets.wake(self._listening)

    def close_all(self, code: int, reason: str, timeout_s: float) -> None:
        """Closes every connection and joins its thread; cuts off each connection that is still open after `timeout_s`.

        If a thread has not ended `CUT_OFF_S` later, this method does not wait for it: it is a daemon thread and ends
        with the process.
        """
        deadline_s = time.monotonic() + timeout_s
        with self._lock:
            threads, websockets = {**self._threads, **self._turned_away}, set(self._websockets)
        for websocket in websockets:
            websocket.begin_close(code, reason)
        _join(threads, deadline_s)
        self._turns.end()
        for websocket in websockets:
            websocket.abort(reason)
        for thread, sock in threads.items():
            if thread.is_alive():
                sockets.wake(sock)  # it may still be in its handshake
        _join(threads, deadline_s + CUT_OFF_S)
        left_behind = sum(thread.is_alive() for thread in threads)
        if left_behind:
            log.warning("%d connections have not ended in time; they end with the process", left_behind)

    def connections(self) -> int:
        """How many connections are open, with those that are in their handshake."""
        with self._lock:
            return len(self._threads)

    def _accept_one(self, listening: socket.socket) -> None:
        try:
            sock, (host, port, *_) = listening.accept()
        except socket.timeout:
            return
        except OSError as error:
            self._wait_to_accept(error)
            return
        if self._is_short:
            self._is_short = False
            log.warning("connections can be accepted again")
        with _surviving(host):
            try:
                self._take_in(sock, host, port)
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

    def _take_in(self, sock: socket.socket, host: str, port: int) -> None:
        """Starts a thread for a new connection. The thread serves the connection or refuses it."""
        name = f"client {host}:{port}"
        guest, problem = self._admit(host, port)
        with self._lock:  # the thread removes itself at its end, and needs the lock for that
            if guest is not None:
                thread = threading.Thread(target=self._run, args=(sock, guest), name=name, daemon=True)
                if _start(thread):
                    self._threads[thread] = sock
                    return
                self._guests.leave(guest)
            elif len(self._turned_away) < TURNED_AWAY_AT_ONCE:
                thread = threading.Thread(target=self._turn_away, args=(sock, problem), name=name, daemon=True)
                if _start(thread):
                    self._turned_away[thread] = sock
                    return
        _answer(sock, problem)  # without a thread: this must stay cheap when thousands of connections arrive
        sock.close()

    def _turn_away(self, sock: socket.socket, problem: HandshakeError) -> None:
        """Refuses a connection after its request has arrived, in the connection's own thread.

        Some clients do not accept an answer before they have sent their request.
        """
        sock.settimeout(TURNED_AWAY_S)
        asked = b""
        try:
            asked = sock.recv(self._limits.head_bytes)
        except OSError:
            pass  # no request arrives: the client still gets its answer
        _send_away(sock, problem, asked)
        with self._lock:
            del self._turned_away[threading.current_thread()]

    def enforce_refusals(self, reason: str) -> None:
        """Closes, with 1008, every WebSocket whose address is no longer admitted; `_converse` checks new ones."""
        with self._lock:
            websockets = list(self._websockets)
        for websocket in websockets:
            if self._guests.has_lost(websocket):
                websocket.begin_close(CloseCode.POLICY_VIOLATION, reason)

    def describe(self) -> dict[str, int]:
        """Returns the number of connections, and the bytes received and sent so far, as plain data."""
        with self._lock:
            open_now = list(self._websockets)
            return {
                "connections": len(self._threads),
                "bytes_in": self._bytes_in + sum(websocket.bytes_in for websocket in open_now),
                "bytes_out": self._bytes_out + sum(websocket.bytes_out for websocket in open_now),
            }

    def _admit(self, host: str, port: int) -> tuple[Guest | None, HandshakeError]:
        """Returns the new guest or None, and the error that answers the connection if it is not served."""
        problem = full("the server has no thread left")
        is_full = None
        if self.connections() >= self._max_connections:  # no race: only the accept loop, which runs this, adds any
            is_full = full(f"the server is full: it takes {self._max_connections} connections")
        try:
            return self._guests.admit(host, port, is_full), problem
        except HandshakeError as error:
            return None, error

    def _run(self, sock: socket.socket, guest: Guest) -> None:
        """Serves one connection from its handshake to its end, in the connection's own thread."""
        scheduling.wait_for_a_turn()
        tap = None
        try:
            self._pace(guest)
            if guest.refusal is not None and not sockets.wait_readable(sock, TURNED_AWAY_S):
                _send_away(sock, guest.refusal)  # no request has arrived, so none that may use the reserve
                return
            tap = tap_for(guest.caller.address, self.tap_makers)
            introduce = partial(self._introduce, guest)
            make_share = partial(self._make_share, guest)
            websocket = accept(sock, self._site, self._limits, introduce, tap, make_share)
            if websocket is not None:
                self._converse(websocket)
        except HandshakeError as error:
            log.info("%s refused: %s", guest.caller.address, error)
        except OSError as error:
            log.info("%s vanished during the handshake: %s", guest.caller.address, error)
        except Exception:
            log.exception("%s: a fault in the server", guest.caller.address)
        finally:
            if tap is not None:
                tap.ended()
            self._guests.leave(guest)
            with self._lock:
                del self._threads[threading.current_thread()]

    def _introduce(self, guest: Guest, request: Request) -> Caller:
        caller = self._guests.introduce(guest, request)
        self._pace(guest)
        return caller

    def _pace(self, guest: Guest) -> None:
        """Makes a connection wait for its turn, once, if its address opens connections too fast."""
        if guest.is_rushed and not guest.has_waited:
            guest.has_waited = True
            self._turns.wait(ARRIVAL_WORK_S)

    def _make_share(self, guest: Guest, limits: Limits) -> Share:
        share = Share(limits, self._turns)
        if guest.is_rushed:
            share.exhaust()
        return share

    def _converse(self, websocket: WebSocket) -> None:
        with self._lock:
            self._websockets.add(websocket)
        if self._stopping.is_set():
            # It was opened while `close_all` was running.
            websocket.begin_close(CloseCode.GOING_AWAY)
        elif self._guests.has_lost(websocket):
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
            with self._lock:
                self._websockets.discard(websocket)
                self._bytes_in += websocket.bytes_in
                self._bytes_out += websocket.bytes_out

    def _tend(self) -> None:
        while not self._stopping.wait(TEND_EVERY_S):
            with self._lock:
                websockets = list(self._websockets)
            now_s = time.monotonic()
            for websocket in websockets:
                with _surviving(websocket.address):
                    websocket.tend(now_s)
            if self._tend_application is not None:
                with _surviving("the tender"):
                    self._tend_application(now_s)


@contextlib.contextmanager
def _surviving(whose: str) -> Iterator[None]:
    """Logs a fault of ours and continues: a fault must not end a thread that serves all connections."""
    try:
        yield
    except Exception:
        log.exception("%s: a fault in the server", whose)


def _join(threads: Iterable[threading.Thread], deadline_s: float) -> None:
    """Waits for the end of threads, until `deadline_s` on the monotonic clock at the latest."""
    for thread in threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))


def _start(thread: threading.Thread) -> bool:
    """Starts a thread; returns False if the system cannot start another one."""
    try:
        thread.start()
    except RuntimeError as error:
        log.warning("cannot serve %s just now: %s", thread.name, error)
        return False
    return True


def _send_away(sock: socket.socket, problem: HandshakeError, asked: bytes = b"") -> None:
    log.info("%s refused: %s", threading.current_thread().name, problem.reason)
    _answer(sock, problem, asked)
    sockets.linger(sock, TURNED_AWAY_S)
    sock.close()


def _answer(sock: socket.socket, error: HandshakeError, asked: bytes = b"") -> None:
    sock.setblocking(False)
    try:
        sock.send(refusal(error, asked))
    except OSError:
        pass  # the client did not wait for the answer
