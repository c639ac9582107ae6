"""Lists of personal data: whose period is over, what was exported and erased, where it all is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text, get_kind, system_clock
from guanxi.platform.people.models import Person
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Crumb, Do
from guanxi.platform.ui.registry import Nav, page

from .. import words
from ..privacy import facts, retention, scrub, shown, where
from ..privacy.actions import MOST_AT_ONCE
from ..privacy.old_imports import MONTHS
from ..privacy.permissions import PRIVACY, REPORT

OVER = Text("到期的个人信息", "Data whose period is over")
REPORT_TITLE = Text("个人信息在哪里", "Where personal data is")
ERASE = Text("抹除个人信息", "Erase this person's data")


# --- Whose period is over --------------------------------------------------------------------------------------------


class Overdue(List):
    name = "contacts-overdue"
    label = OVER
    columns = (
        Column("name", Text("联系人", "Contact"), sort="name", lead=True),
        Column("customer", Text("客户", "Customer"), value=lambda c: c.customer.called),
        Column("contacted", Text("客户最近联系", "Last contact with the customer"),
               value=lambda c: c.customer.last_contact_at, form="when"),
        Column("left", Text("离开", "Left"), value=lambda c: c.left_on, form="day"),
        Column("closed", Text("客户停用", "Customer closed"),
               value=lambda c: None if c.customer.active else c.customer.closed_at, form="when"),
        Column("updated_at", Text("资料更新", "Record changed"), sort="updated_at", form="when", phone=False),
    )  # fmt: skip
    filters = (
        ChoiceFilter(
            "active",
            Text("状态", "State"),
            "active",
            choices=[("True", Text("在职", "there")), ("False", Text("已离开", "gone"))],
        ),
    )
    search = ("name", "customer__name")
    sort = "updated_at"
    exportable = False
    empty = Empty(
        Text("没有到期的联系人", "Nobody's period is over"),
        Text(
            "超过公司设定的保存期限的联系人列在这里，由人看过再抹除；还有未兑现承诺的不列。",
            "Contacts kept longer than the company's period stand here, except those to whom a promise is open; a person erases.",
        ),
        "circle-check",
    )

    def row_url(self, row: Any) -> str:
        return reverse("privacy.contact", kwargs={"contact": row.pk})

    def bulk(self) -> Sequence[Do]:
        return (Do(Text("抹除…", "Erase…"), reverse("privacy.erase-overdue"), tone="refuse", icon="trash-2"),)


def overdue(request: HttpRequest) -> HttpResponse:
    """Contacts whose period is over, of the customers this person sees."""
    rows = retention.overdue(request.user, system_clock()).order_by()
    contact, closed = retention.periods()
    context = {
        "heading": OVER,
        "contact_months": contact,
        "closed_months": closed,
        "settings_url": f"{reverse('people.settings')}?of=privacy"
        if request.user.may("people.manage")  # type: ignore[union-attr]
        else "",
        "may_report": request.user.may(REPORT),  # type: ignore[union-attr]
    }
    return cast(HttpResponse, Overdue(request, rows).respond("customers/contacts_overdue.html", context))


def erase_overdue(request: HttpRequest) -> HttpResponse:
    """Those ticked in the list, with one confirmation."""
    here, back = reverse("privacy.erase-overdue"), reverse("privacy.overdue")
    if request.method == "POST" and "_key" not in request.POST:
        picked = QueryDict(mutable=True)
        picked.setlist("row", request.POST.getlist("row"))
        return HttpResponseRedirect(f"{here}?{picked.urlencode()}")
    ids = [int(v) for v in request.GET.getlist("row") if v.isdecimal() and len(v) < 19]
    over = retention.overdue(request.user, system_clock())
    rows = list(over.filter(pk__in=ids).order_by("name", "pk")[:MOST_AT_ONCE])
    if not rows:
        return HttpResponseRedirect(back)
    form = ActionForm(
        "contacts.erase_overdue",
        request,
        fixed={"contacts": [c.pk for c in rows]},
        initial={"reason": "period"},
        submit_label=Text(f"抹除 {len(rows)} 位", f"Erase {len(rows)}"),
    )
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, back, Text(f"已抹除 {len(rows)} 位", f"{len(rows)} erased"))
    context = {
        "heading": Text(
            f"抹除 {len(rows)} 位到期的联系人", f"Erase {len(rows)} contacts whose period is over"
        ),
        "crumbs": [Crumb(OVER, back), Crumb(ERASE)],
        "contacts": rows,
        "more": max(0, len(set(ids)) - len(rows)),
        "most": MOST_AT_ONCE,
        "fates": shown.always(),
        "cancel_url": back,
    }
    return show(request, "customers/contacts_erase.html", context, form=form)


# --- Where personal data is ------------------------------------------------------------------------------------------


class Log(List):
    name = "privacy-log"
    label = Text("导出与抹除记录", "Exports and erasures")
    columns = (
        Column("at", Text("时间", "When"), value=lambda f: f.happened_at, sort="seq", form="when"),
        Column("what", Text("事项", "What"), value=lambda f: f.what, lead=True),
        Column("contact", Text("联系人编号", "Number of the contact"), value=lambda f: f.data["contact"]),
        Column("who", Text("谁", "Who"), value=lambda f: f.who),
        Column("why", Text("原因", "Why"), value=lambda f: f.why),
        Column("texts", Text("日志文字", "Journal texts"), value=lambda f: f.data.get("texts"), form="number", phone=False),
        Column("entries", Text("其他记录", "Other entries"), value=lambda f: f.data["entries"], form="number", phone=False),
        Column("seq", Text("记录号", "Record number"), value=lambda f: f.seq, form="number", shown=False),
    )  # fmt: skip
    filters = (
        ChoiceFilter("kind", Text("事项", "What"), "kind", choices=[
            (facts.ERASED, Text("抹除", "Erased")), (facts.EXPORTED, Text("导出", "Exported"))]),
        DateFilter("on", Text("日期", "Date"), "happened_at", moment=True),
    )  # fmt: skip
    sort = "-at"
    empty = Empty(
        Text("还没有导出或抹除", "Nothing exported or erased yet"),
        Text(
            "每次导出和抹除都记在日志里：何时、谁、哪一位（只有编号）。",
            "Each export and erasure is kept in the journal: when, by whom, which contact (the number only).",
        ),
        "shield-check",
    )

    def prepare(self, rows: Sequence[Any]) -> None:
        """Names and words for the rows of one page."""
        people = dict(Person.objects.filter(pk__in={f.actor_id for f in rows}).values_list("pk", "name"))
        for fact in rows:
            fact.who = people.get(fact.actor_id, "")
            fact.what = get_kind(fact.kind).label
            fact.why = words.ERASE_REASONS.get(fact.data.get("erase_reason", ""), "")


def log(request: HttpRequest) -> HttpResponse:
    """What was exported and erased, for whoever answers for it. It names no contact and no customer."""
    rows = Fact.objects.filter(kind__in=[facts.ERASED, facts.EXPORTED])
    return cast(
        HttpResponse, Log(request, rows).respond("customers/privacy_log.html", {"waiting": scrub.waiting()})
    )


def report(request: HttpRequest) -> HttpResponse:
    """Where personal data is: each table, whose, why, who sees it, how long, how it goes."""
    contact, closed = retention.periods()
    context = {
        "heading": REPORT_TITLE,
        "now": system_clock(),
        "groups": where.groups(),
        "empty": where.tables_without(),
        "contact_months": contact,
        "closed_months": closed,
        "import_months": value(MONTHS),
        "waiting": scrub.waiting(),
    }
    return render(request, "customers/privacy_report.html", context)


def declare() -> None:
    """The addresses; called by pages.py."""
    page("privacy.overdue", "contacts/over/", overdue, label=OVER, permission=PRIVACY, nav=Nav(76, "hourglass"),
         methods=("GET", "HEAD"), lists=(Overdue,))  # fmt: skip
    page("privacy.erase-overdue", "contacts/over/erase/", erase_overdue,
         label=Text("抹除到期的个人信息", "Erase data whose period is over"), permission=PRIVACY,
         action="contacts.erase_overdue")  # fmt: skip
    page("privacy.report", "personal-data/", report, label=REPORT_TITLE, permission=REPORT,
         nav=Nav(78, "shield-check"), methods=("GET", "HEAD"))  # fmt: skip
    page("privacy.log", "personal-data/log/", log, label=Log.label, permission=REPORT, methods=("GET", "HEAD"),
         lists=(Log,))  # fmt: skip
