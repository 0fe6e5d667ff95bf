"""The findings of a trial: both sides explained by the parser that serves the game, and the rules that were broken.

In:  a `Result` of the bench. Out: `Findings`, and the same as JSON for the page /lab.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, NamedTuple

from gameserver.classroom.lab.bench import Result
from Net.close_codes import CloseCode
from Net.dissect.conversation import Conversation
from Net.dissect.opening import dissect_handshake
from Net.dissect.plain import as_plain
from Net.dissect.records import Frame, Handshake, Violation
from Net.dissect.violations import violation_of
from Net.handshake import Request
from Net.limits import LimitsOf

# The most frames that the page shows; a game could go on and on.
MOST_FRAMES = 60


class Findings(NamedTuple):
    """A trial, explained. violations: all that the server refused, each once. code, reason: of the server's CLOSE."""

    request: Handshake | None
    response: Handshake | None
    sent: list[Frame]
    answers: list[Frame]
    violations: tuple[Violation, ...]
    code: int
    reason: str


def find(result: Result, limits_of: LimitsOf, check: Callable[[Request], object]) -> Findings:
    """Explains a result.

    limits_of: the limits of a path. check: the server's check of a request, which raises HandshakeError.
    """
    limits = limits_of("")  # the limits of a handshake: they are the same on all paths
    conversation = Conversation(limits, limits_of)
    out = b"".join((result.trial.opening, *result.trial.steps))[: result.taken]
    records = [*conversation.feed(True, out), *conversation.feed(False, result.answer)]
    frames = [record for record in records if isinstance(record, Frame)]
    sent = [frame for frame in frames if frame.from_client]
    answers = [frame for frame in frames if not frame.from_client]
    close = next((frame.close for frame in answers if frame.close is not None), None)
    request = conversation.request
    if request is not None:
        request = dissect_handshake(request.wire, limits=limits, check=check)
    violations = [request.violation if request is not None else None, *(frame.violation for frame in sent)]
    violations += map(violation_of, result.refusals)
    return Findings(
        request,
        conversation.response,
        sent,
        answers,
        tuple(dict.fromkeys(violation for violation in violations if violation is not None)),
        close.code if close is not None else CloseCode.ABNORMAL,
        close.reason if close is not None else "",
    )


def plain_findings(findings: Findings, result: Result) -> dict[str, Any]:
    """Returns the findings as data for JSON; each answer has the number of bytes that were sent before it came."""
    head_size = findings.response.size if findings.response is not None else 0
    read = sum(frame.size for frame in findings.sent)
    return {
        "request": as_plain(findings.request),
        "response": as_plain(findings.response),
        "sent": [as_plain(frame) for frame in findings.sent[:MOST_FRAMES]],
        "answers": [
            {
                **as_plain(frame),
                **_when(result, head_size + frame.offset + frame.size),
                "refusal": as_plain(_refusal_in(frame, findings.violations)),
            }
            for frame in findings.answers[:MOST_FRAMES]
        ],
        "answers_in_all": len(findings.answers),
        "violations": [as_plain(violation) for violation in findings.violations],
        "code": findings.code,
        "reason": findings.reason,
        "end": result.end,
        "sent_bytes": result.sent,
        "unsent_bytes": result.unsent,
        "unread_bytes": result.sent - read,
    }


def _refusal_in(answer: Frame, violations: Iterable[Violation]) -> Violation | None:
    """Returns the violation that an answer of the server refuses, or None; the answer has the violation's own words."""
    said: tuple[object, ...] = ()
    if answer.close is not None:
        said = (answer.close.code, answer.close.reason)
    elif answer.message is not None and answer.message.packet is not None and answer.message.packet.id == "ERROR":
        said = tuple(arg.value for arg in answer.message.packet.args)
    return next((one for one in violations if (one.close_code or one.error_code, one.rule) == said), None)


def _when(result: Result, end: int) -> dict[str, int]:
    """Returns when byte number `end` of the answer came."""
    received = 0
    for heard in result.heard:
        received += len(heard.data)
        if received >= end:
            return {"after": heard.after, "at_ms": heard.at_ms}
    raise ValueError("the answer is shorter")
