"""Tests of docs/attacks.md: it lists exactly the advisories that tests answer, and the files of these tests."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from gameserver.admission.joins import JOINS_AGAIN_S
from gameserver.admission.rates import BAD_PACKETS, PACKET_RATES
from gameserver.repeats import LINES_OF_ADDRESS, LINES_OF_KIND, PERIOD_S
from gameserver.server import CONSOLE_MESSAGE_BYTES, CONSOLE_RATES, GAME_MESSAGE_BYTES
from gameserver.world.settings import ServerSettings
from Net.limits import Limits
from Net.port.accept import MOST_CONTEXTS
from Net.port.reserve import PLACES
from tests.attacks.support import ANSWERED_BY

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "attacks.md").read_text(encoding="utf-8")


def rows_of_the_page() -> dict[str, set[str]]:
    """Advisory -> the files that its row names."""
    rows = re.findall(r"^\| (?!advisory \|)(.+?) \|.*\| (.+?) \|$", PAGE, flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)), "an advisory stands in two rows"
    return {advisory: set(re.findall(r"`(\w+\.py)`", files)) for advisory, files in rows}


def test_the_page_lists_every_advisory_with_the_files_that_answer_it() -> None:
    for file in HERE.glob("test_*.py"):
        importlib.import_module(f"tests.attacks.{file.stem}")
    assert rows_of_the_page() == ANSWERED_BY
    assert len(ANSWERED_BY) > 30


def test_the_page_states_the_default_limits() -> None:
    limits, settings = Limits(), ServerSettings()
    joins = settings.max_connections_per_address
    for words in (
        f"the {limits.fragments + 1}th frame of a message",
        f"a message may have {limits.message_bytes // 1024} KiB",
        f"{limits.head_fields + 1} headers",
        f"a head of more than {limits.head_bytes // 1024} KiB",
        f"a head has {limits.handshake_timeout_s:g} s in all",
        f"does not join has {settings.join_timeout_s:g} s",
        f"{limits.ping_after_s:g} s after its last whole one a peer is pinged, and {limits.dead_after_s:g} s later",
        f"bounded by {limits.outbox_bytes // 1024} KiB and by {limits.stall_timeout_s:g} s without progress",
        f"{settings.max_connections_per_address} connections an address and {settings.max_connections:,} in all",
        f"{limits.frames_per_s:g} a second, and {limits.burst_frames} at once",
        f"{limits.flood_frames:,} frames above it close with 1008",
        f"Paths other than the game's allow {CONSOLE_RATES['frames_per_s']:g} a second",
        f"the kernel keeps {limits.receive_buffer_bytes // 1024} KiB for a connection",
        f"the game's path takes {GAME_MESSAGE_BYTES // 1024} KiB, the operator's {CONSOLE_MESSAGE_BYTES // 1024} KiB",
        f"{MOST_CONTEXTS} connections keep a context",
        f"an address joins {PACKET_RATES['JOIN'].burst * joins} times at once and {joins / JOINS_AGAIN_S:g} times a",
        f"{settings.max_connections_per_address} of its seats wait",
        f"without an input waits {settings.reconnect_unplayed_s:g} s",
        f"`/admin` has {PLACES} places of its own",
        f"{settings.max_rooms_per_address} rooms an address and {settings.max_rooms} in all",
        f"{settings.max_connections_per_address} at once and then {settings.room_openings_per_minute} a minute",
        f"nobody does anything for {settings.dormant_after_s:g} s",
        f"more than {BAD_PACKETS.burst} refused packets in {BAD_PACKETS.burst / BAD_PACKETS.per_s:g} s",
        f"{LINES_OF_ADDRESS} lines are shown in {PERIOD_S:g} s, of one kind {LINES_OF_KIND}",
    ):
        assert words in PAGE, words
