"""A form from an action's typed input: what is asked, what goes to pydantic, what comes back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from pydantic import model_validator

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Bad,
    Conflict,
    Forbidden,
    Reason,
    Refused,
    Result,
    Text,
    ask,
)
from guanxi.platform.ui import act, registry
from guanxi.platform.ui.forms import ActionForm, asked_fields
from guanxi.platform.ui.registry import Option


class Plan(Action):
    name = "ui_tests.plan"
    label = Text("安排拜访", "Plan a visit")
    permission = "x"

    class Input(ActionInput):
        visit: int = ask("拜访", "Visit", widget="hidden")
        goal: str = ask("目标", "Goal", min_length=2, max_length=40)
        starts: datetime = ask("开始", "Starts")
        amount: Decimal | None = ask("金额", "Amount", None, widget="money")
        way: Literal["on_site", "phone"] = ask("方式", "Way", "on_site", widget="chips")
        topics: list[str] = ask(
            "话题", "Topics", [], choices=[("need", Text("需求", "Need")), ("price", Text("价格", "Price"))]
        )
        next_day: date | None = ask("下次", "Next", None)
        host: int | None = ask("接待人", "Host", None, widget="pick", of="ui_test_person")
        urgent: bool = ask("加急", "Urgent", False)

        @model_validator(mode="after")
        def _price_needs_amount(self):
            if "price" in self.topics and self.amount is None:
                raise Bad("谈价格须填金额", "A price needs an amount")
            return self


def sent(**values):
    request = RequestFactory().post("/", values)
    request.user = None
    return ActionForm(Plan(), request, fixed={"visit": 7})


def blank(**options):
    request = RequestFactory().get("/")
    request.user = None
    return ActionForm(Plan(), request, fixed={"visit": 7}, **options)


GOOD = {"goal": "续约", "starts": "2026-03-05T14:00"}


def test_what_the_address_says_is_not_asked_again():
    assert "visit" not in blank().fields
    assert sent(**GOOD).is_valid()


def test_widgets_follow_the_types():
    asked = asked_fields(Plan.Input)
    assert {n: a.widget for n, a in asked.items()} == {
        "visit": "hidden",
        "goal": "text",
        "starts": "datetime",
        "amount": "money",
        "way": "chips",
        "topics": "radio",
        "next_day": "date",
        "host": "pick",
        "urgent": "checkbox",
    }
    assert asked["topics"].many
    assert asked["goal"].max_length == 40


def test_times_are_the_companys_and_numbers_may_be_typed_full_width():
    form = sent(**GOOD, amount="１，２００．５", topics=["need", "price"], urgent="on")
    assert form.is_valid(), form.errors
    raw = form.raw()
    assert raw["starts"] == "2026-03-05T14:00:00+08:00"
    assert raw["amount"] == "1200.5"
    assert raw["topics"] == ["need", "price"]
    assert raw["urgent"] is True
    assert "next_day" not in raw


def test_complaints_stand_at_their_fields_in_the_readers_language():
    form = sent(goal="", starts="never", amount="一百")
    assert not form.is_valid()
    assert form.status == 422
    assert list(form.errors["goal"]) == ["请填写"]
    assert [p.target for p in form.summary] == ["id_goal", "id_starts", "id_amount"]
    with translation.override("en"):
        assert "Please fill this in" in str(form.errors["goal"])


def test_a_rule_over_several_fields_stands_above_the_form():
    form = sent(**GOOD, topics=["price"])
    assert not form.is_valid()
    assert form.summary[0].text == "谈价格须填金额"


def test_what_was_typed_is_still_there_and_the_key_is_kept():
    form = sent(goal="", starts="2026-03-05T14:00", _key="abc123")
    form.is_valid()
    html = render_to_string("ui/form.html", {"form": form, "form_url": "/x"})
    assert 'value="2026-03-05T14:00"' in html
    assert 'name="_key" value="abc123"' in html
    assert 'href="#id_goal"' in html
    assert 'aria-invalid="true"' in html


def test_a_bent_key_is_replaced():
    assert sent(**GOOD, _key="<script>").key.isalnum()


def test_each_drawing_has_a_key_of_its_own():
    assert blank().key != blank().key


@pytest.fixture
def people():
    rows = [Option("1", "王敏"), Option("2", "王芳"), Option("3", "李雷")]
    registry.picker(
        "ui_test_person",
        search=lambda person, typed: [o for o in rows if typed in o.label],
        label=lambda person, id: next((o.label for o in rows if o.value == str(id)), ""),
    )
    yield
    registry._pickers.pop("ui_test_person")


def test_a_row_typed_but_not_picked_is_found_where_only_one_fits(people):
    form = sent(**GOOD, host="", host__text="李")
    assert form.is_valid()
    assert form.raw()["host"] == "3"


def test_several_that_fit_are_offered(people):
    form = sent(goal="", starts="2026-03-05T14:00", host__text="王")
    assert not form.is_valid()
    assert set(form.errors) == {"goal", "host"}, "the other mistakes are said at the same time"
    assert 'data-pick="2"' in str(form["host"])


def test_a_form_shows_the_name_of_what_is_picked(people):
    assert 'value="王敏"' in str(blank(initial={"host": 1})["host"])


# --- sending -------------------------------------------------------------------------------------------------------


def reason(clause="R1.3", **more):
    return Reason(clause, "c", "1", Text("没有目标", "No goal"), **more)


def answer(monkeypatch, outcome):
    def perform(name, raw, **options):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(act, "perform", perform)
    request = RequestFactory().post("/visits/7", GOOD | {"_key": "k1"})
    request.user = None
    form = ActionForm(Plan(), request, fixed={"visit": 7})
    return act.submit(request, form), form


def test_done(monkeypatch):
    result, form = answer(monkeypatch, Result("x", None, ("visit", 7)))
    assert result is not None
    assert form.status == 200


def test_a_refusal_is_shown_with_clause_remedy_and_who_may_waive(monkeypatch):
    refused = Refused(
        "ui_tests.plan",
        [reason(remedy_text=Text("填写目标", "Write it"), waivable_by=Text("王敏", "Wang Min"))],
        [reason("R1.7", severity="warn")],
        [reason("R1.2")],
    )
    result, form = answer(monkeypatch, refused)
    assert result is None
    assert form.status == 409
    assert form.key == "k1", "after a refusal the same form may be sent again"
    html = render_to_string("ui/form_fields.html", {"form": form})
    assert html.index("is-refuse") < html.index("is-met") < html.index("is-warn")
    for words in ("没有目标", "R1.3", "填写目标", "王敏", "不阻止", "为什么？"):
        assert words in html


def test_a_spent_key_is_renewed(monkeypatch):
    _, form = answer(monkeypatch, Conflict())
    assert form.status == 409
    assert form.key != "k1"


def test_a_missing_right_says_who_can(monkeypatch):
    _, form = answer(monkeypatch, Forbidden("x", who=[Text("经理", "manager")]))
    assert form.status == 403
    assert "经理" in form.summary[0].text


def test_a_form_in_the_drawer_closes_it():
    request = RequestFactory().post("/", headers={"X-Drawer": "1"})
    response = act.after(request, "/next", Text("已完成", "Done"))
    assert response.status_code == 204
    assert "guanxi:done" in response.headers["HX-Trigger"]
    assert response.headers["HX-Trigger"].isascii()


# --- the plain form of any action ----------------------------------------------------------------------------------


@pytest.fixture
def known(monkeypatch):
    from guanxi.platform.kernel import actions

    registry.load()
    monkeypatch.setitem(actions._actions, Plan.name, Plan())
    from guanxi.platform.ui.web import pages

    monkeypatch.setattr(pages, "may", lambda person, name: True)
    return pages


def test_a_remedy_leads_to_the_plain_form_with_what_is_known(known):
    url = act.action_url(Plan.name, {"visit": 7, "other": 1}, back="/visits/7/")
    assert url.endswith("/ui_tests.plan/?visit=7&next=%2Fvisits%2F7%2F")
    assert act.action_url("no.such", {}) == ""


def test_the_plain_form_keeps_what_the_address_says(known, monkeypatch, rf):
    seen = {}

    def perform(name, raw, **options):
        seen.update(raw, key=options["key"])
        return Result(name, None, ("visit", 7))

    monkeypatch.setattr(act, "perform", perform)
    monkeypatch.setattr(act, "toast", lambda *a, **k: None)
    request = rf.post("/do/x/?next=/visits/7/", GOOD | {"visit": "7", "_key": "k2"})
    request.user = None
    response = known.act(request, Plan.name)
    assert response.status_code == 302
    assert response["Location"] == "/visits/7/"
    assert seen["visit"] == "7"
    assert seen["key"] == "k2"


def test_the_plain_form_never_leads_off_this_site(known, rf):
    request = rf.post("/do/x/?next=https://evil.example/", {})
    assert known.safe_next(request) == "/"


def test_a_button_sends_at_once_only_what_is_complete(known):
    assert not act.do_for(Plan.name, {"visit": 7}).post
    whole = act.do_for(Plan.name, {"visit": 7, **GOOD})
    assert whole.post
    assert whole.data["visit"] == 7


def test_a_time_is_shown_on_the_companys_clock() -> None:
    from datetime import UTC, datetime

    from guanxi.platform.ui.widgets import Moment

    shown = Moment(format="%Y-%m-%dT%H:%M").format_value(datetime(2026, 3, 5, 1, 0, tzinfo=UTC))
    assert shown == "2026-03-05T09:00"


class Sign(Action):
    name = "ui_tests.sign"
    label = Text("取消签字", "Cancel signing")
    permission = "x"

    class Input(ActionInput):
        note: str = ask("说明", "Note", "")
        password: str = ask("密码", "Password", "", widget="password")
        otp: str = ask("或验证码", "Or a code", "", widget="otp")


def test_of_password_and_code_one_is_asked_for_so_neither_is_called_optional():
    request = RequestFactory().get("/")
    request.user = None
    fields = ActionForm(Sign(), request).fields
    assert {name: field.says_optional for name, field in fields.items()} == {
        "note": True,
        "password": False,
        "otp": False,
    }


def test_the_way_out_of_a_form_that_cancels_is_not_called_cancel():
    request = RequestFactory().get("/")
    request.user = None
    assert ActionForm(Sign(), request).leave_label == Text("返回", "Back")
    assert blank().leave_label == Text("取消", "Cancel")
