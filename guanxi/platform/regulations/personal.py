"""What regulations and the engine hold of people: see `guanxi.platform.kernel.personal`.

The engine reads facts' data only, which name nobody: its tables hold codes, numbers of rows and times.
"""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

from .models import Obligation, WaiverRequest

holds(
    "regulations.WaiverRequest",
    words=("reason",),
    plain=("obligation_id", "clause", "control", "subject_kind", "subject", "role"),
    what=Text("豁免申请的理由", "Why a waiver was asked for"),
    why=Text("决定是否豁免", "To decide on it"),
    seen_by=Text("申请人、批准人、审计员", "Who asked, who decides, the auditor"),
    kept=Text("长期", "For good"),
    erased=Text(
        "抹除联系人时，文字中的姓名和号码被划去", "Erasing a contact strikes name and numbers from the text"
    ),
    of_customers=lambda ids: WaiverRequest.objects.filter(
        obligation_id__in=Obligation.objects.filter(customer__in=[str(id) for id in ids]).values("pk")
    ),
    at="asked_at",
)
holds_nothing("regulations.Regulation", "code", "title_zh", "title_en")
holds_nothing("regulations.Version", "state", "source", "values", "content_hash", "transition")
holds_nothing("regulations.EngineState", "name", "document")
holds_nothing("regulations.EngineEntity", "kind", "entity", "body")
holds_nothing(
    "regulations.Obligation", "id", "regulation", "version", "clause", "control", "element", "subject_kind",
    "subject", "customer", "owner", "owed_by", "department", "state", "rest",
)  # fmt: skip
holds_nothing("regulations.ObligationMatch", "control", "match")
holds_nothing("regulations.ObligationWatch", "watch")
holds_nothing("regulations.Evidence", "kind", "match")
holds_nothing("regulations.Amendment", "body")
holds_nothing(
    "regulations.MeasureEntry",
    "control",
    "key",
    "regulation",
    "period",
    "person",
    "department",
    "area",
    "customer",
)
holds_nothing("regulations.MeasureTally", "control", "period", "person", "department", "area")
holds_nothing("regulations.FrozenFigure", "control", "period", "person", "department", "figures")
holds_nothing(
    "regulations.StateTally", "regulation", "clause", "control", "month", "person", "department", "state"
)
holds_nothing("regulations.AttemptTally", "month", "action", "person", "answer", "control")
holds_nothing("regulations.RefusedAttempt", "control")
