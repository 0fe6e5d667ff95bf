"""The last stage of the kata: a whole echo server. The checks run experiments of the lab on the student's server."""

from __future__ import annotations

import contextlib
import socket

from gameserver.classroom.experiments.experiment import SAMPLE_KEY, masked
from gameserver.classroom.experiments.shelf import EXPERIMENTS, Answer, Experiment
from Net.frames import BINARY, CLOSE, OPCODE_NAMES
from Net.handshake import accept_key
from Net.messages import ABNORMAL, NO_STATUS
from tests.gameserver.classroom.exchange import Exchange, close_of, run
from tests.kata.checks import Check, Failure, show
from tests.kata.implementation import Implementation, NotThere, Trouble
from tests.Net.support import WireFrame, frame_bytes, parse_one

EXPERIMENT_IDS = (
    "handshake-sample",
    "handshake-in-capitals",
    "handshake-connection-list",
    "handshake-and-frame-together",
    "handshake-byte-by-byte",
    "handshake-no-key",
    "handshake-no-upgrade",
    "handshake-post",
    "handshake-version-25",
    "rfc-hello-masked",
    "rfc-256-bytes",
    "rfc-64-kib",
    "mask-byte-by-byte",
    "frames-in-one-piece",
    "frame-split-in-length",
    "rfc-ping-masked",
    "pong-unsolicited",
    "fragments-three",
    "ping-between-fragments",
    "text-euro-in-two-fragments",
    "close-empty",
    "close-1000",
    "close-1005",
    "close-and-go-on",
    "unmasked",
    "reserved-opcode-3",
    "message-inside-a-message",
    "text-not-utf-8",
    "close-never-answered",
)
_ACCEPT = accept_key(SAMPLE_KEY)
_REASON = "Following the 2-byte integer, the body MAY contain UTF-8-encoded data with value /reason/"
_TOO_MUCH = 2**17  # no answer has half as many bytes
_MUCH_MORE = EXPERIMENTS["after-a-violation"]._replace(
    title="A client that is still sending when its mistake is found",
    rule="An endpoint SHOULD use a method that cleanly closes the TCP connection [...], discarding any trailing bytes "
    "that may have been received from the peer.",
    section="RFC 6455 section 7.1.1",
    sent=(masked(0x3, b"?"), masked(BINARY, bytes(2**20))),
    note="Stop sending, read until the client's end comes, and then close: a reset may overtake your CLOSE.",
)


def _check(experiment: Experiment, may_be_reset: bool = True) -> Check:
    def check(implementation: Implementation) -> None:
        exchange = _exchange(experiment, implementation)
        problem = _problem(experiment, exchange)
        if not problem and exchange.was_reset and not may_be_reset:
            problem = "the right frames, and then a reset: TCP was closed with bytes of the client unread"
        if problem:
            raise Failure(
                f"{experiment.section}: {experiment.rule}\n  sent:     the handshake, then "
                f"{', '.join(map(show, experiment.sent)) or 'nothing'}\n  expected: {_expected(experiment)}\n"
                f"  got:      {problem}\n  {experiment.note} See it in the lab: /lab?experiment={experiment.id}"
            )

    return Check("echo_server", experiment.title, check)


def _exchange(experiment: Experiment, implementation: Implementation) -> Exchange:
    """Returns the answer; raises Trouble if none came. A server that has never answered is not asked again."""
    port, patience_s = implementation.port(), implementation.exchange_patience_s
    try:
        exchange = run(experiment, port, patience_s)
    except OSError as error:  # no server listens or accepts
        exchange = Exchange(b"", b"", is_over=not isinstance(error, socket.timeout))
    if exchange.head:
        implementation.has_answered = True
    if not exchange.is_over:
        implementation.hurry()
    failed = "" if exchange.head else implementation.why_serve_failed()
    if failed:
        raise NotThere("serve is not there yet") if failed.startswith("NotImplementedError") else Trouble(failed)
    if not exchange.is_over and not exchange.head:
        why = f"your server says nothing at all: I waited {patience_s:g} s"
        if not implementation.has_answered:
            implementation.give_up("serve", why)
        raise Trouble(why)
    return exchange


def _problem(experiment: Experiment, exchange: Exchange) -> str:
    """Returns a wrong answer of the server in words; "" if the answer is right."""
    outcome = experiment.outcome
    end = "" if exchange.is_over else ", and then neither more nor the end of the stream"
    status_line = exchange.head.split(b"\r\n")[0].decode("latin-1")
    if outcome.status != 101:
        is_refused = status_line.startswith(("HTTP/1.1 4", "HTTP/1.1 5"))
        is_said = not outcome.says.startswith("Sec-WebSocket") or outcome.says.encode() in exchange.head
        return "" if is_refused and is_said and not end else (exchange.head.decode("latin-1") or "nothing at all") + end
    if not status_line.startswith("HTTP/1.1 101 "):
        return exchange.head.decode("latin-1") or "nothing at all"
    head_problem = _head_problem(exchange.head)
    if head_problem:
        return f"{exchange.head.decode('latin-1')}\n  {head_problem}"
    if len(exchange.rest) > _TOO_MUCH:
        return f"{show(exchange.rest)}, and no end of it"
    frames, rest = _frames(exchange.rest)
    if rest:
        return f"{_show_frames(frames)}, and then {show(rest)}, which is no whole frame"
    form_problem = _form_problem(frames, exchange.rest)
    if form_problem:
        return f"{_show_frames(frames)}\n  {form_problem}"
    wire_frames = list(frames)
    code, _ = close_of(wire_frames)
    right_codes = {outcome.close_code, 1000} if outcome.close_code == NO_STATUS else {outcome.close_code}
    is_right = code in right_codes and list(map(_plain, wire_frames)) == list(outcome.frames)
    return "" if is_right and not end else _show_frames(frames) + end


def _head_problem(head: bytes) -> str:
    """Returns the reason why a browser does not accept a 101 as the answer to its handshake; "" if it accepts."""
    lines = head.decode("latin-1").split("\r\n")[1:]
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    tokens = [token.strip().lower() for token in fields.get("connection", "").split(",")]
    for is_right, rule in (
        (
            fields.get("upgrade", "").lower() == "websocket",
            'If the response lacks an Upgrade header field or [...] contains a value that is not [...] "websocket"',
        ),
        (
            "upgrade" in tokens,
            "If the response lacks a Connection header field or the Connection header field doesn't contain [...] the "
            'value "Upgrade"',
        ),
        (
            fields.get("sec-websocket-accept") == _ACCEPT,
            "If the response lacks a Sec-WebSocket-Accept header field or [...] contains a value other than the "
            f"base64-encoded SHA-1 of the concatenation of the Sec-WebSocket-Key [...] (here: {_ACCEPT})",
        ),
        (
            "sec-websocket-extensions" not in fields,
            "If the response includes [...] an extension that was not present in the client's handshake",
        ),
        (
            "sec-websocket-protocol" not in fields,
            "If the response includes [...] a subprotocol that was not present in the client's handshake",
        ),
    ):
        if not is_right:
            return f"RFC 6455 section 4.1: {rule}, the client MUST _Fail the WebSocket Connection_."
    return ""


def _form_problem(frames: list[WireFrame], data: bytes) -> str:
    """Returns the rule that the frames break in their form; "" if they break none. data: the bytes of all frames."""
    shortest = (frame_bytes(frame.opcode, frame.payload, frame.fin, frame.rsv, frame.mask_key) for frame in frames)
    if b"".join(shortest) != data:
        return (
            f"which are the bytes {show(data)}: RFC 6455 section 5.2: in all cases, the minimal number of bytes MUST "
            "be used to encode the length"
        )
    for frame in frames:
        try:
            (frame.payload[2:] if frame.opcode == CLOSE else b"").decode()
        except UnicodeDecodeError:
            return f"RFC 6455 section 5.5.1: {_REASON}, and {show(frame.payload[2:])} is not UTF-8"
    return ""


def _frames(data: bytes) -> tuple[list[WireFrame], bytes]:
    frames = []
    frame, rest = parse_one(data)
    while frame is not None:
        frames.append(frame)
        frame, rest = parse_one(rest)
    return frames, rest


def _plain(frame: WireFrame) -> Answer | WireFrame:
    """A frame as a row states it. A frame that a server must not send stays as it is, and is equal to no row."""
    return Answer(frame.opcode, frame.payload) if frame.fin and not frame.rsv and not frame.mask_key else frame


def _show_frames(frames: list[WireFrame]) -> str:
    return ", ".join(f"{OPCODE_NAMES.get(frame.opcode, frame.opcode)} {show(frame.payload)}" for frame in frames) or (
        "no frame at all"
    )


def _expected(experiment: Experiment) -> str:
    outcome = experiment.outcome
    if outcome.status != 101:
        line = f" with {outcome.says}" if outcome.says.startswith("Sec-WebSocket") else ""
        return f"an HTTP error such as {outcome.status}{line}, and no WebSocket"
    parts = [f"{OPCODE_NAMES[answer.opcode]} {show(answer.payload)}" for answer in outcome.frames]
    if outcome.close_code != ABNORMAL:
        no_code = outcome.close_code == NO_STATUS
        parts.append("CLOSE without a code" if no_code else f"CLOSE {show(outcome.close_code.to_bytes(2, 'big'))}")
    return ", ".join([f"101 {outcome.says}".strip(), *parts, "the end of the stream"])


def _two_at_a_time(implementation: Implementation) -> None:
    """Checks that the server serves a client while another one is in the middle of its handshake."""
    first = EXPERIMENTS["rfc-hello-masked"]
    port = implementation.port()
    with socket.socket() as idle:
        with contextlib.suppress(OSError):  # the exchange shows whether a server listens
            idle.connect(("127.0.0.1", port))
            idle.sendall(first.opening(f"127.0.0.1:{port}")[:20])
        try:
            problem = _problem(first, _exchange(first, implementation))
        except NotThere:
            raise
        except Trouble as trouble:
            problem = str(trouble)
    if problem:
        raise Failure(
            "While one client has sent half a handshake and waits, a second one is not served: give each connection a "
            f"thread of its own.\n  got:      {problem}"
        )


ECHO_CHECKS: tuple[Check, ...] = (
    *(_check(EXPERIMENTS[experiment_id]) for experiment_id in EXPERIMENT_IDS),
    _check(_MUCH_MORE, may_be_reset=False),
    Check("echo_server", "Two clients at a time", _two_at_a_time),
)
