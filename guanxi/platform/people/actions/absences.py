"""Being away: from when to when, and who stands in. Ends by itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
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

from .. import reads, standing_in
from ..models import Absence, Person
from ..responsibilities import responsibility
from ..rights import EVERYBODY

LONGEST = timedelta(days=366)


class Span(ActionInput):
    deputy: int = ask("代理人", "Deputy", widget="person", of="person")
    since: date = ask("自", "From")
    until: date = ask("至（含）", "Up to and including")


@action
class PlanAbsence(Action):
    """Say from when to when you are away and who stands in; your superior may do it for you."""

    name = "people.plan_absence"
    label = Text("登记外出", "Plan absence")
    permission = EVERYBODY
    writes = ("absence.planned", "person.away")
    subject = "absence"

    class Input(Span):
        person: int | None = ask(
            "谁外出",
            "Who is away",
            None,
            widget="person",
            of="person",
            hint=Text("不填为本人", "You, if empty"),
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> Absence:
        person = _for_whom(ctx, data.person)
        if person.successor_id is not None:
            raise Invalid.field(
                "deputy", "已全部交接，由接任者办理", "Everything was handed over; the successor does it"
            )
        day = timezone.localdate(ctx.now)
        if data.since < day:
            raise Invalid.field("since", "不能早于今天", "Not before today")
        made = Absence(
            person=person,
            deputy=_a_deputy(person, data.deputy),
            since=data.since,
            until=data.until,
            set_by=ctx.actor,
        )
        _fits(made)
        made.save()
        _say(ctx, "absence.planned", made)
        if made.holds_on(day):
            _begin(ctx, made, ctx.happened_at)
        _forget(ctx, made)
        return made


class OneAbsence(ActionInput):
    absence: int = ask("外出", "Absence", widget="hidden", of="absence")


class _OnOne(Action):
    permission = EVERYBODY
    subject = "absence"

    def load(self, ctx: Context, data: Any) -> Absence:
        rows = Absence.objects.select_related("person", "deputy", "person__department")
        found = rows.filter(pk=data.absence).first()
        actor = ctx.actor
        if found is None or (
            found.person_id != actor.pk and not standing_in.arranges_for(actor, found.person)
        ):
            raise NotFound("absence", data.absence)
        if found.ended_at is not None:
            raise Invalid({"": [Text("已经结束", "It is over already")]})
        return found


@action
class ChangeAbsence(_OnOne):
    """Name another deputy, or another last day; the first day too while it has not begun."""

    name = "people.change_absence"
    label = Text("修改外出", "Change absence")
    writes = ("absence.changed", "person.away")

    class Input(OneAbsence, Span):
        since: date | None = ask("自", "From", None)  # type: ignore[assignment]

    def run(self, ctx: Context, data: Any, subject: Absence) -> Absence:
        day = timezone.localdate(ctx.now)
        since = data.since or subject.since
        if subject.begun_at is not None and since != subject.since:
            raise Invalid.field("since", "已经开始，不能再改第一天", "It has begun: the first day stays")
        if subject.begun_at is None and since < day:
            raise Invalid.field("since", "不能早于今天", "Not before today")
        if data.until < day:
            raise Invalid.field(
                "until", "不能早于今天；要结束请用“结束外出”", "Not before today; to end it, end it"
            )
        before = subject.deputy
        if (data.deputy, since, data.until) == (before.pk, subject.since, subject.until):
            return subject
        subject.deputy = before if data.deputy == before.pk else _a_deputy(subject.person, data.deputy)
        subject.since, subject.until = since, data.until
        _fits(subject)
        subject.save(update_fields=["deputy", "since", "until"])
        _say(ctx, "absence.changed", subject, before=str(before.pk))
        if subject.holds_on(day) and (subject.begun_at is None or before.pk != subject.deputy_id):
            _begin(ctx, subject, ctx.happened_at)
        before.forget_rights()
        _forget(ctx, subject)
        return subject


@action
class EndAbsence(_OnOne):
    """Back already, or not going: everything returns at once."""

    name = "people.end_absence"
    label = Text("结束外出", "End absence")
    writes = ("absence.ended", "person.back")
    Input = OneAbsence

    def run(self, ctx: Context, data: Any, subject: Absence) -> Absence:
        end(ctx, subject)
        return subject


@action
class TurnAbsences(Action):
    """Let absences begin and end with their days. Run every minute; writes only where there is something to turn."""

    name = "people.turn_absences"
    label = Text("外出到期处理", "Turn absences of the day")
    permission = "people.manage"
    writes = ("person.away", "person.back", "absence.ended")
    by_system = True
    internal = True

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        day = timezone.localdate(ctx.now)
        for row in standing_in.to_turn(day).select_related("person", "deputy").order_by("until", "pk"):
            if row.begun_at is None:
                _begin(ctx, row, _start_of(row.since))
            if row.until < day:
                end(ctx, row, _start_of(row.until + timedelta(days=1)))


def end(
    ctx: Context, absence: Absence, at: datetime | None = None, *, successor: Person | None = None
) -> None:
    """The person is back (or never goes): what went to the deputy returns, or goes on to a successor. at: if not now."""
    at = at or ctx.happened_at
    absence.ended_at = at
    absence.save(update_fields=["ended_at"])
    _say(ctx, "absence.ended", absence, at=at, begun=absence.begun_at is not None)
    if absence.begun_at is not None:
        ctx.emit(
            "person.back",
            subject=("person", absence.person_id),
            data={"absence": str(absence.pk), "deputy": str(successor.pk) if successor else None},
            happened_at=at,
        )
    _forget(ctx, absence)


def _begin(ctx: Context, absence: Absence, at: datetime) -> None:
    absence.begun_at = absence.begun_at or at
    absence.save(update_fields=["begun_at"])
    ctx.emit(
        "person.away",
        subject=("person", absence.person_id),
        data={
            "absence": str(absence.pk),
            "deputy": str(absence.deputy_id),
            "until": absence.until.isoformat(),
        },
        happened_at=at,
    )


def _say(ctx: Context, fact: str, absence: Absence, at: datetime | None = None, **more: Any) -> None:
    ctx.emit(
        fact,
        subject=("absence", absence.pk),
        data={
            "person": str(absence.person_id),
            "deputy": str(absence.deputy_id),
            "since": absence.since.isoformat(),
            "until": absence.until.isoformat(),
            **more,
        },
        happened_at=at,
    )


def _a_deputy(person: Person, id: int) -> Person:
    deputy = reads.colleagues().filter(pk=id).first()
    if deputy is None:
        raise Invalid.field(
            "deputy", "没有这个人，或已停用", "There is no such person, or they are deactivated"
        )
    if deputy.pk == person.pk:
        raise Invalid.field("deputy", "不能由本人代理", "Nobody stands in for himself")
    if deputy.has_role("auditor"):
        raise Invalid.field("deputy", "审计员只读，不能代理", "The auditor reads only and cannot stand in")
    return deputy


def _fits(absence: Absence) -> None:
    """Invalid where the span is impossible, or one of the two is away already on one of its days."""
    if absence.until < absence.since:
        raise Invalid.field("until", "不能早于第一天", "Not before the first day")
    if absence.until - absence.since > LONGEST:
        raise Invalid.field("until", "最长一年", "One year at most")
    other = standing_in.overlapping(absence.person_id, absence.since, absence.until)
    clash = other.exclude(pk=absence.pk).first()
    if clash is not None:
        words = Text("{since} 至 {until} 已登记外出", "There is an absence from {since} to {until} already")
        raise Invalid({"since": [words.format(since=clash.since, until=clash.until)]})
    gone = standing_in.overlapping(absence.deputy_id, absence.since, absence.until).first()
    if gone is not None:
        words = Text(
            "此人 {since} 至 {until} 自己外出，请另选一人",
            "They are away themselves from {since} to {until}; choose somebody else",
        )
        raise Invalid({"deputy": [words.format(since=gone.since, until=gone.until)]})


def _for_whom(ctx: Context, id: int | None) -> Person:
    if id is None or id == ctx.actor.pk:
        found: Person = ctx.actor
        return found
    person = reads.colleagues().select_related("department").filter(pk=id).first()
    if person is None:
        raise Invalid.field(
            "person", "没有这个人，或已停用", "There is no such person, or they are deactivated"
        )
    if not standing_in.arranges_for(ctx.actor, person):
        raise Forbidden(
            EVERYBODY,
            text=Text(
                "只有本人或其上级可以登记外出", "Only the person or their superior may plan an absence"
            ),
        )
    return person


def _forget(ctx: Context, absence: Absence) -> None:
    for person in (absence.person, absence.deputy, ctx.actor):
        if isinstance(person, Person):
            person.forget_rights()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_default_timezone())


def _stands_in(person: Any) -> int:
    return Absence.objects.filter(deputy=person.pk, ended_at=None, until__gte=reads.today()).count()


responsibility(
    "standing_in",
    Text("代理的外出同事", "Absent colleagues stood in for"),
    _stands_in,
    url=lambda person: "/people/away/",
)
