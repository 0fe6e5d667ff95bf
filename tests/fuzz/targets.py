"""The targets: the code that reads bytes of strangers, each as a check that raises when an input makes it misbehave.

A check depends on nothing but its input, so that the input alone is enough to see the fault again. Only the live server
has a state that earlier inputs have changed.
"""

from __future__ import annotations

import contextlib
import functools
import re
from random import Random
from typing import Any, Callable, ContextManager, Iterable, Iterator, List, NamedTuple, Sequence

from Net.deflate import Compression, Inflater, accept_offer, check_answer
from Net.errors import HandshakeError, PacketError, ProtocolError
from Net.extensions import parse_extensions
from Net.frames import CONTROL_BIT, OPCODE_CONTINUATION, RSV1, Frame, FrameReader
from Net.handshake import check_response, find_end_of_head, parse_request, refusal
from Net.limits import Limits
from Net.messages import Close, Event, MessageReader
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet, PacketTable
from Net.port.accept import Endpoint, Site, upgrade
from Net.port.http import Page, html_page, respond
from Net.port.origin import make_policy
from Net.text.characters import is_plain
from tests.fuzz import seeds, sessions
from tests.fuzz.dissection import check_dissected_frames, check_dissected_handshake, check_dissected_packet
from tests.fuzz.live import live_server
from tests.Net.support import DEADLINE_S, KEY

LIMITS = Limits(message_bytes=1000, fragments=8, head_bytes=700, head_fields=16)
# The most that is held of an unfinished frame: a control frame without its last byte.
MOST_HELD_BYTES = 2 + 4 + 125 - 1

Chunks = List[bytes]


Check = Callable[[bytes], None]


class Target(NamedTuple):
    """seed: makes a valid input. tokens: see `mutate`. checking: a context manager that gives the check of an input."""

    seed: Callable[[Random], bytes]
    tokens: Sequence[bytes]
    checking: Callable[[], ContextManager[Check]]
    share: float = 1.0  # of the time, beside the other targets
    # For one input, hundreds of times as long as on a busy machine. Code that needs more takes quadratic time or worse.
    slow_s: float = 5.0


def bare(check: Check) -> Callable[[], ContextManager[Check]]:
    """Makes `checking` of a check that needs no preparation."""
    return lambda: contextlib.nullcontext(check)


# However it is split ---------------------------------------------------------------------------------------------


def chunkings(data: bytes) -> Iterator[Chunks]:
    """Returns the input whole, byte by byte, and in random pieces (always the same for the same input)."""
    yield [data]
    yield [data[i : i + 1] for i in range(len(data))]
    random = Random(data)
    cuts = sorted(random.choices(range(len(data) + 1), k=random.randint(1, 8)))
    yield [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]


def check_same_however_fed(read: Callable[[Chunks], Any], data: bytes) -> Any:
    """Asserts that `read` gives the same result for all chunkings; returns the result."""
    whole, *others = map(read, chunkings(data))
    for name, other in zip(("byte by byte", "in pieces"), others):
        assert other == whole, f"fed {name} it is {other!r:.300}, fed whole {whole!r:.300}"
    return whole


# Frames and messages ---------------------------------------------------------------------------------------------


def check_frames(data: bytes, masked: bool, allowed_rsv: int) -> None:
    """The frame reader: the same frames and violation, however the input is split, and next to nothing held."""

    def read(chunks: Chunks) -> tuple[Any, list[Frame]]:
        reader = FrameReader(masked, allowed_rsv)
        frames: list[Frame] = []
        try:
            for chunk in chunks:
                for frame in reader.feed(chunk):
                    frames.append(frame)
                assert list(reader.feed(b"")) == []  # drops the bytes that have come out
                assert reader.held_bytes <= MOST_HELD_BYTES, f"{reader.held_bytes} bytes held"
        except ProtocolError as error:
            return _described(error), _joined(frames)
        return None, _joined(frames)

    check_same_however_fed(read, data)


def check_messages(data: bytes, is_deflated: bool) -> None:
    """The message reader: the same events and violation for each split, within limits, and nothing after the end."""

    def read(chunks: Chunks) -> tuple[Any, list[Event]]:
        reader = MessageReader(LIMITS, True, Inflater(15, True) if is_deflated else None)
        events: list[Event] = []
        violation: Any = None
        for chunk in chunks:
            try:
                for event in reader.feed(chunk):
                    assert violation is None, f"{event!r} came after {violation}"
                    assert not any(isinstance(before, Close) for before in events), f"{event!r} came after a close"
                    events.append(event)
            except ProtocolError as error:
                violation = _described(error)
                # The text of a piece that cannot be inflated to its end is not checked, so the close code may differ.
                violation = "some violation" if is_deflated else violation
            assert reader.held_bytes <= LIMITS.message_bytes, f"{reader.held_bytes} bytes held"
        return violation, events

    _, events = check_same_however_fed(read, data)
    for event in events:
        size = len(event.encode() if isinstance(event, str) else event) if isinstance(event, (str, bytes)) else 0
        assert size <= LIMITS.message_bytes, f"a message of {size} bytes"


def _joined(frames: Iterable[Frame]) -> list[Frame]:
    """Joins the pieces of each frame; the last frame may be unfinished."""
    whole: list[Frame] = []
    for frame in frames:
        if whole and whole[-1].to_come:
            assert frame.opcode == OPCODE_CONTINUATION, f"no piece of what came before: {frame}"
            begun = whole.pop()
            frame = begun._replace(fin=frame.fin, payload=begun.payload + frame.payload, to_come=frame.to_come)
        assert not (frame.opcode & CONTROL_BIT and frame.to_come), f"a piece of a control frame: {frame}"
        whole.append(frame)
    return whole


def _described(error: ProtocolError) -> tuple[int, str]:
    """The parts of a violation that must be the same each time. Checks that its reason fits into a close frame."""
    assert error.close_code in (1002, 1007, 1009), f"close code {error.close_code}"
    assert len(error.reason.encode()) <= 123, f"too long a reason: {error.reason}"
    return error.close_code, error.section


# HTTP ------------------------------------------------------------------------------------------------------------

_SITE = Site(
    {"/": Endpoint(), "/alone": Endpoint(Compression.ALONE), "/echo": Endpoint(Compression.WITH_CONTEXT)},
    {"/": html_page("hello"), "/changing": lambda: Page("text/plain", b"now")},
    make_policy(),
)
_HEAD = re.compile(rb"HTTP/1\.1 (101|200|304|4\d\d|505) [A-Za-z ]+\r\n((?:[A-Za-z-]+: [\x20-\x7e\xa0-\xff]*\r\n)*)\r\n")


def check_request(data: bytes) -> None:
    """A request, up to its response or upgrade: the same sound response, however the input is split."""

    def read(chunks: Chunks) -> bytes | None:
        try:
            head = _read_head(chunks)
            if head is None:
                return None
            request = parse_request(head, LIMITS)
            _SITE.policy.check_host(request)
            if request.asks_for_websocket():
                return upgrade(request, _SITE)[0]
            return _without_date(respond(request, _SITE.pages, _SITE.websockets))
        except HandshakeError as error:
            return _without_date(refusal(error, b"".join(chunks)))

    response = check_same_however_fed(read, data)
    if response is not None:
        match = _HEAD.match(response)
        assert match, f"not a response: {response!r:.200}"
        body = response[match.end() :]
        assert not (body and re.match(rb"(\r\n)*HEAD ", data)), f"a body in an answer to HEAD: {response!r}"
        assert not body or f"Content-Length: {len(body)}\r\n".encode() in match.group(2), f"wrong length: {response!r}"


def _without_date(response: bytes) -> bytes:
    """Removes the date: the same request may be read in two different seconds."""
    return re.sub(rb"(?m)^Date: .*\r\n", b"", response, count=1)


def check_server_response(data: bytes) -> None:
    """The client's reading of a server's handshake."""

    def read(chunks: Chunks) -> Any:
        try:
            head = _read_head(chunks)
            return head and check_answer(parse_extensions(check_response(head, seeds.CLIENT_KEY, LIMITS)))
        except HandshakeError as error:
            return error.status, error.reason

    check_same_however_fed(read, data)


def _read_head(chunks: Chunks) -> bytes | None:
    """Reads a head as `Net.head_reader.HeadReader` does."""
    received = b""
    for chunk in chunks:
        received += chunk
        end = find_end_of_head(received, LIMITS)
        if end >= 0:
            return received[:end]
    return None


def check_extensions(data: bytes) -> None:
    """The extension header: it is refused, or agreed on with an answer that a client can accept."""
    try:
        offers = parse_extensions(data.decode("latin-1").split("\n"))
    except HandshakeError:
        return
    for compression in Compression:
        accepted = accept_offer(offers, compression)
        if accepted is not None:
            parameters, answer = accepted
            assert check_answer(parse_extensions([answer])) == parameters, f"{answer!r} does not say {parameters}"


# Packets ---------------------------------------------------------------------------------------------------------


def check_packet(data: bytes, as_text: bool) -> None:
    """The packet decoder: it refuses with a text that can be sent, or its packet survives writing and reading."""
    message = data.decode("utf-8", "replace") if as_text else data
    packet = _decoded(TO_SERVER, message)
    _decoded(TO_CLIENT, message)
    if packet is not None:
        for form in (True, False):
            again = TO_SERVER.decode(TO_SERVER.encode(packet, form))
            assert again == packet, f"{packet} becomes {again}"


def _decoded(table: PacketTable, message: str | bytes) -> Packet | None:
    try:
        return table.decode(message)
    except PacketError as error:
        answer = Packet("ERROR", (error.code, error.text))
    assert is_plain(answer.args[1]), f"not printable: {answer}"
    assert len(answer.args[1]) <= 400, f"too long: {answer}"
    assert TO_CLIENT.decode(TO_CLIENT.encode(answer)) == answer
    return None


def _conversation(key: bytes, deflated: bool) -> Callable[[Random], bytes]:
    return lambda random: seeds.conversation(random, key, deflated)


TARGETS = {
    "frames-of-clients": Target(
        _conversation(KEY, False), seeds.FRAME_TOKENS, bare(functools.partial(check_frames, masked=True, allowed_rsv=0))
    ),
    "frames-of-servers": Target(
        _conversation(b"", True),
        seeds.FRAME_TOKENS,
        bare(functools.partial(check_frames, masked=False, allowed_rsv=RSV1)),
    ),
    "messages": Target(
        _conversation(KEY, False), seeds.FRAME_TOKENS, bare(functools.partial(check_messages, is_deflated=False))
    ),
    "deflated-messages": Target(
        _conversation(KEY, True), seeds.FRAME_TOKENS, bare(functools.partial(check_messages, is_deflated=True))
    ),
    "handshake": Target(seeds.handshake, seeds.HTTP_TOKENS, bare(check_request)),
    "http": Target(seeds.plain_request, seeds.HTTP_TOKENS, bare(check_request)),
    "response": Target(seeds.response, seeds.HTTP_TOKENS, bare(check_server_response)),
    "extensions": Target(seeds.extensions, seeds.HTTP_TOKENS, bare(check_extensions)),
    "binary-packets": Target(
        seeds.binary_packet, seeds.PACKET_TOKENS, bare(functools.partial(check_packet, as_text=False))
    ),
    "text-packets": Target(seeds.text_packet, seeds.PACKET_TOKENS, bare(functools.partial(check_packet, as_text=True))),
    "dissected-frames": Target(_conversation(KEY, True), seeds.FRAME_TOKENS, bare(check_dissected_frames)),
    "dissected-packets": Target(seeds.binary_packet, seeds.PACKET_TOKENS, bare(check_dissected_packet)),
    "dissected-handshakes": Target(seeds.handshake, seeds.HTTP_TOKENS, bare(check_dissected_handshake)),
    "server": Target(sessions.session, sessions.TOKENS, live_server, share=5.0, slow_s=DEADLINE_S),
}
