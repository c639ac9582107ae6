"""Files at a visit: photographs of the place, signed papers. They lie with the customer's, and are seen with the visit."""

from __future__ import annotations

from typing import Any

from guanxi.domains.customers.attachments.actions import OfFile, keep_row
from guanxi.domains.customers.models_attachments import Attachment
from guanxi.platform.kernel import Conflict, Context, Text, action, ask

from ..models import ANNULLED, Visit, VisitFile
from .common import VisitAction


@action
class Attach(VisitAction):
    """Attach a file that was checked and written to one's visit, before it, during it or afterwards."""

    name = "visits.attach"
    label = Text("上传附件", "Attach a file")
    writes = ("attachment.added",)
    internal = True

    class Input(OfFile):
        visit: int = ask("拜访", "Visit", of="visit", widget="hidden")

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if isinstance(subject, Attachment):
            return ("attachment", subject.pk, subject.customer_id)
        return ("visit", data.visit, subject.customer_id if isinstance(subject, Visit) else None)

    def run(self, ctx: Context, data: Any, subject: Visit) -> Attachment:
        if subject.state == ANNULLED:
            raise Conflict(
                Text("这次拜访已取消，不能再上传附件", "This visit was cancelled: no file can be attached")
            )
        row = keep_row(ctx, subject.customer, data, visit=subject.pk)
        VisitFile.objects.create(visit=subject, attachment=row)
        return row
