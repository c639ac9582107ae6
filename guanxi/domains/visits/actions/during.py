"""A visit itself: arriving, capturing, leaving; an unplanned one; nobody there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.models import Account
from guanxi.platform.journal.quick import change
from guanxi.platform.kernel import Action, Context, Invalid, Text, action, ask
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.inputs import OwnValues, own_values
from guanxi.platform.people.settings_registry import value

from ..lines import AnyLine
from ..models import Visit, VisitLine, other_day
from ..position import distance
from ..reads.lines import lines_of
from ..words import PLANNING
from .capturing import capture_all
from .common import OnVisit, VisitAction, happening, stamp, stated, told
from .planning import Plan

MOST_LINES = 50
LONGEST = 24 * 60  # minutes
POSITION = "company.record_position"


def _position(zh: str, en: str, most: int) -> Any:
    return ask(zh, en, None, widget="hidden", ge=-most, le=most, max_digits=9, decimal_places=6)


@dataclass(frozen=True)
class CheckInValues:
    drop_in: bool
    kit_checked: bool
    planned_at: datetime
    late_entry: bool
    own: OwnValues


@action
class CheckIn(VisitAction):
    """Say that one has arrived."""

    name = "visits.check_in"
    label = Text("签到", "Check in")
    writes = ("visit.checked_in",)
    step = "check_in"
    gate_values = CheckInValues

    class Input(OnVisit):
        arrived_at: AwareDatetime | None = ask("实际到达时间", "When you arrived", None, widget="datetime")
        lon: Decimal | None = _position("经度", "Longitude", 180)
        lat: Decimal | None = _position("纬度", "Latitude", 90)

    def gate(self, ctx: Context, data: Any, subject: Visit) -> CheckInValues:
        arrived = data.arrived_at or ctx.happened_at
        return CheckInValues(
            drop_in=subject.drop_in,
            kit_checked=subject.kit_checked_at is not None,
            planned_at=subject.planned_at,
            late_entry=other_day(arrived, ctx.now),
            own=own.to_journal("visit", subject.own),
        )

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        subject.step("check_in")
        subject.arrived_at = stated(ctx, data.arrived_at, "arrived_at")
        subject.late_entry = other_day(subject.arrived_at, ctx.now)
        if data.lon is not None and data.lat is not None and value(POSITION):
            subject.distance_m = distance(data.lon, data.lat, subject.spot)
        change(subject, "state", "arrived_at", "late_entry", "distance_m")
        ctx.emit(
            "visit.checked_in",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={
                "owner": str(subject.owner_id),
                "distance_m": subject.distance_m,
                "drop_in": subject.drop_in,
                **told(subject),
            },
            happened_at=subject.arrived_at,
        )
        return subject


@action
class Capture(VisitAction):
    """Note what comes up, line by line; the same line sent again is kept once."""

    name = "visits.capture"
    label = Text("记录", "Capture")
    writes = ("visit.captured",)
    step = "capture"

    class Input(OnVisit):
        lines: list[AnyLine] = ask("记录", "Lines", min_length=1, max_length=MOST_LINES)

    def run(self, ctx: Context, data: Any, subject: Visit) -> list[VisitLine]:
        return capture_all(ctx, subject, data.lines)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("visit", data.visit, subject.customer_id if isinstance(subject, Visit) else None)


@action
class CheckOut(VisitAction):
    """Say that one has left; later, with the true time, where it was forgotten."""

    name = "visits.check_out"
    label = Text("签出", "Check out")
    writes = ("visit.completed",)
    step = "check_out"

    class Input(OnVisit):
        left_at: AwareDatetime | None = ask("实际离开时间", "When you left", None, widget="datetime")

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        if data.left_at is None and subject.left_open(ctx.happened_at):
            raise Invalid.field(
                "left_at",
                "上次忘了签出，请填写实际离开时间",
                "The check-out was forgotten; please say when you left",
            )
        subject.step("check_out")
        left = stated(ctx, data.left_at, "left_at")
        if subject.arrived_at is None or left < subject.arrived_at:
            raise Invalid.field("left_at", "离开时间早于到达时间", "You cannot leave before you arrive")
        if (left - subject.arrived_at).total_seconds() > LONGEST * 60:
            raise Invalid.field("left_at", "一次拜访不会超过 24 小时", "A visit lasts no more than 24 hours")
        subject.left_at, subject.closed_at = left, ctx.now
        subject.late_entry = subject.late_entry or other_day(left, ctx.now)
        lines = lines_of(subject.pk)
        subject.training_minutes = sum(line.number or 0 for line in lines if line.kind == "training")
        change(subject, "state", "left_at", "closed_at", "late_entry", "training_minutes")
        subject.customer.contacted(left)
        ctx.emit(
            "visit.completed",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={
                "owner": str(subject.owner_id),
                "minutes": subject.minutes or 0,
                "training_minutes": subject.training_minutes,
                "late_entry": subject.late_entry,
                "captured": len(lines),
                "prospect": subject.customer.prospect,
                "captured_during": sum(1 for line in lines if subject.arrived_at <= line.captured_at <= left),
                **told(subject),
            },
            happened_at=left,
        )
        return subject


@action
class NotMet(VisitAction):
    """Say that one went, and nobody was there."""

    name = "visits.not_met"
    label = Text("未见到人", "Nobody there")
    writes = ("visit.not_met",)
    step = "not_met"

    class Input(OnVisit):
        at: AwareDatetime | None = ask("什么时候去的", "When you were there", None, widget="datetime")
        note: str = ask("说明", "Note", "", max_length=300)

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        subject.step("not_met")
        at = stated(ctx, data.at, "at")
        subject.arrived_at = subject.arrived_at or at
        subject.ended_at, subject.end_note = at, data.note
        subject.late_entry = other_day(at, ctx.now)
        change(subject, "state", "arrived_at", "ended_at", "end_note", "late_entry")
        ctx.emit(
            "visit.not_met",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={"owner": str(subject.owner_id)},
            texts={"note": data.note},
            happened_at=at,
        )
        return subject


@action
class DropIn(Action):
    """A visit that was not planned: planned at the door, under the same gates, and begun at once."""

    name = "visits.drop_in"
    label = Text("临时拜访", "Drop in")
    permission = "visits.work"
    writes = ("visit.planned", "visit.promotions_acknowledged", "visit.confirmed", "visit.checked_in")
    subject = "visit"

    class Input(Plan):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        arrived_at: AwareDatetime | None = ask(
            "实际到达时间",
            "When you arrived",
            None,
            widget="datetime",
            hint=Text("不填为现在", "Now, if empty"),
        )
        promotions_read: bool = ask("已读本月促销政策", "This month's promotions are read", False)
        own: OwnValues = own_values("visit", new=True, step=PLANNING)
        lon: Decimal | None = _position("经度", "Longitude", 180)
        lat: Decimal | None = _position("纬度", "Latitude", 90)

    def load(self, ctx: Context, data: Any) -> Account:
        return customers.fetch(ctx.actor, data.customer)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("visit", subject.pk if isinstance(subject, Visit) else None, data.customer)

    def run(self, ctx: Context, data: Any, subject: Account) -> Visit:
        arrived = stated(ctx, data.arrived_at, "arrived_at")
        with happening(ctx, arrived):
            planned = {
                "customer": subject.pk,
                "planned_at": stamp(arrived),
                "purpose": data.purpose,
                "target": data.target,
                "contact": data.contact,
                "place": data.place,
                "colleagues": data.colleagues,
                "own": data.own,
            }
            visit = ctx.act("visits.plan", planned)
            if data.promotions_read:
                ctx.act("visits.acknowledge_promotions", {"visit": visit.pk})
            ctx.act("visits.confirm", {"visit": visit.pk})
            here = {"lon": data.lon, "lat": data.lat, "arrived_at": stamp(arrived)}
            found: Visit = ctx.act("visits.check_in", {"visit": visit.pk, **here})
        return found
