"""Who decides for somebody who is away."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Context,
    Forbidden,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
)
from guanxi.platform.people import reads as people
from guanxi.platform.people.models import Person
from guanxi.platform.people.standing_in import arranges_for

from ..kinds import all_approval_kinds, kind_choices
from ..models import Substitute

LONGEST_SUBSTITUTION = timedelta(days=366)


@action
class SetSubstitute(Action):
    """Name who decides for you while you are away; your superior may do it for you."""

    name = "approvals.set_substitute"
    label = Text("设置代理审批", "Set substitute")
    permission = "approvals.decide"
    writes = ("substitute.set",)
    subject = "substitute"

    class Input(ActionInput):
        person: int | None = ask("为谁代理", "For", None, widget="hidden", of="person")
        deputy: int = ask("代理人", "Substitute", widget="person", of="person")
        since: date = ask("自", "From")
        until: date = ask("至（含）", "Up to and including")
        kinds: list[str] = ask(
            "审批类型",
            "Kinds",
            [],
            widget="chips",
            choices=kind_choices,
            hint=Text("不选为全部", "All if none is chosen"),
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> Substitute:
        person = _for_whom(ctx, data.person)
        deputy = people.colleagues().filter(pk=data.deputy).first()
        if deputy is None:
            raise Invalid.field(
                "deputy", "没有这个人，或已停用", "There is no such person, or they are deactivated"
            )
        if deputy.pk == person.pk:
            raise Invalid.field("deputy", "不能由本人代理", "Nobody stands in for himself")
        if deputy.has_role("auditor"):
            raise Invalid.field("deputy", "审计员只读，不能代理审批", "The auditor reads only")
        if data.until < data.since:
            raise Invalid.field("until", "不能早于开始日期", "Not before the first day")
        if data.since < timezone.localdate(ctx.now):
            raise Invalid.field("since", "不能早于今天", "Not before today")
        if data.until - data.since > LONGEST_SUBSTITUTION:
            raise Invalid.field("until", "最长一年", "One year at most")
        unknown = [k for k in data.kinds if k not in all_approval_kinds()]
        if unknown:
            raise Invalid.field("kinds", "没有这种审批", "There is no such kind of approval")
        made = Substitute.objects.create(
            person=person, deputy=deputy, since=data.since, until=data.until, kinds=sorted(set(data.kinds))
        )
        ctx.emit(
            "substitute.set",
            subject=("substitute", made.pk),
            data={
                "person": str(person.pk),
                "deputy": str(deputy.pk),
                "since": made.since.isoformat(),
                "until": made.until.isoformat(),
                "kinds": made.kinds,
            },
        )
        return made


@action
class EndSubstitute(Action):
    """End a substitution at once."""

    name = "approvals.end_substitute"
    label = Text("结束代理", "End substitution")
    permission = "approvals.decide"
    writes = ("substitute.ended",)
    subject = "substitute"

    class Input(ActionInput):
        substitute: int = ask("代理", "Substitution", widget="hidden", of="substitute")

    def load(self, ctx: Context, data: Any) -> Substitute:
        found = Substitute.objects.select_related("person", "deputy").filter(pk=data.substitute).first()
        if found is None:
            raise NotFound("substitute", data.substitute)
        own = ctx.actor.pk in (found.person_id, found.deputy_id)
        if not own and not arranges_for(ctx.actor, found.person):
            raise NotFound("substitute", data.substitute)
        return found

    def run(self, ctx: Context, data: Any, subject: Substitute) -> Substitute:
        yesterday = timezone.localdate(ctx.now) - timedelta(days=1)
        if subject.until <= yesterday:
            raise Invalid({"": [Text("已经结束", "It is over already")]})
        subject.until = yesterday
        subject.save(update_fields=["until"])
        ctx.emit(
            "substitute.ended",
            subject=("substitute", subject.pk),
            data={
                "person": str(subject.person_id),
                "deputy": str(subject.deputy_id),
                "until": yesterday.isoformat(),
            },
        )
        return subject


def _for_whom(ctx: Context, id: int | None) -> Person:
    if id is None or id == ctx.actor.pk:
        found: Person = ctx.actor
        return found
    person = people.colleagues().filter(pk=id).first()
    if person is None:
        raise NotFound("person", id)
    if not arranges_for(ctx.actor, person):
        raise Forbidden(
            "approvals.decide",
            text=Text(
                "只有本人或其上级可以设置代理", "Only the person or their superior may name a substitute"
            ),
        )
    return person
