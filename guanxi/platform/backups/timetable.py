"""The company's choice: how often, at which hour, how many are kept, where."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.platform.jobs.registry import last_due
from guanxi.platform.kernel import Text
from guanxi.platform.people.settings_registry import setting, value

from .permissions import BACKUPS

NEVER, DAILY, WEEKLY, HOURLY = "never", "daily", "weekly", "hourly"
RHYTHMS = {
    NEVER: Text("不定期备份", "No scheduled backups"),
    DAILY: Text("每天", "Every day"),
    WEEKLY: Text("每周（周日）", "Every week (Sunday)"),
    HOURLY: Text("每小时", "Every hour"),
}
PASSPHRASE = "GUANXI_BACKUP_PASSPHRASE"  # noqa: S105 (its name)


def _hour(given: int) -> Text | None:
    return None if 0 <= given <= 23 else Text("请填写 0 到 23", "Enter a number from 0 to 23")


def _keep(given: int) -> Text | None:
    return None if 1 <= given <= 365 else Text("请填写 1 到 365", "Enter a number from 1 to 365")


def _folder(given: str) -> Text | None:
    """A folder that is there and can be written, and from which nobody is served."""
    if not given:
        return None
    path = Path(given)
    if not path.is_absolute() or "\0" in given:
        return Text("请填写完整路径，例如 /srv/backups", "Give the whole path, such as /srv/backups")
    path = path.resolve()
    for taken in (Path(settings.STATIC_ROOT), Path(settings.MEDIA_ROOT), Path(settings.PACKAGE)):
        if path.is_relative_to(taken.resolve()):
            return Text(
                "不能放在程序、静态文件或上传文件的文件夹里",
                "Not inside the folders of the program, of static files or of uploads",
            )
    if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        return Text(
            "服务器上没有这个文件夹，或不能写入",
            "There is no such folder on the server, or it cannot be written",
        )
    return None


setting(
    "backup.rhythm",
    str,
    NEVER,
    Text("定期备份", "Scheduled backups"),
    by=BACKUPS.name,
    hint=Text("由后台工作进程完成", "Made by the background worker"),
    choices=list(RHYTHMS.items()),
)
setting(
    "backup.hour",
    int,
    2,
    Text("备份时刻（点）", "Hour of the backup"),
    by=BACKUPS.name,
    hint=Text("0 到 23，公司时区；每小时备份时不看", "0 to 23, in the company's zone; not for every hour"),
    check=_hour,
)
setting(
    "backup.keep",
    int,
    14,
    Text("保留份数", "How many are kept"),
    by=BACKUPS.name,
    hint=Text("只清理定期备份，手工备份不动", "Older scheduled ones are deleted; those made by hand stay"),
    check=_keep,
)
setting(
    "backup.folder",
    str,
    "",
    Text("备份文件夹", "Folder for backups"),
    by=BACKUPS.name,
    hint=Text(
        "服务器上的完整路径，最好在另一块磁盘上；留空则在数据目录的 backups 中",
        "Whole path on the server, best on another disk; empty: backups in the data folder",
    ),
    check=_folder,
)


def folder() -> Path:
    """Where scheduled backups go."""
    chosen = str(value("backup.folder"))
    return Path(chosen) if chosen else Path(settings.HOME) / "backups"


def passphrase() -> str:
    """What scheduled backups are sealed with; '' where the environment gives none."""
    return os.environ.get(PASSPHRASE, "")


def table(rhythm: str) -> str | None:
    """The rhythm as a cron time table, with the hour the company chose; None for never."""
    hour = int(value("backup.hour"))
    return {DAILY: f"0 {hour} * * *", WEEKLY: f"0 {hour} * * 0", HOURLY: "0 * * * *"}.get(rhythm)


def due(now: datetime) -> datetime | None:
    """The newest time at which a backup was to be made; None where none is wanted."""
    found = table(str(value("backup.rhythm")))
    return None if found is None else last_due(found, now.astimezone(ZoneInfo(settings.TIME_ZONE)))
