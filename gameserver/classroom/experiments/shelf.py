"""The shelf of the lab: every prepared experiment, by chapter and by id.

`experiment.py` defines an experiment. A test runs each experiment against a real server, and compares the answer with
the row.
"""

from __future__ import annotations

from gameserver.classroom.experiments.deflate import DEFLATE_EXPERIMENTS
from gameserver.classroom.experiments.experiment import Answer, Delivery, Experiment, Outcome
from gameserver.classroom.experiments.frames import FRAME_EXPERIMENTS
from gameserver.classroom.experiments.handshake import HANDSHAKE_EXPERIMENTS
from gameserver.classroom.experiments.messages import MESSAGE_EXPERIMENTS
from gameserver.classroom.experiments.packets import GAME_EXPERIMENTS

__all__ = ["EXPERIMENTS", "NOT_ON_THE_SHELF", "SHELF", "Answer", "Delivery", "Experiment", "Outcome"]

SHELF: dict[str, tuple[Experiment, ...]] = {
    "The handshake": HANDSHAKE_EXPERIMENTS,
    "Frames": FRAME_EXPERIMENTS,
    "Messages and closing": MESSAGE_EXPERIMENTS,
    "Compression": DEFLATE_EXPERIMENTS,
    "Packets of the game": GAME_EXPERIMENTS,
}
EXPERIMENTS: dict[str, Experiment] = {row.id: row for chapter in SHELF.values() for row in chapter}

# The rows of docs/attacks.md that no experiment shows, and why.
NOT_ON_THE_SHELF: dict[str, str] = {
    "websockets CVE-2021-33880": "the time that a comparison takes cannot be seen in one answer",
    "websockets, threaded: a client that never reads": "it needs megabytes, and shows only by nobody else noticing",
    "Tomcat CVE-2021-42340": "memory is given back or not: the wire does not tell",
    "connection flood": "it would take the places of the class",
    "frame flood": "it takes thousands of frames, of which the page could show none",
    "what a flood leaves behind": "it shows only in what is not read after the end",
    "a stop under a flood": "it takes a server that stops, and the class with it",
    "junk as long as the limit": "it shows by the time that is not spent: the wire does not tell",
    "deflate contexts": "memory is held or not: the wire does not tell",
    "log flood": "it shows in the log of the server, not in an answer",
    "rooms without limit": "it would take the rooms of the class",
    "idle rooms": "it shows by the time that is not spent: the wire does not tell",
    "rooms opened and left": "it would take the rooms of the class",
    "rooms kept by ghosts": "it takes many connections one after the other",
    "one room for many at once": "it takes many connections at the same moment",
    "ghost seats": "it takes many connections one after the other, and would take the seats of the class",
    "evading a mute": "it takes an operator who mutes somebody",
    "evading a ban": "it takes an operator, and the class would be banned with its own machine",
    "locking the operator out": "it would take the places of the class",
    "CWE-22": "what matters is which files are not opened: the wire does not tell",
    "CWE-650": "the lab sends handshakes and frames, no other requests",
    "CWE-639": "it takes a second player, for whom one tries to act",
    "CWE-200": "what is not sent cannot be shown",
    "CWE-209": "it takes a server whose files have failed",
    "CWE-307": "it would lock the class's own operator out for a minute",
}
