"""An address: a host and a port, and their one form as text."""

from __future__ import annotations

import socket

import pytest

from Net.address import NOWHERE, Address


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address("192.0.2.7", 50123), "192.0.2.7:50123"),
        (Address("2001:db8::7", 80), "[2001:db8::7]:80"),
        (Address("fe80::1%eth0", 80), "[fe80::1%eth0]:80"),
        (Address("localhost", 80), "localhost:80"),
        (NOWHERE, ":0"),
    ],
)
def test_an_address_as_text_has_its_port_and_brackets_around_ipv6(address: Address, text: str) -> None:
    assert str(address) == f"{address}" == "%s" % (address,) == text  # noqa: UP031  # as `logging` does it


def test_a_socket_takes_an_address_as_it_is() -> None:
    with socket.create_server(Address("127.0.0.1", 0)) as listening:
        address = Address(*listening.getsockname())
        with socket.create_connection(address) as near:
            assert near.getpeername() == address


def test_equal_addresses_are_one_key() -> None:
    assert len({Address("192.0.2.7", 1), Address("192.0.2.7", 1), Address("192.0.2.7", 2)}) == 2


def test_an_address_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Address("192.0.2.7", 1).port = 2  # type: ignore[misc]  # the mistake that is tested
