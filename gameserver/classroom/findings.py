"""What a trial has shown: both sides of it explained, by the parser that serves the game, and the rule that decided.

In:  a `Result` of the bench. Out: `Findings`, and as JSON what the page /lab shows.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from gameserver.classroom.bench import Result
from Net.anatomy import Frame, Handshake, Violation
from Net.conversation import Conversation
from Net.handshake import Request
from Net.limits import Limits
from Net.messages import ABNORMAL
from Net.opening import dissect_handshake
from Net.plain import as_plain

# The page need not show more of a game that goes on and on.
MOST_FRAMES = 60


class Findings(NamedTuple):
    """A trial, explained. violation: the rule that was broken, if one was. code, reason: of the server's CLOSE."""

    request: Handshake | None
    response: Handshake | None
    sent: list[Frame]
    answers: list[Frame]
    violation: Violation | None
    code: int
    reason: str


def find(result: Result, limits: Limits, check: Callable[[Request], object]) -> Findings:
    """Explains a result. limits: of the server. check: what it asks of a request; raises HandshakeError."""
    conversation = Conversation(limits)
    out = b"".join((result.trial.opening, *result.trial.steps))[: len(result.trial.opening) + result.sent]
    records = [*conversation.feed(True, out), *conversation.feed(False, result.answer)]
    frames = [record for record in records if isinstance(record, Frame)]
    sent = [frame for frame in frames if frame.from_client]
    answers = [frame for frame in frames if not frame.from_client]
    close = next((frame.close for frame in answers if frame.close is not None), None)
    request = conversation.request
    if request is not None:
        request = dissect_handshake(request.wire, limits=limits, check=check)
    violation = request.violation if request is not None else None
    if violation is None:
        violation = next((frame.violation for frame in sent if frame.violation is not None), None)
    return Findings(
        request,
        conversation.response,
        sent,
        answers,
        violation,
        close.code if close is not None else ABNORMAL,
        close.reason if close is not None else "",
    )


def plain_findings(findings: Findings, result: Result) -> dict[str, Any]:
    """The findings as data for JSON; each answer tells how many bytes had been sent when it came."""
    head_size = findings.response.size if findings.response is not None else 0
    read = sum(frame.size for frame in findings.sent)
    return {
        "request": as_plain(findings.request),
        "response": as_plain(findings.response),
        "sent": [as_plain(frame) for frame in findings.sent[:MOST_FRAMES]],
        "answers": [
            {**as_plain(frame), **_when(result, head_size + frame.offset + frame.size)}
            for frame in findings.answers[:MOST_FRAMES]
        ],
        "answers_in_all": len(findings.answers),
        "violation": as_plain(findings.violation),
        "code": findings.code,
        "reason": findings.reason,
        "end": result.end,
        "sent_bytes": result.sent,
        "unread_bytes": result.sent - read,
    }


def _when(result: Result, end: int) -> dict[str, int]:
    """When byte number `end` of the answer came."""
    received = 0
    for heard in result.heard:
        received += len(heard.data)
        if received >= end:
            return {"after": heard.after, "at_ms": heard.at_ms}
    raise ValueError("the answer is shorter")
