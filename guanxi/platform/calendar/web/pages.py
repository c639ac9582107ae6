"""The working calendar on screen: a year at a glance, what was published and what is only estimated, and its upkeep."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from guanxi.platform.kernel import Text, may, read_day, system_clock
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb, Do, Tab
from guanxi.platform.ui.registry import page

from ..actions import DEFAULT_HOURS, FIRST, LAST
from ..china import Day
from ..models import CalendarYear
from ..reads import day_table

MONTHS = tuple(Text(f"{n}月", calendar.month_name[n]) for n in range(1, 13))
WEEKDAYS = tuple(
    Text(zh, en) for zh, en in zip("一二三四五六日", ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), strict=True)
)
SOURCES = {
    "published": Text("已公布", "published"),
    "estimated": Text("推算", "estimated"),
    "company": Text("公司自定", "the company's own"),
}
LABEL = Text("工作日历", "Working calendar")
MANAGE = "calendar.correct"


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the table. sign: 休 or 班 where it differs from Monday to Friday."""

    day: date
    info: Day
    today: bool

    @property
    def differs(self) -> bool:
        return self.info.working != (self.day.weekday() < 5)

    @property
    def css(self) -> str:
        kinds = ["work" if self.info.working else "rest"]
        kinds += ["differs"] if self.differs else []
        kinds += ["own"] if self.info.source == "company" else []
        return " ".join([*kinds, *(["is-today"] if self.today else [])])

    @property
    def special(self) -> bool:
        return self.differs or bool(self.info.name) or self.info.source == "company"

    @property
    def said(self) -> Text:
        return _said(self, self.day)


def _said(cell: Cell, last: date) -> Text:
    """What the days from this one to the last are."""
    state = Text("上班", "worked") if cell.info.working else Text("休息", "off")
    name, source, first = cell.info.name, SOURCES[cell.info.source], cell.day
    zh, en = f"{first.month}月{first.day}日", f"{first.day} {MONTHS[first.month - 1].en}"
    if last > first:
        zh += f"至{last.day}日" if last.month == first.month else f"至{last.month}月{last.day}日"
        en = f"{first.day if last.month == first.month else en}–{last.day} {MONTHS[last.month - 1].en}"
    return Text(
        f"{zh} {state.zh}{'：' + name.zh if name.zh else ''}（{source.zh}）",
        f"{en}: {state.en}{', ' + name.en if name.en else ''} ({source.en})",
    )


def special_days(cells: Iterable[Cell]) -> list[Text]:
    """The days that are not as their day of the week, those that follow one another alike in one line."""
    runs: list[tuple[Cell, date]] = []
    for cell in cells:
        if not cell.special:
            continue
        if runs and runs[-1][0].info == cell.info and (cell.day - runs[-1][1]).days == 1:
            runs[-1] = runs[-1][0], cell.day
        else:
            runs.append((cell, cell.day))
    return [_said(first, last) for first, last in runs]


def year(request: HttpRequest) -> HttpResponse:
    """Twelve months, the days that differ, office hours."""
    now = system_clock()
    today = timezone.localdate(now)
    asked = request.GET.get("year", "")
    chosen = int(asked) if asked.isdecimal() and FIRST <= int(asked) <= LAST else today.year
    row = CalendarYear.objects.filter(year=chosen).first()
    table = day_table(date(chosen, 1, 1), date(chosen, 12, 31))
    cells = {day: Cell(day, info, day == today) for day, info in table.items()}
    months = []
    for number, words in enumerate(MONTHS, start=1):
        weeks = calendar.Calendar().monthdatescalendar(chosen, number)
        months.append((words, [[cells[d] if d.month == number else None for d in week] for week in weeks]))
    manage = may(request.user, MANAGE)
    estimated = not (row.published if row else all(d.source == "published" for d in table.values()))
    context = {
        "heading": LABEL,
        "year": chosen,
        "tabs": [Tab(Text.of(str(y)), f"?year={y}", y == chosen) for y in _years(chosen, today.year)],
        "months": months,
        "weekdays": WEEKDAYS,
        "special": special_days(cells.values()),
        "row": row,
        "estimated": estimated,
        "working": sum(d.working for d in table.values()),
        "hours": (row.hours if row else None) or DEFAULT_HOURS,
        "manage": manage,
        "do": _do(chosen) if manage else [],
    }
    return show(request, "calendar/year.html", context)


def _years(chosen: int, now: int) -> list[int]:
    loaded = set(CalendarYear.objects.filter(year__gte=now - 3).values_list("year", flat=True))
    return sorted({*loaded, chosen, now - 1, now, now + 1})


def _do(chosen: int) -> list[Do]:
    return [
        Do(
            Text("更正一天", "Correct a day"), f"{reverse('calendar.correct')}?year={chosen}", icon="pen-line"
        ),
        Do(Text("载入年份", "Load a year"), f"{reverse('calendar.load')}?year={chosen}", icon="download"),
        Do(Text("办公时间", "Office hours"), reverse("calendar.hours"), icon="clock"),
    ]


def _form(
    request: HttpRequest, action: str, heading: Text, initial: dict[str, Any], done: Text
) -> HttpResponse:
    asked = request.GET.get("year", "")
    home = reverse("calendar.year") + (f"?year={asked}" if asked.isdecimal() else "")
    form = ActionForm(action, request, initial=initial)
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, home, done)
    context = {"heading": heading, "crumbs": [Crumb(LABEL, home)], "cancel_url": home}
    return show(request, "ui/page_form.html", context, form=form)


def correct(request: HttpRequest) -> HttpResponse:
    """One day made working or free."""
    initial: dict[str, Any] = {}
    try:
        day = read_day(request.GET.get("day", ""))
        if FIRST <= day.year <= LAST:
            initial = {"day": day, "working": not day_table(day, day)[day].working}
    except ValueError:
        pass
    heading = Text("更正一天", "Correct a day")
    return _form(request, "calendar.correct", heading, initial, Text("已更正", "Corrected"))


def hours(request: HttpRequest) -> HttpResponse:
    """Opening and closing, in one line."""
    row = CalendarYear.objects.filter(year=timezone.localdate(system_clock()).year).first()
    now = [f"{a}-{b}" for a, b in (row.hours if row else None) or DEFAULT_HOURS]
    sent = _split(request.POST.get("typed", "")) if request.method == "POST" else now
    home = reverse("calendar.year")
    form = ActionForm("calendar.set_hours", request, fixed={"hours": sent})
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, home, Text("已保存", "Saved"))
    context = {
        "heading": Text("办公时间", "Office hours"),
        "crumbs": [Crumb(LABEL, home)],
        "cancel_url": home,
        "typed": request.POST.get("typed", "、".join(now)),
    }
    return show(request, "calendar/hours.html", context, form=form)


def load(request: HttpRequest) -> HttpResponse:
    """A year as shipped, or from a new notice: days off and make-up days, one a line."""
    asked = request.POST.get("year") or request.GET.get("year", "")
    home = reverse("calendar.year") + (f"?year={asked}" if asked.isdecimal() else "")
    extra = {name: _split(request.POST.get(f"typed_{name}", "")) for name in ("rest", "work")}
    form = ActionForm(
        "calendar.load_year",
        request,
        only=["year"],
        initial={"year": asked},
        extra={name: days for name, days in extra.items() if days},
    )
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, home, Text("已载入", "Loaded"))
    context = {
        "heading": Text("载入年份", "Load a year"),
        "crumbs": [Crumb(LABEL, home)],
        "cancel_url": home,
        "rest": request.POST.get("typed_rest", ""),
        "work": request.POST.get("typed_work", ""),
    }
    return show(request, "calendar/load.html", context, form=form)


def _split(text: str) -> list[str]:
    """What was typed with commas, spaces or on lines of its own."""
    return [part for part in text.translate(str.maketrans("、，,；;\n\r\t", "        ")).split(" ") if part]


page(
    "calendar.year",
    "calendar/",
    year,
    label=LABEL,
    methods=("GET", "HEAD"),
)
for _name, _route, _view, _label, _action in (
    ("correct", "calendar/correct/", correct, Text("更正一天", "Correct a day"), "calendar.correct"),
    ("hours", "calendar/hours/", hours, Text("办公时间", "Office hours"), "calendar.set_hours"),
    ("load", "calendar/load/", load, Text("载入年份", "Load a year"), "calendar.load_year"),
):
    page(f"calendar.{_name}", _route, _view, label=_label, permission="calendar.manage", action=_action)
