"""Tests of repeated log lines: they are summed up, by kind and address, in bounded memory."""

from __future__ import annotations

import logging
import re
import time
from typing import Iterator

import pytest

from gameserver import repeats
from gameserver.repeats import EVERY_LINE, LINES_OF_ADDRESS, LINES_OF_KIND, MOST_KINDS, SumUp
from Net.address import Address
from tests.gameserver.admin.test_console import operator, serving_console
from tests.Net.support import wait_until
from tests.support import staged


class Lines(logging.Handler):
    """The lines that an operator sees."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record).splitlines()[0])


class Summed:
    """A logger whose lines are summed up, and the lines that are shown."""

    def __init__(self) -> None:
        self.shown = Lines()
        self.handler = SumUp(self.shown)
        self.log = logging.Logger("summed")
        self.log.addHandler(self.handler)

    @property
    def lines(self) -> list[str]:
        return self.shown.lines

    def sums(self) -> list[str]:
        return [line for line in self.lines if " more in " in line]

    def all_told(self) -> int:
        """Returns the number of lines that were shown or counted in a sum."""
        return len(self.lines) + sum(int(re.findall(r"and (\d+) more in", line)[0]) for line in self.sums())


@pytest.fixture
def summed() -> Iterator[Summed]:
    summed = Summed()
    yield summed
    summed.handler.close()


def test_a_few_lines_are_shown_as_they_come(summed: Summed) -> None:
    for port in range(LINES_OF_ADDRESS):
        summed.log.info("%s refused: %s", Address("192.0.2.7", port), "no Host")
    summed.handler.sum_up()
    assert summed.lines == [f"INFO 192.0.2.7:{port} refused: no Host" for port in range(LINES_OF_ADDRESS)]


def test_the_lines_of_one_kind_and_address_are_summed_up(summed: Summed) -> None:
    for port in range(1, 351):
        summed.log.info("%s refused: %s", Address("192.0.2.7", port), "no Host")
    summed.handler.sum_up()
    assert len(summed.lines) == LINES_OF_ADDRESS + 1
    assert summed.lines[-1] == "INFO 192.0.2.7:11 refused: no Host (and 339 more in 1 s)"
    assert summed.all_told() == 350


def test_one_line_too_many_is_shown_itself_at_the_end_of_the_period(summed: Summed) -> None:
    for port in range(LINES_OF_ADDRESS + 1):
        summed.log.info("%s refused", Address("192.0.2.7", port))
    assert len(summed.lines) == LINES_OF_ADDRESS
    summed.handler.sum_up()
    assert summed.lines[-1] == f"INFO 192.0.2.7:{LINES_OF_ADDRESS} refused"


@pytest.mark.parametrize(
    ("level", "text", "values"),
    [
        (logging.INFO, "%s refused", (Address("192.0.2.8", 1),)),  # another address
        (logging.INFO, "%s refused", ("192.0.2.70",)),
        (logging.INFO, "%s refused", (Address("2001:db8::7", 1),)),
        (logging.INFO, "%s vanished", (Address("192.0.2.7", 1),)),  # another kind
        (logging.WARNING, "%s refused", (Address("192.0.2.7", 1),)),  # another level
        (logging.INFO, "no address", ()),
        (logging.INFO, "no address: %d", (1,)),
        (logging.INFO, "no address: %(number)d", ({"number": 1},)),
    ],
)
def test_a_flood_does_not_hide_other_lines(level: int, text: str, values: tuple[object, ...], summed: Summed) -> None:
    for port in range(100):
        summed.log.info("%s refused", Address("192.0.2.7", port))
    shown = len(summed.lines)
    summed.log.log(level, text, *values)
    assert len(summed.lines) == shown + 1


def test_the_ports_of_ipv6_addresses_do_not_keep_their_lines_apart(summed: Summed) -> None:
    for port in range(100):
        summed.log.info("%s refused", Address("2001:db8::7", port))
    assert len(summed.lines) == LINES_OF_ADDRESS


def test_faults_of_other_types_are_not_hidden_and_a_sum_has_no_traceback(summed: Summed) -> None:
    for error in [KeyError("a")] * 50 + [ValueError("b")]:
        try:
            raise error
        except Exception:
            summed.log.exception("%s: a fault in the server", Address("192.0.2.7", 1))
    assert len(summed.lines) == LINES_OF_ADDRESS + 1
    assert summed.all_told() == LINES_OF_ADDRESS + 1
    summed.handler.sum_up()
    assert summed.all_told() == 51


def test_many_addresses_are_summed_up_by_kind_alone(summed: Summed) -> None:
    for number in range(5000):
        summed.log.info("%s refused", f"10.0.{number // 250}.{number % 250}:1")
    assert len(summed.lines) == LINES_OF_KIND
    summed.handler.sum_up()
    (line,) = summed.sums()
    assert line.endswith(f" (and {4999 - LINES_OF_KIND} more in 1 s, of other addresses)")
    assert summed.all_told() == 5000


def test_the_memory_is_bounded_whatever_the_texts_and_addresses(summed: Summed) -> None:
    for number in range(20 * MOST_KINDS):
        summed.log.info(f"text {number} of %s", number)
    assert len(summed.lines) <= MOST_KINDS + LINES_OF_KIND
    summed.handler.sum_up()
    assert summed.all_told() == 20 * MOST_KINDS


def test_the_actions_of_an_operator_are_always_shown(summed: Summed) -> None:
    for _ in range(500):
        summed.log.info("%s: the operator did %s", Address("192.0.2.7", 1), "ban", extra=EVERY_LINE)
    assert len(summed.lines) == 500


def test_sums_come_by_themselves_though_nothing_more_is_logged(summed: Summed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "PERIOD_S", 0.3)
    for _ in range(2):
        summed.shown.lines.clear()
        for port in range(100):
            summed.log.info("%s refused", Address("192.0.2.7", port))
        wait_until(lambda: summed.all_told() == 100, "the sum is told")


def test_the_next_line_tells_the_sum_if_the_machine_has_no_thread_left(
    summed: Summed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    for port in range(100):
        summed.log.info("%s refused", Address("192.0.2.7", port))
    monkeypatch.setattr(repeats, "PERIOD_S", 0.0)
    summed.log.info("and then")
    assert summed.sums() == ["INFO 192.0.2.7:10 refused (and 89 more in 1 s)"]
    assert summed.lines[-1] == "INFO and then"


def test_closing_shows_the_sums_that_are_left(summed: Summed) -> None:
    for port in range(100):
        summed.log.info("%s refused", Address("192.0.2.7", port))
    summed.handler.close()
    assert summed.all_told() == 100


def test_a_line_that_is_left_out_is_not_even_formatted(summed: Summed) -> None:
    formatted = []

    class Value:
        def __str__(self) -> str:
            formatted.append(self)
            return "value"

    for _ in range(1000):
        summed.log.info("%s refused: %s", Address("192.0.2.7", 1), Value())
    assert len(formatted) == LINES_OF_ADDRESS + 1


def test_a_second_of_500_dropped_connections_costs_little(summed: Summed) -> None:
    started_s = time.thread_time()
    for port in range(5000):
        summed.log.debug("%s: %s", Address("192.0.2.7", port), "connection closed with 1006")
    a_second_s = (time.thread_time() - started_s) / 10
    print(f"{a_second_s * 1000:.1f} ms of processor time for 500 lines")
    assert a_second_s < 0.1  # 0.005 on a quiet machine


def test_a_line_that_cannot_be_formatted_ends_nothing(summed: Summed, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(LINES_OF_ADDRESS + 1):
        summed.log.info("%d", "no number")
    summed.log.info("next")
    assert summed.lines[-1] == "INFO next"
    assert "Logging error" in capsys.readouterr().err


# Lines of the game --------------------------------------------------------------------------------------------


@pytest.fixture
def game_log() -> Iterator[Summed]:
    """A logger of the game and the lines that are shown."""
    summed, logger = Summed(), logging.getLogger("gameserver")
    logger.addHandler(summed.handler)
    logger.setLevel(logging.INFO)
    yield summed
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(summed.handler)
    summed.handler.close()


def test_players_who_come_and_go_do_not_hide_other_events_of_their_room(game_log: Summed) -> None:
    with staged() as stage:
        for _ in range(50):
            stage.room.log_event("player_joined", {"name": "Ann"})
        stage.room.log_event("tested", {})
    assert len([line for line in game_log.lines if "player_joined" in line]) == LINES_OF_ADDRESS
    assert any("tested {}" in line for line in game_log.lines)


def test_every_command_of_an_operator_is_logged(game_log: Summed) -> None:
    commands = 3 * LINES_OF_ADDRESS
    with serving_console() as (arena, _), operator(arena) as boss:
        for number in range(commands):
            assert boss.do("send_global_message", text=f"notice {number}")["ok"]
    assert len([line for line in game_log.lines if "the operator did" in line]) == commands
