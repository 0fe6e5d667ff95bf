"""The halves of an opening handshake in words, for a terminal.

In:  a `Handshake`. Out: lines of printable text.
"""

from __future__ import annotations

from Net.anatomy import Handshake
from Net.wording import count_bytes, explain_violation, printable, shorten

_MOST_OF_A_BODY = 200  # characters


def explain_handshake(handshake: Handshake) -> list[str]:
    """Everything about a half, in lines."""
    lines = [
        f"Opening handshake, the {'request' if handshake.from_client else 'response'}: {count_bytes(handshake.size)}",
        "",
    ]
    for line in handshake.lines:
        lines += [f"  {shorten(line.text, 110)}", f"      {line.meaning} ({line.section})"]
    if handshake.accept:
        lines += ["", "From Sec-WebSocket-Key to Sec-WebSocket-Accept (RFC 6455 section 4.2.2)"]
        lines += [f"  {step.how}\n      {printable(step.value)}" for step in handshake.accept]
    if handshake.body:
        lines += ["", f"  {shorten(handshake.body, _MOST_OF_A_BODY)}"]
    return [*lines, *explain_violation(handshake.violation)]


def summarize_handshake(handshake: Handshake) -> str:
    """What there is to know of a half in one line."""
    first = shorten(handshake.lines[0].text, 80)
    if handshake.violation is not None:
        return f"handshake {first} BROKEN: {printable(handshake.violation.rule)} ({handshake.violation.section})"
    if handshake.body:
        return f"handshake {first}: {shorten(handshake.body, 120)}"
    return f"handshake {first}" + (f" with {shorten(handshake.extension)}" if handshake.extension else "")
