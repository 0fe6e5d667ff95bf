"""Tests of admission: the number of connections that an address may have, and the rate at which it may open them."""

from __future__ import annotations

from Net.handshake import Request, parse_request
from Net.limits import Limits
from Net.port.admission import Guest, Guests
from Net.port.token_bucket import Rate

RATE = Rate(1, 3)
PROXY = "192.0.2.1"


def request(forwarded_for: str) -> Request:
    head = f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {forwarded_for}\r\n\r\n"
    return parse_request(head.encode(), Limits())


def arrive(guests: Guests, host: str) -> Guest:
    guest = guests.admit(host, 5000)
    guests.leave(guest)
    return guest


def test_only_an_address_that_opens_connections_too_fast_is_limited() -> None:
    guests = Guests(64, RATE)
    assert [arrive(guests, "192.0.2.7").is_rushed for _ in range(5)] == [False, False, False, True, True]
    assert not arrive(guests, "192.0.2.8").is_rushed


def test_behind_a_proxy_the_address_that_it_names_is_limited() -> None:
    guests = Guests(64, RATE, proxies=[PROXY])
    for host, rushed in ((7, False), (7, False), (7, False), (7, True), (8, False)):
        guest = guests.admit(PROXY, 5000)
        assert not guest.is_rushed
        guests.introduce(guest, request(f"203.0.113.{host}"))
        assert guest.is_rushed == rushed
        guests.leave(guest)
