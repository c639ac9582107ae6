"""What was built takes its place, in steps that a dead process leaves to the next one.

The plan is written once everything is built and checked; from then on whoever starts carries it out, from wherever it
stopped, before anything else. Before it is written nothing has changed: what was built is only in the way, and is deleted.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .places import place, swap_schemas

ASIDE = "restoring"
PLAN = "plan.json"


def aside(home: Path) -> Path:
    """Where the new data folder's parts wait."""
    return home / ASIDE


@contextmanager
def alone(home: Path) -> Iterator[bool]:
    """Hold the data folder's lock, the one `guanxi run` holds; yields False where somebody else has it."""
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "run.lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def write_plan(home: Path, steps: list[dict[str, str]], *, keep: bool) -> None:
    """From now on the new takes the old's place, whatever happens. keep: the old is put aside and not deleted."""
    folder = aside(home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{PLAN}"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump({"steps": steps, "keep": keep}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, folder / PLAN)


def file_steps(home: Path, kept: list[str], stamp: str) -> list[dict[str, str]]:
    """Steps for the data folder: uploads as a whole, then what lies in it by name. `kept`: names in the backup."""
    folder, before = aside(home), home / f"before-{stamp}"
    steps = [
        {
            "do": "move",
            "new": str(folder / "files"),
            "place": str(home / "files"),
            "before": str(before / "files"),
        }
    ]
    for name in kept:
        if name.startswith("home/"):
            plain = name.removeprefix("home/")
            steps.append(
                {
                    "do": "move",
                    "new": str(folder / name),
                    "place": str(home / plain),
                    "before": str(before / plain),
                }
            )
    return steps


def pending(home: Path) -> str:
    """'plan': a swap has begun and must be ended; 'leftover': something half-built lies about; '': nothing."""
    if (aside(home) / PLAN).exists():
        return "plan"
    return "leftover" if aside(home).exists() else ""


def carry_out(
    home: Path, database: Mapping[str, Any], step: Callable[[str], None] = lambda what: None
) -> None:
    """Do what the plan says, from wherever it stands. `step` is told before each change (for tests of a sudden end)."""
    plan = json.loads((aside(home) / PLAN).read_text(encoding="utf-8"))
    for one in plan["steps"]:
        if one["do"] == "schema":
            step("schema")
            swap_schemas(database, one["before"])
        else:
            before = Path(one["before"]) if plan["keep"] else None
            _replace(Path(one["new"]), Path(one["place"]), before, one["do"] == "database", step)
    step("plan")
    (aside(home) / PLAN).unlink()
    step("rest")
    shutil.rmtree(aside(home), ignore_errors=True)


def clear(home: Path, database: Mapping[str, Any]) -> bool:
    """Delete what a restore that died before its plan has left; whether there was anything."""
    found = aside(home).exists()
    shutil.rmtree(aside(home), ignore_errors=True)
    return place(database).clear() or found


def _replace(new: Path, here: Path, before: Path | None, database: bool, step: Callable[[str], None]) -> None:
    if not new.exists():
        return  # done by an earlier try
    for ending in ("-wal", "-shm", "") if database else ("",):
        old = Path(f"{here}{ending}")
        if not old.exists():
            continue
        step(f"away {old.name}")
        if before is not None and not (old.is_dir() and not any(old.iterdir())):
            before.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(old, f"{before}{ending}")
        elif old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()
    step(f"place {here.name}")
    here.parent.mkdir(parents=True, exist_ok=True)
    os.replace(new, here)
    _settle(here.parent)


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
