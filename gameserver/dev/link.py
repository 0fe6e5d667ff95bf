"""A server's link to its supervisor: the values of its predecessor, and the turn to serve.

In:  the supervisor's messages. Out: calls of the functions that belong to them; messages to the supervisor.

The supervisor's first message has the values. A successor then says that it is ready, and waits for its turn: the
predecessor must have saved its rooms and freed the port.
"""

from __future__ import annotations

import argparse
from typing import Any, Callable, Iterator, Mapping, TypeVar

from gameserver.dev.channel import Channel, Message
from gameserver.dev.problems import problem_of

_ResultT = TypeVar("_ResultT")


class SupervisorGone(SystemExit):
    """The supervisor has ended, so this process must end too."""

    def __init__(self) -> None:
        super().__init__(1)


class Link:
    """The link of this process. It gives `args` the values that all servers of this supervisor share.

    is_first: there is no predecessor. copy_path: the file for a copy of the rooms.
    """

    def __init__(self, channel: Channel, is_first: bool, args: argparse.Namespace) -> None:
        self._channel = channel
        self._messages = self._receive()
        self.is_first = is_first
        values = self._wait_for("values")
        self.copy_path: str = values.pop("copy")
        for name, value in values.items():
            if name == "port" or getattr(args, name) is None:
                setattr(args, name, value)

    def prepare(self, load: Callable[[], _ResultT]) -> _ResultT:
        """Loads and tries the new code, waits for the turn to serve, and returns what `load` returns.

        If `load` raises, a successor reports the problem and its process ends; the predecessor plays on.
        """
        try:
            result = load()
        except Exception as error:
            if self.is_first:
                raise
            self._channel.send({"problem": problem_of(error)})
            raise SystemExit(1) from None
        if not self.is_first:
            self._channel.send({"ready": True})
            self._wait_for("go")
        return result

    def tell_port(self, port: int) -> None:
        """Tells the supervisor that this server listens on a port."""
        self._channel.send({"port": port})

    def ask_for_successor(self) -> None:
        """Asks for a successor with the code as it is now; it replaces a successor that is not ready yet."""
        self._channel.send({"successor": True})

    def follow(self, orders: Mapping[str, Callable[[Any], object]]) -> None:
        """Calls the function of each message, with its value, until the supervisor is gone."""
        for message in self._messages:
            for name, value in message.items():
                orders[name](value)

    def _wait_for(self, name: str) -> Any:
        for message in self._messages:
            if name in message:
                return message[name]
        raise SupervisorGone

    def _receive(self) -> Iterator[Message]:
        while True:
            messages = self._channel.receive()
            if messages is None:
                return
            yield from messages
