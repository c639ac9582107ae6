"""The evidence of one clause: its obligations, its refused attempts, the lines of its measures; as far as one may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property

from guanxi.cores.norms.controls import Duty, Gate, Measure
from guanxi.platform.kernel import NotFound, Text, system_clock
from guanxi.platform.people.models import Department, Person
from guanxi.platform.ui.filters import ChoiceFilter, Filter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List, Page
from guanxi.platform.ui.parts import Tab
from guanxi.platform.ui.registry import data_list, page
from guanxi.platform.ui.states import get as state_of
from guanxi.platform.ui.subjects import named

from .. import attempts, closed_figures, figures, overview, packs, reads
from ..models import MeasureEntry, Version
from ..obligation_lines import owner_names
from ..periods import Month
from ..reads import Within
from ..unseen import shown_lines
from ..wording import action_label, clause_words
from .reading import GET, home_crumb, may_try, regulation_crumb

OVERDUE = "overdue"
MONTHS_OFFERED = 24
STATE_CHOICES = [
    ("open", Text("未到期", "Not yet due")),
    ("missed", Text("漏做", "Missed")),
    ("late", Text("迟", "Late")),
    ("fulfilled", Text("按时", "In time")),
    ("waived", Text("已豁免", "Waived")),
    ("void", Text("已失效", "Void")),
]


@dataclass(frozen=True, slots=True)
class StateFilter(ChoiceFilter):
    """States as the figures count them: what is not yet due is open, waiting or suspended; a deadline missed stays so."""

    def where(self, value: Any, now: datetime) -> Q:
        missed = Q(missed_at__isnull=False, taken_back=False)
        wanted = Q()
        for state in value:
            if state == "open":
                wanted |= Q(state__in=["open", "waiting", "suspended"]) & ~missed
            elif state == "missed":
                wanted |= (missed | Q(state="missed")) & ~Q(state="late")
            elif state == "late":
                wanted |= Q(state="late")
            else:
                wanted |= Q(state=state) & ~missed
        return wanted


@dataclass(frozen=True, slots=True)
class MonthFilter(ChoiceFilter):
    """The month of the deadline; of the opening where there is none."""

    def where(self, value: Any, now: datetime) -> Q:
        wanted = Q()
        for label in value:
            month = Month.read(label, now)
            within = {"gte": month.start, "lt": month.end}
            wanted |= Q(**{f"due_at__{k}": v for k, v in within.items()})
            wanted |= Q(due_at__isnull=True, **{f"opened_at__{k}": v for k, v in within.items()})
        return wanted


@dataclass(frozen=True, slots=True)
class OwnerFilter(ChoiceFilter):
    """Who owes it, or owed it on the day of the deadline."""

    def where(self, value: Any, now: datetime) -> Q:
        return Q(owed_by__in=value) | Q(owed_by="", owner__in=value)


class Obligations(List):
    """Obligations of a clause."""

    name = "obligations"
    label = Text("义务", "Obligations")
    columns: ClassVar[Sequence[Column]] = (
        Column("what", Text("事项", "What"), value=lambda r: r.what, lead=True),
        Column(
            "state", Text("状态", "State"), value=lambda r: r.shown_state, form="state",
            export=lambda r: state_of(r.shown_state).text,
        ),
        Column("due_at", Text("期限", "Deadline"), sort="due_at", nullable=True, form="when"),
        Column("closed_at", Text("了结", "Closed"), sort="closed_at", nullable=True, form="when", phone=False),
        Column("who", Text("责任人", "Owed by"), value=lambda r: r.who),
        Column("department", Text("部门", "Department"), value=lambda r: r.department_name, phone=False, shown=False),
        Column("missed_at", Text("漏于", "Missed at"), sort="missed_at", nullable=True, form="when", shown=False),
        Column("opened_at", Text("产生", "Opened"), sort="opened_at", form="when", shown=False),
    )  # fmt: skip
    filters: ClassVar[Sequence[Filter]] = (
        StateFilter("state", Text("状态", "State"), choices=STATE_CHOICES),
        MonthFilter("month", Text("月份", "Month")),
        ChoiceFilter("department", Text("部门", "Department")),
        OwnerFilter("person", Text("责任人", "Owed by")),
    )
    also: ClassVar[Mapping[str, str]] = {
        "show": "obligations, attempts or lines: which evidence of the clause",
        "control": "only what this control of the clause rests on",
    }
    sort = "-due_at"
    empty = Empty(
        Text("还没有义务", "No obligation yet"),
        Text(
            "条款生效后，相关业务发生时这里会自动出现义务，每一项都能看到原因。",
            "Once the clause is in force obligations appear here by themselves, each with its reason.",
        ),
        "clipboard-list",
    )

    def __init__(self, request: HttpRequest, rows: QuerySet, *, within: Within, now: datetime) -> None:
        super().__init__(request, rows, now=now)
        self.filters = _offering(self.filters, within, now)  # type: ignore[misc]

    def row_url(self, row: Any) -> str:
        return reverse("regulations.obligation", kwargs={"obligation": row.pk})

    @cached_property
    def page(self) -> Page:
        """The page's rows with names, in a fixed number of look-ups."""
        found = super().page
        _name(self.request.user, found.rows, self.now)
        return found

    def export(self, kind: str) -> HttpResponseBase:
        """As shown; names are looked up for the whole file."""
        rows = list(self.ordered(self.matching)[:10_000])
        _name(self.request.user, rows, self.now)
        columns = self.shown_columns
        from guanxi.platform.ui import exports

        make = exports.csv_response if kind == "csv" else exports.xlsx_response
        lines = ([c.export(r) if c.export else c.of(r) for c in columns] for r in rows)
        return make(f"{self.label}", [str(c.label) for c in columns], lines)


def _offering(filters: Sequence[Filter], within: Within, now: datetime) -> tuple[Filter, ...]:
    """The filters with what there is to choose from for whoever looks."""
    months = [m for m in reversed(Month.of(now).shift(2).back(MONTHS_OFFERED + 2))]
    people = Person.objects.all() if within.all else Person.objects.filter(pk__in=within.ids)
    departments = Department.objects.all()
    if not within.all:
        departments = departments.filter(pk__in=[int(d) for d in within.departments])
    choices: dict[str, dict[str, Any]] = {
        "month": {"choices": [(m.label, m.words) for m in months]},
        "department": {"choices": [(str(pk), name) for pk, name in departments.values_list("pk", "name")]},
        "person": {
            "choices": [(str(pk), name) for pk, name in people.order_by("name").values_list("pk", "name")]
        },
    }
    return tuple(replace(f, **choices.get(f.key, {})) for f in filters)


def _name(person: Any, rows: Sequence[Any], now: datetime) -> None:
    """Put words, names and the state of the moment on the rows."""
    from guanxi.cores.norms.gates import overdue

    from .. import codec
    from ..engine import engine

    made = engine()
    keys = [(r.subject_kind, r.subject) for r in rows] + [
        ("customer", r.customer) for r in rows if r.customer
    ]
    names = named(person, keys)
    owners = owner_names(r.owed_by or r.owner for r in rows)
    wanted = {int(r.department) for r in rows if r.department.isdigit()}
    departments = dict(Department.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    for r in rows:
        customer, own = names.get(("customer", r.customer or "")), names[r.subject_kind, r.subject]
        about = (customer.name if customer else "") or own.name or own.label
        words = reads.words_of(r, made)
        r.what = Text(f"{words.zh} · {Text.of(about).zh}", f"{words.en} · {Text.of(about).en}")
        r.who = owners.get(r.owed_by or r.owner, ("", ""))[0]
        r.department_name = departments.get(int(r.department), "") if r.department.isdigit() else ""
        r.shown_state = OVERDUE if r.state != "missed" and overdue(codec.obligation_of(r), now) else r.state


class Every(Obligations):
    """Obligations of all clauses, with what a program needs to tell them apart."""

    name = "every-obligation"
    also: ClassVar[Mapping[str, str]] = {}
    columns = (
        *Obligations.columns,
        Column("clause", Text("条款", "Clause"), sort="clause"),
        Column("control", Text("控制", "Control")),
        Column("version", Text("版本", "Version")),
        Column("subject_kind", Text("对象类型", "About a")),
        Column("subject", Text("对象编号", "Id of what it is about")),
        Column("customer", Text("客户编号", "Id of the customer")),
    )
    filters = (*Obligations.filters, TextFilter("clause", Text("条款", "Clause"), field="clause"))


class Attempts(List):
    """Attempts that a gate of the clause refused, or all that passed it."""

    name = "attempts"
    label = Text("尝试", "Attempts")
    also = {**Obligations.also, "month": "the month of the attempts"}
    columns = (
        Column("recorded_at", Text("时间", "When"), form="when", lead=True),
        Column("action", Text("操作", "Action"), value=lambda r: action_label(r.data["action"])),
        Column("result", Text("结果", "Result"), value=lambda r: "approved" if r.data["passed"] else "refused", form="state"),
        Column("who", Text("谁", "Who"), value=lambda r: r.who),
        Column("about", Text("对象", "About"), value=lambda r: r.about_name, url=lambda r: r.about_url),
        Column("seq", Text("事实", "Fact"), form="number", phone=False),
    )  # fmt: skip
    sort = "-"
    exportable = False
    empty = Empty(
        Text("本月没有被拒绝的尝试", "Nothing was refused this month"),
        Text("通过的尝试只计数。", "Attempts that pass are only counted."),
        "shield-check",
    )

    @cached_property
    def page(self) -> Page:
        found = super().page
        rows = found.rows
        names = named(self.request.user, [(r.subject_kind, r.subject_id) for r in rows if r.subject_id])
        people = dict(
            Person.objects.filter(pk__in={r.actor_id for r in rows if r.actor_id}).values_list("pk", "name")
        )
        for r in rows:
            about = names.get((r.subject_kind, r.subject_id or ""))
            r.who = people.get(r.actor_id, "")
            r.about_name = (about.name or about.label) if about else ""
            r.about_url = about.url if about else ""
        return found


class Lines(List):
    """The lines that a measure counts."""

    name = "lines"
    label = Text("明细", "Lines")
    also = {**Obligations.also, "month": "the month of the lines"}
    columns = (
        Column("at", Text("时间", "When"), sort="at", form="when", lead=True),
        Column("hit", Text("符合", "Meets it"), value=lambda r: "yes" if r.hit else "no", form="state"),
        Column("value", Text("数值", "Value"), form="number"),
        Column("who", Text("责任人", "Who"), value=lambda r: r.who),
        Column("about", Text("客户", "Customer"), value=lambda r: r.about_name, url=lambda r: r.about_url),
        Column("seq", Text("事实", "Fact"), form="number", phone=False),
    )
    sort = "-at"
    exportable = False
    empty = Empty(Text("本月没有明细", "Nothing was counted this month"), icon="chart-column")

    @cached_property
    def page(self) -> Page:
        found = super().page
        rows = found.rows
        names = named(self.request.user, [("customer", r.customer) for r in rows if r.customer])
        owners = owner_names(r.person for r in rows if r.person)
        for r in rows:
            about = names.get(("customer", r.customer))
            r.who = owners.get(r.person, ("", ""))[0]
            r.about_name = about.name if about else ""
            r.about_url = about.url if about else ""
        return found


def clause(request: HttpRequest, clause: str) -> HttpResponse:
    """One clause: what it says, its figures of a month, and the records behind them."""
    now = system_clock()
    code = clause.partition(".")[0]
    version = figures.version_at(code, now) or _written(code)
    found = version.pack.clauses.get(clause) if version else None
    if version is None or found is None:
        raise NotFound("clause", clause)
    month = Month.read(request.GET.get("month", ""), now)
    within = reads.reach_of(request.user)
    views = figures.clause_views(request.user, version, month, now)
    view = next(v for v in views if v.id == clause)
    carriers = [c for c in version.pack.controls.values() if clause in c.clauses]
    kinds = {
        "obligations": any(isinstance(c, Duty) for c in carriers),
        "attempts": any(isinstance(c, Gate) and c.refuses for c in carriers),
        "lines": any(isinstance(c, Measure) for c in carriers),
    }
    asked = next((c for c in carriers if c.id == request.GET.get("control")), None)
    show = request.GET.get("show") or _showing(asked, kinds)
    title = version.pack.title
    context: dict[str, Any] = {
        "heading": Text(f"{clause} {title.zh}", f"{clause} {title.en}"),
        "view": view,
        "text": clause_words(found),
        "code": code,
        "month": month,
        "tabs": _tabs(clause, month, kinds, show),
        "has_evidence": any(kinds.values()),
        "scope": figures.SCOPES[within.all],
        "may_try": may_try(request.user),
        "current": version.label,
        "crumbs": [home_crumb(), regulation_crumb(code)],
    }
    made: List
    if show == "attempts":
        keys = [c.key for c in carriers if isinstance(c, Gate) and (asked is None or c is asked)]
        rows = attempts.refused(within, month.start, month.end, keys)
        made = Attempts(request, rows, now=now)
    elif show == "lines":
        made = Lines(request, _measure_rows(within, version, carriers, asked, month, now), now=now)
    else:
        own = reads.visible_obligations(request.user).filter(regulation=code, clause=clause)
        if isinstance(asked, Duty):
            own = own.filter(control=asked.id)
        made = Obligations(request, own, within=within, now=now)
    return cast(HttpResponse, made.respond("regulations/clause.html", context))


def _showing(asked: Any, kinds: dict[str, bool]) -> str:
    if isinstance(asked, Gate):
        return "attempts"
    if isinstance(asked, Measure):
        return "lines"
    return next((name for name, there in kinds.items() if there), "obligations")


def _tabs(clause: str, month: Month, kinds: dict[str, bool], show: str) -> list[Tab]:
    words = {
        "obligations": Text("义务", "Obligations"),
        "attempts": Text("被拒绝的尝试", "Refused attempts"),
        "lines": Text("指标明细", "Measure lines"),
    }
    base = reverse("regulations.clause", kwargs={"clause": clause})
    found = [
        Tab(words[name], f"{base}?month={month.label}&show={name}", name == show)
        for name, there in kinds.items()
        if there
    ]
    return found if len(found) > 1 else []


def _measure_rows(
    within: Within, version: Any, carriers: Sequence[Any], asked: Any, month: Month, now: datetime
) -> QuerySet[MeasureEntry]:
    wanted = Q(pk__in=[])
    for control in carriers:
        if isinstance(control, Measure) and (asked is None or control is asked):
            labels = (
                [""] if control.reached_by else closed_figures.period_labels(control, version, month, now)
            )
            wanted |= Q(control=control.key, period__in=labels, counted=True)
    return shown_lines(MeasureEntry.objects.filter(wanted).filter(within.of()))


def _written(code: str) -> Any:
    """The version that would be in force: the newest text, without data."""
    from guanxi.cores.norms.controls import Version as EngineVersion

    row = Version.objects.filter(regulation=code).exclude(state="withdrawn").order_by("-number").first()
    source = row.source if row else packs.shipped().get(code, {})
    pack, _ = overview.loaded(source)
    return EngineVersion(row.name if row else "", pack, row.values if row else {}) if pack else None


def every(request: HttpRequest) -> HttpResponse:
    """The obligations of every clause, as far as one may see."""
    now = system_clock()
    rows = reads.visible_obligations(request.user)
    made = Every(request, rows, within=reads.reach_of(request.user), now=now)
    return cast(HttpResponse, made.respond())


data_list(
    "regulations.obligations",
    every,
    label=Obligations.label,
    permission="regulations.view",
    lists=(Every,),
)
page(
    "regulations.clause",
    "regulations/clauses/<str:clause>/",
    clause,
    label=Text("条款", "Clause"),
    permission="regulations.view",
    sample=lambda person: reads.any_clause(),
    methods=GET,
    lists=(Obligations, Attempts, Lines),
)
