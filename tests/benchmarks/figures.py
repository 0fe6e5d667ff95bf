"""Makes the figures of a table: takes an `Outcome`, returns a row with units in its column names."""

from __future__ import annotations

import math
from typing import Any, Iterable

from tests.benchmarks.experiment import LOAD_CORES, LOAD_LAG_MS, TICK_RATE, Outcome, Setup, load_processes

OTHER_CORES = 0.15  # if other programs use more than this, they spoil the figures


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0 to 1) of all values lie; not a number if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan


def row_of(setup: Setup, outcome: Outcome) -> dict[str, Any]:
    """All figures of one measurement.

    us/client-tick: CPU time of the server's process, user's and system's, per client and tick that is due in its room.
    CPU ms/tick: the same time per tick that a room had.
    """
    record, first, last = outcome.record, outcome.first, outcome.last
    wall_s = last.at_s - first.at_s
    cpu_s = last.cpu_s - first.cpu_s
    due = setup.clients * TICK_RATE  # STATEs a second
    load_cores = record.cpu_s / outcome.seconds
    ticks = max(1, last.ticks - first.ticks)
    per_client = [count / outcome.seconds for count in record.snapshots]
    return {
        "clients": setup.clients,
        "players": setup.players,
        "us/client-tick": 1e6 * cpu_s / (due * wall_s),
        "CPU ms/tick": 1e3 * cpu_s / ticks,
        "delivered %": 100 * sum(record.snapshots) / (due * outcome.seconds),
        "least STATEs/s": min(per_client),
        "median STATEs/s": percentile(per_client, 0.5),
        "interval p50 ms": percentile(record.intervals_ms, 0.5),
        "interval p99 ms": percentile(record.intervals_ms, 0.99),
        "round trip p50 ms": percentile(record.round_trips_ms, 0.5),
        "round trip p99 ms": percentile(record.round_trips_ms, 0.99),
        "input p50 ms": percentile(record.inputs_ms, 0.5),
        "input p99 ms": percentile(record.inputs_ms, 0.99),
        "join p50 ms": percentile(record.joins_ms, 0.5),
        "join p99 ms": percentile(record.joins_ms, 0.99),
        "late ticks %": 100 * (last.late_ticks - first.late_ticks) / ticks,
        "kB/s a player": sum(record.bytes_in.values()) / 1e3 / outcome.seconds / setup.clients,
        "memory MB": last.resident_bytes / 1e6,
        "kB a connection": (outcome.joined.resident_bytes - outcome.before.resident_bytes) / 1e3 / setup.clients,
        "kB after play": (last.resident_bytes - outcome.before.resident_bytes) / 1e3 / setup.clients,
        "threads": last.threads,
        "server cores": cpu_s / wall_s,
        "system %": 100 * (last.system_s - first.system_s) / cpu_s,
        "CPUs left": len(setup.cpus) - load_cores * is_shared(setup),
        "load cores": load_cores,
        "load lag p99 ms": percentile(record.lags_ms, 0.99),
        "other cores": outcome.other_cores,
        "lost": record.lost,
        "python": last.python,
    }


def is_shared(setup: Setup) -> bool:
    """Whether players run on the server's CPUs, so that their CPU time must be subtracted."""
    return bool(set(setup.cpus) & set(setup.load_cpus))


def doubts(setup: Setup, outcome: Outcome) -> list[str]:
    """The reasons why the figures may not be the server's own."""
    record = outcome.record
    found = [f"{problem} ({count} times)" for problem, count in record.problems.most_common(5)]
    cores = record.cpu_s / outcome.seconds
    lag_ms = percentile(record.lags_ms, 0.99)
    if cores > LOAD_CORES * load_processes(setup) or lag_ms > LOAD_LAG_MS:
        found.append(
            f"THE LOAD COULD NOT KEEP UP ({cores:.2f} cores, {lag_ms:.0f} ms late at p99): "
            "intervals and round trips are its own"
        )
    if is_shared(setup):
        found.append(f"the players took {cores:.2f} of the server's CPUs")
    if outcome.other_cores is not None and outcome.other_cores > OTHER_CORES:
        found.append(f"other programs kept {outcome.other_cores:.2f} CPUs busy")
    return found
