"""Host names and origins in the form in which browsers send them, so that they can be compared letter by letter.

In:  the text that a person has typed, or the machine's own name. Out: lower case, ASCII, no dot at the end, no default
     port.
Raises ValueError with the mistake in the text. No name is looked up.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata

DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL_BYTES, _NAME_BYTES = 63, 253  # RFC 1035 section 2.3.4
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")  # RFC 1123 section 2.1, and the underscore that Windows allows
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")  # full stops of East Asian keyboards (UTS 46 section 2.3)
# Joiners that some scripts need inside a word (RFC 5892 appendix A); all other invisible characters are refused.
_JOINERS = "\u200c\u200d"
_ORIGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(\[[^\]]*\]|[^/?#:]*)(?::([0-9]{0,6}))?(.*)", re.DOTALL)
_HOW = "write it as a browser sends it, such as https://school.example or http://192.168.1.20:8080"
# Schemes of origins that no browser sends -> advice on the right origin.
_NEVER_SENT = {
    "file": "a page that was opened as a file has the origin null, as any sandboxed page has",
    "ws": "an origin is that of the page: write http instead of ws",
    "wss": "an origin is that of the page: write https instead of wss",
}


def canonical_name(text: str) -> str:
    """Returns a host name as browsers write it.

    For example, Game.Example. becomes game.example, and Bücher.example becomes xn--bcher-kva.example. Raises
    ValueError.
    """
    dotted = text.translate(_DOTS)
    name = ".".join(map(_canonical_label, (dotted[:-1] if dotted.endswith(".") else dotted).split(".")))
    if len(name) > _NAME_BYTES:
        raise ValueError(f"a host name has at most {_NAME_BYTES} characters, not {len(name)}")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):  # a browser reads such a name as an IPv4 address
        return _ipv4_address(name)
    return name


def canonical_host(text: str) -> str:
    """Returns a host name, an IPv4 address, or an IPv6 address in brackets, as browsers write it; raises ValueError."""
    if text.startswith("[") and text.endswith("]"):
        return f"[{ipaddress.IPv6Address(text[1:-1])}]"
    return canonical_name(text)


def canonical_origin(text: str) -> str:
    """Returns an origin as browsers send it (RFC 6454 section 6.2), or null; raises ValueError."""
    if text.lower() == "null":
        return "null"
    parts = _ORIGIN.fullmatch(text)
    if parts is None:
        raise ValueError(f"an origin begins with a scheme and ://; {_HOW}")
    scheme, host, port, rest = parts.groups()
    scheme = scheme.lower()
    if scheme in _NEVER_SENT:
        raise ValueError(_NEVER_SENT[scheme])
    if rest not in ("", "/") or "@" in host:
        raise ValueError(f"an origin has a scheme, a host and perhaps a port, and nothing else; {_HOW}")
    number = int(port or 0)
    if number > 65535 or port == "0":
        raise ValueError(f"the port must be 1 to 65535, not {port}")
    tail = f":{number}" if number and number != DEFAULT_PORTS.get(scheme) else ""
    return f"{scheme}://{canonical_host(host)}{tail}"


def machine_name() -> str | None:
    """Returns the machine's own name, perhaps with a domain; None if it is not a valid host name."""
    try:
        return canonical_name(socket.gethostname())
    except (ValueError, OSError):
        return None


def machine_names() -> list[str]:
    """Returns the names under which browsers find this machine: whole, short, and short with .local (RFC 6762)."""
    name = machine_name()
    short = "" if name is None else name.partition(".")[0]
    return [name, short, f"{short}.local"] if name else []


def _ipv4_address(name: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        raise ValueError("a name that ends with a number is an IPv4 address: four numbers up to 255") from None


def _canonical_label(label: str) -> str:
    """Returns one label of a name, in ASCII.

    It follows UTS 46, as browsers do; Python's own codec follows older rules.
    """
    if not label:
        raise ValueError("a host name has no empty part, and at most one dot at its end")
    # One character at a time: `lower` of a whole word changes a sigma at its end in another way than browsers do.
    lower = "".join(char.lower() for char in unicodedata.normalize("NFKC", label))
    mapped = unicodedata.normalize("NFKC", lower)
    for char in mapped:
        is_wrong = unicodedata.category(char)[0] in "CZ" and char not in _JOINERS
        if is_wrong or (char.isascii() and not _LABEL.fullmatch(f"a{char}a")):
            raise ValueError(f"a host name has no {char!r}")
    ascii_label = mapped if mapped.isascii() else "xn--" + mapped.encode("punycode").decode("ascii")
    if len(ascii_label) > _LABEL_BYTES:
        raise ValueError(f"a part of a host name has at most {_LABEL_BYTES} characters, not {len(ascii_label)}")
    if not _LABEL.fullmatch(ascii_label):
        raise ValueError(f"a part of a host name neither begins nor ends with a hyphen: {label!r}")
    return ascii_label
