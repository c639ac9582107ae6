"""The year on screen: days that follow one another alike stand in one line."""

from __future__ import annotations

from datetime import date, timedelta

from guanxi.platform.calendar.china import Day, official_year
from guanxi.platform.calendar.web.pages import Cell, special_days


def lines(table: dict[date, Day]) -> list[tuple[str, str]]:
    return [
        (said.zh, said.en) for said in special_days(Cell(d, one, today=False) for d, one in table.items())
    ]


def test_a_holiday_is_one_line_and_a_make_up_day_another() -> None:
    found = lines(dict(official_year(2026)))
    assert found[:4] == [
        ("1月1日至3日 休息：元旦（已公布）", "1–3 January: off, New Year's Day (published)"),
        (
            "1月4日 上班：补元旦的班（已公布）",
            "4 January: worked, Make-up day for New Year's Day (published)",
        ),
        (
            "2月14日 上班：补春节的班（已公布）",
            "14 February: worked, Make-up day for Spring Festival (published)",
        ),
        ("2月15日至23日 休息：春节（已公布）", "15–23 February: off, Spring Festival (published)"),
    ]


def test_a_line_may_reach_into_the_next_month() -> None:
    rest = Day(False, "company")
    days = {date(2026, 3, 31) + timedelta(days=n): rest for n in range(2)}
    assert lines(days) == [("3月31日至4月1日 休息（公司自定）", "31 March–1 April: off (the company's own)")]
