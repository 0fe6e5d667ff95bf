"""Compares the result of an experiment with its row on the shelf.

In:  the stated `Outcome`, and the `Findings` of a trial. Out: `Point`s, each with the stated and the real result.
"""

from __future__ import annotations

from typing import NamedTuple

from gameserver.classroom.experiments.experiment import Answer, Outcome
from gameserver.classroom.lab.findings import Findings
from Net.close_codes import CloseCode
from Net.dissect.records import Frame
from Net.frames import OPCODE_CLOSE, OPCODE_NAMES, OPCODE_TEXT
from Net.text.characters import is_plain

_SWITCHED = 101
_SHOWN_BYTES = 24


class Point(NamedTuple):
    """One thing to compare. what: its name. stated, came: the stated and the real result, in words."""

    what: str
    stated: str
    came: str
    is_as_stated: bool


def compare(outcome: Outcome, findings: Findings) -> list[Point]:
    """Compares every point that a row states with the findings."""
    points = [_status(outcome, findings)]
    if outcome.says:
        points.append(_words(outcome, findings))
    if outcome.status == _SWITCHED:
        points += [_frames(outcome, findings), _close(outcome, findings)]
    return points


def _status(outcome: Outcome, findings: Findings) -> Point:
    head = findings.response.wire[:12] if findings.response is not None else b""
    status = int(head[9:12]) if head[9:12].isdigit() else 0
    return Point("handshake", _status_words(outcome.status), _status_words(status), status == outcome.status)


def _status_words(status: int) -> str:
    return f"HTTP {status}" if status else "no answer"


def _words(outcome: Outcome, findings: Findings) -> Point:
    text = findings.response.wire.decode("latin-1") if findings.response is not None else ""
    has_words = outcome.says in text
    return Point("it says", outcome.says, outcome.says if has_words else text.strip()[-200:], has_words)


def _frames(outcome: Outcome, findings: Findings) -> Point:
    frames = [frame for frame in findings.answers if frame.opcode != OPCODE_CLOSE]
    stated = ", ".join(map(_answer_words, outcome.frames)) or "none"
    came = ", ".join(_frame_words(frame) for frame in frames[:8]) or "none"
    if len(frames) > 8:
        came += f", and {len(frames) - 8} more"
    return Point("frames", stated, came, _are_as_stated(frames, outcome.frames))


def _are_as_stated(frames: list[Frame], answers: tuple[Answer, ...]) -> bool:
    left = list(frames)
    for answer in answers:
        if not left or not _is_as_stated(left.pop(0), answer):
            return False
        while answer.repeats and left and _is_as_stated(left[0], answer):
            left.pop(0)
    return not left


def _is_as_stated(frame: Frame, answer: Answer) -> bool:
    if not frame.fin or frame.masked or (frame.opcode, frame.rsv) != (answer.opcode, answer.rsv):
        return False
    return frame.payload.startswith(answer.payload) if answer.is_start else frame.payload == answer.payload


def _close(outcome: Outcome, findings: Findings) -> Point:
    is_right = findings.code == outcome.close_code and findings.reason.startswith(outcome.close_reason)
    return Point(
        "close",
        _close_words(outcome.close_code, outcome.close_reason),
        _close_words(findings.code, findings.reason),
        is_right and bool(findings.reason) == bool(outcome.close_reason),
    )


def _close_words(code: int, reason: str) -> str:
    if code in (CloseCode.ABNORMAL, CloseCode.NO_STATUS):
        return "no CLOSE" if code == CloseCode.ABNORMAL else "CLOSE without a code"
    return f"CLOSE {code} {reason}".strip()


def _answer_words(answer: Answer) -> str:
    words = f"{OPCODE_NAMES[answer.opcode]} {_payload_words(answer.opcode, answer.payload)}"
    if answer.is_start:
        words += " ..."
    return f"one or more of {words}" if answer.repeats else words


def _frame_words(frame: Frame) -> str:
    return f"{frame.opcode_name} {_payload_words(frame.opcode, frame.payload)}"


def _payload_words(opcode: int, payload: bytes) -> str:
    shown = payload[:_SHOWN_BYTES]
    text = shown.decode("utf-8", "replace")
    words = f'"{text}"' if opcode == OPCODE_TEXT and is_plain(text) else shown.hex(" ")
    return f"{words} ({len(payload)} bytes)" if len(payload) > len(shown) else words


def stated(outcome: Outcome) -> list[str]:
    """Returns the statements of a row, in words."""
    lines = [_status_words(outcome.status)]
    if outcome.says:
        lines.append(f"says: {outcome.says}")
    if outcome.status == _SWITCHED:
        lines += [*map(_answer_words, outcome.frames), _close_words(outcome.close_code, outcome.close_reason)]
    return lines
