"""Tests of explained opening handshakes: RFC 6455 section 1.3 step by step, each refusal and the function behind it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, strategies as st

from Net.dissect.conversation import Conversation, Record
from Net.dissect.opening import accept_steps, dissect_handshake, is_opening
from Net.dissect.plain import as_plain
from Net.dissect.records import Handshake
from Net.errors import HandshakeError
from Net.frames import OPCODE_TEXT
from Net.handshake import refusal, switching_protocols, upgrade_request
from Net.limits import Limits
from tests.Net.support import client_frame, frame_bytes
from tests.Net.test_properties import cut, places, quick

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
REQUEST = upgrade_request("localhost:3000", "/echo?lesson=1", KEY)
RESPONSE = switching_protocols(KEY)
DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]


def test_the_accept_key_is_that_of_the_rfc_step_by_step() -> None:
    """RFC 6455 section 1.3."""
    assert [step.value for step in accept_steps(KEY)] == [
        "dGhlIHNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
        "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]


def test_every_line_of_a_handshake_has_a_meaning() -> None:
    for handshake in (dissect_handshake(REQUEST), dissect_handshake(RESPONSE, KEY)):
        assert handshake.is_upgrade
        assert handshake.violation is None
        assert b"\r\n".join(line.text.encode() for line in handshake.lines) + b"\r\n\r\n" == handshake.wire
        for line in handshake.lines:
            assert line.meaning != "not part of the opening handshake", line.text
            assert line.section.startswith("RFC ")
    assert dissect_handshake(REQUEST).path == "/echo"


@pytest.mark.parametrize(
    ("old", "new", "status", "function"),
    [
        ("GET /echo", "POST /echo", 405, "check_upgrade"),
        ("HTTP/1.1", "HTTP/1.0", 505, "parse_request"),
        ("Host: localhost:3000\r\n", "", 400, "parse_request"),
        ("Connection: Upgrade", "Connection: close", 400, "check_upgrade"),
        ("Version: 13", "Version: 12", 426, "check_upgrade"),
        (KEY, "c2hvcnQ=", 400, "check_upgrade"),
        ("Upgrade: websocket", "Upgrade : websocket", 400, "_parse_field"),
        ("\r\n", "\n", 400, "find_end_of_head"),
    ],
)
def test_a_violation_names_its_status_and_the_function_that_refuses(
    old: str, new: str, status: int, function: str
) -> None:
    handshake = dissect_handshake(REQUEST.replace(old.encode(), new.encode()))
    assert not handshake.is_upgrade
    assert handshake.violation is not None
    assert (handshake.violation.status, handshake.violation.function) == (status, function)
    assert handshake.violation.file == "Net/handshake.py"
    assert "raise HandshakeError(" in handshake.violation.source


def test_rules_of_the_server_beyond_the_rfc_can_be_checked_too() -> None:
    def check(_request: object) -> None:
        raise HandshakeError(403, "this page may not connect", "RFC 6455 section 10.2")

    violation = dissect_handshake(REQUEST, check=check).violation
    assert violation is not None
    assert (violation.status, violation.function) == (403, check.__qualname__.replace(".<locals>", ""))


def test_a_response_that_does_not_fit_the_key_is_refused() -> None:
    handshake = dissect_handshake(RESPONSE, "AAAAAAAAAAAAAAAAAAAAAA==")
    assert handshake.violation is not None
    assert "does not belong to our key" in handshake.violation.rule


def test_a_page_that_is_asked_for_is_no_violation() -> None:
    handshake = dissect_handshake(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (handshake.is_upgrade, handshake.violation) == (False, None)


@pytest.mark.parametrize(("whole", "key"), [(REQUEST, None), (RESPONSE, KEY)], ids=["request", "response"])
def test_an_incomplete_request_or_answer_breaks_no_rule_yet(whole: bytes, key: str | None) -> None:
    for size in range(len(b"HTTP/1.1 101"), len(whole)):
        half = dissect_handshake(whole[:size], key)
        assert (half.is_whole, half.is_upgrade, half.violation) == (False, False, None)
        assert half.lines[-1].meaning == "has not come whole" or whole[:size].endswith((b"\r\n", b"\r\n\r"))
    assert dissect_handshake(whole, key).is_whole


def test_a_plain_request_is_refused_if_it_asks_for_no_page() -> None:
    for method, is_fine in (("GET", True), ("HEAD", True), ("POST", False), ("DELETE", False)):
        half = dissect_handshake(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert half.is_plain_http == is_fine
        assert is_fine or (half.violation is not None and half.violation.status == 405)


@pytest.mark.parametrize("name", ["Upgrade", "Connection", "Sec-WebSocket-Accept"])
def test_an_answer_must_have_its_fields_even_when_the_key_is_not_known(name: str) -> None:
    response = re.sub(rf"{name}: [^\r]*\r\n", "", RESPONSE.decode()).encode()
    assert dissect_handshake(RESPONSE).violation is None
    violation = dissect_handshake(response).violation
    assert violation is not None
    assert (violation.section, violation.function) == ("RFC 6455 section 4.1", "parse_switch")


def test_the_agreement_in_an_answer_is_known_without_the_key() -> None:
    assert dissect_handshake(switching_protocols(KEY, DEFLATE)).extension == "permessage-deflate"


def test_a_subprotocol_may_be_answered_only_if_it_was_offered() -> None:
    response = switching_protocols(KEY, [("Sec-WebSocket-Protocol", "chat")])
    for offer, is_fine in ((["soap", "chat"], True), ([], False)):
        assert (dissect_handshake(response, KEY, subprotocols=offer).violation is None) == is_fine


def meanings(half: Handshake) -> dict[str, tuple[str, str]]:
    return {line.name.lower(): (line.meaning.partition(" ")[0], line.section.rpartition(" ")[2]) for line in half.lines}


def test_a_line_means_what_its_sender_can_mean_by_it() -> None:
    asked, agreed = meanings(dissect_handshake(REQUEST)), meanings(dissect_handshake(RESPONSE, KEY))
    assert (asked["upgrade"], agreed["upgrade"]) == (("asks", "4.2.1"), ("agrees:", "4.2.2"))
    assert (asked["connection"][1], agreed["connection"][1]) == ("4.2.1", "4.2.2")
    old = HandshakeError(426, "Sec-WebSocket-Version must be 13", "RFC 6455 section 4.4", (("Upgrade", "websocket"),))
    refused = meanings(dissect_handshake(refusal(old), KEY))
    assert (refused["upgrade"], refused["connection"]) == (("names", "7.8"), ("options", "7.6.1"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_every_request_and_response_is_recognised(method: str) -> None:
    assert is_opening(f"{method} /chat HTTP/1.1\r\n".encode())
    assert is_opening(f"{method} /ch".encode()) == (method != "BREW")  # cut off, it could be anything
    assert is_opening(b"HTTP/1.1 101")
    assert not is_opening(client_frame(OPCODE_TEXT, b"GET / HTTP/1.1"))


# Whole connections ---------------------------------------------------------------------------------------------


def feed_all(conversation: Conversation, *data: tuple[bool, bytes]) -> list[Record]:
    return [record for from_client, piece in data for record in conversation.feed(from_client, piece)]


def test_both_directions_are_read_behind_the_handshake() -> None:
    request, response, question, answer = feed_all(
        Conversation(),
        (True, REQUEST),
        (False, RESPONSE + frame_bytes(OPCODE_TEXT, b"Welcome")),
        (True, client_frame(OPCODE_TEXT, b"Hello")),
    )
    assert isinstance(request, Handshake)
    assert isinstance(response, Handshake)
    assert (question.from_client, answer.from_client) == (False, True)


def test_frames_that_come_with_the_request_wait_for_the_answer() -> None:
    conversation = Conversation()
    assert len(feed_all(conversation, (True, REQUEST + client_frame(OPCODE_TEXT, b"Hello")))) == 1
    assert len(feed_all(conversation, (False, RESPONSE))) == 2


def test_compression_is_taken_from_the_answer() -> None:
    *_, frame = feed_all(
        Conversation(),
        (True, upgrade_request("localhost", "/", KEY, DEFLATE)),
        (False, switching_protocols(KEY, DEFLATE) + bytes.fromhex("c107f248cdc9c90700")),
    )
    assert as_plain(frame)["message"]["text"] == "Hello"


def test_an_incomplete_frame_is_kept_for_each_side() -> None:
    conversation = Conversation()
    feed_all(conversation, (True, REQUEST), (False, RESPONSE))
    assert conversation.unfinished() == []
    feed_all(
        conversation, (True, client_frame(OPCODE_TEXT, b"Hello")[:7]), (False, frame_bytes(OPCODE_TEXT, b"Hello")[:3])
    )
    assert [as_plain(frame)["missing"] for frame in conversation.unfinished()] == [4, 4]


def test_a_refusal_has_its_reason_and_ends_the_conversation() -> None:
    conversation = Conversation()
    error = HandshakeError(404, "there is no WebSocket at this path", "RFC 6455 section 4.2.2")
    _, response = feed_all(conversation, (True, REQUEST), (False, refusal(error)))
    assert isinstance(response, Handshake)
    assert "there is no WebSocket at this path" in response.body
    assert feed_all(conversation, (True, b"more"), (False, b"more")) == []


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


@pytest.mark.parametrize("cuts", [False, True], ids=["at once", "byte by byte"])
def test_interim_answers_are_records_of_their_own_and_the_answer_follows(cuts: bool) -> None:
    answer = EARLY + b"HTTP/1.1 100 Continue\r\n\r\n" + RESPONSE + frame_bytes(OPCODE_TEXT, b"Welcome")
    pieces = [answer[i : i + 1] for i in range(len(answer))] if cuts else [answer]
    conversation = Conversation()
    records = feed_all(conversation, (True, REQUEST), *((False, piece) for piece in pieces))
    _, early, going_on, response, frame = records
    for interim, first_line in ((early, "HTTP/1.1 103 Early Hints"), (going_on, "HTTP/1.1 100 Continue")):
        assert isinstance(interim, Handshake)
        assert (interim.lines[0].text, interim.body, interim.violation) == (first_line, "", None)
        assert "interim" in interim.lines[0].meaning
    assert isinstance(response, Handshake)
    assert response.is_upgrade
    assert conversation.response is response
    assert as_plain(frame)["message"]["text"] == "Welcome"


def test_a_refusal_behind_an_interim_answer_is_a_refusal() -> None:
    error = HandshakeError(404, "there is no WebSocket at this path", "RFC 6455 section 4.2.2")
    conversation = Conversation()
    *_, response = feed_all(conversation, (True, REQUEST), (False, EARLY + refusal(error)))
    assert isinstance(response, Handshake)
    assert "there is no WebSocket at this path" in response.body


@pytest.mark.parametrize("before", [b"\r\n", b"\r\n\r\n"])
def test_empty_lines_before_a_request_are_passed_over_as_the_server_does(before: bytes) -> None:
    assert is_opening(before + REQUEST)
    request, _, frame = feed_all(
        Conversation(), (True, before + REQUEST + client_frame(OPCODE_TEXT, b"Hello")), (False, RESPONSE)
    )
    assert isinstance(request, Handshake)
    assert request.is_upgrade
    assert request.is_whole
    assert request.lines[0].text.startswith("GET /echo")
    assert as_plain(frame)["message"]["text"] == "Hello"


def test_a_plain_request_is_told_from_a_handshake() -> None:
    conversation = Conversation()
    feed_all(conversation, (True, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    assert conversation.is_plain_http


@quick
@given(st.booleans(), places, places, st.lists(st.booleans(), max_size=40))
def test_a_conversation_does_not_depend_on_how_it_is_cut(
    deflate: bool, cuts: list[int], other_cuts: list[int], turns: list[bool]
) -> None:
    extra = DEFLATE if deflate else []
    request = upgrade_request("localhost", "/", KEY, extra)
    directions = {
        True: request + client_frame(OPCODE_TEXT, b"Hello", fin=False) + client_frame(0x9) + client_frame(0x0, b"!"),
        False: switching_protocols(KEY, extra) + frame_bytes(OPCODE_TEXT, b"Welcome") + frame_bytes(0x8),
    }
    wanted = {side: [r for r in feed_whole(directions) if r.from_client == side] for side in directions}
    # The request must come first, as it does on the wire; the other chunks may come in any order of the two sides.
    rest = {True: cut(directions[True][len(request) :], cuts), False: cut(directions[False], other_cuts)}
    conversation = Conversation()
    records = feed_all(conversation, *((True, piece) for piece in cut(request, cuts)))
    for side in [*turns, *[True] * 20, *[False] * 20]:
        if rest[side]:
            records += conversation.feed(side, rest[side].pop(0))
    for side in directions:
        assert [record for record in records if record.from_client == side] == wanted[side]
    json.dumps(as_plain(records))


def feed_whole(directions: dict[bool, bytes]) -> list[Record]:
    return feed_all(Conversation(), *directions.items())


@quick
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=60)), max_size=10))
def test_no_bytes_make_a_conversation_raise(data: list[tuple[bool, bytes]]) -> None:
    as_plain(feed_all(Conversation(Limits(head_bytes=100)), *data))
    as_plain(feed_all(Conversation(), (True, REQUEST), (False, RESPONSE), *data))
    as_plain(feed_all(Conversation(), (True, REQUEST), *data))
