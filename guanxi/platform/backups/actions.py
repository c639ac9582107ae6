"""What is written about backups. The backup itself changes nothing, so it is taken outside of any action."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.platform.jobs.models import Job
from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.kernel import Action, ActionInput, Context, Text, action, ask

from . import timetable  # noqa: F401 (declares the settings)

BY_HAND_JOB = "backups.by_hand"


@action
class TakeNow(Action):
    """Have a backup taken in the background, into the folder of the scheduled ones."""

    name = "backups.take"
    label = Text("立即备份", "Back up now")
    permission = "backups.manage"
    writes = ("backup.asked",)
    subject = "job"

    def run(self, ctx: Context, data: Any, subject: Any) -> Job:
        made = enqueue(BY_HAND_JOB, key="backup-by-hand", clock=lambda: ctx.now)
        ctx.emit("backup.asked", subject=("job", made.pk))
        return made


@action
class NoteTaken(Action):
    """Write into the journal that a backup was made."""

    name = "backups.note_taken"
    label = Text("记录备份", "Note a backup")
    permission = "backups.manage"
    writes = ("backup.taken",)
    subject = "backup"
    by_system = True
    internal = True

    class Input(ActionInput):
        file: str = ask("文件", "File")
        folder: str = ask("文件夹", "Folder")
        machine: str = ask("机器", "Machine")
        size: int = ask("字节", "Bytes")
        rows: int = ask("行数", "Rows")
        files: int = ask("文件数", "Files")
        sealed: bool = ask("已加密", "Encrypted")
        facts: int = ask("日志条数", "Facts")
        head: str = ask("链头", "Head")
        scheduled: bool = ask("定期备份", "Scheduled")
        due: datetime | None = ask("应备份时间", "Due", None)

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        told = data.model_dump(exclude={"file", "folder", "machine", "due"})
        told["due"] = data.due.isoformat() if data.due else None
        texts = {"file": data.file, "folder": data.folder, "machine": data.machine}
        ctx.emit("backup.taken", subject=("backup", None), data=told, texts=texts)


@action
class NoteFailed(Action):
    """Write into the journal that a backup was not made, and why."""

    name = "backups.note_failed"
    label = Text("记录备份失败", "Note a failed backup")
    permission = "backups.manage"
    writes = ("backup.failed",)
    subject = "backup"
    by_system = True
    internal = True

    class Input(ActionInput):
        folder: str = ask("文件夹", "Folder")
        machine: str = ask("机器", "Machine")
        reason_zh: str = ask("原因（中文）", "Reason in Chinese")
        reason_en: str = ask("原因（英文）", "Reason in English")
        scheduled: bool = ask("定期备份", "Scheduled")
        due: datetime | None = ask("应备份时间", "Due", None)

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        told = {"scheduled": data.scheduled, "due": data.due.isoformat() if data.due else None}
        texts = data.model_dump(include={"folder", "machine", "reason_zh", "reason_en"})
        ctx.emit("backup.failed", subject=("backup", None), data=told, texts=texts)


@action
class NoteRestored(Action):
    """Write into the journal that everything comes from a backup."""

    name = "backups.note_restored"
    label = Text("记录还原", "Note a restore")
    permission = "backups.manage"
    writes = ("backup.restored",)
    subject = "backup"
    by_system = True
    internal = True

    class Input(ActionInput):
        made_at: datetime = ask("备份时间", "Backup of")
        facts: int = ask("日志条数", "Facts")
        head: str = ask("链头", "Head")

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        told = {"made_at": data.made_at.isoformat(), "facts": data.facts, "head": data.head}
        ctx.emit("backup.restored", subject=("backup", None), data=told)
