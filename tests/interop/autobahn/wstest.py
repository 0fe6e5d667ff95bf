"""Runs the suite: its fuzzing client against a server, or its fuzzing server for a client."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Iterator

from tests.support import free_port

HERE = Path(__file__).parent
AGENT = "testee"  # the name of the server or client in the reports
LOG = "wstest.log"
# Longer than any case takes. The suite by itself would wait for ever for a server that closes the WebSocket but not the
# TCP connection.
STUCK_AFTER_S = 150.0
_POLL_S = 0.2
_START_TIMEOUT_S = 30.0


class RunError(Exception):
    """The run did not reach its end. The text says where it stopped."""


def run_against_server(python: Path, url: str, cases: list[str], reports: Path) -> None:
    """Drives the server at `url` through the cases; leaves the suite's reports in the folder. Raises RunError."""
    spec = {"servers": [{"agent": AGENT, "url": url}]}
    with _wstest(python, "fuzzingclient", spec, cases, reports) as process:
        log = reports / LOG
        while process.poll() is None:
            time.sleep(_POLL_S)
            if time.time() - log.stat().st_mtime > STUCK_AFTER_S:
                raise RunError(f"stuck for {STUCK_AFTER_S:g} s; {_last_line(log)}")
        if process.returncode != 0:
            raise RunError(f"wstest ended with status {process.returncode}: {_last_line(log)}")


@contextlib.contextmanager
def server_for_clients(python: Path, cases: list[str], reports: Path) -> Iterator[str]:
    """Starts the suite as a server and yields its URL. It writes reports when a client asks for /updateReports."""
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    with _wstest(python, "fuzzingserver", {"url": url}, cases, reports) as process:
        _wait_for_port(process, port, reports / LOG)
        yield url


def cases_announced(reports: Path) -> int:
    """Returns the number of cases that the suite announced, or 0 when it ended before that."""
    for line in (reports / LOG).read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("Ok, will run "):
            return int(line.split()[3])
    return 0


@contextlib.contextmanager
def _wstest(
    python: Path, mode: str, spec: dict[str, object], cases: list[str], reports: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Yields the running suite. Its output goes to the log, line by line."""
    reports.mkdir(parents=True, exist_ok=True)
    for old in reports.iterdir():  # reports of an earlier run must not count for this run
        old.unlink()
    spec_file = reports / "spec.json"
    spec_file.write_text(json.dumps({**spec, "outdir": str(reports), "cases": cases}), encoding="utf-8")
    # Python 2 must not use the PYTHONPATH of this Python.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
    command = [str(python), str(HERE / "loopback.py"), "--mode", mode, "--spec", str(spec_file), "--webport", "0"]
    with (reports / LOG).open("wb") as log:
        process = subprocess.Popen(command, cwd=str(reports), env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline_s = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RunError(f"wstest does not listen: {_last_line(log)}") from None
            time.sleep(_POLL_S)
