"""The servers that the suite tests: ours and, for comparison, the threaded server of `websockets`."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from Net.limits import Limits
from tests.interop.autobahn.wstest import RunError

ROOT = Path(__file__).parents[3]
# Section 9 sends messages of 16 MiB, and 4 MiB in frames of 64 bytes.
LIMITS = Limits(message_bytes=16 * 2**20, fragments=2**17)
_PORT = re.compile(r"port (\d+)")


class ServerKind(NamedTuple):
    """A server as a command that prints "port N" once it listens. path: the path of its echo."""

    name: str
    command: list[str]
    path: str
    environment: dict[str, str]


_LIMIT_FLAGS = ["--max-message", str(LIMITS.message_bytes), "--max-fragments", str(LIMITS.fragments)]

OURS = ServerKind(
    "this server",
    [sys.executable, "run_server.py", "--host", "127.0.0.1", "--port", "0", "--log-level", "warning", *_LIMIT_FLAGS],
    "/echo",
    {},
)
WEBSOCKETS = ServerKind(
    "websockets, threaded",
    [sys.executable, "-m", "tests.interop.autobahn.websockets_server", str(LIMITS.message_bytes)],
    "/",
    {"WEBSOCKETS_MAX_FRAGMENTS": str(LIMITS.fragments)},
)


class RunningServer:
    """A server in a process of its own. After it has stopped, `cpu_s` is the processor time that it took."""

    def __init__(self, kind: ServerKind) -> None:
        self.cpu_s = 0.0
        environment = {**os.environ, **kind.environment, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            kind.command, cwd=str(ROOT), env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        match = _PORT.search(self._process.stdout.readline())
        if match is None:
            self._process.kill()
            raise RunError(f"{kind.name} does not start: {' '.join(kind.command)}")
        self.url = f"ws://127.0.0.1:{match.group(1)}{kind.path}"

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
