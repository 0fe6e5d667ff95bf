"""The lines at the end of a run about the tests that were skipped: how many, why, and what to install for them."""

from __future__ import annotations

import collections
from typing import Any, Iterable, Iterator

# The first row with a word of the reason names the remedy.
REMEDIES = (
    (("browser",), ".ci/install_browser"),
    (("nginx", "openssl"), ".ci/install_nginx"),
    (("tshark",), ".ci/install_tshark"),
    (("command ip", "unshare", "iptables"), ".ci/install_network"),
    (("the extra lan", "segno", "zeroconf"), "pip install '.[lan]'"),
    (("websockets", "playwright", ".[test]", "emoji", "wcwidth"), "pip install '.[test]'"),
    (("node",), "install Node.js"),
    (("curl",), "install curl"),
    (("needs root",), "run the tests as root"),
)


def remedy(reason: str) -> str:
    """Returns what to do so that the test is not skipped; "" if nothing helps on this machine."""
    return next((remedy for words, remedy in REMEDIES if any(word in reason for word in words)), "")


def summary(places: Iterable[Any]) -> Iterator[str]:
    """Yields a line for each reason, those with a remedy first. places: `longrepr` of the reports."""
    reasons = collections.Counter(str(place[2]).replace("Skipped: ", "", 1) for place in places)
    for reason, count in sorted(reasons.items(), key=lambda item: (not remedy(item[0]), -item[1])):
        hint = remedy(reason)
        yield f"{count:4} {reason}{f'  ->  {hint}' if hint else ''}"
