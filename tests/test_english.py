"""Tests of the project's English: readers from everywhere understand each sentence at the first reading.

To add a rule, add a row to LINE_RULES or SENTENCE_RULES, and correct every place that the tests then name.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("Net", "gameserver", "docs", "tests", ".ci")
PROSE = (".py", ".js", ".ts", ".html", ".css", ".md", ".conf")
FOREIGN = (".ci/venvs/", ".ci/autobahn/")  # other people's files
EXEMPT = ("docs/lessons/",)  # the lessons have their own review


class Rule(NamedTuple):
    """bad: a regular expression; write: what to write instead. wrong, right: the same sentence, with and without it."""

    bad: str
    write: str
    wrong: str
    right: str


# For every line of every file, code and strings included.
LINE_RULES = (Rule(r"(?i)\bcan\s+not\b", "cannot", "It can not be read.", "It cannot be read."),)

# For the sentences of docstrings, comments and Markdown.
SENTENCE_RULES = (
    Rule(
        r"^Lets\b",
        "a verb that says what the function does",
        "Lets everybody begin again.",
        "Resends the full state to every client.",
    ),
    Rule(
        r"^(?:Who|What)\b[^?]*$",
        "the noun: 'A client that ...', 'The bytes that ...'",
        "Who is thrown out comes again.",
        "Who is thrown out? A client that floods comes again.",
    ),
    Rule(
        r"(?i)\b(?:for|of|by|to) who\b",
        "the noun: 'for callers that ...'",
        "Held for who reads several fields.",
        "Held by callers that read several fields, of whom there are two.",
    ),
    Rule(
        r"(?i)\bwhoever\b",
        "the noun: 'a client that ...', 'everybody who ...'",
        "The seat of whoever left.",
        "The seat of a player who left.",
    ),
    Rule(r"(?i)\bthat which\b", "the noun", "It sends that which waits.", "It sends the bytes that wait."),
    Rule(
        r"(?i)\bone who\b",
        "the noun: 'the player who ...'",
        "It tells the one who attacks.",
        "It tells everyone who attacks.",
    ),
)


class Passage(NamedTuple):
    """A paragraph, a cell of a table, or a comment, on one line; line: where it begins in its file."""

    line: int
    text: str

    def sentences(self) -> list[str]:
        """The sentences, without the marks in front of them."""
        parts = re.split(r"(?<=[.!?])[)\"'*_`]*\s+", self.text)
        return [part.lstrip(" \"'(*_>#-") for part in parts]


def paragraphs(lines: list[tuple[int, str]], begins: str = r"(?!)") -> Iterator[Passage]:
    """Joins lines up to the next empty line, gap in the numbers, or line that matches `begins`."""
    held: list[tuple[int, str]] = []
    for number, line in lines:
        if held and (not line.strip() or number != held[-1][0] + 1 or re.match(begins, line)):
            yield Passage(held[0][0], " ".join(text.strip() for _, text in held))
            held = []
        if line.strip():
            held.append((number, line))
    if held:
        yield Passage(held[0][0], " ".join(text.strip() for _, text in held))


def of_python(source: str) -> Iterator[Passage]:
    """The docstrings and comments. A comment that ends in a line of dashes is a heading, and left out."""
    alone: list[tuple[int, str]] = []
    begins_statement = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        number = token.start[0]
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
            yield Passage(number, token.string.lstrip("#").strip())
        elif token.type == tokenize.COMMENT and not token.string.endswith("-----"):
            alone.append((number, token.string.lstrip("#")))
        elif token.type == tokenize.STRING and begins_statement:
            yield from paragraphs(list(enumerate(str(ast.literal_eval(token.string)).splitlines(), number)))
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            begins_statement = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    yield from paragraphs(alone)


def of_script(source: str) -> Iterator[Passage]:
    """The comments of JavaScript and CSS."""
    alone: list[tuple[int, str]] = []
    for number, line in enumerate(source.splitlines(), 1):
        comment = re.search(r"(?:^|\s)//(.*)", line)
        if comment is not None and not line[: comment.start()].strip():
            alone.append((number, comment[1]))
        elif comment is not None:
            yield Passage(number, comment[1].strip())
    yield from paragraphs(alone)
    for block in re.finditer(r"/\*(.*?)\*/", source, flags=re.DOTALL):
        first = source.count("\n", 0, block.start()) + 1
        lines = [re.sub(r"^\s*\*+ ?", "", line) for line in block[1].splitlines()]
        yield from paragraphs(list(enumerate(lines, first)), begins=r"@")


def of_markdown(source: str) -> Iterator[Passage]:
    """The paragraphs, the items of lists and the cells of tables; no headings, no code."""
    blank = re.compile(r"^```.*?^```$|^#.*?$|<!--.*?-->", flags=re.MULTILINE | re.DOTALL)
    text = blank.sub(lambda found: "\n" * found[0].count("\n"), source)
    lines = list(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if line.startswith("|"):
            yield from (Passage(number, cell.strip()) for cell in line.strip("|").split("|"))
    yield from paragraphs([(number, line) for number, line in lines if line[:1] != "|"], begins=r"\s*(?:[-*]|\d+\.) ")


READERS = {".py": of_python, ".js": of_script, ".ts": of_script, ".css": of_script, ".md": of_markdown}


def prose_files() -> list[Path]:
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in PROSE]
    found = [ROOT / "README.md", ROOT / "run_server.py", *sorted(inside)]
    return [path for path in found if path != Path(__file__) and not name_of(path).startswith(FOREIGN)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def broken_in_sentences(path: Path) -> Iterator[str]:
    """The places where a sentence of the file breaks a rule, each with the rule."""
    for passage in READERS[path.suffix](path.read_text(encoding="utf-8")):
        for sentence in passage.sentences():
            for rule in SENTENCE_RULES:
                if re.search(rule.bad, sentence):
                    yield f"{name_of(path)}:{passage.line}: write {rule.write}: {sentence[:80]}"


def test_no_line_holds_words_that_readers_stumble_over() -> None:
    found = [
        f"{name_of(path)}:{number}: write {rule.write!r}: {line.strip()[:80]}"
        for path in prose_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for rule in LINE_RULES
        if re.search(rule.bad, line)
    ]
    assert found == []


def test_no_sentence_is_built_in_a_way_that_readers_stumble_over() -> None:
    files = [path for path in prose_files() if path.suffix in READERS and not name_of(path).startswith(EXEMPT)]
    assert [place for path in files for place in broken_in_sentences(path)] == []


# Words in the names of modules, classes and functions -> the words that the field uses for them.
FIELD_WORDS = {
    "anatomy": "record",
    "audience": "roster",
    "blow": "hit",
    "board": "scoreboard",
    "boards": "scoreboards",
    "doorkeeper": "authentication",
    "guest": "arrival",
    "guests": "admission",
    "halves": "prefix and suffix",
    "hopper": "queue",
    "keeper": "checkpoint",
    "life": "phase",
    "outlook": "viewpoint",
    "pace": "clock, rate",
    "prick": "hit",
    "pricks": "hits",
    "receipts": "flow control",
    "settle": "resolve, commit",
    "tend": "keep alive",
    "tender": "keepalive",
}


def words_of(name: str) -> list[str]:
    """The words of a name, in small letters: `WireFormat` and `wire_format` are wire and format."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def names_in(source: str) -> list[str]:
    """The names of the classes and functions that a file defines."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]


def test_names_use_the_words_of_the_field() -> None:
    files = [path for package in ("Net", "gameserver") for path in (ROOT / package).rglob("*.py")]
    found = [
        f"{name_of(path)}: {name}: {word} -> {FIELD_WORDS[word]}"
        for path in files
        for name in [path.stem, *names_in(path.read_text(encoding="utf-8"))]
        for word in words_of(name)
        if word in FIELD_WORDS
    ]
    assert found == []


def test_the_words_of_a_name_are_found_in_every_spelling() -> None:
    assert words_of("TCPHopper") == ["tcp", "hopper"]
    assert words_of("_land_blow") == ["land", "blow"]
    assert names_in("class Guest:\n    def tend(self): ...") == ["Guest", "tend"]


@pytest.mark.parametrize("rule", [*LINE_RULES, *SENTENCE_RULES], ids=lambda rule: rule.bad)
def test_each_rule_finds_its_example_and_passes_the_corrected_one(rule: Rule) -> None:
    assert any(re.search(rule.bad, sentence) for sentence in Passage(1, rule.wrong).sentences())
    assert not any(re.search(rule.bad, sentence) for sentence in Passage(1, rule.right).sentences())


def test_the_prose_of_python_is_its_docstrings_and_comments() -> None:
    source = (
        '"""One.\n\nTwo\ngoes on."""\n# three\n# goes on\nx = "# no"  # four\n# What -----\ndef f():\n    """Five."""\n'
    )
    found = sorted(of_python(source))
    assert found == [(1, "One."), (3, "Two goes on."), (5, "three goes on"), (7, "four"), (10, "Five.")]


def test_the_prose_of_a_script_is_its_comments() -> None:
    source = "/** One,\n * two.\n * @param {string} x */\n// three\n// goes on\nlet a = 'http://no'; // four\n"
    assert sorted(of_script(source)) == [(1, "One, two."), (3, "@param {string} x"), (4, "three goes on"), (6, "four")]


def test_the_prose_of_markdown_has_no_headings_and_no_code() -> None:
    source = "# What it is\n\nOne\ngoes on.\n\n```\nWhat\n```\n- two\n- three\n\n| four | five |\n<!-- What -->\n"
    found = [sentence for passage in of_markdown(source) for sentence in passage.sentences()]
    assert sorted(found) == ["One goes on.", "five", "four", "three", "two"]


def test_a_sentence_ends_at_a_full_stop_or_a_question_mark() -> None:
    assert Passage(1, 'Is it? "What it is (3.5 s)." (What else.) No').sentences() == [
        "Is it?",
        "What it is (3.5 s).",
        "What else.",
        "No",
    ]
