"""Before a visit: kit, promotions, confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from guanxi.platform.journal.quick import change
from guanxi.platform.kernel import Conflict, Context, Invalid, Text, action, ask
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.inputs import OwnValues

from ..models import CONFIRMED, PromotionRead, Visit
from ..reads.promotions import mark, month_of, of_month, open_for, unread
from ..reads.templates import kit, kit_for
from .common import OnVisit, VisitAction, stamp, told


def _kit() -> list[tuple[str, Text]]:
    return [(item.code, item.name) for item in kit()]


@action
class Prepare(VisitAction):
    """Check the kit: what is packed. What is not named is missing."""

    name = "visits.prepare"
    label = Text("核对拜访工具", "Check the kit")
    writes = ("visit.kit_checked",)
    step = "prepare"

    class Input(OnVisit):
        packed: list[str] = ask("已带上", "Packed", [], choices=_kit, max_length=60)

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        wanted = [item.code for item in kit_for(subject.purpose)]
        packed = [code for code in wanted if code in data.packed]
        missing = [code for code in wanted if code not in data.packed]
        subject.kit_checked_at, subject.kit_packed = ctx.happened_at, packed
        change(subject, "kit_checked_at", "kit_packed")
        ctx.emit(
            "visit.kit_checked",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={"complete": not missing, "missing": missing},
        )
        return subject


@action
class AcknowledgePromotions(VisitAction):
    """Say that the promotions of the visit's month have been read."""

    name = "visits.acknowledge_promotions"
    label = Text("确认已读促销政策", "Acknowledge promotions")
    writes = ("visit.promotions_acknowledged",)
    step = "acknowledge"

    class Input(OnVisit):
        shown: list[int] | None = ask(
            "读过的促销",
            "Promotions read",
            None,
            widget="hidden",
            max_length=200,
            hint=Text("不填为全部", "All, if empty"),
        )

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        month = month_of(subject.planned_at)
        promotions = [p for p in of_month(month) if data.shown is None or p.pk in data.shown]
        new = {
            p.pk: p
            for p in [*unread(ctx.actor.pk, promotions), *unread(subject.made_by, promotions, subject)]
        }
        PromotionRead.objects.bulk_create(
            PromotionRead(
                person=ctx.actor, promotion_id=p.pk, mark=mark(p), visit=subject, at=ctx.happened_at
            )
            for p in new.values()
        )
        ctx.emit(
            "visit.promotions_acknowledged",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={"month": month, "count": len(promotions)},
        )
        return subject


@dataclass(frozen=True)
class ConfirmValues:
    """purpose: its code. target: 'stated' or ''; its words stay out of the journal."""

    purpose: str
    target: str
    has_contact: bool
    promotions_open: int
    drop_in: bool
    first: bool
    kit_checked: bool
    own: OwnValues


@action
class Confirm(VisitAction):
    """Confirm a planned visit: it is going to take place."""

    name = "visits.confirm"
    label = Text("确认拜访", "Confirm the visit")
    writes = ("visit.confirmed",)
    step = "confirm"
    gate_values = ConfirmValues

    class Input(OnVisit):
        pass

    def check(self, visit: Visit) -> None:
        if visit.state == CONFIRMED and visit.confirmed_at and visit.confirmed_by:
            said = Text("{who} 已于 {at} 确认了这次拜访", "{who} already confirmed this visit at {at}")
            at = f"{timezone.localtime(visit.confirmed_at):%m-%d %H:%M}"
            raise Conflict(said.format(who=visit.confirmed_by.name, at=at))
        super().check(visit)

    def gate(self, ctx: Context, data: Any, subject: Visit) -> ConfirmValues:
        return ConfirmValues(
            purpose=subject.purpose,
            target="stated" if subject.target else "",
            has_contact=subject.contact_id is not None,
            promotions_open=len(open_for(subject)),
            drop_in=subject.drop_in,
            first=subject.first,
            kit_checked=subject.kit_checked_at is not None,
            own=own.to_journal("visit", subject.own),
        )

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        subject.step("confirm")
        if not subject.customer.active:
            raise Invalid.field("", "这位客户已停用", "This customer is closed")
        subject.confirmed_at, subject.confirmed_by = ctx.happened_at, ctx.actor
        change(subject, "state", "confirmed_at", "confirmed_by")
        ctx.emit(
            "visit.confirmed",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={
                "planned_at": stamp(subject.planned_at),
                "owner": str(subject.owner_id),
                "promotions_open": len(open_for(subject)),
                **told(subject),
            },
        )
        return subject
