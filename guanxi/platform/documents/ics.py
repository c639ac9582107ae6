"""iCalendar out (RFC 5545): visits, deadlines and meetings for people's own calendars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vText

_SHANGHAI = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a calendar.

    uid: stable for ever, so that sending it again changes the entry instead of adding one. start, end: both aware
    datetimes, or both dates (whole days; the end is the last day). sequence: grows with each change.
    """

    uid: str
    title: str
    start: datetime | date
    end: datetime | date
    changed: datetime
    place: str = ""
    text: str = ""
    link: str = ""
    organiser: tuple[str, str] | None = None
    """Name and e-mail address."""
    guests: Sequence[tuple[str, str]] = ()
    remind_before: timedelta | None = None
    cancelled: bool = False
    sequence: int = 0


def write_calendar(entries: Iterable[Entry], *, name: str = "", method: str = "PUBLISH") -> bytes:
    """The entries as one iCalendar file in the company's zone, with the definition of that zone.

    method: PUBLISH for a file or subscription, REQUEST or CANCEL for an invitation by e-mail.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    entries = list(entries)
    calendar = Calendar()
    calendar.add("prodid", "-//Guanxi//Guanxi//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", zone.key)
    if any(isinstance(entry.start, datetime) for entry in entries):
        calendar.add_component(_zone(zone, entries))
    for entry in entries:
        calendar.add_component(_event(entry, zone))
    return bytes(calendar.to_ical())


def _event(entry: Entry, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", _aware(entry.changed).astimezone(UTC))
    event.add("last-modified", _aware(entry.changed).astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("summary", entry.title)
    if isinstance(entry.start, datetime) and isinstance(entry.end, datetime):
        event.add("dtstart", _aware(entry.start).astimezone(zone))
        event.add("dtend", _aware(entry.end).astimezone(zone))
    elif isinstance(entry.start, datetime) or isinstance(entry.end, datetime):
        raise ValueError("start and end must both be times or both be days")
    else:
        event.add("dtstart", entry.start)
        event.add("dtend", entry.end + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    if entry.end < entry.start:
        raise ValueError("it ends before it starts")
    for key, value in (("location", entry.place), ("description", entry.text), ("url", entry.link)):
        if value:
            event.add(key, value)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    if entry.organiser:
        event.add("organizer", _person(*entry.organiser))
    for guest in entry.guests:
        person = _person(*guest)
        person.params["ROLE"] = vText("REQ-PARTICIPANT")
        person.params["RSVP"] = vText("TRUE")
        event.add("attendee", person)
    if entry.remind_before is not None and not entry.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.title)
        alarm.add("trigger", -entry.remind_before)
        event.add_component(alarm)
    return event


def _zone(zone: ZoneInfo, entries: Sequence[Entry]) -> Timezone:
    """The zone's definition. China has kept UTC+8 without summer time since September 1991; any other zone is taken
    from the machine's zone data for the years of the entries."""
    if zone.key != _SHANGHAI:
        years = [moment.year for entry in entries for moment in (entry.start, entry.end)]
        return Timezone.from_tzid(
            zone.key, first_date=date(min(years) - 1, 1, 1), last_date=date(max(years) + 2, 1, 1)
        )
    described = Timezone()
    described.add("tzid", _SHANGHAI)
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1991, 9, 15, 1))  # noqa: DTZ001 (RFC 5545: local time there)
    standard.add("tzoffsetfrom", timedelta(hours=9))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    described.add_component(standard)
    return described


def _person(name: str, email: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(name)
    return address


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
