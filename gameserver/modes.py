"""How a match is played, as rows of a table. To add a mode, add a row; `--mode` offers it at once.

What the words in a row mean stands in `scoring.py`: POINTS, ENDINGS and RANKINGS.
"""

from __future__ import annotations

from typing import NamedTuple


class Mode(NamedTuple):
    """A way to play."""

    teams: tuple[int, int]  # fewest and most
    start_at: int  # players without whom no round starts
    respawns: bool  # the dead come back; otherwise they, and who comes late, watch until the next round
    scores_for: tuple[str, ...]  # what is worth points
    ends_by: tuple[str, ...]  # whichever comes first
    ranks_by: str  # who is better


MODES = {
    "free-for-all": Mode((0, 4), 1, True, ("kill", "animal", "gather"), ("time", "score"), "score"),
    "team-match": Mode((2, 4), 2, True, ("kill", "animal"), ("time", "team score"), "score"),
    "last-one-standing": Mode((0, 4), 2, False, ("kill",), ("time", "last side"), "survival"),
}
