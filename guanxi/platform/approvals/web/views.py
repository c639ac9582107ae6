"""Approvals on screen: what waits for me, one item with all there is to know, what I asked for, what is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound, Text, perform, system_clock
from guanxi.platform.people.holds import held, hold_words
from guanxi.platform.people.models import Person
from guanxi.platform.people.web.forms import unsent
from guanxi.platform.ui import parts
from guanxi.platform.ui.act import after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Change, Crumb, Do, Event, Tab

from .. import reads
from ..binding import unchanged
from ..deciders import Stand, deciders, turn
from ..kinds import all_approval_kinds
from ..models import OPEN, Approval, Step, Substitute

SHOWN = 100
QUEUE = 200
HOME = "/approvals/"
CRUMB = Crumb(Text("审批", "Approvals"), HOME)
STATE_SHOWN = {"waiting": "pending"}
DECIDED: dict[str, Text] = {
    "approve": Text("批准", "Approved"),
    "return": Text("退回修改", "Returned"),
    "refuse": Text("不批准", "Refused"),
}
DONE: dict[str, Text] = {
    "approved": Text("已批准", "Approved"),
    "returned": Text("已退回", "Returned"),
    "refused": Text("已拒绝", "Refused"),
    "waiting": Text("已记录，进入下一步", "Noted; on to the next step"),
    "void": Text("内容已改，这次审批已失效", "The content had changed: this approval is void"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of what waits for me."""

    approval: Approval
    kind: Text
    changes: Sequence[Change]
    more_changes: int
    needs_identity: bool
    url: str


def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for me, the most urgent first."""
    now = system_clock()
    rows = reads.waiting_for(request.user).order_by(F("due_at").asc(nulls_last=True), "pk")
    count = rows.count()
    lines = [_line(a) for a in reads.with_steps(rows)[:SHOWN]]
    context = {
        "lines": lines,
        "count": count,
        "hidden": max(0, count - SHOWN),
        "tabs": tabs(request.user, "waiting", count),
        "first": f"{lines[0].url}?queue=1" if lines else "",
        "now": now,
    }
    return show(request, "approvals/waiting.html", context)


class Approvals(List):
    name = "approvals"
    label = Text("审批", "Approvals")
    columns = (
        Column("title", Text("事项", "What"), value=lambda a: a.words, lead=True),
        Column("kind", Text("类型", "Kind"), value=lambda a: kind_words(a)),
        Column("clause", Text("依据", "Clause")),
        Column("by", Text("申请人", "Asked by"), value=lambda a: _name(a.requested_by)),
        Column("requested_at", Text("申请时间", "Asked"), form="when"),
        Column("decided_at", Text("了结时间", "Ended"), form="when"),
        Column(
            "state", Text("状态", "State"), value=lambda a: STATE_SHOWN.get(a.state, a.state), form="state"
        ),
    )
    sort = "-"
    empty = Empty(Text("还没有", "Nothing here yet"), icon="stamp")

    def row_url(self, row: Any) -> str:
        return reverse("approvals.detail", kwargs={"approval": row.pk})


class Mine(Approvals):
    """What somebody asked for."""

    empty = Empty(
        Text("没有等待决定的申请", "Nothing of yours waits"),
        Text("您提出的申请，在决定之前列在这里。", "What you ask for is listed here until it is decided."),
        "stamp",
    )


class Over(Approvals):
    """What has ended."""

    empty = Empty(
        Text("还没有了结的审批", "Nothing has ended yet"),
        Text(
            "批准、退回、撤回和失效的审批列在这里。", "Approvals decided, withdrawn or void are listed here."
        ),
        "stamp",
    )


def waiting_rows(request: HttpRequest) -> Any:
    """What waits for me, as rows."""
    return Approvals(request, reads.with_steps(reads.waiting_for(request.user))).respond()


def mine(request: HttpRequest) -> Any:
    """What I asked for and others decide."""
    rows = reads.with_steps(reads.asked_by(request.user))
    return Mine(request, rows).respond("approvals/list.html", {"tabs": tabs(request.user, "mine")})


def over(request: HttpRequest) -> Any:
    """What is decided, withdrawn or void, of all I may read."""
    rows = reads.with_steps(reads.decided(request.user))
    return Over(request, rows).respond("approvals/list.html", {"tabs": tabs(request.user, "over")})


def every(request: HttpRequest) -> Any:
    """All approvals, for who audits them."""
    rows = reads.with_steps(reads.visible(request.user))
    return Approvals(request, rows).respond("approvals/list.html", {"tabs": tabs(request.user, "all")})


def tabs(person: Any, current: str, count: int | None = None) -> list[Tab]:
    """The ways into approvals that this person has."""
    count = reads.count_waiting(person) if count is None else count
    found = [
        Tab(Text("等我批准", "Waiting for me"), HOME, current == "waiting", count),
        Tab(Text("我申请的", "Asked by me"), reverse("approvals.mine"), current == "mine"),
        Tab(Text("已了结", "Ended"), reverse("approvals.over"), current == "over"),
    ]
    if person.may("approvals.audit"):
        found.append(Tab(Text("全部", "All"), reverse("approvals.all"), current == "all"))
    return [
        *found,
        Tab(Text("代理", "Substitutes"), reverse("approvals.substitutes"), current == "substitutes"),
    ]


def detail(request: HttpRequest, approval: int) -> HttpResponse:
    """One item: what, why, who, what changes, which clause, what if nothing is done, history; and the decision."""
    found = _found(request, approval)
    day = timezone.localdate(system_clock())
    mine_now = turn(request.user, found, day) if found.waiting else None  # type: ignore[arg-type]
    queued = "queue" in request.GET
    stopped = _stopped(request.user, mine_now)
    form: ActionForm | None = None
    if (mine_now is not None and not stopped) or request.method == "POST":
        form = _decision_form(request, found)
    if request.method == "POST" and form is not None:
        result = submit(request, form)
        if result is not None:
            state = result.value.state if result.value else "waiting"
            return after(request, _next(request, found) if queued else HOME, DONE.get(state, DONE["waiting"]))
        found.refresh_from_db()
    context = {
        "heading": kind_words(found),
        "crumbs": [CRUMB, Crumb(found.words)],
        "approval": shown(found, request.user),
        "row": found,
        "steps": _steps(found),
        "turn": None if stopped else mine_now,
        "stopped": stopped,
        "instead_of": None if mine_now is None or mine_now[1].own else mine_now[1].principal,
        "changed": found.waiting and not unchanged(found),
        "deciders": _waits_for(found, day),
        "needs_identity": _needs_identity(found),
        "place": _place(request, found) if queued else None,
    }
    return show(request, "approvals/detail.html", context, form=form)


def bulk(request: HttpRequest) -> HttpResponse:
    """Several at once; a page in between where a reason or the password is needed."""
    seen = [row.partition(":") for row in request.POST.getlist("row")]
    chosen = {int(id): hash for id, _, hash in seen if id.isdecimal() and len(id) < 19}
    decision = request.POST.get("decision", "")
    rows = list(reads.waiting_for(request.user).filter(pk__in=chosen))
    if not rows or decision not in DECIDED:
        toast(request, Text("没有选中待批准的事项", "Nothing that waits was chosen"), error=True)
        return HttpResponseRedirect(HOME)
    identity = any(_needs_identity(a) for a in rows)
    fields = ["comment", *(["password", "otp"] if identity else [])]
    form = ActionForm(
        "approvals.decide_many",
        request,
        only=fields,
        extra={
            "decision": decision,
            "approvals": [{"approval": a.pk, "content_hash": chosen[a.pk]} for a in rows],
        },
        submit_label=DECIDED[decision],
    )
    first = "comment" not in request.POST
    if not first or (decision == "approve" and not identity):
        result = submit(request, form)
        if result is not None:
            return _after_bulk(request, result.value)
    context = {
        "heading": Text(f"{DECIDED[decision].zh} {len(rows)} 项", f"{DECIDED[decision].en}: {len(rows)}"),
        "crumbs": [CRUMB],
        "rows": rows,
        "picked": [f"{a.pk}:{chosen[a.pk]}" for a in rows],
        "decision": decision,
    }
    if first:
        form = ActionForm(
            "approvals.decide_many", unsent(request), only=fields, submit_label=DECIDED[decision]
        )
    return show(request, "approvals/bulk.html", context, form=form)


def _after_bulk(request: HttpRequest, result: Any) -> HttpResponse:
    if result is None:
        return after(request, HOME, Text("已处理", "Done"))
    done, void = [a for a in result.done if a.state != "void"], [a for a in result.done if a.state == "void"]
    words = Text("已处理 {n} 项", "{n} done").format(n=len(done))
    for approval in void:
        reason = DONE["void"]
        toast(
            request,
            Text(f"{approval.words.zh}：{reason.zh}", f"{approval.words.en}: {reason.en}"),
            error=True,
        )
    titles = {a.pk: a.words for a in Approval.objects.filter(pk__in=result.failed)}
    for id, why in result.failed.items():
        title = titles.get(id, Text("", ""))
        toast(request, Text(f"{title.zh}：{why.zh}", f"{title.en}: {why.en}"), error=True)
    return after(request, HOME, words)


def pass_on(request: HttpRequest, approval: int) -> HttpResponse:
    """To somebody else who holds the role."""
    found = _found(request, approval)
    form = ActionForm("approvals.pass_on", request, fixed={"approval": found.pk})
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, HOME, Text("已转交", "Passed on"))
    back = reverse("approvals.detail", kwargs={"approval": found.pk})
    context = {"heading": Text("转交", "Pass on"), "lead": found.words, "crumbs": [CRUMB], "cancel_url": back}
    return show(request, "ui/page_form.html", context, form=form)


def withdraw(request: HttpRequest, approval: int) -> HttpResponse:
    """Take back what I asked for."""
    found = _found(request, approval)
    form = ActionForm("approvals.withdraw", request, fixed={"approval": found.pk})
    back = reverse("approvals.detail", kwargs={"approval": found.pk})
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, back, Text("已撤回", "Withdrawn"))
    context = {
        "heading": Text("撤回申请", "Withdraw request"),
        "lead": found.words,
        "crumbs": [CRUMB],
        "cancel_url": back,
    }
    return show(request, "ui/page_form.html", context, form=form)


def remind(request: HttpRequest, approval: int) -> HttpResponse:
    """Remind those for whom it waits."""
    found = _found(request, approval)
    return _at_once(
        request,
        "approvals.remind",
        {"approval": found.pk},
        reverse("approvals.detail", kwargs={"approval": found.pk}),
        Text("已催办", "Reminded"),
    )


def substitutes(request: HttpRequest) -> HttpResponse:
    """Who decides for me, and for whom I decide."""
    now = system_clock()
    form = ActionForm("approvals.set_substitute", request, only=["deputy", "since", "until", "kinds"])
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, reverse("approvals.substitutes"), Text("已设置", "Set"))
    person: Any = request.user
    day = timezone.localdate(now)
    theirs = (
        Substitute.objects.filter(deputy=person, until__gte=day).select_related("person").order_by("since")
    )
    kinds = {name: kind.label for name, kind in all_approval_kinds().items()}
    context = {
        "heading": Text("审批代理", "Substitutes"),
        "mine": [(s, _kind_names(s, kinds)) for s in reads.substitutes_of(person, now)],
        "theirs": [(s, _kind_names(s, kinds)) for s in theirs],
        "tabs": tabs(person, "substitutes"),
        "day": day,
    }
    return show(request, "approvals/substitutes.html", context, form=form)


def end_substitute(request: HttpRequest, substitute: int) -> HttpResponse:
    return _at_once(
        request,
        "approvals.end_substitute",
        {"substitute": substitute},
        reverse("approvals.substitutes"),
        Text("已结束", "Ended"),
    )


def shown(approval: Approval, person: Any) -> parts.Approval:
    """An approval as `ui/approval.html` takes it."""
    kind = all_approval_kinds().get(approval.kind)
    subject = kind.load(approval.subject_id) if kind else None
    return parts.Approval(
        id=approval.pk,
        what=approval.words,
        by=_name(approval.requested_by),
        at=approval.requested_at,
        why=approval.why,
        url=kind.url(subject) if kind and subject is not None else "",
        state=STATE_SHOWN.get(approval.state, approval.state),
        clause=approval.clause,
        changes=_changes(approval),
        otherwise=kind.otherwise_of(subject) if kind and subject is not None and approval.waiting else "",
        until=approval.due_at,
        do=_own_do(approval, person),
        history=history(approval),
    )


def history(approval: Approval) -> list[Event]:
    """What happened to it, oldest first, with what was said."""
    from guanxi.platform.kernel import all_kinds

    kinds = all_kinds()
    facts = list(Fact.objects.filter(subject_kind="approval", subject_id=str(approval.pk)).order_by("seq"))
    words = dict(FactText.objects.filter(fact_id__in=[f.seq for f in facts]).values_list("fact_id", "body"))
    wanted = {p for f in facts for p in (f.actor_id, f.on_behalf_of_id) if p}
    names = dict(Person.objects.filter(pk__in=wanted).values_list("pk", "name"))
    found = []
    for fact in facts:
        if fact.kind not in kinds or not fact.kind.startswith("approval."):
            continue
        said = DECIDED.get(fact.data.get("decision", ""), kinds[fact.kind].label)
        principal = fact.data.get("stands_in_for")
        if principal:
            whom = names.get(int(principal)) or Person.objects.get(pk=principal).name
            said = Text(f"{said.zh}（代{whom}）", f"{said.en} (for {whom})")
        quote = words.get(fact.seq, {}).get("comment", "")
        found.append(
            Event(
                fact.happened_at, said, kinds[fact.kind].icon, names.get(fact.actor_id or 0, ""), quote=quote
            )
        )
    return found


def kind_words(approval: Approval) -> Text:
    """The kind of an approval in words; its bare name where the kind is gone."""
    kind = all_approval_kinds().get(approval.kind)
    return kind.label if kind else Text.of(approval.kind)


def _line(approval: Approval) -> Line:
    changes = _changes(approval)
    return Line(
        approval,
        kind_words(approval),
        changes[:2],
        max(0, len(changes) - 2),
        _needs_identity(approval),
        reverse("approvals.detail", kwargs={"approval": approval.pk}),
    )


def _changes(approval: Approval) -> list[Change]:
    return [Change(Text.of(c["label"]), Text.of(c["before"]), Text.of(c["after"])) for c in approval.changes]


def _needs_identity(approval: Approval) -> bool:
    kind = all_approval_kinds().get(approval.kind)
    return kind is not None and kind.needs_identity


def _stopped(person: Any, mine: tuple[Step, Stand] | None) -> Text | None:
    """Why somebody whose turn it is cannot decide at present: a reset that is not confirmed."""
    waits = [who for who in (person, mine[1].principal) if held(who)] if mine is not None else []
    return hold_words(waits[0], person) if waits else None


def _found(request: HttpRequest, id: int) -> Approval:
    found = reads.with_steps(reads.visible(request.user)).filter(pk=id).first()
    if found is None:
        raise NotFound("approval", id)
    return found


def _decision_form(request: HttpRequest, approval: Approval) -> ActionForm:
    fields = ["content_hash", "comment", *(["password", "otp"] if _needs_identity(approval) else [])]
    fixed: dict[str, Any] = {"approval": approval.pk}
    if request.method == "POST":
        fixed["decision"] = request.POST.get("decision", "")
    initial = {"content_hash": approval.content_hash}
    return ActionForm("approvals.decide", request, fixed=fixed, initial=initial, only=fields)


def _own_do(approval: Approval, person: Any) -> list[Do]:
    if not approval.waiting or approval.requested_by_id != person.pk:
        return []
    args = {"approval": approval.pk}
    return [
        Do(Text("催办", "Remind"), reverse("approvals.remind", kwargs=args), post=True, icon="bell"),
        Do(Text("撤回申请", "Withdraw request"), reverse("approvals.withdraw", kwargs=args), icon="undo-2"),
    ]


def _steps(approval: Approval) -> list[parts.Step]:
    """The chain as stages; those beside each other in one."""
    by_order: dict[int, list[Step]] = {}
    for step in approval.steps.all():
        by_order.setdefault(step.order, []).append(step)
    found = []
    for order, steps in sorted(by_order.items()):
        words = [s.whose for s in steps]
        zh, en = ("、", " and ") if steps[0].all else (" 或 ", " or ")
        label = Text(zh.join(w.zh for w in words), en.join(w.en for w in words))
        past = any(s.state == "approved" for s in steps) and not any(s.state == OPEN for s in steps)
        current = approval.waiting and order == approval.step
        found.append(parts.Step(label, "done" if past else "current" if current else ""))
    return found


def _waits_for(approval: Approval, day: Any) -> list[Person]:
    if not approval.waiting:
        return []
    return deciders([s for s in approval.steps.all() if s.state == OPEN], approval, day)


def _queue(request: HttpRequest) -> list[int]:
    rows = reads.waiting_for(request.user).order_by(F("due_at").asc(nulls_last=True), "pk")
    return list(rows.values_list("pk", flat=True)[:QUEUE])


def _place(request: HttpRequest, approval: Approval) -> dict[str, Any] | None:
    """Where it stands among what waits, with its neighbours."""
    ids = _queue(request)
    if approval.pk not in ids:
        return None
    at = ids.index(approval.pk)
    return {
        "number": at + 1,
        "count": len(ids),
        "before": _queued(ids[at - 1]) if at else "",
        "after": _queued(ids[at + 1]) if at + 1 < len(ids) else "",
    }


def _next(request: HttpRequest, approval: Approval) -> str:
    later = [id for id in _queue(request) if id != approval.pk]
    return _queued(later[0]) if later else HOME


def _queued(id: int) -> str:
    return reverse("approvals.detail", kwargs={"approval": id}) + "?queue=1"


def _at_once(request: HttpRequest, action: str, data: dict[str, Any], back: str, done: Text) -> HttpResponse:
    """An action behind a plain button: what stands against it is said on the page it came from."""
    try:
        perform(action, data, actor=request.user, key=request.POST.get("_key") or None, source="web")
    except (Invalid, Forbidden, Conflict) as wrong:
        toast(request, wrong.text, error=True)
        return HttpResponseRedirect(back)
    return after(request, back, done)


def _kind_names(row: Substitute, kinds: dict[str, Text]) -> Text:
    words = [kinds[k] for k in row.kinds if k in kinds]
    if not words:
        return Text("全部", "All")
    return Text("、".join(w.zh for w in words), ", ".join(w.en for w in words))


def _name(person: Person | None) -> Text:
    return Text("系统", "The system") if person is None else Text(person.name, person.name)
