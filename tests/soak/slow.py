"""50 players in a room, half of whom misbehave: do the other 25 get every tick, and in time?

First 50 well-behaved players for a third of the time; then 25 of them with 8 who read nothing, 5 who read 1 kB/s,
2 who do so into a buffer of 4 KiB, 5 who vanish without a word (they need root) and 5 who flood. Who is thrown out
comes again. The server has the first CPU, everybody else the others, where those who misbehave step back: elsewhere
they would have machines of their own.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from tests.benchmarks import machine
from tests.soak.cut_off import Vanishing, why_not
from tests.soak.players import Diary, Players, missed_in_a_row
from tests.soak.server import ServerProcess
from tests.soak.vandals import Fate, Vandals

STEADY, VANISHING = 25, 5
VANDALS = {"silent": 8, "slow": 5, "cramped": 2, "flood": 5}
WARM_UP_S = 2.0
SETTLE_S = 20.0  # until a slow reader has read what it was sent before the server knew


def run(seconds: float) -> dict[str, Any]:
    """Returns figures by name."""
    reason = why_not()
    if reason is not None:
        print(f"nobody vanishes: that {reason}", file=sys.stderr)
    server_cpus = machine.usable_cpus()[:1]
    with machine.pinned(server_cpus):
        server_process = ServerProcess(reconnect_s=2.0)
    with server_process as server, machine.pinned(machine.other_cpus(server_cpus)):
        calm = _play_undisturbed(server, seconds / 3)
        steady = Players(server.url(), STEADY, chats=True)
        vandals = Vandals(server.url(), VANDALS)
        vanishing = Vanishing(server, VANISHING) if reason is None else None
        time.sleep(WARM_UP_S)
        started_s = time.monotonic()
        time.sleep(2 * seconds / 3)
        ended_s = time.monotonic()
        if vanishing is not None:
            vanishing.stop()
        fates = vandals.stop()
        diaries = steady.stop()
        most_waiting = server.ask("most waiting bytes")
        described = server.ask("describe")
        interrupted = sum(fate.is_interrupted for fate in fates["flood"])
    return {
        **_compare(calm, [ms for diary in diaries for ms in diary.intervals_ms(started_s, ended_s)]),
        "ticks a bystander missed in a row": missed_in_a_row(diaries, started_s, ended_s),
        **_missed(diaries),
        **_silent(fates["silent"]),
        **_slow("slow readers", fates["slow"], diaries, SETTLE_S),
        **_slow("slow readers with 4 KiB", fates["cramped"], diaries, 0.0),
        **_vanished(vanishing, reason),
        "floods closed with 1008": sum(fate.code == 1008 for fate in fates["flood"]),
        "floods that ended otherwise": sum(fate.code != 1008 for fate in fates["flood"]) - interrupted,
        "outbox, largest bytes": most_waiting,
        "faults": described["faults"],
    }


def _play_undisturbed(server: ServerProcess, seconds: float) -> list[float]:
    """The intervals of 25 players when all 50 behave."""
    steady, others = Players(server.url(), STEADY), Players(server.url(), STEADY)
    time.sleep(WARM_UP_S)
    started_s = time.monotonic()
    time.sleep(seconds)
    ended_s = time.monotonic()
    others.stop()
    return [ms for diary in steady.stop() for ms in diary.intervals_ms(started_s, ended_s)]


def percentile(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _compare(calm: list[float], disturbed: list[float]) -> dict[str, Any]:
    before, after = percentile(calm, 0.99), percentile(disturbed, 0.99)
    return {
        "undisturbed: interval p99 ms": before,
        "disturbed: interval p99 ms": after,
        "p99 longer by %": 100 * (after / before - 1),
        "disturbed: longest interval ms": max(disturbed),
    }


def _missed(diaries: list[Diary]) -> dict[str, Any]:
    missed = [gap for diary in diaries for gap in diary.missed()]
    return {
        "ticks received by the 25": sum(len(diary.ticks) for diary in diaries),
        "ticks missed by the 25": sum(missed),
        "connections of the 25 lost": sum(diary.end != "" for diary in diaries),
    }


def _silent(fates: list[Fate]) -> dict[str, Any]:
    dropped = [fate for fate in fates if not fate.is_interrupted]
    return {
        "silent clients dropped": len(dropped),
        "after so long without progress, longest s": max((fate.stuck_s for fate in dropped), default=None),
    }


def _slow(who: str, fates: list[Fate], diaries: list[Diary], settle_s: float) -> dict[str, Any]:
    """How old their snapshots are from then on: against the first of the 25 who had the same tick."""
    came_s: dict[int, float] = {}
    for diary in diaries:
        for tick, at_s in diary.ticks:
            came_s[tick] = min(at_s, came_s.get(tick, at_s))
    settled = [seen for fate in fates for seen in fate.diary.ticks if seen[1] - fate.diary.ticks[0][1] >= settle_s]
    ages_s = [at_s - came_s[tick] for tick, at_s in settled if tick in came_s]
    lives_s = sum(fate.lived_s for fate in fates)
    return {
        f"{who}: connections": len(fates),
        f"{who}: snapshots a second": sum(len(fate.diary.ticks) for fate in fates) / lives_s if lives_s else 0.0,
        f"{who}: age after {settle_s:g} s, median s": statistics.median(ages_s) if ages_s else None,
        f"{who}: age after {settle_s:g} s, most s": max(ages_s, default=None),
        f"{who}: chats lost or out of order": sum(_is_broken(fate.diary.chats) for fate in fates),
    }


def _is_broken(chats: list[str]) -> bool:
    numbers = [int(chat) for chat in chats]
    return numbers != list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False


def _vanished(vanishing: Vanishing | None, reason: str | None) -> dict[str, Any]:
    if vanishing is None:
        return {"vanished players found": f"not measured: {reason}"}
    return {
        "vanished players found": len(vanishing.found_after_s),
        "after the cut, longest s": max(vanishing.found_after_s, default=None),
        "vanished players never found": vanishing.never_found,
    }
