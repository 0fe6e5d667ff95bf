"""Tests of packets of a game's own: rows that are refused, and rows that work like every other row."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from Net.errors import PacketError
from Net.own_packets import OwnPackets, use_own_packets
from Net.PacketCodes import HANDLERS, TO_CLIENT, TO_SERVER, Packet, describe, dispatch
from Net.packets import Arg, PacketType
from Net.schema import ANY, integer

TURN = PacketType(16, "TURN", "turn", (Arg("by", integer(0, 3)), Arg("why", ANY, optional=True)))
EATEN = PacketType(127, "EATEN", "an apple is gone", (Arg("apple", integer(0, 9)),))


def note(packet_id: str) -> Any:
    """Makes handlers that note their packets in the session, which is a list here."""
    return lambda session, *args: session.append((packet_id, *args))


@pytest.fixture(autouse=True)
def _empty_tables() -> Iterator[None]:
    yield
    use_own_packets((), note)


def test_own_packets_are_encoded_decoded_handled_and_described() -> None:
    assert use_own_packets([TURN, EATEN], note) == OwnPackets(("TURN",), ("EATEN",))
    for as_text in (False, True):
        for table, packet in ((TO_SERVER, Packet("TURN", (3, "so"))), (TO_CLIENT, Packet("EATEN", (4,)))):
            assert table.decode(table.encode(packet, as_text)) == packet
    with pytest.raises(PacketError, match=r"TURN\.by must be an integer from 0 to 3, not 4"):
        TO_SERVER.decode('["TURN",[4]]')
    session: list[Any] = []
    dispatch(session, TO_SERVER.decode('["TURN",[2]]'))
    assert session == [("TURN", 2)]
    assert [row["id"] for row in describe()["to_server"]][-1] == "TURN"
    assert [row["id"] for row in describe()["to_client"]][-1] == "EATEN"


def test_the_packets_of_the_next_game_replace_them() -> None:
    use_own_packets([TURN, EATEN], note)
    use_own_packets([TURN._replace(id="GO"), EATEN], note)
    assert (TO_SERVER.id_of(16, as_text=False), "TURN" in HANDLERS, "GO" in HANDLERS) == ("GO", False, True)
    use_own_packets((), note)
    assert (TO_SERVER.own(), TO_CLIENT.own(), "GO" in HANDLERS) == ((), (), False)
    with pytest.raises(PacketError, match="UNKNOWN_PACKET"):
        TO_SERVER.decode(b"\x92\x10\x90")


RANGES = "its code must be 16 to 31 (to the server) or 96 to 127 (to the client), not "
REFUSED: list[tuple[Any, str]] = [
    (TURN, "packets must be a list of rows, each made with PacketType(code, id, about, args)"),
    ("TURN", "packets must be a list of rows"),
    ([(16, "TURN", "turn")], "a row of packets must be made with PacketType(code, id, about, args), and this is (16,"),
    *(
        ([TURN._replace(code=code)], f"packet TURN: {RANGES}{code!r}")
        for code in (-1, 0, 15, 32, 50, 95, 128, 16.0, "16", None, True)
    ),
    *(
        ([TURN._replace(id=name)], f"packet {name!r}: an id has 1 to 32 capital letters")
        for name in ("", "turn", "2ND", "TO TURN", "T" * 33, "ÄH", 7, None)
    ),
    ([TURN, TURN._replace(id="GO")], "packet GO: TURN has the code 16 already"),
    ([TURN, TURN._replace(code=17)], "packet TURN: there is a packet with this id already"),
    ([TURN._replace(id="MOVE")], "packet MOVE: there is a packet with this id already"),
    ([EATEN._replace(id="STATE")], "packet STATE: there is a packet with this id already"),
    ([TURN._replace(about="")], "packet TURN: its third value must be a text that says what it is for"),
    ([TURN._replace(args=Arg("by", ANY))], "packet TURN: its arguments must be a list of at most 16 Arg(name, kind)"),
    ([TURN._replace(args=[Arg("by", ANY)] * 17)], "packet TURN: its arguments must be a list of at most 16 "),
    ([TURN._replace(args=[ANY])], "packet TURN: an argument must be made with Arg(name, kind), and this is Kind("),
    ([TURN._replace(args=[Arg("By", ANY)])], "packet TURN: the name of an argument must have 1 to 32 small letters"),
    ([TURN._replace(args=[Arg("by", ANY)] * 2)], "packet TURN: the name of an argument must have 1 to 32 small"),
    ([TURN._replace(args=[Arg("by", integer)])], "packet TURN: the kind of its argument by must be a kind of Net.sch"),
    (
        [TURN._replace(args=[Arg("by", ANY, True), Arg("to", ANY)])],
        "packet TURN: after an optional argument, all arguments must be optional",
    ),
]


@pytest.mark.parametrize(("rows", "said"), REFUSED, ids=[said[:50] for _, said in REFUSED])
def test_a_row_that_does_not_fit_is_refused_and_nothing_changes(rows: Any, said: str) -> None:
    use_own_packets([EATEN], note)
    before = (TO_SERVER.rows, TO_CLIENT.rows, dict(HANDLERS))
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the text is compared
        use_own_packets(rows, note)
    assert str(error.value).startswith(said)
    assert (TO_SERVER.rows, TO_CLIENT.rows, HANDLERS) == before
