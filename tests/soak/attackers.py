"""Strangers attack in every way that we know, one after another: does a room of 20 get its 20 STATEs a second?

Each attack has a server of its own, pinned to the first CPU. In its room 20 players walk about, who come from another
address than the attackers. First the players play undisturbed. Then attackers, pinned to the other CPUs and with a
lower priority, do one thing as fast as the kernel takes it. 3 s after the attackers are gone, the players are watched
again. In a second attack the server gets SIGTERM.

Every player is judged by its STATEs in a second of wall time, and by the 99th percentile of the gaps between them.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

from gameserver.world.settings import GameSettings
from tests.benchmarks import machine
from tests.soak.assault import Assault, Crowd, Tally
from tests.soak.attack_kinds import KINDS
from tests.soak.players import Diary, Players
from tests.support import DEADLINE_S
from tests.test_run_server import SCRIPT, Running

PLAYERS = 20
TICK_RATE = GameSettings().tick_rate
CROWDS = (Crowd(1), Crowd(2), Crowd(4), Crowd(16), Crowd(64), Crowd(200, addresses=4))
SETTLE_S, CALM_S, AFTER_S = 1.0, 3.0, 2.0
RECOVERY_S = 3.0  # after the end of an attack; from then on STATEs must come as before it
SHORTEST_S = 3.0  # of one attack
BEFORE_SIGTERM_S = 1.0
TRIES, CALM_SHARE = 3, 0.9
# The seconds of one trial beside those of the attack itself.
OVERHEAD_S = SETTLE_S + CALM_S + RECOVERY_S + AFTER_S + BEFORE_SIGTERM_S + 4.0
EXIT_DEADLINE_S = 3 * DEADLINE_S
_SERVER_CPUS = machine.usable_cpus()[:1]
_OTHER_CPUS = machine.other_cpus(_SERVER_CPUS)


class Watched(NamedTuple):
    """The STATEs that the 20 players got in some period."""

    states_per_s: float  # of the player who got the fewest
    gap_p99_ms: float  # of the player with the longest one


class _Usage(NamedTuple):
    """The resources that the machine and the processes of a trial have used so far."""

    at_s: float
    busy_s: float  # CPU seconds of all processes of the machine
    own_s: float  # CPU seconds of the server, the players and the attackers
    server_bytes: int  # of memory
    log_lines: int

    @classmethod
    def now(cls, pids: tuple[int, ...], log: Path) -> _Usage:
        """pids: the processes of the trial, the server first."""
        own_s = sum(machine.cpu_s_of(pid) for pid in pids)
        log_lines = log.read_bytes().count(b"\n")
        return cls(time.monotonic(), machine.busy_s() or 0.0, own_s, machine.resident_bytes_of(pids[0]), log_lines)

    def foreign_cores_since(self, before: _Usage) -> float:
        """The number of CPUs that were busy with other programs, on average."""
        return (self.busy_s - before.busy_s - (self.own_s - before.own_s)) / (self.at_s - before.at_s)


class Trial(NamedTuple):
    """The results of one attack."""

    kind: str
    crowd: Crowd
    calm: Watched
    attacked: Watched
    recovering: Watched  # in the first seconds after the attack
    recovered: Watched
    exit_s: float  # from SIGTERM; EXIT_DEADLINE_S for a server that had to be killed
    results: int  # stored ones of the players
    tally: Tally
    before: _Usage  # at both ends of the attack
    after: _Usage

    def share(self) -> float:
        """The rate of STATEs during the attack, as a share of the rate in the calm seconds before it."""
        return self.attacked.states_per_s / max(self.calm.states_per_s, 1.0)

    def row(self) -> dict[str, Any]:
        """The row of the table."""
        seconds = self.after.at_s - self.before.at_s
        return {
            "attack": self.kind,
            "connections": str(self.crowd),
            "STATEs/s calm": self.calm.states_per_s,
            "attacked": self.attacked.states_per_s,
            "first 3 s after": self.recovering.states_per_s,
            "then": self.recovered.states_per_s,
            "gap p99 ms calm": self.calm.gap_p99_ms,
            "gap p99 ms attacked": self.attacked.gap_p99_ms,
            "SIGTERM s": self.exit_s,
            "results": self.results,
            "opened/s": self.tally.opened / seconds,
            "refused/s": self.tally.refused / seconds,
            "closed 1008": self.tally.closed_1008,
            "MB/s": self.tally.sent_bytes / seconds / 1e6,
            "log lines/s": (self.after.log_lines - self.before.log_lines) / seconds,
            "MiB": self.after.server_bytes / 2**20,
            "foreign cores": self.after.foreign_cores_since(self.before),
        }


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options beside --seconds."""
    parser.add_argument("--kinds", nargs="+", metavar="KIND", choices=KINDS, default=list(KINDS), help="these attacks")
    parser.add_argument(
        "--connections",
        nargs="+",
        type=int,
        metavar="N",
        choices=[crowd.connections for crowd in CROWDS],
        default=[crowd.connections for crowd in CROWDS],
        help="by so many connections: of %(choices)s",
    )


def run_chosen(seconds: float, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Returns a row for each attack; prints each row at once, because all attacks together take a while."""
    crowds = [crowd for crowd in CROWDS if crowd.connections in args.connections]
    trials = [(kind, crowd) for kind in args.kinds for crowd in crowds]
    attack_s = max(SHORTEST_S, seconds / len(trials) - OVERHEAD_S)
    rows = []
    for kind, crowd in trials:
        rows.append(play(kind, crowd, attack_s).row())
        print(", ".join(f"{name} {_short(value)}" for name, value in rows[-1].items()), file=sys.stderr, flush=True)
    return rows


def _short(value: Any) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def was_calm(trial: Trial) -> bool:
    """Whether the room got its STATEs before the attack; if not, other programs kept the machine too busy."""
    return trial.calm.states_per_s >= CALM_SHARE * TICK_RATE


def play(kind: str, crowd: Crowd, attack_s: float, is_enough: Callable[[Trial], bool] = was_calm) -> Trial:
    """Plays an attack up to three times, until `is_enough`. Returns that trial, or the one on the calmest machine."""
    trials: list[Trial] = []
    while len(trials) < TRIES:
        trials.append(_play_once(kind, crowd, attack_s))
        if is_enough(trials[-1]):
            return trials[-1]
    return max(trials, key=lambda trial: trial.calm.states_per_s)


def _play_once(kind: str, crowd: Crowd, attack_s: float) -> Trial:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as exits:
        database, log = Path(folder) / "results.sqlite3", Path(folder) / "log"
        server = exits.enter_context(_serving(database, log, KINDS[kind].flags))
        assault = Assault(crowd, server.port, _OTHER_CPUS)
        exits.callback(assault.stop)
        players = Players(server.url(), PLAYERS, cpus=_OTHER_CPUS)
        time.sleep(SETTLE_S)
        calm = _period(CALM_S)
        ours = (server.process.pid, players.pid, assault.pid)
        before = _Usage.now(ours, log)
        assault.begin(kind)
        attacked = _period(attack_s)
        after = _Usage.now(ours, log)
        tally = assault.pause()
        recovering = _period(RECOVERY_S)
        recovered = _period(AFTER_S)
        assault.begin(kind)
        time.sleep(BEFORE_SIGTERM_S)
        exit_s = _terminate(server)
        assault.pause()
        diaries = players.stop()
        watched = [_watched(diaries, *period) for period in (calm, attacked, recovering, recovered)]
        return Trial(
            kind,
            crowd,
            *watched,
            exit_s,
            _count_results(database),
            tally,
            before,
            after,
        )


@contextlib.contextmanager
def _serving(database: Path, log: Path, flags: tuple[str, ...]) -> Iterator[Running]:
    """The server, started as by hand, on the first CPU; its log goes into a file."""
    options = ["--host", "127.0.0.1", "--port", "0", "--time-limit", "0", "--database", str(database), *flags]
    with log.open("wb") as errors, machine.pinned(_SERVER_CPUS):
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *options], stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


def _period(seconds: float) -> tuple[float, float]:
    """Waits; returns the beginning and the end of the wait (time.monotonic())."""
    started_s = time.monotonic()
    time.sleep(seconds)
    return started_s, time.monotonic()


def _watched(diaries: list[Diary], since_s: float, until_s: float) -> Watched:
    players = [diary.delivery(since_s, until_s) for diary in diaries]
    return Watched(min(player.states_per_s for player in players), max(player.gap_p99_ms for player in players))


def _terminate(server: Running) -> float:
    """Tells the server to stop, and kills it at the deadline; returns how long its end took in seconds."""
    signalled_s = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    try:
        server.process.wait(EXIT_DEADLINE_S)
    except subprocess.TimeoutExpired:
        server.process.kill()
    return time.monotonic() - signalled_s


def _count_results(database: Path) -> int:
    """The results of the players; those of attackers who had joined do not count."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        count: int = db.execute("SELECT count(*) FROM results WHERE name GLOB 'P[0-9]*'").fetchone()[0]
        return count
