"""Given a regulation in force, when its next version is drafted, compared, tried and submitted, then by the rules only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from guanxi.platform.approvals.models import Approval
from guanxi.platform.kernel import Conflict, Forbidden, fixed_clock, perform
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Obligation, Regulation, Version, WaiverRequest
from guanxi.platform.regulations.trying import try_value

from .pages_world import CLAUSES, DAY, NOON, PACK, SOURCE, browser, dim, light, put_in_force, tick
from .test_pages_reading import text_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
KEY = "a" * 32


@pytest.fixture
def lamps(cast, monkeypatch):
    return put_in_force(monkeypatch)


@pytest.fixture
def draft(cast, lamps):
    return perform("regulations.draft", {"regulation": "R88"}, actor=cast.wang).value


def test_a_draft_begins_on_its_page_and_shows_parameters_with_origin(cast, lamps, settings) -> None:
    wang = browser(cast.wang, settings)
    answer = wang.post("/regulations/R88/draft/", {"source": "current", "_key": KEY})
    assert answer.status_code == 302
    made = Version.objects.get(state="draft")
    assert answer.url == f"/regulations/versions/{made.pk}/"
    page = text_of(wang.get(answer.url))
    for words in ("草稿", "时限", "2 小时", "源", "自定", "没有差异", "提交审批"):
        assert words in page, words


def test_a_parameter_is_changed_within_its_bounds_and_the_difference_is_said(cast, draft, settings) -> None:
    wang = browser(cast.wang, settings)
    url = f"/regulations/versions/{draft.pk}/parameters/dim_within/"
    assert "2h" in wang.get(url).content.decode()
    wrong = wang.post(url, {"value": "9d", "_key": KEY})
    assert wrong.status_code == 422
    assert "不大于 3d" in text_of(wrong)
    assert wang.post(url, {"value": "3h", "_key": "b" * 32}).status_code == 302
    assert "“时限”由 2 小时改为 3 小时" in text_of(wang.get(f"/regulations/versions/{draft.pk}/"))
    assert wang.get(f"/regulations/versions/{draft.pk}/parameters/nothing/").status_code == 404


def test_a_faulty_text_is_refused_with_file_and_line_and_nothing_is_lost(cast, draft, settings) -> None:
    wang = browser(cast.wang, settings)
    url = f"/regulations/versions/{draft.pk}/text/?file=r88/pack.yaml"
    assert "lamp.lit" in wang.get(url).content.decode()
    faulty = PACK.replace("trigger: lamp.lit", "trigger: lamp.lost")
    answer = wang.post(url, {"text": faulty, "_key": KEY})
    assert answer.status_code == 422
    assert "r88/pack.yaml:" in text_of(answer)
    assert "lamp.lost" in answer.content.decode()
    assert wang.post(url, {"text": PACK.replace("手不稳", "手抖"), "_key": "b" * 32}).status_code == 302


def test_submitted_with_the_difference_and_the_approval_links_back(cast, draft, settings) -> None:
    perform(
        "regulations.set_parameter",
        {"version": draft.pk, "parameter": "dim_within", "value": "3h"},
        actor=cast.wang,
    )
    wang = browser(cast.wang, settings)
    url = f"/regulations/versions/{draft.pk}/submit/"
    assert "由 2 小时改为 3 小时" in text_of(wang.get(url))
    assert wang.post(url, {"transition": "keep", "_key": KEY}).status_code == 302
    page = text_of(browser(cast.chen, settings).get(f"/regulations/versions/{draft.pk}/"))
    assert "待批准" in page
    assert "总经理" in page
    approval = Approval.objects.get(kind="regulation_version")
    assert approval.declared.url(Version.objects.get(pk=draft.pk)) == f"/regulations/versions/{draft.pk}/"
    assert "第 2 版正在办理" in text_of(browser(cast.lin, settings).get("/regulations/R88/"))


@pytest.mark.parametrize("name", ["lin", "zhao", "sun", "zhou", "wu", "chen"])
def test_only_the_drafter_drafts(cast, draft, settings, name) -> None:
    client = browser(getattr(cast, name), settings)
    for path in ("text/", "submit/", "parameters/dim_within/"):
        assert client.get(f"/regulations/versions/{draft.pk}/{path}").status_code == 403
    assert client.get("/regulations/R88/draft/").status_code == 403
    page = client.get(f"/regulations/versions/{draft.pk}/")
    assert page.status_code == 200
    assert "/parameters/" not in page.content.decode()


def test_a_newer_text_that_ships_is_shown_and_takes_no_effect(cast, lamps, settings, monkeypatch) -> None:
    newer = {**SOURCE, "r88/clauses.yaml": CLAUSES.replace("开灯要按时关", "开灯要及时关")}
    monkeypatch.setattr(packs, "shipped", lambda: {"R88": newer})
    wang = browser(cast.wang, settings)
    assert "新的文本" in text_of(wang.get("/regulations/R88/"))
    page = text_of(wang.get("/regulations/R88/shipped/"))
    assert "条款 R88.1 改为：开灯要及时关" in page
    assert "以此起草" in page
    assert Version.objects.count() == 1


def test_a_discarded_draft_is_gone_from_the_strip(cast, draft, settings) -> None:
    wang = browser(cast.wang, settings)
    url = f"/do/regulations.discard/?version={draft.pk}"
    wang.post(url, {"version": draft.pk, "_key": KEY})
    assert Version.objects.get(pk=draft.pk).state == "withdrawn"
    assert "第 2 版" not in text_of(wang.get("/regulations/R88/"))


# Starting ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def ships(cast, lamps, monkeypatch):
    """R88 is in force; R89 and R90 ship and nobody has begun them."""

    def text(code: str) -> dict[str, str]:
        head = f"regulation: {{id: {code}, title: {{zh: 制度{code}, en: Rules {code}}}}}\nclauses:\n"
        return {
            f"{code}/clauses.yaml": f"{head}  - {{id: {code}.1, kinds: [Guide], text: {{zh: 文, en: text}}}}\n"
        }

    found = {"R88": SOURCE, "R89": text("R89"), "R90": text("R90")}
    monkeypatch.setattr(packs, "shipped", lambda: found)
    return found


@pytest.mark.parametrize("name", ["wang", "wu"])
def test_all_that_ship_are_submitted_at_once_also_by_the_administrator(cast, ships, settings, name) -> None:
    client = browser(getattr(cast, name), settings)
    assert "R89 制度R89" in text_of(client.get("/regulations/start/"))
    assert client.post("/regulations/start/", {"_key": KEY}).status_code == 302
    states = dict(Version.objects.values_list("regulation", "state"))
    assert states == {"R88": "in_force", "R89": "submitted", "R90": "submitted"}
    assert Approval.objects.filter(kind="regulation_version", state="waiting").count() == 2
    assert client.post("/regulations/start/", {"_key": "b" * 32}).status_code == 409


def test_the_administrator_submits_only_what_is_untouched(cast, ships) -> None:
    perform("regulations.draft", {"regulation": "R89"}, actor=cast.wang)
    made = Version.objects.get(regulation="R89")
    with pytest.raises(Forbidden):
        perform("regulations.submit", {"version": made.pk}, actor=cast.wu)
    with pytest.raises(Forbidden):
        perform("regulations.submit_all", {}, actor=cast.lin)


def test_one_faulty_text_submits_none(cast, ships, monkeypatch) -> None:
    monkeypatch.setattr(packs, "shipped", lambda: {**ships, "R90": {"R90/clauses.yaml": "clauses: ["}})
    with pytest.raises(Conflict):
        perform("regulations.submit_all", {}, actor=cast.wang)
    assert Regulation.objects.count() == 1


# What if ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def lived(cast, lamps):
    """One dimmed after one hour, one after four, one never."""
    for lamp in (1, 2, 3):
        light(cast.lin, lamp)
    dim(cast.lin, 1, at=NOON + HOUR)
    tick(NOON + 3 * HOUR)
    dim(cast.lin, 2, at=NOON + 4 * HOUR)
    tick(NOON + DAY)
    return lamps


def test_the_unchanged_value_gives_what_was_recorded(cast, lived) -> None:
    trial = try_value(packs.engine_version(lived), "dim_within", "2h", 30, NOON + DAY)
    assert (trial.before, len(trial.results), trial.deadlines) == (trial.after, 0, 0)
    assert (trial.before.on_time, trial.before.late, trial.before.missed) == (1, 1, 1)


def test_a_longer_time_would_have_meant_fewer_late(cast, lived) -> None:
    trial = try_value(packs.engine_version(lived), "dim_within", "5h", 30, NOON + DAY)
    assert (trial.after.on_time, trial.after.late, trial.after.missed) == (2, 0, 1)
    assert [t.recorded.subject for t in trial.results if t.recorded] == ["2"]
    assert trial.deadlines == 2


def test_the_page_says_what_it_stands_on_and_changes_nothing(cast, lived, settings, monkeypatch) -> None:
    from guanxi.platform.regulations.web import trying as web

    monkeypatch.setattr(web, "system_clock", lambda: NOON + DAY)
    before = list(Obligation.objects.order_by("pk").values())
    wang = browser(cast.wang, settings)
    page = text_of(wang.get("/regulations/R88/try/dim_within/?value=5h&days=30"))
    for words in ("若为 5 小时", "依据第", "号事实", "灯2", "据此起草新版本"):
        assert words in page, words
    assert "请填写时长" in text_of(wang.get("/regulations/R88/try/dim_within/"))
    assert wang.get("/regulations/R88/try/dim_within/?value=99d").status_code == 422
    assert wang.get("/regulations/R88/try/nothing/").status_code == 404
    assert list(Obligation.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("name", "status"), [("lin", 403), ("zhao", 403), ("wu", 403), ("chen", 200), ("zhou", 200)]
)
def test_who_may_try(cast, lived, settings, name, status) -> None:
    assert (
        browser(getattr(cast, name), settings).get("/regulations/R88/try/dim_within/").status_code == status
    )


# Exceptions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(cast, lamps):
    light(cast.lin, 1)
    row = Obligation.objects.get()
    perform(
        "obligations.ask_waiver",
        {"obligation": row.pk, "reason": "停电了"},
        actor=cast.lin,
        clock=fixed_clock(NOON),
    )
    return WaiverRequest.objects.get()


def test_waivers_stand_with_who_asked_and_who_gave_them(cast, asked, settings) -> None:
    wang = browser(cast.wang, settings)
    page = text_of(wang.get("/regulations/exceptions/"))
    for words in ("R88.1", "待批准", "林晓", "停电了", "灯1"):
        assert words in page, words
    approval = Approval.objects.get(pk=asked.approval_id)
    assert approval.words.zh.startswith("豁免：")
    assert approval.words.zh.endswith(" · 灯1")
    assert approval.words.en.startswith("Waiver: ")
    decision = {"approval": approval.pk, "decision": "approve", "content_hash": approval.content_hash}
    perform("approvals.decide", decision, actor=cast.wang)
    page = text_of(wang.get("/regulations/exceptions/?clause=R88.1&outcome=approved"))
    assert "已批准" in page
    assert "王敏" in page
    why = text_of(browser(cast.lin, settings).get(f"/regulations/obligations/{asked.obligation_id}/"))
    assert "王敏 决定" in why
    assert "没有符合条件的记录" in text_of(wang.get("/regulations/exceptions/?outcome=refused"))


@pytest.mark.parametrize(
    ("name", "sees"),
    [("lin", True), ("wang", True), ("chen", True), ("zhou", True), ("sun", False), ("zhao", False)],
)
def test_who_sees_which_waiver(cast, asked, settings, name, sees) -> None:
    page = browser(getattr(cast, name), settings).get("/regulations/exceptions/")
    assert ("停电了" in text_of(page)) is sees


def test_what_stands_still_is_listed(cast, asked, settings) -> None:
    perform(
        "obligations.suspend",
        {"obligation": asked.obligation_id, "reason": "等电"},
        actor=cast.wang,
        clock=fixed_clock(NOON),
    )
    page = text_of(browser(cast.wang, settings).get("/regulations/exceptions/?show=suspended"))
    assert re.search(r"关灯 · 灯1\s*暂停", page)


# Guides -------------------------------------------------------------------------------------------------------------


def test_guides_in_force_show_at_their_place_and_nowhere_else(cast, lamps, rf) -> None:
    from django.template import Context, Template

    request = rf.get("/")
    request.user = cast.lin
    source = '{% load regulations %}{% guides "test.dim" %}|{% guides "test.light" %}'
    shown, none = Template(source).render(Context({"request": request, "now": NOON})).split("|")
    assert "先看灯，再关灯" in shown
    assert "R88.3" in shown
    assert none.strip() == ""
    before = Template(source).render(Context({"request": request, "now": NOON - 9 * DAY}))
    assert "先看灯" not in before
