"""A student's file, run in a process of its own: calls that return, raise, hang or end the process."""

from __future__ import annotations

import ast
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

WORKER = Path(__file__).with_name("worker.py")
START_S = 20.0  # a busy machine may take long to start a Python
PATIENCE_S = 5.0  # for a call that a slow machine does in milliseconds
HURRIED_S = 0.5  # for a server that has let an earlier check wait in vain


class Trouble(Exception):
    """The function gave no result; the text is a sentence for the student."""


class NotThere(Trouble):
    """The function has not been written yet."""


class Refused(NamedTuple):
    """The function raised an exception. names: its class and its base classes; text: its message and its place."""

    names: tuple[str, ...]
    text: str


class Implementation:
    """The functions of a file. patience_s, start_s: how long a call and the import may take.

    has_answered: the echo server has answered in at least one check.
    """

    def __init__(self, path: Path, patience_s: float = PATIENCE_S, start_s: float = START_S) -> None:
        self.path = path
        self.patience_s = patience_s
        self.has_answered = False
        self._start_s = start_s
        self._is_hurried = False
        self._worker: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()
        self._given_up: dict[str, str] = {}  # function -> the reason; it is not called again
        self._port: int | None = None

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Returns the result of the function, or `Refused` if it raised; raises Trouble if it did neither."""
        answer = self._ask(name, args, kwargs)
        if answer[0] == "returned":
            return answer[1]
        if "NotImplementedError" in answer[1]:
            raise NotThere(f"{name} is not there yet")
        return Refused(tuple(answer[1]), answer[2])

    def port(self) -> int:
        """The port of the echo server, which is started once. Raises Trouble if the server has been given up."""
        if self._port is None or "serve" in self._given_up:
            answer = self._ask("serve", (), {})
            if answer[0] == "raised":
                raise NotThere("serve is not there yet")
            self._port = answer[1]
        return self._port

    @property
    def exchange_patience_s(self) -> float:
        """How long the echo server may be silent."""
        return min(self.patience_s, HURRIED_S) if self._is_hurried else self.patience_s

    def hurry(self) -> None:
        """Gives the echo server little time from now on: a server that never answers would cost thirty long waits."""
        self._is_hurried = True

    def why_serve_failed(self) -> str:
        """The exception of `serve` in words; "" if `serve` is still running."""
        return str(self._ask("why serve failed", (), {})[1])

    def give_up(self, name: str, why: str) -> None:
        """Makes every later call of the function fail at once."""
        self._given_up[name] = why

    def stop(self) -> None:
        """Ends the process, even if a call is still running in it."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
            for pipe in (self._worker.stdin, self._worker.stdout):
                if pipe is not None:
                    pipe.close()
            self._worker = None

    def _ask(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name in self._given_up:
            raise Trouble(self._given_up[name])
        if self._worker is None:
            self._start()
        assert self._worker is not None
        assert self._worker.stdin is not None
        try:
            self._worker.stdin.write(f"{(name, args, kwargs)!r}\n")
            self._worker.stdin.flush()
        except OSError:
            pass  # the process has ended; the missing answer shows it
        return self._answer(name, f"{name} does not return: I waited {self.patience_s:g} s", self.patience_s)

    def _start(self) -> None:
        if "import" in self._given_up:
            raise Trouble(self._given_up["import"])
        command = [sys.executable, str(WORKER), str(self.path)]
        self._worker = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
        )
        self._answers = queue.Queue()
        threading.Thread(target=_read, args=(self._worker, self._answers), daemon=True).start()
        why_none = f"{self.path.name} cannot be imported: that takes more than {self._start_s:g} s"
        answer = self._answer("import", why_none, self._start_s)
        if answer[0] == "raised":
            self.stop()
            self.give_up("import", f"{self.path.name} cannot be imported: {answer[2]}")
            raise Trouble(self._given_up["import"])

    def _answer(self, name: str, if_none: str, patience_s: float) -> Any:
        try:
            line = self._answers.get(timeout=patience_s)
        except queue.Empty:
            line, why = "", if_none
        else:
            why = f"{name} has ended the whole program: os._exit, or a crash"
        if not line:
            self.stop()
            self._port = None
            self.give_up(name, why)
            raise Trouble(why)
        return ast.literal_eval(line)


def _read(worker: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    assert worker.stdout is not None
    try:
        for line in worker.stdout:
            answers.put(line)
    except (OSError, ValueError):
        pass  # stopped
    answers.put("")
