"""The virus scanner: a command of this machine that GUANXI_SCAN names, run on one file at a time.

It answers as clamscan and clamdscan do: 0 clean, 1 infected, anything else a fault of its own. It is told by the environment
and by nobody inside the product: whoever may name a command may run it.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

CLEAN, INFECTED, FAILED = "clean", "infected", "failed"
SAID = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner found: clean, infected or failed, and its words."""

    outcome: str
    said: str = ""


def set_up() -> bool:
    """Whether there is a scanner at all."""
    return bool(settings.SCAN)


def scan(path: Path) -> Verdict:
    """Let the scanner look at a file. A scanner that is not there, takes too long or fails says nothing of the file."""
    try:
        done = subprocess.run(
            [*shlex.split(settings.SCAN), str(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=settings.SCAN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Verdict(FAILED, f"> {settings.SCAN_SECONDS} s")
    except (OSError, ValueError) as error:
        return Verdict(FAILED, _short(str(error)))
    told = _short(
        done.stdout.decode(errors="replace").replace(str(path), "…") or done.stderr.decode(errors="replace")
    )
    if done.returncode == 0:
        return Verdict(CLEAN)
    return Verdict(INFECTED if done.returncode == 1 else FAILED, told or f"exit {done.returncode}")


def _short(text: str) -> str:
    return " ".join(text.split()).replace("\0", "")[:SAID]
