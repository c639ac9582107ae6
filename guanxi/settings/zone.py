"""The company's zone: GUANXI_TIME_ZONE, else what was chosen in set-up and kept in the data folder."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT = "Asia/Shanghai"
FILE = "time-zone"


def zone_of(home: Path) -> str:
    """The zone's name. An unknown one in the environment is a mistake; one in the file gives way to the default."""
    named = os.environ.get("GUANXI_TIME_ZONE", "")
    if named:
        if not known(named):
            raise ValueError(f"GUANXI_TIME_ZONE: there is no time zone {named}; write for example {DEFAULT}")
        return named
    try:
        kept = (home / FILE).read_text().strip()
    except OSError:
        return DEFAULT
    return kept if known(kept) else DEFAULT


def keep_zone(home: Path, name: str) -> None:
    """Remember the zone for the next start."""
    draft = home / f".{FILE}.{os.getpid()}"
    draft.write_text(name + "\n")
    draft.replace(home / FILE)


def known(name: str) -> bool:
    """Whether there is such a zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)
