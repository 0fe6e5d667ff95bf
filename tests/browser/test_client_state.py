"""Tests of the client for the page of any game: it applies changes to a state, and draws between two states."""

from __future__ import annotations

import json
from typing import Any, Iterator

import msgpack
import pytest

from tests.browser.conftest import QUIET, serve, visiting

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """A page of the server that can import its modules, for all tests: they only call functions."""
    with serve(QUIET, {}) as served, visiting(browser) as visit:
        yield visit(served.url).page


def replay(page: Any, start: dict[Any, Any], *changes: list[dict[Any, Any]]) -> list[Any]:
    """Returns the state after GAME_STATE and after each GAME_CHANGES; all of them come as MessagePack."""
    code = """async (messages) => {
        const { decode } = await import("/web/lib/msgpack.js");
        const { applyChanges, makeState } = await import("/web/lib/state.js");
        const bytes = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
        const [start, ...changes] = messages.map((text) => decode(bytes(text)));
        const states = [makeState(start)];
        for (const args of changes) states.push(applyChanges(states[states.length - 1], ...args));
        return states.map((state) => JSON.stringify(state)); // the driver of the browser would drop a key "__proto__"
    }"""
    texts = page.evaluate(code, [msgpack.packb(message).hex() for message in (start, *changes)])
    return [json.loads(text) for text in texts]


START = {"tick": 7, "entities": {"snake": {3: {"x": 10, "y": 4}, 12: {"x": 0, "y": 0}}, "apple": {"a": {"x": 5}}}}


def test_maps_with_numbers_as_keys_become_objects(page: Any) -> None:
    (state,) = replay(page, {"entities": {"snake": {3: {}, 300: {}, 2**40: {}, -1: {}}}})
    assert set(state["entities"]["snake"]) == {"3", "300", str(2**40), "-1"}


def test_changes_set_fields_and_keep_the_others(page: Any) -> None:
    _, after = replay(page, START, [{}, {"snake": {3: {"x": 11}}}, {"tick": 8}])
    assert after == {
        "tick": 8,
        "entities": {"snake": {"3": {"x": 11, "y": 4}, "12": {"x": 0, "y": 0}}, "apple": {"a": {"x": 5}}},
    }


def test_entities_go_and_come(page: Any) -> None:
    _, after = replay(
        page, START, [{"snake": [3], "apple": ["a"]}, {"snake": {4: {"x": 1}}, "wall": {1: {"x": 2}}}, {}]
    )
    assert after["entities"] == {"snake": {"4": {"x": 1}, "12": {"x": 0, "y": 0}}, "apple": {}, "wall": {"1": {"x": 2}}}


def test_an_id_in_gone_and_entities_is_a_new_entity(page: Any) -> None:
    _, after = replay(page, START, [{"snake": [3]}, {"snake": {3: {"x": 1}}}, {}])
    assert after["entities"]["snake"]["3"] == {"x": 1}, "no field of the old entity stays"


def test_gone_may_name_kinds_and_ids_that_the_page_does_not_know(page: Any) -> None:
    _, after = replay(page, START, [{"snake": [99], "ghost": [1]}, {}, {}])
    assert after["entities"]["snake"].keys() == {"3", "12"}


def test_a_value_in_others_is_whole(page: Any) -> None:
    _, after = replay(page, {**START, "food": {"x": 1, "y": 2}}, [{}, {}, {"food": {"x": 9}, "winner": None}])
    assert (after["food"], after["winner"]) == ({"x": 9}, None)


def test_a_state_without_entities_gets_an_empty_map(page: Any) -> None:
    assert replay(page, {"score": 1}, [{}, {"snake": {1: {"x": 0}}}, {}]) == [
        {"score": 1, "entities": {}},
        {"score": 1, "entities": {"snake": {"1": {"x": 0}}}},
    ]


def test_names_of_javascript_are_names_like_any_other(page: Any) -> None:
    evil = {"__proto__": {"__proto__": {"x": 1}}, "constructor": {"toString": {"x": 2}}}
    start, after = replay(page, {"entities": evil}, [{}, {"__proto__": {"__proto__": {"x": 3}}}, {"__proto__": 4}])
    assert start["entities"] == evil
    assert after["entities"]["__proto__"] == {"__proto__": {"x": 3}}
    assert after["__proto__"] == 4
    assert page.evaluate("({}).x") is None


def test_the_states_before_stay_as_they_were_and_share_what_did_not_change(page: Any) -> None:
    found = page.evaluate("""async () => {
        const { applyChanges, makeState } = await import("/web/lib/state.js");
        const before = makeState({ entities: { snake: { 3: { x: 1 }, 4: { x: 2 } }, apple: { 1: { x: 3 } } } });
        const whole = JSON.stringify(before);
        const after = applyChanges(before, { snake: [4] }, { snake: { 3: { x: 9 } } }, { tick: 1 });
        return {
            isUntouched: JSON.stringify(before) === whole,
            isShared: before.entities.apple === after.entities.apple,
            x: after.entities.snake[3].x,
        };
    }""")
    assert found == {"isUntouched": True, "isShared": True, "x": 9}


def drawn(page: Any, states: list[tuple[float, dict[str, Any]]], times_ms: list[float], **options: Any) -> list[Any]:
    """Returns the states that are drawn at these times. A tick takes 50 ms; the states come at their times."""
    code = """async ({ states, timesMs, options }) => {
        const { Smoothing } = await import("/web/lib/smoothing.js");
        const smoothing = new Smoothing(20, options);
        const found = [];
        const isDue = (timeMs) => timesMs.length && timesMs[0] < timeMs;
        for (const [atMs, state] of [...states, [Infinity, null]]) {
            while (isDue(atMs)) found.push(JSON.stringify(smoothing.at(timesMs.shift())));
            if (state) smoothing.add(state, atMs);
        }
        return found.map((text) => JSON.parse(text));
    }"""
    found: list[Any] = page.evaluate(code, {"states": states, "timesMs": times_ms, "options": options})
    return found


def things(**entities: dict[str, Any]) -> dict[str, Any]:
    return {"thing": entities}


def moving(ticks: int, field: str = "x", step: float = 10, start: int = 100) -> list[tuple[float, dict[str, Any]]]:
    """States in which an entity moves evenly; each comes at its time."""
    return [
        (50 * tick, {"tick": tick, "entities": things(a={field: step * (tick - start)})})
        for tick in range(start, start + ticks)
    ]


def test_before_the_first_state_there_is_nothing_to_draw(page: Any) -> None:
    assert drawn(page, [], [1]) == [None]


def test_what_moves_evenly_is_drawn_evenly(page: Any) -> None:
    times_ms = [5200 + 10 * i for i in range(1, 30)]
    places = [state["entities"]["thing"]["a"]["x"] for state in drawn(page, moving(20), times_ms)]
    # 1.5 ticks in the past.
    assert places == pytest.approx([(time_ms / 50 - 1.5 - 100) * 10 for time_ms in times_ms])


def test_states_that_come_unevenly_are_drawn_without_jumps(page: Any) -> None:
    late_ms = [0, 17, 3, 24, 8, 0, 21, 12]
    states = [(at_ms + late_ms[i % 8], state) for i, (at_ms, state) in enumerate(moving(60))]
    places = [s["entities"]["thing"]["a"]["x"] for s in drawn(page, states, [6000 + 10 * i for i in range(180)])]
    steps = [after - before for before, after in zip(places, places[1:])]
    assert min(steps) >= 0
    assert max(steps) < 2 * 10 * 10 / 50, "twice the usual step of a picture"


def test_only_the_named_fields_of_entities_in_both_states_lie_between(page: Any) -> None:
    before = {"tick": 1, "round": 1, "entities": things(a={"x": 0, "y": 0, "lives": 3, "name": "A"}, gone={"x": 1})}
    after = {"tick": 2, "round": 2, "entities": things(a={"x": 8, "y": None, "lives": 2, "name": "B"}, new={"x": 5})}
    (state,) = drawn(page, [(50, before), (100, after)], [150])
    assert state["entities"]["thing"]["a"] == {"x": 4, "y": None, "lives": 2, "name": "B"}
    assert state["entities"]["thing"].keys() == {"a", "new"}
    assert state["entities"]["thing"]["new"] == {"x": 5}
    assert state["round"] == 2
    (state,) = drawn(page, [(50, before), (100, after)], [150], smooth=["lives"])
    assert state["entities"]["thing"]["a"]["lives"] == 2.5
    assert state["entities"]["thing"]["a"]["x"] == 8


@pytest.mark.parametrize(
    ("options", "x", "angle"),
    [
        ({}, 398.5, 3.1),
        ({"wrap": {"x": 800, "angle": 6.2}}, 798.5, 0.0),
        ({"leap": 300}, 1, 3.1),
    ],
    ids=["plain", "wrap", "leap"],
)
def test_a_world_may_wrap_around_and_a_leap_is_not_drawn(page: Any, options: Any, x: float, angle: float) -> None:
    before = {"tick": 1, "entities": things(a={"x": 796, "angle": 0.1})}
    after = {"tick": 2, "entities": things(a={"x": 1, "angle": 6.1})}
    (state,) = drawn(page, [(50, before), (100, after)], [150], smooth=["x", "angle"], **options)
    assert state["entities"]["thing"]["a"] == pytest.approx({"x": x, "angle": angle})


def test_what_does_not_come_has_not_changed(page: Any) -> None:
    states = [*moving(5), (50 * 120, {"tick": 120, "entities": things(a={"x": 60})})]
    early, late = drawn(page, states, [50 * 118, 50 * 120 + 50])
    assert early["entities"]["thing"]["a"]["x"] == 40
    assert late["entities"]["thing"]["a"]["x"] == 50, "half way, and not after one step of sixteen"


def test_a_game_that_tells_no_tick_is_drawn_by_the_time_of_the_page(page: Any) -> None:
    states = [(at_ms, {"entities": state["entities"]}) for at_ms, state in moving(20)]
    (state,) = drawn(page, states, [5750.0])
    assert state["entities"]["thing"]["a"]["x"] == pytest.approx(135)


def test_a_new_round_is_not_drawn_from_the_old_one(page: Any) -> None:
    states = [*moving(5), (50 * 105, {"tick": 0, "entities": things(a={"x": 500})})]
    (state,) = drawn(page, states, [50 * 105 + 1])
    assert state["entities"]["thing"]["a"]["x"] == 500
