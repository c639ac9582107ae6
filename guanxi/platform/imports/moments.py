"""Moments of the past as spreadsheets write them: a day, often with a time of day, rarely with a zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from .reasons import Reason, reason
from .values import clean_text, day, half_width, is_nothing

_CLOCK = re.compile(
    r"(?P<half>凌晨|早上|上午|中午|下午|晚上)?\s*(?P<hour>\d{1,2})\s*[:时點点]\s*(?P<minute>\d{1,2})?\s*分?"
    r"(?:\s*:?\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?\s*(?P<ap>am|pm|a\.m\.|p\.m\.)?\s*(?P<zone>z|[+-]\d{2}:?\d{2})?$",
    re.I,
)
_SERIAL = re.compile(r"\d{4,5}\.\d+")


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell gives: the day and, where it says so, the time of day (`at` is aware where both are known), or the fault.
    Nothing in it for an empty cell."""

    on: date | None = None
    at: datetime | None = None
    doubts: tuple[Reason, ...] = ()
    fault: Reason | None = None


def moment(text: str, zone: tzinfo, *, order: str = "", clock: str = "") -> Moment:
    """2024-03-05 14:30, 2024年3月5日下午2点30分, 2024/3/5, Excel's 45356.604, 2024-03-05T06:30:00Z. Midnight is no time of day.

    zone: of times that name none. order: how the column writes 3/5/2024. clock: the time of day where it stands in a
    column of its own.
    """
    if is_nothing(text):
        return Moment()
    cleaned = half_width(clean_text(text, lines=False)).strip()
    if _SERIAL.fullmatch(cleaned):
        return _serial(cleaned, zone)
    found = _CLOCK.search(cleaned)
    front = cleaned[: found.start()].rstrip(" T,") if found else cleaned
    if found and not re.search(r"\d", front):
        return Moment(fault=_no_moment(cleaned))
    read = day(front, order=order)
    if read.fault or not read.text or read.text.startswith("--"):
        return Moment(fault=_no_moment(cleaned))
    on = date.fromisoformat(read.text)
    if found is None and not is_nothing(clock):
        beside = half_width(clean_text(clock, lines=False)).strip()
        if re.fullmatch(r"0?\.\d+", beside):  # a spreadsheet's share of a day
            return Moment(on, _at(on, _share(float(beside)), zone), read.doubts)
        found = _CLOCK.search(re.sub(r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[T ]", "", beside))
        if found is None:
            return Moment(fault=_no_moment(beside))
    if found is None:
        return Moment(on, None, read.doubts)
    hours = _time(found)
    if hours is None:
        return Moment(fault=_no_moment(cleaned))
    if hours == time(0) and not found["zone"]:  # how spreadsheets write a day without a time
        return Moment(on, None, read.doubts)
    at = _at(on, hours, zone)
    if written := found["zone"]:
        offset = "+00:00" if written.lower() == "z" else written
        at = datetime.fromisoformat(f"{on.isoformat()}T{hours.isoformat()}{offset}").astimezone(zone)
        on = at.date()
    return Moment(on, at, read.doubts)


def _serial(text: str, zone: tzinfo) -> Moment:
    """A day and share of a day as spreadsheets count them."""
    whole, share = divmod(float(text), 1)
    read = day(str(int(whole)))
    if read.fault:
        return Moment(fault=_no_moment(text))
    on = date.fromisoformat(read.text)
    return Moment(on, _at(on, _share(share), zone), read.doubts)


def _share(part: float) -> time:
    """The time of day to the minute."""
    minutes = min(round(part * 24 * 60), 24 * 60 - 1)
    return time(minutes // 60, minutes % 60)


def _at(on: date, hours: time, zone: tzinfo) -> datetime:
    return datetime.combine(on, hours, tzinfo=zone)


def _time(found: re.Match[str]) -> time | None:
    hour, minute, second = int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0)
    half = (found["half"] or "") + (found["ap"] or "").lower().replace(".", "")
    if half in ("下午", "晚上", "pm") and hour < 12:
        hour += 12
    elif half == "中午" and hour < 11:
        hour += 12
    elif half in ("凌晨", "am") and hour == 12:
        hour = 0
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def _no_moment(text: str) -> Reason:
    return reason("date.form", "“{text}”不是有效日期。", "“{text}” is not a valid date.", text=text[:40])
