"""Who looked at which customer, and who took lists or a contact's data away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Tab
from guanxi.platform.ui.registry import Nav, listing_pages, page

from .. import reads
from ..looks.keeping import BY_PROGRAM
from ..looks.permissions import LOOKS
from ..looks.reads import looks, taken
from ..models import Account
from ..reads.mergers import standing
from .lists import answer

PAGES = {
    "customers.detail": Text("客户页", "Customer's page"),
    "customers.timeline": Text("较早的记录", "Earlier records"),
    "customers.history": Text("修改历史", "History of changes"),
    "customers.card": Text("关系卡", "Card"),
    "customers.card-pdf": Text("关系卡 PDF", "Card as PDF"),
    "customers.card-vcard": Text("名片文件", "Business card file"),
    "customers.archive": Text("档案", "Archive"),
    "customers.contact": Text("联系人", "Contact"),
    "customers.contact-consent": Text("联系人的联系许可", "A contact's consent"),
    "customers.contact-merge": Text("对照合并联系人", "Contacts side by side"),
    "customers.contact-history": Text("联系人的任职经历", "A contact's employment"),
    "privacy.contact": Text("联系人的个人信息", "A contact's personal data"),
}
FILE = Text("客户的附件", "A customer's file")
KEY = Text("（重点客户）", "(a key customer)")
GONE = Text("（已不存在）", "(no longer there)")
OLDER = Text("{n} 天以前", "over {n} days ago")


@dataclass(frozen=True, slots=True)
class Customer(TextFilter):
    """The customer's name contains what is typed; merged ones count as the one they went into. Only names that the reader
    sees are looked through: else the auditor could try out who the key customers are, without its being kept."""

    reader: Any = None

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        typed = asked.text if asked else ""
        how = "iexact" if asked and asked.exact else "icontains"
        found = reads.visible(self.reader).filter(**{f"name__{how}": typed})
        return Q(customer_id__in=found.values("pk")) | Q(
            customer_id__in=standing().filter(into__in=found.values("pk")).values("gone")
        )


@dataclass(frozen=True, slots=True)
class Number(TextFilter):
    """The customer of this number, with what was merged into it."""

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        typed = asked.text if asked else ""
        return Q(customer_id__in=reads.ids_of(int(typed)) if typed.isdecimal() and len(typed) < 19 else [])


@dataclass(frozen=True, slots=True)
class ByProgram(ChoiceFilter):
    """Whether a program read a whole list."""

    def where(self, value: Any, now: datetime) -> Q:
        return Q(customer_id=None)


class Looks(List):
    name = "looks"
    label = Text("查看记录", "Looks")
    columns = (
        Column("at", Text("时间", "When"), value=lambda r: r.at, sort="at", form="when"),
        Column("who", Text("谁", "Who"), value=lambda r: r.person.name, lead=True),
        Column("customer", Text("客户", "Customer"), value=lambda r: r.customer_name),
        Column("page", Text("看了什么", "What"), value=lambda r: r.page_name),
    )
    filters = (
        TextFilter("who", Text("谁", "Who"), "person__name"),
        Customer("customer", Text("客户", "Customer")),
        Number("number", Text("客户编号", "Number of the customer")),
        ChoiceFilter("page", Text("看了什么", "What"), "page", choices=list(PAGES.items())),
        ByProgram(
            "by", Text("方式", "Way"), choices=[("program", Text("程序读取列表", "A program read a list"))]
        ),
        DateFilter("at", Text("日期", "Date"), "at", moment=True, older=OLDER),
    )
    sort = "-at"
    empty = Empty(
        Text("没有查看记录", "No looks"),
        Text(
            "谁打开了客户页、关系卡、档案或联系人的个人信息，都记在这里；同一页每小时记一次，重点客户每次都记。",
            "Who opened a customer's page, card, archive or a contact's data stands here: once an hour for each page, of "
            "key customers each time.",
        ),
        "eye",
    )

    def __init__(self, request: HttpRequest, rows: Any) -> None:
        super().__init__(request, rows)
        self.filters = tuple(  # type: ignore[misc, assignment]
            replace(one, reader=request.user) if isinstance(one, Customer) else one for one in self.filters
        )

    def row_url(self, row: Any) -> str:
        return reverse("customers.detail", kwargs={"customer": row.customer_id}) if row.named else ""

    def prepare(self, rows: Sequence[Any]) -> None:
        """Names of the customers of one page."""
        ids = {row.customer_id for row in rows if row.customer_id is not None}
        names = reads.names_of(self.request.user, ids)
        there = set(Account.objects.filter(pk__in=ids - names.keys()).values_list("pk", flat=True))
        for row in rows:
            row.named = row.customer_id in names
            row.customer_name = names.get(row.customer_id) or (KEY if row.customer_id in there else GONE)
            row.page_name = PAGES.get(row.page, row.page)
            if row.customer_id is None:
                read = listing_pages().get(row.page.removeprefix(BY_PROGRAM))
                label = read.label if read else Text.of(row.page)
                row.customer_name = Text("", "")
                row.page_name = Text(f"程序读取列表：{label.zh}", f"A program read the list: {label.en}")


class Taken(List):
    name = "exports"
    label = Text("导出记录", "Exports")
    columns = (
        Column("at", Text("时间", "When"), value=lambda f: f.happened_at, sort="seq", form="when"),
        Column("who", Text("谁", "Who"), value=lambda f: f.who, lead=True),
        Column("what", Text("导出了什么", "What"), value=lambda f: f.what),
        Column("rows", Text("行数", "Rows"), value=lambda f: f.data.get("rows"), form="number"),
        Column("form", Text("格式", "Form"), value=lambda f: f.data.get("form", "")),
        Column("conditions", Text("条件", "Conditions"), value=lambda f: f.conditions, phone=False),
    )
    filters = (
        ChoiceFilter("kind", Text("导出了什么", "What"), "kind", choices=[
            ("list.exported", Text("列表", "A list")), ("contact.exported", Text("联系人的个人信息", "A contact's data")),
            ("attachment.given", FILE)]),
        DateFilter("at", Text("日期", "Date"), "happened_at", moment=True, older=OLDER),
    )  # fmt: skip
    sort = "-at"
    empty = Empty(
        Text("没有导出记录", "No exports"),
        Text(
            "谁把列表、联系人的个人信息或附件存成文件，都记在这里。",
            "Who took a list, a contact's data or a customer's file away stands here.",
        ),
        "download",
    )  # fmt: skip

    def prepare(self, rows: Sequence[Any]) -> None:
        """Names and words for one page."""
        people = dict(Person.objects.filter(pk__in={f.actor_id for f in rows}).values_list("pk", "name"))
        labels = {one.name: one.label for declared in listing_pages().values() for one in declared.lists}
        for fact in rows:
            fact.who = people.get(fact.actor_id, "")
            listed = labels.get(fact.data.get("list"), fact.data.get("list"))
            whole = {"list.exported": listed, "attachment.given": FILE}
            fact.what = whole.get(fact.kind, PAGES["privacy.contact"])
            fact.conditions = _words(fact)


def _words(fact: Fact) -> str:
    said = getattr(fact, "words", None)
    kept = said.body if said is not None else {}
    return " · ".join(str(kept[name]) for name in ("conditions", "query") if kept.get(name))


def _tabs(here: str) -> list[Tab]:
    return [
        Tab(Text("看过的客户", "Looks"), reverse("customers.looks"), here == "looks"),
        Tab(Text("导出", "Exports"), reverse("customers.exports"), here == "exports"),
    ]


def looked_at(request: HttpRequest) -> HttpResponse:
    """Who looked at which customer."""
    return answer(Looks(request, looks(request.user)), "customers/looks.html", {"tabs": _tabs("looks")})


def exports(request: HttpRequest) -> HttpResponse:
    """Who took which list or whose data away."""
    return answer(Taken(request, taken(request.user)), "customers/looks.html", {"tabs": _tabs("exports")})


def declare() -> None:
    """The two pages."""
    get = ("GET", "HEAD")
    page("customers.looks", "looks/", looked_at, label=Text("查看与导出记录", "Looks and exports"), permission=LOOKS,
         nav=Nav(826, "eye"), methods=get, lists=(Looks,))  # fmt: skip
    page("customers.exports", "looks/exports/", exports, label=Text("导出记录", "Exports"), permission=LOOKS,
         methods=get, lists=(Taken,))  # fmt: skip
