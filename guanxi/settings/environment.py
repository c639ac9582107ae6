"""What the environment says, typed. A word that does not fit stops the start with one line that names it: a
`GUANXI_MODE=prod` that is quietly taken for `local` would be worse than none."""

from __future__ import annotations

import os
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
READ_ELSEWHERE = {"GUANXI_HOME", "GUANXI_HOST", "GUANXI_TIME_ZONE", "GUANXI_IN_TREE"}
FOR_CHECKS = ("GUANXI_TEST_", "GUANXI_SCREENSHOTS", "GUANXI_JOURNEY_SERVER", "GUANXI_TRY_DATA")
_read: set[str] = set()


def text(name: str, default: str = "") -> str:
    """What stands there, without blanks around it."""
    _read.add(name)
    return os.environ.get(name, default).strip()


def words(name: str, default: str = "") -> list[str]:
    """What stands there between commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str, default: str = "") -> list[IPv4Network | IPv6Network]:
    """Addresses and networks between commas: 127.0.0.1, 10.0.0.0/8."""
    found = []
    for word in words(name, default):
        try:
            found.append(ip_network(word))
        except ValueError:
            raise ValueError(f"{name}={word}: write addresses such as 10.0.0.5 or 10.0.0.0/8") from None
    return found


def number(name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`."""
    given = text(name) or str(default)
    if not given.isdecimal() or not 0 < int(given) <= most:
        raise ValueError(f"{name}={given}: write a whole number from 1 to {most}")
    return int(given)


def choice(name: str, among: Iterable[str], default: str) -> str:
    """One of several words."""
    given = text(name).lower() or default
    if given not in among:
        raise ValueError(f"{name}={given}: write one of {', '.join(among)}")
    return given


def flag(name: str, default: bool = False) -> bool:
    """Yes or no."""
    given = text(name).lower()
    if given and given not in YES + NO:
        raise ValueError(f"{name}={given}: write 1 or 0")
    return given in YES if given else default


def unknown() -> list[str]:
    """Names that look like settings of ours and are none: mistyped ones."""
    ours = (name for name in os.environ if name.startswith("GUANXI_") and not name.startswith(FOR_CHECKS))
    return sorted(set(ours) - _read - READ_ELSEWHERE)
