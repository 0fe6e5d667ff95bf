"""One measurement: a server in one process, players in others, and all that was measured there."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Iterator, NamedTuple

from gameserver.world.settings import GameSettings
from tests.benchmarks import load, machine
from tests.benchmarks.load import Period, Plan
from tests.benchmarks.load_client import Record
from tests.benchmarks.usage import Usage, ask_usage

ROOT = Path(__file__).resolve().parents[2]
TICK_RATE = GameSettings().tick_rate
START_S = 20.0  # for the server to open its port
STOP_S = 10.0
SETTLE_S = 1.0  # from the last join to the look at the memory
CLIENTS_IN_A_PROCESS = 800
# A load that used more cores, or sent later, than this has measured itself and not the server.
LOAD_CORES, LOAD_LAG_MS = 0.9, 10.0


@dataclass(frozen=True)
class Setup:
    """The conditions of a measurement. game: as in `serve`; plan: what each player does; players: in a room."""

    clients: int
    players: int = 20
    game: str = "arena"
    plan: Plan = field(default_factory=lambda: Plan(port=0, clients=0))
    seconds: float = 8.0
    warm_up_s: float = 2.0
    python: str = sys.executable
    cpus: machine.Cpus = ()  # the server's
    load_cpus: machine.Cpus = ()
    guests_before: int = 0  # players who come and go before: larger player ids take more bytes


class Outcome(NamedTuple):
    """All that was measured. Usages: before the first player, with all joined, and at both ends of the record."""

    record: Record
    before: Usage
    joined: Usage
    first: Usage
    last: Usage
    other_cores: float | None  # cores that were busy with programs beside the server and its load
    seconds: float


def measure(setup: Setup) -> Outcome:
    """Starts a server, plays on it, and stops it."""
    machine.allow_many_files()
    with served(setup) as port:
        if setup.guests_before:
            with players_of(replace(setup, clients=setup.guests_before), port) as pipes:
                for pipe in pipes:
                    pipe.recv()
            time.sleep(SETTLE_S)
        return play(setup, port)


def play(setup: Setup, port: int) -> Outcome:
    """Plays on a server that is running, which must have the page of `usage.py`."""
    before = ask_usage(port)
    with players_of(setup, port) as pipes:
        joined = [pipe.recv() for pipe in pipes]
        time.sleep(SETTLE_S)
        in_usage = ask_usage(port)
        begins_s = time.monotonic() + setup.warm_up_s
        period = Period(begins_s, begins_s + setup.seconds)
        for pipe in pipes:
            pipe.send(period)
        time.sleep(max(0.0, setup.warm_up_s - 0.2))
        first, busy_first_s = ask_usage(port), machine.busy_s()
        time.sleep(max(0.0, period.ends_s - time.monotonic()))
        last, busy_last_s = ask_usage(port), machine.busy_s()
        record = merged([pipe.recv() for pipe in pipes])
    record.joins_ms = array("d", (ms for each in joined for ms in each.joins_ms))
    other_cores = None
    if busy_first_s is not None and busy_last_s is not None:
        other_s = busy_last_s - busy_first_s - (last.cpu_s - first.cpu_s)
        other_cores = other_s / (last.at_s - first.at_s) - record.cpu_s / setup.seconds
    return Outcome(record, before, in_usage, first, last, other_cores, setup.seconds)


def merged(records: list[Record]) -> Record:
    """One record made of the records of all processes."""
    whole = Record()
    for record in records:
        for name, value in vars(record).items():
            if isinstance(value, (array, list)):
                getattr(whole, name).extend(value)
            elif isinstance(value, Counter):
                getattr(whole, name).update(value)
            else:
                setattr(whole, name, getattr(whole, name) + value)
    return whole


# The processes -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def served(setup: Setup) -> Iterator[int]:
    """Serves in a process of its own; gives the port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    command = [setup.python, "-m", "tests.benchmarks", "serve", setup.game]
    with machine.pinned(setup.cpus):
        server = subprocess.Popen([*command, "--port", str(port), "--players", str(setup.players)], cwd=ROOT)
    try:
        _wait_for(server, port)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline_s = time.monotonic() + START_S
    while True:
        try:
            ask_usage(port)
            return
        except OSError:
            if server.poll() is not None:
                raise RuntimeError(f"the server has ended with status {server.returncode}") from None
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)


def load_processes(setup: Setup) -> int:
    """The number of processes that the players need, and at most one for each CPU."""
    cpus = len(setup.load_cpus) or os.cpu_count() or 1
    return min(cpus, -(-setup.clients // CLIENTS_IN_A_PROCESS))


@contextlib.contextmanager
def players_of(setup: Setup, port: int) -> Iterator[list[Connection]]:
    """The processes of the players; gives the pipes to them."""
    count = load_processes(setup)
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = []
    pipes: list[Connection] = []
    try:
        for number in range(count):
            clients = setup.clients // count + (number < setup.clients % count)
            plan = replace(
                setup.plan,
                port=port,
                clients=clients,
                joins_per_s=setup.plan.joins_per_s / count,
                cpus=setup.load_cpus,
                seed=number,
            )
            ours, theirs = context.Pipe()
            process = context.Process(target=load.run, args=(plan, theirs), daemon=True)
            process.start()
            theirs.close()  # so that `recv` ends when the process does
            processes.append(process)
            pipes.append(ours)
        yield pipes
        for pipe, process in zip(pipes, processes):
            pipe.send(None)
            process.join(STOP_S)
    finally:
        for process in processes:
            process.kill()
            process.join()
            process.close()
        for pipe in pipes:
            pipe.close()
