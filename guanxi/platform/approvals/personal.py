"""What approvals hold of people: see `guanxi.platform.kernel.personal`."""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

from .models import Approval, Step

WHY = Text("请示和批准", "To ask and to decide")
SEEN = Text("申请人、批准人、审计员", "Who asked, who decides, the auditor")
KEPT = Text("长期", "For good")
STRUCK = Text(
    "抹除联系人时，文字中的姓名和号码被划去", "Erasing a contact strikes name and numbers from the text"
)

holds(
    "approvals.Approval",
    words=("title", "why", "content", "changes"),
    plain=("kind", "subject_kind", "content_hash", "clause", "state"),
    what=Text("审批：标题、理由、内容", "Approvals: title, reason, content"),
    why=WHY,
    seen_by=SEEN,
    kept=KEPT,
    erased=STRUCK,
    of_customers=lambda ids: Approval.objects.filter(customer_id__in=ids),
    at="requested_at",
)
holds(
    "approvals.Step",
    words=("comment",),
    plain=("role", "state"),
    what=Text("审批意见", "What was said when deciding"),
    why=WHY,
    seen_by=SEEN,
    kept=KEPT,
    erased=STRUCK,
    of_customers=lambda ids: Step.objects.filter(approval__customer_id__in=ids),
    at="decided_at",
)
holds_nothing("approvals.Substitute", "kinds")
