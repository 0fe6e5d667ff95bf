"""Tests of admission: the number of connections that an address may have, and the rate at which it may open them."""

from __future__ import annotations

import socket

from Net.address import Address
from Net.handshake import Request, parse_request
from Net.limits import Limits
from Net.port.admission import Admission, Arrival
from Net.port.own_connections import OwnConnections
from Net.port.token_bucket import Rate

RATE = Rate(1, 3)
PROXY = "192.0.2.1"


def request(forwarded_for: str) -> Request:
    head = f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {forwarded_for}\r\n\r\n"
    return parse_request(head.encode(), Limits())


def arrive(admission: Admission, host: str) -> Arrival:
    arrival = admission.admit(Address(host, 5000))
    admission.leave(arrival)
    return arrival


def test_only_an_address_that_opens_connections_too_fast_is_limited() -> None:
    admission = Admission(64, RATE)
    assert [arrive(admission, "192.0.2.7").is_rushed for _ in range(5)] == [False, False, False, True, True]
    assert not arrive(admission, "192.0.2.8").is_rushed


def test_behind_a_proxy_the_address_that_it_names_is_limited() -> None:
    admission = Admission(64, RATE, proxies=[PROXY])
    for host, rushed in ((7, False), (7, False), (7, False), (7, True), (8, False)):
        arrival = admission.admit(Address(PROXY, 5000))
        assert not arrival.is_rushed
        admission.introduce(arrival, request(f"203.0.113.{host}"))
        assert arrival.is_rushed == rushed
        admission.leave(arrival)


def test_an_own_connection_that_names_another_client_leaves_as_it_came() -> None:
    """A trusted proxy may run on this machine, and an experiment of the classroom may send any field."""
    own = OwnConnections()
    admission = Admission(64, RATE, proxies=["127.0.0.1"], own=own)
    with socket.socket() as sock:
        address = own.expect(sock, ("127.0.0.1", 9))
        arrival = admission.admit(address)
        admission.introduce(arrival, request("203.0.113.7"))
        assert address in own
        admission.leave(arrival)
        assert address not in own
