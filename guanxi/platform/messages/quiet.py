"""Quiet hours: when e-mail waits. The inbox never does, nor does what is urgent.

The company sets the hours and whether days off are quiet, by its working calendar; each person may have own hours within
what the company allows, and may say until when not to be disturbed. Nothing is put off in the outbox itself: whether
somebody has quiet hours is asked when mail is about to go, so that every change holds at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.platform.calendar.reads import day_table
from guanxi.platform.kernel import Text
from guanxi.platform.people.settings_registry import between, setting, value

from .models import QuietHours

LOOKED_AHEAD = timedelta(days=60)
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–—至~]\s*([01]\d|2[0-3]):([0-5]\d)")
Span = tuple[time, time]


def span_of(text: str) -> Span | None:
    """'21:00-08:00' as two times; None where it is no such thing, or no time at all."""
    found = _SPAN.fullmatch(text.strip().replace("：", ":"))
    if found is None:
        return None
    a, b, c, d = map(int, found.groups())
    return (time(a, b), time(c, d)) if (a, b) != (c, d) else None


def length(span: Span) -> timedelta:
    """How long the hours last; those that end before they begin go over midnight."""
    since, until = (timedelta(hours=at.hour, minutes=at.minute) for at in span)
    return (until - since) % timedelta(days=1)


def _hours(given: str) -> Text | None:
    if not given or span_of(given):
        return None
    return Text("请按 21:00-08:00 的样子填写，或留空", "Write it like 21:00-08:00, or leave it empty")


setting(
    "mail.quiet_hours",
    str,
    "21:00-08:00",
    Text("邮件免打扰时段", "Quiet hours for e-mail"),
    hint=Text(
        "期间的邮件等到时段结束再发，几封合为一封；站内消息照常，逾期上报和账号安全照发。留空为不设",
        "E-mail waits until they end and goes as one; the inbox does not wait, nor do escalations and account security. "
        "Empty: none",
    ),
    check=_hours,
)
setting(
    "mail.quiet_rest_days",
    bool,
    True,
    Text("非工作日不发邮件", "No e-mail on days off"),
    hint=Text(
        "按工作日历；等到下一个工作日再发", "By the working calendar; it waits for the next working day"
    ),
)
setting(
    "mail.own_quiet_hours",
    int,
    14,
    Text("个人免打扰时段最长（小时）", "Own quiet hours, at most (hours)"),
    hint=Text(
        "每人可自定时段；0 为统一按公司时段", "People may choose their own; 0: the company's hold for all"
    ),
    check=between(0, 23),
)
setting(
    "mail.undisturbed_days",
    int,
    14,
    Text("暂不打扰最长（天）", "Do not disturb, at most (days)"),
    hint=Text("0 为不允许", "0: nobody may"),
    check=between(0, 60),
)
setting(
    "messages.kept_months",
    int,
    6,
    Text("已读消息保留（月）", "Read messages are kept (months)"),
    hint=Text("到期自动清除；未读的不清除", "They go by themselves after that; unread ones stay"),
    check=between(1, 60),
    group="mail",
)


@dataclass(frozen=True, slots=True)
class Quiet:
    """What holds for one person. hours: each day, None for none. rest_days: days off are quiet. until: not before."""

    hours: Span | None = None
    rest_days: bool = False
    until: datetime | None = None
    own: bool = False

    def ends(self, now: datetime, works: Callable[[date], bool], zone: ZoneInfo) -> datetime:
        """When e-mail may go: `now` where nothing is quiet. At most LOOKED_AHEAD later."""
        at, last = now, now + LOOKED_AHEAD
        while at < last:
            onward = self._onward(at, works, zone)
            if onward == at:
                return at
            at = onward
        return last

    def _onward(self, at: datetime, works: Callable[[date], bool], zone: ZoneInfo) -> datetime:
        if self.until is not None and at < self.until:
            return self.until
        here = at.astimezone(zone)
        if self.rest_days and not works(here.date()):
            return datetime.combine(here.date() + timedelta(days=1), time(), zone)
        if self.hours is None:
            return at
        since, until = self.hours
        clock = here.time()
        over_midnight = until < since
        if not ((clock >= since or clock < until) if over_midnight else since <= clock < until):
            return at
        tomorrow = over_midnight and clock >= since
        return datetime.combine(here.date() + timedelta(days=int(tomorrow)), until, zone)


def company() -> Quiet:
    """What holds for whoever chose nothing."""
    return Quiet(span_of(value("mail.quiet_hours")), value("mail.quiet_rest_days"))


def quiet_of(people: Iterable[int]) -> dict[int, Quiet]:
    """Person -> what holds for them; own hours longer than the company allows by now do not."""
    wanted = list(people)
    rows = {row.person_id: row for row in QuietHours.objects.filter(person__in=wanted)}
    common, most = company(), timedelta(hours=value("mail.own_quiet_hours"))
    found = {}
    for id in wanted:
        row = rows.get(id)
        if row is None:
            found[id] = common
            continue
        own = span_of(row.hours)
        held = own if own and length(own) <= most else None
        rest = common.rest_days if row.rest_days == "company" else row.rest_days == "quiet"
        found[id] = Quiet(held or common.hours, rest, row.until_at, own=held is not None)
    return found


def quiet_until(people: Iterable[int], now: datetime) -> dict[int, datetime]:
    """Of these people, those whose e-mail waits now -> until when."""
    wanted = quiet_of(people)
    if not wanted:
        return {}
    zone = ZoneInfo(settings.TIME_ZONE)
    first = now.astimezone(zone).date()
    table = day_table(first, first + LOOKED_AHEAD + timedelta(days=1))
    ends: dict[Quiet, datetime] = {}
    for one in set(wanted.values()):
        ends[one] = one.ends(now, lambda day: table[day].working if day in table else True, zone)
    return {id: ends[one] for id, one in wanted.items() if ends[one] > now}
