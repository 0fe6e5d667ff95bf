"""Draws the pictures of docs/architecture.md as SVG files in this folder: `python docs/pictures/draw.py`.

The data of each picture is below. Nothing here measures text, so look at a picture after you change it.
Each picture has a background of its own, so it can be read on a light page and on a dark page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Iterable, NamedTuple, Sequence

FOLDER = Path(__file__).parent
STYLE = """
  :root { --paper: #fbfbf8; --ink: #1c2430; --soft: #566070; --line: #7b8594; --box: #ffffff;
          --wire: #dcebfa; --thread: #e2f3e2; --lock: #fdebcf; --part: #ece6f8; --bar: #d9822b; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #161b22; --ink: #e8edf3; --soft: #a5b0bf; --line: #8491a1; --box: #20272f;
            --wire: #1d3a58; --thread: #1f4429; --lock: #563c14; --part: #3a2f5c; --bar: #e39a4c; }
  }
  text { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 13px; fill: var(--ink); }
  .title { font-weight: 600; font-size: 14px; }
  .head { font-weight: 600; fill: var(--soft); }
  .soft { fill: var(--soft); }
  .code { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: 12px; }
  .paper { fill: var(--paper); }
  .box { fill: var(--box); stroke: var(--line); }
  .wire { fill: var(--wire); }
  .thread { fill: var(--thread); }
  .lock { fill: var(--lock); }
  .part { fill: var(--part); }
  .frame { fill: none; stroke: var(--line); stroke-dasharray: 5 4; }
  .arrow { fill: none; stroke: var(--line); stroke-width: 1.5; marker-end: url(#tip); }
  .tip { fill: var(--line); }
  .bar { fill: var(--bar); }
"""
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
    'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
)
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
)
LINE, PADDING = 18, 12  # pixels from one line of text to the next, and from a box's edge to its text


def text(x: int, y: int, words: str, kind: str = "") -> str:
    """Returns a line of text. Words between backquotes are code."""
    if words.startswith("`"):
        words, kind = words.strip("`"), "code"
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{style}>{escape(words)}</text>'


class Box(NamedTuple):
    """A box with a title, and lines of text under it. kind: its colour. height: 0 means as high as its text."""

    x: int
    y: int
    width: int
    title: str
    lines: Sequence[str] = ()
    kind: str = "box"
    height: int = 0

    def bottom(self) -> int:
        """Returns the y of its lower edge."""
        return self.y + (self.height or 2 * PADDING + LINE * (1 + len(self.lines)) - 4)

    def svg(self) -> Iterable[str]:
        """Yields its elements."""
        height = self.bottom() - self.y
        yield f'<rect class="box {self.kind}" x="{self.x}" y="{self.y}" width="{self.width}" height="{height}" rx="6"/>'
        yield text(self.x + PADDING, self.y + PADDING + 11, self.title, "title")
        for number, line in enumerate(self.lines, 1):
            yield text(self.x + PADDING, self.y + PADDING + 11 + LINE * number, line)


class Frame(NamedTuple):
    """A dashed line round boxes that belong together."""

    x: int
    y: int
    width: int
    height: int
    title: str

    def svg(self) -> Iterable[str]:
        """Yields its elements."""
        yield f'<rect class="frame" x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="8"/>'
        yield text(self.x + PADDING, self.y + 20, self.title, "head")


class Arrow(NamedTuple):
    """A line through some points, with a tip at its end. label_at: the place where its label begins."""

    points: Sequence[tuple[int, int]]
    label: str = ""
    label_at: tuple[int, int] = (0, 0)

    def svg(self) -> Iterable[str]:
        """Yields its elements."""
        yield f'<path class="arrow" d="M{" L".join(f"{x} {y}" for x, y in self.points)}"/>'
        if self.label:
            yield text(*self.label_at, self.label, "soft")


class Bar(NamedTuple):
    """An upright bar beside some steps: a lock that is held during them."""

    x: int
    y: int
    height: int

    def svg(self) -> Iterable[str]:
        """Yields its elements."""
        yield f'<rect class="bar" x="{self.x}" y="{self.y}" width="8" height="{self.height}" rx="4"/>'


class Text(NamedTuple):
    """A line of text."""

    x: int
    y: int
    words: str
    kind: str = ""

    def svg(self) -> Iterable[str]:
        """Yields its elements."""
        yield text(self.x, self.y, self.words, self.kind)


class Step(NamedTuple):
    """A step of a way: its title, the code that does it, and the texts beside it.

    locks: the locks that it holds. A `+` before the name means: held since the step before.
    """

    title: str
    where: str
    beside: Sequence[str]
    wrong: Sequence[str] = ()
    locks: Sequence[str] = ()
    kind: str = "thread"


STEP_HEIGHT, STEP_PITCH, STEPS_FROM, LANE_WIDTH = 54, 72, 58, 54


def way(steps: Sequence[Step], heads: Sequence[str], lanes: Sequence[str], columns: Sequence[int]) -> list[object]:
    """Returns the items of a way, one step under the other.

    lanes: the locks, each with a column of bars at the left. columns: the x of the boxes and of the texts beside them.
    """
    items: list[object] = [Text(x, 36, head, "head") for x, head in zip(columns, heads)]
    items += [Text(24 + LANE_WIDTH * number, 36, lane, "head") for number, lane in enumerate(lanes)]
    for number, step in enumerate(steps):
        y = STEPS_FROM + STEP_PITCH * number
        if number:
            arrow_x = columns[0] + 30
            items.append(Arrow([(arrow_x, y - STEP_PITCH + STEP_HEIGHT), (arrow_x, y - 2)]))
        width = columns[1] - columns[0] - 24
        items.append(Box(columns[0], y, width, f"{number + 1}  {step.title}", [step.where], step.kind, STEP_HEIGHT))
        for x, lines in zip(columns[1:], (step.beside, step.wrong)):
            first_y = y + 31 - LINE * (len(lines) - 1) // 2
            items += [Text(x, first_y + LINE * line_number, line) for line_number, line in enumerate(lines)]
        for lock in step.locks:
            above = STEP_PITCH - STEP_HEIGHT + 8 if lock.startswith("+") else 0
            x = 34 + LANE_WIDTH * lanes.index(lock.strip("+"))
            items.append(Bar(x, y - above, STEP_HEIGHT + above))
    return items


def column(x: int, y: int, width: int, title: str, rows: Sequence[tuple[str, Sequence[str]]]) -> list[object]:
    """Returns a frame with boxes in it, one under the other. rows: the title of each box, and its lines."""
    boxes: list[Box] = []
    for name, lines in rows:
        boxes.append(Box(x + 12, boxes[-1].bottom() + 10 if boxes else y + 32, width - 24, name, lines, "part"))
    return [Frame(x, y, width, boxes[-1].bottom() + 12 - y, title), *boxes]


# fmt: off
INPUT = [
    Step("Wait for bytes", "`Net/sockets.py`", ["`82 84 37 fa 21 3d a5 f8 b0 3d`"],
         ["The peer has vanished:", "the connection ends."], kind="wire"),
    Step("Bytes become a frame", "`Net/frames.py`", ["FIN, opcode 2, unmasked with the key:", "`92 02 91 00`"],
         ["A rule of RFC 6455 is broken:", "close frame 1002, 1007 or 1009,", "and the connection ends."], kind="wire"),
    Step("Frames become a message", "`Net/messages.py`", ["One binary message:", "`92 02 91 00`"],
         ["As in step 2."], kind="wire"),
    Step("The message becomes a packet", "`Net/PacketCodes.py, schema.py`",
         ["Each argument is checked:", '`Packet("MOVE", (0,))`'],
         ["A bad packet: an ERROR packet.", "The connection lives; too many", "of them: close frame 1008."],
         kind="wire"),
    Step("The rate is checked", "`gameserver/session.py`", ["The token bucket of MOVE:", "30 a second, 60 at once"],
         ["As in step 4."]),
    Step("The packet finds its handler", "`gameserver/handlers.py`", ['`session.act("MOVE", 0, None)`'],
         ["The client is in no room:", "ERROR NOT_IN_ROOM."]),
    Step("The input becomes an intent", "`game.py, rules/inputs.py`",
         ["`player.direction = 0`", "Nothing moves before the next tick."],
         ["A fault of ours: a traceback in the", "log; ERROR SERVER_FAULT."], ["game"]),
]
TICK = [
    Step("Sleep until the tick is due", "`gameserver/match/ticker.py`",
         ["Deadlines of the monotonic clock. After a late tick",
          "comes a whole period without a tick."]),
    Step("Which clients can take a STATE?", "`gameserver/match/roster.py`",
         ["Those that answered the last PING in time, and", "whose socket took all bytes (flow control)."],
         (), ["room"]),
    Step("The world moves", "`gameserver/game.py, rules/`",
         ["Game.update(dt): intents become steps and swings, then",
          "all contacts are found, then the rules react to them."],
         (), ["game"]),
    Step("The world becomes frames", "`gameserver/replication/areas.py`",
         ["Each change is encoded once for each cell of the map.", "Clients that see the same get the same bytes."],
         (), ["+game"]),
    Step("Events and scoreboards", "`replication/scoreboards.py`",
         ["DIED, SCOREBOARD and TEAMS go into the outboxes.", "They arrive before the STATE."], (), ["room", "socket"]),
    Step("The phase of the match", "`gameserver/match/rounds.py`",
         ["Waiting, in progress, ended. At the end of a round the", "results go to the recorder, which never waits."],
         (), ["room", "socket"]),
    Step("Frames go into the outboxes", "`gameserver/match/roster.py`",
         ["A client that is behind gets no STATE now,", "and one full STATE later."], (), ["room", "socket"]),
    Step("One send for each client", "`Net/outbox.py`",
         ["The kernel takes as much as it can. The rest waits,", "in order, up to 64 KiB. The tick waits for nobody."],
         (), ["socket"], "wire"),
]
THREADS: list[object] = [
    Frame(20, 20, 280, 196, "one for each connection"),
    Box(36, 52, 248, "client thread",
        ["waits in recv, reads frames,", "runs the handler of each packet,", "may wait for its own client"], "thread"),
    Text(36, 166, "1,024 at most, 64 of one address", "soft"),
    Text(36, 186, "Linux: policy SCHED_BATCH", "soft"),
    Frame(640, 20, 280, 196, "one for each room"),
    Box(656, 52, 248, "room thread",
        ["20 ticks a second, 2 while", "nobody does anything;", "waits for no client"], "thread"),
    Text(656, 166, "32 at most, 8 of one address", "soft"),
    Text(656, 186, "a tick that raises is logged and lost", "soft"),
    Box(370, 40, 200, "game", ["the world and its lock"], "lock"),
    Box(370, 130, 200, "outbox of a client", ["bytes not yet sent"], "wire"),
    Arrow([(284, 80), (366, 68)], "intents", (312, 62)),
    Arrow([(284, 118), (366, 150)], "answers", (308, 168)),
    Arrow([(656, 80), (574, 68)], "update", (586, 62)),
    Arrow([(656, 118), (574, 150)], "frames", (586, 168)),
    Frame(20, 250, 900, 128, "always there"),
    Box(36, 282, 206, "main thread", ["accepts connections,", "handles signals"], "thread"),
    Box(258, 282, 206, "keepalive, each second", ["flushes, pings, drops;", "gives up absent seats"], "thread"),
    Box(480, 282, 206, "terminal, each stream", ["writes what is printed", "and logged"], "thread"),
    Box(702, 282, 202, "store", ["writes results and events", "into SQLite"], "thread"),
    Arrow([(400, 282), (400, 190)], "flush, ping", (408, 236)),
    Arrow([(896, 144), (896, 280)], "results, events", (796, 238)),
    Text(20, 406, "Two more threads wait for work: drain and bots. --restore adds a thread for checkpoints.", "soft"),
]
LOCKS: list[object] = [
    Text(20, 36, "A thread that holds a lock may take a lock further right, and never one further left.", "title"),
    Box(20, 56, 204, "1  server",
        ["`gameserver/lobby.py`", "clients, rooms,", "tokens of seats,", "player ids"], "lock", 118),
    Box(252, 56, 204, "2  room", ["`match/roster.py`", "seats,", "phase of the match"], "lock", 118),
    Box(484, 56, 204, "3  game",
        ["`gameserver/game.py`", "the world: players,", "animals, buildings, ..."], "lock", 118),
    Box(716, 56, 204, "4  websocket",
        ["`Net/outbox.py`", "bytes not yet sent,", "the writing half", "of the socket"], "lock", 118),
    Arrow([(224, 115), (250, 115)]),
    Arrow([(456, 115), (482, 115)]),
    Arrow([(688, 115), (714, 115)]),
    Text(20, 204, "Under locks 1 to 3, a thread touches no socket and no file."),
    Text(20, 226, "Under lock 4, a thread sends, and the send never blocks."),
]
WEBSOCKET: list[object] = [
    Frame(20, 20, 900, 326, "WebSocket: one connection (Net/websocket.py)"),
    *column(36, 48, 282, "reads: the connection's own thread", [
        ("message reader", ["`Net/messages.py`", "frames to messages, UTF-8, closing"]),
        ("frame reader", ["`Net/frames.py`", "bytes to frames, unmasking"]),
        ("inflater", ["`Net/deflate.py`", "if compression was agreed on"]),
    ]),
    *column(330, 48, 282, "writes: WebSocket.outbox", [
        ("outbox", ["`Net/outbox.py`", "bytes not yet sent, and the lock"]),
        ("deflater", ["`Net/deflate.py`", "if compression was agreed on"]),
        ("tap", ["`Net/tap.py`", "sees all bytes: trace, inspector"]),
    ]),
    *column(624, 48, 282, "bounds", [
        ("limits", ["`Net/limits.py`", "sizes, counts and time-outs"]),
        ("fair share", ["`Net/fair_share.py`", "how much work the peer may cause"]),
        ("keepalive state", ["`Net/websocket.py`", "last sign of life, ping, close"]),
    ]),
    Text(36, 374, "receive, send and close may wait: only the connection's own thread calls them.", "soft"),
    Text(36, 394, "post, flush, ping, abort and begin_close never wait: any thread may call them.", "soft"),
]
SERVER: list[object] = [
    Frame(20, 20, 900, 410, "GameServer: the port, the rooms, the clients (gameserver/server.py)"),
    *column(36, 48, 282, "the port", [
        ("listener", ["`Net/port/listener.py`", "accept loop, a thread for each client"]),
        ("admission", ["`Net/port/admission.py`", "per-address limit, bans, reserve"]),
        ("site", ["`Net/port/accept.py`", "WebSockets by path, pages, origins"]),
        ("keepalive", ["`Net/port/keepalive.py`", "each connection, once a second"]),
    ]),
    *column(330, 48, 282, "players: GameServer.lobby", [
        ("lobby", ["`gameserver/lobby.py`", "join, leave, come back; the lock"]),
        ("clients", ["`admission/clients.py`", "by connection, player and token"]),
        ("open rooms", ["`admission/open_rooms.py`", "by name; see the next picture"]),
        ("seating", ["`admission/seating.py`", "newcomers; back with a token"]),
    ]),
    *column(624, 48, 282, "for the operator", [
        ("operators", ["`admission/operators.py`", "addresses that always reach /admin"]),
        ("faults", ["`gameserver/faults.py`", "counts faults of our own code"]),
        ("recorder", ["`gameserver/results/recorder.py`", "takes results and events: the store"]),
        ("settings and limits", ["`world/settings.py, Net/limits.py`", "from the flags of run_server.py"]),
    ]),
    Text(36, 458, "run_server.py adds the rest with add_route, add_page and add_tap: the console,", "soft"),
    Text(36, 478, "the classroom, the trace. The server imports none of these.", "soft"),
]
ROOM: list[object] = [
    Frame(20, 20, 900, 410, "GameRoom: one match (gameserver/room.py)"),
    *column(36, 48, 282, "people: GameRoom.roster", [
        ("roster", ["`gameserver/match/roster.py`", "the seats, packets to all; the lock"]),
        ("seat", ["`gameserver/match/seats.py`", "player, connection, view"]),
        ("flow control", ["`replication/flow_control.py`", "in each seat: may a STATE be sent?"]),
        ("introductions", ["`match/introductions.py`", "PLAYER frames for newcomers"]),
    ]),
    *column(330, 48, 282, "the match", [
        ("game: GameRoom.game", ["`gameserver/game.py`", "the world, its rules, its lock"]),
        ("rounds: GameRoom.rounds", ["`gameserver/match/rounds.py`", "start, end, results; the phase"]),
        ("clock: GameRoom.clock", ["`gameserver/match/tick_clock.py`", "tick thread, tick rate, pause"]),
        ("dormancy", ["`gameserver/match/dormancy.py`", "rests while nobody does anything"]),
    ]),
    *column(624, 48, 282, "clients: GameRoom.publisher", [
        ("publisher", ["`match/publisher.py`", "welcome, events, boards, state"]),
        ("replicator", ["`replication/replicator.py`", "chosen by the class of the game"]),
        ("areas: for the class Game", ["`replication/areas.py`", "what each client has in view"]),
        ("states: for any other game", ["`replication/states.py`", "the whole state, then its changes"]),
    ]),
]
# fmt: on


class Picture(NamedTuple):
    """A picture: its size, a sentence for people who cannot see it, and its items."""

    width: int
    height: int
    shows: str
    items: Sequence[object]


PICTURES = {
    "input": Picture(
        940,
        570,
        "One input, from bytes to an intent, in the thread of its client",
        way(INPUT, ["client thread", "data after the step", "in case of an error"], ["game"], [90, 400, 686]),
    ),
    "tick": Picture(
        940,
        644,
        "One tick, in the thread of its room, and the locks that it holds",
        way(TICK, ["room thread", "what happens"], ["room", "game", "socket"], [200, 530]),
    ),
    "threads": Picture(940, 426, "The threads of the process, and where they meet", THREADS),
    "locks": Picture(940, 246, "The four locks, in the order in which a thread may take them", LOCKS),
    "websocket": Picture(940, 412, "The parts of a WebSocket", WEBSOCKET),
    "server": Picture(940, 496, "The parts of a GameServer", SERVER),
    "room": Picture(940, 450, "The parts of a GameRoom", ROOM),
}


def draw(name: str) -> str:
    """Returns a picture as SVG."""
    width, height, shows, items = PICTURES[name]
    return "\n".join(
        [
            HEAD.format(width=width, height=height),
            "<!-- made by draw.py -->",
            f"<title>{escape(shows)}</title>",
            f"<style>{STYLE}</style>",
            TIP,
            f'<rect class="paper" width="{width}" height="{height}" rx="10"/>',
            *(line for item in items for line in item.svg()),  # type: ignore[attr-defined]
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    for name in PICTURES:
        with open(FOLDER / f"{name}.svg", "w", encoding="utf-8", newline="\n") as file:
            file.write(draw(name))
