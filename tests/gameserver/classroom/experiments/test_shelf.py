"""Tests of the experiments on the shelf: each ends as its row says, over a real socket and on a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

import pytest

from gameserver.classroom.experiments.shelf import EXPERIMENTS, NOT_ON_THE_SHELF, SHELF, Answer, Experiment
from tests.gameserver.classroom.exchange import Exchange, close_of, run
from tests.Net.support import WireFrame, parse_all
from tests.support import Arena, serving

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with serving() as running:
        yield running


def is_as_stated(frame: WireFrame, answer: Answer) -> bool:
    if not frame.fin or frame.mask_key or (frame.opcode, frame.rsv) != (answer.opcode, answer.rsv):
        return False
    return frame.payload.startswith(answer.payload) if answer.is_start else frame.payload == answer.payload


def check_frames(frames: list[WireFrame], answers: tuple[Answer, ...]) -> None:
    left = list(frames)
    for answer in answers:
        assert left, f"{answer} does not come"
        assert is_as_stated(left[0], answer), f"{left[0]} is not {answer}"
        left.pop(0)
        while answer.repeats and left and is_as_stated(left[0], answer):
            left.pop(0)
    assert left == []


def check(experiment: Experiment, exchange: Exchange) -> None:
    outcome = experiment.outcome
    head, rest, is_over, _ = exchange
    assert is_over
    if outcome.status != 101:
        assert head[:12].decode() == (f"HTTP/1.1 {outcome.status}" if outcome.status else "")
        assert outcome.says in (head + rest).decode("latin-1")
        return
    assert head.startswith(b"HTTP/1.1 101 "), head
    assert outcome.says in head.decode("latin-1")
    frames = parse_all(rest)
    code, reason = close_of(frames)
    check_frames(frames, outcome.frames)
    assert code == outcome.close_code, reason
    assert reason.startswith(outcome.close_reason)
    assert "\ufffd" not in reason
    assert bool(reason) == bool(outcome.close_reason)


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_an_experiment_ends_as_its_row_says(arena: Arena, experiment: Experiment) -> None:
    check(experiment, run(experiment, arena.port))


def test_a_wrong_row_would_be_noticed(arena: Arena) -> None:
    good = EXPERIMENTS["rfc-ping-masked"]
    exchange = run(good, arena.port)
    for wrong in (
        good.outcome._replace(frames=()),
        good.outcome._replace(frames=2 * good.outcome.frames),
        good.outcome._replace(frames=(good.outcome.frames[0]._replace(payload=b"hello"),)),
        good.outcome._replace(close_code=1002),
        good.outcome._replace(close_reason="a reason"),
        good.outcome._replace(status=400),
        good.outcome._replace(says="Sec-WebSocket-Protocol"),
    ):
        with pytest.raises(AssertionError):
            check(good._replace(outcome=wrong), exchange)


def test_an_answer_has_no_subprotocol_or_extension_that_it_must_not_have(arena: Arena) -> None:
    for experiment_id in (
        "handshake-subprotocol",
        "handshake-subprotocols-in-two-lines",
        "handshake-unknown-extension",
        "deflate-declined",
    ):
        head = run(EXPERIMENTS[experiment_id], arena.port).head.lower()
        assert b"sec-websocket-protocol" not in head
        assert b"sec-websocket-extensions" not in head


def test_every_row_is_unique_and_complete() -> None:
    rows = [row for chapter in SHELF.values() for row in chapter]
    assert len(rows) == len(EXPERIMENTS), "two rows have one id"
    assert len(rows) == len({row.title for row in rows}), "two rows have one title"
    for row in rows:
        assert re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", row.id)
        assert row.title
        assert row.rule
        assert row.note.endswith((".", "?"))
        assert re.fullmatch(r"RFC \d{4} section \d+(\.\d+)*", row.section)
        assert row.path in row.opening("host").decode("latin-1").lstrip("\r\n").split("\r\n")[0]


def test_the_shelf_has_a_row_for_every_section_with_rules_of_framing_and_of_the_handshake() -> None:
    sections = {row.section for row in EXPERIMENTS.values()}
    wanted = ["1.3", "4.1", "4.2.1", "4.2.2", "4.4"]
    wanted += ["5.1", "5.2", "5.3", "5.4", "5.5", "5.5.1", "5.5.2", "5.5.3", "5.6", "5.7", "5.8"]
    wanted += ["9.1", "11.3.4", "11.3.5"]  # sections about the handshake's fields
    assert {f"RFC 6455 section {section}" for section in wanted} <= sections
    assert {f"RFC 7692 section 7.2.3.{number}" for number in range(1, 7)} <= sections


def test_every_row_of_the_attacks_page_is_on_the_shelf_or_is_left_out_for_a_reason() -> None:
    page = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    advisories = set(re.findall(r"^\| (?!advisory \||---)(.+?) \|", page, flags=re.MULTILINE))
    shown = {advisory for row in EXPERIMENTS.values() for advisory in row.attacks}
    assert not shown & set(NOT_ON_THE_SHELF)
    assert shown | set(NOT_ON_THE_SHELF) == advisories
