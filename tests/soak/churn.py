"""20,000 clients come and go in every way there is, while 50 others play: does the server keep anything of them?

20,000 come in 600 seconds, and as many a second in a shorter run. The server's threads, files, objects and memory are
counted before and after them, while the 50 play on.

Other clients come and go before the first count. Meanwhile the server fills the stores that it keeps on purpose: a
room's last 1,000 events, and the ids that rest for a minute. A run that is shorter than this (`LONGEST_WARM_UP_S`) says
nothing about memory. Python's objects lie in the blocks in use; resident memory also has what the allocators keep.

A thread on each CPU that only sleeps measures the delays of the machine: a virtual machine loses CPUs to others.
"""

from __future__ import annotations

import multiprocessing
import random
import socket
import threading
import time
from multiprocessing.connection import Connection
from typing import Any, Callable

from gameserver.match.player_ids import REST_S
from Net.client import connect
from Net.frames import TEXT, serialize
from tests.attacks.support import opening
from tests.benchmarks import machine
from tests.soak.bystander import Sleeper
from tests.soak.players import Players, delivered, join_packet, missed_in_a_row
from tests.soak.server import Census, ServerProcess
from tests.support import DEADLINE_S, Player, wait_until

PER_S = 20_000 / 600
PLAYERS, THREADS = 50, 8
# The longest warm-up ends when ids have rested; by then a room has its EVENTS_KEPT too.
SHORTEST_WARM_UP_S, LONGEST_WARM_UP_S = 8.0, REST_S + 15.0
RECONNECT_S = 1.0
LATE_MS = 75.0
_JOIN = serialize(TEXT, b'["JOIN",["Eve",{"room":"den"}]]', mask_key=bytes(4))
_HALF_A_FRAME = serialize(2, bytes(5000), mask_key=bytes(4))[:2500]
_RESET = b"\x01\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds


def say_and_go(port: int, said: bytes, with_reset: bool) -> None:
    """Sends some bytes, and leaves without waiting for anything."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as sock:
        sock.sendall(said)
        if with_reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def close_cleanly(port: int) -> None:
    websocket = connect(f"ws://127.0.0.1:{port}/echo")
    websocket.send("hello")
    websocket.receive(DEADLINE_S)
    websocket.close()


def play_and_go(port: int, leaves: bool) -> None:
    """Joins, sees a tick, and leaves in order or vanishes in the middle of the next tick."""
    player = Player(connect(f"ws://127.0.0.1:{port}/"))
    player.send_raw(join_packet("Eve", "den"))
    player.wait_for("STATE")
    if leaves:
        player.send("LEAVE")
        player.websocket.close()
    else:
        player.reset_connection()
    player.hang_up()


KINDS: dict[str, Callable[[int], None]] = {
    "clean": close_cleanly,
    "page": lambda port: say_and_go(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", False),
    "nothing said": lambda port: say_and_go(port, b"", False),
    "reset at once": lambda port: say_and_go(port, b"", True),
    "mid-handshake": lambda port: say_and_go(port, opening()[:60], False),
    "mid-handshake, reset": lambda port: say_and_go(port, opening()[:60], True),
    "mid-frame": lambda port: say_and_go(port, opening() + _HALF_A_FRAME, False),
    "mid-frame, reset": lambda port: say_and_go(port, opening() + _HALF_A_FRAME, True),
    "mid-JOIN": lambda port: say_and_go(port, opening("/") + _JOIN[:20], False),
    "JOIN and gone": lambda port: say_and_go(port, opening("/") + _JOIN, True),
    "leaves": lambda port: play_and_go(port, True),
    "during a tick": lambda port: play_and_go(port, False),
}


def run(seconds: float) -> dict[str, Any]:
    """Returns figures by name."""
    with ServerProcess(reconnect_s=RECONNECT_S) as server:
        players = Players(server.url(), PLAYERS)
        _churn(server.port, min(max(SHORTEST_WARM_UP_S, seconds), LONGEST_WARM_UP_S))
        before = _settled(server)
        sleepers = [Sleeper((cpu,)) for cpu in machine.usable_cpus()] or [Sleeper()]
        started_s = time.monotonic()
        came = _churn(server.port, seconds)
        ended_s = time.monotonic()
        late_s = max(sleeper.stop() for sleeper in sleepers)
        after = _settled(server)
        diaries = players.stop()
        described = server.ask("describe")
    intervals_s = [interval for diary in diaries for interval in diary.intervals_s(started_s, ended_s)]
    late = [(start_s, end_s) for start_s, end_s in intervals_s if 1000 * (end_s - start_s) > LATE_MS]
    return {
        "came and went": sum(came[kind] for kind in KINDS),
        "ways of doing so": sum(came[kind] > 0 for kind in KINDS),
        "could not": came["could not"],
        "longest interval between ticks ms": max(1000 * (end_s - start_s) for start_s, end_s in intervals_s),
        "the machine itself was late by, longest ms": 1000 * late_s,
        **delivered(diaries, started_s, ended_s, "players"),
        "intervals between ticks": len(intervals_s),
        f"intervals over {LATE_MS:g} ms": len(late),
        "of these, while the machine itself was in time": sum(not _explains(sleepers, *interval) for interval in late),
        "ticks a bystander missed in a row": missed_in_a_row(diaries, started_s, ended_s),
        "threads before, after": f"{before.threads}, {after.threads}",
        "files before, after": f"{before.files}, {after.files}",
        "objects of our classes, more or fewer": str(after.growth_since(before) or "none"),
        "memory before MiB": before.memory_bytes / 2**20,
        "memory grown by %": 100 * (after.memory_bytes / before.memory_bytes - 1),
        "Python's blocks in use grown by %": 100 * (after.blocks / before.blocks - 1),
        "faults": described["faults"],
    }


def _explains(sleepers: list[Sleeper], start_s: float, end_s: float) -> bool:
    """Whether a late interval would have been in time without the delays of a CPU of this machine."""
    late_s = max(sleeper.late_s(start_s, end_s) for sleeper in sleepers)
    return 1000 * (end_s - start_s - late_s) <= LATE_MS


def _settled(server: ServerProcess) -> Census:
    """The census when the server has released all clients but the 50."""
    wait_until(lambda: server.ask("connections") == PLAYERS == server.ask("players"), "only the players are left")
    time.sleep(0.5)  # until the next tick the world's grid holds players who have just left
    census: Census = server.ask("census")
    return census


def _churn(port: int, seconds: float) -> dict[str, int]:
    """Runs clients that come and go, in a process of their own; returns the number of each kind."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_come_and_go, args=(port, seconds, sender), daemon=True)
    process.start()
    if not receiver.poll(3 * seconds + 3 * DEADLINE_S):
        raise RuntimeError("those who come and go do not come to an end")
    came: dict[str, int] = receiver.recv()
    process.join(DEADLINE_S)
    return came


def _come_and_go(port: int, seconds: float, report: Connection) -> None:
    machine.step_back()  # the clients must harm the server, not the other programs of this machine
    came = dict.fromkeys([*KINDS, "could not"], 0)
    lock = threading.Lock()
    started_s = time.monotonic()

    def live(number: int) -> None:
        rng = random.Random(number)
        for turn in range(number, round(seconds * PER_S), THREADS):
            time.sleep(max(0.0, started_s + turn / PER_S - time.monotonic()))
            kind = rng.choice(list(KINDS))
            try:
                KINDS[kind](port)
            except (OSError, AssertionError):
                kind = "could not"
            with lock:
                came[kind] += 1

    threads = [threading.Thread(target=live, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.send(came)
