"""The blocking accept loop: one thread per connection, and one more that tends them all.

In:  a `Site` (what can be asked for) and `handle`, which is called with each `WebSocket` in a thread of its own and may
     block there; when it returns, or raises ConnectionClosed, the connection is closed.
Out: nothing; `serve` returns after `stop`, `close_all` ends what is still open.
Whatever a stranger sends costs one log line; only a bug of ours prints a traceback.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from typing import Callable, Tuple

from Net import sockets
from Net.accept import Site, accept
from Net.errors import ConnectionClosed, HandshakeError
from Net.handshake import refusal
from Net.limits import Limits
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

Address = Tuple[str, int]

TEND_EVERY_S = 1.0
# After a failed accept (no file descriptors left, say): long enough not to spin, short enough not to be noticed.
RETRY_ACCEPT_S = 0.1
# Clients that may be turned away politely at the same time, and how long each may take over it.
TURNED_AWAY_AT_ONCE = 16
TURNED_AWAY_S = 1.0
_BACKLOG = 512  # connections that may wait for accept: a class that opens the page at the same moment


class Listener:
    """A listening socket and everything that was accepted on it.

    site, limits: see there. handle: the application. max_connections, max_per_address: above them, HTTP 503.
    tend: called about once a second with time.monotonic(), for the application's own time-outs.
    """

    def __init__(
        self,
        site: Site,
        limits: Limits,
        handle: Callable[[WebSocket], None],
        max_connections: int = 1024,
        max_per_address: int = 64,
        tend: Callable[[float], None] | None = None,
    ) -> None:
        self._site = site
        self._limits = limits
        self._handle = handle
        self._max_connections = max_connections
        self._max_per_address = max_per_address
        self._tend_application = tend
        self._listening: socket.socket | None = None
        self._stopping = threading.Event()
        # Guards all below.
        self._lock = threading.Lock()
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._turned_away: dict[threading.Thread, socket.socket] = {}
        self._websockets: set[WebSocket] = set()
        self._per_address: Counter[str] = Counter()

    def open(self, host: str, port: int) -> Address:
        """Binds and listens; returns the address, with the port that the system chose if `port` is 0.

        Raises OSError when the port is taken or the host is not an address of this machine.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        bound_host, bound_port = self._listening.getsockname()[:2]
        return bound_host, bound_port

    def serve(self) -> None:
        """Accepts connections until `stop` is called, then closes the port."""
        listening = self._listening
        if listening is None:
            raise RuntimeError("open() must come before serve()")
        tender = threading.Thread(target=self._tend, name="tender", daemon=True)
        tender.start()
        # Systems on which `shutdown` does not wake `accept` notice the end at this interval.
        listening.settimeout(TEND_EVERY_S)
        try:
            while not self._stopping.is_set():
                self._accept_one(listening)
        finally:
            self._stopping.set()
            listening.close()
            tender.join()

    def stop(self) -> None:
        """Ends `serve` soon; takes no lock, so that a signal handler may call it."""
        self._stopping.set()
        if self._listening is not None:
            sockets.wake(self._listening)

    def close_all(self, code: int, reason: str, timeout_s: float) -> None:
        """Closes every connection and joins its thread; those not closed properly after `timeout_s` are cut off."""
        deadline_s = time.monotonic() + timeout_s
        with self._lock:
            threads, websockets = {**self._threads, **self._turned_away}, set(self._websockets)
        for websocket in websockets:
            websocket.begin_close(code, reason)
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        for websocket in websockets:
            websocket.abort(reason)
        for thread, sock in threads.items():
            if thread.is_alive():
                sockets.wake(sock)  # it may still be in its handshake
            thread.join()

    def connections(self) -> int:
        """How many connections there are, handshakes included."""
        with self._lock:
            return len(self._threads)

    def _accept_one(self, listening: socket.socket) -> None:
        try:
            sock, (host, port, *_) = listening.accept()
        except socket.timeout:
            return
        except OSError as error:
            if not self._stopping.is_set():
                log.warning("can not accept connections just now: %s", error.strerror)
                self._stopping.wait(RETRY_ACCEPT_S)
            return
        name = f"client {host}:{port}"  # it may be gone already, so that its socket could not tell any more
        name = f"client {host}:{port}"
        with self._lock:
            problem = self._why_full(host)
            if problem is None:
                thread = threading.Thread(target=self._run, args=(sock, host, port), name=name, daemon=True)
                is_served = _start(thread)
                if is_served:  # it takes itself out at its end, for which it needs the lock
                    self._threads[thread] = sock
                    self._per_address[host] += 1
            else:
                log.info("%s refused: %s", name, problem)
                thread = threading.Thread(target=self._turn_away, args=(sock, problem), name=name, daemon=True)
                is_served = len(self._turned_away) < TURNED_AWAY_AT_ONCE and _start(thread)
                if is_served:
                    self._turned_away[thread] = sock
        if not is_served:  # this must stay cheap when thousands come
            _answer_503(sock, problem or "the server has no thread left")
            sock.close()

    def _turn_away(self, sock: socket.socket, problem: str) -> None:
        """Answers 503, in its own thread: when the request has come, for some clients take no answer before it."""
        sock.settimeout(TURNED_AWAY_S)
        try:
            sock.recv(self._limits.head_bytes)
        except OSError:
            pass  # nothing comes: no reason to be impolite
        _answer_503(sock, problem)
        sockets.linger(sock, TURNED_AWAY_S)
        sock.close()
        with self._lock:
            del self._turned_away[threading.current_thread()]

    def _why_full(self, host: str) -> str | None:
        if len(self._threads) >= self._max_connections:
            return f"the server is full: it takes {self._max_connections} connections"
        if self._per_address[host] >= self._max_per_address:
            return f"too many connections from {host}: at most {self._max_per_address}"
        return None

    def _run(self, sock: socket.socket, host: str, port: int) -> None:
        """The life of one connection, in its own thread."""
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            websocket = accept(sock, self._site, self._limits, address)
            if websocket is not None:
                self._converse(websocket)
        except HandshakeError as error:
            log.info("%s refused: %s", address, error)
        except OSError as error:
            log.info("%s vanished during the handshake: %s", address, error)
        except Exception:
            log.exception("%s: a fault in the server", address)
        finally:
            with self._lock:
                del self._threads[threading.current_thread()]
                self._per_address[host] -= 1
                if not self._per_address[host]:
                    del self._per_address[host]

    def _converse(self, websocket: WebSocket) -> None:
        with self._lock:
            self._websockets.add(websocket)
        if self._stopping.is_set():
            websocket.begin_close(1001)  # it came in while `close_all` was going round
        try:
            self._handle(websocket)
        except ConnectionClosed as closed:
            level = logging.INFO if closed.violation else logging.DEBUG
            log.log(level, "%s: %s", websocket.address, closed.violation or closed)
        except Exception:
            log.exception("%s: a fault in the server", websocket.address)
            websocket.begin_close(1011, "a fault in the server")
        finally:
            websocket.close()  # whatever has happened: only this gives the socket back
            with self._lock:
                self._websockets.discard(websocket)

    def _tend(self) -> None:
        while not self._stopping.wait(TEND_EVERY_S):
            with self._lock:
                websockets = list(self._websockets)
            now_s = time.monotonic()
            for websocket in websockets:
                websocket.tend(now_s)
            if self._tend_application is not None:
                self._tend_application(now_s)


def _start(thread: threading.Thread) -> bool:
    """Starts a thread; returns False if the system has none left."""
    try:
        thread.start()
    except RuntimeError as error:
        log.warning("can not serve %s just now: %s", thread.name, error)
        return False
    return True


def _answer_503(sock: socket.socket, problem: str) -> None:
    error = HandshakeError(503, problem, "RFC 9110 section 15.6.4", (("Retry-After", "10"),))
    sock.setblocking(False)
    try:
        sock.send(refusal(error))
    except OSError:
        pass  # it did not wait for the answer
