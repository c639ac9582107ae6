"""Search for customers that are one, and say of two that they are not."""

from __future__ import annotations

from typing import Any

from guanxi.platform.jobs.models import Job
from guanxi.platform.kernel import Action, ActionInput, Conflict, Context, Invalid, Text, action, ask

from .. import reads
from ..inputs import Lines
from ..models import Account
from ..models_twins import APART, OPEN, TwinPair, TwinSearch
from ..twins import facts, search

MERGE = "customers.merge"
ALIVE = ("queued", "running")


@action
class FindTwins(Action):
    """Look through all customers for those that may be one. What changes later is looked through every night."""

    name = "customers.find_twins"
    label = Text("全部查重", "Search all customers for twins")
    permission = "customers.assign"
    writes = (facts.SOUGHT.name,)
    subject = "twin_search"

    class Input(ActionInput):
        pass

    def load(self, ctx: Context, data: Any) -> None:
        under_way = TwinSearch.objects.filter(finished_at=None).first()
        if under_way and Job.objects.filter(key=search.key_of(under_way), state__in=ALIVE).exists():
            raise Conflict(Text("正在查重，请等它结束", "A search is under way: please wait for its end"))

    def run(self, ctx: Context, data: Any, subject: None) -> TwinSearch:
        made = search.begin(ctx.actor, ctx.now)
        ctx.emit(facts.SOUGHT.name, subject=("twin_search", made.pk), data={"customers": made.total})
        return made


class OfTwo(Action):
    """What is said of two customers, both within reach of whoever may merge them."""

    permission = MERGE
    subject = "customer"

    def both(self, ctx: Context, data: Any) -> tuple[Account, Account]:
        """As they were named; customers that were merged meanwhile are those they went into."""
        one, other = (reads.fetch(ctx.actor, id, MERGE) for id in (data.customer, data.other))
        if one.pk == other.pk:
            raise Invalid.field("other", "请选择另一位客户", "Please choose another customer")
        return one, other

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        id = subject[0].pk if isinstance(subject, tuple) else data.customer
        return ("customer", id, id)

    def tell(self, ctx: Context, kind: str, subject: tuple[Account, Account], **texts: str) -> None:
        one, other = subject
        ctx.emit(
            kind, subject=("customer", one.pk), customer=one.pk, data={"other": str(other.pk)}, texts=texts
        )


def _pair(subject: tuple[Account, Account]) -> dict[str, Account]:
    """By whom a pair is found: the one entered first first."""
    first, second = sorted(subject, key=lambda account: account.pk)
    return {"first": first, "second": second}


@action
class KeepApart(OfTwo):
    """Two customers that look alike are two: they are not offered for merging any more."""

    name = "customers.keep_apart"
    label = Text("不是同一家", "Not the same")
    writes = (facts.APART.name,)

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="hidden")
        other: int = ask("另一位客户", "Other customer", of="customer", widget="hidden")
        reason: Lines = ask("依据", "How we know", "", max_length=300, widget="textarea")

    def load(self, ctx: Context, data: Any) -> tuple[Account, Account]:
        two = self.both(ctx, data)
        if TwinPair.objects.filter(**_pair(two), state=APART).exists():
            raise Conflict(Text("已经判定不是同一家", "This is decided already"))
        return two

    def run(self, ctx: Context, data: Any, subject: tuple[Account, Account]) -> TwinPair:
        decided = {"state": APART, "why": data.reason, "decided_by": ctx.actor, "decided_at": ctx.now}
        pair, _ = TwinPair.objects.update_or_create(
            **_pair(subject),
            defaults=decided,
            create_defaults=decided | {"score": 0, "found_at": ctx.now},
        )
        self.tell(ctx, facts.APART.name, subject, reason=data.reason)
        return pair


@action
class CompareAgain(OfTwo):
    """Take back that two customers are not the same."""

    name = "customers.compare_again"
    label = Text("恢复查重", "Compare again")
    writes = (facts.AGAIN.name,)

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="hidden")
        other: int = ask("另一位客户", "Other customer", of="customer", widget="hidden")

    def load(self, ctx: Context, data: Any) -> tuple[Account, Account]:
        two = self.both(ctx, data)
        if not TwinPair.objects.filter(**_pair(two), state=APART).exists():
            raise Conflict(
                Text("没有这样的判定，可能已撤回", "There is no such decision; it may be taken back")
            )
        return two

    def run(self, ctx: Context, data: Any, subject: tuple[Account, Account]) -> None:
        pair = TwinPair.objects.filter(**_pair(subject))
        pair.filter(score=0).delete()  # no search found it
        pair.update(state=OPEN, why="", decided_by=None, decided_at=None)
        self.tell(ctx, facts.AGAIN.name, subject)
