"""Tests of the Sec-WebSocket-Extensions header field: RFC 6455 section 9.1."""

from __future__ import annotations

import pytest

from Net.errors import HandshakeError
from Net.extensions import Extension, parse_extensions


def extension(name: str, **params: str | None) -> Extension:
    return Extension(name, tuple(params.items()))


GOOD: dict[str, tuple[list[str], list[Extension]]] = {
    "no line": ([], []),
    "an empty line": ([""], []),
    "a name": (["foo"], [extension("foo")]),
    "every character of a token": (["!#$%&'*+-.^_`|~09azAZ"], [extension("!#$%&'*+-.^_`|~09azAZ")]),
    "section 9.1, first": (["foo, bar; baz=2"], [extension("foo"), extension("bar", baz="2")]),
    "section 9.1, as two lines": (["foo", "bar; baz=2"], [extension("foo"), extension("bar", baz="2")]),
    "section 9.1, deflate": (
        ['deflate-stream; x; max="15"; y=a'],
        [Extension("deflate-stream", (("x", None), ("max", "15"), ("y", "a")))],
    ),
    "a parameter twice": (["a; b; b=1"], [Extension("a", (("b", None), ("b", "1")))]),
    "the same extension twice": (["a, a;b"], [extension("a"), extension("a", b=None)]),
    "no spaces": (["a;b=c,d;e"], [extension("a", b="c"), extension("d", e=None)]),
    "spaces everywhere": ([" \ta \t; b \t= c ,\t d\t;e "], [extension("a", b="c"), extension("d", e=None)]),
    "empty members, which a reader must ignore": ([", a,, ,b;c ,"], [extension("a"), extension("b", c=None)]),
    "letters are kept as they are": (["Foo; Bar=Baz"], [extension("Foo", Bar="Baz")]),
}


@pytest.mark.parametrize(("lines", "expected"), GOOD.values(), ids=GOOD)
def test_a_value_that_follows_the_grammar_is_read(lines: list[str], expected: list[Extension]) -> None:
    assert parse_extensions(lines) == expected


BAD = [
    ";",
    "=",
    "a b",
    "a;",
    "a; ;b",
    "a;,b",
    ";a",
    "a;=1",
    "a;b=",
    "a;b=,c",
    "a;b==1",
    "a;b=1 2",
    "a;b=1=2",
    "a=1",
    'a;b="',
    'a;b="c',
    'a;b=c"',
    'a;b=""',
    'a;b="c d"',
    'a;b="c\\d"',
    'a;b="c"d',
    "a;b='c d'",
    "a/b",
    "a;b=(c)",
    "é",
    "a;b=é",
    "a\x00",
    "a\x0b",
    "a;b={}",
]


@pytest.mark.parametrize("line", BAD)
def test_a_value_against_the_grammar_is_refused_with_400(line: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        parse_extensions([line])
    assert refused.value.status == 400
    assert refused.value.section == "RFC 6455 section 9.1"


@pytest.mark.parametrize("line", BAD)
def test_a_bad_value_is_refused_even_beside_a_good_one(line: str) -> None:
    for lines in (["good", line], [line, "good"], [f"good, {line}"], [f"{line}, good; x"]):
        with pytest.raises(HandshakeError):
            parse_extensions(lines)
