"""The general manager's first page: every regulation that waits, what it demands, and the approval of one, some or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from guanxi.cores.norms.source import PackError
from guanxi.platform.approvals import reads as approvals
from guanxi.platform.approvals.models import Approval
from guanxi.platform.kernel import Text
from guanxi.platform.people.web.forms import unsent
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Version
from guanxi.platform.regulations.wording import (
    KINDS,
    ORIGIN_HINTS,
    ORIGINS,
    clause_words,
    own_value,
    parameter_words,
    value_words,
)
from guanxi.platform.ui.act import after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm

from .middleware import LATER

KIND = "regulation_version"
ALL, CHOSEN = "all", "chosen"


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter as it will hold."""

    what: Text
    value: Text
    origin: Text
    hint: Text
    ours: bool
    clause: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A regulation that waits. controls: how many of each kind it brings."""

    approval: Approval
    code: str
    title: Text
    url: str
    clauses: list[tuple[str, Text]]
    numbers: list[Number]
    controls: list[Text]
    fault: str = ""

    @property
    def ours(self) -> int:
        return sum(n.ours for n in self.numbers)


def first_versions(person: Any) -> list[Approval]:
    """The first versions that wait for this person, in the regulations' order."""
    waiting = list(approvals.waiting_for(person).filter(kind=KIND))
    if not waiting:
        return []
    firsts = {
        v.pk: v.regulation.order
        for v in Version.objects.filter(
            pk__in=[a.subject_id for a in waiting], based_on=None, number=1
        ).select_related("regulation")
    }
    return sorted((a for a in waiting if a.subject_id in firsts), key=lambda a: (firsts[a.subject_id], a.pk))


def approve(request: HttpRequest) -> HttpResponse:
    """Read, choose, confirm with the password."""
    waiting = first_versions(request.user)
    seen = [row.partition(":") for row in request.POST.getlist("row")]
    chosen = {int(id): digest for id, _, digest in seen if id.isdecimal() and len(id) < 19}
    if request.POST.get("which") == ALL:
        sent = [row.partition(":") for row in request.POST.getlist("shown")]
        chosen = {int(id): digest for id, _, digest in sent if id.isdecimal() and len(id) < 19}
    form = ActionForm(
        "approvals.decide_many",
        request if request.method == "POST" and chosen else unsent(request),
        only=["password", "otp"],
        extra={
            "decision": "approve",
            "approvals": [{"approval": id, "content_hash": digest} for id, digest in chosen.items()],
        },
    )
    nothing = request.method == "POST" and not chosen
    if request.method == "POST" and chosen:
        result = submit(request, form)
        if result is not None:
            return _onward(request, result.value)
    context = {
        "heading": Text("批准公司的制度", "Approve the company's regulations"),
        "rows": [_shown(a) for a in waiting],
        "chosen": set(chosen),
        "nothing": nothing,
    }
    response = show(request, "setup/approve.html", context, form=form)
    if nothing:
        response.status_code = 422
    return response


def _onward(request: HttpRequest, result: Any) -> HttpResponse:
    """Back to what still waits, or on to Today."""
    left = first_versions(request.user)
    goal = reverse("setup.approve") if left else "/"
    if result is None:
        return after(request, goal, Text("已处理", "Done"))
    titles = {a.pk: a.words for a in Approval.objects.filter(pk__in=result.failed)}
    for id, why in result.failed.items():
        title = titles.get(id, Text("", ""))
        toast(request, Text(f"{title.zh}：{why.zh}", f"{title.en}: {why.en}"), error=True)
    for approval in result.done:
        if approval.state == "void":
            toast(
                request,
                Text(
                    f"{approval.words.zh}：内容已改，审批失效",
                    f"{approval.words.en}: its content had changed, the approval is void",
                ),
                error=True,
            )
    done = sum(a.state != "void" for a in result.done)
    words = Text("已批准 {n} 部制度，现在生效", "{n} approved and in force now").format(n=done)
    return after(request, goal, words if done else None)


def later(request: HttpRequest) -> HttpResponse:
    """Not now: Today opens as usual until the next sign-in."""
    request.session[LATER] = True
    return HttpResponseRedirect("/")


def _counted(number: int, words: Text) -> Text:
    """6 义务, 6 duties."""
    one = words.en.lower()
    many = f"{one[:-1]}ies" if one.endswith("y") else f"{one}s"
    return Text(f"{number} {words.zh}", f"{number} {one if number == 1 else many}")


def _shown(approval: Approval) -> Waiting:
    version = Version.objects.select_related("regulation").get(pk=approval.subject_id)
    title = Text(version.regulation.title_zh, version.regulation.title_en)
    url = reverse("approvals.detail", kwargs={"approval": approval.pk})
    try:
        held = packs.engine_version(version)
    except PackError as error:
        return Waiting(approval, version.regulation_id, title, url, [], [], [], str(error))
    counts: dict[str, int] = {}
    for control in held.pack.controls.values():
        counts[type(control).__name__] = counts.get(type(control).__name__, 0) + 1
    numbers = [
        Number(
            parameter_words(parameter),
            value_words(parameter, own_value(held, name)),
            ORIGINS.get(parameter.origin, Text(parameter.origin, parameter.origin)),
            ORIGIN_HINTS.get(parameter.origin, Text("", "")),
            parameter.origin != "source",
            parameter.clause,
        )
        for name, parameter in held.pack.parameters.items()
    ]
    return Waiting(
        approval,
        version.regulation_id,
        title,
        url,
        [(clause.id, clause_words(clause)) for clause in held.pack.clauses.values()],
        numbers,
        [_counted(counts[kind], words) for kind, words in KINDS.items() if counts.get(kind)],
    )
