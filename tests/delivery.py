"""Measures how steadily STATEs reach a player, by the wall clock.

Tick numbers cannot show it: a late ticker skips ticks and does not count them, so a player who gets one STATE a second
still receives ticks 1, 2 and 3.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

from tests.benchmarks.figures import percentile


class Delivery(NamedTuple):
    """The STATEs that one player received in a period of wall time. A gap is a time without a STATE."""

    states_per_s: float
    gap_p99_ms: float
    gap_longest_ms: float


def delivery(arrivals_s: Sequence[float], since_s: float, until_s: float) -> Delivery:
    """Measures one player. arrivals_s: the times of its STATEs; since_s, until_s: the period; all by time.monotonic().

    The times before the first STATE and after the last one are gaps too: a player without a STATE has one gap.
    """
    inside_s = [at_s for at_s in arrivals_s if since_s <= at_s <= until_s]
    edges_s = [since_s, *inside_s, until_s]
    gaps_ms = [1000 * (end_s - start_s) for start_s, end_s in zip(edges_s, edges_s[1:])]
    return Delivery(len(inside_s) / (until_s - since_s), percentile(gaps_ms, 0.99), max(gaps_ms))
