"""Attaching files, taking them away, fetching them; and what the scanner found."""

from __future__ import annotations

from typing import Any

from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import change
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, Text, action, ask, ref
from guanxi.platform.people.rights import SYSTEM

from ..actions.work import OnCustomer, contact_of
from ..inputs import Line
from ..models import Account
from ..models_attachments import Attachment
from . import facts as _facts  # noqa: F401 (declares what these actions write)
from . import reach, scanning

SCAN_JOB = "attachments.scan"
WORK, VIEW = "customers.work", "customers.view"
MOST = 500
"""Files at one customer."""


def say(ctx: Context, kind: str, row: Attachment, *, note: str = "", **more: Any) -> None:
    """A fact about a file."""
    ctx.emit(
        f"attachment.{kind}",
        subject=("attachment", row.pk),
        customer=row.customer_id,
        data={
            "attachment": str(row.pk),
            "file_kind": row.kind,
            "size": row.size,
            "contact": ref(row.contact_id),
            **more,
        },
        texts={"name": row.name, "note": note},
    )


class OfFile(ActionInput):
    """What is said of a file that was checked and written (`storing.keep`)."""

    contact: int | None = ask("与哪位联系人有关", "About which contact", None, of="contact", widget="contact")
    note: Line = ask("说明", "Note", "", max_length=200)
    file_name: Line = ask("文件名", "Name", widget="hidden", min_length=1, max_length=120)
    stored: str = ask("存放名", "Stored as", widget="hidden", pattern="^[0-9a-f]{48}$")
    size: int = ask("大小", "Size", widget="hidden", ge=1)
    sha256: str = ask("摘要", "Hash", widget="hidden", max_length=64)
    file_kind: str = ask("类型", "Kind", widget="hidden", max_length=8)


@action
class Attach(OnCustomer):
    """Attach a file that was checked and written (`storing.keep`)."""

    name = "attachments.add"
    label = Text("上传附件", "Attach a file")
    permission = WORK
    writes = ("attachment.added",)
    subject = "attachment"
    internal = True

    class Input(OfFile):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")

    def run(self, ctx: Context, data: Any, subject: Account) -> Attachment:
        return keep_row(ctx, subject, data)


def keep_row(ctx: Context, customer: Account, data: Any, *, visit: int | None = None) -> Attachment:
    """The row of a file that lies there already, and its fact. visit: at which it was taken, where there is one."""
    contact = contact_of(customer, data.contact)
    if customer.attachments.filter(removed_at=None).count() >= MOST:
        raise Invalid.field("file", f"一位客户最多 {MOST} 个附件", f"A customer has at most {MOST} files")
    row = Attachment.objects.create(
        customer=customer,
        contact=contact,
        name=data.file_name,
        note=data.note,
        kind=data.file_kind,
        size=data.size,
        sha256=data.sha256,
        stored=data.stored,
        state=Attachment.WAITING if scanning.set_up() else Attachment.UNSCANNED,
        at=ctx.happened_at,
        by=ctx.actor,
    )
    say(ctx, "added", row, note=data.note, visit=ref(visit))
    if row.state == Attachment.WAITING:
        enqueue(SCAN_JOB, key=SCAN_JOB, clock=lambda: ctx.now)
    return row


class OfAttachment(Action):
    """Base of what is done with a file that is there."""

    subject = "attachment"

    def load(self, ctx: Context, data: Any) -> Attachment:
        return reach.fetch(ctx.actor, data.attachment, self.permission)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if isinstance(subject, Attachment):
            return ("attachment", subject.pk, subject.customer_id)
        return ("attachment", data.attachment, None)


@action
class Remove(OfAttachment):
    """Take a file away. It can come back for ten minutes, then its bytes go; that it was there stays in the journal."""

    name = "attachments.remove"
    label = Text("删除附件", "Remove the file")
    permission = WORK
    writes = ("attachment.removed",)

    class Input(ActionInput):
        attachment: int = ask("附件", "File", of="attachment", widget="hidden")
        reason: Line = ask("原因", "Reason", "", max_length=200)

    def run(self, ctx: Context, data: Any, subject: Attachment) -> Attachment:
        subject.removed_at = ctx.now
        change(subject, "removed_at")
        say(ctx, "removed", subject, note=data.reason)
        return subject


@action
class Give(OfAttachment):
    """Give a file to somebody who sees its customer or its visit, and keep that they fetched it."""

    name = "attachments.give"
    label = Text("下载附件", "Download the file")
    permission = VIEW
    writes = ("attachment.given",)
    internal = True

    class Input(ActionInput):
        attachment: int = ask("附件", "File", of="attachment", widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Attachment) -> Attachment:
        if not subject.may_be_fetched:
            raise NotFound("attachment", data.attachment)
        say(ctx, "given", subject)
        return subject


@action
class Judge(Action):
    """Keep what the scanner found."""

    name = "attachments.judge"
    label = Text("附件扫描结果", "What the scanner found")
    permission = WORK
    writes = ("attachment.scanned", "attachment.infected")
    subject = "attachment"
    by_system = True
    internal = True

    class Input(ActionInput):
        attachment: int = ask("附件", "File", of="attachment", widget="hidden")
        outcome: str = ask("结果", "Outcome", widget="hidden", pattern="^(clean|infected|failed)$")
        said: str = ask("扫描程序说", "It said", "", max_length=200, widget="hidden")

    def load(self, ctx: Context, data: Any) -> Attachment:
        row = Attachment.objects.filter(pk=data.attachment, state=Attachment.WAITING).first()
        if row is None or ctx.actor is not SYSTEM:
            raise NotFound("attachment", data.attachment)
        return row

    def run(self, ctx: Context, data: Any, subject: Attachment) -> Attachment:
        if data.outcome == scanning.FAILED:
            if subject.fault != data.said:
                subject.fault = data.said
                change(subject, "fault")
                say(ctx, "scanned", subject, scan="failed", note=data.said)
            return subject
        subject.state = data.outcome
        subject.fault = data.said if data.outcome == Attachment.INFECTED else ""
        change(subject, "state", "fault")
        if data.outcome == Attachment.INFECTED:
            say(ctx, "infected", subject, note=data.said)
        else:
            say(ctx, "scanned", subject, scan="clean")
        return subject


def bring_back(ctx: Context, fact: Fact) -> None:
    """The undo of removing: its bytes are there still."""
    Attachment.objects.filter(pk=int(fact.subject_id or 0)).update(removed_at=None)
