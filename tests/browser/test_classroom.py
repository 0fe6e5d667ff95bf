"""The teaching pages in a real browser: a live client is inspected, every experiment of the lab comes out as stated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.classroom.classroom import Classroom
from gameserver.classroom.experiments import EXPERIMENTS
from gameserver.doorkeeper import Doorkeeper
from Net.client import connect
from Net.frames import BINARY, CONTINUATION, PING, TEXT, serialize
from Net.websocket import WebSocket
from tests.browser.conftest import QUIET, Served, Visitor
from tests.Net.support import DEADLINE_S
from tests.support import Player

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

TOKEN = "open sesame"
KEY = bytes.fromhex("37fa213d")
PROJECTOR = {"width": 1280, "height": 720}
ROWS = "document.querySelectorAll('.timeline li').length"


@pytest.fixture
def classroom(start_server: Start) -> Served:
    served = start_server(QUIET)
    Classroom(served.server, Doorkeeper(TOKEN), "127.0.0.1", served.port)
    return served


@pytest.fixture
def echo(classroom: Served) -> Iterator[WebSocket]:
    """A client that has sent Hello in two fragments with a PING between, and then four bytes."""
    websocket = connect(f"ws://127.0.0.1:{classroom.port}/echo")
    first = serialize(TEXT, b"Hel", fin=False, mask_key=KEY)
    rest = serialize(PING, b"now", mask_key=KEY) + serialize(CONTINUATION, b"lo", mask_key=KEY)
    websocket._sock.sendall(first + rest + serialize(BINARY, bytes.fromhex("92029100"), mask_key=KEY))
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


def text_of(visitor: Visitor, selector: str) -> str:
    text: str = visitor.page.inner_text(selector)
    return text


# Inspecting ------------------------------------------------------------------------------------------------------


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
    assert "walk in a direction" in text_of(teacher, ".packet-tree")
    assert set(teacher.page.locator(".timeline .label").all_inner_texts()) == {"MOVE"}
    assert "Unmasking" in text_of(teacher, "#detail")
    keep_picture(teacher, "inspect-dark.png")


def test_a_fragmented_message_is_followed_from_part_to_part(
    classroom: Served, echo: WebSocket, visit: Visit, keep_picture: Keep
) -> None:
    teacher = visit(f"{classroom.url}/inspect", color_scheme="light")
    choose(teacher, "TEXT part 1")
    assert "first fragment" in text_of(teacher, ".headline")
    assert "joined from 2 frames" in text_of(teacher, ".message-view")
    assert "Hello" in text_of(teacher, ".message-view")
    keep_picture(teacher, "inspect-fragments.png")
    assert teacher.see("document.querySelectorAll('.timeline .between').length") == 1
    teacher.page.click(".message-view button.link >> nth=1")
    teacher.until("document.querySelector('.headline').textContent.includes('last fragment')", "the next part is shown")
    assert "Hello" in text_of(teacher, ".message-view")
    teacher.page.click(".timeline .between")
    teacher.until("document.querySelector('.headline').textContent.includes('PING')", "the PING between is shown")


def test_a_masked_frame_is_clicked_through_bit_by_bit(classroom: Served, echo: WebSocket, visit: Visit) -> None:
    teacher = visit(f"{classroom.url}/inspect")
    choose(teacher, "92 02 91 00")
    bits = teacher.see("[...document.querySelectorAll('.bit')].map((bit) => bit.textContent).join('')")
    assert bits.startswith("10000010" + "10000100" + f"{int.from_bytes(KEY, 'big'):032b}")
    assert text_of(teacher, ".hex").split()[1:] == ["82", "84", "37", "fa", "21", "3d", "a5", "f8", "b0", "3d"]
    teacher.page.click(".fields tr:has-text('masking key')")
    lit = "[...document.querySelectorAll('.byte.lit')].map((byte) => byte.textContent.trim()).join(' ')"
    assert teacher.see(lit) == "37 fa 21 3d"
    assert teacher.see("document.querySelectorAll('.bit.lit').length") == 32
    teacher.page.click(".byte >> nth=0")
    assert teacher.see("document.querySelectorAll('.bit.lit').length") == 8, "FIN, RSV1-3 and the opcode"
    teacher.page.click(".bit >> nth=8")
    assert "MASK" in text_of(teacher, ".fields tr.lit")
    rows = text_of(teacher, ".unmasking tbody").splitlines()
    assert [row.split()[1] for row in rows] == ["a5", "f8", "b0", "3d"]
    assert "37 [0]" in rows[0]
    assert "92" in rows[0].split()


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


def test_a_handshake_is_explained_step_by_step(
    classroom: Served, echo: WebSocket, visit: Visit, keep_picture: Keep
) -> None:
    teacher = visit(f"{classroom.url}/inspect")
    teacher.page.click("button.handshake")
    teacher.page.wait_for_selector(".accept")
    assert "Sec-WebSocket-Key" in text_of(teacher, ".lines >> nth=0")
    assert "SHA-1" in text_of(teacher, ".accept")
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
    assert "*********" in text_of(teacher, ".packet-tree")
    assert "Annabella" not in text_of(teacher, "body")


def test_who_comes_through_a_proxy_must_know_the_token(classroom: Served, visit: Visit) -> None:
    stranger = visit(f"{classroom.url}/inspect", extra_http_headers={"X-Forwarded-For": "192.0.2.7"})
    stranger.page.wait_for_selector("#login", state="visible")
    assert stranger.page.is_hidden("#desk")
    stranger.page.fill("#token", "a guess")
    stranger.page.click("#login button")
    stranger.until("document.querySelector('#login .bad').textContent.includes('not the operator')", "it is refused")
    stranger.page.fill("#token", TOKEN)
    stranger.page.click("#login button")
    stranger.page.wait_for_selector("#desk", state="visible")


# The lab -----------------------------------------------------------------------------------------------------------


def open_lab(served: Served, visit: Visit, fragment: str = "", **options: Any) -> Visitor:
    student = visit(f"{served.url}/lab{fragment}", **options)
    student.page.wait_for_selector("[data-experiment]", state="attached")
    student.page.wait_for_selector(".steps button >> nth=0")
    return student


def send(visitor: Visitor) -> str:
    """Sends what is on the bench; returns how it ended."""
    visitor.see("document.querySelector('#result').replaceChildren()")
    visitor.page.click("#send")
    visitor.page.wait_for_selector("#result .outcome")
    return text_of(visitor, ".outcome")


def bytes_before_the_answer(visitor: Visitor) -> int:
    matched = re.search(r"after (\d+) of 15 bytes", text_of(visitor, ".exchange"))
    assert matched is not None
    return int(matched[1])


@pytest.mark.timeout(240)
def test_every_experiment_comes_out_as_stated(classroom: Served, visit: Visit) -> None:
    student = open_lab(classroom, visit)
    assert student.see(
        "[...document.querySelectorAll('[data-experiment]')].map((one) => one.dataset.experiment)"
    ) == list(EXPERIMENTS)
    wrong = {}
    for experiment in EXPERIMENTS:
        student.see(f"document.querySelector('[data-experiment=\"{experiment}\"]').click()")
        send(student)
        if student.page.get_attribute("[data-verdict]", "data-verdict") != "right":
            wrong[experiment] = text_of(student, ".verdict")
    assert wrong == {}


def test_an_experiment_can_be_linked_to_and_shows_who_decided(
    classroom: Served, visit: Visit, keep_picture: Keep
) -> None:
    student = open_lab(classroom, visit, "#unmasked", color_scheme="light")
    student.page.wait_for_selector("[data-experiment='unmasked'][aria-current]")
    assert "a client must mask every frame" in send(student)
    assert "check_first_bytes() in Net/frames.py" in text_of(student, "#result .violation")
    assert "MASK" in text_of(student, "#result .source .here") + text_of(student, "#result .source")
    keep_picture(student, "lab-light.png")


SWITCHES: list[tuple[str, str, Any, str]] = [
    ("uncheck", "[name=MASK]", None, "CLOSE 1002 a client must mask every frame"),
    ("check", "[name=RSV1]", None, "CLOSE 1002 reserved bit set without an extension that defines it"),
    ("check", "[name=RSV3]", None, "CLOSE 1002 reserved bit set without an extension that defines it"),
    ("select_option", "[name=opcode]", "3", "CLOSE 1002 opcode 0x3 is reserved"),
    ("select_option", "[name=form]", "16", "CLOSE 1002 length 5 must be written in its shortest form"),
    ("select_option", "[name=form]", "64", "CLOSE 1002 length 5 must be written in its shortest form"),
    ("fill", "[name=length]", "9223372036854775808", "CLOSE 1002 the top bit of a 64-bit length must be 0"),
    ("fill", "[name=payload]", "Grüße", "1 frame, then CLOSE 1000"),
    ("fill", "[name=key]", "00 00 00 00", "1 frame, then CLOSE 1000"),
    ("uncheck", "[name=FIN]", None, "CLOSE 1000"),
]


def test_every_switch_changes_the_frame_and_the_answer(classroom: Served, visit: Visit) -> None:
    student = open_lab(classroom, visit)
    for action, switch, value, outcome in SWITCHES:
        student.page.click("#fresh")
        before = student.page.input_value("#raw")
        getattr(student.page, action)(switch, *([] if value is None else [value]))
        assert student.page.input_value("#raw") != before
        assert (switch, send(student)) == (switch, outcome)


def test_a_bit_is_turned_over_in_the_picture_itself(classroom: Served, visit: Visit) -> None:
    student = open_lab(classroom, visit)
    student.page.wait_for_selector("#preview .bit")
    student.page.click("#preview .bit >> nth=1")
    assert student.page.is_checked("[name=RSV1]")
    assert student.page.input_value("#raw").startswith("c1 85")


def test_bytes_typed_in_show_in_the_switches(classroom: Served, visit: Visit) -> None:
    student = open_lab(classroom, visit)
    student.page.fill("#raw", "89 80 00 00 00 00")
    assert student.page.input_value("[name=opcode]") == "9"
    assert send(student) == "1 frame, then CLOSE 1000"
    student.page.fill("#raw", "8")
    assert "pairs of hex digits" in text_of(student, "#raw-problem")


def test_a_packet_of_the_game_is_sent_from_the_registry(classroom: Served, visit: Visit) -> None:
    student = open_lab(classroom, visit)
    student.page.select_option("#path", "/")
    for kind, shown in (("packet", "92 22 92 07"), ("json", "PONG")):
        student.page.select_option("[name=kind]", kind)
        student.page.select_option("[name=packet]", "PING")
        student.page.fill("[name=payload]", "[7]")
        assert send(student) == "1 frame, then CLOSE 1000"
        assert shown in text_of(student, ".exchange")


def test_a_slow_delivery_shows_when_the_server_decided(classroom: Served, visit: Visit) -> None:
    student = open_lab(classroom, visit)
    student.page.uncheck("[name=MASK]")
    student.page.select_option("#delivery", "bytes")
    send(student)
    assert 2 <= bytes_before_the_answer(student) < 15, "the second byte holds the MASK bit"
    student.page.select_option("#delivery", "split")
    student.page.fill("#split", "1 5")
    send(student)
    assert bytes_before_the_answer(student) in (5, 15)


def test_a_handshake_is_crafted(classroom: Served, visit: Visit) -> None:
    student = open_lab(classroom, visit)
    student.page.click("#opening-part summary")
    opening = student.page.input_value("#opening")
    student.page.fill("#opening", opening.replace("Version: 13", "Version: 8"))
    assert send(student) == "HTTP/1.1 426 Upgrade Required"
    assert "check_upgrade() in Net/handshake.py" in text_of(student, "#result .violation")
    student.page.fill("#opening", opening.replace("\\r\\n", "\\n", 1))
    assert send(student) == "HTTP/1.1 400 Bad Request"
    student.page.fill("#opening", "GET \\q")
    student.page.click("#send")
    student.page.wait_for_selector("#result .bad")
    assert "there is no \\q" in text_of(student, "#result .bad")


@pytest.mark.parametrize("path", ["/inspect", "/lab"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_out_of_a_projector(
    classroom: Served, echo: WebSocket, visit: Visit, path: str, scheme: str
) -> None:
    page = visit(f"{classroom.url}{path}", viewport=PROJECTOR, color_scheme=scheme)
    page.page.wait_for_selector("#desk", state="visible")
    if path == "/inspect":
        choose(page, "TEXT part 1")
    else:
        page.page.wait_for_selector(".frame-view")
    assert page.see(
        "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )
    parts = "[...document.querySelectorAll('.detail *')]"
    assert page.see(f"{parts}.every((part) => part.getBoundingClientRect().right <= innerWidth + 1)")
    assert page.see("document.documentElement.dataset.theme") == scheme
    assert page.see("parseFloat(getComputedStyle(document.body).fontSize)") >= 19
