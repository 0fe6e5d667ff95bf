"""Tests of attacks through a player's browser: pages of other sites that reach a server in the player's own network."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.attacks.support import answered_by, answers, opening, under_attack
from tests.Net.support import wait_until

PLAIN = "GET /packets.json HTTP/1.1\r\nHost: {host}\r\n\r\n"


def from_page(origin: str, host: str = "127.0.0.1") -> bytes:
    """The opening handshake that a browser sends for a page of this origin."""
    return opening("/", f"Origin: {origin}").replace(b"Host: 127.0.0.1", f"Host: {host}".encode())


class BrowserAttack(NamedTuple):
    """advisories: the software that it has hurt. sent: the browser's request. status: the status of the refusal."""

    advisories: tuple[str, ...]
    sent: bytes
    status: int


MISSING_CHECK = ("webpack-dev-server CVE-2018-14732", "Vite CVE-2025-24010")
IP_BYPASS = ("webpack-dev-server CVE-2025-30360",)
REBINDING = ("Vite CVE-2025-24010", "DNS rebinding")

ATTACKS = {
    "another site": BrowserAttack(MISSING_CHECK, from_page("http://evil.example"), 403),
    "another site by https": BrowserAttack(MISSING_CHECK, from_page("https://evil.example"), 403),
    "a sandboxed page": BrowserAttack(MISSING_CHECK, from_page("null"), 403),
    "a page from a file": BrowserAttack(MISSING_CHECK, from_page("file://"), 403),
    "an extension": BrowserAttack(MISSING_CHECK, from_page("chrome-extension://127.0.0.1"), 403),
    "another port of this machine": BrowserAttack(MISSING_CHECK, from_page("http://127.0.0.1:8080"), 403),
    "a name that starts like ours": BrowserAttack(MISSING_CHECK, from_page("http://127.0.0.1.evil.example"), 403),
    "a name that ends like ours": BrowserAttack(MISSING_CHECK, from_page("http://evil-127.0.0.1"), 403),
    "two origins": BrowserAttack(
        MISSING_CHECK, opening("/", "Origin: http://127.0.0.1", "Origin: http://evil.example"), 403
    ),
    "two origins in one line": BrowserAttack(MISSING_CHECK, from_page("http://127.0.0.1 http://evil.example"), 400),
    "our name as a user": BrowserAttack(MISSING_CHECK, from_page("http://127.0.0.1@evil.example"), 400),
    "no page at all": BrowserAttack(MISSING_CHECK, from_page(""), 403),
    "a page at an IP address": BrowserAttack(IP_BYPASS, from_page("http://192.0.2.1"), 403),
    "a page at an IPv6 address": BrowserAttack(IP_BYPASS, from_page("http://[2001:db8::1]"), 403),
    "a page at another address of this machine": BrowserAttack(IP_BYPASS, from_page("http://[::1]"), 403),
    "an address written as one number": BrowserAttack(IP_BYPASS, from_page("http://2130706433"), 403),
    "a name that was pointed here": BrowserAttack(
        REBINDING, from_page("http://evil.example", host="evil.example"), 421
    ),
    "a name that was pointed here, for a page": BrowserAttack(
        REBINDING, PLAIN.format(host="evil.example").encode(), 421
    ),
    "a name made for pointing here": BrowserAttack(REBINDING, PLAIN.format(host="127.0.0.1.nip.io").encode(), 421),
    "a name that starts like localhost": BrowserAttack(
        REBINDING, PLAIN.format(host="localhost.evil.example").encode(), 421
    ),
    "a name with our name as a user": BrowserAttack(
        REBINDING, PLAIN.format(host="127.0.0.1@evil.example").encode(), 400
    ),
}

for row in ATTACKS.values():
    answered_by(__name__, row.advisories)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_foreign_page_is_refused_before_it_can_send_or_read_a_message(attack: BrowserAttack) -> None:
    with under_attack() as target:
        attacker = target.call()
        attacker.send(attack.sent)
        response = attacker.read_bytes_to_the_end()
        assert response.startswith(f"HTTP/1.1 {attack.status} ".encode())
        assert b"protocol" not in response
        wait_until(lambda: target.log.has(f"^{attacker.name} refused: .*{attack.status}"), "it is logged")


@answers(*MISSING_CHECK)
@pytest.mark.parametrize("origin", ["http://127.0.0.1", "HTTP://127.0.0.1:80"])
def test_our_own_page_is_let_in(origin: str) -> None:
    with under_attack() as target:
        attacker = target.call()
        attacker.send(from_page(origin))
        assert attacker.read_head().startswith(b"HTTP/1.1 101 ")


@answers("Vite CVE-2025-24010")
def test_a_foreign_page_may_not_read_the_answer_to_a_plain_request() -> None:
    with under_attack() as target:
        request = PLAIN.format(host="127.0.0.1").replace("\r\n\r\n", "\r\nOrigin: http://evil.example\r\n\r\n")
        response = target.ask(request.encode())
        assert response.startswith(b"HTTP/1.1 200 ")
        assert b"access-control-allow" not in response.lower()
