"""Given the named people and papers that need approval, when somebody decides, then what follows is what was approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from guanxi.platform.approvals import binding, reads
from guanxi.platform.approvals.deciders import deciders
from guanxi.platform.approvals.kinds import content_hash
from guanxi.platform.approvals.models import Approval, Step, Substitute
from guanxi.platform.approvals.notices import tell_of_approvals
from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound, Refused, perform, system_clock
from guanxi.platform.messages.models import InboxMessage
from guanxi.platform.messages.reads import lines
from guanxi.platform.people.identity import IdentityNotConfirmed, TooManyTries
from guanxi.platform.people.models import Person, RoleGrant
from guanxi.platform.people.reads import today
from guanxi.platform.people.tests.cast import SINCE, Cast

from .kinds import Paper, papers


@pytest.fixture(autouse=True)
def _papers() -> Any:
    papers.clear()
    papers.update({n: Paper(n) for n in range(1, 6)})
    yield
    papers.clear()


def fresh(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def last(kind: str) -> Fact:
    return Fact.objects.filter(kind=kind).latest("seq")


def ask_for(kind: str, person: Person, paper: int = 1, why: str = "请批准") -> Approval:
    return perform("approvals.request", {"kind": kind, "subject": paper, "why": why}, actor=person).value


def decide(
    approval: Approval, person: Person, decision: str = "approve", comment: str = "", **more: Any
) -> Approval:
    asked = {
        "approval": approval.pk,
        "decision": decision,
        "comment": comment,
        "content_hash": approval.content_hash,
        **more,
    }
    return perform("approvals.decide", asked, actor=fresh(person)).value


def test_a_request_holds_content_difference_and_clause(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    assert (approval.state, approval.clause) == ("waiting", "R9.9")
    assert approval.content == {"text": "原文", "n": 1}
    assert approval.content_hash == content_hash({"n": 1, "text": "原文"})
    assert approval.changes == [{"label": {"zh": "正文", "en": "Text"}, "before": "旧文", "after": "原文"}]
    asked = last("approval.requested")
    assert asked.data["steps"] == ["1:role:general_manager"]
    assert asked.data["requester"] == str(cast.lin.pk)
    assert FactText.objects.get(fact=asked).body == {"title": "文件 1", "why": "请批准"}


def test_who_may_not_ask_learns_nothing(cast: Cast) -> None:
    with pytest.raises(NotFound):
        ask_for("test.one", cast.sun)
    with pytest.raises(NotFound):
        ask_for("test.one", cast.lin, paper=99)
    with pytest.raises(Invalid):
        ask_for("test.none", cast.lin)


def test_it_is_asked_for_once(cast: Cast) -> None:
    ask_for("test.one", cast.lin)
    with pytest.raises(Invalid) as refused:
        ask_for("test.one", cast.zhao)
    assert refused.value.text.zh == "已在审批中"


def test_a_step_that_waits_for_nobody_is_refused_at_once(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        ask_for("test.vacant", cast.lin)
    assert refused.value.text.zh == "没有人可以批准：印章保管人空缺，或只有申请人自己"
    with pytest.raises(Invalid):
        ask_for("test.one", cast.chen)
    assert not Approval.objects.exists()


def test_only_the_steps_holder_decides(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    for somebody in cast.everybody():
        if somebody is cast.chen:
            continue
        with pytest.raises((Forbidden, NotFound)) as refused:
            decide(approval, somebody)
        if isinstance(refused.value, Forbidden):
            assert somebody.username in ("lin", "zhou")
    decide(approval, cast.chen)
    approval.refresh_from_db()
    assert (approval.state, papers[1].approved) == ("approved", 1)
    decided = last("approval.decided")
    assert (decided.actor_id, decided.data["decision"], decided.data["role"], decided.data["final"]) == (
        cast.chen.pk, "approve", "general_manager", True)  # fmt: skip
    assert decided.data["hash"] == approval.content_hash
    assert last("test.paper_done").actor_id == cast.chen.pk
    assert verify().whole


def test_a_lost_role_decides_no_more(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    RoleGrant.objects.filter(person=cast.chen).update(until=today() - timedelta(days=1))
    with pytest.raises(NotFound):
        decide(approval, cast.chen)


def test_a_chain_goes_step_by_step(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    with pytest.raises(Forbidden):
        decide(approval, cast.chen)
    assert list(reads.waiting_for(cast.wang)) == [approval]
    decide(approval, cast.wang)
    approval.refresh_from_db()
    assert (approval.state, approval.step, papers[1].approved) == ("waiting", 2, 0)
    assert list(reads.waiting_for(cast.wang)) == []
    assert list(reads.waiting_for(cast.chen)) == [approval]
    decide(approval, cast.chen)
    assert papers[1].approved == 1


def test_any_of_a_step_is_enough(cast: Cast) -> None:
    approval = ask_for("test.any", cast.lin)
    decide(approval, cast.wang)
    assert papers[1].approved == 1
    assert sorted(approval.steps.values_list("state", flat=True)) == ["approved", "skipped"]


def test_all_of_a_step_are_needed(cast: Cast) -> None:
    approval = ask_for("test.all", cast.lin)
    decide(approval, cast.zhao)
    approval.refresh_from_db()
    assert approval.step == 1
    with pytest.raises(Forbidden):
        decide(approval, cast.zhao)
    decide(approval, cast.wang)
    decide(approval, cast.chen)
    assert papers[1].approved == 1


@pytest.mark.parametrize(
    ("decision", "state", "refused"), [("return", "returned", 0), ("refuse", "refused", 1)]
)
def test_no_is_said_with_a_reason(cast: Cast, decision: str, state: str, refused: int) -> None:
    approval = ask_for("test.chain", cast.lin)
    with pytest.raises(Invalid) as missing:
        decide(approval, cast.wang, decision)
    assert "comment" in missing.value.errors
    decide(approval, cast.wang, decision, "请补充预算")
    approval.refresh_from_db()
    assert (approval.state, papers[1].refused, papers[1].approved) == (state, refused, 0)
    assert Step.objects.get(approval=approval, order=1).comment == "请补充预算"
    assert not reads.waiting_for(cast.chen).exists()
    with pytest.raises(Conflict):
        decide(approval, cast.wang)
    assert ask_for("test.chain", cast.lin).pk != approval.pk


def test_nobody_approves_his_own_request_except_where_the_kind_says_so(cast: Cast) -> None:
    RoleGrant.objects.create(person=cast.lin, role="general_manager", since=SINCE)
    approval = ask_for("test.one", fresh(cast.lin))
    assert not reads.waiting_for(fresh(cast.lin)).exists()
    with pytest.raises(Forbidden) as refused:
        decide(approval, cast.lin)
    assert refused.value.text.zh == "不能批准自己的申请"
    own = ask_for("test.own", fresh(cast.lin), paper=2)
    assert list(reads.waiting_for(fresh(cast.lin))) == [own]
    decide(own, cast.lin)
    assert papers[2].approved == 1


def test_an_edit_voids_the_approval(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    perform("test.paper_edit", {"paper": 1, "text": "原文"}, actor=cast.lin)
    approval.refresh_from_db()
    assert approval.state == "waiting"
    perform("test.paper_edit", {"paper": 1, "text": "新文"}, actor=cast.lin)
    approval.refresh_from_db()
    assert approval.state == "void"
    voided = last("approval.voided")
    assert (voided.data["was"], voided.data["now"]) == ("waiting", content_hash({"text": "新文", "n": 1}))
    with pytest.raises(Conflict):
        decide(approval, cast.wang)


def test_what_was_approved_is_no_longer_once_it_changed(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    decide(approval, cast.chen)
    assert binding.standing_approval("test.one", 1) == approval
    papers[1].text = "偷改"
    assert binding.standing_approval("test.one", 1) is None
    perform("test.paper_edit", {"paper": 1, "text": "再改"}, actor=cast.lin)
    approval.refresh_from_db()
    assert approval.state == "void"


def test_an_edit_past_the_action_is_found_when_deciding(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    papers[1].text = "偷改"
    assert decide(approval, cast.chen).state == "void"
    assert papers[1].approved == 0
    ask_for("test.one", cast.lin, paper=2)
    del papers[2]
    gone = Approval.objects.get(subject_id=2)
    assert decide(gone, cast.chen).state == "void"


def test_a_decision_is_bound_to_what_was_seen(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    with pytest.raises(Conflict) as refused:
        decide(approval, cast.chen, content_hash="0" * 64)
    assert refused.value.text.zh.startswith("内容与您所见不同")


def test_the_requester_withdraws(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    with pytest.raises(Forbidden):
        perform("approvals.withdraw", {"approval": approval.pk}, actor=cast.chen)
    perform("approvals.withdraw", {"approval": approval.pk, "comment": "不需要了"}, actor=cast.lin)
    approval.refresh_from_db()
    assert approval.state == "withdrawn"
    with pytest.raises(Conflict):
        perform("approvals.withdraw", {"approval": approval.pk}, actor=cast.lin)


def substitute(cast: Cast, by: Person, deputy: Person, **more: Any) -> Substitute:
    asked = {"to": deputy.pk, "since": today().isoformat(), "until": today().isoformat(), **more}
    asked["deputy"] = asked.pop("to")
    return perform("approvals.set_substitute", asked, actor=by).value


def test_a_substitute_decides_in_the_others_name(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    substitute(cast, cast.wang, cast.zhao)
    assert list(reads.waiting_for(fresh(cast.zhao))) == [approval]
    decide(approval, cast.zhao)
    step = Step.objects.get(approval=approval, order=1)
    assert (step.decided_by, step.on_behalf_of) == (cast.zhao, cast.wang)
    fact = last("approval.decided")
    assert (fact.actor_id, fact.on_behalf_of_id) == (cast.zhao.pk, cast.wang.pk)
    assert fact.data["stands_in_for"] == str(cast.wang.pk)
    substitute(cast, cast.chen, cast.zhao)
    decide(approval, cast.zhao)
    assert (papers[1].approved, papers[1].done_by) == (1, cast.chen)
    assert last("test.paper_done").actor_id == cast.zhao.pk


def test_a_substitute_does_not_approve_what_he_or_the_other_asked_for(cast: Cast) -> None:
    RoleGrant.objects.create(person=cast.zhao, role="general_manager", since=SINCE)
    mine = ask_for("test.one", fresh(cast.chen))
    substitute(cast, cast.chen, cast.lin)
    with pytest.raises((Forbidden, NotFound)):
        decide(mine, cast.lin)
    theirs = ask_for("test.one", cast.lin, paper=2)
    with pytest.raises(Forbidden):
        decide(theirs, cast.lin)
    decide(mine, cast.zhao)


def test_a_substitution_has_days_kinds_and_an_end(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    tomorrow = (today() + timedelta(days=1)).isoformat()
    substitute(cast, cast.chen, cast.zhao, since=tomorrow, until=tomorrow)
    substitute(cast, cast.chen, cast.zhao, kinds=["test.chain"])
    with pytest.raises(NotFound):
        decide(approval, cast.zhao)
    running = substitute(cast, cast.chen, cast.zhao)
    assert list(reads.waiting_for(cast.zhao)) == [approval]
    perform("approvals.end_substitute", {"substitute": running.pk}, actor=cast.chen)
    assert not reads.waiting_for(fresh(cast.zhao)).exists()
    personal = ask_for("test.personal", cast.lin, paper=2)
    substitute(cast, cast.chen, cast.zhao)
    assert personal not in reads.waiting_for(fresh(cast.zhao))


def test_approvals_of_whoever_is_away_go_to_the_deputy_and_come_back(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    day = today().isoformat()
    asked = {"deputy": cast.zhao.pk, "since": day, "until": day}
    absence = perform("people.plan_absence", asked, actor=fresh(cast.wang)).value
    assert list(reads.waiting_for(fresh(cast.zhao))) == [approval]
    assert deciders(list(approval.steps.filter(order=1)), approval, today()) == [cast.wang, cast.zhao]
    decide(approval, cast.zhao)
    step = Step.objects.get(approval=approval, order=1)
    assert (step.decided_by, step.on_behalf_of) == (cast.zhao, cast.wang)
    assert last("approval.decided").on_behalf_of_id == cast.wang.pk
    another = ask_for("test.chain", cast.lin, paper=2)
    perform("people.end_absence", {"absence": absence.pk}, actor=fresh(cast.wang))
    assert another not in reads.waiting_for(fresh(cast.zhao))
    personal = ask_for("test.personal", cast.lin, paper=3)
    perform("people.plan_absence", asked, actor=fresh(cast.chen))
    assert personal not in reads.waiting_for(fresh(cast.zhao))


def test_who_may_name_a_substitute(cast: Cast) -> None:
    substitute(cast, cast.chen, cast.zhao, person=cast.wang.pk)
    for somebody in (cast.wu, cast.lin, cast.wang):
        with pytest.raises(Forbidden):
            substitute(cast, somebody, cast.zhao, person=cast.chen.pk)
    for wrong in (
        {"to": cast.wang.pk},
        {"to": cast.zhou.pk},
        {"until": "2020-01-01"},
        {"since": "2020-01-01"},
        {"until": (today() + timedelta(days=900)).isoformat()},
        {"kinds": ["no.such"]},
        {"to": 999},
    ):
        with pytest.raises(Invalid):
            substitute(cast, cast.wang, cast.zhao, **wrong)


def test_passing_on_stays_within_the_role(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    asked = {"approval": approval.pk, "to": cast.zhao.pk}
    with pytest.raises(Invalid) as refused:
        perform("approvals.pass_on", asked, actor=cast.chen)
    assert refused.value.text.zh == "须转交给担任总经理的人"
    RoleGrant.objects.create(person=cast.zhao, role="general_manager", since=SINCE)
    with pytest.raises(Forbidden):
        perform("approvals.pass_on", asked, actor=cast.lin)
    perform("approvals.pass_on", asked, actor=cast.chen)
    assert last("approval.passed_on").data["owner"] == str(cast.zhao.pk)
    assert not reads.waiting_for(cast.chen).exists()
    with pytest.raises(Forbidden):
        decide(approval, cast.chen)
    decide(approval, cast.zhao)
    named = ask_for("test.named", cast.lin, paper=2)
    with pytest.raises(Invalid):
        perform("approvals.pass_on", {"approval": named.pk, "to": cast.chen.pk}, actor=fresh(cast.zhao))


def test_what_follows_may_run_with_the_systems_rights(cast: Cast) -> None:
    approval = ask_for("test.named", cast.lin)
    decide(approval, cast.zhao)
    assert papers[1].approved == 1
    assert last("test.paper_done").actor_id == cast.zhao.pk


def test_a_gate_before_what_follows_refuses_the_decision(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    papers[1].blocked = True
    with pytest.raises(Refused):
        decide(approval, cast.chen)
    approval.refresh_from_db()
    assert (approval.state, approval.steps.get().state) == ("waiting", "open")


def test_a_reminder_a_day(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    substitute(cast, cast.chen, cast.zhao)
    with pytest.raises(Forbidden):
        perform("approvals.remind", {"approval": approval.pk}, actor=cast.chen)
    perform("approvals.remind", {"approval": approval.pk}, actor=cast.lin)
    assert sorted(last("approval.reminded").data["to"]) == sorted([str(cast.chen.pk), str(cast.zhao.pk)])
    with pytest.raises(Invalid):
        perform("approvals.remind", {"approval": approval.pk}, actor=cast.lin)


def test_many_at_once_each_for_itself(cast: Cast) -> None:
    approvals = [ask_for("test.one", cast.lin, paper=n) for n in range(1, 6)]
    papers[2].blocked = True
    papers[3].text = "偷改"
    perform("approvals.withdraw", {"approval": approvals[3].pk}, actor=cast.lin)
    seen = [{"approval": a.pk, "content_hash": a.content_hash} for a in approvals]
    seen[4]["content_hash"] = "x"
    asked = {"approvals": seen, "decision": "approve"}
    result = perform("approvals.decide_many", asked, actor=cast.chen).value
    assert [a.state for a in result.done] == ["approved", "void"]
    assert sorted(result.failed) == sorted(a.pk for a in (approvals[1], approvals[3], approvals[4]))
    assert "资料不全" in result.failed[approvals[1].pk].zh
    assert [papers[n].approved for n in range(1, 6)] == [1, 0, 0, 0, 0]
    assert Approval.objects.get(pk=approvals[1].pk).state == "waiting"
    assert Fact.objects.filter(kind="approval.decided").count() == 1
    assert Fact.objects.filter(kind="action.refused", subject_id=approvals[1].pk).count() == 1
    assert verify().whole


def test_many_are_refused_with_a_reason_only(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    seen = [{"approval": approval.pk, "content_hash": approval.content_hash}]
    with pytest.raises(Invalid):
        perform("approvals.decide_many", {"approvals": seen, "decision": "refuse"}, actor=cast.chen)


def test_identity_is_confirmed_where_the_kind_asks_for_it(cast: Cast) -> None:
    cast.chen.set_password("correct-horse-7")
    cast.chen.save()
    approval = ask_for("test.secure", cast.lin)
    with pytest.raises(Invalid) as missing:
        decide(approval, cast.chen)
    assert missing.value.text.zh == "请输入密码或验证码"
    with pytest.raises(IdentityNotConfirmed):
        decide(approval, cast.chen, password="wrong")
    decide(approval, cast.chen, password="correct-horse-7")
    assert last("approval.decided").data["identity"] is True
    assert papers[1].approved == 1


def test_guessing_is_throttled_whoever_asks_how(cast: Cast) -> None:
    cast.chen.set_password("correct-horse-7")
    cast.chen.save()
    approval = ask_for("test.secure", cast.lin)
    for guess in range(5):
        with pytest.raises(IdentityNotConfirmed) as refused:
            decide(approval, cast.chen, password=f"guess {guess}")
        assert not isinstance(refused.value, TooManyTries)
    with pytest.raises(TooManyTries):
        decide(approval, cast.chen, password="correct-horse-7")
    assert Fact.objects.filter(kind="action.refused", actor_id=cast.chen.pk).exists()
    assert "correct-horse" not in "".join(str(f.data) for f in Fact.objects.all())


def test_who_sees_an_approval(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    sees = {p.username for p in cast.everybody() if reads.visible(p).filter(pk=approval.pk).exists()}
    assert sees == {"lin", "wang", "chen", "zhou"}
    assert list(reads.asked_by(cast.lin)) == [approval]
    decide(approval, cast.wang, "refuse", "不行")
    assert list(reads.decided(cast.lin)) == [approval]


def test_contents_have_one_form() -> None:
    assert content_hash({"a": 1, "b": ["x", None, True]}) == content_hash({"b": ["x", None, True], "a": 1})
    for wrong in ({"a": 1.5}, {"a": system_clock()}, {"a": {1: "x"}}):
        with pytest.raises(TypeError):
            content_hash(wrong)


def told(person: Person) -> list[tuple[str, str]]:
    """What stands in a person's inbox, oldest first."""
    rows = InboxMessage.objects.filter(person=person).order_by("pk")
    return [(row.template.partition(".")[2], str(row.body["zh"])) for row in rows]


def test_who_is_to_decide_and_who_asked_read_of_it_once(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    tell_of_approvals()
    (decider,) = {m.person for m in InboxMessage.objects.all()}
    ((kind, words),) = told(decider)
    assert (kind, words.startswith("林晓申请：")) == ("asked", True)
    assert tell_of_approvals() == 0
    perform("approvals.remind", {"approval": approval.pk}, actor=cast.lin)
    tell_of_approvals()
    assert len(told(decider)) == 2, "a reminder is told anew"
    decide(approval, decider, "return", "请补充附件")
    tell_of_approvals()
    ((kind, words),) = told(cast.lin)
    assert (kind, words.split("：")[1]) == ("outcome", "退回修改。请按审批意见修改后重新提交。")
    assert len(told(decider)) == 2
    (line,) = lines(cast.lin, list(InboxMessage.objects.filter(person=cast.lin))).values()
    assert line.url == f"/approvals/{approval.pk}/"


def test_what_was_decided_before_anybody_was_told_asks_nobody(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    decide(approval, cast.chen)
    tell_of_approvals()
    assert [m.person for m in InboxMessage.objects.all()] == [cast.lin]
