"""Groups of companies, service classes and tags on pages: the panel of a group, the forms, the list's filters and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Subquery
from django.db.models.expressions import OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from guanxi.platform.kernel import Result, Text
from guanxi.platform.ui.act import Undo, after, show, submit
from guanxi.platform.ui.filters import ChoiceFilter, TextFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Panel, page, panel

from .. import reads, words
from ..models import Account
from ..models_competitors import Observation
from ..models_grouping import Tag, Tagged
from .sending import LIST, asked, page_of, send

WORK, GRADE = "customers.work", "customers.grade"
SHOWN = 20


# --- Filters and columns of the list -------------------------------------------------------------------------------


def _tags() -> list[tuple[str, Text]]:
    """Every tag, for filters: retired ones last."""
    quiet = Text("{name}（已停用）", "{name} (retired)")
    rows = Tag.objects.values_list("pk", "name", "active")
    return [(str(pk), Text(name, name) if active else quiet.format(name=name)) for pk, name, active in rows]


@dataclass(frozen=True, slots=True)
class TagFilter(ChoiceFilter):
    """Has at least one of the chosen tags. Which there are is asked only where the address names some."""

    def values(self, query: QueryDict) -> list[str]:
        return ChoiceFilter.values(self, query) if query.getlist(self.key) else []

    def where(self, value: Any, now: datetime) -> Q:
        return Q(pk__in=Tagged.objects.filter(tag__in=value).order_by().values("customer"))


@dataclass(frozen=True, slots=True)
class EveryTagFilter(TagFilter):
    """Has all of the chosen tags."""

    def where(self, value: Any, now: datetime) -> Q:
        wanted = Q()
        for tag in value:
            wanted &= Q(pk__in=Tagged.objects.filter(tag=tag).order_by().values("customer"))
        return wanted

    def said(self, value: Any) -> Text:
        known = dict(self.pairs())
        names = [known[v] for v in value]
        return Text(
            f"有全部标签 {'、'.join(n.zh for n in names)}",
            f"has all the tags {', '.join(n.en for n in names)}",
        )

    def unsaid(self, value: Any) -> Text:
        said = self.said(value)
        return Text(f"并非{said.zh}", f"not: {said.en}")


@dataclass(frozen=True, slots=True)
class GroupFilter(TextFilter):
    """Belongs to the group of a company: stands somewhere below it, or is it."""

    person: Any = None

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        roots = reads.group_roots(self.person, asked.text) if asked else []
        if asked and asked.exact and not asked.text.isdecimal():
            roots = [root for root in roots if root.name == asked.text]
        ids = [root.pk for root in roots]
        return Q(pk__in=[*ids, *reads.below(ids)])

    def said(self, value: Any) -> Text:
        asked = self._asked(value)
        if asked and asked.text.isdecimal():
            root = next(iter(reads.group_roots(self.person, asked.text)), None)
            if root is not None:
                return Text(f"属于“{root.called}”的集团", f"belongs to the group of “{root.called}”")
        # (slots and super() do not go together in a dataclass that is made anew)
        return TextFilter.said(self, value)


@dataclass(frozen=True, slots=True)
class RivalFilter(TextFilter):
    """A competitor of this name was observed there."""

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        text, exact = (asked.text, asked.exact) if asked else ("", False)
        how = {f"competitor__name__{'iexact' if exact else 'icontains'}": text, "customer__isnull": False}
        return Q(pk__in=Observation.objects.filter(**how).order_by().values("customer"))


FILTERS = (
    GroupFilter("group", Text("所属集团", "Group of")),
    ChoiceFilter(
        "service", Text("服务类别", "Service class"), "service", choices=words.pairs(words.SERVICES)
    ),
    TagFilter("tag", Text("标签", "Tag"), choices=_tags),
    EveryTagFilter("every_tag", Text("全部标签", "All the tags"), choices=_tags),
    RivalFilter("competitor", Text("竞争对手", "Competitor")),
)
COLUMNS = (
    Column("service", Text("服务类别", "Service class"),
           value=lambda a: words.said("service", a.service), sort="service", shown=False),
    Column("parent", Text("上级单位", "Parent company"), value=lambda a: getattr(a, "parent_name", None) or "", shown=False),
    Column("tags", Text("标签", "Tags"), value=lambda a: "、".join(t.tag.name for t in a.tagged.all()), shown=False),
)  # fmt: skip


def beside(person: Any, rows: QuerySet, wanted: Sequence[str]) -> QuerySet:
    """The rows with what these columns show, where a column is wanted: names of parents that the person may see, tags."""
    if "tags" in wanted:
        rows = rows.prefetch_related("tagged__tag")
    if "addresses" in wanted:
        rows = rows.prefetch_related("addresses")
    if "parent" in wanted:
        seen = reads.visible(person).filter(pk=OuterRef("parent_id")).order_by()
        rows = rows.annotate(parent_name=Subquery(seen.values("name")[:1]))
    return rows


# --- The customer's form and page ----------------------------------------------------------------------------------


def beyond(person: Any, account: Account) -> set[str]:
    """The fields that an editing form leaves out: a parent that the person may not see, tags where there are none."""
    found = set()
    if account.parent_id and not reads.visible(person).filter(pk=account.parent_id).exists():
        found.add("parent")
    if not Tag.objects.filter(active=True).exists():
        found.add("tags")
    return found


def without_tags(request: HttpRequest, fields: Sequence[str]) -> list[str]:
    """Where a form that showed the tags comes back with none of them ticked, they are to be emptied."""
    sent = request.POST
    return ["tags"] if "tags" in fields and sent.get("tags_shown") and not sent.getlist("tags") else []


@panel("customer")
class Group(Panel):
    """The companies above a customer and those right below it, as far as the reader may see them."""

    aside: ClassVar[bool] = True
    order: ClassVar[int] = 20
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_group.html"
    title: ClassVar[Text] = Text("集团", "Group")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        parents = reads.parents_of(person, subject)
        seen = reads.visible(person).filter(parent=subject.pk).select_related("manager")
        there = "children" in reads.present(subject)
        children = list(seen.order_by("-active", "name")[: SHOWN + 1]) if there else []
        if not parents and not children:
            return None
        top = parents[0] if parents else subject
        return {
            "parents": parents,
            "children": children[:SHOWN],
            "more": len(children) > SHOWN,
            "url": f"{reverse('customers.list')}?{urlencode({'group': top.pk})}",
        }


def service(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, GRADE)
    return send(
        request,
        "customers.set_service",
        account,
        fixed={"customer": account.pk},
        initial={"service": asked(request, "service", words.SERVICES) or account.service},
        done=Text("服务类别已更新", "Service class set"),
    )


def tag(request: HttpRequest) -> HttpResponse:
    """Tags for the rows ticked in a list."""
    if request.method == "POST" and "_key" not in request.POST:
        picked = QueryDict(mutable=True)
        picked.setlist("row", request.POST.getlist("row"))
        return HttpResponseRedirect(f"{reverse('customers.tag')}?{picked.urlencode()}")
    ids = [int(v) for v in request.GET.getlist("row") if v.isdecimal() and len(v) < 19]
    if not ids:
        return HttpResponseRedirect(reverse("customers.list"))
    accounts = reads.fetch_many(request.user, ids[:500], WORK)
    back = page_of(accounts[0]) if len(accounts) == 1 else reverse("customers.list")
    none = not Tag.objects.exists()
    form = ActionForm(
        "customers.tag",
        request,
        fixed={"customers": [a.pk for a in accounts]},
        only=() if none else ("add", "remove"),
        submit_label=Text("保存", "Save"),
    )
    if request.method == "POST" and (result := submit(request, form)):
        n = len(result.seqs)
        said = (
            Text("标签没有变化", "No tag changed")
            if not n
            else Text(f"已调整 {n} 位客户的标签", f"Tags of {n} changed")
        )
        return after(request, back, said, undo=_back(result))
    context = {
        "heading": Text(f"给 {len(accounts)} 位客户打标签", f"Tag {len(accounts)} customers"),
        "crumbs": [Crumb(LIST, reverse("customers.list")), Crumb(Text("标签", "Tags"))],
        "accounts": accounts[:20],
        "others": max(0, len(accounts) - 20),
        "none": none,
        "cancel_url": back,
    }
    return show(request, "customers/tag.html", context, form=form)


def _back(result: Result) -> Undo | None:
    """The way back for all of them at once."""
    if not result.seqs:
        return None
    url = reverse("ui.act", kwargs={"action": "customers.tag_back"})
    return Undo(url, {"first": result.seqs[0], "last": result.seqs[-1]})


def declare(customer: Any) -> None:
    """The pages. customer: finds a customer for a page's sample."""
    page("customers.tag", "customers/tag/", tag, label=Text("打标签", "Tag customers"), permission=WORK)
    page("customers.service", "customers/<int:customer>/service/", service, label=Text("划定服务类别", "Service class"),
         permission=GRADE, sample=customer, action="customers.set_service")  # fmt: skip
