"""Explains the halves of an opening handshake in words, for a terminal.

In:  a `Handshake`. Out: lines of printable text.
"""

from __future__ import annotations

from Net.dissect.records import Handshake
from Net.dissect.wording import count_bytes, explain_violation, shorten
from Net.text.characters import printable

_OPENING = "Opening handshake, the "
_MOST_OF_A_BODY = 200  # characters


def explain_handshake(handshake: Handshake) -> list[str]:
    """Returns the full explanation of a half, in lines."""
    lines = [f"{_kind(handshake)}: {count_bytes(handshake.size)}", ""]
    for line in handshake.lines:
        lines += [f"  {shorten(line.text, 110)}", f"      {line.meaning} ({line.section})"]
    if handshake.accept:
        lines += ["", "From Sec-WebSocket-Key to Sec-WebSocket-Accept (RFC 6455 section 4.2.2)"]
        lines += [f"  {step.how}\n      {printable(step.value)}" for step in handshake.accept]
    elif not handshake.from_client and handshake.is_upgrade:
        lines += ["", "Whether Sec-WebSocket-Accept is right cannot be checked without the request's key."]
    if not _is_complete(handshake):
        lines += ["", "Incomplete: the empty line that ends the head is missing, and its receiver waits for it."]
    if handshake.body:
        lines += ["", f"  {shorten(handshake.body, _MOST_OF_A_BODY)}"]
    return [*lines, *explain_violation(handshake.violation)]


def _kind(handshake: Handshake) -> str:
    """Names a half of a handshake, and says if no frames follow."""
    if handshake.from_client:
        return "Plain HTTP request, after which no frames follow" if handshake.is_plain_http else _OPENING + "request"
    return _OPENING + "response"


def _is_complete(handshake: Handshake) -> bool:
    return handshake.is_whole or handshake.violation is not None


def summarize_handshake(handshake: Handshake) -> str:
    """Returns a summary of a half in one line."""
    first = shorten(handshake.lines[0].text, 80)
    if handshake.is_plain_http:
        return f"plain HTTP {first}: no frames follow"
    if not _is_complete(handshake):
        return f"handshake {first}, incomplete: its empty line is missing"
    if handshake.violation is not None:
        return f"handshake {first} BROKEN: {printable(handshake.violation.rule)} ({handshake.violation.section})"
    if handshake.body:
        return f"handshake {first}: {shorten(handshake.body, 120)}"
    return f"handshake {first}" + (f" with {shorten(handshake.extension)}" if handshake.extension else "")
