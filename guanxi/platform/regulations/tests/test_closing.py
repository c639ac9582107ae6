"""Given months that end, when time passes, then their figures are frozen once and later arrivals stand beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guanxi.platform.documents.fonts import FontsMissing, font_set
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, fixed_clock, perform
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.regulations import figures, ticking
from guanxi.platform.regulations.models import EngineState, FrozenFigure, Obligation
from guanxi.platform.regulations.periods import Month
from guanxi.platform.regulations.replay import differences
from guanxi.platform.regulations.report import month_report

from .pages_world import DAY, NOON, browser, dim, light, put_in_force, tick
from .test_pages_reading import text_of

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MARCH = Month(2026, 3)
END = MARCH.end.astimezone(UTC)


@pytest.fixture
def lamps(cast, monkeypatch):
    """R88 in force since 4 March; lin: one lamp in time, one late, one missed; sun: one in time."""
    version = put_in_force(monkeypatch)
    for lamp in (1, 2, 3):
        light(cast.lin, lamp)
    light(cast.sun, 4)
    dim(cast.lin, 1, at=NOON + HOUR)
    dim(cast.sun, 4, at=NOON + HOUR)
    tick(NOON + 3 * HOUR)
    dim(cast.lin, 2, at=NOON + 4 * HOUR)
    return version


def frozen(control: str, **whose: str | None) -> dict[str, int]:
    """The frozen sums that are not 0."""
    whose = {"person": None, "department": None, **whose}
    row = FrozenFigure.objects.get(control=control, period="2026-03", **whose)
    return {name: n for name, n in row.figures.items() if n}


def figure(person, control: str, month: Month = MARCH, now: datetime = END + 5 * DAY):
    from guanxi.platform.regulations.models import Version
    from guanxi.platform.regulations.packs import engine_version

    version = engine_version(Version.objects.get(regulation="R88"))
    views = figures.clause_views(person, version, month, now)
    return next(f for view in views for f in view.figures if f.control == control)


def test_a_month_is_frozen_as_soon_as_it_is_over_and_what_fell_due_in_it_is_judged(cast, lamps) -> None:
    light(cast.lin, 5, at=END - 8 * HOUR)
    tick(END - MINUTE)
    assert not FrozenFigure.objects.exists()
    tick(END + MINUTE)
    closed = Fact.objects.get(kind="norms.period_closed")
    assert (closed.happened_at, closed.data["period"]) == (END, "2026-03")
    assert closed.data["up_to"] == closed.seq - 1
    assert frozen("R88/dimmed") == {"on_time": 2, "late": 1, "missed": 2}
    assert frozen("R88/in-time") == {"counted": 5, "hit": 2}
    lin = frozen("R88/dimmed", person=str(cast.lin.pk), department="")
    assert lin == {"on_time": 1, "late": 1, "missed": 2}
    assert frozen("R88/in-time", person=str(cast.sun.pk), department="") == {"counted": 1, "hit": 1}
    assert frozen("R88/in-time", department="") == {"counted": 5, "hit": 2}
    assert differences() == []


def test_a_late_fact_stands_in_the_addendum_and_never_in_the_frozen_figure(cast, lamps, settings) -> None:
    tick(END + MINUTE)
    before = frozen("R88/dimmed")
    dim(cast.lin, 3, at=END + 9 * HOUR)
    perform(
        "test.light", {"lamp": 6}, actor=cast.lin, clock=fixed_clock(END + 9 * HOUR), happened_at=END - DAY
    )
    tick(END + 10 * HOUR)
    assert frozen("R88/dimmed") == before == {"on_time": 2, "late": 1, "missed": 1}
    duty, share = figure(cast.chen, "R88/dimmed"), figure(cast.chen, "R88/in-time")
    assert (duty.reading, share.reading, duty.frozen) == ("50%", "50%", True)
    assert str(duty.after) == "定稿后：迟 +1，计入后为 40%"
    assert duty.after.en == "after closing: late +1; would be 40%"
    assert str(share.after) == "定稿后：总数 +1，计入后为 40%"
    page = text_of(browser(cast.chen, settings).get("/regulations/R88/?month=2026-03"))
    assert "按时 50% 已定稿" in page
    assert "定稿后：迟 +1，计入后为 40%" in page
    split = text_of(browser(cast.chen, settings).get("/regulations/R88/?month=2026-03&split=department"))
    assert "定稿后：迟 +1，计入后为 40%" in split
    assert "定稿后：总数 +1，计入后为 40%" in split
    assert differences() == []


def test_each_sees_the_frozen_figures_of_whom_they_may_see(cast, lamps) -> None:
    tick(END + MINUTE)
    readings = {
        n: figure(getattr(cast, n), "R88/dimmed").reading for n in ("lin", "sun", "wang", "chen", "zhao")
    }
    assert readings == {"lin": "33%", "sun": "100%", "wang": "33%", "chen": "50%", "zhao": "–"}
    perform("test.light", {"lamp": 7}, actor=cast.zhao, clock=fixed_clock(END + HOUR), happened_at=END - DAY)
    tick(END + 2 * HOUR)
    zhao = figure(cast.zhao, "R88/dimmed")
    assert (zhao.reading, zhao.kept.due) == ("–", 0)
    assert str(zhao.after) == "定稿后：漏 +1，计入后为 0%"


def test_why_explains_the_frozen_figure_and_what_came_after(cast, lamps, settings) -> None:
    tick(END + MINUTE)
    chen = browser(cast.chen, settings)
    closed = Fact.objects.get(kind="norms.period_closed")
    page = text_of(chen.get("/regulations/R88/figures/dimmed/?month=2026-03"))
    assert f"按第 {closed.data['up_to']} 号事实以前的记录计算" in page
    assert "定稿以后" not in page
    dim(cast.lin, 3, at=END + 9 * HOUR)
    page = text_of(chen.get("/regulations/R88/figures/dimmed/?month=2026-03"))
    assert "按时 2 迟 1 漏 1" in page
    assert "定稿以后 定稿后：迟 +1、漏 −1，计入后为 50%" in page
    assert "按时 2 迟 2 漏 0" in page
    cast.chen.language = "en"
    cast.chen.save()
    page = text_of(chen.get("/regulations/R88/figures/in-time/?month=2026-03"))
    assert "This period is frozen" in page


def test_the_month_report_prints_the_frozen_figures_and_the_addendum(cast, lamps, settings) -> None:
    tick(END + MINUTE)
    dim(cast.lin, 3, at=END + 9 * HOUR)
    report = month_report(cast.chen, lamps, MARCH, END + DAY)
    duty = report.clauses[0]
    assert (duty.late, duty.missed, str(duty.after)) == (1, 1, "定稿后：迟 +1、漏 −1，计入后为 50%")
    assert (report.frozen, report.up_to_fact) == (
        True,
        Fact.objects.get(kind="norms.period_closed").data["up_to"],
    )
    assert not month_report(cast.chen, lamps, MARCH.shift(1), END + DAY).frozen
    try:
        font_set()
    except FontsMissing:
        pytest.skip("no PDF: the fonts that set-up fetches are not here")
    answer = browser(cast.chen, settings).get("/regulations/R88/report/?month=2026-03")
    assert answer.content.startswith(b"%PDF")


def test_several_months_are_closed_in_order_each_at_its_end(cast, lamps) -> None:
    tick(Month(2026, 6).start + HOUR)
    closed = Fact.objects.filter(kind="norms.period_closed").order_by("seq")
    assert [(f.data["period"], f.happened_at) for f in closed] == [
        (label, Month.read(label, NOON).end) for label in ("2026-03", "2026-04", "2026-05")
    ]
    assert (
        EngineState.objects.get(name="closed").document["at"]
        == Month(2026, 6).start.astimezone(UTC).isoformat()
    )
    assert figure(cast.chen, "R88/dimmed", Month(2026, 4)).reading == "–"
    assert differences() == []


def test_a_second_scheduler_freezes_nothing_twice(cast, lamps, monkeypatch) -> None:
    tick(END + MINUTE)
    before = (Fact.objects.count(), FrozenFigure.objects.count())
    tick(END + MINUTE)
    # The other one saw the month still open and comes second.
    again = {"actor": SYSTEM, "clock": fixed_clock(END + MINUTE), "key": "close:2026-03"}
    assert perform("norms.close_period", {"month": "2026-03"}, **again).replayed
    assert (Fact.objects.count(), FrozenFigure.objects.count()) == before
    for month in ("2026-03", "2026-04", "2026-05"):
        with pytest.raises(Conflict, match="还不能定稿"):
            perform("norms.close_period", {"month": month}, actor=SYSTEM, clock=fixed_clock(END + DAY))
    assert (Fact.objects.count(), FrozenFigure.objects.count()) == before


def test_where_nothing_is_in_force_nothing_is_closed(cast) -> None:
    tick(END + DAY)
    assert not Fact.objects.filter(kind__startswith="norms.").exists()


def test_replay_finds_a_frozen_figure_that_was_changed(cast, lamps) -> None:
    tick(END + MINUTE)
    row = FrozenFigure.objects.get(control="R88/dimmed", person=None, department=None)
    FrozenFigure.objects.filter(pk=row.pk).update(figures={**row.figures, "missed": 0})
    assert {d.what for d in differences()} == {"frozen figures"}


def test_what_is_due_again_at_a_ticked_instant_waits_for_the_next_and_is_all_judged(
    cast, lamps, monkeypatch
) -> None:
    monkeypatch.setattr(ticking, "PORTION", 3)
    at = NOON + DAY
    light(cast.lin, 9, at=at - 2 * HOUR - MINUTE)
    tick(at)
    for lamp in range(10, 15):
        light(cast.lin, lamp, at=at)
    Obligation.objects.filter(state="open").update(next_at=at - HOUR)
    due = Obligation.objects.filter(next_at__lte=at)
    assert due.count() == 5
    ticks = Fact.objects.filter(kind="norms.ticked")
    known = ticks.count()
    tick(at)  # the clock has not moved: nothing can be judged, and nothing is written
    assert (due.count(), ticks.count()) == (5, known)
    tick(at + MINUTE)
    assert due.count() == 0
    assert ticks.latest("seq").happened_at == at + timedelta(microseconds=1)
