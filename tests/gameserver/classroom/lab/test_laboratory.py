"""Tests of the lab in the server: the bytes that are sent, the answers, and the rule that decided."""

from __future__ import annotations

import json
import re
import time
from typing import Any, Iterator

import pytest

from gameserver.classroom.experiments.shelf import EXPERIMENTS, Experiment, Outcome
from gameserver.classroom.lab import bench
from gameserver.classroom.lab.bench import MOST_S, Bench, Trial
from gameserver.classroom.lab.findings import find
from gameserver.classroom.lab.verdict import compare
from Net.frames import OPCODE_BINARY, serialize
from tests.gameserver.classroom.support import Page, classroom, open_page
from tests.Net.support import wait_until
from tests.support import serving

pytestmark = pytest.mark.slow

HELLO = "818537fa213d7f9f4d5158"
HELLO_UNMASKED = "810548656c6c6f"
GOODBYE = "888237fa213d3412"


def opening(path: str = "/echo", key: str = "dGhlIHNhbXBsZSBub25jZQ==") -> str:
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    return "\r\n".join([*lines, "", ""]).encode().hex()


def run(page: Page, *steps: str, **changes: Any) -> dict[str, Any]:
    arguments = {"opening": opening(), "steps": steps, "byte_by_byte": False, "hangs_up": False, **changes}
    result: dict[str, Any] = page.do("run", **arguments)
    return result


def test_a_good_frame_is_answered_and_explained() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = run(page, HELLO, GOODBYE)
        assert [frame["opcode_name"] for frame in result["sent"]] == ["TEXT", "CLOSE"]
        assert result["answers"][0]["message"]["text"] == "Hello"
        assert (result["code"], result["end"], result["violations"]) == (1000, "closed", [])
        assert result["response"]["accept"][-1]["value"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_wrong_frame_names_the_rule_and_the_lines_that_decided() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = run(page, HELLO_UNMASKED)
        (violation,) = result["violations"]
        assert (result["code"], result["reason"]) == (violation["close_code"], violation["rule"])
        assert violation["section"] == "RFC 6455 section 5.1"
        assert violation["function"] == "check_first_bytes"
        assert "if masked and not second_byte & MASK" in violation["source"]


def test_a_slow_delivery_shows_after_which_byte_the_server_has_decided() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = run(page, HELLO_UNMASKED, byte_by_byte=True)
        assert result["code"] == 1002
        assert 2 <= result["answers"][0]["after"] < 7, "the second byte holds the MASK bit"


def test_a_long_delivery_byte_by_byte_arrives_in_a_bounded_time() -> None:
    long = serialize(OPCODE_BINARY, bytes(6000), mask_key=bytes(4))
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        started_s = time.monotonic()
        result = run(page, long.hex(), GOODBYE, byte_by_byte=True)
        assert time.monotonic() - started_s < MOST_S + 2
        # A slow machine may not send all bytes in time. Then the answer says how many are unsent.
        assert result["sent_bytes"] + result["unsent_bytes"] == len(long) + 8
        assert result["unsent_bytes"] > 0 or result["code"] == 1000


def test_a_delivery_that_takes_too_long_says_which_bytes_were_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gameserver.classroom.lab.bench.SENDING_S", 0.3)
    monkeypatch.setattr("gameserver.classroom.lab.bench.PAUSES_S", 60.0)
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = run(page, 4000 * "00", byte_by_byte=True)  # too few bytes of a handshake for an answer
        assert result["unsent_bytes"] > 4000
        assert (result["sent_bytes"], result["response"]) == (0, None)
        monkeypatch.setattr("gameserver.classroom.lab.bench.SENDING_S", 2.0)
        result = run(page, "82fe0fa000000000" + 4000 * "00", byte_by_byte=True)
        assert 0 < result["sent_bytes"] < 4008
        assert result["sent_bytes"] + result["unsent_bytes"] == 4008
        assert result["unread_bytes"] == result["sent_bytes"]


def test_a_server_at_one_of_the_addresses_of_a_name_is_found() -> None:
    with serving() as arena:  # on 127.0.0.1; with IPv6, localhost is also ::1
        bench = Bench("localhost", arena.port)
        good = EXPERIMENTS["rfc-ping-masked"]
        assert bench.run(Trial(good.opening(bench.host), good.sent)).answer.startswith(b"HTTP/1.1 101 ")


def test_the_lab_says_how_much_it_takes() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        bounds = page.do("bounds")
        assert bounds == {"message": arena.server.limits.message_bytes, "step": 16 * 1024, "steps": 4096}
        assert page.do("explain", wire=bounds["step"] * "00")


def test_pieces_are_joined_by_the_server() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = run(page, HELLO[:2], HELLO[2:9] + HELLO[9:12], HELLO[12:], GOODBYE)
        assert result["answers"][0]["message"]["text"] == "Hello"


def test_a_server_that_may_stay_silent_is_not_waited_for() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = run(page, HELLO[:8])
        assert (result["answers"], result["end"], result["unread_bytes"]) == ([], "open", 4)


@pytest.mark.parametrize(
    ("changed", "status", "function"),
    [
        ({"path": "/nowhere"}, 404, "upgrade"),
        ({"key": "c2hvcnQ="}, 400, "check_upgrade"),
    ],
)
def test_a_refused_handshake_names_the_function_behind_it(changed: dict[str, str], status: int, function: str) -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = run(page, HELLO, opening=opening(**changed))
        assert result["response"]["lines"][0]["text"].split()[1] == str(status)
        (violation,) = result["violations"]
        assert violation["status"] == status
        assert violation["function"] == function
        assert violation["rule"] in result["response"]["body"]


@pytest.fixture(scope="module")
def lab() -> Iterator[Page]:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        yield page


def refuses(outcome: Outcome) -> bool:
    """Returns whether the server refuses something in this outcome."""
    is_error = any(b"ERROR" in answer.payload or b"BAD_PACKET" in answer.payload for answer in outcome.frames)
    return outcome.status not in (0, 101) or bool(outcome.close_reason) or is_error


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_each_refusal_is_shown_with_rule_and_source(lab: Page, experiment: Experiment) -> None:
    result = lab.do("run_experiment", experiment=experiment.id)
    assert [point for point in result["points"] if not point["is_as_stated"]] == []
    assert bool(result["violations"]) == refuses(experiment.outcome)
    for violation in result["violations"]:
        assert violation["rule"]
        assert re.match(r"RFC \d+ section |docs/", violation["section"])
        assert re.search(r"^ +(raise |_?refuse|self\.)", violation["source"], re.MULTILINE), violation["source"]
    refused = [answer for answer in result["answers"] if answer["refusal"]]
    assert bool(refused) == (refuses(experiment.outcome) and experiment.outcome.status == 101)


@pytest.mark.parametrize(
    ("experiment", "decided"),
    [
        ("handshake-no-upgrade", ["_check_upgrade_is_there() in Net/port/http.py"]),
        ("handshake-never-ends", ["HeadReader._receive() in Net/head_reader.py"]),
        ("packet-before-join", ["Session.seated() in gameserver/session.py"]),
        (
            "packet-flood",
            ["PacketTable._find() in Net/packets.py", "Session._check_patience() in gameserver/session.py"],
        ),
    ],
)
def test_facts_that_only_the_server_knows_come_from_the_server(lab: Page, experiment: str, decided: list[str]) -> None:
    violations = lab.do("run_experiment", experiment=experiment)["violations"]
    assert [f"{one['function']}() in {one['file']}" for one in violations] == decided


def test_bytes_are_explained_before_they_are_sent() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        whole, part = page.do("explain", wire=HELLO + HELLO[:10])
        assert whole["message"]["text"] == "Hello"
        assert part["missing"] > 0


def test_an_experiment_is_compared_with_its_row() -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        result = page.do("run_experiment", experiment="rfc-hello-unmasked")
        assert [point["what"] for point in result["points"]] == ["handshake", "frames", "close"]
        assert all(point["is_as_stated"] for point in result["points"])


def test_a_wrong_row_would_be_noticed() -> None:
    with serving() as arena:
        bench = Bench("127.0.0.1", arena.port)
        good = EXPERIMENTS["rfc-ping-masked"]
        result = bench.run(Trial(good.opening(bench.host), good.sent))
        findings = find(result, arena.server.limits_of, arena.server.check_opening)
        assert all(point.is_as_stated for point in compare(good.outcome, findings))
        for wrong in (
            good.outcome._replace(frames=()),
            good.outcome._replace(frames=2 * good.outcome.frames),
            good.outcome._replace(frames=(good.outcome.frames[0]._replace(payload=b"hello"),)),
            good.outcome._replace(frames=(good.outcome.frames[0]._replace(opcode=1),)),
            good.outcome._replace(close_code=1002),
            good.outcome._replace(close_reason="a reason"),
            good.outcome._replace(status=400),
            good.outcome._replace(says="Sec-WebSocket-Protocol"),
        ):
            assert not all(point.is_as_stated for point in compare(wrong, findings))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ({"do": "run", "opening": "zz", "steps": [], "byte_by_byte": False, "hangs_up": False}, "hex"),
        ({"do": "run", "opening": "", "steps": [1], "byte_by_byte": False, "hangs_up": False}, "hex"),
        (
            {"do": "run", "host": "192.0.2.7", "opening": "", "steps": [], "byte_by_byte": False, "hangs_up": False},
            "takes",
        ),
        ({"do": "run_experiment", "experiment": "nothing"}, "no such experiment"),
        ({"do": "explain", "wire": "00" * 20000}, "hex digits of up to 16384 bytes"),
    ],
)
def test_an_impossible_command_gets_a_sentence(command: dict[str, Any], says: str) -> None:
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        arguments = {key: value for key, value in command.items() if key != "do"}
        assert says in page.ask(command["do"], **arguments)["error"]


def test_the_lab_takes_no_places_of_the_people_on_this_machine() -> None:
    with classroom(max_connections_per_address=1) as (arena, _), open_page(arena, "/lab") as page:
        assert run(page, GOODBYE)["response"]["is_upgrade"]


def test_an_experiment_that_finds_a_full_server_says_so() -> None:
    with classroom(max_connections=1) as (arena, _), open_page(arena, "/lab") as page:
        for answer in (
            page.ask("run_experiment", experiment=next(iter(EXPERIMENTS))),
            page.ask("run", opening=opening(), steps=[], byte_by_byte=False, hangs_up=False),
        ):
            assert answer["error"].startswith(
                "the server has no place for the experiment just now: the server is full: it takes 1 connections"
            )


def test_an_experiment_that_finds_no_place_on_the_bench_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MOST_AT_ONCE", 1)
    with classroom() as (arena, _), open_page(arena, "/lab") as first, open_page(arena, "/lab") as second:
        command: dict[str, Any] = {"opening": b"GET /echo".hex(), "steps": [], "byte_by_byte": False, "hangs_up": False}
        first.websocket.send(json.dumps({"id": 7, "do": "run", **command}))
        wait_until(lambda: arena.server.describe()["connections"] == 3, "the first is running")
        assert "1 experiments are running" in second.ask("run", **command)["error"]
        assert "said" in first.receive()
        assert "said" in second.ask("run", **command), "there is a place again"
