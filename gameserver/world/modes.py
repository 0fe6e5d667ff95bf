"""The modes of a match, as rows of a table. To add a mode, add a row; `--mode` offers it at once.

`scoring.py` gives the words in a row their meaning: DEEDS, ENDINGS and RANKINGS.
"""

from __future__ import annotations

from typing import NamedTuple


class Mode(NamedTuple):
    """A way to play."""

    teams: tuple[int, int]  # fewest and most
    start_at: int  # the fewest players with which a round starts
    respawns: bool  # dead players come back; otherwise dead and late players watch until the next round
    scores_for: tuple[str, ...]  # the deeds that give points
    ends_by: tuple[str, ...]  # the first ending that happens ends the round
    ranks_by: str  # the order of the players


MODES = {
    "free-for-all": Mode((0, 4), 1, True, ("kill", "animal", "gather"), ("time", "score"), "score"),
    "team-match": Mode((2, 4), 2, True, ("kill", "animal"), ("time", "team score"), "score"),
    "last-one-standing": Mode((0, 4), 2, False, ("kill",), ("time", "last side"), "survival"),
}
