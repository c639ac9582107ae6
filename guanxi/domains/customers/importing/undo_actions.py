"""The undo of an import: start, some rows, finish. docs/decisions/0006 says what is taken back and what stays."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q

from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, Text, action, ask
from guanxi.platform.ownfields.values import still

from ..models_import import CREATE, DONE, DUPLICATE, STOPPED, UNDOING, UNDONE, Import, ImportRow
from . import facts
from .actions import my_import
from .permissions import IMPORT
from .sorts import CUSTOMERS
from .undo import UNDO_ROWS, Undoing, to_undo
from .undo_besides import drop_tags
from .undo_rows import Why

JOB = "customers.undo_import"
NOTHING = Text("这次导入没有写入什么，不必撤销", "This import wrote nothing: there is nothing to undo")


@action
class UndoImport(Action):
    """Take back what an import wrote, as far as nobody built on it. It runs in the background, from the last row to
    the first; what somebody built on stays and is listed."""

    name = JOB
    label = Text("撤销导入", "Undo the import")
    permission = IMPORT
    writes = ("customers.import_undo_started",)
    subject = "import"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Import:
        run = my_import(ctx.actor, data.run)
        if run.state == UNDOING:
            raise Invalid.field("", "这次导入正在撤销", "This import is being undone")
        if run.state not in (DONE, STOPPED, UNDONE):
            raise Invalid.field("", "这次导入还没有结束", "This import is not over yet")
        if not to_undo(run).exists():
            raise Invalid({"": [NOTHING]})
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        for kind in ("customer", "contact"):
            still(kind)
        rows = to_undo(subject)
        subject.state = UNDOING
        subject.undo_tries += 1
        subject.undo_rows, subject.undo_done = rows.count(), 0
        subject.undo_turn, last = rows.order_by("-turn", "-number").values_list("turn", "number")[0]
        subject.undo_at = last + 1
        subject.why_stopped = []
        subject.save(
            update_fields=[
                "state",
                "undo_tries",
                "undo_rows",
                "undo_done",
                "undo_turn",
                "undo_at",
                "why_stopped",
            ]
        )
        ctx.emit(
            facts.UNDO_STARTED.name,
            subject=("import", subject.pk),
            data={"rows": subject.undo_rows},
            texts={"file": subject.file_name},
        )
        enqueue(JOB, {"id": subject.pk}, key=f"undo-{subject.pk}", clock=lambda: ctx.now)
        return subject


@action
class UndoRows(Action):
    """Take back the rows above one, a few at a time, the last first."""

    name = UNDO_ROWS
    label = Text("撤销导入的几行", "Undo rows of an import")
    permission = IMPORT
    writes = (
        "journal.annulled",
        "customer.updated",
        "contact.updated",
        "customer.grouped",
        "customer.service_set",
        "customer.tagged",
    )
    subject = "import"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")
        turn: int = ask("轮次", "Turn", 0, widget="hidden", ge=0)
        before: int = ask("此行之前", "Before this row", widget="hidden")
        most: int = ask("行数", "Rows", widget="hidden", ge=1, le=1000)

    def load(self, ctx: Context, data: Any) -> Import:
        run = my_import(ctx.actor, data.run)
        if (
            run.what != CUSTOMERS
            or run.state != UNDOING
            or (run.undo_turn, run.undo_at) != (data.turn, data.before)
        ):
            raise Invalid.field("", "这些行已经处理过", "These rows are done already")
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        lines = last_rows(subject, data.most)
        undoing = Undoing(subject, ctx.actor)
        going = []
        for one in undoing.read(lines):
            why = undoing.why_kept(one)
            if why is None:
                undoing.forget(one)
                going.append(one)
            else:
                keep(one.line, why)
        undoing.take_back(ctx, going)
        ImportRow.objects.filter(pk__in=[one.line.pk for one in going]).update(outcome=UNDONE, kept=False)
        mark(subject, lines)
        return subject


def last_rows(run: Import, most: int) -> list[ImportRow]:
    """The next rows to take back: of one turn, the last first; none where all were looked at."""
    rows = to_undo(run)
    lines = list(rows.filter(turn=run.undo_turn, number__lt=run.undo_at).order_by("-number")[:most])
    if lines or not run.undo_turn:
        return lines
    turn = rows.filter(turn__lt=run.undo_turn).order_by("-turn").values_list("turn", flat=True).first()
    return [] if turn is None else list(rows.filter(turn=turn).order_by("-number")[:most])


def keep(line: ImportRow, why: Why) -> None:
    """The row stays, for this reason."""
    line.kept = True
    line.said = {**line.said, "kept": why.as_json()}
    line.save(update_fields=["kept", "said"])


def mark(run: Import, lines: list[ImportRow]) -> None:
    """Remember how far the undo has come; 0 where no row is left."""
    run.undo_turn, run.undo_at = (lines[-1].turn, lines[-1].number) if lines else (0, 0)
    Import.objects.filter(pk=run.pk).update(
        undo_turn=run.undo_turn, undo_at=run.undo_at, undo_done=F("undo_done") + len(lines)
    )


@action
class FinishUndo(Action):
    """Say what came of the undo of an import."""

    name = "customers.finish_undo"
    label = Text("完成撤销导入", "Finish the undo of the import")
    permission = IMPORT
    writes = ("customers.import_undone", "journal.annulled")
    subject = "import"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Import:
        run = my_import(ctx.actor, data.run)
        if run.state != UNDOING or (run.undo_at and last_rows(run, 1)):
            raise Invalid.field("", "撤销还没有完成", "The undo is not finished")
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        drop_tags(ctx, subject)
        removed, put_back = undone(subject)
        subject.kept = ImportRow.objects.filter(run=subject, kept=True).count()
        subject.state, subject.undone_at, subject.unseen = UNDONE, ctx.now, False
        subject.save(update_fields=["state", "undone_at", "kept", "unseen"])
        ctx.emit(
            facts.UNDONE.name,
            subject=("import", subject.pk),
            data={"removed": removed, "put_back": put_back, "kept": subject.kept},
            texts={"file": subject.file_name},
        )
        return subject


def undone(run: Import) -> tuple[int, int]:
    """(customers removed, rows put back)"""
    rows = ImportRow.objects.filter(run=run, outcome=UNDONE)
    created = rows.filter(Q(kind=CREATE) | Q(kind=DUPLICATE, decision=CREATE)).count()
    return created, rows.count() - created
