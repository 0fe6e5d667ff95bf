"""Log forging: nothing that a stranger sends writes a second line into the log, or moves a terminal's cursor.

Every other attack is held to this too (see `assert_clean`); here are the bytes that try.
"""

from __future__ import annotations

import pytest

from Net.frames import CLOSE, TEXT
from tests.attacks.support import Log, answers, assert_clean, opening, under_attack
from tests.Net.support import client_frame, close_body, wait_until

# A line feed, a return to the line's start, a terminal's escape, and what other readers take for the end of a line:
# NEL, line separator, vertical tab; a mark that turns the direction of writing round, and a NUL.
NASTY = ["\n", "\r", "\r\n", "\x1b[2J", "\x85", "\u2028", "\x0b", "\u202e", "\x00", "\xad"]
FORGED = "{}2026-01-01 00:00:00 CRITICAL the disk is full"

each_nasty = pytest.mark.parametrize("nasty", NASTY, ids=ascii)


@answers("CWE-117")
@each_nasty
def test_a_head_forges_no_log_entry(nasty: str) -> None:
    forged, word = FORGED.format(nasty).encode(), f"{nasty}CRITICAL".encode()
    heads = [
        opening().replace(b"/echo", b"/" + forged),
        opening().replace(b"GET", b"GET" + forged),
        opening().replace(b"HTTP/1.1", b"HTTP/1.1" + forged),
        opening().replace(b"127.0.0.1", b"evil.example" + word),
        opening().replace(b"127.0.0.1", forged + b":80"),
        opening("/", "Origin: @@").replace(b"@@", b"http://evil.example" + word),
        opening("/", "Origin: @@").replace(b"@@", forged),
        opening("/", "X@@: y").replace(b"@@", forged),
        opening("/", "X: y@@").replace(b"@@", forged),
        opening("/", "Sec-WebSocket-Extensions: @@").replace(b"@@", b"X" + forged),
    ]
    with under_attack() as target:
        for head in heads:
            attacker = target.call()
            attacker.send(head)
            is_refused = not attacker.read_head().startswith(b"HTTP/1.1 101 ")  # it is harmless in some headers
            attacker.vanish(with_reset=False)
            if is_refused:
                wait_until(lambda a=attacker: target.log.has(f"^{a.name} refused"), "it is logged")
        assert target.log.has("refused")


@answers("CWE-117")
@each_nasty
def test_frames_and_packets_forge_no_log_entry(nasty: str) -> None:
    forged = FORGED.format(nasty)
    as_json = forged.encode("unicode_escape").replace(b"\\x", b"\\u00")
    with under_attack() as target:
        attacker = target.open()
        attacker.send(client_frame(CLOSE, close_body(1000, forged)))
        attacker.read_to_the_end()
        wait_until(lambda: target.log.has(f"^{attacker.name}: .*the disk is full"), "the reason is logged")

        attacker = target.open("/")
        for packet in (b'["JOIN",["%s"]]', b'["JOIN",["x",{"room":"%s"}]]', b'["%s",[]]', b'["JOIN",["x",{"%s":1}]]'):
            attacker.send(client_frame(TEXT, packet % as_json))
        attacker.send(25 * client_frame(TEXT, b'["%s",[]]' % as_json))
        while attacker.read_frame().opcode != CLOSE:
            pass
        attacker.send(client_frame(CLOSE))
        attacker.read_to_the_end()
        assert target.log.has(f"^{attacker.name}: closed, too many bad packets")


@answers("CWE-117")
def test_bytes_that_are_no_http_cost_one_clean_line() -> None:
    tls_hello = bytes.fromhex("160301020001000001fc0303") + bytes(range(256)) + b"\r\n\r\n"
    with under_attack() as target:
        attacker = target.call()
        attacker.send(tls_hello)
        attacker.read_bytes_to_the_end()
        wait_until(lambda: target.log.has(f"^{attacker.name} refused"), "it is logged")
        assert len([line for line in target.log.lines if line.startswith(attacker.name)]) == 1


def test_a_forged_entry_would_be_noticed() -> None:
    log = Log()
    log.lines = ["127.0.0.1:1: bye\n127.0.0.1:2: forged"]
    with pytest.raises(AssertionError):
        assert_clean(log)
