"""Tests of hex in the lab's page: the page reads the same table of cases as `python -m Net.dissect`."""

from __future__ import annotations

import json
import random
from typing import Callable

import pytest

from Net.dissect.hex_text import parse_hex_text
from tests.browser.conftest import Served, Visitor
from tests.Net.hex_cases import CASES

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]

READ_ALL = """async (texts) => {
    const { parseHexText } = await import("/web/classroom/hextext.js");
    return texts.map((text) => {
        try { return parseHexText(text); } catch (error) { return String(error.message); }
    });
}"""


def read_in_page(visitor: Visitor, texts: list[str]) -> list[bytes | None]:
    """Returns the bytes of each text, or None for a text that was refused with a sentence."""
    answers = visitor.page.evaluate(READ_ALL, texts)
    assert all(isinstance(answer, list) or " " in answer for answer in answers)
    return [bytes(answer) if isinstance(answer, list) else None for answer in answers]


def read_here(text: str) -> bytes | None:
    try:
        return parse_hex_text(text)
    except ValueError:
        return None


def test_the_page_reads_every_form_as_the_dissector_does(start_server: Start, visit: Visit) -> None:
    visitor = visit(start_server().url)
    answers = read_in_page(visitor, [text for _, text, _ in CASES])
    wrong = {name: answer for (name, _, data), answer in zip(CASES, answers) if answer != data}
    assert wrong == {}


def test_the_page_agrees_on_spoiled_forms(start_server: Start, visit: Visit) -> None:
    """Each case gets a piece of another case: the page and the dissector both read the same bytes, or both refuse."""
    chance = random.Random(1)
    texts = []
    for _, text, _ in CASES * 20:
        other = chance.choice(CASES)[1]
        at, start = chance.randrange(len(text) + 1), chance.randrange(len(other) + 1)
        texts.append(text[:at] + other[start : start + chance.randrange(8)] + text[at + chance.randrange(3) :])
    answers = read_in_page(visit(start_server().url), texts)
    wrong = {json.dumps(text): answer for text, answer in zip(texts, answers) if answer != read_here(text)}
    assert wrong == {}
    assert sum(answer is not None for answer in answers) > 50
