"""Given a calendar, when it is loaded, corrected or its hours are set, then days, facts and deadlines follow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from guanxi.platform.calendar.models import CalendarYear
from guanxi.platform.calendar.reads import day_table, fact_number, keep_up, loads, working_calendar
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, Invalid, fixed_clock, perform
from guanxi.platform.people.rights import SYSTEM

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CLOCK = fixed_clock(NOON)


def act(name: str, data: dict[str, object], who: object) -> CalendarYear:
    return perform(f"calendar.{name}", data, actor=who, clock=CLOCK).value


def the(day: date):  # type: ignore[no-untyped-def]
    return day_table(day, day)[day]


def test_a_loaded_year_is_published_and_the_journal_knows_its_days(cast) -> None:  # type: ignore[no-untyped-def]
    row = act("load_year", {"year": 2026}, cast.wu)
    fact = Fact.objects.get(kind="calendar.loaded")
    assert fact.data["published"] is True
    assert fact.data["days"]["2026-02-14"] == "work"
    assert fact.data["hours"] == []
    assert row.hours == [["09:00", "12:00"], ["13:00", "18:00"]]
    assert fact_number(row) == fact.seq
    assert row.loaded_at == NOON


def test_a_year_not_yet_published_is_estimated_until_the_notice_is_typed_in(cast) -> None:  # type: ignore[no-untyped-def]
    act("load_year", {"year": 2027}, cast.wu)
    assert the(date(2027, 10, 1)).source == "estimated"
    assert the(date(2027, 10, 1)).working
    act("load_year", {"year": 2027, "rest": [date(2027, 10, 1)], "work": [date(2027, 10, 9)]}, cast.wu)
    assert (the(date(2027, 10, 1)).working, the(date(2027, 10, 1)).source) == (False, "published")
    assert the(date(2027, 10, 9)).working
    assert [load["published"] for load in loads()] == [False, True]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"year": 2027, "rest": ["2026-10-01"]}, "有日期不在 2027 年内"),
        ({"year": 2027, "rest": ["2027-10-01"], "work": ["2027-10-01"]}, "同一天不能既放假又补班"),
        ({"year": 2027, "work": ["2027-10-09"]}, "只填了补班，没有填放假的日子"),
        ({"year": 1990}, "不能小于 2004"),
    ],
)
def test_a_notice_that_does_not_fit_is_told_in_words(cast, data, words) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid) as refused:
        act("load_year", data, cast.wu)
    assert words in [text.zh for texts in refused.value.errors.values() for text in texts]
    assert not Fact.objects.filter(kind="calendar.loaded").exists()


def test_the_companys_own_holiday_is_off_and_outlasts_a_new_notice(cast) -> None:  # type: ignore[no-untyped-def]
    day = date(2027, 6, 18)
    act("correct", {"day": day, "working": False, "reason": "公司成立纪念日"}, cast.wu)
    act("load_year", {"year": 2027, "rest": [date(2027, 10, 1)]}, cast.wu)
    held = the(day)
    assert (held.working, held.source, held.name.zh) == (False, "company", "公司成立纪念日")
    corrected = Fact.objects.get(kind="calendar.corrected")
    assert corrected.data == {
        "year": 2027,
        "day": "2027-06-18",
        "working": False,
        "was": True,
        "source": "company",
    }
    assert corrected.words.body == {"reason": "公司成立纪念日"}


def test_a_correction_changes_what_deadlines_are_counted_by(cast) -> None:  # type: ignore[no-untyped-def]
    friday = datetime(2026, 2, 13, 8, 0, tzinfo=UTC)
    act("load_year", {"year": 2026}, cast.wu)
    assert working_calendar().end_of_working_day_after(friday, 1) == datetime(2026, 2, 14, 10, tzinfo=UTC)
    act("correct", {"day": "2026-02-14", "working": False, "reason": "通知误读", "company": False}, cast.wu)
    assert working_calendar().end_of_working_day_after(friday, 1) == datetime(2026, 2, 24, 10, tzinfo=UTC)
    first = loads()[0]["seq"]
    assert working_calendar(first).working(date(2026, 2, 14)), "as it stood before the correction"
    assert the(date(2026, 2, 14)).source == "published"


def test_a_correction_that_changes_nothing_is_refused(cast) -> None:  # type: ignore[no-untyped-def]
    correct = {"day": "2026-11-24", "working": False, "reason": "消防演习"}
    act("correct", correct, cast.wu)
    with pytest.raises(Invalid, match=r"already|已经"):
        act("correct", correct, cast.wu)


def test_office_hours_hold_from_now_on_and_for_years_to_come(cast) -> None:  # type: ignore[no-untyped-def]
    keep_up(clock=CLOCK)
    act("set_hours", {"hours": ["8:30至11:30", "13:30 - 17:30"]}, cast.wu)
    assert working_calendar().hours[0][0].isoformat() == "08:30:00"
    assert CalendarYear.objects.get(year=2025).hours == [["09:00", "12:00"], ["13:00", "18:00"]]
    assert CalendarYear.objects.get(year=2027).hours == [["08:30", "11:30"], ["13:30", "17:30"]]
    monday = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    assert working_calendar().add_working_time(monday, timedelta(hours=3)) == datetime(
        2026, 11, 23, 3, 30, tzinfo=UTC
    )


def test_correcting_an_old_year_does_not_bring_its_hours_back(cast) -> None:  # type: ignore[no-untyped-def]
    keep_up(clock=CLOCK)
    act("set_hours", {"hours": ["08:30-17:30"]}, cast.wu)
    act("correct", {"day": "2025-11-24", "working": False, "reason": "消防演习"}, cast.wu)
    assert [opens.isoformat("minutes") for opens, _ in working_calendar().hours] == ["08:30"]


@pytest.mark.parametrize(
    "hours", [["12:00-09:00"], ["09:00-12:00", "11:00-18:00"], ["nine to five"], ["25:00-26:00"], []]
)
def test_hours_that_make_no_sense_are_refused(cast, hours) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid):
        act("set_hours", {"hours": hours}, cast.wu)


def test_only_who_keeps_the_calendar_may_change_it(cast) -> None:  # type: ignore[no-untyped-def]
    for who in (cast.lin, cast.wang, cast.chen, cast.zhou, cast.sun, None):
        with pytest.raises(Forbidden):
            act("load_year", {"year": 2026}, who)
    with pytest.raises(Forbidden):
        act("correct", {"day": "2026-11-24", "working": False, "reason": "x"}, SYSTEM)


def test_the_daily_job_loads_what_is_missing_and_nothing_twice(db: None) -> None:
    assert keep_up(clock=CLOCK) == [2025, 2026, 2027]
    assert keep_up(clock=CLOCK) == []
    assert [load["year"] for load in loads()] == [2025, 2026, 2027]
    assert [load["published"] for load in loads()] == [True, True, False]
    calendar = working_calendar()
    assert calendar.estimated(datetime(2026, 12, 4, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC))
    assert not calendar.estimated(datetime(2026, 1, 4, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC))


def test_the_daily_job_takes_over_a_year_published_since(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from guanxi.platform.calendar import actions, reads

    for module in (actions, reads):
        monkeypatch.setattr(module, "shipped_years", lambda: range(2004, 2026))
    keep_up(clock=CLOCK)
    assert not CalendarYear.objects.get(year=2026).published
    monkeypatch.undo()
    assert keep_up(clock=CLOCK) == [2026]
    assert CalendarYear.objects.get(year=2026).published


def test_a_span_over_years_is_read_with_one_query(cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    keep_up(clock=CLOCK)
    with django_assert_num_queries(1):
        table = day_table(date(2025, 12, 1), date(2027, 2, 1))
    assert len(table) == 428
