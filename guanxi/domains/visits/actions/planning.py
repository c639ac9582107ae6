"""Planning visits: plan, edit, cancel, hand over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import AwareDatetime

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.handover.permissions import ARRANGE
from guanxi.domains.customers.models import Account, TeamMember
from guanxi.platform.journal.quick import MARKS, Prepared, add, change
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, Text, action, ask, ref
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.inputs import OwnValues, own_values
from guanxi.platform.people.models import Person

from .. import words
from ..models import TOOK_PLACE, Companion, Visit
from ..reads import require_assign, visible
from ..reads.promotions import open_for
from .common import (
    OnVisit,
    VisitAction,
    a_contact,
    a_person,
    a_place,
    check_version,
    colleagues,
    companions,
    stamp,
    told,
)

FURTHEST = timedelta(days=730)
MOST_AT_ONCE = 100
SOURCES = {"visits.drop_in": "drop_in", "visits.set_next": "next"}


_made: Prepared[Visit] = Prepared(
    lambda: Visit.objects.filter(customer=MARKS[0], state__in=TOOK_PLACE).order_by()[:1]
)
"""Whether a customer was visited before: one of the visits made, here or before."""


class Plan(ActionInput):
    """What a plan says besides customer and time."""

    purpose: words.PurposeCode = ask(
        "拜访目的", "Purpose", "", choices=words.pairs(words.PURPOSES), widget="chips"
    )
    target: str = ask(
        "预期结果",
        "Target outcome",
        "",
        widget="textarea",
        max_length=300,
        hint=Text(
            "这次要谈成什么，例如“拿到扩租时间表”",
            "What should come of it, such as “a date for the extension”",
        ),
    )
    contact: int | None = ask("拜访谁", "Whom to meet", None, of="contact", widget="contact")
    place: int | None = ask(
        "拜访地址",
        "Address",
        None,
        of="place",
        hint=Text("不填或 0 为客户的主地址", "The customer's main address, if empty or 0"),
    )
    colleagues: list[int] = ask(
        "同行同事", "Colleagues who come along", [], of="person", widget="person", max_length=10
    )


def planned_own(ctx: Context, given: dict[str, Any]) -> dict[str, Any]:
    """The company's own fields of a new plan. Whoever agrees on the next visit is not asked for them: they are filled in
    when that plan is opened."""
    return own.taken("visit", given, new=True, needed=ctx.action != "visits.set_next", step=words.PLANNING)


@action
class PlanVisit(Action):
    """Plan a visit to a customer, for oneself or (who assigns visits) for a colleague."""

    name = "visits.plan"
    label = Text("计划拜访", "Plan a visit")
    permission = "visits.work"
    writes = ("visit.planned",)
    subject = "visit"

    class Input(Plan):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        planned_at: AwareDatetime = ask("什么时候", "When", widget="datetime")
        owner: int | None = ask(
            "谁去",
            "Who goes",
            None,
            of="person",
            widget="person",
            hint=Text("不填为本人", "You, unless you say otherwise"),
        )
        own: OwnValues = own_values("visit", new=True, step=words.PLANNING, needed=False)

    def load(self, ctx: Context, data: Any) -> Account:
        return customers.fetch(ctx.actor, data.customer)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("visit", subject.pk if isinstance(subject, Visit) else None, data.customer)

    def run(self, ctx: Context, data: Any, subject: Account) -> Visit:
        if not subject.active:
            raise Invalid.field("customer", "这位客户已停用", "This customer is closed")
        if data.planned_at > ctx.now + FURTHEST:
            raise Invalid.field("planned_at", "最远只能计划到两年后", "No further ahead than two years")
        owner = ctx.actor if data.owner in (None, ctx.actor.pk) else a_person(data.owner, "owner")
        if (
            owner is not ctx.actor and ctx.action != "visits.set_next"
        ):  # a companion may book the owner's next visit
            require_assign(ctx.actor, owner)
            _can_go(owner, "owner")
            open_customer(ctx, subject, owner)
        # By the outer action, never by input: a drop-in is spared some gates, and nobody may simply say that it is one.
        source = SOURCES.get(ctx.action, "plan" if owner is ctx.actor else "assigned")
        if source == "plan" and data.planned_at < ctx.now - timedelta(days=31):
            raise Invalid.field(
                "planned_at", "超过 31 天，不能再补录", "More than 31 days ago: too late to enter it"
            )
        place = a_place(subject, data.place)
        visit = Visit(
            customer=subject,
            contact=a_contact(subject, data.contact),
            place=place,
            place_said=place.address if place else "",
            owner=owner,
            department=owner.department,
            planned_at=data.planned_at,
            purpose=data.purpose,
            target=data.target,
            source=source,
            drop_in=source == "drop_in",
            first=not _made(subject.pk),
            planned_by=ctx.actor,
            created_at=ctx.now,
            own=planned_own(ctx, data.own),
        )
        along = colleagues(data.colleagues, owner.pk)
        promotions = len(open_for(visit))
        add(visit)
        Companion.objects.bulk_create(Companion(visit=visit, person=p) for p in along)
        ctx.emit(
            "visit.planned",
            subject=("visit", visit.pk),
            customer=subject.pk,
            data={
                "owner": str(owner.pk),
                "colleagues": [str(p.pk) for p in sorted(along, key=lambda p: p.pk)],
                "planned_at": stamp(visit.planned_at),
                "purpose": visit.purpose,
                "has_target": bool(visit.target),
                "has_contact": visit.contact_id is not None,
                "first": visit.first,
                "source": source,
                "drop_in": visit.drop_in,
                "promotions_open": promotions,
                "place": ref(visit.place_id),
                **told(visit),
            },
            texts={"target": visit.target, "where": visit.place_said, "changes": own.first(visit.own)},
        )
        return visit


@action
class EditPlan(VisitAction):
    """Change a plan: time, purpose, target, contact, colleagues. What is left out stays."""

    name = "visits.edit"
    label = Text("修改拜访计划", "Change the plan")
    writes = ("visit.edited",)
    step = "edit"
    by_manager = True

    class Input(OnVisit):
        planned_at: AwareDatetime | None = ask("什么时候", "When", None, widget="datetime")
        purpose: words.PurposeCode | None = ask(
            "拜访目的", "Purpose", None, choices=words.pairs(words.PURPOSES), widget="chips"
        )
        target: str | None = ask("预期结果", "Target outcome", None, widget="textarea", max_length=300)
        contact: int | None = ask("拜访谁", "Whom to meet", None, of="contact", widget="contact")
        place: int | None = ask(
            "拜访地址",
            "Address",
            None,
            of="place",
            hint=Text("0 为客户的主地址", "0: the customer's main address"),
        )
        colleagues: list[int] | None = ask(
            "同行同事", "Colleagues who come along", None, of="person", widget="person", max_length=10
        )
        own: OwnValues = own_values("visit", step=words.PLANNING)
        clear: list[str] = ask("清空的字段", "Fields to be emptied", [], widget="hidden", max_length=4)
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        check_version(subject, data.version)
        if data.planned_at is not None and data.planned_at > ctx.now + FURTHEST:
            raise Invalid.field("planned_at", "最远只能计划到两年后", "No further ahead than two years")
        emptied = set(data.clear)
        wanted: dict[str, Any] = {
            "planned_at": data.planned_at,
            "purpose": "" if "purpose" in emptied else data.purpose,
            "target": "" if "target" in emptied else data.target,
        }
        if "contact" in emptied or data.contact is not None:
            wanted["contact"] = None if "contact" in emptied else a_contact(subject.customer, data.contact)
        if data.place is not None:
            wanted["place"] = a_place(subject.customer, data.place)
        changed = [
            name
            for name, value in wanted.items()
            if (value is not None or name in ("contact", "place")) and getattr(subject, name) != value
        ]
        if "place" in wanted and "place" not in changed and wanted["place"] is None and subject.place_said:
            changed.append("place")  # the address that only words are left of
        for name in changed:
            setattr(subject, name, wanted[name])
        if "place" in changed:
            subject.place_said = subject.place.address if subject.place else ""
        if data.colleagues is not None or "colleagues" in emptied:
            along = colleagues(data.colleagues or [], subject.made_by)
            before = set(subject.companions.values_list("person_id", flat=True))
            if before != {p.pk for p in along}:
                changed.append("colleagues")
                subject.companions.all().delete()
                Companion.objects.bulk_create(Companion(visit=subject, person=p) for p in along)
        changes = own.put(subject, own.taken("visit", data.own, new=False, step=words.PLANNING))
        changed += [one["field"] for one in changes]
        if not changed:
            return subject
        subject.version += 1
        change(subject)
        ctx.emit(
            "visit.edited",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={
                "changed": changed,
                "planned_at": stamp(subject.planned_at),
                "purpose": subject.purpose,
                "has_target": bool(subject.target),
                "has_contact": subject.contact_id is not None,
                "colleagues": companions(subject),
                "place": ref(subject.place_id),
                "version": subject.version,
                **own.to_journal("visit", subject.own, own.changed_keys(changes)),
            },
            texts={
                "target": subject.target if "target" in changed else "",
                "where": subject.where if "place" in changed else "",
                "changes": changes,
            },
        )
        return subject


@action
class Cancel(VisitAction):
    """Cancel a visit that has not begun."""

    name = "visits.cancel"
    label = Text("取消拜访", "Cancel the visit")
    writes = ("visit.annulled",)
    step = "cancel"
    by_manager = True

    class Input(OnVisit):
        reason_code: words.CancelCode = ask(
            "原因", "Reason", choices=words.pairs(words.CANCEL_REASONS), widget="chips"
        )
        note: str = ask("说明", "Note", "", max_length=300)

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        subject.step("cancel")
        subject.ended_at, subject.end_reason, subject.end_note = ctx.happened_at, data.reason_code, data.note
        subject.save()
        ctx.emit(
            "visit.annulled",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={"reason_code": data.reason_code},
            texts={"note": data.note},
        )
        return subject


@action
class Reassign(Action):
    """Hand over visits that have not begun, many at once: for a colleague who is ill or away."""

    name = "visits.reassign"
    label = Text("改派拜访", "Reassign visits")
    permission = "visits.assign"
    writes = ("visit.reassigned",)
    subject = "visit"
    within_reach = True

    class Input(ActionInput):
        visits: list[int] = ask(
            "拜访", "Visits", of="visit", widget="hidden", min_length=1, max_length=MOST_AT_ONCE
        )
        owner: int = ask("改由谁去", "Who goes instead", of="person", widget="person")
        reason: str = ask("原因", "Reason", "", max_length=200)

    def load(self, ctx: Context, data: Any) -> list[Visit]:
        wanted = list(dict.fromkeys(data.visits))
        rows = (
            visible(ctx.actor).filter(pk__in=wanted).select_related("customer", "owner", "owner__department")
        )
        found = {v.pk: v for v in rows}
        for id in wanted:
            if id not in found:
                raise NotFound("visit", id)
            if self.within_reach:
                require_assign(ctx.actor, found[id].owner)
        return [found[id] for id in wanted]

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        one = subject[0] if isinstance(subject, list) and len(subject) == 1 else None
        return ("visit", one.pk if one else None, one.customer_id if one else None)

    def run(self, ctx: Context, data: Any, subject: list[Visit]) -> list[Visit]:
        owner = a_person(data.owner, "owner")
        if self.within_reach:
            require_assign(ctx.actor, owner)
        _can_go(owner, "owner")
        for visit in subject:
            visit.step("reassign")
            before = visit.made_by
            if before == owner.pk:
                continue
            open_customer(ctx, visit.customer, owner)
            visit.owner, visit.department = owner, owner.department
            visit.version += 1
            visit.save()
            visit.companions.filter(person=owner).delete()
            ctx.emit(
                "visit.reassigned",
                subject=("visit", visit.pk),
                customer=visit.customer_id,
                data={"owner": str(owner.pk), "before": str(before)},
                texts={"reason": data.reason},
            )
        return subject


@action
class HandOver(Reassign):
    """Hand over visits as a part of a signed hand-over: whoever arranges one may, also without planning for others."""

    name = "visits.hand_over"
    label = Text("交接拜访", "Hand over visits")
    permission = ARRANGE
    internal = True
    within_reach = False


def _can_go(person: Person, field: str) -> None:
    if not person.may("visits.work"):
        raise Invalid.field(field, "此人没有拜访的权限", "This person has no right to make visits")


def open_customer(ctx: Context, customer: Account, person: Person) -> None:
    """Who is sent to a customer must be able to look at it and write to it: they join its team, as a fact."""
    if customers.visible(person).filter(pk=customer.pk).exists():
        return
    members = list(TeamMember.objects.filter(customer=customer).values_list("person_id", flat=True))
    ctx.act("customers.set_team", {"customer": customer.pk, "members": [*members, person.pk]})
