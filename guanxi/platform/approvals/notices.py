"""Word to whoever is to decide, and to whoever asked: read from the journal, each told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.messages.definitions import MessageTemplate, message_template
from guanxi.platform.messages.queue import queue
from guanxi.platform.messages.telling import told_once
from guanxi.platform.people import reads as people
from guanxi.platform.people.holds import CONFIRMERS, held, may_confirm
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import guarded
from guanxi.platform.ui.dates import exact

from .deciders import deciders
from .models import OPEN, STATES, WAITING, Approval, Step

NEWS_FOR = timedelta(days=7)
"""An outcome older than this is no news."""
ASKED = message_template(
    MessageTemplate(
        "approvals.asked",
        Text("待您审批", "Decisions asked of you"),
        Text("{who}请您审批", "{who} asks for your decision"),
        paragraphs=(
            Text("{who}申请：{what}。{until}", "{who} asks for: {what}. {until}"),
            Text(
                "批准、退回或不批准之前，这件事不会往下走。",
                "It does not go on until you approve, return or refuse it.",
            ),
        ),
        button=Text("去审批", "Decide"),
        guarded=True,
    )
)
OUTCOME = message_template(
    MessageTemplate(
        "approvals.outcome",
        Text("您的申请有结果", "Decisions on your requests"),
        Text("您的申请{state}", "Your request: {state}"),
        paragraphs=(Text("{what}：{state}。{next}", "{what}: {state}. {next}"),),
        button=Text("查看", "Look at it"),
        guarded=True,
    )
)
NEXT = {
    "approved": Text("已经生效，无需再办。", "It holds now; there is nothing more to do."),
    "refused": Text("原因见审批意见。", "The reason stands with the decision."),
    "returned": Text(
        "请按审批意见修改后重新提交。", "Please change it as the comment asks, and submit it again."
    ),
    "void": Text(
        "内容在审批后有改动，请重新提交。", "Its content was changed after it was asked for; submit it again."
    ),
}
HELD = message_template(
    MessageTemplate(
        "approvals.reset_to_confirm",
        Text("重置待确认", "Resets to confirm"),
        Text("{name}的账号被重置，待确认", "{name}’s account was reset; to be confirmed"),
        paragraphs=(
            Text(
                "{when}，{who}重置了{name}的{what}。确认之前，{name}不能审批，别人也不能代为审批；"
                "没有人确认，则 {until} 起自动恢复。",
                "{when}: {who} reset {name}’s {what}. Until it is confirmed, {name} decides no approvals, and nobody "
                "does in their name; if nobody confirms it, this ends by itself at {until}.",
            ),
            Text(
                "请审计员或另一位总经理当面或打电话向本人核实，再在其页面确认。不是本人要求的，请立即告诉总经理。",
                "An auditor or another general manager asks them in person or by telephone, then confirms it on their "
                "page. If they did not ask for it, tell the general manager at once.",
            ),
        ),
        button=Text("查看", "Look at it"),
        optional=False,
        urgent=Text("关系到审批的安全", "the security of approvals depends on it"),
    )
)
WHAT = {"password": Text("登录密码", "password"), "second_factor": Text("第二验证", "second factor")}
SYSTEM = Text("系统", "The system")
NOTHING = Text("", "")
ASKING = ("approval.requested", "approval.decided", "approval.passed_on", "approval.reminded")


def tell_of_approvals(clock: Clock = system_clock) -> int:
    """Put into inbox and outbox who is asked to decide and what was decided; returns how many facts were read."""
    return told_once("approvals", (*ASKING, "approval.voided"), lambda fact: _tell(fact, clock))


def _tell(fact: Fact, clock: Clock) -> None:
    approval = Approval.objects.filter(pk=fact.subject_id or "0").select_related("requested_by").first()
    if approval is None:
        return
    if approval.state == WAITING and fact.kind in ASKING:
        _ask(fact, approval, clock)
    elif approval.state in NEXT and clock() - fact.recorded_at < NEWS_FOR:
        _say(fact, approval, clock)


def _ask(fact: Fact, approval: Approval, clock: Clock) -> None:
    """Those who may decide the step that is open, each once; a reminder and a passing on are told anew."""
    steps = [step for step in approval.steps.select_related("person") if step.state == OPEN]
    anew = str(fact.seq) if fact.kind in ("approval.passed_on", "approval.reminded") else str(approval.step)
    who = approval.requested_by
    until = approval.due_at
    said = exact(until) if until else NOTHING
    for person in deciders(steps, approval, timezone.localdate(clock())):
        queue(
            ASKED.name,
            key=f"approval:{approval.pk}:asked:{anew}:{person.pk}",
            to=person,
            values={
                "who": Text(who.name, who.name) if who else SYSTEM,
                "what": approval.words,
                "until": Text(f"请在 {said.zh} 前决定。", f"Please decide by {said.en}.")
                if until
                else NOTHING,
            },
            now=clock(),
            about=("approval", str(approval.pk)),
            customer=approval.customer_id,
            forward=False,  # whoever stands in for them is among the deciders
        )


def _say(fact: Fact, approval: Approval, clock: Clock) -> None:
    person: Person | None = approval.requested_by
    if person is None or not person.is_active or fact.actor_id == person.pk:
        return
    queue(
        OUTCOME.name,
        key=f"approval:{approval.pk}:outcome:{approval.state}",
        to=person,
        values={"what": approval.words, "state": STATES[approval.state], "next": NEXT[approval.state]},
        now=clock(),
        about=("approval", str(approval.pk)),
        customer=approval.customer_id,
    )


def tell_of_resets(clock: Clock = system_clock) -> int:
    """Tell of the resets that have to be confirmed; returns how many facts were read."""
    return told_once("resets", ("person.held",), lambda fact: _tell_of_reset(fact, clock))


def _tell_of_reset(fact: Fact, clock: Clock) -> None:
    """To the person, and to whoever may confirm it, where the person decides anything."""
    person = Person.objects.filter(pk=fact.subject_id or "0", is_active=True).first()
    if person is None or not held(person, clock()) or not _decides(person):
        return
    by = Person.objects.filter(pk=fact.actor_id).first() if fact.actor_id else None
    confirmers = {p.pk: p for role in CONFIRMERS for p in people.holders(role)}
    for to in (person, *(p for p in confirmers.values() if may_confirm(p, person, clock()))):
        queue(
            HELD.name,
            key=f"reset:{fact.seq}:{to.pk}",
            to=to,
            values={
                "name": Text(person.name, person.name),
                "who": Text(by.name, by.name) if by else SYSTEM,
                "what": WHAT[fact.data["what"]],
                "when": exact(fact.recorded_at),
                "until": exact(datetime.fromisoformat(fact.data["until"])),
            },
            now=clock(),
            path="/me/" if to == person else f"/people/{person.pk}/",
            forward=False,
        )


def _decides(person: Person) -> bool:
    """Whether approvals come, or came, to this person: by a role that no administrator grants alone, or by any step."""
    roles = people.roles_on(person)
    mine = Q(role__in=roles) | Q(person=person) | Q(decided_by=person)
    return any(guarded(role) for role in roles) or Step.objects.filter(mine).exists()
