"""The small forms around a list: save a view, change it, delete it, begin with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from guanxi.platform.kernel import Text, perform
from guanxi.platform.ui.act import Undo, after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.registry import page
from guanxi.platform.ui.web.pages import safe_next

from .. import reads
from ..actions import AUDIENCES
from ..models import OWN, SavedView

KEY = "_key"


def _offer(form: ActionForm, person: Any, present: str = OWN) -> None:
    """Only those with whom this person may share; with nobody else: the question is not asked."""
    offered = {*reads.audiences(person), present}
    if offered == {OWN}:
        form.fields.pop("audience", None)
    elif "audience" in form.fields:
        form.fields["audience"].widget.choices = [pair for pair in AUDIENCES if pair[0] in offered]


def _opened(url: str, view: SavedView) -> str:
    """The list with that view."""
    path = url.partition("?")[0]
    return f"{path}?view=s{view.pk}&{QueryDict(view.query).urlencode()}".rstrip("&")


def new(request: HttpRequest) -> HttpResponse:
    """Save what a list shows as a view."""
    asked = {name: request.GET.get(name, "") for name in ("list", "query")}
    back = safe_next(request)
    form = ActionForm("views.save", request, fixed=asked, initial={"name": request.GET.get("name", "")})
    _offer(form, request.user)
    if request.method == "POST" and (result := submit(request, form)):
        view = result.value
        undo = Undo(reverse("ui.act", kwargs={"action": "views.delete"}), {"view": view.pk})
        text = Text(f"已保存视图“{view.name}”", f"Saved the view “{view.name}”")
        return after(request, _opened(back, view), text, undo=undo)
    lead = Text(
        "保存筛选条件、列和排序。别人打开共享的视图，看到的仍只是他们自己能看的行。",
        "Filters, columns and order are kept. Whoever opens a shared view still sees only the rows they may see.",
    )
    context = {"heading": form.action.label, "lead": lead, "cancel_url": back}
    return show(request, "ui/page_form.html", context, form=form)


def edit(request: HttpRequest, saved_view: int) -> HttpResponse:
    """Rename, share, or put what is shown now in its place."""
    person: Any = request.user
    view = reads.fetch(person, saved_view)
    back = safe_next(request)
    query, opened = request.GET.get("query", ""), request.GET.get("version", "")
    only = ["name", "audience", *(["replace"] if "query" in request.GET else [])]
    form = ActionForm(
        "views.change",
        request,
        fixed={"view": view.pk, "query": query, "version": opened if opened.isdecimal() else view.version},
        initial={"name": view.name, "audience": view.audience, "replace": True},
        only=only,
        submit_label=Text("保存", "Save"),
    )
    _offer(form, person, view.audience)
    if request.method == "POST" and (result := submit(request, form)):
        undo = Undo(reverse("ui.act", kwargs={"action": "views.change_back"}), {"fact": result.seqs[-1]})
        text = Text(f"已修改视图“{result.value.name}”", f"Changed the view “{result.value.name}”")
        return after(request, _opened(back, result.value), text, undo=undo)
    context = {"heading": form.action.label, "cancel_url": back}
    if form.status == 409:
        typed = {
            "list": view.list,
            "query": query or view.query,
            "name": request.POST.get("name", ""),
            "next": back,
        }
        context["own_url"] = f"{reverse('views.new')}?{urlencode(typed)}"
        context["now_url"] = _opened(back, view)
    if view.owner_id != person.pk:
        context["lead"] = Text(
            f"{view.owner.name}共享的视图：改动对所有能看到它的人生效。",
            f"{view.owner.name} shares this view: a change holds for everybody who sees it.",
        )
    return show(request, "views/edit.html", context, form=form)


def delete(request: HttpRequest, saved_view: int) -> HttpResponse:
    """Delete it, with an undo."""
    key = request.POST.get(KEY) or None
    view = perform("views.delete", {"view": saved_view}, actor=request.user, key=key, source="web").value
    undo = Undo(reverse("ui.act", kwargs={"action": "views.restore"}), {"view": view.pk})
    text = Text(f"已删除视图“{view.name}”", f"Deleted the view “{view.name}”")
    return after(request, safe_next(request), text, undo=undo)


def first(request: HttpRequest) -> HttpResponse:
    """Begin with this view from now on, with an undo."""
    sent = {name: request.POST.get(name, "") for name in ("list", "key")}
    result = perform(
        "views.choose_first", sent, actor=request.user, key=request.POST.get(KEY) or None, source="web"
    )
    undo = Undo(
        reverse("ui.act", kwargs={"action": "views.choose_first"}),
        {"list": sent["list"], "key": result.value},
    )
    words = Text("这个列表以后先显示这个视图", "This list now begins with this view")
    if not sent["key"]:
        words = Text("这个列表以后打开时不用视图", "This list now begins without a view")
    return after(request, safe_next(request), words, undo=undo)


def _one(person: Any) -> dict[str, int] | None:
    found = SavedView.objects.filter(reads.changeable(person), deleted_at=None).first()
    return {"saved_view": found.pk} if found else None


page("views.new", "views/new/", new, label=Text("保存视图", "Save view"))
page("views.edit", "views/<int:saved_view>/", edit, label=Text("修改视图", "Change view"), sample=_one)
page(
    "views.delete",
    "views/<int:saved_view>/delete/",
    delete,
    label=Text("删除视图", "Delete view"),
    sample=_one,
    methods=("POST",),
)
page("views.first", "views/first/", first, label=Text("默认视图", "Default view"), methods=("POST",))
