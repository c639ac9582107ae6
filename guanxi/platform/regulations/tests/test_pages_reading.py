"""Given regulations and what became of them, when people read, then figures, evidence and reasons agree with the rows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from guanxi.platform.documents.fonts import FontsMissing, font_set
from guanxi.platform.kernel import Refused, fixed_clock, perform
from guanxi.platform.people.roles import ROLES
from guanxi.platform.regulations import attempts, figures, overview, packs, reads
from guanxi.platform.regulations.models import Obligation, StateTally
from guanxi.platform.regulations.periods import Month
from guanxi.platform.regulations.report import month_report
from guanxi.platform.ui.refusals import view_of

from . import pages_world
from .pages_world import DAY, NOON, browser, dim, light, put_in_force, tick

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MARCH = Month(2026, 3)
ALL = ("lin", "zhao", "wang", "chen", "zhou", "wu", "sun")


@pytest.fixture
def lamps(cast, monkeypatch):
    return put_in_force(monkeypatch)


@pytest.fixture
def lived(cast, lamps):
    """lin: one in time, one late, one missed; sun: one in time; lin tried twice with an unsteady hand."""
    for lamp in (1, 2, 3):
        light(cast.lin, lamp, remark=f"备注{lamp}")
    light(cast.sun, 4)
    dim(cast.lin, 1, at=NOON + HOUR)
    dim(cast.sun, 4, at=NOON + HOUR)
    tick(NOON + 3 * HOUR)
    dim(cast.lin, 2, at=NOON + 4 * HOUR)
    for minutes in (0, 5):
        with pytest.raises(Refused):
            dim(cast.lin, 3, at=NOON + 5 * HOUR + timedelta(minutes=minutes), steady=False)
    return lamps


def view(person, clause="R88.1"):
    from guanxi.platform.regulations.models import Version
    from guanxi.platform.regulations.packs import engine_version

    version = engine_version(Version.objects.get(regulation="R88"))
    return next(v for v in figures.clause_views(person, version, MARCH, NOON + DAY) if v.id == clause)


def text_of(response) -> str:
    """What stands on a page, without tags and with single blanks."""
    html = re.sub(r"<(script|style|head).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_duty_shows_in_time_late_missed_and_what_is_not_due(cast, lived) -> None:
    duty, measure = view(cast.chen).figures
    assert (duty.reading, [(p.label.en, p.count) for p in duty.parts]) == (
        "50%",
        [("late", 1), ("missed", 1), ("not yet due", 0)],
    )
    assert (measure.reading, measure.red, str(measure.target)) == ("50%", True, "90%")


def test_figures_are_cut_to_what_one_may_see(cast, lived) -> None:
    readings = {name: view(getattr(cast, name)).figures[0].reading for name in ALL}
    assert readings == {
        "lin": "33%", "sun": "100%", "wang": "33%", "chen": "50%", "zhou": "50%", "zhao": "–", "wu": "–",
    }  # fmt: skip


def test_a_measure_of_few_shows_the_count_and_a_gate_its_attempts(cast, lived) -> None:
    assert view(cast.sun).figures[1].reading == "1 / 1"
    gate = view(cast.chen, "R88.2").figures[0]
    assert [(p.label.en, p.count) for p in gate.parts] == [("passed", 3), ("refused", 2)]


def test_a_clause_without_a_control_says_so_and_a_guide_says_where(cast, lived, settings) -> None:
    page = text_of(browser(cast.chen, settings).get("/regulations/R88/?month=2026-03"))
    assert "R88.4 灯油另行规定 尚无控制" in page
    assert "显示在：关灯" in page
    assert "必填" in page or "灯" in page
    assert "时限 2 小时 源" in page
    assert "按时目标 90% 自定" in page


def test_departments_stand_side_by_side(cast, lived, settings) -> None:
    StateTally.objects.filter(person=cast.lin.pk).update(department=str(cast.team.pk))
    page = text_of(browser(cast.chen, settings).get("/regulations/R88/?month=2026-03&split=department"))
    assert "服务一组" in page
    assert "1/3" in page


def test_months_are_halved_to_their_first_fact(cast, lived) -> None:
    assert attempts.first_seq(NOON - 400 * DAY) == 1
    from guanxi.platform.journal.models import Fact

    last = Fact.objects.latest("seq")
    assert attempts.first_seq(last.recorded_at + HOUR) == last.seq + 1
    some = Fact.objects.get(seq=last.seq - 3)
    found = attempts.first_seq(some.recorded_at)
    assert Fact.objects.filter(recorded_at__lt=some.recorded_at).count() == found - 1


def test_the_list_has_figures_and_says_what_is_not_in_force(cast, lived, settings, monkeypatch) -> None:
    source = {"r89/clauses.yaml": "regulation: {id: R89, title: {zh: 油料制度, en: Oil}}\nclauses:\n"
                                  "  - {id: R89.1, kinds: [Guide], text: {zh: 省油, en: Save oil}}\n"}  # fmt: skip
    monkeypatch.setattr(
        packs,
        "shipped",
        lambda: {"R88": pages_world.SOURCE, "R89": source, "R90": {"r90/clauses.yaml": "nonsense: ["}},
    )
    client = browser(cast.chen, settings)
    page = text_of(client.get("/regulations/"))
    assert "R88 灯火制度 第 1 版" in page
    assert "R89 油料制度 未生效" in page
    assert "文本有误" in page
    rows = {g.code: g for g in overview.glances(cast.chen, NOON)}
    assert (rows["R88"].kept.on_time, rows["R88"].kept.late, rows["R88"].kept.missed) == (2, 1, 1)
    assert "省油" in text_of(client.get("/regulations/R89/"))
    assert "不能执行" in text_of(client.get("/regulations/R90/"))
    assert client.get("/regulations/R91/").status_code == 404


def test_evidence_lists_what_one_may_see_and_filters_by_state_month_and_person(cast, lived, settings) -> None:
    chen = browser(cast.chen, settings)
    whole = text_of(chen.get("/regulations/clauses/R88.1/"))
    assert whole.count("关灯 · 灯") == 4
    late = text_of(chen.get("/regulations/clauses/R88.1/?month=2026-03&state=late"))
    assert "关灯 · 灯2" in late
    assert "关灯 · 灯3" not in late
    of_sun = text_of(chen.get(f"/regulations/clauses/R88.1/?person={cast.sun.pk}&month=2026-03"))
    assert of_sun.count("关灯 · 灯") == 1
    assert text_of(browser(cast.sun, settings).get("/regulations/clauses/R88.1/")).count("关灯 · 灯") == 1
    assert chen.get("/regulations/clauses/R88.99/").status_code == 404


def test_refused_attempts_and_measure_lines_are_evidence_too(cast, lived, settings) -> None:
    chen = browser(cast.chen, settings)
    attempts_page = text_of(chen.get("/regulations/clauses/R88.2/?month=2026-03&control=steady"))
    assert attempts_page.count("已拒绝") == 2
    assert "林晓" in attempts_page
    lines = text_of(chen.get("/regulations/clauses/R88.1/?month=2026-03&control=in-time"))
    assert lines.count("孙外") == 1
    none = browser(cast.sun, settings).get("/regulations/clauses/R88.2/?month=2026-03&control=steady")
    assert "没有被拒绝的尝试" in text_of(none)


def test_why_names_the_facts_the_version_and_who_may_lift_it(cast, lived, settings) -> None:
    row = Obligation.objects.get(subject="2")
    page = text_of(browser(cast.lin, settings).get(f"/regulations/obligations/{row.pk}/"))
    for words in (
        "迟交",
        "R88.1",
        "第 1 版",
        "从事由发生",
        "2 小时内",
        "客户服务部经理",
        "备注2",
        "申请豁免",
        "开灯",
    ):
        assert words in page or words == "申请豁免", words
    assert "R88@1" not in page
    assert "备注： 备注2" in page  # under what it was asked for as
    assert not re.search(r"\d{4}-\d\d-\d\d", page)
    assert "年3月" in page


@pytest.mark.parametrize("name", ["sun", "zhao", "wu"])
def test_other_peoples_obligations_are_not_found(cast, lived, settings, name) -> None:
    row = Obligation.objects.get(subject="3")
    client = browser(getattr(cast, name), settings)
    assert client.get(f"/regulations/obligations/{row.pk}/").status_code == 404
    assert client.get("/regulations/obligations/nothing/").status_code == 404


@pytest.mark.parametrize(("name", "buttons"), [
    ("lin", {"关灯", "申请豁免"}),
    ("wang", {"关灯", "申请豁免", "暂停"}),
    ("chen", {"申请豁免"}),
])  # fmt: skip
def test_buttons_only_for_what_one_may_do(cast, lived, settings, name, buttons) -> None:
    row = Obligation.objects.get(subject="3")
    page = browser(getattr(cast, name), settings).get(f"/regulations/obligations/{row.pk}/")
    assert {str(do.label) for do in page.context["buttons"]} == buttons


def test_a_suspended_duty_offers_to_resume(cast, lived, settings) -> None:
    light(cast.lin, 5, at=NOON + DAY)
    row = Obligation.objects.get(subject="5")
    asked = {"obligation": row.pk, "reason": "停电"}
    perform("obligations.suspend", asked, actor=cast.wang, clock=fixed_clock(NOON + DAY + HOUR))
    page = browser(cast.wang, settings).get(f"/regulations/obligations/{row.pk}/")
    assert "恢复" in {str(do.label) for do in page.context["buttons"]}
    assert "停电" in text_of(page)


def test_texts_of_what_one_may_not_see_stay_away(cast, lamps, settings) -> None:
    light(cast.lin, 9, remark="机密")
    row = Obligation.objects.get(subject="9")
    page = text_of(browser(cast.chen, settings).get(f"/regulations/obligations/{row.pk}/"))
    assert "机密" not in page
    assert "无权查看" in page


def test_why_beside_a_button_asks_and_writes_nothing(cast, lived, settings) -> None:
    from guanxi.platform.journal.models import Fact

    before = Fact.objects.count()
    lin = browser(cast.lin, settings)
    beside = {"HX-Request": "true", "X-Drawer": "1"}
    refused = lin.get("/regulations/why/test.dim/?lamp=3&steady=false", headers=beside)
    assert "手不稳" in text_of(refused)
    assert "现在可以关灯" in text_of(lin.get("/regulations/why/test.dim/?lamp=3"))
    assert "先补齐" in text_of(lin.get("/regulations/why/test.dim/"))
    assert "权限" in text_of(browser(cast.wu, settings).get("/regulations/why/test.dim/?lamp=3"))
    assert lin.get("/regulations/why/no.such/").status_code == 404
    assert Fact.objects.count() == before


def test_a_percentage_says_what_it_was_computed_from(cast, lived, settings) -> None:
    chen = browser(cast.chen, settings)
    page = text_of(chen.get("/regulations/R88/figures/dimmed/?month=2026-03"))
    for words in ("50%", "按时 2", "迟 1", "漏 1", "第 1 版", "全公司", "判定至"):
        assert words in page, words
    assert "总数 4 符合 2" in text_of(chen.get("/regulations/R88/figures/in-time/?month=2026-03"))
    assert chen.get("/regulations/R88/figures/steady/").status_code == 404


def test_the_month_report_counts_and_names_exceptions(cast, lived, settings) -> None:
    report = month_report(cast.chen, lived, MARCH, NOON + DAY)
    duty = report.clauses[0]
    assert (duty.due, duty.on_time, duty.late, duty.missed) == (4, 2, 1, 1)
    assert [str(line) for line in report.uncontrolled] == ["R88.4 灯油另行规定"]
    assert [(c, who) for c, _, who in report.exceptions] == [("R88.1", "林晓"), ("R88.1", "林晓")]
    assert {str(what) for _, what, _ in report.exceptions} == {
        "03-05 关灯 · 灯2：迟办",
        "03-05 关灯 · 灯3：漏办",
    }
    try:
        font_set()
    except FontsMissing:
        pytest.skip("no PDF: the fonts that set-up fetches are not here")
    answer = browser(cast.chen, settings).get("/regulations/R88/report/?month=2026-03")
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "path", ["/regulations/", "/regulations/R88/", "/regulations/clauses/R88.1/", "/regulations/mine/"]
)
@pytest.mark.parametrize("name", ALL)
def test_everybody_reads_the_regulations(cast, lived, settings, name, path) -> None:
    assert browser(getattr(cast, name), settings).get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/regulations/", "/regulations/R88/?month=2026-03", "/regulations/clauses/R88.1/"]
)
def test_the_number_of_queries_does_not_grow_with_the_rows(cast, lived, settings, path) -> None:
    client = browser(cast.chen, settings)
    client.get(path)
    with CaptureQueriesContext(connection) as before:
        client.get(path)
    for lamp in range(110, 130):
        light(cast.lin, lamp, at=NOON + 6 * HOUR)
    with CaptureQueriesContext(connection) as after:
        client.get(path)
    assert len(after) == len(before)
    assert len(after) < 40


def test_english_says_the_same(cast, lived, settings) -> None:
    cast.chen.language = "en"
    cast.chen.save()
    client = browser(cast.chen, settings)
    assert "In time 50%" in text_of(client.get("/regulations/R88/?month=2026-03"))
    row = Obligation.objects.get(subject="2")
    page = text_of(client.get(f"/regulations/obligations/{row.pk}/"))
    assert "within 2 h after" in page.lower()


def test_reads_know_a_sample_for_every_page(cast, lived) -> None:
    assert reads.any_clause() == {"clause": "R88.1"}
    assert reads.any_control() == {"regulation": "R88", "control": "dimmed"}


def test_a_refusal_names_whose_remedy_it_is_and_who_may_make_an_exception(cast, monkeypatch) -> None:
    by_role = pages_world.PACK.replace(
        "remedy: {action: test.light, by: actor,", "remedy: {action: test.light, by: role(general_manager),"
    ).replace("waiver: {by: service_manager}", "waiver: {by: general_manager}")
    monkeypatch.setattr(pages_world, "SOURCE", {**pages_world.SOURCE, "r88/pack.yaml": by_role})
    put_in_force(monkeypatch)
    with pytest.raises(Refused) as refused:
        dim(cast.lin, 1, at=NOON, steady=False)
    (reason,) = refused.value.failures
    assert (reason.remedy_by, reason.waivable_by) == (ROLES["general_manager"], ROLES["general_manager"])
    said = {
        language: " ".join(re.sub(r"<[^>]+>", " ", whole).split())
        for language in ("zh-hans", "en")
        for whole in [rendered(refused.value, language)]
    }
    assert "手不稳" in said["zh-hans"]
    assert "再试：总经理" in said["zh-hans"]
    assert "谁可以例外批准： 总经理" in said["zh-hans"]
    assert "Try again: General manager" in said["en"]
    assert "Who may make an exception: General manager" in said["en"]


def rendered(refused: Refused, language: str) -> str:
    with translation.override(language):
        return render_to_string("ui/refusal.html", {"refusal": view_of(refused)})
