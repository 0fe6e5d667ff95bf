"""A game of one's own on a real server: a process that is started with --game, and everything that a room has."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import signal
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.client import GameClient, JoinRefused
from gameserver.settings_file.reader import load
from Net.client import connect
from Net.errors import ConnectionClosed
from tests.gameserver.admin.test_console import Operator
from tests.gameserver.classroom.inspect.test_inspector import row_of
from tests.gameserver.classroom.support import LONG, Page
from tests.gameserver.own_games import loaded
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Player
from tests.test_run_server import Running, assert_one_clear_sentence, needs_posix_signals, run, running

pytestmark = pytest.mark.slow

TOKEN = "open sesame"
BOARD = '"""The place where apples grow."""\n\nKIND = "apple"\n'
HARVEST = '''\
"""A game for tests: players walk along a line, which is a circle, and grab apples."""

from dataclasses import dataclass

import board
from gameserver import BaseGame, BaseSettings, Range, setting
from Net.packets import Arg, PacketType
from Net.schema import COUNT, integer, mapping


@dataclass(frozen=True)
class HarvestSettings(BaseSettings):
    width: int = setting(10, range=Range(2, 100), help="places on the line", told=True)
    map_size: int = setting(30, range=Range(10, 99), help="size of the picture", told=True)
    worth: int = setting(1, range=Range(1, 50), help="points for an apple", changeable=True, told=True)
    is_hard: bool = setting(False, help="whether apples are high up", told=True)


class Harvest(BaseGame):
    Settings = HarvestSettings
    input_schema = mapping({"step": integer(-1, 1)})
    packets = (
        PacketType(16, "GRAB", "grab apples", (Arg("hands", integer(1, 2)),)),
        PacketType(96, "GRABBED", "a player has grabbed apples", (Arg("player_id", COUNT), Arg("apples", COUNT))),
    )

    def add_player(self, player_id, name, team=None):
        player = super().add_player(player_id, name, team)
        player.x = 0
        return player

    def process_input(self, player_id, input_data):
        player = self.players[player_id]
        if isinstance(input_data, tuple):
            _, hands = input_data
            for _ in range(hands * self.settings.worth):
                self.handle_scoring(player_id)
            self.tell("GRABBED", player_id, hands)
            self.tell("cheer", player.name)
        else:
            player.x = (player.x + input_data["step"]) % self.settings.width

    def get_game_state(self):
        walkers = {
            player.id: {"x": player.x, "name": player.name, "away": not player.connected}
            for player in self.players.values()
        }
        return {"tick": self.tick, "entities": {"walker": walkers, board.KIND: {"a": {"x": 3}}}}

    @staticmethod
    def choose_input(state, player_id, rng):
        return {"step": rng.choice((0, 1))}
'''


@pytest.fixture
def game(tmp_path: Path) -> Iterator[str]:
    """The file of the game. This process knows its packets too."""
    file = tmp_path / "harvest.py"
    file.write_text(HARVEST)
    (tmp_path / "board.py").write_text(BOARD)
    with loaded(str(file)):
        yield str(file)


@pytest.fixture
def serve(game: str) -> Iterator[Callable[..., Running]]:
    """A function that starts a server with the game."""
    with contextlib.ExitStack() as stack:
        yield lambda *flags, **options: stack.enter_context(running("--game", game, *flags, **options))


@pytest.fixture
def join() -> Iterator[Callable[..., GameClient]]:
    """A function that makes a client with a seat."""
    with contextlib.ExitStack() as stack:

        def join(server: Running, name: str = "Ann", **options: Any) -> GameClient:
            return stack.enter_context(GameClient(server.url(), name, **options))

        yield join


@contextlib.contextmanager
def operator(server: Running) -> Iterator[Operator]:
    websocket = connect(f"{server.url()}admin", LONG)
    boss = Operator(websocket)
    boss.send({"token": TOKEN})
    assert boss.receive() == {"ok": True}
    yield boss
    websocket.close()


def get(server: Running, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def walkers(client: GameClient) -> Any:
    """The players in the client's state, by id."""
    return client.state.get("entities", {}).get("walker", {})


def own(client: GameClient) -> Any:
    """The client's player in the state; {} before the first state."""
    return walkers(client).get(client.player_id, {})


def noted(client: GameClient, packet_id: str) -> list[tuple[Any, ...]]:
    """The arguments of the packets of a kind that the client gets from now on."""
    notes: list[tuple[Any, ...]] = []
    client.on(packet_id, lambda *args: notes.append(args))
    return notes


# Playing ------------------------------------------------------------------------------------------------------


def test_inputs_and_packets_of_its_own_reach_the_game_and_everybody_sees_what_they_do(serve: Any, join: Any) -> None:
    server = serve()
    ann, bob = join(server, "Ann"), join(server, "Bob")
    grabbed, events = noted(bob, "GRABBED"), noted(bob, "EVENT")
    ann.input({"step": -1})
    bob.wait_for(lambda: walkers(bob).get(ann.player_id, {}).get("x") == 9)
    ann.send("GRAB", 2)
    bob.wait_for(lambda: bob.scores.get(ann.player_id) == 2)
    assert (grabbed, events) == ([(ann.player_id, 2)], [("cheer", ["Ann"])])
    assert bob.state["entities"]["apple"] == {"a": {"x": 3}}


def test_a_player_that_types_json_plays_too(serve: Any) -> None:
    player = Player(connect(serve().url()), as_text=True)
    player.join("Ann")
    player.send_raw('["GRAB", [1]]')
    assert player.wait_for("GRABBED") == (player.id, 1)
    for message, said in (
        ('["GRAB", [3]]', ("BAD_ARGUMENT", "GRAB.hands must be an integer from 1 to 2, not 3")),
        ('["INPUT", [7]]', ("BAD_ARGUMENT", "INPUT.value must be a map with none or some of: step (an integer ")),
        ('["MOVE", [1]]', ("WRONG_GAME", "the game Harvest does not take MOVE; it takes INPUT, GRAB")),
        ('["INPUT", [{}]]', ("SERVER_FAULT", "the server could not do that; the fault is logged")),
    ):
        player.send_raw(message)
        code, text = player.wait_for("ERROR")
        assert (code, text[: len(said[1])]) == said
    player.send("CHAT", "hello")
    assert player.wait_for("CHAT") == (player.id, "hello")
    player.hang_up()


def test_the_limits_hold(serve: Any) -> None:
    server = serve("--max-players", "1")
    player = Player(connect(server.url()))
    player.join("Ann")
    for _ in range(100):
        player.send("GRAB", 1)
    assert player.wait_for("ERROR")[0] == "RATE_LIMITED"
    player.hang_up()
    player = Player(connect(server.url()))
    player.send_raw("x" * 3000)
    assert player.receive_to_the_end()[1].code == 1009
    player.hang_up()


def test_packets_json_has_its_packets(serve: Any) -> None:
    packets = json.loads(get(serve(), "/packets.json")[1])
    assert packets["to_server"][-1] == {
        "code": 16,
        "id": "GRAB",
        "about": "grab apples",
        "args": [{"name": "hands", "must_be": "an integer from 1 to 2", "optional": False}],
    }
    assert packets["to_client"][-1]["id"] == "GRABBED"


# Rooms, teams and seats ---------------------------------------------------------------------------------------


def test_rooms_are_apart_and_a_full_one_is_refused(serve: Any, join: Any) -> None:
    server = serve("--max-players", "2")
    ann, _, dan = join(server, "Ann", room="den"), join(server, "Bob", room="den"), join(server, "Dan", room="hall")
    with pytest.raises(JoinRefused, match="den"), GameClient(server.url(), "Cid", room="den"):
        pass
    rooms = json.loads(get(server, "/rooms.json")[1])["rooms"]
    assert sorted((room["id"], room["players"], room["capacity"]) for room in rooms) == [("den", 2, 2), ("hall", 1, 2)]
    ann.input({"step": 1})
    ann.wait_for(lambda: own(ann).get("x") == 1)
    dan.wait_for(lambda: list(walkers(dan)) == [dan.player_id])


def test_players_wait_for_a_round_and_have_teams(serve: Any, join: Any) -> None:
    server = serve("--teams", "2", "--start-at", "3")
    ann, bob = join(server, "Ann", team=1), join(server, "Bob")
    ann.wait_for(lambda: len(ann.players) == 2)
    assert (ann.status, [player.team for player in ann.players.values()]) == ("waiting", [1, 0])
    teams = noted(ann, "TEAMS")
    ann.ready()
    bob.ready()
    ann.wait_for(lambda: ann.status == "in-progress")
    ann.send("GRAB", 2)
    ann.wait_for(lambda: teams and sorted(teams[-1][0]) == [[0, 0], [1, 2]])


def test_a_player_comes_back_to_its_place_and_a_spectator_sees_it(serve: Any, join: Any) -> None:
    server = serve()
    ann, eve = join(server, "Ann"), join(server, "Eve", spectate=True)
    ann.input({"step": 1})
    ann.wait_for(lambda: own(ann).get("x") == 1)
    player_id = ann.player_id
    ann.drop()
    eve.wait_for(lambda: walkers(eve).get(player_id, {}).get("away"))
    ann.reconnect()
    assert ann.player_id == player_id
    eve.wait_for(lambda: walkers(eve)[player_id] == {"x": 1, "name": "Ann", "away": False})
    errors = noted(eve, "ERROR")
    eve.send("GRAB", 1)
    assert eve.wait_for(lambda: errors)[0][0] == "SPECTATING"


def test_bots_play_and_leave_seats_to_people(serve: Any, join: Any) -> None:
    server = serve("--bots", "3", "--max-players", "4")
    ann = join(server)
    ann.wait_for(lambda: len([walker for walker in walkers(ann).values() if walker["x"]]) > 1)
    assert ann.free_seats == 1


def test_results_are_sent_kept_and_shown(serve: Any, join: Any) -> None:
    server = serve("--score-limit", "4", "--setting", "worth=2")
    ann, bob = join(server, "Ann"), join(server, "Bob")
    over = noted(bob, "GAME_OVER")
    ann.send("GRAB", 2)
    bob.wait_for(lambda: over)
    assert over[0][0] == [[ann.player_id, "Ann", None, 4, 0, 0], [bob.player_id, "Bob", None, 0, 0, 0]]
    assert over[0][2] == [1, 2]
    wait_until(lambda: json.loads(get(server, "/leaderboard.json")[1])["leaderboard"], "the results are kept")
    (best, _) = json.loads(get(server, "/leaderboard.json")[1])["leaderboard"]
    assert best["name"] == "Ann"


@needs_posix_signals
def test_a_match_goes_on_after_a_restart(serve: Any, join: Any, tmp_path: Path) -> None:
    flags = ["--restore", str(tmp_path / "rooms.state"), "--setting", "worth=3"]
    server = serve(*flags)
    ann = join(server, "Ann", room="den")
    ann.input({"step": -1})
    ann.send("GRAB", 2)
    ann.wait_for(lambda: own(ann).get("x") == 9 and ann.scores.get(ann.player_id) == 6)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE_S) == 0
    again = join(serve(*flags), "Ann", token=ann.token)
    assert (again.room, again.player_id) == ("den", ann.player_id)
    again.wait_for(lambda: own(again).get("x") == 9 and again.scores.get(again.player_id) == 6)


# The operator and the classroom -------------------------------------------------------------------------------


def test_the_operator_sees_and_changes_a_room(serve: Any, join: Any) -> None:
    server = serve("--admin-token", TOKEN, "--setting", "is_hard=yes")
    ann = join(server, "Ann", room="den")
    ann.wait_for(lambda: ann.status == "in-progress")
    with operator(server) as boss:
        (room,) = boss.state()["rooms"]
        assert (room["id"], room["status"]) == ("den", "in-progress")
        assert [(player["name"], player["score"]) for player in room["players"]] == [("Ann", 0)]
        assert room["settings"] == {"tick_rate": 20, "time_limit_s": 300.0, "score_limit": None, "worth": 1}
        assert room["differs"] == [{"name": "is_hard", "value": "yes", "default": "no"}]
        do = functools.partial(boss.do, room="den")
        settings = noted(ann, "SETTINGS")
        assert do("change_setting", name="worth", value=5)["ok"]
        assert ann.wait_for(lambda: settings)[0][0]["worth"] == 5
        assert "must be a whole number from 1 to 50" in do("change_setting", name="worth", value=51)["error"]
        assert "cannot be changed now" in do("change_setting", name="width", value=3)["error"]
        assert boss.do("grant_resources", player_id=ann.player_id, wood=1)["error"] == (
            "the game Harvest has no resources"
        )
        for command in ("pause", "step", "resume", "end_match"):
            assert do(command)["ok"], command
        ann.wait_for(lambda: ann.status == "ended")
        assert do("restart_match")["ok"]
        ann.wait_for(lambda: ann.status == "in-progress")
        assert boss.do("kick", player_id=ann.player_id)["ok"]
        with pytest.raises(ConnectionClosed):
            ann.wait_for(lambda: False)


def test_the_inspector_and_a_trace_name_its_packets(serve: Any, join: Any) -> None:
    server = serve("--classroom", "--trace", "127.0.0.1")
    ann = join(server, "Annabella")
    ann.send("GRAB", 1)
    page = Page(connect(f"{server.url()}inspect", LONG))
    assert page.receive() == {"ok": True}
    page.do("watch", connections=None, hides_text=True)
    for packet_id, says in (("GRAB", "hands"), ("GRABBED", "apples"), ("GAME_STATE", "state"), ("EVENT", "values")):
        row = row_of(page, packet=packet_id)
        explained = json.dumps(page.do("explain", connection=row["connection"], number=row["number"]))
        assert says in explained
        assert "Annabella" not in explained
    page.websocket.close()
    lines = iter(server.process.stdout)  # type: ignore[arg-type]
    assert any("GRABBED" in line for line in lines)


# Settings -----------------------------------------------------------------------------------------------------


def test_flags_single_settings_and_a_file_set_the_settings_of_the_game(serve: Any, join: Any, tmp_path: Path) -> None:
    file = tmp_path / "harvest.ini"
    file.write_text("[game]\nworth = 3\nwidth = 5\nteams = 2\n")
    server = serve("--settings", str(file), "--setting", "width=7", "--map-size", "40", "--tick-rate", "10")
    player = Player(connect(server.url()))
    told = player.join("Ann")[0].args[3]
    names = ("width", "map_size", "worth", "is_hard", "teams", "tick_rate")
    assert [told[name] for name in names] == [7, 40, 3, False, 2, 10]
    file.write_text("[game]\nworth = 4\nwidth = 5\nteams = 2\n")
    assert player.wait_for("SETTINGS")[0]["worth"] == 4
    player.hang_up()


def test_the_printed_settings_are_those_of_the_game(game: str, tmp_path: Path) -> None:
    process = run("--game", game, "--setting", "worth=9", "--seed", "3", "--print-settings")
    assert (process.returncode, process.stderr) == (0, "")
    assert "# points for an apple\n# default: 1; 1 to 50; at once\nworth = 9\n" in process.stdout
    file = tmp_path / "printed.ini"
    file.write_text(process.stdout)
    with loaded(game) as game_class:
        assert load(str(file), game_class.Settings, {}) == game_class.Settings(worth=9, seed=3)


# Pages --------------------------------------------------------------------------------------------------------


def test_a_game_without_a_page_gets_the_viewer(serve: Any) -> None:
    server = serve()
    assert get(server, "/") == get(server, "/web/lib/viewer.html")
    assert get(server, "/")[0] == 200


def test_the_page_of_a_game_is_served_beside_the_shared_modules(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "page" / "pictures").mkdir(parents=True)
    for name in ("index.html", "harvest.js", "pictures/apple.svg"):
        (tmp_path / "page" / name).write_text(name)
    server = serve("--web", str(tmp_path / "page"), "--classroom")
    for path in ("/", "/index.html", "/harvest.js", "/pictures/apple.svg"):
        assert get(server, path) == (200, (path if path != "/" else "/index.html")[1:].encode())
    for path in ("/web/lib/client.js", "/web/lib/viewer.html", "/admin", "/rooms.json", "/lessons"):
        assert get(server, path)[0] == 200
    assert get(server, "/harvest.py")[0] == 404


# Mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--setting", "worht=3"], "--setting worht=3: there is no setting worht (did you mean worth?)"),
        (["--setting", "worth=51"], "--setting worth=51: setting worth must be a whole number from 1 to 50, not 51"),
        (["--setting", "is_hard=perhaps"], "must be yes or no, not 'perhaps'"),
        (["--setting", "worth"], "--setting must be NAME=VALUE, not 'worth'"),
        (["--setting", "seed=1", "--seed", "2"], "--setting seed: a flag sets seed too; give one of the two"),
        (["--mode", "team-match"], "--mode: the game Harvest has no setting mode"),
        (["--map-size", "30.5"], "setting map_size must be a whole number from 10 to 99, not 30.5"),
        (["--web", "no/such/folder"], "--web: there is no folder no/such/folder"),
    ],
)
def test_a_mistake_in_a_flag_is_one_sentence(game: str, flags: list[str], said: str) -> None:
    process = run("--game", game, "--port", "0", "--database", ":memory:", *flags)
    assert (process.returncode, process.stdout) == (2, "")
    assert_one_clear_sentence(process.stderr)
    assert said in process.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def get_game_state(self):", "def get_state(self):", "harvest.py, line 19: the class Harvest must have the m"),
        ("import board\n", "import bord\n", "harvest.py, line 5: ModuleNotFoundError: No module named 'bord'"),
        ("def add_player(self", "def add_player(self:", "harvest.py, line 27: "),
        ("(BaseGame)", "", "harvest.py, line 19: Harvest is no game: it must be a class that inherits BaseGame"),
        ("PacketType(96,", "PacketType(200,", "harvest.py, line 22: packet GRABBED: its code must be 16 to 31"),
    ],
)
def test_a_mistake_in_the_game_is_one_sentence_with_its_place(game: str, old: str, new: str, said: str) -> None:
    Path(game).write_text(HARVEST.replace(old, new))
    process = run("--game", f"{game}:Harvest", "--port", "0", "--database", ":memory:")
    assert (process.returncode, process.stdout) == (2, "")
    assert_one_clear_sentence(process.stderr)
    assert said in process.stderr


def test_a_page_with_a_path_of_the_server_is_one_sentence(game: str, tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    for name in ("index.html", "leaderboard.json"):
        (tmp_path / "page" / name).touch()
    process = run(
        "--game", game, "--web", str(tmp_path / "page"), "--port", "0", "--host", "127.0.0.1", "--database", ":memory:"
    )
    assert process.returncode == 2
    assert_one_clear_sentence(process.stderr)
    assert "--web: /leaderboard.json is the path of a page of the server: give the file another name" in process.stderr
