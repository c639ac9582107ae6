"""Planning pages: list, week table, plan, drop-in, reassign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.models import Account
from guanxi.platform.kernel import NotFound, Text, read_day, system_clock
from guanxi.platform.ownfields.listing import (
    asked_for,
    in_words,
    with_columns,
    with_filters,
    with_names,
)
from guanxi.platform.people.models import Department
from guanxi.platform.ui.act import Undo, after, show, submit
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, Filter, TextFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.layouts import Board, Lane
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.parts import Crumb, Do, Tab

from .. import reads
from ..models import AHEAD, Visit
from ..reads.planned import mine, week
from ..reads.promotions import month_of, of_month, unread
from ..words import PURPOSES, STATES, pairs
from .forms import contacts_of, given, places_of, select, several, visitors, where
from .visit import undo_of, url_of

VISITS = Crumb(Text("拜访", "Visits"), "/visits/")


@dataclass(frozen=True, slots=True)
class MineFilter(ChoiceFilter):
    """Made or joined by the person who asks."""

    person: Any = None

    def where(self, value: Any, now: datetime) -> Q:
        return Q(pk__in=mine(self.person).order_by().values("pk"))


@dataclass(frozen=True, slots=True)
class WhoFilter(TextFilter):
    """The visitor's name contains what is typed: of somebody here, or as a past visit's source wrote it."""

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        if asked is None:
            return Q(owner=None, past__visitor="")
        how = "iexact" if asked.exact else "icontains"
        return Q(**{f"owner__name__{how}": asked.text}) | Q(**{f"past__visitor__{how}": asked.text})


def _when(visit: Visit) -> datetime | date:
    """The moment, or of a past visit whose hour nobody knows the day."""
    return visit.began_at if visit.timed else timezone.localdate(visit.began_at)


COLUMNS = (
    Column("customer", Text("客户", "Customer"), value=lambda v: v.customer.called, lead=True),
    Column("planned_at", Text("时间", "When"), value=_when, sort="planned_at", form="planned"),
    Column("state", Text("状态", "State"), sort="state", form="state", export=lambda v: STATES[v.state]),
    Column("owner", Text("拜访人", "Visitor"), value=lambda v: v.who),
    Column("purpose", Text("目的", "Purpose"), value=lambda v: PURPOSES.get(v.purpose, "")),
    Column("target", Text("预期结果", "Target outcome"), phone=False),
    Column(
        "contact",
        Text("拜访谁", "Whom to meet"),
        value=lambda v: v.contact.name if v.contact else "",
        shown=False,
    ),
    Column("place", Text("拜访地址", "Address"), value=lambda v: v.where, shown=False),
    Column("minutes", Text("分钟", "Minutes"), form="number", shown=False),
    Column("training_minutes", Text("培训分钟", "Training minutes"), form="number", shown=False),
    Column("left_at", Text("离开", "Left"), form="when", sort="left_at", nullable=True, shown=False),
)
FILTERS: Sequence[Filter] = (
    MineFilter("mine", Text("谁的", "Whose"), choices=[("me", Text("我的", "mine"))]),
    ChoiceFilter("state", Text("状态", "State"), choices=pairs(STATES)),
    ChoiceFilter("purpose", Text("目的", "Purpose"), choices=pairs(PURPOSES)),
    DateFilter(
        "day",
        Text("时间", "Date"),
        field="planned_at",
        moment=True,
        offers=("today", "week", "month", "next7", "past7", "past30"),
    ),
    TextFilter("customer", Text("客户", "Customer"), "customer__name"),
    WhoFilter("who", Text("拜访人", "Visitor"), "owner__name"),
    TextFilter("target", Text("预期结果", "Target outcome"), "target", empty=True),
)


class Visits(List):
    """The visits that the person may see; first those of today."""

    name = "visits"
    label = Text("拜访", "Visits")
    sort = "-planned_at"
    search = ("customer__name", "customer__short_name", "owner__name", "past__visitor", "target")
    search_label = Text("客户、拜访人、目标", "Customer, visitor, target")
    columns = with_columns(COLUMNS, "visit")
    filters = with_filters(FILTERS, "visit")
    views: ClassVar[Sequence[View]] = (
        View("today", Text("今天", "Today"), {"day": "today", "sort": "planned_at"}),
        View("week", Text("本周", "This week"), {"day": "week"}),
        View("ahead", Text("待拜访", "To come"), {"state": list(AHEAD), "sort": "planned_at"}),
        View("unreported", Text("待报告", "To report"), {"state": ["checked_in", "completed"]}),
        View("mine", Text("我的", "Mine"), {"mine": "me"}),
    )
    boards: ClassVar[Sequence[Board]] = (
        Board(
            "state",
            Text("状态", "State"),
            [Lane(state, label, Q(state=state), {"state": state}) for state, label in STATES.items()],
            hidden=("state",),
        ),
    )
    empty = Empty(
        Text("还没有拜访", "No visits yet"),
        Text("计划一次拜访，写清目的和预期结果。", "Plan one, with its purpose and target outcome."),
        "map-pin",
        Text("计划拜访", "Plan a visit"),
        "/visits/plan/",
    )

    def __init__(self, request: HttpRequest, rows: QuerySet, **how: Any) -> None:
        self.filters = tuple(  # type: ignore[misc]
            replace(f, person=request.user) if isinstance(f, MineFilter) else f for f in self.filters
        )
        rows, _ = asked_for(self, "visit", request.GET, rows, (), searched=True)
        super().__init__(request, rows, **how)

    def prepare(self, rows: Sequence[Any]) -> None:
        with_names(self, "visit", rows)

    def find(self, text: str) -> Q:
        return super().find(text) | in_words("visit", text)

    @property
    def tabs(self) -> list[Tab]:
        """Without a view the list begins with today, so all has a name of its own."""
        first, *others = super().tabs
        return [*others, replace(first, url=self.bare_url)]

    @property
    def bare_url(self) -> str:
        return "?view=all"

    @property
    def clear_url(self) -> str:
        return self.bare_url

    def row_url(self, row: Visit) -> str:
        return url_of(row)

    def bulk(self) -> Sequence[Do]:
        if not self.request.user.may("visits.assign"):  # type: ignore[union-attr]
            return ()
        return (Do(Text("改派…", "Reassign…"), reverse("visits.reassign"), icon="users"),)


def visit_list(request: HttpRequest) -> HttpResponse:
    """The visits as far as one may see, those of today first; `?view=all` shows all."""
    if not request.GET and not getattr(request, "data_limit", None):
        request.GET = QueryDict("view=today&day=today&sort=planned_at")
    rows = reads.visible(request.user)
    if (
        request.GET.get("view") == "mine" and "mine" not in request.GET
    ):  # an address from before it was a filter
        rows = mine(request.user)
    found = Visits(request, rows.select_related("customer", "owner", "contact", "place", "past")).respond(
        "visits/list.html",
        {"may_plan": request.user.may("visits.work")},  # type: ignore[union-attr]
    )
    return cast(HttpResponse, found)  # a page, or a file for export


def _visiting() -> list[Department]:
    """The departments in which somebody visits customers."""
    people = [int(id) for id, _ in visitors()]
    return list(Department.objects.filter(active=True, people__in=people).distinct())


def week_table(request: HttpRequest) -> HttpResponse:
    """Who visits whom in a week, by person and day."""
    now = system_clock()
    today = timezone.localdate(now)
    try:
        day = read_day(request.GET.get("day", ""))
    except ValueError:
        day = today
    monday = day - timedelta(days=day.weekday())
    departments = _visiting() if request.user.may("visits.assign") else []  # type: ignore[union-attr]
    chosen = next((d for d in departments if str(d.pk) == request.GET.get("department")), None)
    table = week(request.user, monday, chosen.path if chosen else "")
    kept = f"&department={chosen.pk}" if chosen else ""
    context = {
        "week": table,
        "may_assign": request.user.may("visits.assign"),  # type: ignore[union-attr]
        "monday": monday,
        "today": today,
        "now": now,
        "previous_url": f"?day={monday - timedelta(days=7)}{kept}",
        "next_url": f"?day={monday + timedelta(days=7)}{kept}",
        "this_url": "?" + kept.lstrip("&"),
        "departments": [
            Tab(Text("全部", "All"), f"?day={monday}", chosen is None),
            *(Tab(d.name, f"?day={monday}&department={d.pk}", d == chosen) for d in departments),
        ]
        if departments
        else [],
    }
    return show(request, "visits/week.html", context)


def _soon(now: datetime) -> datetime:
    """The next whole hour of working time, as a first guess."""
    local = timezone.localtime(now)
    ahead = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if ahead.hour < 9:
        return ahead.replace(hour=9)
    if ahead.hour > 17 or ahead.date() != local.date():
        return timezone.make_aware(datetime.combine(local.date() + timedelta(days=1), time(9)))
    return ahead


def _customer(request: HttpRequest) -> Account | None:
    """The customer that the address names, through the person's rights."""
    id = request.POST.get("customer") or request.GET.get("customer") or ""
    return customers.fetch(request.user, int(id)) if id.isdecimal() and len(id) < 19 else None


def plan(request: HttpRequest) -> HttpResponse:
    """Plan a visit; from a customer's page with `?customer=`."""
    account = _customer(request)
    form = ActionForm(
        "visits.plan",
        request,
        fixed={"customer": account.pk} if account else None,
        only=[*_fields(request, account, "planned_at", "purpose", "target"), "own"],
        initial={
            "planned_at": _soon(system_clock()),
            **given(request, ("planned_at", "purpose", "target", "contact")),
        },
    )
    if account:
        select(form, "contact", contacts_of(account.pk))
        where(form, places_of(account))
    several(form, "colleagues", visitors(request.user.pk))
    if request.method == "POST" and (result := submit(request, form)):
        return after(request, url_of(result.subject[1] or 0), Text("已计划拜访", "The visit is planned"))
    return _planning(request, form, account, Text("计划拜访", "Plan a visit"))


def _fields(request: HttpRequest, account: Account | None, *names: str) -> list[str]:
    found = [*([] if account else ["customer"]), *names]
    if account:
        found.append("contact")
        found += ["place"] if account.addresses.exists() else []
    found.append("colleagues")
    if request.user.may("visits.assign") and "planned_at" in names:  # type: ignore[union-attr]
        found.append("owner")
    return found


def drop_in(request: HttpRequest) -> HttpResponse:
    """At the door, without a plan: purpose and target are asked for here, and the visit begins."""
    account, now = _customer(request), system_clock()
    promotions = of_month(month_of(now), account)
    new = unread(request.user.pk or 0, promotions)
    form = ActionForm(
        "visits.drop_in",
        request,
        fixed={"customer": account.pk} if account else None,
        only=[
            *_fields(request, account, "purpose", "target"),
            "own",
            "arrived_at",
            *(["promotions_read"] if new else []),
        ],
        folded=("colleagues", "arrived_at"),
        submit_label=Text("到了，开始拜访", "I am here: begin"),
    )
    if account:
        select(form, "contact", contacts_of(account.pk))
        where(form, places_of(account))
    several(form, "colleagues", visitors(request.user.pk))
    title = Text("还不能开始这次拜访", "This visit cannot begin yet")
    # What is missing stands on this very form, so that no remedy leads away from it.
    sent = request.method == "POST" and submit(request, form, title=title, remedy_url=lambda reason: "")
    if sent:
        done = Text("已签到", "Checked in")
        return after(request, url_of(sent.subject[1] or 0, anchor="capture"), done, undo=undo_of(sent))
    return _planning(request, form, account, Text("临时拜访", "Drop in"), promotions=new)


def _planning(
    request: HttpRequest, form: ActionForm, account: Account | None, heading: Text, **more: Any
) -> HttpResponse:
    context = {
        "heading": heading,
        "account": account,
        "crumbs": [VISITS, Crumb(heading)],
        "cancel_url": reverse("visits.list"),
        **more,
    }
    return show(request, "visits/plan.html", context, form=form)


def reassign(request: HttpRequest) -> HttpResponse:
    """Hand over the visits chosen in the list, or of one person on one day (a colleague is ill)."""
    now = system_clock()
    chosen = _chosen(request)
    rows = reads.visible(request.user).filter(state__in=AHEAD).select_related("customer", "owner")
    person = request.GET.get("owner", "")
    if not chosen and person.isdecimal() and len(person) < 19:
        start = timezone.make_aware(datetime.combine(timezone.localdate(now), time.min))
        rows = rows.filter(owner=int(person), planned_at__gte=start, planned_at__lt=start + timedelta(days=1))
    elif chosen:
        rows = rows.filter(pk__in=chosen)
    else:
        rows = rows.none()
    visits = list(rows.order_by("planned_at")[:100])
    if (
        chosen
        and len(visits) < len(set(chosen))
        and not reads.visible(request.user).filter(pk__in=chosen).exists()
    ):
        raise NotFound("visit", chosen[0])
    # Choosing rows in the list arrives here as a POST without the form's own call key: it only shows the form.
    sending = request.method == "POST" and "_key" in request.POST
    form = ActionForm(
        "visits.reassign",
        request,
        fixed={"visits": chosen or [v.pk for v in visits]},
        only=("owner", "reason"),
        submit_label=Text("改派", "Reassign"),
    )
    select(form, "owner", [("", Text("请选择", "Please choose")), *visitors()])
    if not sending:
        form.is_bound = False
    elif result := submit(request, form):
        back = None
        if result.seqs:
            seqs = {"first": result.seqs[0], "last": result.seqs[-1]}
            back = Undo(reverse("ui.act", kwargs={"action": "visits.reassign_back"}), seqs)
        return after(
            request,
            reverse("visits.week"),
            Text(f"已改派 {len(visits)} 次拜访", f"{len(visits)} visits handed over"),
            undo=back,
        )
    context = {
        "heading": Text("改派拜访", "Reassign visits"),
        "crumbs": [VISITS, Crumb(Text("改派", "Reassign"))],
        "visits": visits,
        "people": visitors(),
        "person": person,
        "now": now,
    }
    return show(request, "visits/reassign.html", context, form=form)


def _chosen(request: HttpRequest) -> list[int]:
    asked = [*request.POST.getlist("row"), *request.GET.getlist("row")]
    return [int(id) for id in dict.fromkeys(asked) if id.isdecimal() and len(id) < 19][:100]
