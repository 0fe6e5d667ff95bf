"""Tests of the lab in a real browser: every experiment ends as stated, and every switch has its effect."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.classroom.classroom import Classroom
from gameserver.classroom.experiments.shelf import EXPERIMENTS
from tests.browser.conftest import QUIET, TOKEN, Served, Visitor, eventually, serve, visiting

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]


def open_lab(served: Served, visit: Visit, fragment: str = "", **options: Any) -> Visitor:
    student = visit(f"{served.url}/lab{fragment}", **options)
    student.page.wait_for_selector("[data-experiment]", state="attached")
    student.page.wait_for_selector(".steps button >> nth=0")
    return student


@pytest.fixture(scope="module")
def lab(browser: Any) -> Iterator[Visitor]:
    """A page for all tests that need no page of their own."""
    with serve(QUIET, {}) as served, visiting(browser) as visit:
        Classroom(served.server, OperatorAuthentication(TOKEN), "127.0.0.1", served.port)
        yield open_lab(served, visit)


@pytest.fixture
def student(lab: Visitor) -> Visitor:
    """The page, with its first experiment on the bench."""
    lab.page.fill("#shelf-search", "")
    lab.page.click("#fresh")
    return lab


def choose(student: Visitor, experiment: str) -> None:
    """Follows a link to an experiment."""
    student.see(f"location.hash = '#{experiment}'")
    student.page.wait_for_selector(f"[data-experiment='{experiment}'][aria-current]")


def send(visitor: Visitor) -> str:
    """Sends the bytes on the bench and returns the outcome."""
    visitor.see("document.querySelector('#result').replaceChildren()")
    visitor.page.click("#send")
    visitor.page.wait_for_selector("#result .outcome")
    return visitor.text_of(".outcome")


def bytes_before_the_answer(visitor: Visitor) -> int:
    matched = re.search(r"after (\d+) of \d+ bytes", visitor.text_of(".exchange"))
    assert matched is not None
    return int(matched[1])


# Chooses each experiment and sends it. Returns the verdicts of those that end in another way than stated.
SEND_ALL = """async () => {
    const result = document.querySelector("#result");
    const wrong = {};
    for (const button of document.querySelectorAll("[data-experiment]")) {
        button.click();
        result.replaceChildren();
        document.querySelector("#send").click();
        while (!result.querySelector(".outcome")) await new Promise((wake) => setTimeout(wake, 10));
        const verdict = result.querySelector("[data-verdict]");
        if (verdict?.dataset.verdict !== "right") wrong[button.dataset.experiment] = verdict?.textContent ?? "none";
    }
    return wrong;
}"""


@pytest.mark.timeout(240)
def test_every_experiment_ends_as_stated(student: Visitor) -> None:
    assert student.see(
        "[...document.querySelectorAll('[data-experiment]')].map((one) => one.dataset.experiment)"
    ) == list(EXPERIMENTS)
    wrong = student.page.evaluate(SEND_ALL)
    assert wrong == {}


def test_an_experiment_can_be_linked_to_and_shows_which_function_decided(
    classroom: Served, visit: Visit, keep_picture: Keep
) -> None:
    student = open_lab(classroom, visit, "#unmasked", color_scheme="light")
    student.page.wait_for_selector("[data-experiment='unmasked'][aria-current]")
    assert "a client must mask every frame" in send(student)
    assert "check_first_bytes() in Net/frames.py" in student.text_of("#result .violation")
    assert "MASK" in student.text_of("#result .source .here") + student.text_of("#result .source")
    keep_picture(student, "lab-light.png")


def test_every_refusal_shows_which_function_decided(student: Visitor) -> None:
    choose(student, "packet-before-join")
    assert send(student) == "1 frame, then CLOSE 1000"
    student.page.click("#result details.down summary >> text=NOT_IN_ROOM")
    student.page.wait_for_selector("#result .exchange .violation")
    for shown in ("#result > div > .violation", "#result .exchange .violation"):
        assert "Session.seated() in gameserver/session.py" in student.text_of(shown)
        assert 'raise PacketError("NOT_IN_ROOM"' in student.text_of(shown)


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


def test_every_switch_changes_the_frame_and_the_answer(student: Visitor) -> None:
    for action, switch, value, outcome in SWITCHES:
        student.page.click("#fresh")
        before = student.page.input_value("#raw")
        getattr(student.page, action)(switch, *([] if value is None else [value]))
        assert student.page.input_value("#raw") != before
        assert (switch, send(student)) == (switch, outcome)


def test_a_bit_is_turned_over_in_the_picture_itself(student: Visitor) -> None:
    student.page.wait_for_selector("#preview .bit")
    student.page.click("#preview .bit >> nth=1")
    assert student.page.is_checked("[name=RSV1]")
    assert student.page.input_value("#raw").startswith("c1 85")


def test_bytes_typed_in_show_in_the_switches(student: Visitor) -> None:
    student.page.fill("#raw", "89 80 00 00 00 00")
    assert student.page.input_value("[name=opcode]") == "9"
    assert send(student) == "1 frame, then CLOSE 1000"
    student.page.fill("#raw", "8")
    assert "pairs of hex digits" in student.text_of("#raw-problem")


def test_a_packet_of_the_game_is_sent_from_the_registry(student: Visitor) -> None:
    student.page.select_option("#path", "/")
    for kind, shown in (("packet", "92 22 92 07"), ("json", "PONG")):
        student.page.select_option("[name=kind]", kind)
        student.page.select_option("[name=packet]", "PING")
        student.page.fill("[name=payload]", "[7]")
        assert send(student) == "1 frame, then CLOSE 1000"
        assert shown in student.text_of(".exchange")


def test_a_slow_delivery_shows_when_the_server_decided(student: Visitor) -> None:
    student.page.uncheck("[name=MASK]")
    student.page.select_option("#delivery", "bytes")
    send(student)
    assert 2 <= bytes_before_the_answer(student) < 15, "the second byte holds the MASK bit"
    student.page.select_option("#delivery", "split")
    student.page.fill("#split", "1 5")
    send(student)
    assert bytes_before_the_answer(student) in (5, 15)


def test_a_handshake_is_crafted(student: Visitor) -> None:
    student.page.click("#opening-part summary")
    opening = student.page.input_value("#opening")
    student.page.fill("#opening", opening.replace("Version: 13", "Version: 8"))
    assert send(student) == "HTTP/1.1 426 Upgrade Required"
    assert "check_upgrade() in Net/handshake.py" in student.text_of("#result .violation")
    student.page.fill("#opening", opening.replace("\\r\\n", "\\n", 1))
    assert send(student) == "HTTP/1.1 400 Bad Request"
    student.page.fill("#opening", "GET \\q")
    student.page.click("#send")
    student.page.wait_for_selector("#result .bad")
    assert "there is no \\q" in student.text_of("#result .bad")


def test_an_experiment_that_is_too_long_to_be_changed_can_only_be_sent(student: Visitor) -> None:
    choose(student, "rfc-64-kib")
    for control in ("#path", "#delivery", "#hangs-up", "#opening", "#raw"):
        assert student.page.is_disabled(control), control
    assert student.page.locator("#steps button:enabled").count() == 0
    assert send(student) == "1 frame, then CLOSE 1000"
    student.page.click("#fresh")
    student.page.select_option("#delivery", "bytes")
    assert send(student) == "1 frame, then CLOSE 1000"


def test_too_many_bytes_for_the_lab_get_a_sentence_and_the_connection_lives(student: Visitor) -> None:
    student.page.fill("#raw", 40_000 * "00")
    student.page.wait_for_selector("#preview .bad")
    assert "at most 16384 bytes at once, these are 40000" in student.text_of("#preview .bad")
    student.page.click("#send")
    student.page.wait_for_selector("#result .bad")
    assert "at most 16384 bytes at once" in student.text_of("#result .bad")
    student.page.fill("#raw", 16_000 * "00")
    student.page.click("#steps button >> text=+ frame")
    student.page.fill("#raw", 16_000 * "00")
    student.page.click("#steps button >> text=+ frame")
    student.page.fill("#raw", 16_000 * "00")
    student.page.click("#send")
    student.page.wait_for_selector("#result .bad >> text=too long for the lab")
    student.page.click("#fresh")
    assert send(student) == "1 frame, then CLOSE 1000"


def test_the_shelf_is_searched_for_attacks_too(student: Visitor) -> None:
    for words, found in (("cve-2016-10542", "length-256-mib"), ("Slowloris", "handshake-never-ends")):
        student.page.fill("#shelf-search", words)
        student.page.wait_for_selector(f"[data-experiment='{found}']:visible")
        assert student.page.locator("[data-experiment]:visible").count() <= 2
    student.page.click("[data-experiment='handshake-never-ends']")
    assert "slowloris, CVE-2007-6750" in student.text_of("#about")


KEEP_SOCKETS = """
globalThis.sockets = [];
globalThis.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    sockets.push(this);
  }
};
"""
# A page that does not come back by itself sends its token.
COME_BACK = f"""() => {{
  const [form, token] = [document.querySelector("#login"), document.querySelector("#token")];
  if (form && !form.hidden && sockets.at(-1).readyState === WebSocket.CLOSED) {{
    token.value = "{TOKEN}";
    form.requestSubmit();
  }}
  return sockets.length > 1 && sockets.at(-1).readyState === WebSocket.OPEN && !document.querySelector("#desk").hidden;
}}"""


def test_the_bytes_on_the_bench_stay_when_the_connection_is_lost(classroom: Served, visit: Visit) -> None:
    student = visit("about:blank")
    student.page.add_init_script(KEEP_SOCKETS)
    student.page.goto(f"{classroom.url}/lab")
    student.page.wait_for_selector(".steps button >> nth=0")
    student.page.fill("[name=payload]", "typed for minutes")
    student.page.check("#hangs-up")
    typed = student.page.input_value("#raw")
    student.see("sockets.at(-1).close()")
    eventually(lambda: student.page.evaluate(COME_BACK), "the page has come back")
    assert student.page.input_value("#raw") == typed
    assert student.page.is_checked("#hangs-up")
    assert send(student) == "1 frame, then CLOSE 1000"
