"""Each classic mistake is caught by the stage that should catch it, and no file can stop or confuse the run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.kata import echo_server, overview as overview_module
from tests.kata.checks import STAGES
from tests.kata.implementation import HURRIED_S, PATIENCE_S, Implementation, NotThere, Trouble
from tests.kata.kata import CHECKS, Check, Result, first_failing_stage, problem_of
from tests.kata.mistakes import MISTAKES, RIGHT, Mistake, with_mistake
from tests.kata.overview import Student, overview, students_in

ROOT = Path(__file__).parents[2]
TEMPLATE = RIGHT.with_name("mine.py")
SHORT_S = 0.3  # for calls that never return

Make = Callable[..., Implementation]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes an implementation of a source."""
    made: list[Implementation] = []

    def make_it(source: str, patience_s: float = PATIENCE_S, start_s: float = 20.0) -> Implementation:
        file = tmp_path / "mine.py"
        file.write_text(source, encoding="utf-8")
        made.append(Implementation(file, patience_s, start_s))
        return made[-1]

    yield make_it
    for implementation in made:
        implementation.stop()


def test_the_small_server_of_the_last_lesson_passes_every_stage(make: Make) -> None:
    assert first_failing_stage(make(RIGHT.read_text(encoding="utf-8"))) == (None, "")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught_by_its_stage(make: Make, mistake: Mistake) -> None:
    stage, problem = first_failing_stage(make(with_mistake(mistake)))
    assert stage == mistake.stage, problem
    assert "RFC 6455 section" in problem or "thread of its own" in problem


def test_there_are_mistakes_for_every_stage() -> None:
    assert len(MISTAKES) >= 15
    assert {mistake.stage for mistake in MISTAKES} == set(STAGES) == {check.stage for check in CHECKS}


def test_a_failure_says_what_was_expected_in_the_words_of_the_rfc_and_in_bytes(make: Make) -> None:
    _, problem = first_failing_stage(make(with_mistake(MISTAKES[4])))
    assert problem == (
        "apply_mask, four bytes\n"
        "  RFC 6455 section 5.3: Octet i of the transformed data is the XOR of octet i of the original data with octet "
        "i MOD 4 of the masking key\n"
        "  apply_mask([48 65 6c 6c], [37 fa 21 3d])\n"
        "  expected: [7f 9f 4d 51]\n"
        "  got:      [7f 52 5b 5b]"
    )


# Files that misbehave ------------------------------------------------------------------------------------------

FIRST = CHECKS[0]
GOOD = 'return "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="'


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def accept_key(key) return 1", "mine.py cannot be imported: SyntaxError"),
        ("import no_such_module", "mine.py cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1\ny = x / 0", "mine.py cannot be imported: ZeroDivisionError: division by zero (line 2)"),
        ("import sys\nsys.exit('bye')", "mine.py cannot be imported: SystemExit: bye (line 2)"),
        ("import os\nos._exit(3)", "import has ended the whole program"),
        ("def accept_key(key):\n    return key.nothing", "the exception AttributeError"),
        ("def accept_key(key):\n    return accept_key(key)", "the exception RecursionError"),
        ("def accept_key(key):\n    raise SystemExit", "the exception SystemExit (line 2)"),
        ("def accept_key(key):\n    import os\n    os._exit(0)", "accept_key has ended the whole program"),
        ("def accept_key(key):\n    return input()", "the exception EOFError"),
        ("def accept_key():\n    return 1", "the exception TypeError"),
        ("def accept_key(key):\n    return object()", "an object of the class object"),
        ("def accept_key(key):\n    return b's3pPLMBiTxaQ9kYGzzhZRbK+xOo='", "got:      [73 33 70 50"),
        ("accept_key = 5", "the exception TypeError: 'int' object is not callable"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(make: Make, source: str, sentence: str) -> None:
    assert sentence in problem_of(make(source), FIRST)


@pytest.mark.parametrize(
    "source",
    [
        f"def accept_key(key):\n    print('hello', key)\n    {GOOD}",
        f"def accept_key(key):\n    import os\n    os.write(1, b'returned\\n')\n    {GOOD}",
        f"def accept_key(key):\n    import sys\n    sys.stdout.close()\n    {GOOD}",
        f"print(1000 * 'a line in the file itself')\ndef accept_key(key):\n    {GOOD}",
        f"import threading, time\nthreading.Timer(99, print).start()\ndef accept_key(key):\n    {GOOD}",
        f"import __main__\n__main__.answers = None\ndef accept_key(key):\n    {GOOD}",
        f"def helper():\n    return 1\ndef accept_key(key):\n    {GOOD}\nif __name__ == '__main__':\n    print(1 / 0)",
    ],
)
def test_prints_and_threads_disturb_nothing(make: Make, source: str) -> None:
    assert problem_of(make(source), FIRST) == ""


def test_a_function_that_hangs_is_waited_for_once(make: Make) -> None:
    hanging = make(f"def accept_key(key):\n    while True: pass\ndef apply_mask(payload, key):\n    {GOOD}", SHORT_S)
    sentence = f"accept_key does not return: I waited {SHORT_S:g} s"
    assert sentence in problem_of(hanging, FIRST)
    hanging.patience_s = PATIENCE_S
    assert sentence in problem_of(hanging, CHECKS[1])
    assert "expected" in problem_of(hanging, next(check for check in CHECKS if check.stage == "apply_mask"))


def test_a_file_that_hangs_when_it_is_imported_is_given_up(make: Make) -> None:
    hanging = make("while True: pass", start_s=SHORT_S)
    for check in CHECKS:
        assert "mine.py cannot be imported: that takes more than 0.3 s" in problem_of(hanging, check)


@pytest.mark.parametrize(
    ("serve", "sentence", "patience_s"),
    [
        ("def serve(listening):\n    1 / 0", "ZeroDivisionError: division by zero (line 2)", PATIENCE_S),
        ("def serve(listening):\n    return", "serve returned: it must go on accepting", PATIENCE_S),
        ("def serve(listening):\n    while True: pass", "your server says nothing at all: I waited 0.3 s", SHORT_S),
        (
            "def serve(listening):\n    while True: listening.accept()[0].close()",
            "got:      nothing at all",
            PATIENCE_S,
        ),
        (
            "def serve(listening):\n    while True: listening.accept()[0].sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')",
            "got:      HTTP/1.1 200 OK",
            PATIENCE_S,
        ),
    ],
)
def test_a_server_that_does_not_serve_is_named(make: Make, serve: str, sentence: str, patience_s: float) -> None:
    check = next(check for check in CHECKS if check.stage == "echo_server")
    assert sentence in problem_of(make(serve, patience_s), check)


def serve_checks() -> list[Check]:
    return [check for check in CHECKS if check.stage == "echo_server"]


def test_a_server_that_never_says_a_word_is_asked_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = make("def serve(listening):\n    held = []\n    while True: held.append(listening.accept())", SHORT_S)
    first, *others = serve_checks()
    sentence = "your server says nothing at all: I waited 0.3 s"
    assert sentence in problem_of(silent, first)
    monkeypatch.setattr(echo_server, "run", None)  # no check may connect again
    for check in others:
        assert sentence in problem_of(silent, check)


def test_a_server_that_is_silent_later_is_asked_on_but_with_little_patience(make: Make) -> None:
    answers_once = make(
        "def serve(listening):\n"
        "    listening.accept()[0].sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')\n"
        "    held = []\n"
        "    while True: held.append(listening.accept())"
    )
    first, second, third = serve_checks()[:3]
    assert "got:      HTTP/1.1 200 OK" in problem_of(answers_once, first)
    answers_once.patience_s = SHORT_S
    assert "I waited 0.3 s" in problem_of(answers_once, second)
    answers_once.patience_s = PATIENCE_S
    assert f"I waited {HURRIED_S:g} s" in problem_of(answers_once, third)


def test_a_server_that_never_ends_tcp_is_waited_for_with_patience_only_once(make: Make) -> None:
    source = RIGHT.read_text(encoding="utf-8")
    held = source.replace("        sock.shutdown(socket.SHUT_WR)\n", "        threading.Event().wait()\n")
    assert held != source
    never_ends = make(held, SHORT_S)
    first, second = serve_checks()[:2]
    assert never_ends.exchange_patience_s == SHORT_S
    assert "neither more nor the end of the stream" in problem_of(never_ends, first)
    never_ends.patience_s = PATIENCE_S
    assert never_ends.exchange_patience_s == HURRIED_S
    assert "neither more nor the end of the stream" in problem_of(never_ends, second)


def test_a_server_that_sends_without_end_is_read_up_to_a_limit(make: Make) -> None:
    source = RIGHT.read_text(encoding="utf-8")
    flood = source.replace("    unfinished = []\n", "    while True: sock.sendall(bytes(9999))\n", 1)
    assert flood != source
    assert "bytes in all], and no end of it" in problem_of(make(flood), serve_checks()[0])


def test_a_reason_that_is_not_utf_8_is_shown_in_bytes(make: Make) -> None:
    mistake = next(mistake for mistake in MISTAKES if mistake.name == "a reason that is not UTF-8")
    problem = problem_of(make(with_mistake(mistake)), serve_checks()[0])
    assert "got:      CLOSE [03 e8 ff]\n" in problem
    assert "RFC 6455 section 5.5.1: Following the 2-byte integer, the body MAY contain UTF-8-encoded data" in problem


def test_a_101_without_a_header_line_is_refused_in_the_words_for_browsers(make: Make) -> None:
    mistake = next(mistake for mistake in MISTAKES if mistake.name == "leaves Connection out of the 101")
    problem = problem_of(make(with_mistake(mistake)), serve_checks()[0])
    assert "RFC 6455 section 4.1: If the response lacks a Connection header field" in problem


def test_the_names_of_the_headers_of_a_101_are_the_same_in_small_letters(make: Make) -> None:
    source = RIGHT.read_text(encoding="utf-8")
    small = source.replace('"Sec-WebSocket-Accept: "', '"sec-websocket-accept:"')
    small = small.replace(
        "Upgrade: websocket\\r\\nConnection: Upgrade", "UPGRADE:WebSocket\\r\\nconnection: x, upgrade"
    )
    assert "connection: x, upgrade" in small
    assert [problem_of(make(small), check) for check in serve_checks()[:3]] == ["", "", ""]


def test_a_member_of_an_enumeration_is_a_string_like_any_other(make: Make) -> None:
    source = "import enum\nclass A(str, enum.Enum):\n    B = 'c'\ndef accept_key(key):\n    return A.B"
    assert "got:      'c'" in problem_of(make(source), FIRST)


def test_a_function_that_is_not_there_yet_is_no_failure(make: Make) -> None:
    template = make(TEMPLATE.read_text(encoding="utf-8"))
    for stage in STAGES:
        check = next(check for check in CHECKS if check.stage == stage)
        with pytest.raises(NotThere):
            problem_of(template, check)
    assert issubclass(NotThere, Trouble)


def test_the_template_has_every_function_and_the_lessons_name_their_section() -> None:
    template = TEMPLATE.read_text(encoding="utf-8")
    assert [line[4 : line.index("(")] for line in template.splitlines() if line.startswith("def ")] == [
        *STAGES.values()
    ]


# A class ---------------------------------------------------------------------------------------------------------


def test_the_overview_is_a_table_of_files_and_stages(tmp_path: Path) -> None:
    sources = {
        "anna": RIGHT.read_text(encoding="utf-8"),
        "bert": with_mistake(next(mistake for mistake in MISTAKES if mistake.name == "FIN always set")),
        "carla": TEMPLATE.read_text(encoding="utf-8").replace("    raise NotImplementedError", f"    {GOOD}", 1),
        "dora": "oops",
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    lines = list(overview(students_in(tmp_path)))
    cells = {row[0]: row[1:] for row in ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[:6])}
    assert cells["file"] == [*STAGES]
    assert cells["anna"] == 7 * ["done"]
    assert cells["bert"][:4] == ["done", "done", "13 of 14", "done"]
    assert cells["carla"] == ["1 of 2", *6 * ["-"]]
    assert set(cells["dora"]) == {"0 of 2", "0 of 8", "0 of 14", "0 of 49", "0 of 21", "0 of 28", "0 of 31"}
    text = "\n".join(lines[6:])
    assert "bert: encode_frame, a first fragment" in text
    assert "dora: accept_key, the RFC's example\n  dora.py cannot be imported: NameError" in text


def test_a_row_of_the_overview_comes_as_soon_as_it_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assessed: list[Path] = []

    def assess_nothing(file: Path, _: float) -> list[None]:
        assessed.append(file)
        return [None for _ in STAGES]

    monkeypatch.setattr(overview_module, "assess_file", assess_nothing)
    students = [Student("anna", tmp_path / "anna.py"), Student("a much longer name", tmp_path / "b.py")]
    lines = overview(students)
    head = [next(lines), next(lines)]
    assert assessed == []
    rows = [next(lines)]
    assert assessed == [students[0].file]
    rows += [next(lines)]
    assert len({len(line) for line in head + rows}) == 1


def test_a_check_that_breaks_off_is_a_cell_and_the_others_are_assessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def assess(_: Implementation, stage: str) -> Result:
        if stage == "fragments":
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
        return Result(2, 2)

    monkeypatch.setattr(overview_module, "assess", assess)
    (tmp_path / "anna.py").write_text("", encoding="utf-8")
    table = list(overview(students_in(tmp_path)))
    assert [cell.strip() for cell in table[2].split("|")[1:-1]] == ["anna", *4 * ["done"], "error", *2 * ["done"]]
    assert table[-1].startswith("anna: fragments: a check broke off with UnicodeDecodeError: ")


def test_the_folder_of_a_student_bears_the_name_of_the_student(tmp_path: Path) -> None:
    for name in ("zoe.py", "harry/mine.py", "harry/helper.py", "sam/server.py", "empty/notes.txt", "a/b/too_deep.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    found = [(name, str(file.relative_to(tmp_path).as_posix())) for name, file in students_in(tmp_path)]
    assert found == [("harry", "harry/mine.py"), ("sam/server", "sam/server.py"), ("zoe", "zoe.py")]


def test_the_commands_for_students_and_teachers_work(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )

    (tmp_path / "mine.py").write_text(f"def accept_key(key):\n    {GOOD}\n", encoding="utf-8")
    mine = ("tests/kata", "-q", "--implementation", str(tmp_path / "mine.py"))
    checked = run("pytest", *mine)
    assert checked.returncode == 1
    assert "accept_key, another key" in checked.stdout
    assert "Traceback" not in checked.stdout
    assert f"1 failed, 1 passed, {len(CHECKS) - 2} skipped" in checked.stdout
    one_stage = run("pytest", *mine, "--stage", "accept_key").stdout
    assert "1 failed, 1 passed, " in one_stage
    assert "skipped" not in one_stage
    table = run("tests.kata", "overview", str(tmp_path))
    assert (table.returncode, table.stdout.count("| mine |")) == (0, 1)
    assert run("tests.kata", "overview", str(tmp_path / "nothing")).returncode == 2
    odd = "def accept_key(key):\n    raise ValueError('\\udcff')\n"
    (tmp_path / "mine.py").write_text(odd, encoding="utf-8")
    table = run("tests.kata", "overview", str(tmp_path))
    assert (table.returncode, "the exception ValueError: \\udcff" in table.stdout) == (0, True), table.stderr
    missing = run("pytest", "tests/kata", "-q", "--implementation", "no_such_file.py")
    assert missing.returncode == 4
    assert "there is no file no_such_file.py" in missing.stderr + missing.stdout
