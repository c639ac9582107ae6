"""The undo of assigning customers, one or many at once: each goes back to whoever looked after it before."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
)

from .. import reads
from ..models import Account
from .undo import UNDO_FOR


@action
class AssignBack(Action):
    """Take back an assignment within ten minutes: the customers that still are where it put them go back."""

    name = "customers.assign_back"
    label = Text("撤销指派", "Undo the assignment")
    permission = "customers.assign"
    subject = "customer"

    class Input(ActionInput):
        first: int = ask("第一条记录", "First record", ge=1, widget="hidden")
        last: int = ask("最后一条记录", "Last record", ge=1, widget="hidden")

    def load(self, ctx: Context, data: Any) -> list[Fact]:
        facts = Fact.objects.filter(
            kind="customer.assigned", actor_id=ctx.actor.pk, seq__gte=data.first, seq__lte=data.last
        )
        found = list(facts.order_by("seq")[:1000])
        if not found:
            raise NotFound("fact", data.first)
        reads.fetch_many(ctx.actor, [int(f.subject_id or 0) for f in found], self.permission)
        return found

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        one = subject[0].customer_id if isinstance(subject, list) and len(subject) == 1 else None
        return ("customer", one, one)

    def run(self, ctx: Context, data: Any, subject: list[Fact]) -> list[Fact]:
        if ctx.now - subject[-1].recorded_at > UNDO_FOR:
            raise Invalid.field(
                "", "已过十分钟，不能再撤销；请另行指派", "More than ten minutes ago: assign them anew"
            )
        now_with = dict(
            Account.objects.filter(pk__in=[f.subject_id for f in subject]).values_list("pk", "manager_id")
        )
        back: dict[str | None, list[int]] = defaultdict(list)
        for fact in subject:
            id = int(fact.subject_id or 0)
            if str(now_with.get(id) or "") == (fact.data["manager"] or ""):
                back[fact.data["before"]].append(id)
        if not back:
            raise Conflict(Text("之后已另行指派，不能再撤销", "They were assigned anew since"))
        for before, customers in back.items():
            ctx.act("customers.assign", {"customers": customers, "manager": before})
        return subject
