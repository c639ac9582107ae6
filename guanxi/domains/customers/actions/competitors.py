"""Competitors: what was seen or heard of them, where; what we conclude from it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from pydantic import model_validator

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Bad,
    Context,
    Forbidden,
    Invalid,
    Text,
    action,
    ask,
    ref,
)
from guanxi.platform.people.rights import who_may

from .. import reads, words
from ..inputs import Line, Lines
from ..models import Account
from ..models_competitors import Competitor, Observation
from .registers import _row, _write

WORK, MANAGE = "customers.work", "registers.manage"


def _save(ctx: Context, row: Competitor | None, values: dict[str, Any]) -> Competitor:
    """Write a competitor and say so."""
    found, changes = _write(Competitor, row, values, "name")
    if changes:
        ctx.emit(
            "competitor.saved",
            subject=("competitor", found.pk),
            data={"competitor": ref(found.pk), "active": found.active},
            texts={"name": found.name, "changes": changes},
        )
    saved: Competitor = found
    return saved


@action
class SaveCompetitor(Action):
    """Enter or change a competitor, with their strengths and weaknesses and what we do better."""

    name = "competitors.save"
    label = Text("保存竞争对手", "Save competitor")
    permission = MANAGE
    writes = ("competitor.saved",)
    subject = "competitor"

    class Input(ActionInput):
        competitor: int | None = ask("竞争对手", "Competitor", None, of="competitor", widget="hidden")
        name: Line = ask("名称", "Name", min_length=1, max_length=80)
        strengths: Lines = ask("他们的长处", "Their strengths", "", max_length=1000, widget="textarea")
        weaknesses: Lines = ask("他们的短处", "Their weaknesses", "", max_length=1000, widget="textarea")
        advantages: Lines = ask(
            "我方优势",
            "What we do better",
            "",
            max_length=1000,
            widget="textarea",
            hint=Text("拜访时可以这样对客户讲", "As it may be told to a customer"),
        )
        active: bool = ask("仍在竞争", "Still competing", True)

    def load(self, ctx: Context, data: Any) -> Competitor | None:
        found: Competitor | None = _row(Competitor, data.competitor, "competitor")
        return found

    def run(self, ctx: Context, data: Any, subject: Competitor | None) -> Competitor:
        fields = ("name", "strengths", "weaknesses", "advantages", "active")
        return _save(ctx, subject, {f: getattr(data, f) for f in fields})


@action
class Observe(Action):
    """Note what was seen or heard of a competitor, at a customer or in general."""

    name = "competitors.observe"
    label = Text("记录竞争观察", "Note an observation")
    permission = WORK
    writes = ("competitor.observed", "competitor.saved")
    subject = "observation"

    class Input(ActionInput):
        customer: int | None = ask("客户", "Customer", None, of="customer", widget="customer")
        competitor: int | None = ask("竞争对手", "Competitor", None, of="competitor")
        new_name: Line = ask("或新的竞争对手", "Or a new competitor", "", max_length=80)
        offer: Line = ask("用什么产品或服务竞争", "With which product or service", "", max_length=200)
        text: Lines = ask(
            "看到或听到什么", "What was seen or heard", min_length=1, max_length=1000, widget="textarea"
        )
        leaning: words.LeaningCode = ask(
            "说明了什么", "What it shows", "neutral", choices=words.pairs(words.LEANINGS), widget="chips"
        )
        source: words.ObservedCode = ask(
            "从哪里得知", "How we know", "visit", choices=words.pairs(words.OBSERVED), widget="select"
        )
        observed_on: date | None = ask(
            "哪一天", "On which day", None, widget="date", hint=Text("留空为今天", "Empty for today")
        )

        @model_validator(mode="after")
        def _which(self) -> Any:
            if (self.competitor is None) == (not self.new_name):
                raise Bad(
                    "请选择一个竞争对手，或填写新的名称",
                    "Please choose a competitor, or enter the name of a new one",
                )
            return self

    def load(self, ctx: Context, data: Any) -> tuple[Account | None, Competitor | None]:
        customer = None if data.customer is None else reads.fetch(ctx.actor, data.customer, self.permission)
        return customer, _row(Competitor, data.competitor, "competitor")

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("observation", None, data.customer)

    def run(self, ctx: Context, data: Any, subject: tuple[Account | None, Competitor | None]) -> Observation:
        customer, competitor = subject
        today = timezone.localdate(ctx.now)
        if data.observed_on is not None and data.observed_on > today:
            raise Invalid.field("observed_on", "这一天还没有到", "This day has not come yet")
        if competitor is None:
            known = Competitor.objects.filter(name__iexact=data.new_name).first()
            competitor = known or _save(ctx, None, {"name": data.new_name, "active": True})
        row = Observation.objects.create(
            competitor=competitor,
            customer=customer,
            offer=data.offer,
            text=data.text,
            leaning=data.leaning,
            source=data.source,
            observed_on=data.observed_on or today,
            at=ctx.happened_at,
            by=ctx.actor,
        )
        ctx.emit(
            "competitor.observed",
            subject=("observation", row.pk),
            customer=row.customer_id,
            data={**_data(row), "source": row.source, "observed_on": row.observed_on.isoformat()},
            texts={"name": competitor.name, "offer": row.offer, "text": row.text},
        )
        return row


def _data(row: Observation) -> dict[str, Any]:
    return {"observation": str(row.pk), "competitor": str(row.competitor_id), "leaning": row.leaning}


@action
class Withdraw(Action):
    """Take back what turned out to be wrong: one's own, or any as who keeps the registers. What was said stays in the
    journal."""

    name = "competitors.withdraw"
    label = Text("撤回竞争观察", "Withdraw the observation")
    permission = WORK
    writes = ("competitor.withdrawn",)
    subject = "observation"

    class Input(ActionInput):
        observation: int = ask("观察", "Observation", of="observation", widget="hidden")
        reason: Line = ask("原因", "Reason", min_length=1, max_length=200)

    def load(self, ctx: Context, data: Any) -> Observation:
        row = reads.fetch_observation(ctx.actor, data.observation, self.permission)
        if row.by_id != ctx.actor.pk and not ctx.actor.may(MANAGE):
            raise Forbidden(MANAGE, who=who_may(MANAGE))
        return row

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if isinstance(subject, Observation):
            return ("observation", subject.pk, subject.customer_id)
        return ("observation", data.observation, None)

    def run(self, ctx: Context, data: Any, subject: Observation) -> Competitor:
        ctx.emit(
            "competitor.withdrawn",
            subject=("observation", subject.pk),
            customer=subject.customer_id,
            data=_data(subject),
            texts={"name": subject.competitor.name, "text": subject.text, "reason": data.reason},
        )
        competitor: Competitor = subject.competitor
        subject.delete()
        return competitor


def unsee(ctx: Context, fact: Fact) -> None:
    """The undo of an observation: the row goes."""
    Observation.objects.filter(pk=int(fact.subject_id or 0)).delete()
