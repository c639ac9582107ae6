"""The list of customers, the pool, and the promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import Forbidden, Text, perform, system_clock
from guanxi.platform.ownfields.listing import asked_for, with_columns, with_filters, with_names
from guanxi.platform.people.rights import who_may
from guanxi.platform.ui.conditions import mentions
from guanxi.platform.ui.filters import EVERY_ROW, ChoiceFilter, DateFilter, Filter, TextFilter
from guanxi.platform.ui.layouts import Board, Mapped
from guanxi.platform.ui.lists import EXACT_TO, Column, Empty, List, View
from guanxi.platform.ui.merging import Order, Part, Stage, Start, between, tried
from guanxi.platform.ui.narrowing import WHERE, asked_about
from guanxi.platform.ui.parts import Do

from .. import maps, reads, words
from ..models import Account, Promise, with_kind
from ..models_following import Following
from ..reads.visible import VIEW
from . import addresses, boards, grouping


@dataclass(frozen=True, slots=True)
class KindFilter(ChoiceFilter):
    """Has at least one of the chosen kinds."""

    def where(self, value: Any, now: datetime) -> Q:
        return Q(kind_bits__in=with_kind(*value))


@dataclass(frozen=True, slots=True)
class FlagFilter(ChoiceFilter):
    """A yes or no."""

    def where(self, value: Any, now: datetime) -> Q:
        if len(set(value)) > 1:
            return EVERY_ROW
        return Q(**{self.field: "1" in value})


@dataclass(frozen=True, slots=True)
class CardFilter(ChoiceFilter):
    """Whether the card is complete."""

    def where(self, value: Any, now: datetime) -> Q:
        if set(value) == {"complete", "gaps"}:
            return EVERY_ROW
        return Q(card_percent=100) if "complete" in value else Q(card_percent__lt=100)


@dataclass(frozen=True, slots=True)
class MineFilter(ChoiceFilter):
    """Looked after by the person who asks, or by nobody."""

    person: Any = None

    def where(self, value: Any, now: datetime) -> Q:
        if set(value) == {"me", "nobody"}:
            return Q(manager__isnull=True) | Q(manager=self.person)
        return Q(manager=self.person) if "me" in value else Q(manager__isnull=True)


@dataclass(frozen=True, slots=True)
class FollowedFilter(ChoiceFilter):
    """Followed by the person who asks."""

    person: Any = None

    def where(self, value: Any, now: datetime) -> Q:
        return Q(pk__in=Following.objects.filter(person=self.person).values("customer"))


@dataclass(frozen=True, slots=True)
class PlacedFilter(ChoiceFilter):
    """Whether its position on the map is known."""

    def where(self, value: Any, now: datetime) -> Q:
        if len(set(value)) > 1:
            return EVERY_ROW
        return Q(lon__isnull="0" in value)


SOON, WALKED = 3_000, 15_000
"""So many rows are tried in order before it is asked whether those that fit are few enough to be fetched, and before all are."""


def _grade(account: Account) -> str:
    return account.grade


COLUMNS: tuple[Column, ...] = (
    Column("name", Text("客户", "Customer"), sort="name", lead=True),
    Column("grade", Text("等级", "Grade"), value=_grade, sort="grade"),
    Column("credit", Text("信用", "Credit"), value=lambda a: a.credit, sort="credit"),
    Column("kinds", Text("类别", "Kinds"), value=lambda a: words.said("kinds", a.kinds), phone=False),
    Column("area", Text("区域", "Area"), sort="area"),
    Column("manager", Text("负责人", "Looked after by"), value=lambda a: a.manager.name if a.manager else ""),
    Column("contacted", Text("最近联系", "Last contact"), value=lambda a: a.last_contact_at, sort="last_contact_at",
           nullable=True, form="when"),
    Column("card", Text("关系卡", "Card"), value=lambda a: a.card_percent / 100, sort="card_percent", form="percent",
           phone=False),
    *grouping.COLUMNS,
    Column("key", Text("重点", "Key"), value=lambda a: words.YES if a.key else "", shown=False),
    Column("phone", Text("电话", "Telephone"), shown=False),
    Column("address", Text("地址", "Address"), shown=False),
    addresses.COLUMN,
    Column("source", Text("来源", "Source"), value=lambda a: words.said("source", a.source), shown=False),
    Column("created", Text("建立", "Created"), value=lambda a: a.created_at, sort="created_at", form="day", shown=False),
    Column("updated", Text("更新", "Updated"), value=lambda a: a.updated_at, sort="updated_at", form="when", shown=False),
)  # fmt: skip


SOURCE = ChoiceFilter(
    "source", Text("来源", "Source"), "source", choices=words.pairs(words.SOURCES, words.ACCOUNT_SOURCES)
)


FILTERS: tuple[Filter, ...] = (
    MineFilter(
        "mine",
        Text("负责人", "Looked after by"),
        choices=[("me", Text("我", "me")), ("nobody", Text("无人（客户池）", "nobody (pool)"))],
    ),
    FollowedFilter("followed", Text("关注", "Followed"), choices=[("me", Text("我关注的", "by me"))]),
    ChoiceFilter("grade", Text("等级", "Grade"), "grade", choices=words.pairs(words.GRADES)),
    ChoiceFilter("credit", Text("信用等级", "Credit"), "credit", choices=words.pairs(words.CREDITS)),
    KindFilter("kind", Text("类别", "Kind"), choices=words.pairs(words.KINDS)),
    DateFilter(
        "contacted",
        Text("最近联系", "Last contact"),
        "last_contact_at",
        moment=True,
        older=Text("{n} 天未联系", "no contact for {n} days"),
        empty=True,
    ),
    TextFilter("who", Text("负责人姓名", "Looked after by (name)"), "manager__name"),
    TextFilter("area", Text("区域", "Area"), "area", empty=True),
    CardFilter(
        "card",
        Text("关系卡", "Card"),
        choices=[("complete", Text("完整", "complete")), ("gaps", Text("有缺项", "with gaps"))],
    ),
    DateFilter(
        "confirmed",
        Text("卡片确认", "Card confirmed"),
        "card_confirmed_at",
        moment=True,
        older=Text("{n} 天未确认", "not confirmed for {n} days"),
        empty=True,
    ),
    FlagFilter("key", Text("重点客户", "Key customer"), "key", choices=[("1", words.YES), ("0", words.NO)]),
    FlagFilter(
        "active",
        Text("状态", "State"),
        "active",
        choices=[("1", Text("在册", "active")), ("0", Text("已停用", "closed"))],
    ),
    SOURCE,
    *grouping.FILTERS,
    PlacedFilter(
        "placed",
        Text("地图位置", "Place on the map"),
        choices=[("1", Text("已标", "known")), ("0", Text("未标", "not known"))],
    ),
    TextFilter("phone", Text("电话", "Telephone"), "phone", empty=True),
    addresses.AddressFilter("address", Text("地址", "Address"), "address", empty=True),
    DateFilter("created", Text("建立", "Created"), "created_at", moment=True),
    DateFilter("updated", Text("更新", "Updated"), "updated_at", moment=True),
)


class Customers(List):
    name = "customers"
    label = Text("客户", "Customers")
    columns = with_columns(COLUMNS, "customer")
    filters = with_filters(FILTERS, "customer")
    views: Sequence[View] = (  # type: ignore[misc]
        View("mine", Text("我负责的", "Mine"), {"mine": "me"}),
        View("followed", Text("我关注的", "Followed"), {"followed": "me"}),
        View("a", Text("A 级", "Grade A"), {"grade": "A"}),
        View("silent", Text("久未联系", "Silent"), {"contacted": "older30", "sort": "contacted"}),
        View("cards", Text("卡片待完善", "Cards with gaps"), {"card": "gaps", "sort": "card"}),
    )
    search = ("name",)
    search_label = Text("名称、拼音、电话或联系人", "Name, pinyin, telephone or contact")
    sort = "name"
    boards: Sequence[Board] = boards.BOARDS  # type: ignore[misc]
    mapped = Mapped(turned=maps.drawn, tone="grade", without={"placed": "0"})

    def __init__(
        self,
        request: HttpRequest,
        rows: QuerySet,
        *,
        parts: Sequence[Part] = (),
        seen: Q | None = None,
        **how: Any,
    ) -> None:
        """seen: which rows these are, as a condition to try on rows whose numbers are known."""
        person: Any = request.user
        known = Account.objects.select_related("manager")
        rows, (*read, known) = asked_for(
            self, "customer", request.GET, rows, [*(part.rows for part in parts), known]
        )
        self.seen = seen
        self.filters = tuple(  # type: ignore[misc]
            replace(f, person=person)
            if isinstance(f, MineFilter | FollowedFilter | grouping.GroupFilter)
            else f
            for f in self.filters
        )
        if not asked_about(request.GET, "active"):  # those that are closed only where they are asked for
            rows, read = rows.filter(active=True), [one.filter(active=True) for one in read]
            known = known.filter(active=True)
        parts = [replace(part, rows=one) for part, one in zip(parts, read, strict=True)]
        super().__init__(request, grouping.beside(person, rows, self._wanted(request)), parts=parts, **how)
        self.known = grouping.beside(person, known, self._wanted(request))
        self.exportable = person.may("customers.export")  # type: ignore[misc]
        self.empty = Empty(  # type: ignore[misc]
            Text("还没有客户", "No customers yet"),
            Text(
                "客户页汇总资料、承诺、需求和往来。先新建第一家，或请客户服务部经理从客户池指派。",
                "A customer's page holds the card, promises, needs and history. Enter the first one, or ask the service "
                "manager to assign some from the pool.",
            ),
            "building-2",
            Text("新建客户", "New customer") if person.may("customers.work") else Text("", ""),
            reverse("customers.new") if person.may("customers.work") else "",
        )

    def prepare(self, rows: Sequence[Any]) -> None:
        with_names(self, "customer", rows)

    def _wanted(self, request: HttpRequest) -> Sequence[str]:
        """The columns that are asked for by name; a program that names none gets all."""
        asked = request.GET.getlist("c")
        return asked or ([c.key for c in self.columns] if getattr(request, "data_limit", None) else ())

    def row_url(self, row: Any) -> str:
        return reverse("customers.detail", kwargs={"customer": row.pk})

    def find(self, text: str) -> Q:
        return self._fitting.rows

    @property
    def fits_few(self) -> bool:
        return bool(self.typed) and not self._fitting.many

    @cached_property
    def _fitting(self) -> reads.Fitting:
        return reads.fitting(self.typed, reads.scope_of(self.request.user))

    def _order(self, *, backwards: bool = False) -> Order:
        """Of what is typed in Chinese the names that begin with it stand first, where no other order is asked for."""
        order = super()._order(backwards=backwards)
        lead = "" if self.query.get("sort") or order.field != "name" else reads.as_in_names(self.typed)
        return replace(order, lead=lead)

    @property
    def best_first(self) -> bool:  # type: ignore[override]
        return bool(self._order().lead)

    def first_rows(
        self,
        where: Q,
        number: int,
        start: Start | None = None,
        backwards: bool = False,
        *,
        few: bool = False,
    ) -> list[Any]:
        """Where very many fit what is typed, the first are met soon on a walk in order, unless all of them lie together far
        behind: after some thousand rows in vain all are fetched. So they are at once where they are some thousands only."""
        if few or self.fault or not (self.typed and self._fitting.many):
            return super().first_rows(where, number, start, backwards, few=few)
        found: list[Any] = []
        for stage in self._order(backwards=backwards).stages(start):
            if len(found) < number:
                found += self._stretch(stage, where & stage.where, number - len(found))
        return found

    def _stretch(self, stage: Stage, where: Q, number: int) -> list[Any]:
        if stage.begins and (near := between("name", stage.begins)):
            return self.walked(stage.order, where, number, stage.start, near)
        for rows in (SOON, WALKED):
            near = self._near(stage, rows)
            found = self.walked(stage.order, where, number, stage.start, near)
            if len(found) == number or not near:
                return found
            if self._fitting.whole() or len(found) * WALKED < number * SOON:
                break  # so few on the first walk that a longer one would hardly meet enough either
        all_found = self._numbered(self._fitting.every, where)
        return list(stage.order.of(stage.order.behind(all_found, stage.start))[:number])

    def _numbered(self, found: Q, where: Q) -> QuerySet:
        """The rows that fit among those that the index found. Rights are tried on each: looked up, they would lead to all that
        one sees."""
        if self.seen is None:
            return self.base.filter(self.filtered & found & where)
        return tried(self.known.filter(found), self.seen & self.filtered & where)

    @cached_property
    def matching(self) -> QuerySet:
        if self.typed and not self.fault and not self._fitting.many:
            return self._numbered(self._fitting.rows, Q())
        return super().matching

    def _near(self, stage: Stage, far: int) -> Q:
        """The condition of lying among so many next rows in order; Q() where all of them do, or the order is none
        that an index holds."""
        order = stage.order
        for part in self.parts:
            if order.field in part.sorts and not order.nullable:
                rows = order.of(order.behind(part.rows, stage.start)).values_list(order.field, flat=True)
                if bound := list(rows[far : far + 1]):
                    return Q(**{f"{order.field}__{'gte' if order.down else 'lte'}": bound[0]})
        return Q()

    @cached_property
    def count(self) -> int:
        """Where very many fit what is typed, those that the index finds first say most times that there are more than one
        counts; else each is tried."""
        fits = self._fitting if self.typed and not (self.asked_exactly or self.fault) else None
        if fits and not fits.many:
            return self.matching.order_by()[: EXACT_TO + 1].count()
        if fits and fits.first is not None:
            first = self._numbered(fits.first, Q()).order_by()
            found = first[: EXACT_TO + 1].count()
            if found > EXACT_TO or fits.whole():
                return found
        return super().count

    def bulk(self) -> Sequence[Do]:
        person: Any = self.request.user
        found = []
        if person.may("customers.assign"):
            found.append(
                Do(Text("指派…", "Assign…"), reverse("customers.assign"), tone="primary", icon="user-check")
            )
        if person.may("customers.work"):
            found.append(Do(Text("标签…", "Tags…"), reverse("customers.tag"), icon="tag"))
        return found


POOL_COLUMNS: tuple[Column, ...] = (
    Column("name", Text("客户", "Customer"), sort="name", lead=True),
    Column("area", Text("区域", "Area"), sort="area"),
    Column("address", Text("地址", "Address"), phone=False),
    Column("phone", Text("电话", "Telephone")),
    Column("kinds", Text("类别", "Kinds"), value=lambda a: words.said("kinds", a.kinds), phone=False),
    Column("grade", Text("等级", "Grade"), value=_grade, sort="grade"),
    Column("source", Text("来源", "Source"), value=lambda a: words.said("source", a.source), phone=False),
    Column("created", Text("建立", "Created"), value=lambda a: a.created_at, sort="created_at", form="when"),
    Column("contacted", Text("最近联系", "Last contact"), value=lambda a: a.last_contact_at, sort="last_contact_at",
           nullable=True, form="when", shown=False),
    Column("credit", Text("信用", "Credit"), value=lambda a: a.credit, sort="credit", shown=False),
    Column("card", Text("关系卡", "Card"), value=lambda a: a.card_percent / 100, sort="card_percent", form="percent",
           shown=False),
)  # fmt: skip
"""What one gives customers out by: where they are and where they came from."""


POOL_FILTERS = ("grade", "kind", "area", "contacted", "source", "phone", "address", "created")


class Pool(Customers):
    """Nobody looks after these: no filter by whom."""

    name = "pool"
    label = Text("客户池", "Pool")
    columns = with_columns(POOL_COLUMNS, "customer")
    filters = with_filters([f for f in FILTERS if f.key in POOL_FILTERS], "customer")
    views: Sequence[View] = ()  # type: ignore[misc]
    sort = "-created"


def customer_list(request: HttpRequest) -> HttpResponse:
    """Everything this person may see, with filters; a file only as far as customers.export reaches."""
    person: Any = request.user
    now = system_clock()
    asked = "1" in request.GET.getlist("key") or mentions(request.GET.get(WHERE, ""), "key")
    logged = person.has_role("auditor") and asked
    rows = reads.visible(person, logged=logged)
    if request.GET.get("export"):
        if not person.may("customers.export"):
            raise Forbidden("customers.export", who=who_may("customers.export"))
        rows = rows.filter(reads.within(person, "customers.export"))
    if logged:
        perform(
            "customers.look",
            {"where": "customers.list", "count": rows.filter(key=True).count()},
            actor=person,
        )
    shown = Customers(
        request,
        rows.select_related("manager"),
        parts=reads.list_parts(person, logged=logged),
        seen=None if request.GET.get("export") else reads.within(person, VIEW, logged=logged),
        now=now,
    )
    return answer(shown, "customers/list.html", offers(person))


def answer(shown: List, template: str, context: dict[str, Any]) -> HttpResponse:
    """The list's page, or its file."""
    return cast(HttpResponse, shown.respond(template, context))


def offers(person: Any) -> dict[str, bool]:
    """Which buttons the list shows."""
    return {"may_assign": person.may("customers.assign"), "may_work": person.may("customers.work")}


def pool(request: HttpRequest) -> HttpResponse:
    """Active customers whom nobody looks after: chosen and assigned, several at once."""
    rows = reads.visible(request.user).filter(manager__isnull=True)
    shown = Pool(request, rows.select_related("manager"))
    shown.exportable = False  # type: ignore[misc]
    shown.empty = Empty(  # type: ignore[misc]
        Text("客户池是空的", "The pool is empty"),
        Text(
            "没有负责人的客户在这里等候指派。现在每位客户都有人负责。",
            "Customers without anybody to look after them wait here. Everyone is looked after now.",
        ),
        "circle-check",
    )
    lead = Text(
        "没有负责人的在册客户。勾选后一次指派。",
        "Active customers nobody looks after. Tick them and assign at once.",
    )
    return answer(shown, "customers/list.html", {"heading": Text("客户池", "Pool"), "lead": lead})


class Promises(List):
    name = "promises"
    label = Text("承诺", "Promises")
    columns = (
        Column("what", Text("承诺", "Promise"), lead=True),
        Column("customer", Text("客户", "Customer"), value=lambda p: p.customer.called,
               url=lambda p: reverse("customers.detail", kwargs={"customer": p.customer_id})),
        Column("due", Text("期限", "Due"), sort="due", form="when"),
        Column("state", Text("状态", "State"), value=lambda p: p.shown_state, form="state"),
        Column("owner", Text("负责人", "Owner"), value=lambda p: p.owner.name),
    )  # fmt: skip
    filters = (
        ChoiceFilter(
            "state",
            Text("状态", "State"),
            "state",
            choices=[
                (Promise.OPEN, Text("未兑现", "open")),
                (Promise.KEPT, Text("已兑现", "kept")),
                (Promise.WITHDRAWN, Text("已撤回", "withdrawn")),
            ],
        ),
        DateFilter(
            "due", Text("期限", "Due"), "due", moment=True, offers=("today", "week", "next7", "next30")
        ),
        TextFilter("customer", Text("客户", "Customer"), "customer__name"),
        TextFilter("owner", Text("负责人", "Owner"), "owner__name"),
    )
    search = ("what",)
    search_label = Text("搜索承诺", "Search promises")
    sort = "due"
    exportable = False
    also = {"of": "all: everybody's promises at the customers one sees, not only one's own"}
    empty = Empty(
        Text("没有承诺在您手上", "No promise is in your hands"),
        Text(
            "在客户页或拜访中许下的承诺列在这里，最早到期的在前，直到兑现。",
            "What you promise on a customer's page or a visit stands here, soonest first, until it is kept.",
        ),
        "hand-helping",
        Text("去客户列表", "To the customers"),
    )

    def row_url(self, row: Any) -> str:
        return reverse("customers.promise", kwargs={"promise": row.pk})


def promise_list(request: HttpRequest) -> HttpResponse:
    """Promises, overdue first: mine, or all at the customers I see."""
    person: Any = request.user
    everybody = request.GET.get("of") == "all"
    rows = Promise.objects.select_related("customer", "owner").filter(reads.of_visible(person))
    if not everybody:
        rows = rows.filter(owner=person)
    if not asked_about(request.GET, "state"):
        rows = rows.filter(state=Promise.OPEN)
    now = system_clock()
    shown = Promises(request, rows, now=now)
    shown.empty = Empty(  # type: ignore[misc]
        shown.empty.title, shown.empty.text, shown.empty.icon, shown.empty.action, reverse("customers.list")
    )
    for row in shown.page.rows:
        row.shown_state = state_of(row, now)
    return answer(shown, "customers/promises.html", {"everybody": everybody})


def state_of(promise: Promise, now: datetime) -> str:
    """The state as a badge says it: an open promise past its date is overdue."""
    if promise.state == Promise.OPEN:
        return "overdue" if promise.due <= now else "promise_open"
    return {Promise.KEPT: "promise_kept", Promise.WITHDRAWN: "withdrawn"}[promise.state]
