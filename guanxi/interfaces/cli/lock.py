"""One `guanxi run` (or the making of a demo) on a data folder at a time."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


def lock(home: Path) -> IO[str] | None:
    """The folder is this process's as long as it lives; None where it is another's. OSError where it cannot be written."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = open(home / "run.lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def taken(home: Path) -> str:
    """What to say where it is another's."""
    return f"Guanxi already runs on the data folder {home}. Another folder: GUANXI_HOME=…"
