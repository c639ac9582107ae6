"""What the tables of visits hold of people: see `guanxi.platform.kernel.personal`."""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

from .models import PastVisit, Visit, VisitLine, VisitReport

WHY = Text("准备、记录和报告拜访", "To prepare, record and report a visit")
SEEN = Text("看得到该拜访的人", "Who sees the visit")
KEPT = Text("与客户资料同期", "As long as the customer's record")
STRUCK = Text(
    "抹除联系人时，文字中的姓名和号码被划去", "Erasing a contact strikes name and numbers from the text"
)

holds(
    "visits.Visit",
    words=("target", "place_said", "end_note", "no_next_reason", "own"),
    plain=("state", "purpose", "source", "kit_packed", "end_reason"),
    what=Text(
        "拜访：见谁、目标、去哪个地址、未成行的说明、自定义字段",
        "Visits: whom to see, target, at which address, why it did not come about, the company's own fields",
    ),
    why=WHY,
    seen_by=SEEN,
    kept=KEPT,
    erased=Text(
        "文字中的姓名和号码被划去，不再写明见的是谁",
        "Name and numbers are struck; whom it was made to is no longer said",
    ),
    of_contact=lambda id: Visit.objects.filter(contact=id),
    of_customers=lambda ids: Visit.objects.filter(customer__in=ids),
    at="planned_at",
)
holds(
    "visits.VisitLine",
    words=("text", "more"),
    plain=("key", "kind", "code"),
    what=Text(
        "拜访记录：需求、问题、异议、承诺的文字",
        "Lines captured at a visit: needs, problems, objections, promises",
    ),
    why=WHY,
    seen_by=SEEN,
    kept=KEPT,
    erased=STRUCK,
    of_customers=lambda ids: VisitLine.objects.filter(visit__customer__in=ids),
    at="captured_at",
)
holds(
    "visits.VisitReport",
    words=("summary", "reason", "own_said"),
    what=Text("拜访报告：结果、自定义字段", "Visit reports: the result, the company's own fields"),
    why=WHY,
    seen_by=SEEN,
    kept=KEPT,
    erased=STRUCK,
    of_customers=lambda ids: VisitReport.objects.filter(visit__customer__in=ids),
    at="at",
)
holds(
    "visits.PastVisit",
    words=("visitor", "met"),
    what=Text(
        "以往拜访：谁去的、见了谁（不在系统中的人）",
        "Past visits: who went, whom they met, where not known here",
    ),
    why=WHY,
    seen_by=SEEN,
    kept=KEPT,
    erased=STRUCK,
    of_customers=lambda ids: PastVisit.objects.filter(visit__customer__in=ids),
    at="visit__planned_at",
)
holds_nothing("visits.Companion")
holds_nothing("visits.VisitFile")
holds_nothing("visits.PromotionRead", "mark")
holds_nothing("visits.KitItem", "code", "name_zh", "name_en", "purpose")
holds_nothing("visits.PlaybookEntry", "section", "purpose", "title_zh", "title_en", "body_zh", "body_en")
