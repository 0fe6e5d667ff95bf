"""The supervisor of --dev: it runs the server in a process of its own, and replaces it when the code has changed.

In:  the arguments of the command line; messages of the servers; signals. Out: the exit status of the last server.

    the server finds a change          ->  starts the successor
    the successor is ready             ->  asks the server to hand over
    the server has saved and ended     ->  the successor's turn
    the successor fails before that    ->  tells the server, which plays on and shows the problem

The servers are in sessions of their own, so a Ctrl-C in the terminal reaches only the supervisor, which passes it on.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import selectors
import signal
import socket
import subprocess  # nosec B404  # it starts this same program again
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any, Iterator, Mapping, Sequence

from gameserver.dev.channel import THIS_MACHINE, VARIABLE, Channel, Message, Place

ROOT = Path(__file__).parent.parent.parent
# With `-c`, the servers find run_server.py and its packages wherever the supervisor was started.
_BOOT = "import sys; sys.path[0] = sys.argv.pop(1); from gameserver.dev.boot import main; sys.exit(main())"
_LOOK_EVERY_S = 0.1
# The time in which the system has to report the end of a process whose connection has ended.
_REAP_S = 2.0
_SILENT_END = "the new code ended the server before it could start; the lines above say more"


def is_asked_for(arguments: Sequence[str]) -> bool:
    """Whether this process must be the supervisor; arguments: those of the command line."""
    return "--dev" in arguments and Place.in_environment() is None


def supervise(arguments: Sequence[str]) -> int:
    """Runs servers with these arguments until one ends for good; returns its exit status."""
    with tempfile.TemporaryDirectory(prefix="gameserver-dev-") as folder:
        values = {
            "copy": os.path.join(folder, "copy"),
            # A server uses these for the arguments that are not given.
            "restore": os.path.join(folder, "rooms"),
            "admin_token": secrets.token_urlsafe(9),
        }
        return Supervisor(arguments, values).run()


class ServerProcess:
    """A server in a process of its own. channel: None until it has connected."""

    def __init__(self, arguments: Sequence[str], place: Place) -> None:
        self.number = place.number
        self.channel: Channel | None = None
        self.is_ready = False
        self.has_told_problem = False
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        self._process = subprocess.Popen(  # nosec B603  # the arguments are those of this process
            [sys.executable, "-c", _BOOT, str(ROOT), *arguments],
            env={**os.environ, VARIABLE: place.as_text()},
            **options,
        )

    def send(self, message: Message) -> None:
        """Sends a message; a process that is not connected yet gets none."""
        if self.channel is not None:
            self.channel.send(message)

    def status(self) -> int | None:
        """Returns the exit status; None: it still runs."""
        return self._process.poll()

    def disconnect(self) -> None:
        """Notes the end of the connection, and waits for the end of the process that usually follows at once."""
        self.channel = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_S)

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()
        self._process.wait()


class Supervisor:
    """Runs the servers. values: each server gets them, and the port of the first; see `Link`."""

    def __init__(self, arguments: Sequence[str], values: Mapping[str, Any]) -> None:
        self._arguments = arguments
        self._values = dict(values)
        self._key = secrets.token_hex(16)
        self._listening = socket.create_server((THIS_MACHINE, 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._started = 0
        self._signals: list[int] = []
        self._has_passed_on = False  # the server has been asked to stop
        self._server = self._start()
        self._successor: ServerProcess | None = None
        self._has_asked = False  # the server has been asked to hand over

    def run(self) -> int:
        """Serves until a server ends without a successor; returns its exit status."""
        try:
            with self._signals_caught():
                while True:
                    self._listen()
                    self._pass_on_signal()
                    status = self._server.status()
                    if status is not None and not self._replace():
                        return status
                    self._check_successor()
        finally:
            self._kill_all()
            self._selector.close()
            self._listening.close()

    # Messages -------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Waits for a short time, and handles what has come."""
        for key, _ in self._selector.select(_LOOK_EVERY_S):
            if key.fileobj is self._listening:
                channel = Channel(self._listening.accept()[0])
                self._selector.register(channel, selectors.EVENT_READ)
            else:
                self._hear(key.fileobj)

    def _hear(self, channel: Any) -> None:
        messages = channel.receive()
        if messages is None:
            self._selector.unregister(channel)
            channel.close()
            for process in (self._server, self._successor):
                if process is not None and process.channel is channel:
                    process.disconnect()
            return
        for message in messages:
            self._obey(channel, message)

    def _obey(self, channel: Channel, message: Message) -> None:
        if "key" in message:
            self._introduce(channel, message)
        elif channel is self._server.channel:
            if "port" in message:
                self._values["port"] = message["port"]
            elif "successor" in message and not self._has_asked:
                self._start_successor()
        elif self._successor is not None and channel is self._successor.channel:
            if "problem" in message:
                self._successor.has_told_problem = True
                self._server.send(message)
            elif "ready" in message:
                self._has_asked = True
                self._server.send({"hand_over": True})

    def _introduce(self, channel: Channel, message: Message) -> None:
        """Notes whose channel it is. The secret keeps out other programs of this machine."""
        if not hmac.compare_digest(str(message["key"]).encode(), self._key.encode()):
            return
        for process in (self._server, self._successor):
            if process is not None and process.number == message.get("number"):
                process.channel = channel
                channel.send({"values": self._values})

    # Processes ------------------------------------------------------------------------------------------------

    def _start(self) -> ServerProcess:
        self._started += 1
        port = self._listening.getsockname()[1]
        return ServerProcess(self._arguments, Place(port, self._key, self._started))

    def _start_successor(self) -> None:
        if self._successor is not None:
            self._successor.kill()
        self._successor = self._start()

    def _check_successor(self) -> None:
        """Forgets a successor that has ended before its turn."""
        successor = self._successor
        if successor is not None and successor.status() is not None and not self._has_asked:
            if not successor.has_told_problem:
                self._server.send({"problem": _SILENT_END})
            self._successor = None

    def _replace(self) -> bool:
        """Makes the successor the server, if there is one that waits for its turn; returns whether there is."""
        if not self._has_asked or self._successor is None or self._signals:
            return False
        self._server, self._successor, self._has_asked = self._successor, None, False
        self._server.send({"go": True})
        return True

    # Signals --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals_caught(self) -> Iterator[None]:
        numbers = [signal.SIGINT, signal.SIGTERM]
        numbers += [getattr(signal, name) for name in ("SIGBREAK", "SIGHUP") if hasattr(signal, name)]
        hangup = getattr(signal, "SIGHUP", None)
        if hangup is not None and signal.getsignal(hangup) is signal.SIG_IGN:
            numbers.remove(hangup)  # `nohup` has asked for a server that goes on without the terminal
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Notes a signal. The second one ends everything at once; but a terminal that is closed sends two of SIGHUP."""
        hangup = getattr(signal, "SIGHUP", None)
        if number != hangup and set(self._signals) - {hangup}:
            self._kill_all()
            os._exit(128 + number)
        self._signals.append(number)

    def _pass_on_signal(self) -> None:
        if self._signals and not self._has_passed_on and self._server.channel is not None:
            self._has_passed_on = True
            self._server.send({"stop": True})

    def _kill_all(self) -> None:
        for process in (self._successor, self._server):
            if process is not None:
                process.kill()
