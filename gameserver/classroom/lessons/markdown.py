"""Turns the Markdown of the lessons into HTML.

In:  text in a small part of Markdown: headings of three levels, paragraphs, flat lists, tables, fenced code, quotes,
     `<details>` with a `<summary>`, comments of one line; in a line: code, **bold**, *emphasis*, links.
Out: HTML with only the elements that the text asks for: every character of the text is escaped.
Raises ValueError with the number of the line for all other Markdown: nothing is guessed.
"""

from __future__ import annotations

import html
import re
from typing import Callable, Iterator, List, NamedTuple, Tuple

Link = Callable[[str], str]  # a link's target as it is written -> as it is served
Numbered = List[Tuple[int, str]]  # lines with their numbers

_FENCE = "```"
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*`]+)\*\*|\*([^*`]+)\*|\[([^\]\[]+)\]\(([^)\s]+)\)")
# Characters that have, or almost have, a meaning in Markdown, in places where no rule above has matched them.
_STRAY = re.compile(r"[`*<\\]|\]\(|(?<!\w)_\w|\w_(?!\w)")
_SCHEMES = re.compile(r"https?://|/|[A-Za-z0-9]")
_FORBIDDEN_START = re.compile(r"\s|<|[*+] |---|===|\d+\) |#|\|")


class _Lines:
    """The lines of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._at = 0

    @property
    def number(self) -> int:
        return self._at + 1

    def peek(self) -> str | None:
        return self._lines[self._at] if self._at < len(self._lines) else None

    def take(self) -> str:
        self._at += 1
        return self._lines[self._at - 1]

    def take_while(self, is_in: Callable[[str], object]) -> Numbered:
        taken: Numbered = []
        line = self.peek()
        while line is not None and is_in(line):
            taken.append((self.number, self.take()))
            line = self.peek()
        return taken


class _Block(NamedTuple):
    """A kind of block: the pattern of its first line, and the function that turns it into HTML."""

    start: re.Pattern[str]
    render: Callable[[_Lines, Link], str]


def render(text: str, link: Link = str) -> str:
    """Returns the text as HTML; `link` may change the targets of links."""
    lines = _Lines(text)
    return "\n".join(_blocks(lines, link))


def _blocks(lines: _Lines, link: Link) -> Iterator[str]:
    line = lines.peek()
    while line is not None:
        if line.strip():
            yield _kind(line).render(lines, link)
        else:
            lines.take()
        line = lines.peek()


def _kind(line: str) -> _Block:
    return next(block for block in _BLOCKS if block.start.match(line))


def inline(text: str, number: int, link: Link) -> str:
    """Returns the HTML of a line of text. number: of the line, for the error."""
    made = []
    at = 0
    for match in _INLINE.finditer(text):
        code, bold, emphasis, label, target = match.groups()
        made.append(_plain(text[at : match.start()], number))
        if code:
            made.append(f"<code>{html.escape(code)}</code>")
        elif bold or emphasis:
            tag = "strong" if bold else "em"
            made.append(f"<{tag}>{_plain(bold or emphasis, number)}</{tag}>")
        else:
            if text[: match.start()].endswith("!"):
                raise ValueError(f"line {number}: pictures are not in use here")
            if not _SCHEMES.match(target) or (":" in target and not target.startswith("http")):
                raise ValueError(f"line {number}: a link to {target!r}")
            made.append(f'<a href="{html.escape(link(target))}">{inline(label, number, link)}</a>')
        at = match.end()
    return "".join([*made, _plain(text[at:], number)])


def _joined(lines: Numbered, link: Link) -> str:
    """Returns the HTML of lines that belong together; a link may continue on the next line."""
    return inline(" ".join(line for _, line in lines), lines[0][0], link)


def _plain(text: str, number: int) -> str:
    stray = _STRAY.search(text)
    if stray:
        raise ValueError(f"line {number}: {stray.group()!r} has a meaning that is not in use here")
    return html.escape(text, quote=False)


def _heading(lines: _Lines, link: Link) -> str:
    number, line = lines.number, lines.take()
    marks, _, text = line.partition(" ")
    return f"<h{len(marks)}>{inline(text, number, link)}</h{len(marks)}>"


def _code(lines: _Lines, _link: Link) -> str:
    number = lines.number
    lines.take()
    body = [line for _, line in lines.take_while(lambda line: line != _FENCE)]
    if lines.peek() is None:
        raise ValueError(f"line {number}: this code has no end")
    lines.take()
    return f"<pre><code>{html.escape(chr(10).join(body), quote=False)}</code></pre>"


def _table(lines: _Lines, link: Link) -> str:
    rows = lines.take_while(lambda line: line.startswith("|"))
    if len(rows) < 2 or not re.fullmatch(r"\|(-+\|)+", rows[1][1]):
        raise ValueError(f"line {rows[0][0]}: a table has a line of dashes under its head")
    made = []
    for index, (number, line) in enumerate(rows):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.count("|") != rows[0][1].count("|") or not line.endswith("|"):
            raise ValueError(f"line {number}: not as many cells as the head has")
        tag = "td" if index else "th"
        if index != 1:
            made.append("<tr>" + "".join(f"<{tag}>{inline(cell, number, link)}</{tag}>" for cell in cells) + "</tr>")
    return "\n".join(["<table>", *made, "</table>"])


def _list(tag: str, mark: re.Pattern[str]) -> Callable[[_Lines, Link], str]:
    def render_list(lines: _Lines, link: Link) -> str:
        items: list[Numbered] = []
        for number, line in lines.take_while(lambda line: mark.match(line) or re.match(r" {2,3}\S", line)):
            if mark.match(line):
                items.append([(number, mark.sub("", line, count=1))])
            elif re.match(r"\s+([-*+]|\d+\.) ", line):
                raise ValueError(f"line {number}: a list in a list")
            else:
                items[-1].append((number, line.strip()))
        return "\n".join([f"<{tag}>", *(f"<li>{_joined(item, link)}</li>" for item in items), f"</{tag}>"])

    return render_list


def _quote(lines: _Lines, link: Link) -> str:
    quoted = lines.take_while(lambda line: line.startswith("> "))
    return f"<blockquote><p>{_joined([(number, line[2:]) for number, line in quoted], link)}</p></blockquote>"


def _details(lines: _Lines, link: Link) -> str:
    number = lines.number
    lines.take()
    summary = re.fullmatch(r"<summary>(.+)</summary>", lines.peek() or "")
    if summary is None:
        raise ValueError(f"line {number}: <details> needs a line with its <summary>")
    inner = [inline(summary.group(1), lines.number, link)]
    lines.take()
    line = lines.peek()
    while line is not None and line != "</details>":
        if line.strip():
            inner.append(_kind(line).render(lines, link))
        else:
            lines.take()
        line = lines.peek()
    if line is None:
        raise ValueError(f"line {number}: <details> has no end")
    lines.take()
    head, *rest = inner
    return "\n".join([f"<details><summary>{head}</summary>", *rest, "</details>"])


def _comment(lines: _Lines, _link: Link) -> str:
    lines.take()
    return ""


def _paragraph(lines: _Lines, link: Link) -> str:
    text = lines.take_while(lambda line: line.strip() and line != "</details>" and _kind(line).render is _paragraph)
    for number, line in text or [(lines.number, lines.take())]:
        if _FORBIDDEN_START.match(line):
            raise ValueError(f"line {number}: {line[:20]!r} starts something that is not in use here")
    return f"<p>{_joined(text, link)}</p>"


_BULLET, _NUMBER = re.compile(r"- "), re.compile(r"\d+\. ")
_BLOCKS = (
    _Block(re.compile(_FENCE), _code),
    _Block(re.compile(r"#{1,3} "), _heading),
    _Block(re.compile(r"\|"), _table),
    _Block(_BULLET, _list("ul", _BULLET)),
    _Block(_NUMBER, _list("ol", _NUMBER)),
    _Block(re.compile(r"> "), _quote),
    _Block(re.compile(r"<details>$"), _details),
    _Block(re.compile(r"<!-- [^<>]* -->$"), _comment),
    _Block(re.compile(r""), _paragraph),
)
