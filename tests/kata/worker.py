"""The process in which a student's file runs: it can harm this process only.

Requests come in as lines, each the repr of (function, args, kwargs). Answers go out in the same way, each a tuple whose
first element is "returned", "raised" or "serving". The output of the student's code goes to standard error.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import socket
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]

_serve_errors: list[str] = []


def main(path: str) -> None:
    """Loads the file, reports whether that worked, and answers requests until there are no more."""
    requests, answers = os.fdopen(os.dup(0), "r", encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # input() gets nothing
    os.dup2(2, 1)  # print() does not disturb the answers
    try:
        module = load(path)
        answer: Any = ("returned", None)
    except BaseException as error:
        answer = raised(error)
    while True:
        answers.write(f"{answer!r}\n")
        answers.flush()
        line = requests.readline()
        if not line:
            os._exit(0)  # without waiting for the student's threads
        try:
            answer = handle(module, *ast.literal_eval(line))
        except BaseException as error:
            answer = raised(error)


def load(path: str) -> ModuleType:
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    sys.path.append(str(ROOT))  # for our own code
    spec = importlib.util.spec_from_file_location("mine", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def handle(module: ModuleType, name: str, args: Any, kwargs: Any) -> tuple[str, Any]:
    if name == "why serve failed":
        return "returned", "".join(_serve_errors)
    function = getattr(module, name, None)
    if function is None:
        raise NotImplementedError
    return serve(function) if name == "serve" else ("returned", plain(function(*args, **kwargs)))


def serve(function: Any) -> tuple[str, int]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(16)
    port = listening.getsockname()[1]

    def run() -> None:
        try:
            function(listening)
            _serve_errors.append("serve returned: it must go on accepting")
        except BaseException as error:
            _serve_errors.append(describe(error))
        listening.close()  # so that no client waits for an answer

    threading.Thread(target=run, daemon=True).start()
    return "serving", port


def plain(value: Any) -> Any:
    """Converts the value to one whose repr can be read back."""
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (tuple, list)):
        return type(value)(map(plain, value)) if type(value) in (tuple, list) else tuple(map(plain, value))
    if isinstance(value, int) and type(value) is not bool:
        return int(value)
    if isinstance(value, str):
        return str.__str__(value)  # also for a member of an Enum
    if value is None or isinstance(value, (bool, bytes)):
        return value
    return {"an object of the class": type(value).__name__}


def raised(error: BaseException) -> tuple[str, list[str], str]:
    return "raised", [base.__name__ for base in type(error).__mro__], describe(error)


def describe(error: BaseException) -> str:
    """The error in one line, with the last line of the student's file that led to it."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == sys.argv[1]]
    if isinstance(error, SyntaxError):
        lines = [error.lineno]
    return f"{text} (line {lines[-1]})" if lines else text


if __name__ == "__main__":
    main(sys.argv[1])
