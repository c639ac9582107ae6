"""The undo of reassigning visits, one or many at once: each goes back to whoever was to make it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from guanxi.domains.customers.actions.undo import UNDO_FOR
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

from ..models import AHEAD, Visit
from ..reads import visible


@action
class ReassignBack(Action):
    """Take back a reassignment within ten minutes: the visits that are still to come and still where it put them go back."""

    name = "visits.reassign_back"
    label = Text("撤销改派", "Undo the reassignment")
    permission = "visits.assign"
    subject = "visit"

    class Input(ActionInput):
        first: int = ask("第一条记录", "First record", ge=1, widget="hidden")
        last: int = ask("最后一条记录", "Last record", ge=1, widget="hidden")

    def load(self, ctx: Context, data: Any) -> list[tuple[Fact, Visit]]:
        facts = Fact.objects.filter(
            kind="visit.reassigned", actor_id=ctx.actor.pk, seq__gte=data.first, seq__lte=data.last
        )
        found = list(facts.order_by("seq")[:1000])
        rows = visible(ctx.actor).filter(pk__in=[f.subject_id for f in found])
        seen = {str(visit.pk): visit for visit in rows}
        if not found or len(seen) < len({f.subject_id for f in found}):
            raise NotFound("fact", data.first)
        return [(fact, seen[str(fact.subject_id)]) for fact in found]

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        one = subject[0][1] if isinstance(subject, list) and len(subject) == 1 else None
        return ("visit", one.pk if one else None, one.customer_id if one else None)

    def run(self, ctx: Context, data: Any, subject: list[tuple[Fact, Visit]]) -> list[Visit]:
        if ctx.now - subject[-1][0].recorded_at > UNDO_FOR:
            raise Invalid.field(
                "", "已过十分钟，不能再撤销；请另行改派", "More than ten minutes ago: reassign them anew"
            )
        back: dict[str, list[int]] = defaultdict(list)
        for fact, visit in subject:
            if str(visit.owner_id) == fact.data["owner"] and visit.state in AHEAD:
                back[fact.data["before"]].append(visit.pk)
        if not back:
            raise Conflict(Text("之后已另行改派或已开始，不能再撤销", "They were reassigned or begun since"))
        for before, visits in back.items():
            ctx.act("visits.reassign", {"visits": visits, "owner": before})
        return [visit for _, visit in subject]
