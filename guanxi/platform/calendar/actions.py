"""Loading, correcting, office hours. Each rewrites one year and says so in the journal; deadlines follow the facts."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

from django.utils import timezone
from pydantic import field_validator, model_validator

from guanxi.platform.kernel import Action, ActionInput, Bad, Context, Invalid, Text, action, ask

from .china import Day, deviations, named_days, official_year, shipped_years
from .models import CalendarYear

FIRST, LAST = 2004, 2099
DEFAULT_HOURS = [["09:00", "12:00"], ["13:00", "18:00"]]
_SPAN = re.compile(r"^\s*(\d{1,2}:\d{2})\s*[-–—~至到]\s*(\d{1,2}:\d{2})\s*$")


@action
class LoadYear(Action):
    """Load a year's working days: the published ones shipped with the product, or those of a new notice given here."""

    name = "calendar.load_year"
    label = Text("载入工作日历", "Load a calendar year")
    permission = "calendar.manage"
    writes = ("calendar.loaded",)
    subject = "calendar"
    by_system = True

    class Input(ActionInput):
        year: int = ask("年份", "Year", ge=FIRST, le=LAST)
        rest: list[date] = ask(
            "放假的日子",
            "Days off",
            [],
            hint=Text(
                "国务院通知中的全部放假日期；不填则用随产品提供的日历",
                "All days off of the State Council's notice; empty: the calendar shipped with the product",
            ),
        )
        work: list[date] = ask("补班的日子", "Make-up working days", [])

        @model_validator(mode="after")
        def _in_the_year(self) -> Any:
            if any(day.year != self.year for day in (*self.rest, *self.work)):
                raise Bad(f"有日期不在 {self.year} 年内", f"A date is not in {self.year}")
            if set(self.rest) & set(self.work):
                raise Bad("同一天不能既放假又补班", "A day cannot be both off and worked")
            if self.work and not self.rest:
                raise Bad("只填了补班，没有填放假的日子", "Make-up days are given, but no days off")
            return self

    def load(self, ctx: Context, data: Any) -> CalendarYear | None:
        return CalendarYear.objects.filter(year=data.year).first()

    def run(self, ctx: Context, data: Any, subject: CalendarYear | None) -> CalendarYear:
        table = dict(official_year(data.year))
        published = data.year in shipped_years()
        if data.rest:
            published = True
            table = {day: Day(day.weekday() < 5, "published") for day in table}
            table.update({day: Day(False, "published") for day in data.rest})
            table.update({day: Day(True, "published") for day in data.work})
        row = subject or CalendarYear(year=data.year, hours=_present_hours())
        own = {day: row.day(date.fromisoformat(day)) for day in row.company}
        row.days, row.names, row.company = deviations(table), named_days(table), {}
        row.published = published
        row.loaded_at = ctx.now
        for day, held in own.items():  # the company's own days outlast a new notice
            row.set_day(date.fromisoformat(day), working=held.working, name=held.name.zh, company=True)
        row.save()
        ctx.emit("calendar.loaded", subject=("calendar", row.pk), data=row.as_fact())
        return row


@action
class CorrectDay(Action):
    """Make one day working or free: the company's own holiday, or a mistake in what was loaded."""

    name = "calendar.correct"
    label = Text("更正一天", "Correct a day")
    permission = "calendar.manage"
    writes = ("calendar.loaded", "calendar.corrected")
    subject = "calendar"

    class Input(ActionInput):
        day: date = ask("日期", "Day")
        working: bool = ask("上班", "Worked")
        reason: str = ask("原因或节日名称", "Reason or name of the holiday", min_length=1, max_length=40)
        company: bool = ask("公司自定", "The company's own", True)

        @field_validator("day")
        @classmethod
        def _known(cls, day: date) -> date:
            if not FIRST <= day.year <= LAST:
                raise Bad(f"年份须在 {FIRST} 与 {LAST} 之间", f"The year must lie between {FIRST} and {LAST}")
            return day

    def load(self, ctx: Context, data: Any) -> CalendarYear:
        row = CalendarYear.objects.filter(year=data.day.year).first()
        if row is not None:
            return row
        table = official_year(data.day.year)
        return CalendarYear(
            year=data.day.year,
            published=data.day.year in shipped_years(),
            days=deviations(table),
            names=named_days(table),
            hours=_present_hours(),
        )

    def run(self, ctx: Context, data: Any, subject: CalendarYear) -> CalendarYear:
        before = subject.day(data.day)
        subject.set_day(data.day, working=data.working, name=data.reason, company=data.company)
        after = subject.day(data.day)
        if after == before:
            raise Invalid.field("working", "这一天已经是这样", "The day is like that already")
        subject.loaded_at = ctx.now
        subject.save()
        about = ("calendar", subject.pk)
        ctx.emit(
            "calendar.corrected",
            subject=about,
            data={
                "year": subject.year,
                "day": data.day.isoformat(),
                "working": data.working,
                "was": before.working,
                "source": after.source,
            },
            texts={"reason": data.reason},
        )
        ctx.emit("calendar.loaded", subject=about, data=subject.as_fact())
        return subject


@action
class SetHours(Action):
    """Set the office hours, from now on."""

    name = "calendar.set_hours"
    label = Text("设置办公时间", "Set office hours")
    permission = "calendar.manage"
    writes = ("calendar.loaded",)
    subject = "calendar"

    class Input(ActionInput):
        hours: list[str] = ask(
            "办公时间",
            "Office hours",
            min_length=1,
            max_length=6,
            hint=Text("例如 09:00-12:00、13:00-18:00", "For example 09:00-12:00 and 13:00-18:00"),
        )

        @field_validator("hours")
        @classmethod
        def _in_order(cls, hours: list[str]) -> list[str]:
            spans = [_span(one) for one in hours]
            edges = [edge for span in spans for edge in span]
            if edges != sorted(set(edges)):
                raise Bad("时段须从早到晚、互不重叠", "The hours must follow one another without overlap")
            return [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in spans]

    def load(self, ctx: Context, data: Any) -> CalendarYear:
        year = timezone.localdate(ctx.now).year
        row = CalendarYear.objects.filter(year=year).first()
        return row or ctx.act("calendar.load_year", {"year": year})

    def run(self, ctx: Context, data: Any, subject: CalendarYear) -> CalendarYear:
        subject.hours = [one.split("-") for one in data.hours]
        subject.loaded_at = ctx.now
        subject.save()
        CalendarYear.objects.filter(year__gt=subject.year).update(hours=subject.hours)
        ctx.emit("calendar.loaded", subject=("calendar", subject.pk), data=subject.as_fact(hours=True))
        return subject


def _span(value: str) -> tuple[time, time]:
    match = _SPAN.match(value)
    try:
        if match is None:
            raise ValueError
        opens, closes = (time.fromisoformat(part.zfill(5)) for part in match.groups())
    except ValueError:
        raise Bad(
            f"“{value}”不是时段，请写成 09:00-12:00", f"“{value}” is no stretch of time; write 09:00-12:00"
        ) from None
    return opens, closes


def _present_hours() -> list[list[str]]:
    newest = CalendarYear.objects.order_by("-year").first()
    return list(newest.hours) if newest else list(DEFAULT_HOURS)
