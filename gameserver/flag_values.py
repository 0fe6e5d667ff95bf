"""The values of the flags of run_server.py: arguments -> settings.

In:  the arguments of the command line, the settings file that they name, and the class of the game, whose attribute
     `Settings` says what settings the game has.
Out: the game's settings, `ServerSettings`, `Limits`, and the clients to trace.
Raises ValueError for a value that is not allowed; the text names it.
"""

from __future__ import annotations

import argparse
from typing import Any, Iterator

from gameserver.base_game import BaseGame
from gameserver.flags import FLAGS, Flag
from gameserver.settings_file.reader import load, read_setting
from gameserver.world.base_settings import BaseSettings
from gameserver.world.ranges import Setting, check_number, check_setting, described
from gameserver.world.settings import ServerSettings
from Net.address import Address
from Net.dissect.trace import check_wanted
from Net.limits import Limits


def make_settings(args: argparse.Namespace, game_class: type[BaseGame]) -> tuple[ServerSettings, BaseSettings, Limits]:
    """Returns the settings that the flags describe; raises ValueError for a value that is not allowed."""
    for flag in FLAGS:
        if flag.settings is None and flag.range is not None:
            check_number(flag.dest, getattr(args, flag.dest), flag.range, int)
    server_settings = ServerSettings(**{flag.setting: value for flag, value in _given(args) if not flag.is_of_game})
    limits = Limits(message_bytes=args.max_message, fragments=args.max_fragments)
    return server_settings, make_game_settings(args, game_class), limits


def make_game_settings(args: argparse.Namespace, game_class: type[BaseGame]) -> BaseSettings:
    """Returns the settings of the game: the defaults, then the settings file as it is now, then the flags.

    Raises ValueError for a value that is not allowed, and SettingsFileError for a file that cannot be used.
    """
    settings: type[BaseSettings] = game_class.Settings
    known = described(settings)
    given: dict[str, Any] = {}
    for flag, value in _given(args):
        if not flag.is_of_game:
            continue
        if flag.setting not in known:
            raise ValueError(f"{flag.name}: the game {game_class.__name__} has no setting {flag.setting}")
        given[flag.setting] = _as_kind(value, known[flag.setting])
        check_setting(flag.setting, given[flag.setting], known[flag.setting])
    for name, value in _single_settings(args, settings).items():
        if name in given:
            raise ValueError(f"--setting {name}: a flag sets {name} too; give one of the two")
        given[name] = value
    return settings(**given) if args.settings is None else load(args.settings, settings, given)


def _single_settings(args: argparse.Namespace, settings: type[BaseSettings]) -> dict[str, Any]:
    """Returns the values of --setting, by name; the last one of a name counts."""
    values = {}
    for text in args.setting:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"--setting must be NAME=VALUE, not {text[:80]!r}")
        try:
            values[name.strip()] = read_setting(settings, name.strip(), value.strip())
        except ValueError as error:
            raise ValueError(f"--setting {text[:80]}: {error}") from None
    return values


def _as_kind(value: Any, known: Setting) -> Any:
    """Returns the number of a flag as a whole one if this game's setting is whole: 40.0 of --map-size as 40."""
    return int(value) if known.kind is int and isinstance(value, float) and value.is_integer() else value


def _given(args: argparse.Namespace) -> Iterator[tuple[Flag, Any]]:
    """Yields the flags that set settings, with their values; of a game's settings only those that were given."""
    for flag in FLAGS:
        value = None if flag.settings is None else getattr(args, flag.dest)
        if value is not None:
            yield flag, value if flag.read is None else flag.read(value)


def who_is_traced(args: argparse.Namespace) -> list[str | Address]:
    """Returns the clients whose frames are printed; raises ValueError for flags that would print nothing."""
    if args.trace_as != "lines" and not args.trace:
        raise ValueError(f"--trace-as {args.trace_as} says how to print, but without --trace nothing is printed")
    return check_wanted(args.trace)
