"""Tests of the client for the page of any game, on pages that play a game of its own against a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.base_game import BaseGame
from gameserver.handlers import hand_in
from Net.own_packets import use_own_packets
from Net.packets import Arg, PacketType
from Net.port.http import Page, html_page
from Net.schema import COUNT, NUMBER
from tests.browser.conftest import Served, Visitor, eventually, serve
from tests.support import free_port

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

SPEED = 60.0  # units per second
GOAL = 1000.0


class Race(BaseGame):
    """Each runner runs while it is told to; "goal" takes it to the end of the round, and "shout" tells everybody."""

    def add_player(self, player_id: int, name: str, team: int | None = None) -> Any:
        runner = super().add_player(player_id, name, team)
        runner.x, runner.is_running = 0.0, False
        return runner

    def reset(self) -> None:
        super().reset()
        for runner in self.players.values():
            runner.x, runner.is_running = 0.0, False

    def check_input(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("an input must be a map")
        return value

    def process_input(self, player_id: int, input_data: Any) -> None:
        runner = self.players[player_id]
        runner.is_running = input_data.get("run", runner.is_running)
        if "goal" in input_data:
            runner.x = GOAL
            self.handle_scoring(player_id)
        if "shout" in input_data:
            self.tell("shout", player_id, input_data["shout"])

    def update(self, delta_time: float) -> None:
        super().update(delta_time)
        for runner in self.players.values():
            runner.x += runner.is_running * SPEED * delta_time

    def is_game_over(self) -> bool:
        return any(runner.x >= GOAL for runner in self.players.values())

    def get_game_state(self) -> dict[str, Any]:
        runners = {runner.id: {"x": runner.x, "name": runner.name} for runner in self.players.values()}
        return {"tick": self.tick, "entities": {"runner": runners}}


# The page of the game: the name comes from its address, and what is called is written down.
SCRIPT = """
import { GameClient } from "/web/lib/client.js";
const name = new URLSearchParams(location.search).get("name") ?? GameClient.kept()?.name;
const said = [];
const note = (what) => (...values) => said.push([what, ...values]);
const game = new GameClient({
  name,
  onJoined: note("joined"), onEvent: note("event"), onRoom: note("room"), onOver: note("over"), onChat: note("chat"),
  onNotice: note("notice"), onError: note("error"), onWaiting: note("waiting"), onEnd: note("end"),
});
Object.assign(globalThis, { game, said });
"""


PAGE = '<!doctype html><title>Race</title><script type="module" src="/race.js"></script>'


def with_page(served: Served) -> Served:
    script = Page("text/javascript; charset=utf-8", SCRIPT.encode())
    served.server.add_page("/race.js", script)
    served.server.add_page("/race", html_page(PAGE))
    return served


@pytest.fixture
def served() -> Iterator[Served]:
    with serve({}, {"results_s": 1.0}, make_game=Race) as served:
        yield with_page(served)


def plays(visit: Visit, served: Served, name: str) -> Visitor:
    """A page that is in the game and has its state."""
    visitor = visit(f"{served.url}/race?name={name}")
    visitor.until("globalThis.game?.state.entities.runner?.[game.playerId]", f"{name} is in the game")
    return visitor


def x_of(visitor: Visitor, name: str) -> float:
    """Returns the place of a runner as a page knows it."""
    found: float = visitor.see(f"Object.values(game.state.entities.runner).find((one) => one.name === '{name}').x")
    return found


def test_two_pages_see_each_other_run(served: Served, visit: Visit) -> None:
    ann, bob = plays(visit, served, "Ann"), plays(visit, served, "Bob")
    ann.until("Object.keys(game.state.entities.runner).length === 2", "Ann sees Bob")
    ann.see("game.input({ run: true })")
    eventually(lambda: x_of(bob, "Ann") > 30, "Bob sees Ann run")
    assert x_of(ann, "Bob") == x_of(bob, "Bob") == 0
    ann.see("game.input({ run: false })")
    eventually(lambda: x_of(ann, "Ann") == x_of(bob, "Ann") == served.player("Ann").x, "all agree in the end")


def test_the_state_between_two_states_moves_with_every_picture(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    ann.see("game.input({ run: true })")
    eventually(lambda: x_of(ann, "Ann") > 60, "Ann runs evenly")
    places = ann.page.evaluate("""() => new Promise((resolve) => {
        const places = [];
        const draw = (nowMs) => {
            places.push(game.between(nowMs).entities.runner[game.playerId].x);
            if (places.length < 60) requestAnimationFrame(draw); else resolve(places);
        };
        requestAnimationFrame(draw);
    })""")
    steps = [after - before for before, after in zip(places, places[1:])]
    assert min(steps) >= 0
    assert len(set(places)) > 40, "not only the twenty states of a second"
    assert places[-1] <= x_of(ann, "Ann"), "it is drawn in the past"


def test_a_page_knows_the_room_the_players_and_itself(served: Served, visit: Visit) -> None:
    ann, bob = plays(visit, served, "Ann"), plays(visit, served, "Bob")
    ann.until("Object.values(game.players).length === 2 && game.room.seats === 2", "Ann knows both players")
    player_id = served.player("Ann").id
    assert ann.see("game.playerId") == player_id
    assert ann.see(f"[game.isMe({player_id}), game.isMe('{player_id}'), game.isMe(99)]") == [True, True, False]
    assert ann.see("[...Object.values(game.players)].map(({ name }) => name).sort()") == ["Ann", "Bob"]
    assert ann.see("[game.room.status, game.room.id, game.timeLeftMs]") == ["in-progress", served.room().id, None]
    assert ann.see("game.settings.tick_rate") == served.room().game.settings.tick_rate
    bob_id = served.player("Bob").id
    bob.see("game.leave()")
    ann.until("Object.values(game.players).length === 1", "Bob has left")
    assert ann.see(f"game.nameOf({bob_id})") == "Bob"
    assert bob.see("said.filter(([what]) => what === 'end')") == [["end", ""]]


def test_a_page_measures_the_round_trip(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    assert 0 < ann.until("game.roundTripMs", "a round trip is measured") < 1000


def test_events_and_chat_reach_every_page(served: Served, visit: Visit) -> None:
    ann, bob = plays(visit, served, "Ann"), plays(visit, served, "Bob")
    player_id = ann.see("game.playerId")
    for visitor in (ann, bob):
        visitor.see("game.on('EVENT', (name) => said.push(['heard', name]))")
    ann.see("game.input({ shout: [1, { a: 2 }] })")
    ann.see("game.chat('hello')")
    for visitor in (ann, bob):
        visitor.until("said.some(([what]) => what === 'chat')", "the chat has come")
        visitor.until("said.some(([what]) => what === 'heard')", "the event has come")
        said = visitor.see("said.filter(([what]) => ['event', 'heard', 'chat'].includes(what))")
        assert sorted(said) == [
            ["chat", player_id, "hello"],
            ["event", "shout", [player_id, [1, {"a": 2}]]],
            ["heard", "shout"],
        ]


def test_the_end_of_a_round_tells_the_results_and_a_new_round_begins(served: Served, visit: Visit) -> None:
    ann, bob = plays(visit, served, "Ann"), plays(visit, served, "Bob")
    ann.see("game.input({ goal: true })")
    results = bob.until("said.find(([what]) => what === 'over')", "Bob sees the results")[1]
    assert [(row["place"], row["name"], row["score"]) for row in results] == [(1, "Ann", 1), (2, "Bob", 0)]
    eventually(lambda: x_of(bob, "Ann") == 0, "a new round has begun")


def test_a_refused_input_is_told(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    ann.see("game.input('north')")
    _, text, code = ann.until("said.find(([what]) => what === 'error')", "the server refuses it")
    assert "an input must be a map" in text
    assert code == "BAD_ARGUMENT"


class Dash(Race):
    """A race with packets of its own."""

    packets = (
        PacketType(16, "DASH", "run far at once", (Arg("way", NUMBER),)),
        PacketType(96, "DUST", "dust at a place", (Arg("player_id", COUNT), Arg("x", NUMBER))),
    )
    input_packets = ("INPUT", "DASH")
    event_packets = ("DUST",)

    def process_input(self, player_id: int, input_data: Any) -> None:
        if not isinstance(input_data, tuple):
            return super().process_input(player_id, input_data)
        _, way = input_data
        self.players[player_id].x += way
        self.tell("DUST", player_id, self.players[player_id].x)


@pytest.fixture
def served_dash() -> Iterator[Served]:
    """A server with the packets of Dash in its tables, which `run_server.py --game` enters."""
    use_own_packets(Dash.packets, hand_in)
    try:
        with serve({}, {}, make_game=Dash) as served:
            yield with_page(served)
    finally:
        use_own_packets((), hand_in)


def test_packets_of_the_games_own_are_sent_and_heard(served_dash: Served, visit: Visit) -> None:
    ann, bob = plays(visit, served_dash, "Ann"), plays(visit, served_dash, "Bob")
    bob.see("game.on('DUST', (id, x) => said.push(['dust', game.nameOf(id), x]))")
    ann.see("game.send('DASH', 40.5)")
    assert bob.until("said.find(([what]) => what === 'dust')", "Bob hears it") == ["dust", "Ann", 40.5]


def test_a_packet_that_the_server_does_not_know_is_an_error_at_once(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    tried = """(() => {
        const messages = [];
        for (const use of [() => game.send("DASH", 3), () => game.on("EXPLOSION", () => 0)]) {
            try { use(); } catch (error) { messages.push(error.message); }
        }
        return messages;
    })()"""
    assert ann.see(tried) == [
        "this server has no packet DASH; /packets.json lists all packets",
        "this server sends no packet EXPLOSION; /packets.json lists all packets",
    ]


def test_a_lost_connection_comes_back_to_the_same_player(served: Served, visit: Visit) -> None:
    ann, bob = plays(visit, served, "Ann"), plays(visit, served, "Bob")
    ann.see("game.input({ run: true })")
    eventually(lambda: x_of(bob, "Ann") > 0, "Ann runs")
    player_id = ann.see("game.playerId")
    seat = next(seat for seat in served.room().roster.everybody() if seat.info.id == player_id)
    seat.websocket.abort("a test pulls the plug")
    ann.until("said.some(([what]) => what === 'waiting') && !game.isIn", "the page waits")
    ann.until("said.filter(([what]) => what === 'joined').length === 2 && game.isIn", "the page is in again")
    ann.until("game.state.entities.runner?.[game.playerId]", "the state has come again")
    assert ann.see("game.playerId") == player_id
    assert x_of(ann, "Ann") > 0, "with everything it had"
    assert ann.see("Object.keys(game.players).length") == 2


def test_a_reload_comes_back_to_the_same_player(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    ann.see("game.input({ run: true })")
    eventually(lambda: x_of(ann, "Ann") > 0, "Ann runs")
    player_id, room_id = ann.see("game.playerId"), served.room().id
    assert ann.see("location.search") == f"?name=Ann&room={room_id}", "the rest of the address stays"
    ann.page.reload()
    ann.until("globalThis.game?.state.entities.runner?.[game.playerId]", "Ann is in the game")
    assert ann.see("game.playerId") == player_id
    assert len(served.room().game.players) == 1


def test_another_name_gets_a_seat_of_its_own(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    ann.see("game.input({})")
    player_id = ann.see("game.playerId")
    ann.page.goto(ann.page.url.replace("Ann", "Zoe"))
    ann.until("globalThis.game?.state.entities.runner?.[game.playerId]", "Zoe is in the game")
    assert ann.see("game.playerId") != player_id


def test_a_page_without_a_name_knows_who_was_playing_there(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    player_id = ann.see("game.playerId")
    ann.page.goto(ann.page.url.replace("name=Ann&", ""))
    ann.until("globalThis.game?.state.entities.runner?.[game.playerId]", "Ann is in the game")
    assert ann.see("game.playerId") == player_id


def test_after_leaving_a_reload_joins_anew(served: Served, visit: Visit) -> None:
    ann = plays(visit, served, "Ann")
    ann.see("game.leave()")
    ann.page.reload()
    ann.until("globalThis.game?.state.entities.runner?.[game.playerId]", "Ann is in the game")
    assert len(served.room().game.players) == 1


def test_a_server_that_has_stopped_ends_the_game_with_a_sentence(visit: Visit) -> None:
    with serve({}, {}, free_port(), make_game=Race) as served:
        ann = plays(visit, with_page(served), "Ann")
        ann.page.evaluate("() => { const start = setTimeout; window.setTimeout = (use, ms) => start(use, ms / 100); }")
    (end,) = ann.until("said.filter(([what]) => what === 'end')", "the page gives up")
    assert end == ["end", "The server does not answer. Is it still running?"]
    ann.complaints = [text for text in ann.complaints if "ERR_CONNECTION_REFUSED" not in text]


def test_a_full_room_ends_the_game_with_the_servers_sentence(visit: Visit) -> None:
    with serve({}, {"max_players": 1}, make_game=Race) as served:
        plays(visit, with_page(served), "Ann")
        bob = visit(f"{served.url}/race?name=Bob&room={served.room().id}")
        (end,) = bob.until("globalThis.said?.filter(([what]) => what === 'end')", "the page is refused")
        assert end[1].startswith("The server says: ")


# Notes each text that is drawn, with its place and colour.
NOTE_TEXTS = """
globalThis.drawn = {};
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
  drawn[text] = { x, y, colour: this.fillStyle };
  fillText.call(this, text, x, y);
};
"""
EXAMPLE = Path(__file__).parents[2] / "docs" / "client-js.md"


def test_the_page_of_the_documentation_is_played_as_it_stands_there(served: Served, visit: Visit) -> None:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    (page,) = (text for language, text in blocks if language == "html")
    script = next(text for language, text in blocks if language == "js" and "requestAnimationFrame" in text)
    served.server.add_page("/page", html_page(page))
    served.server.add_page("/page.js", Page("text/javascript; charset=utf-8", script.encode()))
    bob = plays(visit, served, "Bob")

    def prepare(page: Any) -> None:
        page.on("dialog", lambda dialog: dialog.accept("Ann"))
        page.add_init_script(NOTE_TEXTS)

    ann = visit(f"{served.url}/page", prepare)
    bob.until("Object.keys(game.state.entities.runner).length === 2", "Ann is in the game")
    ann.page.keyboard.down("Space")
    eventually(lambda: x_of(bob, "Ann") > 30, "Ann runs")
    ann.page.keyboard.up("Space")
    ann.until("drawn.Ann?.x > 30", "Ann is drawn running")
    assert ann.see("[drawn.Ann.colour, drawn.Bob.colour, drawn.Bob.x]") == ["#008000", "#000000", 0]
    bob.see("game.input({ goal: true })")
    eventually(lambda: ann.text_of("#message") == "Bob has won", "the page shows the winner")
    eventually(lambda: "Bob: 1" in ann.text_of("#scores"), "the page shows the scores")
    ann.page.reload()
    eventually(lambda: len(served.room().game.players) == 2, "nobody has to give a name again")
