"""All likely twins among the customers that one may merge: looked at pair by pair, merged or kept apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.jobs.models import Job
from guanxi.platform.kernel import Text, current_language
from guanxi.platform.ui.act import Undo, after, show, submit
from guanxi.platform.ui.addresses import address
from guanxi.platform.ui.filters import ChoiceFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.narrowing import asked_about
from guanxi.platform.ui.parts import Crumb, Do, Tab
from guanxi.platform.ui.registry import Nav, page
from guanxi.platform.ui.web.pages import safe_next

from .. import reads, words
from ..models import Account
from ..models_twins import APART, OPEN, TwinPair, TwinSearch
from ..twins.search import key_of
from .lists import FlagFilter
from .merging import TWINS
from .sending import LIST, crumbs, run

MERGE, FIND = "customers.merge", "customers.find_twins"
PAGE = "customers.twin-pairs"
TITLE = Text("疑似重复的客户", "Likely twins")


def pairs_of(person: Any) -> QuerySet[TwinPair]:
    """The pairs of which this person may merge both."""
    mine = Account.objects.filter(reads.within(person, MERGE) & reads.within(person, "customers.view"))
    return TwinPair.objects.filter(first__in=mine.values("pk"), second__in=mine.values("pk"))


def _why(row: TwinPair) -> str:
    """What speaks for it, in the reader's language; for decided ones, why they are two."""
    if row.state == APART and row.why:
        return row.why
    place = 2 if current_language() == "en" else 1
    return " · ".join(said[place] for said in row.reasons)


class Pairs(List):
    name = "twin-pairs"
    label = TITLE
    columns = (
        Column("first", Text("客户", "Customer"), value=lambda p: p.first.name, lead=True),
        Column("second", Text("可能是同一家的客户", "May be the same as"), value=lambda p: p.second.name,
               url=lambda p: address("customers.detail", customer=p.second_id)),
        Column("score", Text("相似", "Alike"), value=lambda p: p.score / 100, sort="score", form="percent"),
        Column("why", Text("依据", "What speaks for it"), value=_why),
        Column("manager", Text("负责人", "Looked after by"),
               value=lambda p: "、".join(dict.fromkeys(a.manager.name for a in (p.first, p.second) if a.manager)), phone=False),
        Column("state", Text("判定", "Decision"), value=lambda p: words.TWIN_STATES[p.state], phone=False),
        Column("decided", Text("判定人", "Decided by"), value=lambda p: p.decided_by.name if p.decided_by else "", shown=False),
        Column("at", Text("发现", "Found"), value=lambda p: p.found_at, form="when", shown=False),
        Column("first_id", Text("客户编号", "Id of the customer"), form="number", shown=False),
        Column("second_id", Text("另一位的编号", "Id of the other"), form="number", shown=False),
    )  # fmt: skip
    views = (
        View("open", Text("待判定", "To be decided"), {"state": [OPEN]}),
        View("certain", Text("确定的", "Certain"), {"state": [OPEN], "sure": ["1"]}),
        View("apart", Text("不是同一家", "Not the same"), {"state": [APART]}),
    )
    filters = (
        ChoiceFilter("state", Text("判定", "Decision"), "state", choices=words.pairs(words.TWIN_STATES)),
        FlagFilter(
            "sure",
            Text("把握", "How sure"),
            "certain",
            choices=[("1", Text("确定", "certain")), ("0", Text("可能", "possible"))],
        ),
    )
    search = ("first__name", "second__name")
    sort = "-score"
    exportable = False
    empty = Empty(
        Text("没有疑似重复的客户", "No likely twins"),
        Text(
            "新建和修改过的客户每晚自动查重；负责指派客户的人也可以把全部客户再查一遍。",
            "What was entered or changed is looked through every night; whoever assigns customers can search all of them again.",
        ),
        "circle-check",
    )

    @property
    def tabs(self) -> list[Tab]:
        """Without one for all: what is decided already would stand between what is not."""
        every, first, *others = super().tabs
        return [replace(first, current=first.current or every.current), *others]

    def row_url(self, row: Any) -> str:
        return address("customers.merge", customer=row.first_id, other=row.second_id)


def pairs(request: HttpRequest) -> HttpResponse:
    """The pairs to be decided; those that were decided under their tab."""
    person: Any = request.user
    rows = pairs_of(person)
    if not (request.GET.get("view") == "all" or asked_about(request.GET, "state")):
        rows = rows.filter(state=OPEN)
    search = TwinSearch.objects.first()
    running = search is not None and search.finished_at is None
    job = Job.objects.filter(key=key_of(search)).first() if running and search else None
    broken = running and (job is None or job.state not in ("queued", "running"))
    context = {
        "heading": TITLE,
        "crumbs": [Crumb(LIST, reverse("customers.list")), Crumb(TITLE)],
        "search": search,
        "running": running and not broken,
        "broken": broken,
        "find": Do(
            Text("全部查重", "Search all again"),
            reverse("customers.find-twins"),
            post=True,
            icon="refresh-cw",
        )
        if person.may("customers.assign") and (broken or not running)
        else None,
    }
    shown = Pairs(request, rows.select_related("first__manager", "second__manager", "decided_by"))
    return cast(HttpResponse, shown.respond("customers/twin_pairs.html", context))


def find(request: HttpRequest) -> HttpResponse:
    """Search all customers."""
    return run(
        request,
        FIND,
        {},
        Text("开始查重；可以离开这一页", "The search has begun; you may leave this page"),
        reverse(PAGE),
    )


def apart(request: HttpRequest, customer: int, other: int) -> HttpResponse:
    """Say that two customers are not the same, and how one knows."""
    one, two = (reads.fetch(request.user, id, MERGE) for id in (customer, other))
    both = {"customer": one.pk, "other": two.pk}
    form = ActionForm("customers.keep_apart", request, fixed=both)
    back = safe_next(request, reverse(PAGE))
    if request.method == "POST" and submit(request, form):
        done = Text("已判定不是同一家，不再提示合并", "Kept apart: not offered for merging any more")
        return after(request, back, done, undo=Undo(reverse("customers.compare-again"), both))
    context = {
        "heading": form.action.label,
        "lead": Text(f"{one.name} 与 {two.name}", f"{one.name} and {two.name}"),
        "crumbs": crumbs(
            one,
            Crumb(TWINS, reverse("customers.twins", kwargs={"customer": one.pk})),
            Crumb(form.action.label),
        ),
        "cancel_url": back,
        "account": one,
    }
    return show(request, "customers/form.html", context, form=form)


def again(request: HttpRequest) -> HttpResponse:
    """Take back that two customers are not the same."""
    return run(
        request,
        "customers.compare_again",
        {"customer": request.POST.get("customer", ""), "other": request.POST.get("other", "")},
        Text("已恢复，查重时会再次提示", "To be compared again"),
        reverse(PAGE),
    )


def declare(two: Any) -> None:
    """The pages. two: finds two customers that a person may merge, for a page's sample."""
    page(PAGE, "customers/twins/", pairs, label=TITLE, permission=MERGE, nav=Nav(26, "copy"),
         methods=("GET", "HEAD"), lists=(Pairs,))  # fmt: skip
    page("customers.find-twins", "customers/twins/find/", find, label=Text("全部查重", "Search all customers for twins"),
         permission="customers.assign", methods=("POST",))  # fmt: skip
    page("customers.keep-apart", "customers/<int:customer>/twins/<int:other>/", apart,
         label=Text("不是同一家", "Not the same"), permission=MERGE, sample=two)  # fmt: skip
    page("customers.compare-again", "customers/twins/again/", again, label=Text("恢复查重", "Compare again"),
         permission=MERGE, methods=("POST",))  # fmt: skip
