"""Versions: drafting one, its parameters and text, submitting it; reading any; what a release ships anew."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.cores.norms.controls import Version as EngineVersion
from guanxi.cores.norms.diff import difference
from guanxi.platform.approvals.models import Approval, Step
from guanxi.platform.kernel import NotFound, Text, may, system_clock
from guanxi.platform.ui.act import after, do_for, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Do
from guanxi.platform.ui.registry import page

from .. import figures, overview, packs, starting
from ..actions import KEEP, bounds_text
from ..models import Version
from ..wording import own_value, parameter_words, plain_value, value_words
from .reading import GET, home_crumb, regulation_crumb

DRAFT = "draft"


def _version(id: int) -> Version:
    found = (
        Version.objects.select_related("regulation", "based_on", "drafted_by", "approved_by")
        .filter(pk=id)
        .first()
    )
    if found is None:
        raise NotFound("version", id)
    return found


def heading_of(version: Version) -> Text:
    r = version.regulation
    return Text(
        f"{r.code} {r.title_zh} · 第 {version.number} 版", f"{r.code} {r.title_en} · version {version.number}"
    )


def url_of(version: Version) -> str:
    return reverse("regulations.version", kwargs={"version": version.pk})


def version(request: HttpRequest, version: int) -> HttpResponse:
    """One version: state, who and when, hash, difference in words, parameters; a draft is edited here."""
    now = system_clock()
    row = _version(version)
    pack, fault = overview.loaded(row.source)
    editing = row.state == DRAFT and may(request.user, "regulations.set_parameter")
    context: dict[str, Any] = {
        "heading": heading_of(row),
        "version": row,
        "crumbs": [home_crumb(), regulation_crumb(row.regulation_id)],
        "editing": editing,
        "fault": fault,
        "transition": dict(KEEP).get(row.transition),
        "buttons": _buttons(row) if editing else [],
        "files": sorted(row.source) if editing else [],
        "now": now,
    }
    if pack is not None:
        new = EngineVersion(row.name, pack, row.values)
        before = _compared_with(row)
        context["compared"] = before
        context["changes"] = _words(before, new) if before else []
        context["parameters"] = figures.parameter_views(new)
        context["clauses"], context["controls"] = len(pack.clauses), len(pack.controls)
    if row.approval_id:
        context["approval"] = Approval.objects.filter(pk=row.approval_id).first()
        context["steps"] = list(
            Step.objects.filter(approval=row.approval_id).select_related("person", "decided_by")
        )
    return render(request, "regulations/version.html", context)


def _compared_with(row: Version) -> Version | None:
    """The version in force when it is not this one, else the one before it."""
    others = Version.objects.filter(regulation=row.regulation_id).exclude(pk=row.pk)
    if row.state in (DRAFT, "submitted", "approved"):
        return others.filter(state="in_force").order_by("-number").first() or row.based_on
    return row.based_on


def _words(before: Version, new: EngineVersion) -> list[Text]:
    old, _ = overview.loaded(before.source)
    if old is None:
        return []
    said = difference(EngineVersion(before.name, old, before.values), new, value_words)
    return [Text(words.zh, words.en) for words in said]


def _buttons(row: Version) -> list[Do]:
    return [
        Do(
            Text("提交审批", "Submit"),
            reverse("regulations.submit", kwargs={"version": row.pk}),
            tone="primary",
        ),
        do_for("regulations.discard", {"version": row.pk}, tone="quiet", back=reverse("regulations.list")),
    ]


def draft(request: HttpRequest, regulation: str) -> HttpResponse:
    """Begin a draft: from the version in force, or from the text that ships."""
    if regulation not in packs.shipped() and not Version.objects.filter(regulation=regulation).exists():
        raise NotFound("regulation", regulation)
    form = ActionForm(
        "regulations.draft", request, fixed={"regulation": regulation}, initial=request.GET.dict()
    )
    if request.method == "POST" and (result := submit(request, form)):
        made = reverse("regulations.version", kwargs={"version": result.subject[1]})
        return after(request, made, Text("草案已建立", "The draft is there"))
    context = {
        "heading": Text(f"起草 {regulation} 的新版本", f"Draft a new version of {regulation}"),
        "crumbs": [home_crumb(), regulation_crumb(regulation)],
        "cancel_url": reverse("regulations.detail", kwargs={"regulation": regulation}),
    }
    return show(request, "ui/page_form.html", context, form=form)


def parameter(request: HttpRequest, version: int, parameter: str) -> HttpResponse:
    """One parameter of a draft, with its bounds and where it comes from."""
    row = _version(version)
    pack, _ = overview.loaded(row.source)
    found = pack.parameters.get(parameter) if pack else None
    if pack is None or found is None:
        raise NotFound("parameter", parameter)
    now = own_value(EngineVersion(row.name, pack, row.values), parameter)
    initial = {"value": plain_value(now)}
    form = ActionForm(
        "regulations.set_parameter",
        request,
        fixed={"version": row.pk, "parameter": parameter},
        initial=initial,
        submit_label=Text("保存", "Save"),
    )
    if request.method == "POST" and submit(request, form):
        return after(request, url_of(row), Text("参数已修改", "The parameter is changed"))
    view = next(
        p for p in figures.parameter_views(EngineVersion(row.name, pack, row.values)) if p.name == parameter
    )
    context = {
        "heading": parameter_words(found),
        "crumbs": [home_crumb(), regulation_crumb(row.regulation_id)],
        "parameter": view,
        "bounds": bounds_text(found),
        "shipped": value_words(found, found.default),
        "cancel_url": url_of(row),
    }
    return show(request, "regulations/parameter.html", context, form=form)


def source(request: HttpRequest, version: int) -> HttpResponse:
    """The pack's text, for who knows its language; every mistake with file and line."""
    row = _version(version)
    file = request.GET.get("file") or next(iter(sorted(row.source)), "")
    if file not in row.source:
        raise NotFound("file", file)
    form = ActionForm(
        "regulations.edit_source",
        request,
        fixed={"version": row.pk, "file": file},
        initial={"text": row.source[file]},
        submit_label=Text("检查并保存", "Check and save"),
    )
    form.fields["text"].widget.attrs.update({"rows": 30, "spellcheck": "false"})
    if request.method == "POST" and submit(request, form):
        return after(request, url_of(row), Text("文本已保存", "The text is saved"))
    context = {
        "heading": file,
        "crumbs": [home_crumb(), regulation_crumb(row.regulation_id)],
        "files": sorted(row.source),
        "file": file,
        "cancel_url": url_of(row),
    }
    return show(request, "regulations/source.html", context, form=form)


def submit_page(request: HttpRequest, version: int) -> HttpResponse:
    """Submit a draft: from when, and what becomes of obligations that are open then; with the difference once more."""
    row = _version(version)
    form = ActionForm("regulations.submit", request, fixed={"version": row.pk})
    if request.method == "POST" and submit(request, form):
        return after(request, url_of(row), Text("已提交审批", "Submitted for approval"))
    pack, _ = overview.loaded(row.source)
    before = _compared_with(row)
    context = {
        "heading": heading_of(row),
        "crumbs": [home_crumb(), regulation_crumb(row.regulation_id)],
        "changes": _words(before, EngineVersion(row.name, pack, row.values)) if before and pack else [],
        "compared": before,
        "cancel_url": url_of(row),
    }
    return show(request, "regulations/submit.html", context, form=form)


def shipped(request: HttpRequest, regulation: str) -> HttpResponse:
    """What this release ships otherwise than the version in force; nothing changes by looking."""
    current = (
        Version.objects.filter(regulation=regulation, state="in_force").select_related("regulation").last()
    )
    text = packs.shipped().get(regulation)
    if current is None or text is None:
        raise NotFound("regulation", regulation)
    pack, fault = overview.loaded(text)
    values = {k: v for k, v in current.values.items() if pack and k in pack.parameters}
    context = {
        "heading": Text(f"{regulation} 随软件更新的文本", f"{regulation}: the text of this release"),
        "crumbs": [home_crumb(), regulation_crumb(regulation)],
        "code": regulation,
        "current": current,
        "fault": fault,
        "changes": _words(current, EngineVersion("shipped", pack, values)) if pack else [],
        "may_draft": may(request.user, "regulations.draft"),
    }
    return render(request, "regulations/shipped.html", context)


def start(request: HttpRequest) -> HttpResponse:
    """Submit every regulation that ships, as it is."""
    form = ActionForm("regulations.submit_all", request)
    home = reverse("regulations.list")
    if request.method == "POST" and submit(request, form):
        return after(request, home, Text("已全部提交总经理批准", "All are submitted to the general manager"))
    codes = starting.not_started()
    context = {
        "heading": Text("提交随软件提供的制度", "Submit the regulations that ship"),
        "crumbs": [home_crumb()],
        "rows": [(code, overview.title_of(packs.shipped()[code])) for code in codes],
        "cancel_url": home,
    }
    return show(request, "regulations/start.html", context, form=form)


def some_version(person: Any) -> dict[str, Any] | None:
    row = Version.objects.order_by("pk").first()
    return {"version": row.pk} if row else None


def some_draft(person: Any) -> dict[str, Any] | None:
    row = Version.objects.filter(state=DRAFT).order_by("pk").first()
    return {"version": row.pk} if row else None


def some_parameter(person: Any) -> dict[str, Any] | None:
    for row in Version.objects.filter(state=DRAFT):
        pack, _ = overview.loaded(row.source)
        if pack and pack.parameters:
            return {"version": row.pk, "parameter": next(iter(pack.parameters))}
    return None


def some_undrafted(person: Any) -> dict[str, Any] | None:
    busy = set(Version.objects.filter(state__in=[DRAFT, "submitted"]).values_list("regulation_id", flat=True))
    code = next((c for c in packs.shipped() if c not in busy), None)
    return {"regulation": code} if code else None


def some_newer(person: Any) -> dict[str, Any] | None:
    row = Version.objects.filter(state="in_force").order_by("pk").first()
    return {"regulation": row.regulation_id} if row and row.regulation_id in packs.shipped() else None


page(
    "regulations.version",
    "regulations/versions/<int:version>/",
    version,
    label=Text("版本", "Version"),
    permission="regulations.view",
    sample=some_version,
    methods=GET,
)
page(
    "regulations.parameter",
    "regulations/versions/<int:version>/parameters/<str:parameter>/",
    parameter,
    label=Text("参数", "Parameter"),
    permission="regulations.draft",
    sample=some_parameter,
    action="regulations.set_parameter",
)
page(
    "regulations.source",
    "regulations/versions/<int:version>/text/",
    source,
    label=Text("制度文本", "Text of the pack"),
    permission="regulations.draft",
    sample=some_draft,
    action="regulations.edit_source",
)
page(
    "regulations.submit",
    "regulations/versions/<int:version>/submit/",
    submit_page,
    label=Text("提交审批", "Submit for approval"),
    permission="regulations.draft",
    sample=some_draft,
    action="regulations.submit",
)
page(
    "regulations.draft",
    "regulations/<str:regulation>/draft/",
    draft,
    label=Text("起草新版本", "Draft a new version"),
    permission="regulations.draft",
    sample=some_undrafted,
    action="regulations.draft",
)
page(
    "regulations.shipped",
    "regulations/<str:regulation>/shipped/",
    shipped,
    label=Text("随软件更新的文本", "The text of this release"),
    permission="regulations.view",
    sample=some_newer,
    methods=GET,
)
page(
    "regulations.start",
    "regulations/start/",
    start,
    label=Text("提交全部制度", "Submit all regulations"),
    permission="regulations.submit_shipped",
    action="regulations.submit_all",
)
