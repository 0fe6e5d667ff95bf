"""Imports the code of a game.

In:  the name of a file or of a module. Out: the module.
Raises GameError if there is none, or if its code raises; the text has the file and the line.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import re
import sys
import traceback
from types import ModuleType
from typing import Callable

_LONGEST = 300  # characters of an error of the game's code


class GameError(ValueError):
    """The game cannot be used. The text is one sentence, with the file and the line where they are known."""


def import_game(source: str) -> ModuleType:
    """Imports a file or a module. A file finds the modules in its own folder."""
    if not source.strip():
        raise GameError("--game must be FILE:CLASS or MODULE:CLASS, and it names no file and no module")
    if source.endswith(".py") or "/" in source or os.sep in source or os.path.isfile(source):
        return _import_file(source)
    return _import_module(source)


def place(file: str | None, line: int | None) -> str:
    """Returns the place for the beginning of a sentence: the file as a person names it, and the line."""
    if file is None:
        return "the game"
    shown = file
    try:
        relative = os.path.relpath(file)
        shown = file if relative.startswith("..") else relative
    except ValueError:  # on Windows: another drive
        pass
    return shown if line is None else f"{shown}, line {line}"


def _import_file(path: str) -> ModuleType:
    if os.path.isdir(path):
        raise GameError(f"--game {path} is a folder: give the name of the game's file")
    if not os.path.isfile(path):
        raise GameError(f"--game: there is no file {path}")
    path = os.path.abspath(path)
    name = _module_name(path)
    loader = importlib.machinery.SourceFileLoader(name, path)
    spec = importlib.machinery.ModuleSpec(name, loader, origin=path)
    spec.has_location = True  # the origin is a file
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.append(folder)  # at the end: a file of the game never hides one of Python's own modules
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # the dataclasses of the file look for their module there
    try:
        _run(lambda: loader.exec_module(module), path)
    except GameError:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
        raise
    return module


def _module_name(path: str) -> str:
    """Returns the name under which other files of the folder import this one, unless it is another module's name."""
    stem = os.path.splitext(os.path.basename(path))[0]
    present = sys.modules.get(stem)
    if present is not None and getattr(present, "__file__", None) == path:
        return stem
    if stem.isidentifier() and present is None and importlib.util.find_spec(stem) is None:
        return stem
    return "own_game_" + re.sub(r"\W", "_", stem)


def _import_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise GameError(f"--game must be FILE:CLASS or MODULE:CLASS, and {name!r} is no file and no name of a module")
    try:
        _run(lambda: importlib.import_module(name), None)
    except GameError as error:
        missing = error.__cause__
        if isinstance(missing, ModuleNotFoundError) and f"{name}.".startswith(f"{missing.name}."):
            raise GameError(f"--game: there is no module {name}, and no file {name}.py was named") from None
        raise
    return sys.modules[name]


def _run(load: Callable[[], object], file: str | None) -> None:
    """Runs the code of a game. file: the one that is loaded; None: not known."""
    try:
        load()
    except SyntaxError as error:
        raise GameError(f"{place(error.filename or file, error.lineno)}: {_in_short(error.msg)}") from error
    except (Exception, SystemExit) as error:
        reason = _in_short(f"{type(error).__name__}: {error}")
        raise GameError(f"{place(*_origin(error, file))}: {reason}") from error


def _origin(error: BaseException, file: str | None) -> tuple[str | None, int | None]:
    """Returns the file and the line of the game's code that raised an error, also if it did so in a library."""
    frames = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename not in (__file__, importlib.__file__) and not frame.filename.startswith("<frozen")
    ]
    if not frames:
        return file, None
    folder = os.path.dirname(frames[0][0])  # the first frame is the game's own
    return [frame for frame in frames if os.path.dirname(frame[0]) == folder][-1]


def _in_short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
