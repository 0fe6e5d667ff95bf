"""Commands as JSON objects over a WebSocket: {"id": 7, "do": "kick", "player_id": 3}.

In:  a message, and a table of commands: name -> arguments. Out: the checked arguments, and the answers:
     {"id": 7, "ok": true, "said": ...} or {"id": 7, "error": "..."}.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping, NamedTuple

from Net.messages import Message
from Net.schema import Kind, text
from Net.strict_json import JsonError, parse
from Net.websocket import WebSocket

_ID = text(1, 64)


class CommandError(Exception):
    """A command cannot be run; the text says why."""


class Argument(NamedTuple):
    """An argument of a command."""

    kind: Kind
    optional: bool = False


Commands = Mapping[str, Mapping[str, Argument]]


def obey(message: Message, commands: Commands, run: Callable[[str, dict[str, Any]], Any]) -> dict[str, Any]:
    """Runs the command in a message; returns the answer.

    run: gets the command's name and its checked arguments, and returns the value of "said" as data for JSON. It raises
    CommandError for a command that cannot be run.
    """
    number = None
    try:
        try:
            command = parse_object(message)
        except JsonError as error:
            number = _number_in(error.value)
            raise
        number = _check_number(command.pop("id", None))
        name = command.pop("do", None)
        return {"id": number, "ok": True, "said": run(str(name), check_arguments(commands, name, command))}
    except (ValueError, CommandError) as error:
        return {"id": number, "error": str(error)}


def check_arguments(commands: Commands, name: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the checked arguments of a command; raises ValueError for wrong ones, and the text says the fault."""
    known = commands.get(name) if isinstance(name, str) else None
    if known is None:
        raise ValueError(f'"do" must be one of: {", ".join(commands)}')
    checked = {}
    for key, argument in known.items():
        if key in given:
            try:
                checked[key] = argument.kind.check(given[key])
            except ValueError as error:
                raise ValueError(f"{name}: {key} must be {error}") from None
        elif not argument.optional:
            raise ValueError(f"{name}: {key} is missing, it must be {argument.kind.must_be}")
    if given.keys() - known.keys():
        raise ValueError(f"{name} takes {', '.join(known)}")
    return checked


def parse_object(message: Message) -> dict[str, Any]:
    """Returns the JSON object in a message; raises ValueError if the message is anything else."""
    try:
        value = parse(message)
    except JsonError as error:
        raise JsonError(f"a message must be an object in JSON: {error}", error.value) from None
    if not isinstance(value, dict):
        raise ValueError("a message must be an object in JSON")
    return value


def _check_number(number: Any) -> Any:
    """Returns the id of a command, for its answer; raises ValueError unless it is None, a number or a short text."""
    if number is not None and type(number) not in (int, float):
        try:
            _ID.check(number)
        except ValueError as error:
            raise ValueError(f'"id" must be a number or {error}') from None
    return number


def _number_in(value: Any) -> Any:
    """Returns the id of a command that is invalid JSON in another place; None if the id cannot be read either."""
    try:
        return _check_number(value.get("id")) if isinstance(value, dict) else None
    except ValueError:
        return None


def send_json(websocket: WebSocket, value: dict[str, Any]) -> None:
    """Sends an object, and waits until the kernel has taken all of it, so it may be long. Raises ConnectionClosed."""
    websocket.send(json.dumps(value, ensure_ascii=False))
