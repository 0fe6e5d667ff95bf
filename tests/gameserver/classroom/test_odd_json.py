"""Tests of JSON that only Python accepts, on every console and in the game: the answer is an error in strict JSON."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Iterator, NoReturn

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.world_manager import GameWorldManager
from Net.client import connect
from Net.frames import OPCODE_TEXT, serialize
from Net.websocket import WebSocket
from tests.gameserver.classroom.support import TOKEN, classroom, open_page
from tests.Net.support import DEADLINE_S

# As deep and as long as the game's path allows: it has the lowest limit on a message.
DEEP = 300
CONSOLES = {"/admin": "pause", "/lab": "explain", "/inspect": "search"}
ARGUMENTS = {"/admin": "room", "/lab": "wire", "/inspect": "words"}
ODD = {
    "a lone surrogate": r'"\ud800"',
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "a number beyond a double": "1e999",
    "an integer of 1,800 digits": "9" * 1_800,
    "deep lists": "[" * DEEP + "]" * DEEP,
    "deep objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "lists": "[[[[]]]]",
    "an object": '{"a": "b"}',
    "a long text": '"' + "x" * 1_800 + '"',
}


def no_constant(name: str) -> NoReturn:
    raise AssertionError(f"{name} is not JSON")


def answer_of(websocket: WebSocket) -> dict[str, Any]:
    """Returns the next answer to a command. It must be strict JSON."""
    while True:
        message = websocket.receive(DEADLINE_S)
        assert isinstance(message, str)
        answer: dict[str, Any] = json.loads(message, parse_constant=no_constant)
        if "id" in answer:
            return answer


@contextlib.contextmanager
def console(path: str) -> Iterator[WebSocket]:
    with classroom() as (arena, _):
        arena.server.add_route(
            "/admin", Console(GameWorldManager(arena.server), OperatorAuthentication(TOKEN)).converse
        )
        websocket = connect(arena.url(path))
        try:
            websocket.send(json.dumps({"token": TOKEN}))
            assert json.loads(websocket.receive(DEADLINE_S)) == {"ok": True}
            yield websocket
        finally:
            websocket.close()


@pytest.mark.parametrize("path", CONSOLES)
def test_odd_values_get_an_error_with_the_id_of_their_command(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with console(path) as websocket:
        for what, odd in ODD.items():
            websocket.send(f'{{"id": 7, "do": "{CONSOLES[path]}", "{ARGUMENTS[path]}": {odd}}}')
            answer = answer_of(websocket)
            assert isinstance(answer["error"], str), what
            assert answer["id"] == (None if what.startswith("deep") else 7), what
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("path", CONSOLES)
def test_odd_ids_and_keys_get_an_error(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with console(path) as websocket:
        for what, odd in ODD.items():
            websocket.send(f'{{"id": {odd}, "do": "{CONSOLES[path]}", "{ARGUMENTS[path]}": "00"}}')
            answer = answer_of(websocket)
            assert (answer["id"], type(answer.get("error"))) == (None, str), what
        for message in (r'{"id": 7, "\ud800": 1}', r'{"id": 7, "do": "\udfff"}', '{"id": 7, "do": NaN}', '{"id": 7}'):
            websocket.send(message)
            answer = answer_of(websocket)
            assert (answer["id"], type(answer.get("error"))) == (7, str), message
        websocket.send(b'{"id": "\xff"}')
        assert answer_of(websocket)["id"] is None
        websocket.send(f'{{"id": "seven", "do": "{CONSOLES[path]}"}}')
        assert answer_of(websocket)["id"] == "seven"
    assert "Traceback" not in caplog.text


def test_a_packet_with_half_of_a_character_is_explained_and_not_passed_on() -> None:
    wire = serialize(OPCODE_TEXT, rb'["JOIN",["\ud800"]]', mask_key=bytes(4)).hex()
    with classroom() as (arena, _), open_page(arena, "/lab") as page:
        (frame,) = page.do("explain", wire=wire)
        assert "surrogate" in json.dumps(frame)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_the_game_answers_odd_json_with_an_error(odd: str, caplog: pytest.LogCaptureFixture) -> None:
    with classroom() as (arena, _):
        websocket = connect(arena.url("/"))
        try:
            for message in (
                f'["JOIN",[{odd}]]',
                f'["AIM",[{odd}]]',
                f'["JOIN",["Ann",{{"room":{odd}}}]]',
                f"[{odd},[]]",
            ):
                websocket.send(message)
                answer = json.loads(websocket.receive(DEADLINE_S), parse_constant=no_constant)
                assert answer[0] == "ERROR"
        finally:
            websocket.close()
    assert "Traceback" not in caplog.text
