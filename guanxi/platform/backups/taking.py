"""Take a backup while Guanxi runs: the database as it stands at one moment, then the files.

Files come after the moment of the database, so that every file a row names was there when it was read; what is
uploaded meanwhile comes along and is named by no row.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.platform.kernel import Clock, Text, system_clock

from .archive import HOME_FILES, SECRET_FILES, Writer
from .reading import Snapshot, line_of, snapshot
from .sealing import SHORTEST

Tell = Callable[[int, int], None]
"""Called with how many rows and files are done, and how many there are."""
ENDING, SEALED_ENDING = ".tar.gz", ".tar.gz.sealed"
BY_SCHEDULE = "guanxi-scheduled"
BY_HAND = "guanxi"


class Failed(Exception):
    """No backup was made, and nothing is left of it; why, in words."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that is whole. size: bytes; facts, head: how far the journal had come."""

    path: Path
    size: int
    rows: int
    files: int
    sealed: bool
    facts: int
    head: str


def take(
    folder: Path,
    *,
    name: str = BY_HAND,
    passphrase: str = "",
    tell: Tell = lambda done, of: None,
    clock: Clock = system_clock,
    database: Mapping[str, Any] | None = None,
) -> Taken:
    """Take a backup into `folder`, under a name with the day and the time. Raises Failed.

    The file has its name only once it is whole and on the disk; until then it is hidden, locked and ends in .part.
    """
    if 0 < len(passphrase) < SHORTEST:
        raise Failed(
            Text(f"备份口令至少 {SHORTEST} 个字符", f"The passphrase needs at least {SHORTEST} characters")
        )
    now = clock()
    _sweep(folder)
    draft = folder / f".{name}-{os.getpid()}.part"
    try:
        _usable(folder)
        draft.unlink(missing_ok=True)
        writer = Writer(draft, passphrase)
    except OSError as error:
        raise Failed(_words(error, folder)) from None
    try:
        fcntl.flock(writer.file, fcntl.LOCK_EX)
        with snapshot(database or settings.DATABASES["default"]) as shot:
            rows, files, head = _write(writer, shot, now, tell)
        path = _free_name(folder, name, now, SEALED_ENDING if passphrase else ENDING)
        os.link(draft, path)  # never over another one
        os.unlink(draft)
        _settle(folder)
    except OSError as error:
        writer.abandon()
        draft.unlink(missing_ok=True)
        raise Failed(_words(error, folder)) from None
    except BaseException:
        writer.abandon()
        draft.unlink(missing_ok=True)
        raise
    return Taken(path, path.stat().st_size, rows, files, bool(passphrase), *head)


def _write(writer: Writer, shot: Snapshot, now: datetime, tell: Tell) -> tuple[int, int, tuple[int, str]]:
    uploads = list(_uploads(Path(settings.MEDIA_ROOT)))
    total = sum(shot.count(table) for table in shot.tables) + len(uploads)
    rows, gone = 0, 0
    writer.start(
        {
            "made_at": now.isoformat(),
            "made_on": shot.vendor,
            "machine": socket.gethostname(),
            "zone": settings.TIME_ZONE,
            "migrations": [list(m) for m in shot.migrations],
            "tables": [table.as_json() for table in shot.tables],
            "numbers": {t.name: shot.highest(t) for t in shot.tables if t.numbered},
        }
    )
    for table in shot.tables:
        done = 0
        for done in writer.table(table.name, (line_of(row) for row in shot.rows(table))):
            tell(rows + done, total)
        rows += done
    home = Path(settings.HOME)
    for kept in (*HOME_FILES, *(SECRET_FILES if writer.sealed else ())):
        if (home / kept).is_file():
            writer.home(kept, (home / kept).read_bytes())
    for place, path in enumerate(uploads, start=1):
        try:
            source = path.open("rb")
        except FileNotFoundError:
            gone += 1  # taken away since the list was made
            continue
        with source:
            name = path.relative_to(settings.MEDIA_ROOT).as_posix()
            writer.copy(name, source, os.fstat(source.fileno()).st_size)
        tell(rows + place, total)
    head = shot.head()
    writer.end({"rows": rows, "facts": head[0], "head": head[1]})
    return rows, len(uploads) - gone, head


def _uploads(folder: Path) -> Iterator[Path]:
    """Every file below the folder for uploads, in order; nothing that a link leads to."""
    if not folder.is_dir():
        return
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(here) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _usable(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def _free_name(folder: Path, name: str, now: datetime, ending: str) -> Path:
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    stem = f"{name}-{local:%Y%m%d-%H%M%S}"
    for more in ("", *(f"-{n}" for n in range(2, 100))):
        path = folder / f"{stem}{more}{ending}"
        if not path.exists():
            return path
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder / stem))


def _sweep(folder: Path) -> None:
    """Take away what a backup that was killed has left: nobody holds its lock."""
    for path in folder.glob(".guanxi*.part"):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        except OSError:
            continue  # still being written, or not ours to touch


def _settle(folder: Path) -> None:
    """The new name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # a network folder may not know how
    finally:
        os.close(handle)


def _words(error: OSError, folder: Path) -> Text:
    """What stands in the way, and what to do."""
    said = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return Text(
            f"{folder} 空间不足，备份没有完成，未留下不完整的文件。请腾出空间或换一个文件夹",
            f"{folder} has no room for the backup: nothing was kept of it. Make room there, or choose another folder",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Text(f"不能写入 {folder}（{said}）", f"{folder} cannot be written ({said})")
    return Text(f"备份没有完成：{said}（{folder}）", f"The backup was not made: {said} ({folder})")


def thin_out(folder: Path, keep: int) -> list[str]:
    """Delete all but the newest `keep` backups that the schedule made; says which."""
    found = sorted(
        p for p in folder.glob(f"{BY_SCHEDULE}-*") if p.name.endswith((ENDING, SEALED_ENDING)) and p.is_file()
    )
    gone = found[: max(0, len(found) - max(1, keep))]
    for path in gone:
        path.unlink()
    return [path.name for path in gone]
