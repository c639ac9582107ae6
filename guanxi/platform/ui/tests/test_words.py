"""Words, times and figures as templates write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from guanxi.platform.kernel import Text
from guanxi.platform.ui import dates, icons, sparks, states
from guanxi.platform.ui.parts import word_diff

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, 10:00 in Shanghai


def render(source: str, **context: object) -> str:
    return Template("{% load t %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("moment", "zh", "en"),
    [
        (NOW, "刚刚", "just now"),
        (NOW - timedelta(minutes=25), "25 分钟前", "25 min ago"),
        (NOW - timedelta(hours=2), "今天 08:00", "today 08:00"),
        (NOW + timedelta(hours=4), "今天 14:00", "today 14:00"),
        (NOW + timedelta(hours=14), "明天 00:00", "tomorrow 00:00"),
        (NOW + timedelta(days=2), "后天 10:00", "Wed 10:00"),
        (NOW - timedelta(days=1), "昨天 10:00", "yesterday 10:00"),
        (NOW + timedelta(days=4), "周五 10:00", "Fri 10:00"),
        (NOW + timedelta(days=8), "下周二 10:00", "next Tue 10:00"),
        (NOW - timedelta(days=3), "3 天前", "3 days ago"),
        (NOW - timedelta(days=7), "11月16日", "16 Nov"),
        (NOW + timedelta(days=60), "2027年1月22日 10:00", "22 Jan 2027 10:00"),
        (date(2026, 11, 24), "明天", "tomorrow"),
        (date(2026, 11, 27), "周五", "Fri"),
    ],
)
def test_a_time_is_said_as_people_say_it(moment, zh, en):
    assert dates.said(moment, NOW) == Text(zh, en)


def test_a_time_in_a_diary_keeps_its_clock_also_when_it_has_just_passed() -> None:
    moment = NOW - timedelta(minutes=20)
    assert dates.said(moment, NOW) == Text("20 分钟前", "20 min ago")
    clock = f"{dates.local(moment):%H:%M}"
    assert dates.said(moment, NOW, planned=True) == Text(f"今天 {clock}", f"today {clock}")


def test_the_exact_time_is_on_hover_and_for_machines():
    html = render("{{ at|when:now }}", at=NOW - timedelta(days=3), now=NOW)
    assert 'title="2026年11月20日 周五 10:00"' in html
    assert 'datetime="2026-11-20T10:00+08:00"' in html
    assert "<span>3 天前</span>" in html


def test_overdue_speaks_only_once_the_deadline_has_passed():
    assert "逾期 2 小时" in render("{{ at|overdue:now }}", at=NOW - timedelta(hours=2), now=NOW)
    assert render("{{ at|overdue:now }}", at=NOW + timedelta(hours=2), now=NOW) == ""


@pytest.mark.parametrize(
    ("minutes", "zh"),
    [(5, "5 分钟"), (80, "1 小时 20 分"), (120, "2 小时"), (1500, "1 天 1 小时"), (4400, "3 天")],
)
def test_a_length_of_time_shows_its_two_largest_parts(minutes, zh):
    assert dates.span(timedelta(minutes=minutes)).zh == zh


def test_figures():
    assert render(
        "{{ n|number }} {{ m|money }} {{ p|percent }} {{ none|percent }}", n=1234567, m="1234.5", p=0.917
    ) == ("1,234,567 ¥1,234.50 92% –")


def test_t_fills_in_both_languages_and_escapes():
    source = '{% t "共 {n} 条" "{n} {n:row|rows}" n=n %}'
    assert render(source, n=1200) == "共 1,200 条"
    with translation.override("en"):
        assert render(source, n=1) == "1 row"
        assert render(source, n=3) == "3 rows"
    assert render('{% t "给{who}" "to {who}" who=who %}', who="<b>") == "给&lt;b&gt;"
    assert render('{% t "好" "Good" as word %}[{{ word }}]') == "[好]"
    assert render("{% t text %}", text=Text("甲<", "A<")) == "甲&lt;"


def test_t_without_a_value_for_its_placeholder_is_a_mistake_of_the_template():
    with pytest.raises(TemplateSyntaxError, match="no value for"):
        render('{% t "共 {n} 条" "{n} rows" %}')


def test_a_missing_icon_does_not_break_the_page(settings, tmp_path):
    settings.ICON_FOLDER = tmp_path
    assert icons.icon("no-such").startswith("<svg")
    assert icons.icon("../../etc/passwd").startswith("<svg")


def test_every_icon_of_a_state_is_in_the_list_that_set_up_copies():
    from pathlib import Path

    listed = set((Path(icons.__file__).parents[3] / "assets" / "icons.txt").read_text().split())
    assert {s.icon for s in states.all_states().values() if s.icon} <= listed


def test_every_icon_of_a_template_is_in_the_list_that_set_up_copies():
    import re
    from pathlib import Path

    root = Path(icons.__file__).parents[3]
    listed = set((root / "assets" / "icons.txt").read_text().split())
    used = {
        name
        for path in (root / "guanxi").rglob("templates/**/*.html")
        for name in re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text("utf-8"))
    }
    assert used <= listed


def test_an_unknown_state_is_shown_by_its_name():
    assert ">half-done</span>" in render('{% state "half-done" %}')


def test_a_difference_is_shown_in_words():
    assert word_diff("1 个工作日", "2 个工作日") == "<del>1</del><ins>2</ins> 个工作日"
    assert word_diff("<b>", "<i>") == "&lt;<del>b</del><ins>i</ins>&gt;"


def test_a_sparkline_has_words_and_no_inline_style():
    html = sparks.line([1, None, 3], label="上升", target=Decimal(2))
    assert 'aria-label="上升"' in html
    assert "style=" not in html
    assert sparks.line([]) == ""
