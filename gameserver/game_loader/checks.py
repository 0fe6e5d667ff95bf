"""Checks the class of a game before a server plays it.

In:  a class. Out: nothing, if a room can play the game and the command line can set its settings.
Raises GameError with the file and the line of the class, or of the attribute that is wrong.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import tokenize
from typing import Any, Iterator

from gameserver.base_game import MUST_HAVE, BaseGame
from gameserver.game_loader.importer import GameError, place
from gameserver.world.base_settings import BaseSettings
from gameserver.world.ranges import Setting
from Net.PacketCodes import TO_CLIENT, TO_SERVER, PacketTable
from Net.schema import Kind


def check_game(game_class: type[BaseGame]) -> None:
    """Checks everything but the game's own packets and their ids."""
    for name, about in MUST_HAVE.items():
        if getattr(game_class, name) is getattr(BaseGame, name):
            raise GameError(f"{where(game_class)}: the class {game_class.__name__} must have the method {about}")
    if not isinstance(game_class.input_schema, (Kind, type(None))):
        reason = "input_schema must be a kind of Net.schema, such as integer(0, 7) or mapping({...})"
        raise GameError(f"{where(game_class, 'input_schema')}: {reason}, and this is {game_class.input_schema!r}")
    _check_settings(game_class)


def check_packet_ids(game_class: type[BaseGame]) -> None:
    """Checks the ids that the game takes and sends. Its own packets must be in the tables."""
    tables: dict[str, tuple[PacketTable, str]] = {
        "input_packets": (TO_SERVER, "to the server"),
        "event_packets": (TO_CLIENT, "to the client"),
    }
    for attribute, (table, direction) in tables.items():
        ids = getattr(game_class, attribute)
        if not isinstance(ids, (tuple, list)):
            raise GameError(f"{where(game_class, attribute)}: {attribute} must be a list of ids, not {ids!r}")
        for packet_id in ids:
            if packet_id not in [row.id for row in table.rows]:
                reason = f"{attribute} has {packet_id!r}, and there is no such packet {direction}"
                raise GameError(f"{where(game_class, attribute)}: {reason}")


def where(cls: type, attribute: str | None = None) -> str:
    """Returns the place where a class stands, or the attribute if the class itself has it."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return cls.__name__
    try:
        with tokenize.open(file) as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):  # it has been changed since it was imported
        return place(file, None)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == cls.__name__]
    if not found:
        return place(file, None)
    lines = [line for name, line in _assigned(found[-1]) if name == attribute]
    return place(file, lines[-1] if lines else found[-1].lineno)


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """Yields the names that the body of a class assigns, with their lines."""
    for statement in node.body:
        targets: list[Any] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        elif isinstance(statement, ast.ClassDef):
            yield statement.name, statement.lineno
        yield from ((target.id, statement.lineno) for target in targets if isinstance(target, ast.Name))


def _check_settings(game_class: type[BaseGame]) -> None:
    settings = game_class.Settings
    if not inspect.isclass(settings) or not issubclass(settings, BaseSettings):
        reason = "Settings must be a class that inherits BaseSettings (from gameserver import BaseSettings)"
        raise GameError(f"{where(game_class, 'Settings')}: {reason}")
    if "__dataclass_fields__" not in vars(settings):
        reason = f"{settings.__name__} must have the line @dataclass(frozen=True) above it"
        raise GameError(f"{where(settings)}: {reason}")
    for field in dataclasses.fields(settings):
        if Setting not in field.metadata:
            reason = f"{settings.__name__}.{field.name} must be made with setting(DEFAULT, help=...)"
            raise GameError(f"{where(settings, field.name)}: {reason}")
        if field.type in (float, "float") and field.metadata[Setting].kind is int:  # then 2.5 would be refused
            reason = f"the default of {settings.__name__}.{field.name} must have a point, such as 3.0 in place of 3"
            raise GameError(f"{where(settings, field.name)}: {reason}")
    try:
        settings()
    except Exception as error:
        name = getattr(error, "name", None)  # of a SettingError
        raise GameError(f"{where(settings, name)}: the defaults of {settings.__name__}: {error}") from error
