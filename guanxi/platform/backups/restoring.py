"""Restore a backup, or move to another database: build beside, check, swap. Nothing of the old changes before the swap."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from guanxi.platform.jobs.orphans import end_with_parent
from guanxi.platform.kernel import Clock, Text, system_clock

from . import swapping
from .archive import Reader, Unusable
from .building import Built, Say, what_is_wrong
from .places import Place, PostgresPlace, place, swap_schemas
from .reading import connect_postgres
from .sealing import Sealed
from .taking import Failed

MOVED = "moved-to"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was built, where it is now, and where that lies which was there before ('' where nobody was)."""

    built: Built
    place: str
    before: str


def check(path: Path, passphrase: str = "", say: Say = lambda what, done, of: None) -> dict[str, Any]:
    """Read a backup from its beginning to its end and hold it against its own hashes. Raises Failed.

    Returns {made_at, rows, facts, head, sealed, zone}.
    """
    try:
        size = path.stat().st_size
        with Reader(path, passphrase, lambda done: say("read", done, size)) as reader:
            for _, rows in reader.tables_in_turn():
                for _ in rows:
                    pass
            for _, pieces in reader.files_in_turn():
                for _ in pieces:
                    pass
            end = reader.finish()
            return {
                "made_at": reader.start.get("made_at", ""),
                "zone": reader.start.get("zone", ""),
                "rows": end.get("rows", 0),
                "facts": end.get("facts", 0),
                "head": end.get("head", ""),
                "sealed": reader.sealed,
            }
    except (Sealed, Unusable, OSError) as error:
        raise Failed(what_is_wrong(error)) from None


def restore(
    path: Path,
    *,
    passphrase: str = "",
    replace: bool = False,
    strict: bool = True,
    say: Say = lambda what, done, of: None,
    clock: Clock = system_clock,
) -> Restored:
    """Restore a backup into this installation. Raises Failed; then what was here is unchanged.

    replace: also where a company is here already, which is put aside. strict: refuse what does not verify and replay.
    """
    home = Path(settings.HOME)
    target = place(settings.DATABASES["default"])
    zone = _zone(path, passphrase)
    with ExitStack() as stack:
        _alone(stack, home, target)
        empty = target.empty() and not _any(home / "files")
        if not empty and not replace:
            raise Failed(
                Text(
                    f"{target.shown()} 里已经有一家公司。要用备份取代它，请加 --replace（原来的会放到一边）",
                    f"there is a company in {target.shown()} already. To put the backup in its place: --replace "
                    "(what is there is put aside)",
                )
            )
        order = {
            "backup": str(path.resolve()),
            "passphrase": passphrase,
            "aside": str(swapping.aside(home)),
            "strict": strict,
            "before": None if empty else _plain(target.database),
        }
        swapping.clear(home, target.database)
        (swapping.aside(home) / "files").mkdir(parents=True, mode=0o700)
        try:
            built = _build(target, order, zone, say)
        except BaseException:
            swapping.clear(home, target.database)
            raise
        if "home/time-zone" not in built.kept:  # it came from the environment there
            folder = swapping.aside(home) / "home"
            folder.mkdir(exist_ok=True, mode=0o700)
            (folder / "time-zone").write_text(zone + "\n")
            built.kept.append("home/time-zone")
        stamp = clock().strftime("%Y%m%d-%H%M%S")
        steps = [*target.steps(stamp), *swapping.file_steps(home, built.kept, stamp)]
        swapping.write_plan(home, steps, keep=not empty)
        swapping.carry_out(home, target.database)
    return Restored(built, target.shown(), "" if empty else _before(steps))


def move(
    to: Mapping[str, Any],
    *,
    replace: bool = False,
    strict: bool = True,
    say: Say = lambda what, done, of: None,
    clock: Clock = system_clock,
) -> Restored:
    """Move the company from this installation's database to another one. Raises Failed; then nothing has changed.

    Nobody can write meanwhile. The old database stays as it is; uploads and the data folder are not touched.
    """
    home, source = Path(settings.HOME), place(settings.DATABASES["default"])
    target = place(to)
    if target.shown() == source.shown():
        raise Failed(Text("两个数据库是同一个", "that is the database in use now"))
    if source.empty():
        raise Failed(Text("这里没有可迁移的公司", "there is no company here to move"))
    with ExitStack() as stack:
        _alone(stack, home, source)
        if who := target.in_use():
            raise Failed(_used(who))
        empty = target.empty()
        if not empty and not replace:
            raise Failed(
                Text(
                    f"{target.shown()} 里已经有一家公司。要取代它，请加 --replace（原来的会放到一边）",
                    f"there is a company in {target.shown()} already. To replace it: --replace (it is put aside)",
                )
            )
        stack.callback(_hold(source.database))
        swapping.clear(home, target.database)
        order = {"source": _plain(source.database), "strict": strict}
        try:
            built = _build(target, order, settings.TIME_ZONE, say)
        except BaseException:
            swapping.clear(home, target.database)
            raise
        stamp = clock().strftime("%Y%m%d-%H%M%S")
        steps = target.steps(stamp)
        if target.database["ENGINE"].endswith("postgresql"):  # one transaction: it needs no plan
            swap_schemas(target.database, steps[0]["before"])
        else:
            swapping.write_plan(home, steps, keep=not empty)
            swapping.carry_out(home, target.database)
        note_moved(target, clock())
    return Restored(built, target.shown(), "" if empty else _before(steps))


def note_moved(to: Place, at: datetime) -> None:
    """In the data folder stands where the company went, so that nobody goes on in the old database unawares."""
    note = Path(settings.HOME) / MOVED
    if isinstance(to, PostgresPlace):
        note.write_text(f"{to.shown()} {at.isoformat(timespec='minutes')}\n", encoding="utf-8")
    else:
        note.unlink(missing_ok=True)


def moved_to() -> str:
    """Where the company of the embedded database went, and when; '' where it is still here."""
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return ""
    try:
        return (Path(settings.HOME) / MOVED).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def go_on() -> str:
    """End what a restore that died has begun. '': there was nothing; 'done': it is in place now; 'cleared': nothing had
    changed and what it left is deleted; 'busy': somebody else is at it."""
    home = Path(settings.HOME)
    what = swapping.pending(home)
    if not what:
        return ""
    with swapping.alone(home) as have:
        if not have:
            return "busy"
        return finish(home)


def finish(home: Path) -> str:
    """The same for who holds the data folder's lock already."""
    what = swapping.pending(home)
    database = settings.DATABASES["default"]
    if what == "plan":
        connections.close_all()
        swapping.carry_out(home, database)
        return "done"
    if what == "leftover":
        swapping.clear(home, database)
        return "cleared"
    return ""


def _alone(stack: ExitStack, home: Path, used: Place) -> None:
    if not stack.enter_context(swapping.alone(home)):
        raise Failed(_used(str(home)))
    connections.close_all()
    finish(home)
    if who := used.in_use():
        raise Failed(_used(who))


def _used(who: str) -> Text:
    return Text(f"Guanxi 正在运行（{who}），请先停止", f"Guanxi is running ({who}): stop it first")


def _zone(path: Path, passphrase: str) -> str:
    """The zone the backup counts in: its duties replay in no other."""
    try:
        with Reader(path, passphrase) as reader:
            zone = str(reader.start.get("zone", ""))
    except (Sealed, Unusable, OSError) as error:
        raise Failed(what_is_wrong(error)) from None
    wanted = os.environ.get("GUANXI_TIME_ZONE", "")
    if wanted and zone and wanted != zone:
        raise Failed(
            Text(
                f"备份按 {zone} 时区计算，GUANXI_TIME_ZONE 却是 {wanted}",
                f"the backup counts in {zone}, but GUANXI_TIME_ZONE says {wanted}",
            )
        )
    return zone or settings.TIME_ZONE


def _build(target: Place, order: dict[str, Any], zone: str, say: Say) -> Built:
    """Have it built by a process of its own, which ends when this one does."""
    parent = os.getpid()
    environment = {
        **os.environ,
        "DATABASE_URL": target.building_url(),
        "GUANXI_TIME_ZONE": zone,
        "GUANXI_HOME": str(settings.HOME),
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "guanxi.platform.backups.building"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=lambda: end_with_parent(parent),  # fit for it: no threads yet
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("no pipes")
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.close()
        for line in process.stdout:
            told = json.loads(line)
            if "failed" in told:
                raise Failed(Text(told["failed"]["zh"], told["failed"]["en"]))
            if "built" in told:
                return Built(**told["built"])
            say(told["what"], told["done"], told["of"])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    raise Failed(
        Text(
            "检查用的进程意外结束，原有数据没有改变", "the process that builds it ended: nothing was changed"
        )
    )


def _hold(database: Mapping[str, Any]) -> Callable[[], None]:
    """Keep everybody from writing; returns what lets them again."""
    if database["ENGINE"].endswith("postgresql"):
        held = connect_postgres(database)
        held.execute("LOCK TABLE journal_head, people_person, people_setting IN EXCLUSIVE MODE")
        return lambda: held.close()
    import sqlite3

    connection = sqlite3.connect(database["NAME"], timeout=30, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return lambda: connection.close()


def _plain(database: Mapping[str, Any]) -> dict[str, Any]:
    return {
        k: database[k]
        for k in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
        if k in database
    }


def _before(steps: list[dict[str, str]]) -> str:
    return ", ".join(
        dict.fromkeys(
            str(Path(s["before"]).parent) if s["do"] == "move" else s["before"]
            for s in steps
            if s["do"] == "schema" or Path(s["before"]).exists()
        )
    )


def _any(folder: Path) -> bool:
    return folder.is_dir() and any(p.is_file() for p in folder.rglob("*"))
