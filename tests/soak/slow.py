"""50 players in a room, half of whom misbehave: do the other 25 get 20 STATEs a second, and in time?

A round begins with 50 well-behaved players for a third of the time. Then 25 of them play with 25 clients that
misbehave: 8 read nothing, 5 read 1 kB/s, 2 read 1 kB/s into a buffer of 4 KiB, 5 vanish without a word (this needs
root) and 5 flood. A client that is thrown out comes again. The clients that misbehave have a lower priority: outside of
a test they would have machines of their own.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any, NamedTuple

from tests.benchmarks.figures import percentile
from tests.delivery import Delivery
from tests.soak.cut_off import Vanishing, why_not
from tests.soak.players import Diary, Players, missed_in_a_row
from tests.soak.server import ServerProcess
from tests.soak.vandals import Fate, Vandals

STEADY, VANISHING = 25, 5
VANDALS = {"silent": 8, "slow": 5, "cramped": 2, "flood": 5}
WARM_UP_S = 2.0
# Machines, above all shared ones, change their speed from minute to minute: only figures near in time compare.
ROUND_S = 100.0
SETTLE_S = 20.0  # until a slow reader has read all that was sent before the server found it slow


class Part(NamedTuple):
    """The STATEs of 25 players in one part of a round."""

    gaps_ms: list[float]  # between the STATEs of one player, all players together
    players: list[Delivery]


def _part(diaries: list[Diary], started_s: float, ended_s: float) -> Part:
    gaps_ms = [ms for diary in diaries for ms in diary.intervals_ms(started_s, ended_s)]
    return Part(gaps_ms, [diary.delivery(started_s, ended_s) for diary in diaries])


class Round(NamedTuple):
    """The results of one round: the STATEs of 25 players in both parts, and all else of the disturbed part."""

    calm: Part
    disturbed: Part
    missed_in_a_row: int
    diaries: list[Diary]
    fates: dict[str, list[Fate]]
    vanishing: Vanishing | None

    def p99_ratio(self) -> float:
        """The disturbed p99, divided by the undisturbed one."""
        return percentile(self.disturbed.gaps_ms, 0.99) / percentile(self.calm.gaps_ms, 0.99)


def run(seconds: float) -> dict[str, Any]:
    """Returns figures by name."""
    reason = why_not()
    if reason is not None:
        print(f"nobody vanishes: that {reason}", file=sys.stderr)
    count = max(1, round(seconds / ROUND_S))
    with ServerProcess(reconnect_s=2.0) as server:
        rounds = [_play_round(server, seconds / count, reason is None) for _ in range(count)]
        most_waiting = server.ask("most waiting bytes")
        described = server.ask("describe")
    diaries = [diary for played in rounds for diary in played.diaries]
    floods = _all_fates(rounds, "flood")
    closed = sum(fate.code == 1008 for fate in floods)
    return {
        **_compare(rounds),
        **_delivered("undisturbed", [played.calm for played in rounds]),
        **_delivered("disturbed", [played.disturbed for played in rounds]),
        "connections of the 25 lost": sum(diary.end != "" for diary in diaries),
        **_silent(_all_fates(rounds, "silent")),
        **_slow("slow readers", rounds, "slow", SETTLE_S),
        **_slow("slow readers with 4 KiB", rounds, "cramped", 0.0),
        **_vanished([played.vanishing for played in rounds if played.vanishing is not None], reason),
        "floods closed with 1008": closed,
        "floods that ended otherwise": len(floods) - closed - sum(fate.is_interrupted for fate in floods),
        "outbox, largest bytes": most_waiting,
        "faults": described["faults"],
    }


def _play_round(server: ServerProcess, seconds: float, with_vanishing: bool) -> Round:
    calm = _play_undisturbed(server, seconds / 3)
    steady = Players(server.url(), STEADY, chats=True)
    vandals = Vandals(server.url(), VANDALS)
    vanishing = Vanishing(server, VANISHING) if with_vanishing else None
    time.sleep(WARM_UP_S)
    started_s = time.monotonic()
    time.sleep(2 * seconds / 3)
    ended_s = time.monotonic()
    if vanishing is not None:
        vanishing.stop()
    fates = vandals.stop()
    diaries = steady.stop()
    disturbed = _part(diaries, started_s, ended_s)
    return Round(calm, disturbed, missed_in_a_row(diaries, started_s, ended_s), diaries, fates, vanishing)


def _all_fates(rounds: list[Round], kind: str) -> list[Fate]:
    return [fate for played in rounds for fate in played.fates[kind]]


def _play_undisturbed(server: ServerProcess, seconds: float) -> Part:
    """The STATEs of 25 players when all 50 behave."""
    steady, others = Players(server.url(), STEADY), Players(server.url(), STEADY)
    time.sleep(WARM_UP_S)
    started_s = time.monotonic()
    time.sleep(seconds)
    ended_s = time.monotonic()
    others.stop()
    return _part(steady.stop(), started_s, ended_s)


def _compare(rounds: list[Round]) -> dict[str, Any]:
    return {
        "rounds, of whose figures these are the medians": len(rounds),
        "undisturbed: interval p99 ms": statistics.median(percentile(played.calm.gaps_ms, 0.99) for played in rounds),
        "disturbed: interval p99 ms": statistics.median(
            percentile(played.disturbed.gaps_ms, 0.99) for played in rounds
        ),
        "p99 longer by %": 100 * (statistics.median(played.p99_ratio() for played in rounds) - 1),
        "undisturbed: longest interval ms": max(max(played.calm.gaps_ms) for played in rounds),
        "disturbed: longest interval ms": max(max(played.disturbed.gaps_ms) for played in rounds),
        "ticks a bystander missed in a row": max(played.missed_in_a_row for played in rounds),
    }


def _delivered(who: str, parts: list[Part]) -> dict[str, Any]:
    players = [player for part in parts for player in part.players]
    return {
        f"{who}: STATEs a second, median of the 25": statistics.median(one.states_per_s for one in players),
        f"{who}: STATEs a second, least of the 25": min(one.states_per_s for one in players),
        f"{who}: p99 of one player's gaps ms, most of the 25": max(one.gap_p99_ms for one in players),
    }


def _silent(fates: list[Fate]) -> dict[str, Any]:
    dropped = [fate for fate in fates if not fate.is_interrupted]
    return {
        "silent clients dropped": len(dropped),
        "after so long without progress, longest s": max((fate.stuck_s for fate in dropped), default=None),
    }


def _slow(who: str, rounds: list[Round], kind: str, settle_s: float) -> dict[str, Any]:
    fates = _all_fates(rounds, kind)
    ages_s = [age_s for played in rounds for age_s in _ages_s(played, kind, settle_s)]
    lives_s = sum(fate.lived_s for fate in fates)
    return {
        f"{who}: connections": len(fates),
        f"{who}: snapshots a second": sum(len(fate.diary.ticks) for fate in fates) / lives_s if lives_s else 0.0,
        f"{who}: age after {settle_s:g} s, median s": statistics.median(ages_s) if ages_s else None,
        f"{who}: age after {settle_s:g} s, most s": max(ages_s, default=None),
        f"{who}: chats lost or out of order": sum(_is_broken(fate.diary.chats) for fate in fates),
    }


def _ages_s(played: Round, kind: str, settle_s: float) -> list[float]:
    """The ages of their snapshots after `settle_s`, from the moment when the first of the 25 had the same tick."""
    came_s: dict[int, float] = {}
    for diary in played.diaries:
        for tick, at_s in diary.ticks:
            came_s[tick] = min(at_s, came_s.get(tick, at_s))
    return [
        at_s - came_s[tick]
        for fate in played.fates[kind]
        for tick, at_s in fate.diary.ticks
        if at_s - fate.diary.ticks[0][1] >= settle_s and tick in came_s
    ]


def _is_broken(chats: list[str]) -> bool:
    numbers = [int(chat) for chat in chats]
    return numbers != list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False


def _vanished(groups: list[Vanishing], reason: str | None) -> dict[str, Any]:
    if reason is not None:
        return {"vanished players found": f"not measured: {reason}"}
    found_after_s = [after_s for group in groups for after_s in group.found_after_s]
    return {
        "vanished players found": len(found_after_s),
        "after the cut, longest s": max(found_after_s, default=None),
        "vanished players never found": sum(group.never_found for group in groups),
    }
