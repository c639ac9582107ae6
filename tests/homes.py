"""Data folders that several tests start from: each made once in a run, however many processes run the tests."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` made, to be looked at only; whoever comes first makes it, the others wait for that."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # what the processes of a run share
    home = root / f"once-{name}"
    done = root / f"once-{name}.done"
    with (root / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            make(home)
            done.touch()
    return home


def copy(source: Path, target: Path) -> Path:
    """The data folder again, elsewhere; what a start makes anew stays behind."""
    return Path(shutil.copytree(source, target, ignore=shutil.ignore_patterns("run.lock")))
