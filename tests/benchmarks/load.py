"""Players in a process of their own, as on machines of their own: one thread plays them all.

In:  a `Plan`, and then the period to record. Out: the players' observations, as a `Record`.
"""

from __future__ import annotations

import gc
import math
import random
import selectors
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Callable, NamedTuple

from tests.benchmarks.load_client import LoadClient, Record
from tests.benchmarks.machine import Cpus, pin

JOIN_PATIENCE_S = 30.0  # for the last WELCOME
IN_VAIN_S = 1.0  # an answer that did not come in this time counts with the time waited
_SENDS_IN_A_ROW = 50  # before looking again at what came in
_LONGEST_WAIT_S = 0.02  # before looking at the pipe


@dataclass(frozen=True)
class Plan:
    """The actions of the players of one process, with the rate of each player. cpus: the CPUs that they may use."""

    port: int
    clients: int
    joins_per_s: float = 200.0
    moves_per_s: float = 10.0
    attacks_per_s: float = 0.0
    shots_per_s: float = 0.0
    aims_per_s: float = 0.0
    pings_per_s: float = 1.0
    numbered_every: int = 0  # which players number their MOVEs, as browsers do: 1 all, 20 every twentieth, 0 none
    cpus: Cpus = ()
    seed: int = 1
    host: str = "127.0.0.1"


class Period(NamedTuple):
    """The time to record, in time.monotonic(), which is the same for all processes of a machine."""

    begins_s: float
    ends_s: float


class Schedule:
    """Makes the clients act one after another, evenly spread, each `per_s` times a second."""

    def __init__(self, act: Callable[[LoadClient], None], per_s: float, clients: list[LoadClient]) -> None:
        self._act = act
        self._clients = clients
        self._next = 0
        self._step_s = 1 / (per_s * len(clients)) if per_s else 0.0
        self.due_s = time.monotonic() if per_s else math.inf

    def run(self, record: Record) -> None:
        """Makes the clients act whose time has come."""
        for _ in range(_SENDS_IN_A_ROW):
            late_s = time.monotonic() - self.due_s
            if late_s < 0:
                return
            if record.is_on:
                record.lags_ms.append(1000 * late_s)
            client = self._clients[self._next]
            self._next = (self._next + 1) % len(self._clients)
            self.due_s += self._step_s
            if not client.is_lost:
                self._act(client)


class Load:
    """All players of this process."""

    def __init__(self, plan: Plan) -> None:
        self.record = Record()
        self._plan = plan
        self._selector = selectors.DefaultSelector()
        rng = random.Random(plan.seed)
        numbered = range(0, plan.clients, plan.numbered_every) if plan.numbered_every else ()
        self._clients = [LoadClient(n, self.record, n in numbered, rng) for n in range(plan.clients)]
        rng.shuffle(self._clients)  # the order of acting must not follow the rooms

    def join(self) -> None:
        """Joins with all players, one after another, and waits until all have joined or it takes too long."""
        start_s = time.monotonic()
        for number, client in enumerate(self._clients):
            self._read_until(start_s + number / self._plan.joins_per_s)
            try:
                sock = client.connect(self._plan.host, self._plan.port)
            except OSError as error:
                client.is_lost = True
                self.record.note(f"cannot connect: {error}")
                continue
            self._selector.register(sock, selectors.EVENT_READ, client)
        deadline_s = time.monotonic() + JOIN_PATIENCE_S
        while not all(client.has_joined or client.is_lost for client in self._clients):
            self._read_until(time.monotonic() + _LONGEST_WAIT_S)
            if time.monotonic() > deadline_s:
                self._give_up_those_outside()

    def idle(self, is_over: Callable[[], bool]) -> None:
        """Reads and does nothing else."""
        while not is_over():
            self._read_until(time.monotonic() + _LONGEST_WAIT_S)

    def play(self, period: Period) -> None:
        """Plays from now to the end of the period; fills the record."""
        plan, record = self._plan, self.record
        schedules = [
            Schedule(act, per_s, self._clients)
            for act, per_s in (
                (LoadClient.move, plan.moves_per_s),
                (LoadClient.attack, plan.attacks_per_s),
                (LoadClient.shoot, plan.shots_per_s),
                (LoadClient.aim, plan.aims_per_s),
                (LoadClient.ping, plan.pings_per_s),
            )
        ]
        self._run(schedules, period.begins_s)
        record.is_on = True
        cpu_s = time.process_time()
        self._run(schedules, period.ends_s)
        record.cpu_s = time.process_time() - cpu_s
        for client in self._clients:
            client.wait_no_longer(period.ends_s, IN_VAIN_S)
        record.is_on = False
        record.snapshots = [client.snapshots for client in self._clients]

    def leave(self) -> None:
        """Gives the seats of all players back and closes their connections."""
        for client in self._clients:
            client.leave()
        self._selector.close()

    def _run(self, schedules: list[Schedule], until_s: float) -> None:
        while time.monotonic() < until_s:
            self._read_once(min(until_s, *(schedule.due_s for schedule in schedules)))
            for schedule in schedules:
                schedule.run(self.record)

    def _read_until(self, until_s: float) -> None:
        """Reads all that comes until this moment."""
        while time.monotonic() < until_s:
            self._read_once(until_s)

    def _read_once(self, until_s: float) -> None:
        """Waits until bytes come or it is time, and reads the bytes that have come."""
        for key, _ in self._selector.select(max(0.0, until_s - time.monotonic())):
            client: LoadClient = key.data
            client.receive()
            if client.is_lost:
                self._selector.unregister(key.fileobj)

    def _give_up_those_outside(self) -> None:
        for client in self._clients:
            if not client.has_joined and not client.is_lost:
                self._selector.unregister(client.sock)
                client.hang_up("no WELCOME came in time")


def run(plan: Plan, pipe: Connection) -> None:
    """A process of players: reports when all have joined. For a period, it plays and reports; for None, it ends."""
    pin(plan.cpus)
    gc.disable()  # there are no cycles to collect, and a pause would look like one of the server
    load = Load(plan)
    load.join()
    pipe.send(load.record)
    while True:
        load.idle(pipe.poll)
        period: Period | None = pipe.recv()
        if period is None:
            break
        load.play(period)
        pipe.send(load.record)
    load.leave()
