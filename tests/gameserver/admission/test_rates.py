"""Tests of the rates of packets."""

from __future__ import annotations

from gameserver.admission.rates import ANY_PACKET, BAD_PACKETS, PACKET_RATES, rate_of
from Net.own_packets import use_own_packets
from Net.PacketCodes import TO_SERVER
from Net.packets import PacketType
from Net.port.token_bucket import Rate


def test_the_rates_are_those_of_the_design_and_of_packets_that_exist() -> None:
    assert PACKET_RATES.keys() <= {row.id for row in TO_SERVER.rows}
    assert PACKET_RATES["MOVE"] == Rate(30, 60)
    assert PACKET_RATES["ATTACK"] == Rate(10, 20)
    assert PACKET_RATES["CHAT"] == Rate(1, 5)
    assert (BAD_PACKETS.burst, BAD_PACKETS.per_s) == (20, 2)
    assert ANY_PACKET.burst >= 1


def test_a_packet_of_a_games_own_may_come_as_often_as_an_input() -> None:
    use_own_packets([PacketType(16, "TURN", "turn left")], lambda packet_id: lambda session: None)
    try:
        assert rate_of("TURN") == rate_of("INPUT") == Rate(30, 60)
        assert rate_of("EAT") == ANY_PACKET
    finally:
        use_own_packets((), lambda packet_id: lambda session: None)
