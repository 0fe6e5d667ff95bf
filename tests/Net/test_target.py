"""Tests of the four forms of a request's target (RFC 9112 section 3.2), without the rest of the request."""

from __future__ import annotations

import pytest

from Net.errors import HandshakeError
from Net.target import Target, parse_target

READ = {
    ("GET", "/"): Target("", "", "/", ""),
    ("GET", "/a/b%20c?x=1?y"): Target("", "", "/a/b%20c", "x=1?y"),
    ("GET", "//evil.example/"): Target("", "", "//evil.example/", ""),
    ("GET", "HTTP://Host:80/a?x"): Target("http", "Host:80", "/a", "x"),
    ("GET", "https://[::1]:443"): Target("https", "[::1]:443", "/", ""),
    ("GET", "http://host?x"): Target("http", "host", "/", "x"),
    ("OPTIONS", "*"): Target("", "", "*", ""),
    ("OPTIONS", "/"): Target("", "", "/", ""),
    ("CONNECT", "host:22"): Target("", "", "host:22", ""),
    ("CONNECT", "[::1]:22"): Target("", "", "[::1]:22", ""),
}


@pytest.mark.parametrize(("method", "target"), READ)
def test_a_target_is_read(method: str, target: str) -> None:
    assert parse_target(method, target) == READ[method, target]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", ""),
        ("GET", "*"),
        ("GET", "host:22"),
        ("GET", "a"),
        ("GET", "?x"),
        ("GET", "http://"),
        ("GET", "http:///a"),
        ("GET", "http:/a"),
        ("GET", "ftp://host/"),
        ("GET", "http://ho st/"),
        ("GET", "http://host#a"),
        ("GET", "/a b"),
        ("GET", "/\x7f"),
        ("GET", "/\xe9"),
        ("OPTIONS", "**"),
        ("options", "*"),
        ("CONNECT", "host"),
        ("CONNECT", "host:x"),
        ("CONNECT", "me@host:22"),
    ],
)
def test_another_target_is_refused(method: str, target: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        parse_target(method, target)
    assert (refused.value.status, refused.value.section) == (400, "RFC 9112 section 3.2")


@pytest.mark.parametrize(
    ("url", "host", "is_there"),
    [
        ("http://host/", "host", True),
        ("http://HOST:80/", "host", True),
        ("http://host/", "Host:80", True),
        ("http://host:/", "host", True),
        ("https://host/", "host:443", True),
        ("http://80/", "80:80", True),
        ("http://[::1]/", "[::1]:80", True),
        ("http://host:81/", "host:81", True),
        ("http://host:81/", "host", False),
        ("http://host/", "host:443", False),
        ("https://host/", "host:80", False),
        ("http://[::80]/", "[::80]:81", False),
        ("http://me@host/", "host", False),
        ("http://host.example/", "host", False),
        ("http://host/", "", False),
        ("/", "host", True),
    ],
)
def test_a_whole_url_names_the_site_that_is_in_host(url: str, host: str, is_there: bool) -> None:
    assert parse_target("GET", url).is_at(host) is is_there
