"""When something is due: pure arithmetic over a duty, a version's numbers and a calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from guanxi.cores.norms.calendars import Calendar
from guanxi.cores.norms.controls import Duty, Prompt, Version
from guanxi.cores.norms.model import Fact, Obligation

Span = tuple[datetime, datetime | None]
"""A suspension: from, and until when (None: still)."""
_tuple: Final = tuple.__new__
LAST: Final = timedelta(seconds=1)
"""A day or period that is a deadline ends with its last second, so that the deadline shows its own date."""


class Numbers(NamedTuple):
    """What a version says of one instance."""

    counts_from: datetime
    actionable_from: datetime
    due_at: datetime | None
    grace: timedelta


def day_of(version: Version, moment: datetime, calendar: Calendar) -> date | None:
    """The company's day for reading a version's parameters; None where they are the same on every day."""
    return None if version.steady else calendar.local_day(moment)


def numbers(duty: Duty, version: Version, trigger: Fact, calendar: Calendar) -> Numbers:
    """The deadline of an instance that this trigger opens, before any suspension."""
    happened = trigger.happened_at
    day = day_of(version, happened, calendar)
    grace = version.amount(duty.grace, day) if duty.grace else timedelta()
    actionable = happened
    if duty.actionable:
        at, ahead, after = duty.actionable.at, duty.actionable.ahead, duty.actionable.after
        if after:
            actionable = later(version, happened, after, day, calendar)
        else:
            moment = earlier(duty, version, moment_of(trigger, at, calendar), ahead, day, calendar)
            actionable = max(happened, moment)
    due = duty.due
    if due is None or due.how == "before":
        return _tuple(Numbers, (happened, actionable, None, grace))
    if due.base == "actionable_from":
        base = actionable
    else:
        base = moment_of(trigger, due.base, calendar, end_of_day=due.how == "at")
    if due.how in ("end_of_working_day_after", "within") and duty.shift:
        base = calendar.next_working_time(base)
    return _tuple(Numbers, (base, actionable, deadline(duty, version, base, day, calendar), grace))


def deadline(
    duty: Duty, version: Version, base: datetime, day: date | None, calendar: Calendar
) -> datetime | None:
    """The deadline counted from ``base`` by the numbers valid on ``day``."""
    due = duty.due
    if due is None or due.how == "before":
        return None
    if due.how == "at":
        return base
    if due.how == "end_of":
        return calendar.period(base, due.period).end - LAST
    if due.how == "ahead":
        return earlier(duty, version, base, due.amount, day, calendar)
    if due.how == "end_of_working_day_after":
        return calendar.end_of_working_day_after(base, version.amount(due.amount, day))
    return later(version, base, due.amount, day, calendar)


def later(version: Version, base: datetime, name: str, day: date | None, calendar: Calendar) -> datetime:
    """``base`` plus a parameter: calendar time, working time, worked days (to their close) or months."""
    amount: Any = version.amount(name, day)
    kind = version.pack.parameters[name].type
    if kind == "working_time":
        return calendar.add_working_time(base, amount)
    if kind == "working_days":
        return calendar.end_of_working_day_after(base, amount)
    if kind == "months":
        return calendar.add_months(base, amount)
    moment: datetime = base + amount
    return moment


def earlier(
    duty: Duty, version: Version, base: datetime, name: str, day: date | None, calendar: Calendar
) -> datetime:
    """``base`` minus a parameter: calendar time, or worked days at the same time of day ('': base itself)."""
    if not name:
        return base
    amount: Any = version.amount(name, day)
    if version.pack.parameters[name].type == "working_days":
        return calendar.working_days_before(base, amount)
    return base - timedelta(seconds=amount.total_seconds())


def moment_of(fact: Fact, field: str, calendar: Calendar, *, end_of_day: bool = False) -> datetime:
    """A time of a fact: ``happened_at``, ``recorded_at``, or a field (a bare date means its start, or its last moment)."""
    if field == "happened_at":
        return fact.happened_at
    if field == "recorded_at":
        return fact.recorded_at
    text = fact.data.get(field)
    if not text:
        return fact.happened_at
    if len(str(text)) > 10:
        return datetime.fromisoformat(str(text))
    day = date.fromisoformat(str(text))
    return (
        calendar.moment(day + timedelta(days=1), time()) - LAST
        if end_of_day
        else calendar.moment(day, time())
    )


def suspended(
    duty: Duty, version: Version, due: datetime | None, spans: Iterable[Span], calendar: Calendar
) -> datetime | None:
    """The deadline with day counting standing still during these spans; None while it stands still."""
    how = duty.due.how if duty.due else "rhythm"
    amount = duty.due.amount if duty.due else ""
    kind = (
        version.pack.parameters[amount].type
        if amount and how in ("within", "end_of_working_day_after")
        else ""
    )
    for start, end in spans:
        if due is None or start >= due:
            return due
        if end is None:
            return None
        if how not in ("within", "end_of_working_day_after", "rhythm"):
            if end > due:  # a fixed date does not move, but nothing falls due while it stands still
                due = calendar.end_of_working_day_after(calendar.next_working_time(end), 0)
        elif kind == "working_days":
            left = calendar.working_days_between(start, due)
            due = calendar.end_of_working_day_after(calendar.next_working_time(end), left)
        elif kind == "working_time":
            due = calendar.add_working_time(end, calendar.working_time_between(start, due))
        else:
            due = end + (due - start)
    return due


def tightened(
    old: datetime | None, new: datetime | None, recounted: datetime | None, at: datetime
) -> datetime | None:
    """The deadline after the numbers changed at a moment: a longer one counts from the start, a shorter one from then.

    A shorter one is never later than the old deadline, and never lies before the change.
    """
    if old is None or new is None:
        return new
    if new >= old:
        return new
    return min(old, recounted) if recounted is not None else max(new, at)


def instants(
    duty: Duty, version: Version, o: Obligation, calendar: Calendar
) -> list[tuple[datetime, Prompt]]:
    """When each reminder and escalation of an obligation falls, in order."""
    found: list[tuple[datetime, Prompt]] = []
    limit = o.overdue_at
    day = day_of(version, o.opened_at, calendar)
    for prompt in duty.prompts:
        if prompt.side == "after_opening":
            found.append((later(version, o.actionable_from, prompt.offset, day, calendar), prompt))
        elif limit is not None and prompt.side == "after":
            found.append((later(version, limit, prompt.offset, day, calendar), prompt))
        elif limit is not None:
            kind = version.pack.parameters[prompt.offset].type
            if kind == "working_time":
                found.append(
                    (_working_time_before(limit, version.amount(prompt.offset, day), calendar), prompt)
                )
            else:
                found.append((earlier(duty, version, limit, prompt.offset, day, calendar), prompt))
    if len(found) > 1:
        found.sort(key=lambda pair: (pair[0], pair[1].number))
    return found


def _working_time_before(moment: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    start = moment
    while calendar.working_time_between(start, moment) < amount:
        start -= timedelta(days=1)
    return calendar.add_working_time(start, calendar.working_time_between(start, moment) - amount)
