"""Tests of WebSocket URLs: the host and port to connect to, the target of the request, and the refused URLs."""

from __future__ import annotations

import pytest

from Net.destination import Destination, parse_url

READ = {
    "ws://host": Destination("host", 80, "host", "/"),
    "ws://host/": Destination("host", 80, "host", "/"),
    "ws://host:3000/a/b?x=1&y=2": Destination("host", 3000, "host:3000", "/a/b?x=1&y=2"),
    "ws://host?x": Destination("host", 80, "host", "/?x"),
    "ws://host:80/": Destination("host", 80, "host", "/"),
    "ws://host:/": Destination("host", 80, "host", "/"),
    "WS://Host.Example/": Destination("host.example", 80, "host.example", "/"),
    "ws://host.example.:3000/": Destination("host.example.", 3000, "host.example.:3000", "/"),
    "ws://my_host/": Destination("my_host", 80, "my_host", "/"),
    "ws://127.0.0.1:3000/": Destination("127.0.0.1", 3000, "127.0.0.1:3000", "/"),
    # International names: RFC 5890.
    "ws://bücher.example/": Destination("xn--bcher-kva.example", 80, "xn--bcher-kva.example", "/"),
    "ws://BÜCHER.example:1/": Destination("xn--bcher-kva.example", 1, "xn--bcher-kva.example:1", "/"),
    "ws://日本。example/": Destination("xn--wgv71a.example", 80, "xn--wgv71a.example", "/"),
    # IPv6: RFC 3986 section 3.2.2; zones: RFC 6874. A zone means something on this machine only.
    "ws://[::1]/": Destination("::1", 80, "[::1]", "/"),
    "ws://[::1]:3000/": Destination("::1", 3000, "[::1]:3000", "/"),
    "ws://[2001:DB8::0:1]:3000/": Destination("2001:db8::0:1", 3000, "[2001:db8::0:1]:3000", "/"),
    "ws://[fe80::1%25eth0]:3000/": Destination("fe80::1%eth0", 3000, "[fe80::1]:3000", "/"),
    "ws://[fe80::1%eth0]:3000/": Destination("fe80::1%eth0", 3000, "[fe80::1]:3000", "/"),
    "ws://[fe80::1%2]/": Destination("fe80::1%2", 80, "[fe80::1]", "/"),
    "ws://[::ffff:192.0.2.1]/": Destination("::ffff:192.0.2.1", 80, "[::ffff:192.0.2.1]", "/"),
    # Paths: RFC 3986 section 2.1.
    "ws://host/grüße": Destination("host", 80, "host", "/gr%C3%BC%C3%9Fe"),
    "ws://host/a b": Destination("host", 80, "host", "/a%20b"),
    "ws://host/?q=a b&ü=\N{PILE OF POO}": Destination("host", 80, "host", "/?q=a%20b&%C3%BC=%F0%9F%92%A9"),
    "ws://host/a%20b%2F": Destination("host", 80, "host", "/a%20b%2F"),
    "ws://host/~a-b_c.d!$&'()*+,;=:@": Destination("host", 80, "host", "/~a-b_c.d!$&'()*+,;=:@"),
    'ws://host/"<>\\^`{|}': Destination("host", 80, "host", "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
    "ws://host/a?b?c": Destination("host", 80, "host", "/a?b?c"),
    "ws://host/me@home": Destination("host", 80, "host", "/me@home"),
    "ws://host/?to=a@b": Destination("host", 80, "host", "/?to=a@b"),
    "ws://host//a": Destination("host", 80, "host", "//a"),
}


@pytest.mark.parametrize(("url", "destination"), READ.items(), ids=READ)
def test_a_url_leads_to_a_host_and_a_target(url: str, destination: Destination) -> None:
    assert parse_url(url) == destination


REFUSED = {
    # Another kind of URL.
    "http://host/": "ws://host",
    "wss://host/": "ws://host",
    "host:3000": "ws://host",
    "ws:host": "ws://host",
    "ws:///path": "ws://host",
    "ws://": "ws://host",
    " ws://host/": "ws://host",
    "ws://host\\path": "ws://host",
    "ws://host:x/": "ws://host",
    "ws://host:-1/": "ws://host",
    "ws://host:٣/": "ws://host",
    "ws://[::1/": "ws://host",
    "ws://[]/": "ws://host",
    "ws://a:b:c/": "ws://host",
    "ws://[fe80::1%25]x/": "ws://host",
    "ws://h%6Fst/": "ws://host",
    "ws://:3000/": "ws://host",
    "": "ws://host",
    # Parts that a WebSocket's URL does not have.
    "ws://host/#part": "fragment",
    "ws://host#": "fragment",
    "ws://user@host/": "user",
    "ws://user:secret@host/": "user",
    "ws://@host/": "user",
    "ws://a@b@host/": "user",
    # Characters that would begin another line of the request.
    "ws://host/\r\nX: y": "control characters",
    "ws://host/\n": "control characters",
    "ws://ho\nst/": "control characters",
    "ws://host/a\x00b": "control characters",
    "ws://host/\tb": "control characters",
    "ws://host/\x7f": "control characters",
    "\nws://host/": "control characters",
    # Ports and hosts that cannot exist.
    "ws://host:0/": "port",
    "ws://host:65536/": "port",
    "ws://host:99999999999999999999/": "port",
    "ws://a..b/": "host name",
    "ws://./": "host name",
    "ws://ho st/": "host name",
    "ws://ho<st/": "host name",
    "ws://" + 64 * "a" + "/": "host name",
    "ws://\N{ACCOUNT OF}.example/": "host name",
    "ws://\xad/": "host name",
    "ws://\ud800/": "host name",
    "ws://[:::1]/": "IPv6",
    "ws://[1.2.3.4]/": "IPv6",
    "ws://host/\ud800": "surrogate",
    "ws://host/?\udfff": "surrogate",
}


@pytest.mark.parametrize(("url", "named"), REFUSED.items(), ids=[ascii(url)[:30] for url in REFUSED])
def test_another_url_is_refused_with_the_reason(url: str, named: str) -> None:
    with pytest.raises(ValueError, match=named) as refused:
        parse_url(url)
    assert type(refused.value) is ValueError
    assert "the URL" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", READ)
def test_another_implementation_reads_the_same(url: str) -> None:
    uri = pytest.importorskip("websockets.uri", reason="the websockets package is a test extra")
    if any(part in url for part in ("%25", "%eth0", "%2]", "host:/", "。", "::ffff", "DB8", '"', "a b")):
        pytest.skip("the package reads no zones and no empty ports, and leaves the rest as it was typed")
    theirs, ours = uri.parse_uri(url), parse_url(url)
    assert (theirs.host, theirs.port) == (ours.host, ours.port)
    assert theirs.resource_name == ours.target
