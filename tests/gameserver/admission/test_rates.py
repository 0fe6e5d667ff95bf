"""Tests of the rates of packets."""

from __future__ import annotations

from gameserver.admission.rates import ANY_PACKET, BAD_PACKETS, PACKET_RATES
from Net.PacketCodes import TO_SERVER
from Net.port.token_bucket import Rate


def test_the_rates_are_those_of_the_design_and_of_packets_that_exist() -> None:
    assert PACKET_RATES.keys() <= {row.id for row in TO_SERVER.rows}
    assert PACKET_RATES["MOVE"] == Rate(30, 60)
    assert PACKET_RATES["ATTACK"] == Rate(10, 20)
    assert PACKET_RATES["CHAT"] == Rate(1, 5)
    assert (BAD_PACKETS.burst, BAD_PACKETS.per_s) == (20, 2)
    assert ANY_PACKET.burst >= 1
