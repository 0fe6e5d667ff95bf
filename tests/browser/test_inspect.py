"""Tests of the inspector in a real browser: it watches a live client and dissects its frames."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.classroom.classroom import Classroom
from Net.client import connect
from Net.frames import OPCODE_BINARY, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_TEXT, serialize
from Net.websocket import WebSocket
from tests.browser.conftest import QUIET, TOKEN, Served, Visitor, eventually, serve
from tests.Net.support import DEADLINE_S
from tests.support import Player, free_port

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

KEY = bytes.fromhex("37fa213d")
PROJECTORS = [{"width": 1280, "height": 720}, {"width": 1920, "height": 1080}]
ROWS = "document.querySelectorAll('.timeline li').length"


@pytest.fixture
def echo(classroom: Served) -> Iterator[WebSocket]:
    """A client that has sent Hello in two fragments with a PING between, and then four bytes."""
    websocket = connect(f"ws://127.0.0.1:{classroom.port}/echo")
    first = serialize(OPCODE_TEXT, b"Hel", fin=False, mask_key=KEY)
    rest = serialize(OPCODE_PING, b"now", mask_key=KEY) + serialize(OPCODE_CONTINUATION, b"lo", mask_key=KEY)
    websocket.sock.sendall(first + rest + serialize(OPCODE_BINARY, bytes.fromhex("92029100"), mask_key=KEY))
    assert websocket.receive(DEADLINE_S) == "Hello"
    websocket.receive(DEADLINE_S)
    yield websocket
    websocket.close()


@pytest.fixture
def ann(classroom: Served) -> Iterator[Player]:
    """A client of the game, not yet in a room."""
    player = Player(connect(f"ws://127.0.0.1:{classroom.port}/"))
    yield player
    player.hang_up()


def choose(visitor: Visitor, words: str) -> None:
    """Clicks the client's newest frame whose line has these words, and waits for its explanation."""
    visitor.page.click(f".timeline .up:has-text('{words}') >> nth=-1")
    visitor.page.wait_for_selector(".frame-view")


def test_a_player_is_inspected_while_it_plays(classroom: Served, ann: Player, visit: Visit, keep_picture: Keep) -> None:
    ann.join("Ann")
    teacher = visit(f"{classroom.url}/inspect", color_scheme="dark")
    teacher.page.wait_for_selector(".connections button:has-text('Ann')")
    teacher.page.wait_for_selector(".timeline button:has-text('STATE')")
    teacher.page.click("#pause")
    ann.send("MOVE", 6)
    teacher.until("document.querySelector('#note').textContent.includes('frames wait')", "new frames wait")
    shown = teacher.see(ROWS)
    teacher.page.click("#step")
    teacher.page.wait_for_selector(".timeline [aria-current]")
    assert teacher.see(ROWS) == min(shown + 1, 400)
    teacher.page.click("#pause")
    teacher.page.select_option("#packet", "MOVE")
    choose(teacher, "MOVE")
    assert "walk in a direction" in teacher.text_of(".packet-tree")
    assert set(teacher.page.locator(".timeline .label").all_inner_texts()) == {"MOVE"}
    assert "Unmasking" in teacher.text_of("#detail")
    keep_picture(teacher, "inspect-dark.png")


def test_a_fragmented_message_is_followed_from_part_to_part(
    classroom: Served, echo: WebSocket, visit: Visit, keep_picture: Keep
) -> None:
    teacher = visit(f"{classroom.url}/inspect", color_scheme="light")
    choose(teacher, "TEXT part 1")
    assert "first fragment" in teacher.text_of(".headline")
    assert "joined from 2 frames" in teacher.text_of(".message-view")
    assert "Hello" in teacher.text_of(".message-view")
    keep_picture(teacher, "inspect-fragments.png")
    assert teacher.see("document.querySelectorAll('.timeline .between').length") == 1
    teacher.page.click(".message-view button.link >> nth=1")
    teacher.until("document.querySelector('.headline').textContent.includes('last fragment')", "the next part is shown")
    assert "Hello" in teacher.text_of(".message-view")
    teacher.page.click(".timeline .between")
    teacher.until("document.querySelector('.headline').textContent.includes('PING')", "the PING between is shown")


def test_a_masked_frame_is_clicked_through_bit_by_bit(classroom: Served, echo: WebSocket, visit: Visit) -> None:
    teacher = visit(f"{classroom.url}/inspect")
    choose(teacher, "92 02 91 00")
    bits = teacher.see("[...document.querySelectorAll('.bit')].map((bit) => bit.textContent).join('')")
    assert bits.startswith("10000010" + "10000100" + f"{int.from_bytes(KEY, 'big'):032b}")
    assert teacher.text_of(".hex").split()[1:] == ["82", "84", "37", "fa", "21", "3d", "a5", "f8", "b0", "3d"]
    teacher.page.click(".fields tr:has-text('masking key')")
    lit = "[...document.querySelectorAll('.byte.lit')].map((byte) => byte.textContent.trim()).join(' ')"
    assert teacher.see(lit) == "37 fa 21 3d"
    assert teacher.see("document.querySelectorAll('.bit.lit').length") == 32
    teacher.page.click(".byte >> nth=0")
    assert teacher.see("document.querySelectorAll('.bit.lit').length") == 8, "FIN, RSV1-3 and the opcode"
    teacher.page.click(".bit >> nth=8")
    assert "MASK" in teacher.text_of(".fields tr.lit")
    rows = teacher.text_of(".unmasking tbody").splitlines()
    assert [row.split()[1] for row in rows] == ["a5", "f8", "b0", "3d"]
    assert "37 [0]" in rows[0]
    assert "92" in rows[0].split()


FOCUSED = "document.activeElement"


def test_a_class_can_be_taught_with_the_keyboard_alone(
    classroom: Served, echo: WebSocket, ann: Player, visit: Visit
) -> None:
    ann.join("Ann")
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.wait_for_selector(".timeline button:has-text('JOIN')")
    teacher.page.focus(".connections button:has-text('/echo')")
    traffic = teacher.text_of(".connections")
    ann.send("MOVE", 6)
    teacher.until(
        f"document.querySelector('.connections').innerText !== {json.dumps(traffic)}", "the list is told anew"
    )
    assert "/echo" in teacher.see(f"{FOCUSED}.textContent")
    teacher.page.keyboard.press("Enter")
    teacher.page.wait_for_selector(".timeline button:has-text('92 02 91 00')")
    for _ in range(5):  # the chosen connection, its handshake, the other connection, its handshake, the frames
        if teacher.see(f"{FOCUSED}.id") != "timeline":
            teacher.page.keyboard.press("Tab")
    teacher.page.keyboard.press("ArrowDown")
    teacher.page.wait_for_selector(".frame-view")
    assert teacher.see(f"{FOCUSED}.id") == "timeline"
    while "BINARY" not in teacher.text_of(".headline") or "client → server" not in teacher.text_of(".headline"):
        before = teacher.text_of(".headline")
        teacher.page.keyboard.press("ArrowUp")
        teacher.until(
            f"document.querySelector('.headline').innerText !== {json.dumps(before)}", "the one before is shown"
        )
    teacher.page.focus(".bit >> nth=0")
    teacher.page.keyboard.press("ArrowDown")
    assert "masking key" in teacher.text_of(".fields tr.lit")
    teacher.page.keyboard.press("ArrowUp")
    for _ in range(8):
        teacher.page.keyboard.press("ArrowRight")
    assert "MASK" in teacher.text_of(".fields tr.lit")
    assert teacher.see(f"{FOCUSED}.dataset.bit") == "8"
    assert "BINARY" in teacher.text_of(".headline"), "the arrows did not go to another frame"


def test_the_focus_stays_in_the_explanation(classroom: Served, echo: WebSocket, visit: Visit) -> None:
    teacher = visit(f"{classroom.url}/inspect")
    choose(teacher, "TEXT part 1")
    teacher.page.focus(".message-view button.link >> nth=1")
    teacher.page.keyboard.press("Enter")
    teacher.until("document.querySelector('.headline').textContent.includes('last fragment')", "the next part is shown")
    assert teacher.see(f"{FOCUSED}.id") == "detail"


def test_frames_are_filtered_and_found(classroom: Served, echo: WebSocket, visit: Visit) -> None:
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.wait_for_selector(".timeline button:has-text('PONG')")
    everything = teacher.see(ROWS)
    teacher.page.select_option("#opcode", "BINARY")
    assert teacher.see(ROWS) == 2, "the four bytes, there and back"
    teacher.page.select_option("#opcode", "")
    teacher.page.fill("#search", "02 91")
    assert teacher.see(ROWS) == 2
    teacher.page.fill("#search", "")
    assert teacher.see(ROWS) >= everything
    teacher.page.click("[data-connection='all'] button")
    teacher.until(f"{ROWS} >= {everything}", "all connections are shown")


def test_words_are_found_in_the_middle_of_messages(classroom: Served, ann: Player, visit: Visit) -> None:
    ann.join("Ann")
    ann.send("CHAT", "let us have a rendezvous")
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.wait_for_selector(".timeline button:has-text('CHAT')")
    teacher.page.fill("#search", "rendezvous")
    teacher.until(f"{ROWS} === 2", "the words are found, there and back")
    ann.send("CHAT", "another rendezvous")
    teacher.until(f"{ROWS} === 4", "they are found in what comes")
    teacher.page.check("#hide")
    teacher.until(f"{ROWS} === 0", "what is hidden is not found")
    teacher.page.fill("#search", "")
    teacher.until(f"{ROWS} > 4", "everything is there again")


def test_rules_that_are_broken_above_the_header_are_red(classroom: Served, visit: Visit) -> None:
    websocket = connect(f"ws://127.0.0.1:{classroom.port}/echo")
    inside = serialize(OPCODE_TEXT, b"one", fin=False, mask_key=KEY) + serialize(OPCODE_TEXT, b"two", mask_key=KEY)
    websocket.sock.sendall(inside)
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.click(".timeline .broken")
    teacher.page.wait_for_selector(".frame-view")
    assert "a new message before the fragmented one ended" in teacher.text_of(".timeline .broken")
    assert "1002" in teacher.text_of("#detail")
    websocket.close()


def test_a_handshake_is_explained_step_by_step(
    classroom: Served, echo: WebSocket, visit: Visit, keep_picture: Keep
) -> None:
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.click("button.handshake")
    teacher.page.wait_for_selector(".accept")
    assert "Sec-WebSocket-Key" in teacher.text_of(".lines >> nth=0")
    assert "SHA-1" in teacher.text_of(".accept")
    keep_picture(teacher, "inspect-handshake.png")


def test_frames_are_copied_and_downloaded(classroom: Served, echo: WebSocket, visit: Visit, tmp_path: Path) -> None:
    teacher = visit(f"{classroom.url}/inspect", permissions=["clipboard-read", "clipboard-write"])
    choose(teacher, "92 02 91 00")
    teacher.page.click("#copy")
    teacher.until("document.querySelector('#copied').textContent === 'copied'", "it is copied")
    copied = teacher.page.evaluate("navigator.clipboard.readText()")
    assert copied == "82 84 37 fa 21 3d a5 f8 b0 3d"
    with teacher.page.expect_download() as download:
        teacher.page.click("#capture")
    path = tmp_path / "capture.pcapng"
    download.value.save_as(path)
    assert b"GET /echo HTTP/1.1" in path.read_bytes()
    assert download.value.suggested_filename == "websocket.pcapng"


def test_hidden_names_are_nowhere_on_the_page(classroom: Served, ann: Player, visit: Visit) -> None:
    ann.join("Annabella")
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.wait_for_selector(".connections button:has-text('Annabella')")
    teacher.page.check("#hide")
    teacher.until("!document.querySelector('.connections').textContent.includes('Annabella')", "the name is gone")
    teacher.page.select_option("#packet", "JOIN")
    choose(teacher, "JOIN")
    assert "*********" in teacher.text_of(".packet-tree")
    assert "Annabella" not in teacher.text_of("body")


def test_names_that_are_already_on_the_page_are_hidden_too(classroom: Served, ann: Player, visit: Visit) -> None:
    ann.join("Annabella")
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.wait_for_selector(".connections button:has-text('Annabella')")
    choose(teacher, "JOIN")
    assert "Annabella" in teacher.text_of("#detail")
    hex_of_it = " ".join(f"{byte:02x}" for byte in b"Annabella")
    before_it_answers = """(() => {
        document.querySelector("#hide").click();
        return document.querySelector("body").innerText + document.querySelector("#detail").textContent;
    })()"""
    shown = teacher.see(before_it_answers)
    assert "Annabella" not in shown
    assert hex_of_it not in shown
    assert teacher.page.is_hidden("#copy"), "nor can it be copied"
    teacher.page.wait_for_selector(".timeline button")


def test_frames_of_all_connections_have_the_times_of_one_clock(
    classroom: Served, echo: WebSocket, ann: Player, visit: Visit
) -> None:
    ann.join("Ann")
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.click(".connections button:has-text('All connections')")
    teacher.page.wait_for_selector(".timeline button:has-text('STATE')")
    teacher.page.click("#pause")
    times = teacher.page.locator(".timeline .time").all_inner_texts()
    assert all(re.fullmatch(r"\d\d:\d\d\.\d\d", time) for time in times)
    in_an_hour = [60 * int(time[:2]) + float(time[3:]) for time in times]
    later = [(after - before) % 3600 for before, after in zip(in_an_hour, in_an_hour[1:])]
    assert all(step_s < 60 for step_s in later), "they are in the order of their times"


class HeldBack:
    """A route from a page to the server that can hold back the page's messages."""

    def __init__(self, page: Any) -> None:
        self.is_holding = False
        self.since: list[str] = []  # the server's messages since then
        page.route_web_socket("**/inspect", self._connect)

    def _connect(self, route: Any) -> None:
        server = route.connect_to_server()
        route.on_message(lambda message: None if self.is_holding else server.send(message))

        def pass_on(message: str) -> None:
            if self.is_holding:
                self.since += json.loads(message)
            route.send(message)

        server.on_message(pass_on)


def test_frames_of_another_choice_do_not_get_into_the_list(
    classroom: Served, echo: WebSocket, ann: Player, visit: Visit
) -> None:
    ann.join("Ann")
    teacher = visit("about:blank")
    way = HeldBack(teacher.page)
    teacher.page.goto(f"{classroom.url}/inspect")
    teacher.page.wait_for_selector(".timeline button:has-text('STATE')")
    way.is_holding = True
    teacher.page.click(".connections button:has-text('/echo')")
    ann.send("MOVE", 6)
    # The list of connections comes behind the frames: it shows that the page has handled them.
    eventually(lambda: teacher.see("true") and "rows skipped left_out connections" in " ".join(way.since), "they came")
    assert teacher.see(ROWS) == 0


def test_a_client_behind_a_proxy_must_know_the_token(classroom: Served, visit: Visit) -> None:
    stranger = visit(f"{classroom.url}/inspect", extra_http_headers={"X-Forwarded-For": "192.0.2.7"})
    stranger.page.wait_for_selector("#login", state="visible")
    assert stranger.page.is_hidden("#desk")
    stranger.page.fill("#token", "a guess")
    stranger.page.click("#login button")
    stranger.until("document.querySelector('#login .bad').textContent.includes('not the operator')", "it is refused")
    stranger.page.fill("#token", TOKEN)
    stranger.page.click("#login button")
    stranger.page.wait_for_selector("#desk", state="visible")


@contextmanager
def open_classroom(port: int = 0, token: str = TOKEN) -> Iterator[Served]:
    with serve(QUIET, {}, port) as served:
        Classroom(served.server, OperatorAuthentication(token), "127.0.0.1", served.port)
        yield served


def expect_failed_connections(visitor: Visitor) -> None:
    """Removes the complaints about a server that does not listen: these tests stop it on purpose."""
    visitor.complaints[:] = [text for text in visitor.complaints if "WebSocket connection to" not in text]


def test_a_page_outlives_its_server_and_comes_back_with_the_next(visit: Visit, keep_picture: Keep) -> None:
    port = free_port()
    with open_classroom(port) as first:
        ann = Player(connect(f"ws://127.0.0.1:{first.port}/"))
        ann.join("Ann")
        teacher = visit(f"{first.url}/inspect")
        choose(teacher, "JOIN")
        shown = teacher.see(ROWS)
    teacher.page.wait_for_selector(".gone:has-text('CLOSE 1001 the server is shutting down')")
    ann.hang_up()
    assert teacher.page.is_hidden("#login")
    assert "Ann" in teacher.text_of("#detail")
    assert teacher.see(ROWS) >= shown
    choose(teacher, "JOIN")
    assert "Ann" in teacher.text_of("#detail"), "what was explained once can be read again"
    teacher.page.click("[data-connection='all'] button")
    assert teacher.see(ROWS) >= shown, "nothing could take the place of what is there"
    keep_picture(teacher, "inspect-gone.png")
    with open_classroom(port) as second:
        ben = Player(connect(f"ws://127.0.0.1:{second.port}/"))
        ben.join("Ben")
        teacher.page.wait_for_selector(".gone", state="hidden")
        teacher.page.wait_for_selector("#note:has-text('from before')")
        assert teacher.see(ROWS) >= shown
        teacher.page.click(".connections button:has-text('Ben')")
        choose(teacher, "JOIN")
        assert "Ben" in teacher.text_of("#detail")
        ben.hang_up()
    expect_failed_connections(teacher)


def test_the_lab_keeps_the_bytes_on_its_bench_when_the_server_goes(visit: Visit) -> None:
    port = free_port()
    with open_classroom(port) as first:
        student = visit(f"{first.url}/lab")
        student.page.wait_for_selector("#preview .bit")
        student.page.fill("#raw", "89 80 00 00 00 00")
    student.page.wait_for_selector(".gone", state="visible")
    with open_classroom(port):
        student.page.wait_for_selector(".gone", state="hidden")
        assert student.page.input_value("#raw") == "89 80 00 00 00 00"
        student.page.click("#send")
        student.page.wait_for_selector("#result .outcome:has-text('1 frame, then CLOSE 1000')")
    expect_failed_connections(student)


def test_only_a_refusal_asks_for_the_token(visit: Visit) -> None:
    port = free_port()
    with open_classroom(port) as first:
        stranger = visit(f"{first.url}/inspect", extra_http_headers={"X-Forwarded-For": "192.0.2.7"})
        stranger.page.wait_for_selector("#login", state="visible")
        with stranger.page.expect_websocket():  # the page sends even an empty token
            stranger.page.click("#login button")
        stranger.page.fill("#token", TOKEN)
        stranger.page.click("#login button")
        stranger.page.wait_for_selector("#desk", state="visible")
    stranger.page.wait_for_selector(".gone", state="visible")
    assert stranger.page.is_hidden("#login")
    with open_classroom(port, token="another"):
        stranger.page.wait_for_selector("#login:has-text('not the operator')", state="visible")
        assert stranger.page.is_hidden(".gone")
        stranger.page.fill("#token", "another")
        stranger.page.click("#login button")
        stranger.page.wait_for_selector("#desk", state="visible")
    expect_failed_connections(stranger)


def test_pages_remember_letter_size_and_colours(classroom: Served, visit: Visit) -> None:
    reader = visit(f"{classroom.url}/lessons", color_scheme="light")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = reader.see(size)
    reader.page.click("#larger")
    reader.page.click("#theme")
    for link in ("Inspect", "Lessons"):
        reader.page.wait_for_load_state("networkidle")  # leaving a page that still loads counts as an error
        reader.page.click(f"nav a:has-text('{link}')")
        reader.page.wait_for_selector(f"nav a[aria-current]:has-text('{link}')")
        assert reader.see(size) > before
        assert reader.see("document.documentElement.dataset.theme") == "dark"


def resize(visitor: Visitor, window: dict[str, int]) -> None:
    """Gives the window this size, and waits until the page has it."""
    visitor.page.set_viewport_size(window)
    visitor.until(f"innerWidth === {window['width']} && innerHeight === {window['height']}", "the window has its size")


@pytest.mark.parametrize("path", ["/inspect", "/lab"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_out_of_a_projector(
    classroom: Served, echo: WebSocket, visit: Visit, path: str, scheme: str
) -> None:
    page = visit(f"{classroom.url}{path}", viewport=PROJECTORS[0], color_scheme=scheme)
    page.page.wait_for_selector("#desk", state="visible")
    if path == "/inspect":
        choose(page, "TEXT part 1")
    else:
        page.page.wait_for_selector(".frame-view")
    for window in PROJECTORS:
        resize(page, window)
        assert_nothing_runs_out(page, window, scheme)


def assert_nothing_runs_out(page: Visitor, window: dict[str, int], scheme: str) -> None:
    assert page.see(
        "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )
    parts = "[...document.querySelectorAll('.detail *')]"
    assert page.see(f"{parts}.every((part) => part.getBoundingClientRect().right <= innerWidth + 1)")
    assert page.see("document.documentElement.dataset.theme") == scheme
    letters_px = page.see("parseFloat(getComputedStyle(document.body).fontSize)")
    assert letters_px >= window["height"] / 38.5
    assert page.see("parseFloat(getComputedStyle(document.querySelector('.bits .count')).fontSize)") >= 0.7 * letters_px


# An element is cut off if it is smaller than its contents, or not wholly inside the outer element.
CUT_OFF = """(selector, outer) => [...document.querySelectorAll(selector)].filter((part) => {
    const [inside, frame] = [part, part.closest(outer)].map((one) => one.getBoundingClientRect());
    return part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight
        || inside.right > frame.right + 1 || inside.bottom > frame.bottom + 1;
}).map((part) => part.textContent)"""


def test_larger_letters_cut_nothing_off(classroom: Served, echo: WebSocket, ann: Player, visit: Visit) -> None:
    ann.join("Ann")
    page = visit(f"{classroom.url}/inspect", viewport=PROJECTORS[0])
    page.page.wait_for_selector(".timeline button:has-text('SCOREBOARD')")
    for presses in range(4):
        if presses:
            page.page.click("#larger")
        for window in PROJECTORS:
            resize(page, window)
            page.page.click(".connections button:has-text('Ann')")
            assert_nothing_is_cut_off(page)


def assert_nothing_is_cut_off(page: Visitor) -> None:
    choose(page, "JOIN")
    assert page.see(f"({CUT_OFF})('.bits .name, .bits .bit, .bits .count', '.bits')") == []
    assert page.see(f"({CUT_OFF})('.timeline .named .label', 'button')") == []
    assert page.see(f"({CUT_OFF})('.tools > *', '.tools')") == []
    page.see("document.querySelector('.connections').scrollTo(0, 0)")
    assert page.see(f"({CUT_OFF})('.connections li', '.connections')").count("All connections") == 0
    whole = page.see("document.querySelectorAll('.connections li').length") - len(
        page.see(f"({CUT_OFF})('.connections li', '.connections')")
    )
    assert whole >= 2
    page.page.click("[data-connection='all'] button")
    page.page.wait_for_selector(".timeline button:has-text('SCOREBOARD')")
    assert page.see(f"({CUT_OFF})('.timeline .named .label, .timeline .fragment .label', 'button')") == []


def test_the_placeholder_of_the_search_can_be_read(classroom: Served, visit: Visit) -> None:
    page = visit(f"{classroom.url}/inspect", viewport=PROJECTORS[0])
    page.page.wait_for_selector("#search", state="visible")
    assert page.see("""(() => {
        const search = document.querySelector("#search");
        const style = getComputedStyle(search);
        const pen = document.createElement("canvas").getContext("2d");
        pen.font = `${style.fontSize} ${style.fontFamily}`;
        const letter = parseFloat(style.fontSize); // what empties the field is as wide
        const room = search.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - letter;
        return pen.measureText(search.placeholder).width <= room;
    })()""")


# WCAG 2.1, "contrast ratio", with all elements between this one and the page.
CONTRAST = """(selector) => {
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const ofPage = parse(getComputedStyle(document.body).backgroundColor);
    const part = document.querySelector(selector);
    const above = [];
    for (let one = part; one; one = one.parentElement) above.push(getComputedStyle(one));
    const opacity = above.reduce((product, style) => product * Number(style.opacity), 1);
    const box = above.map((style) => parse(style.backgroundColor)).find((colour) => colour[3] !== 0);
    const luminance = (colour) => colour.slice(0, 3)
        .map((value, i) => (value * opacity + ofPage[i] * (1 - opacity)) / 255)
        .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
    const [dark, light] = [parse(above[0].color), box].map(luminance).sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ended_connections_and_disabled_buttons_can_still_be_read(
    classroom: Served, echo: WebSocket, visit: Visit, scheme: str
) -> None:
    connect(f"ws://127.0.0.1:{classroom.port}/echo").close()
    page = visit(f"{classroom.url}/inspect", color_scheme=scheme)
    page.page.wait_for_selector(".connections .ended")
    for selector in ("#step:disabled", ".connections .ended b", ".connections .ended .soft"):
        assert page.see(f"({CONTRAST})({selector!r})") >= 4.5
