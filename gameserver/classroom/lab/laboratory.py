"""The server's side of the page /lab: it explains bytes, sends them to this same server, and explains the answer.

In:  first the token, as `OperatorAuthentication` asks for it; then commands (COMMANDS, encoded as
     `gameserver.admin.commands` says).
Out: the answers.
"""

from __future__ import annotations

from typing import Any, Callable

from gameserver.admin.commands import Argument, CommandError, Commands, obey, send_json
from gameserver.classroom.experiments.shelf import EXPERIMENTS, SHELF, Delivery, Experiment
from gameserver.classroom.kinds import hex_digits, list_of
from gameserver.classroom.lab.bench import MOST_S, Bench, BenchFull, Trial
from gameserver.classroom.lab.findings import Findings, find, plain_findings
from gameserver.classroom.lab.verdict import compare, stated
from Net.dissect.dissector import Dissector
from Net.dissect.plain import as_plain
from Net.handshake import Request
from Net.limits import LimitsOf
from Net.schema import FLAG, text
from Net.websocket import WebSocket

# How long a trial by hand waits for a silent server; the server need not answer.
QUIET_S = 0.7
MOST_STEPS = 4096
# The page itself, and the path to which most experiments are sent.
LAB, ECHO = "/lab", "/echo"
MOST_STEP_BYTES = 16 * 1024
# The characters of a command around the bytes of a single step: names, quotes and brackets.
_AROUND_BYTES = 256

_STEPS = list_of(hex_digits(MOST_STEP_BYTES), MOST_STEPS)

COMMANDS: Commands = {
    "shelf": {},
    "bounds": {},
    "explain": {"wire": Argument(hex_digits(MOST_STEP_BYTES))},
    "run": {
        "opening": Argument(hex_digits(MOST_STEP_BYTES)),
        "steps": Argument(_STEPS),
        "byte_by_byte": Argument(FLAG),
        "hangs_up": Argument(FLAG),
    },
    "run_experiment": {"experiment": Argument(text(1, 100))},
}


class Laboratory:
    """Serves the pages /lab.

    limits_of: the limits of a path. check: the server's check of a handshake. admits: returns whether a client may
    experiment.
    """

    def __init__(
        self, bench: Bench, limits_of: LimitsOf, check: Callable[[Request], object], admits: Callable[[WebSocket], bool]
    ) -> None:
        self._bench = bench
        self._limits_of = limits_of
        self._check = check
        self._admits = admits

    def converse(self, websocket: WebSocket) -> None:
        """Serves one page until the connection ends; then raises ConnectionClosed."""
        if not self._admits(websocket):
            return
        while True:
            send_json(websocket, obey(websocket.receive(), COMMANDS, self._obey))

    def _obey(self, name: str, arguments: dict[str, Any]) -> Any:
        return getattr(self, f"_{name}")(**arguments)

    def _shelf(self) -> list[dict[str, Any]]:
        return [
            {"chapter": chapter, "experiments": [self._plain(experiment) for experiment in experiments]}
            for chapter, experiments in SHELF.items()
        ]

    def _bounds(self) -> dict[str, int]:
        """Returns the limits of a page's commands; a longer command would end its connection, or be refused."""
        most = self._limits_of(LAB).message_bytes
        return {"message": most, "step": min(MOST_STEP_BYTES, (most - _AROUND_BYTES) // 2), "steps": MOST_STEPS}

    def _plain(self, experiment: Experiment) -> dict[str, Any]:
        is_short = sum(map(len, experiment.sent)) <= MOST_STEP_BYTES
        return {
            "id": experiment.id,
            "title": experiment.title,
            "rule": experiment.rule,
            "section": experiment.section,
            "note": experiment.note,
            "attacks": experiment.attacks,
            "opening": experiment.opening(self._bench.host).hex(),
            # Null if the steps are too long to edit in a page.
            "steps": [step.hex() for step in experiment.sent] if is_short else None,
            "byte_by_byte": experiment.delivery is Delivery.BYTE_BY_BYTE,
            "hangs_up": experiment.hangs_up,
            "stated": stated(experiment.outcome),
        }

    def _explain(self, wire: bytes) -> list[Any]:
        dissector = Dissector(True, self._limits_of(ECHO))
        frames = dissector.feed(wire)
        unfinished = dissector.unfinished()
        return [as_plain(frame) for frame in [*frames, *([unfinished] if unfinished else [])]]

    def _run(self, opening: bytes, steps: list[bytes], byte_by_byte: bool, hangs_up: bool) -> dict[str, Any]:
        return self._try(Trial(opening, tuple(steps), byte_by_byte, hangs_up, QUIET_S))[1]

    def _run_experiment(self, experiment: str) -> dict[str, Any]:
        row = EXPERIMENTS.get(experiment)
        if row is None:
            raise CommandError("there is no such experiment on the shelf")
        slow = row.delivery is Delivery.BYTE_BY_BYTE
        findings, plain = self._try(Trial(row.opening(self._bench.host), row.sent, slow, row.hangs_up, MOST_S))
        points = compare(row.outcome, findings)
        return {**plain, "points": [point._asdict() for point in points]}

    def _try(self, trial: Trial) -> tuple[Findings, dict[str, Any]]:
        try:
            result = self._bench.run(trial)
        except BenchFull as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"the server does not answer: {error.strerror}") from None
        reason = result.turned_away_because
        if reason is not None:
            raise CommandError(f"the server has no place for the experiment just now: {reason}")
        findings = find(result, self._limits_of, self._check)
        return findings, plain_findings(findings, result)
