"""Tests of lost releases: no key, button, finger or stick stays held when the page does not see its release."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator

import pytest

from tests.browser.conftest import QUIET, Served, Visitor, eventually, serve, visiting

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]

STILL = {"direction": None, "isAttacking": False, "isShooting": False}
WANTED = "({ direction: game.input.direction, isAttacking: game.input.isAttacking, isShooting: game.input.isShooting })"


@pytest.fixture(scope="module")
def player_of_all_tests(browser: Any) -> Iterator[Visitor]:
    """A player on a quiet meadow."""
    with serve(QUIET, {}) as served, visiting(browser) as visit:
        visitor = visit(served.url)
        visitor.join("Ann")
        yield visitor


@pytest.fixture
def ann(player_of_all_tests: Visitor) -> Iterator[Visitor]:
    """The player, who holds nothing at the beginning of each test."""
    visitor = player_of_all_tests
    assert visitor.see(WANTED) == STILL, "the test before has left something"
    yield visitor
    for name in ("d", " "):
        visitor.page.keyboard.up(name)
    for button in ("left", "right"):
        visitor.page.mouse.up(button=button)
    send(visitor, "window", "Event", "blur")
    visitor.see("delete navigator.getGamepads")


def send(visitor: Visitor, target: str, kind: str, name: str, **more: Any) -> None:
    """Sends an event to an element, as a browser does: it bubbles, and can be prevented."""
    init = {"bubbles": True, "cancelable": True, **more}
    visitor.see(f"{target}.dispatchEvent(new {kind}({json.dumps(name)}, {json.dumps(init)}))")


def key(visitor: Visitor, name: str, code: str, **more: Any) -> None:
    send(visitor, "document.body", "KeyboardEvent", name, code=code, **{"key": code, **more})


def hold_everything(visitor: Visitor) -> None:
    """Holds a key, the left button and the space bar."""
    visitor.page.keyboard.down("d")
    visitor.page.keyboard.down(" ")
    visitor.aim_and_hold(100, 0)
    assert visitor.see(WANTED) == {"direction": 0, "isAttacking": True, "isShooting": True}


# The events after which a page gets no more keys: target, kind of event, name, more fields.
LOSSES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "the window loses the focus": ("window", "Event", "blur", {}),
    "the page is left": ("window", "Event", "pagehide", {}),
    "the tab is hidden": ("document", "Event", "visibilitychange", {}),
    "a menu opens over the page": ("document.body", "MouseEvent", "contextmenu", {}),
    "an input method begins a word": ("document.body", "CompositionEvent", "compositionstart", {}),
    "something of the page is dragged": ("document.body", "DragEvent", "dragstart", {}),
    "the pen is taken away": ("document.body", "PointerEvent", "pointercancel", {"pointerType": "pen"}),
    "Command is pressed": ("document.body", "KeyboardEvent", "keydown", {"key": "Meta", "metaKey": True}),
    "a key with Command": ("document.body", "KeyboardEvent", "keydown", {"key": "c", "code": "KeyC", "metaKey": True}),
    "Command is let go": ("document.body", "KeyboardEvent", "keyup", {"key": "Meta", "code": "MetaLeft"}),
    "Alt opens a menu": ("document.body", "KeyboardEvent", "keyup", {"key": "Alt", "code": "AltLeft"}),
    "an input method takes a key": ("document.body", "KeyboardEvent", "keydown", {"key": "Process", "keyCode": 229}),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_everything_is_released_when(ann: Visitor, loss: str) -> None:
    hold_everything(ann)
    target, kind, name, more = LOSSES[loss]
    send(ann, target, kind, name, **more)
    assert ann.see(WANTED) == STILL


def test_a_player_who_leaves_the_tab_stands_still_on_the_server(start_server: Start, visit: Visit) -> None:
    served = start_server(QUIET)
    ann = visit(served.url)
    ann.join("Ann")
    player = served.player("Ann")
    hold_everything(ann)
    eventually(lambda: player.direction == 0 and player.attacking, "Ann walks and swings")
    send(ann, "window", "Event", "blur")
    eventually(lambda: player.direction is None and not player.attacking, "Ann stands still")


def test_a_key_released_with_command_down_can_be_pressed_again(ann: Visitor) -> None:
    key(ann, "keydown", "KeyD")
    key(ann, "keydown", "MetaLeft", key="Meta", metaKey=True)
    key(ann, "keydown", "KeyW", metaKey=True)
    assert ann.see(WANTED) == STILL, "a shortcut does not walk"
    key(ann, "keyup", "MetaLeft", key="Meta")
    key(ann, "keydown", "KeyA")
    assert ann.see("game.input.direction") == 4
    key(ann, "keyup", "KeyA")
    assert ann.see(WANTED) == STILL


# Letters that become part of a text, or of a shortcut.
NOT_FOR_WALKING = {
    "in the middle of a word": {"isComposing": True},
    "taken by an input method": {"keyCode": 229},
    "with Control": {"ctrlKey": True},
    "with Alt": {"altKey": True},
    "with AltGr on Windows": {"ctrlKey": True, "altKey": True, "modifierAltGraph": True},
    "with AltGr on Linux": {"modifierAltGraph": True},
}


@pytest.mark.parametrize("how", NOT_FOR_WALKING)
def test_a_letter_does_not_walk(ann: Visitor, how: str) -> None:
    for code in ("KeyD", "KeyQ", "Space"):
        key(ann, "keydown", code, **NOT_FOR_WALKING[how])
    assert ann.see(WANTED) == STILL


def test_a_dead_key_walks_by_its_place_and_is_released(ann: Visitor) -> None:
    key(ann, "keydown", "KeyD", key="Dead")
    assert ann.see("game.input.direction") == 0
    key(ann, "keyup", "KeyD", key="Dead")
    assert ann.see(WANTED) == STILL


def test_a_button_released_outside_the_window_is_not_held_when_the_mouse_comes_back(ann: Visitor) -> None:
    ann.aim_and_hold(100, 0)
    ann.page.mouse.move(900, 300)
    assert ann.see("game.input.isAttacking"), "a button stays held while the mouse moves"
    send(ann, "document.body", "MouseEvent", "mousemove", buttons=0)
    assert ann.see(WANTED) == STILL


def test_only_the_button_that_was_released_outside_the_window_is_released(ann: Visitor) -> None:
    ann.aim_and_hold(100, 0)
    ann.page.mouse.down(button="right")
    assert ann.see(WANTED) == {**STILL, "isAttacking": True, "isShooting": True}
    send(ann, "document.body", "MouseEvent", "mousemove", buttons=2)
    assert ann.see(WANTED) == {**STILL, "isShooting": True}


def test_the_right_button_on_the_game_shoots_and_opens_no_menu(ann: Visitor) -> None:
    ann.page.mouse.move(700, 300)
    ann.page.mouse.down(button="right")
    assert (
        ann.see(
            "document.getElementById('view').dispatchEvent("
            "new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))"
        )
        is False
    )
    assert ann.see("game.input.isShooting")
    ann.page.mouse.up(button="right")
    assert ann.see(WANTED) == STILL


def finger(visitor: Visitor, name: str, number: int, x: int, y: int, target: str = "view") -> None:
    more = {"pointerType": "touch", "pointerId": number, "clientX": x, "clientY": y}
    send(visitor, f"document.getElementById('{target}')", "PointerEvent", name, **more)


@pytest.mark.parametrize("end", ["pointerup", "pointercancel"])
def test_a_finger_that_ends_outside_the_picture_is_released(ann: Visitor, end: str) -> None:
    finger(ann, "pointerdown", 5, 200, 400)
    finger(ann, "pointermove", 5, 260, 400)
    finger(ann, "pointerdown", 6, 900, 400)
    assert ann.see(WANTED) == {**STILL, "direction": 0, "isAttacking": True}
    # These fingers are not real, so the page cannot capture them: the events go to the element under the finger.
    finger(ann, end, 5, 260, 20, "scoreboard")
    finger(ann, end, 6, 900, 20, "scoreboard")
    assert ann.see(WANTED) == STILL
    assert not ann.page.is_visible("#stick")


def test_a_finger_is_released_with_everything_else(ann: Visitor) -> None:
    finger(ann, "pointerdown", 5, 200, 400)
    finger(ann, "pointermove", 5, 260, 400)
    send(ann, "window", "Event", "blur")
    assert not ann.page.is_visible("#stick")
    finger(ann, "pointermove", 5, 270, 400)
    assert ann.see(WANTED) == STILL


PLUG_IN = """() => {
    const buttons = Array.from({ length: 17 }, (_, number) => ({ pressed: number === 0 }));
    navigator.getGamepads = () => [null, { mapping: "standard", axes: [1, 0, 0, 0], buttons }];
}"""


def test_a_gamepad_that_is_unplugged_holds_nothing(ann: Visitor) -> None:
    ann.page.evaluate(PLUG_IN)
    ann.until("game.input.direction === 0 && game.input.isAttacking", "the stick and the button are read")
    ann.page.evaluate("() => { navigator.getGamepads = () => [null, null]; }")
    ann.until("game.input.direction === null && !game.input.isAttacking", "nothing is held any more")


def test_escape_in_the_middle_of_a_word_leaves_the_chat_open(ann: Visitor) -> None:
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_selector("#chat", state="visible")
    escape = {"key": "Escape", "code": "Escape"}
    send(ann, "document.getElementById('chat-text')", "KeyboardEvent", "keydown", isComposing=True, **escape)
    assert ann.page.is_visible("#chat")
    send(ann, "document.getElementById('chat-text')", "KeyboardEvent", "keydown", **escape)
    assert not ann.page.is_visible("#chat")
