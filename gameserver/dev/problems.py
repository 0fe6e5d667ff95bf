"""The problem of changed code: an error -> one line for a person, FILE:LINE: MESSAGE.

In:  the path of a file, or an exception. Out: the line. It imports only Python's own modules, because the others may be
broken.
"""

from __future__ import annotations

import os
import re
import site
import sysconfig
import traceback
from typing import Iterable


class Problem(ValueError):
    """The new code cannot be taken; the text is a sentence."""


_LONGEST = 300  # characters of an error's message
# The packages of this project. Their code is named only if no other code of the game has a part in the error.
_OURS = tuple(
    os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), name, "")
    for name in ("gameserver", "Net")
)
_PLACE = re.compile(r"^(.*?), line (\d+): ")


def syntax_problem(path: str) -> str | None:
    """Compiles a file, and returns the problem; None: the file can be compiled, or it is gone."""
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        return None
    try:
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return problem_of(error, path)
    except ValueError as error:  # a null byte, on Pythons before 3.12
        return _line(path, source[: source.find(b"\0")].count(b"\n") + 1, str(error))
    return None


def problem_of(error: BaseException, path: str | None = None) -> str:
    """Returns the problem for an exception. path: the file that was read, if the exception does not name it."""
    if isinstance(error.__cause__, SyntaxError):
        return problem_of(error.__cause__)
    if isinstance(error, SyntaxError):
        return _line(error.filename or path, error.lineno, error.msg)
    if isinstance(error, ValueError) and type(error).__module__.startswith("gameserver."):
        return _in_short(_PLACE.sub(r"\1:\2: ", str(error), count=1))  # a sentence, often with the place
    file, line = _origin(error)
    if file is None and path is None:
        return _in_short(f"{type(error).__name__}: {error}")
    return _line(file or path, line, f"{type(error).__name__}: {error}")


def _origin(error: BaseException) -> tuple[str | None, int | None]:
    """Returns the last place in the code of the game; if that has no part in the error, the last in our packages."""
    libraries = _libraries()
    frames = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<") and not _is_in(frame.filename, libraries)
    ]
    own = [frame for frame in frames if not _is_in(frame[0], _OURS) and os.path.basename(frame[0]) != "run_server.py"]
    found = own or frames
    return found[-1] if found else (None, None)


def _libraries() -> list[str]:
    paths = sysconfig.get_paths()
    return [os.path.join(path, "") for path in (paths["stdlib"], paths["platstdlib"], *site.getsitepackages())]


def _is_in(file: str, folders: Iterable[str]) -> bool:
    return file.startswith(tuple(folders))


def _line(file: str | None, line: int | None, message: str) -> str:
    return f"{_shown(file or 'the code')}:{line or 1}: {_in_short(message)}"


def _shown(file: str) -> str:
    """Returns the file as a person names it: relative to the present folder, if it is there."""
    try:
        relative = os.path.relpath(file)
    except ValueError:  # on Windows: another drive
        return file
    return file if relative.startswith(os.pardir) else relative


def _in_short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
