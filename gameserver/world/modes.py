"""The modes of a match, as rows of a table. To add a mode, add a row; `--mode` offers it at once.

`scoring.py` gives the words in a row their meaning: its tables have an entry for each word in DEEDS, ENDINGS and
RANKINGS.
"""

from __future__ import annotations

from typing import NamedTuple

from gameserver.world.ranges import Column, Range

DEEDS = ("kill", "animal", "gather")
ENDINGS = ("time", "score", "team score", "last side")
RANKINGS = ("score", "survival")


class Mode(NamedTuple):
    """A way to play. See MODE_COLUMNS."""

    name: str
    teams: tuple[int, int]
    start_at: int
    respawns: bool
    scores_for: tuple[str, ...]
    ends_by: tuple[str, ...]
    ranks_by: str


MODE_COLUMNS = {
    "teams": Column("fewest and most teams", Range(0, 4).each(2, 2)),
    "start_at": Column("the fewest players with which a round starts", Range(1, 1000)),
    "respawns": Column("yes: dead players come back; no: dead and late players watch until the next round"),
    "scores_for": Column("the deeds that give points", choices=DEEDS),
    "ends_by": Column("the first ending that happens ends the round", choices=ENDINGS),
    "ranks_by": Column("the order of the players", choices=RANKINGS),
}

MODES = (
    Mode("free-for-all", (0, 4), 1, True, ("kill", "animal", "gather"), ("time", "score"), "score"),
    Mode("team-match", (2, 4), 2, True, ("kill", "animal"), ("time", "team score"), "score"),
    Mode("last-one-standing", (0, 4), 2, False, ("kill",), ("time", "last side"), "survival"),
)
