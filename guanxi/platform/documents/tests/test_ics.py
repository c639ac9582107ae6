"""Calendar files that people's telephones take."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from guanxi.platform.documents.ics import Entry, write_calendar

CHANGED = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
VISIT = Entry(
    uid="visit-217@guanxi",
    title="拜访 恒远电子；确认扩租, 12 层",
    start=datetime(2026, 3, 10, 1, 30, tzinfo=UTC),
    end=datetime(2026, 3, 10, 3, 0, tzinfo=UTC),
    changed=CHANGED,
    place="杭州市西湖区文三路 199 号",
    text="目标：时间表\n带样册",
    organiser=("林晓", "lin@example.cn"),
    guests=[("王建国", "wang@example.com")],
    remind_before=timedelta(minutes=30),
)


def test_a_visit_stands_in_the_companys_zone_with_that_zones_definition() -> None:
    raw = write_calendar([VISIT], name="林晓的拜访")
    assert b"BEGIN:VTIMEZONE" in raw
    assert b"TZID:Asia/Shanghai" in raw
    assert b"DTSTART;TZID=Asia/Shanghai:20260310T093000" in raw
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    event = next(iter(icalendar.Calendar.from_ical(raw).walk("VEVENT")))
    assert event["summary"] == VISIT.title
    assert event["description"] == VISIT.text
    assert event.decoded("dtstart") == VISIT.start
    assert event["organizer"].params["CN"] == "林晓"
    assert event["attendee"] == "mailto:wang@example.com"
    assert [a.decoded("trigger") for a in event.walk("VALARM")] == [timedelta(minutes=-30)]


def test_whole_days_end_after_their_last_day_and_need_no_zone() -> None:
    holiday = Entry("day@guanxi", "春节", date(2026, 2, 17), date(2026, 2, 23), CHANGED)
    raw = write_calendar([holiday])
    assert b"DTSTART;VALUE=DATE:20260217" in raw
    assert b"DTEND;VALUE=DATE:20260224" in raw
    assert b"VTIMEZONE" not in raw


def test_a_cancelled_visit_keeps_its_uid_and_grows_its_sequence() -> None:
    raw = write_calendar(
        [Entry(VISIT.uid, "x", VISIT.start, VISIT.end, CHANGED, cancelled=True, sequence=2)], method="CANCEL"
    )
    assert b"METHOD:CANCEL" in raw
    assert b"STATUS:CANCELLED" in raw
    assert b"SEQUENCE:2" in raw
    assert b"UID:visit-217@guanxi" in raw


def test_another_companys_zone_is_defined_with_its_summer_time(settings) -> None:  # type: ignore[no-untyped-def]
    settings.TIME_ZONE = "Europe/Berlin"
    raw = write_calendar([VISIT])
    assert b"TZID:Europe/Berlin" in raw
    assert b"BEGIN:DAYLIGHT" in raw
    assert b"DTSTART;TZID=Europe/Berlin:20260310T023000" in raw


def test_times_that_make_no_sense_are_mistakes_of_the_program() -> None:
    with pytest.raises(ValueError, match="zone"):
        write_calendar([Entry("a", "x", datetime(2026, 1, 1), datetime(2026, 1, 2), CHANGED)])  # noqa: DTZ001
    with pytest.raises(ValueError, match="both"):
        write_calendar([Entry("a", "x", VISIT.start, date(2026, 3, 11), CHANGED)])
    with pytest.raises(ValueError, match="before"):
        write_calendar([Entry("a", "x", VISIT.end, VISIT.start, CHANGED)])
