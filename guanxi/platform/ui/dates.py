"""Times as people say them. All functions take the moment that counts as now; zone is the company's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from guanxi.platform.kernel import Text

_DAYS = Text("一二三四五六日", "")
_EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(value: datetime) -> datetime:
    """An aware time in the company's zone."""
    return timezone.localtime(value) if timezone.is_aware(value) else value


def weekday(day: date) -> Text:
    """周五, Fri."""
    return Text("周" + _DAYS.zh[day.weekday()], _EN_DAYS[day.weekday()])


def month_day(day: date, *, year: bool = False) -> Text:
    """11月3日, 3 Nov; with the year where asked."""
    zh, en = f"{day.month}月{day.day}日", f"{day.day} {_EN_MONTHS[day.month - 1]}"
    return Text(f"{day.year}年{zh}", f"{en} {day.year}") if year else Text(zh, en)


def exact(value: date) -> Text:
    """2026年11月23日 周一 14:00, Mon 23 Nov 2026 14:00: for hover and print."""
    clock = ""
    if isinstance(value, datetime):
        value = local(value)
        clock = f" {value:%H:%M}"
    day = month_day(value, year=True)
    return Text(f"{day.zh} {weekday(value).zh}{clock}", f"{weekday(value).en} {day.en}{clock}")


def said(value: date, now: datetime, *, planned: bool = False) -> Text:
    """今天 14:00, 明天, 周五, 3 天前 (today 14:00, tomorrow, Fri, 3 days ago).

    planned: it stands in somebody's diary, so that the day keeps its clock also where the time has just passed.
    """
    moment = local(value) if isinstance(value, datetime) else None
    here = local(now)
    if moment is not None and not planned:
        minutes = int((here - moment).total_seconds() // 60)
        if 0 <= minutes < 1:
            return Text("刚刚", "just now")
        if 1 <= minutes < 60:
            return Text(f"{minutes} 分钟前", f"{minutes} min ago")
    day = moment.date() if moment else value
    clock = f" {moment:%H:%M}" if moment else ""
    word, exact_clock = _day_word(day, here.date())
    return Text(word.zh + clock, word.en + clock) if exact_clock else word


def _day_word(day: date, today: date) -> tuple[Text, bool]:
    """(words for the day, whether its clock is worth saying)."""
    apart = (day - today).days
    near = {
        0: Text("今天", "today"),
        1: Text("明天", "tomorrow"),
        2: Text("后天", ""),
        -1: Text("昨天", "yesterday"),
    }
    if apart == 2:
        return Text("后天", weekday(day).en), True
    if apart in near:
        return near[apart], True
    if -7 < apart < 0:
        return Text(f"{-apart} 天前", f"{-apart} days ago"), False
    monday = today - timedelta(days=today.weekday())
    weeks = ((day - timedelta(days=day.weekday())) - monday).days // 7
    if apart > 0 and weeks == 0:
        return weekday(day), True
    if apart > 0 and weeks == 1:
        return Text(f"下{weekday(day).zh}", f"next {weekday(day).en}"), True
    return month_day(day, year=day.year != today.year), apart > 0


def span(length: timedelta) -> Text:
    """2 小时, 1 小时 20 分, 3 天: the two largest parts, days alone from two days on."""
    minutes = int(abs(length.total_seconds()) // 60)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days >= 2 or (days and not hours):
        return Text(f"{days} 天", f"{days} day{'s' if days > 1 else ''}")
    if days:
        return Text(f"{days} 天 {hours} 小时", f"{days} d {hours} h")
    if hours and minutes:
        return Text(f"{hours} 小时 {minutes} 分", f"{hours} h {minutes} min")
    if hours:
        return Text(f"{hours} 小时", f"{hours} h")
    return Text(f"{minutes} 分钟", f"{minutes} min")


def overdue(deadline: datetime, now: datetime) -> Text | None:
    """逾期 2 小时, where the deadline has passed."""
    if deadline > now:
        return None
    late = span(now - deadline)
    return Text(f"逾期 {late.zh}", f"{late.en} overdue")


def grouped(value: object, places: int | None = None) -> str:
    """1,234,567 or, with places, 1,234.50; what is no number comes back as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return f"{value:,}" if places is None else f"{value:,.{places}f}"
