"""Tests that find the real client behind a reverse proxy."""

from __future__ import annotations

import pytest

from Net.address import Address
from Net.handshake import Request
from Net.port.proxy import Caller, canonical_address, identify

PROXY = "10.0.0.2"
PROXIES = frozenset({PROXY, "127.0.0.1"})


def who(host: str, *fields: tuple[str, str]) -> Caller:
    return identify(Request("GET", "/", "", list(fields)), Address(host, 7), PROXIES)


def forwarded(*values: str) -> list[tuple[str, str]]:
    return [("x-forwarded-for", value) for value in values]


def test_without_a_proxy_the_caller_is_the_other_end() -> None:
    assert who("203.0.113.9") == Caller(Address("203.0.113.9", 7))


@pytest.mark.parametrize("host", ["203.0.113.9", "10.0.0.3", "::1"])
def test_a_stranger_who_says_that_it_is_a_proxy_is_not_believed(host: str) -> None:
    caller = who(host, ("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https"))
    assert caller == Caller(Address(host, 7))


@pytest.mark.parametrize(
    ("values", "host"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["127.0.0.1, 10.0.0.2, 203.0.113.9"], "203.0.113.9"),  # the client wrote the first two itself
        (["127.0.0.1", "203.0.113.9"], "203.0.113.9"),
        (["nonsense, 203.0.113.9"], "203.0.113.9"),
        (["2001:DB8:0::9"], "2001:db8::9"),
        (["::ffff:203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, "], "203.0.113.9"),  # an empty element does not count, RFC 9110 section 5.6.1
        (["203.0.113.9", ""], "203.0.113.9"),
        ([", ,203.0.113.9,,"], "203.0.113.9"),
    ],
)
def test_only_the_address_that_a_trusted_proxy_added_itself_is_believed(values: list[str], host: str) -> None:
    assert who(PROXY, *forwarded(*values)) == Caller(Address(host, 7))


# Names that proxies give their client, in both header fields: RFC 7239 section 6.
NODES = {
    "203.0.113.9": "203.0.113.9",
    "203.0.113.9:80": "203.0.113.9",
    "203.0.113.9:": "203.0.113.9",
    "203.0.113.9:_port": "203.0.113.9",
    "2001:DB8:0::9": "2001:db8::9",
    "[2001:db8::9]": "2001:db8::9",
    "[2001:db8::9]:4711": "2001:db8::9",
    "[2001:db8::9]:_x.y-z": "2001:db8::9",
    "[::ffff:203.0.113.9]:80": "203.0.113.9",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%25eth0]:80": "fe80::1",
    "[203.0.113.9]:80": "203.0.113.9",
    # Names that are no addresses.
    "unknown": None,
    "Unknown": None,
    "unknown:80": None,
    "_hidden": None,
    "_hidden:_port": None,
    "localhost": None,
    "203.0.113": None,
    "203.0.113.9.1": None,
    "203.0.113.256": None,
    "203.0.113.9x": None,
    "203.0.113.9:80:90": None,
    "[2001:db8::9": None,
    "2001:db8::9]": None,
    "[]": None,
    "[]:80": None,
    ":80": None,
    "[unknown]": None,
    "-": None,
    "(null)": None,
    "a\x85b": None,
    "1" * 100: None,
    "203.0.113.9 203.0.113.10": None,
}


@pytest.mark.parametrize("is_quoted", [False, True], ids=["bare", "quoted"])
@pytest.mark.parametrize(("node", "host"), NODES.items(), ids=[ascii(node)[1:30] for node in NODES])
def test_an_address_is_understood_and_all_else_is_passed_over(node: str, host: str | None, is_quoted: bool) -> None:
    """A client without a valid address counts as the proxy itself, so that no other client suffers for it."""
    written = f'"{node}"' if is_quoted else node
    expected = Caller(Address(host or PROXY, 7))
    assert who(PROXY, *forwarded(written)) == expected
    assert who(PROXY, *forwarded(f"198.51.100.1, {written}")) == expected, "what a client wrote before counts never"
    for element in (f"for={written}", f"For={written}", f" for = {written} ", f"by=203.0.113.43;for={written};x=y"):
        assert who(PROXY, ("forwarded", element)) == expected, element
        assert who(PROXY, ("forwarded", f"for=198.51.100.1, {element}")) == expected, element


@pytest.mark.parametrize(
    ("value", "host", "scheme"),
    [
        ("for=203.0.113.9;proto=https", "203.0.113.9", "https"),
        ('proto="http";for="[2001:db8::9]:4711"', "2001:db8::9", "http"),
        ("for=198.51.100.1;proto=http, for=203.0.113.9;Proto=WSS;by=203.0.113.43", "203.0.113.9", "https"),
        ('for="\\203.0.113.9"', "203.0.113.9", None),
        ("for=203.0.113.9;proto=gopher", "203.0.113.9", None),
        ("proto=https", PROXY, "https"),
        ("by=203.0.113.43", PROXY, None),
        ("203.0.113.9", PROXY, None),
        ("for", PROXY, None),
        ("=;;=", PROXY, None),
        ("", PROXY, None),
        (",", PROXY, None),
        # A client's open quote does not hide the address that the proxy adds behind it.
        ('for="evil, for=203.0.113.9', "203.0.113.9", None),
        ('for="evil;x=\\, for="[2001:db8::9]:4711"', "2001:db8::9", None),
    ],
)
def test_forwarded_is_read_where_it_stands_alone(value: str, host: str, scheme: str | None) -> None:
    assert who(PROXY, ("forwarded", value)) == Caller(Address(host, 7), scheme)


def test_forwarded_is_the_clients_own_where_the_proxy_writes_x_forwarded() -> None:
    made_up = ("forwarded", "for=198.51.100.1;proto=https")
    assert who(PROXY, made_up, *forwarded("203.0.113.9")) == Caller(Address("203.0.113.9", 7))
    assert who(PROXY, made_up, *forwarded("unknown")) == Caller(Address(PROXY, 7))
    assert who(PROXY, made_up, ("x-forwarded-proto", "http")) == Caller(Address(PROXY, 7), "http")
    assert who("203.0.113.9", made_up) == Caller(Address("203.0.113.9", 7)), "nobody has named this proxy"


@pytest.mark.parametrize(
    ("named", "scheme"),
    [("https", "https"), ("HTTP", "http"), ("wss", "https"), ("ws", "http"), ("http, https", "https")],
)
def test_a_trusted_proxy_tells_the_scheme(named: str, scheme: str) -> None:
    assert who(PROXY, *forwarded("203.0.113.9"), ("x-forwarded-proto", named)).scheme == scheme


@pytest.mark.parametrize("named", ["gopher", "", "https://", "on", "\xe9"])
def test_another_scheme_than_a_pages_is_passed_over(named: str) -> None:
    assert who(PROXY, *forwarded("203.0.113.9"), ("x-forwarded-proto", named)) == Caller(Address("203.0.113.9", 7))


@pytest.mark.parametrize("host", ["127.0.0.2", "::1"])
def test_a_direct_connection_from_this_machine_counts_as_this_machine(host: str) -> None:
    assert who(host).is_this_machine


@pytest.mark.parametrize(
    ("host", "fields"),
    [
        ("203.0.113.9", []),
        ("10.0.0.3", []),
        # A proxy on this machine: named or not, with and without its header fields.
        ("127.0.0.1", []),
        ("127.0.0.1", forwarded("127.0.0.1")),
        (PROXY, forwarded("127.0.0.1")),
        (PROXY, forwarded("::1")),
        ("127.0.0.2", forwarded("127.0.0.1")),
        ("::1", forwarded("")),
        ("::1", [("x-forwarded-proto", "http")]),
        ("::1", [("x-real-ip", "127.0.0.1")]),
        ("::1", [("forwarded", "for=127.0.0.1")]),
        ("::1", [("via", "1.1 proxy")]),
    ],
)
def test_a_client_elsewhere_or_behind_a_proxy_is_not_this_machine(host: str, fields: list[tuple[str, str]]) -> None:
    assert not who(host, *fields).is_this_machine


@pytest.mark.parametrize(
    "name",
    [
        "x-client-ip",
        "cf-connecting-ip",
        "true-client-ip",
        "x-cluster-client-ip",
        "fastly-client-ip",
        "fly-client-ip",
        "x-original-forwarded-for",
        "x-forwarded",
        "x-forwarded-server",
        "x-envoy-external-address",
        "x-azure-clientip",
        "x-amzn-trace-id",
        "cdn-loop",
    ],
)
def test_a_request_with_a_usual_field_of_proxies_does_not_count_as_this_machine(name: str) -> None:
    assert not who("::1", (name, "203.0.113.9")).is_this_machine
    assert who("::1", (name, "203.0.113.9")).address.host == "::1"


def test_the_fields_that_browsers_send_are_no_trace_of_a_proxy() -> None:
    names = (
        "host upgrade connection origin user-agent accept accept-encoding accept-language cache-control cookie pragma "
    )
    names += "sec-websocket-key sec-websocket-version sec-websocket-extensions sec-fetch-site sec-ch-ua priority te dnt"
    assert who("::1", *((name, "x") for name in names.split())).is_this_machine


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.0/8", "10.0.0.2 ", "10.0.0.2\n", "1:2", "256.0.0.1"])
def test_a_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|must|[Ee]xpected|appear"):
        canonical_address(text)
