"""The flags of run_server.py, as rows of a table. Out: the parser of the command line.

A flag of a setting takes its default, kind, unit and help from the setting. To add one, add a row with `_of`.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import gameserver
from gameserver.results.store import DEFAULT_PATH
from gameserver.world.base_settings import BaseSettings
from gameserver.world.ranges import Range, Setting, described
from gameserver.world.settings import GameSettings, ServerSettings
from Net.dissect.explain import FORMS
from Net.dissect.trace import EVERYBODY
from Net.limits import Limits
from Net.port.lan import ANY_HOST, ANY_IPV6_HOST, client_address
from Net.text.command_line import ArgumentParser, any_number, whole_number

DEFAULT_GAME = "gameserver.game:Game"
_LIMITS = Limits()
_LOG_LEVELS = ("debug", "info", "warning", "error")
# The placeholder of a number's unit in --help.
_METAVARS = {"s": "SECONDS", "Hz": "HZ", "units": "UNITS", "": "N"}


class Flag(NamedTuple):
    """A flag. options: the arguments of `add_argument`.

    range: the allowed numbers; None: not a number. settings, setting: the class and the name of the setting that the
    flag sets, if it sets one. read: makes the setting's value from the flag's; None: they are the same.
    """

    name: str
    options: dict[str, Any]
    range: Range | None = None
    settings: type | None = None
    setting: str = ""
    read: Callable[[Any], Any] | None = None

    @property
    def dest(self) -> str:
        """The name of the flag's value in the namespace of the arguments."""
        return self.name[2:].replace("-", "_")

    @property
    def is_of_game(self) -> bool:
        """Whether the flag sets a setting of the game, and not of the server."""
        return self.settings is not None and issubclass(self.settings, BaseSettings)


def _flag(name: str, help: str, default: Any = None, **options: Any) -> Flag:
    """Returns a flag that sets no setting."""
    return Flag(name, {"help": help, "default": default, **options})


def _whole(name: str, help: str, default: int, allowed: Range, metavar: str) -> Flag:
    """Returns a flag with a whole number that is no setting."""
    return _flag(name, help, default, type=whole_number, metavar=metavar)._replace(range=allowed)


def _of(
    settings: type,
    setting: str,
    name: str | None = None,
    metavar: str | None = None,
    note: str = "",
    read: Callable[[Any], Any] | None = None,
) -> Flag:
    """Returns the flag of a setting. name: None for the setting's own name, without its unit."""
    known = described(settings)[setting]
    if name is None:
        name = "--" + (setting[:-2] if setting.endswith("_s") else setting).replace("_", "-")
    if known.row_of:
        note = ": " + ", ".join(row.name for row in described(settings)[known.row_of].default) + note
    options = {"help": known.help + note, **_kind_options(known)}
    if metavar is not None:
        options["metavar"] = metavar
    if read is None and known.default == ():
        read = tuple
    return Flag(name, options, known.range, settings, setting, read)


def _kind_options(known: Setting) -> dict[str, Any]:
    """Returns the arguments of `add_argument` that follow from the kind of a setting."""
    if known.kind is bool:
        return {"action": "store_true", "default": False}
    if known.default == ():
        return {"action": "append", "default": []}
    if known.choices:
        return {"choices": known.choices, "default": known.default}
    if known.kind is str:
        return {"default": known.default, "metavar": "NAME"}
    unit = known.range.unit if known.range is not None else ""
    number = whole_number if known.kind is int else any_number
    return {"type": number, "default": known.default, "metavar": _METAVARS[unit]}


def _check_proxy(text: str) -> str:
    """Returns the address of a reverse proxy in the spelling of connections; raises ValueError if it is no address."""
    try:
        return client_address(text)
    except ValueError:
        raise ValueError(
            f"trusted proxy must be the address of one machine, such as 127.0.0.1, not {text[:80]!r}"
        ) from None


GROUPS: dict[str, tuple[Flag, ...]] = {
    "network": (
        _flag(
            "--host",
            f"address to listen on; {ANY_HOST}: all IPv4 addresses, or {ANY_IPV6_HOST} for all IPv6 addresses",
            ANY_HOST,
            metavar="ADDRESS",
        ),
        _whole("--port", "port to listen on; 0: any that is free", 3000, Range(0, 65_535), "PORT"),
        _of(ServerSettings, "host_names", "--host-name", "NAME"),
        _of(ServerSettings, "allowed_origins", "--allow-origin", "ORIGIN"),
        _of(
            ServerSettings,
            "trusted_proxies",
            "--trusted-proxy",
            "ADDRESS",
            read=lambda given: tuple(map(_check_proxy, given)),
        ),
    ),
    "match": (
        _of(GameSettings, "mode"),
        _of(BaseSettings, "teams"),
        _of(ServerSettings, "max_players"),
        _of(ServerSettings, "start_at"),
        _of(BaseSettings, "time_limit_s", note="; 0: no limit", read=lambda limit_s: limit_s or None),
        _of(BaseSettings, "score_limit"),
        _of(GameSettings, "map_size"),
        _of(BaseSettings, "seed"),
        _flag(
            "--settings",
            "settings of the game, watched for changes; a flag wins over the file",
            metavar="FILE",
        ),
        Flag(
            "--print-settings",
            {"help": "print a full settings file, and end", "action": "store_true", "default": False},
        ),
    ),
    "your own game": (
        _flag("--game", "the game: a class that inherits BaseGame", DEFAULT_GAME, metavar="FILE_OR_MODULE:CLASS"),
        _flag("--setting", "a setting of the game", [], action="append", metavar="NAME=VALUE"),
        _flag("--dev", "take changes of code and pages while the server runs", False, action="store_true"),
        _flag("--web", "the game's page: index.html and what else is in this folder", metavar="FOLDER"),
    ),
    "playing alone": (_of(ServerSettings, "bots"),),
    "operator": (
        _flag("--admin-token", "what an operator of /admin must know; without it one is made up", metavar="TOKEN"),
        _flag("--database", "where results are kept; :memory: forgets them", DEFAULT_PATH, metavar="FILE"),
        _flag("--restore", "keep running matches here, and go on with them after a restart", metavar="FILE"),
        _of(ServerSettings, "drain_s"),
        _of(ServerSettings, "max_rooms"),
        _of(ServerSettings, "max_rooms_per_address"),
        _flag("--log-level", "how much to tell", "info", choices=_LOG_LEVELS),
        Flag("--version", {"action": "version", "version": f"gameserver {gameserver.__version__}"}),
    ),
    "classroom": (
        _flag("--classroom", "the pages /lessons, /lab and /inspect, for a teacher", False, action="store_true"),
        _flag(
            "--trace",
            "print the frames of this client, or of all",
            [],
            action="append",
            nargs="?",
            const=EVERYBODY,
            metavar="ADDRESS",
        ),
        _flag("--trace-as", "how to print a frame: a line each, or drawn and explained", "lines", choices=FORMS),
    ),
    "expert": (
        _of(BaseSettings, "tick_rate"),
        _of(ServerSettings, "dormant_after_s"),
        _of(ServerSettings, "compress"),
        # A message must hold the game's largest packet, and many messages must fit into memory.
        _whole(
            "--max-message", "longest message accepted", _LIMITS.message_bytes, Range(1024, 64 * 2**20), metavar="BYTES"
        ),
        _whole("--max-fragments", "most frames that a message may have", _LIMITS.fragments, Range(1, 2**20), "N"),
    ),
}
FLAGS = tuple(flag for flags in GROUPS.values() for flag in flags)


def make_parser() -> ArgumentParser:
    """Returns the parser of the flags, in groups."""
    parser = ArgumentParser(
        prog="run_server.py",
        description="A multiplayer game server. Start it, and open one of the addresses that it prints.",
    )
    for title, flags in GROUPS.items():
        group = parser.add_argument_group(title)
        for flag in flags:
            group.add_argument(flag.name, **_with_default_in_help(flag))
    return parser


def _with_default_in_help(flag: Flag) -> dict[str, Any]:
    """Returns the options of a flag; their help names the default if there is a value to name.

    The value of a game's setting is None unless the flag is given, because the settings file can also set it.
    """
    options = dict(flag.options)
    default = options.get("default")
    if not (default is None or default is False or default == []):
        options["help"] = f"{options['help']} (default: {default})".replace("%", "%%")
    if flag.is_of_game:
        options["default"] = None
    return options
