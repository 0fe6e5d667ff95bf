"""The resources that the server's process has used so far. The server shows them at /usage.json, on every system.

The page costs the server about a millisecond for each request: ask before and after a measurement, not during it.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from gameserver.server import GameServer
from Net.port.http import Page, json_page

PATH = "/usage.json"
ANSWER_S = 30.0  # a server with far too many players is slow to answer


class Usage(NamedTuple):
    """Resources of the process. cpu_s: user's and system's CPU seconds; at_s: its time.monotonic() at the answer."""

    at_s: float
    cpu_s: float
    system_s: float
    resident_bytes: int
    threads: int
    ticks: int
    late_ticks: int
    python: str


def usage_page(server: GameServer) -> Page:
    """The page, for the server's table of pages."""
    rooms = server.lobby.all_rooms()
    usage = Usage(
        ticks=sum(room.game.tick for room in rooms),
        late_ticks=sum(room.clock.late_ticks() for room in rooms),
        threads=threading.active_count() - 1,  # not the thread of this answer
        resident_bytes=resident_bytes(),
        python=python_name(),
        at_s=time.monotonic(),
        cpu_s=time.process_time(),
        system_s=os.times().system,
    )
    return json_page(usage._asdict())


def ask_usage(port: int) -> Usage:
    """Asks the server on this machine; raises OSError if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        connection.request("GET", PATH)
        return Usage(**json.loads(connection.getresponse().read()))
    finally:
        connection.close()


def resident_bytes() -> int:
    """Memory that this process has now; where only its maximum is known, this maximum; where neither is known, 0."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def python_name() -> str:
    """The interpreter and its version, with a note if the GIL is off."""
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return f"{platform.python_implementation()} {platform.python_version()}{'' if has_gil else ', GIL off'}"
