"""Given quiet hours of the company and of a person, when it is asked when mail may go, then the working calendar counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from guanxi.platform.kernel import Forbidden, Invalid, fixed_clock, perform
from guanxi.platform.messages.models import QuietHours
from guanxi.platform.messages.quiet import LOOKED_AHEAD, Quiet, length, quiet_of, quiet_until, span_of
from guanxi.platform.people.tests.cast import Cast

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Quiet((time(21), time(8)), rest_days=True)
NOON = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)  # a Monday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def weekday(day: date) -> bool:
    return day.weekday() < 5


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-09 20:59", "2026-03-09 20:59"),
        ("2026-03-09 21:00", "2026-03-10 08:00"),
        ("2026-03-10 00:00", "2026-03-10 08:00"),
        ("2026-03-10 07:59", "2026-03-10 08:00"),
        ("2026-03-10 08:00", "2026-03-10 08:00"),
        ("2026-03-13 22:00", "2026-03-16 08:00"),  # Friday night: over the week-end
        ("2026-03-14 12:00", "2026-03-16 08:00"),
    ],
)
def test_the_night_and_days_off(now: str, until: str) -> None:
    assert NIGHT.ends(at(now), weekday, SHANGHAI) == at(until)


def test_hours_within_a_day_and_none_at_all() -> None:
    rest = Quiet((time(12), time(13, 30)))
    assert rest.ends(at("2026-03-09 12:30"), weekday, SHANGHAI) == at("2026-03-09 13:30")
    assert rest.ends(at("2026-03-09 13:30"), weekday, SHANGHAI) == at("2026-03-09 13:30")
    assert Quiet().ends(at("2026-03-14 02:00"), weekday, SHANGHAI) == at("2026-03-14 02:00")


def test_until_a_moment_then_the_hours_again() -> None:
    away = Quiet((time(21), time(8)), until=at("2026-03-12 23:00"))
    assert away.ends(at("2026-03-09 12:00"), weekday, SHANGHAI) == at("2026-03-13 08:00")


def test_where_nobody_ever_works_it_ends_some_day() -> None:
    now = at("2026-03-09 12:00")
    assert NIGHT.ends(now, lambda day: False, SHANGHAI) == now + LOOKED_AHEAD


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("21:00-08:00", (time(21), time(8))),
        ("12:00 – 13:30", (time(12), time(13, 30))),
        ("21：00至08：00", (time(21), time(8))),
        ("21:00-21:00", None),
        ("24:00-08:00", None),
        ("9-5", None),
        ("", None),
    ],
)
def test_hours_as_they_are_written(text: str, span: object) -> None:
    assert span_of(text) == span


def test_how_long_they_last() -> None:
    assert length((time(21), time(8))) == timedelta(hours=11)
    assert length((time(12), time(13, 30))) == timedelta(hours=1.5)


def do(name: str, who: object, when: datetime = NOON, **data: object) -> object:
    return perform(name, data, actor=who, clock=fixed_clock(when)).value


@pytest.mark.django_db
def test_the_companys_hours_hold_with_its_calendar(cast: Cast) -> None:
    ids = [cast.lin.pk]
    assert quiet_until(ids, NOON) == {}
    # The Spring Festival of 2026 is 15 to 23 February; the 28th is a Saturday that is worked.
    assert quiet_until(ids, at("2026-02-16 12:00")) == {cast.lin.pk: at("2026-02-24 08:00")}
    assert quiet_until(ids, at("2026-02-28 12:00")) == {}
    do("people.change_setting", cast.wu, key="mail.quiet_rest_days", value="false")
    do("people.change_setting", cast.wu, key="mail.quiet_hours", value="22:00-07:00")
    assert quiet_until(ids, at("2026-02-16 12:00")) == {}
    assert quiet_until(ids, at("2026-02-16 22:30")) == {cast.lin.pk: at("2026-02-17 07:00")}
    do("people.change_setting", cast.wu, key="mail.quiet_hours", value="")
    assert quiet_until(ids, at("2026-02-16 22:30")) == {}
    with pytest.raises(Invalid) as wrong:
        do("people.change_setting", cast.wu, key="mail.quiet_hours", value="nachts")
    assert "21:00-08:00" in wrong.value.text.zh
    with pytest.raises(Forbidden):
        do("people.change_setting", cast.lin, key="mail.quiet_hours", value="")


@pytest.mark.django_db
def test_a_person_has_own_hours_within_what_the_company_allows(cast: Cast) -> None:
    def refused(**data: object) -> str:
        with pytest.raises(Invalid) as wrong:
            do("messages.set_quiet_hours", cast.lin, **data)
        return wrong.value.text.zh

    do("messages.set_quiet_hours", cast.lin, since="19:00", until="09:00", rest_days="mail")
    ids = [cast.lin.pk, cast.zhao.pk]
    assert quiet_until(ids, at("2026-03-14 12:00")) == {cast.zhao.pk: at("2026-03-16 08:00")}
    assert quiet_until(ids, at("2026-03-09 20:00")) == {cast.lin.pk: at("2026-03-10 09:00")}
    assert "最长 14 小时" in refused(since="18:00", until="09:00")
    assert "都要填" in refused(since="18:00")
    assert "不能与开始相同" in refused(since="18:00", until="18:00")
    do("people.change_setting", cast.wu, key="mail.own_quiet_hours", value="0")
    assert quiet_of(ids)[cast.lin.pk].hours == (time(21), time(8)), (
        "the company changed its mind: its hours hold"
    )
    assert "公司统一规定" in refused(since="21:00", until="08:00")
    do("messages.set_quiet_hours", cast.lin)
    assert not quiet_of(ids)[cast.lin.pk].own


@pytest.mark.django_db
def test_do_not_disturb_until(cast: Cast) -> None:
    until = NOON + timedelta(days=3)
    do("messages.do_not_disturb", cast.lin, until=until.isoformat())
    assert quiet_until([cast.lin.pk, cast.zhao.pk], NOON) == {cast.lin.pk: until}
    for wrong, said in ((NOON, "以后的时间"), (NOON + timedelta(days=15), "最长 14 天")):
        with pytest.raises(Invalid) as refused:
            do("messages.do_not_disturb", cast.lin, until=wrong.isoformat())
        assert said in refused.value.text.zh
    do("messages.do_not_disturb", cast.lin)
    assert quiet_until([cast.lin.pk], NOON) == {}
    assert QuietHours.objects.get().person == cast.lin
