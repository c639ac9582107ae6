"""The Celery application with one job that tests can look at: it writes down who ran it, and waits while it is told to."""

from __future__ import annotations

import os
import time
from pathlib import Path

from guanxi.platform.jobs.celery import app
from guanxi.platform.jobs.registry import Run, job

__all__ = ["app", "note"]
FOLDER = Path(os.environ["GUANXI_HOME"])


@job("test.note", tries=3, lease_minutes=5)
def note(run: Run) -> None:
    """One line a run; stands still as long as there is a file 'wait'."""
    with (FOLDER / "began").open("a") as file:
        file.write(f"{os.getpid()}\n")
    while (FOLDER / "wait").exists():
        time.sleep(0.1)
    with (FOLDER / "ended").open("a") as file:
        file.write(f"{os.getpid()}\n")
