"""Saving, changing, sharing, deleting views, and choosing the one a list begins with. A view holds no rows, so none of these
shows anybody more than they may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from django.http import QueryDict

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Forbidden,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
    perform,
)
from guanxi.platform.people.models import Department, Person
from guanxi.platform.people.rights import EVERYBODY as SELF
from guanxi.platform.people.rights import who_may
from guanxi.platform.ui.dates import exact
from guanxi.platform.ui.registry import listing_pages
from guanxi.platform.ui.saved import cleaned

from . import reads
from .models import DEPARTMENT, EVERYBODY, OWN, FirstView, SavedView
from .permissions import SHARE

MOST = 50
UNDO_FOR = timedelta(minutes=10)
AUDIENCES = [
    (OWN, Text("只有我", "Only me")),
    (DEPARTMENT, Text("我的部门", "My department")),
    (EVERYBODY, Text("所有人", "Everybody")),
]
Strings = list[str]
Audience = Literal["own", "department", "everybody"]


def list_called(name: str) -> Any:
    """The list of that name. Invalid where there is none."""
    found = next((cls for page in listing_pages().values() for cls in page.lists if cls.name == name), None)
    if found is None:
        raise Invalid.field("list", "没有这个列表", "There is no such list")
    return found


def query_of(list: str, query: str) -> str:
    """The query as it is kept: only what the list understands. Invalid for what it cannot take."""
    kept, wrong = cleaned(list_called(list), QueryDict(query))
    if wrong is not None:
        raise Invalid.field("query", wrong.zh, wrong.en)
    return kept


def _allowed(ctx: Context, audience: str) -> Department | None:
    """The department that a view is shared with; Forbidden where the actor may not share so far."""
    if audience not in reads.audiences(ctx.actor):
        if audience == DEPARTMENT and ctx.actor.may(SHARE.name):
            raise Invalid.field("audience", "您不在任何部门", "You are in no department")
        raise Forbidden(SHARE.name, who=who_may(SHARE.name))
    return ctx.actor.department if audience == DEPARTMENT else None


def _fresh_name(owner_id: int, list: str, name: str, *, but: int | None = None) -> None:
    same = SavedView.objects.filter(owner_id=owner_id, list=list, name=name, deleted_at=None)
    if (same.exclude(pk=but) if but else same).exists():
        raise Invalid.field("name", "已有同名的视图", "There is a view of this name already")


@action
class SaveView(Action):
    """Keep what a list is asked for (filters, columns, order) under a name, for oneself or for others."""

    name = "views.save"
    label = Text("保存视图", "Save view")
    permission = SELF
    writes = ("view.saved",)
    subject = "saved_view"

    class Input(ActionInput):
        list: str = ask("列表", "List", max_length=60, widget="hidden")
        query: str = ask("条件、列和排序", "Filters, columns and order", "", max_length=6000, widget="hidden")
        name: str = ask("名称", "Name", min_length=1, max_length=40)
        audience: Audience = ask("谁能看到", "Who sees it", OWN, choices=AUDIENCES, widget="radio")

    def run(self, ctx: Context, data: Any, subject: Any) -> SavedView:
        query = query_of(data.list, data.query)
        department = _allowed(ctx, data.audience)
        _fresh_name(ctx.actor.pk, data.list, data.name)
        if SavedView.objects.filter(owner=ctx.actor, list=data.list, deleted_at=None).count() >= MOST:
            raise Conflict(Text(f"每个列表最多 {MOST} 个视图", f"At most {MOST} views of a list"))
        view = SavedView.objects.create(
            list=data.list,
            owner=ctx.actor,
            name=data.name,
            query=query,
            audience=data.audience,
            department=department,
            made_at=ctx.now,
            changed_at=ctx.now,
        )
        ctx.emit(
            "view.saved",
            subject=("saved_view", view.pk),
            data=_audience(view),
            texts={"name": view.name, "query": view.query},
        )
        return view


def _audience(view: SavedView) -> dict[str, Any]:
    department = str(view.department_id) if view.department_id else None
    return {"list": view.list, "audience": view.audience, "department": department}


class OfView(Action):
    """What is done to a view: by its owner, or by whoever looks after shared ones."""

    permission = SELF
    subject = "saved_view"

    def load(self, ctx: Context, data: Any) -> SavedView:
        view = reads.fetch(ctx.actor, data.view)
        if not reads.may_change(ctx.actor, view):
            raise Forbidden(SHARE.name, who=who_may(SHARE.name))
        return view


@action
class ChangeView(OfView):
    """Rename a view, show it to others or to oneself only, or put what the list shows now in its place."""

    name = "views.change"
    label = Text("修改视图", "Change view")
    writes = ("view.changed",)

    class Input(ActionInput):
        view: int = ask("视图", "View", of="saved_view", widget="hidden")
        name: str = ask("名称", "Name", "", max_length=40)
        audience: Audience | Literal[""] = ask(
            "谁能看到", "Who sees it", "", choices=AUDIENCES, widget="radio"
        )
        replace: bool = ask(
            "换成现在的条件、列和排序", "Replace by the present filters, columns and order", False
        )
        query: str = ask("条件、列和排序", "Filters, columns and order", "", max_length=6000, widget="hidden")
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def run(self, ctx: Context, data: Any, view: SavedView) -> SavedView:
        _check_version(view, data.version)
        before = _before(view)
        if data.audience and data.audience != view.audience:
            view.department = _allowed(ctx, data.audience)
            view.audience = data.audience
        if data.name:
            _fresh_name(view.owner_id, view.list, data.name, but=view.pk)
            view.name = data.name
        if data.replace:
            view.query = query_of(view.list, data.query)
        return _changed(ctx, view, before)


def _before(view: SavedView) -> tuple[dict[str, Any], dict[str, str]]:
    """What a change keeps of a view as it was: in the chain, and beside it."""
    department = str(view.department_id) if view.department_id else None
    return (
        {"audience_before": view.audience, "department_before": department},
        {"name_before": view.name, "query_before": view.query},
    )


def _check_version(view: SavedView, version: int | None) -> None:
    """Conflict where somebody changed the view after it was opened: who, when and what."""
    if version is None or version == view.version:
        return
    facts = Fact.objects.filter(kind="view.changed", subject_kind="saved_view", subject_id=str(view.pk))
    later = [f for f in facts.select_related("words").order_by("seq") if f.data.get("version", 0) > version]
    if not later:
        raise Conflict(Text("这个视图刚刚改过，请重新打开", "This view has just changed: open it again"))
    said = later[0].words.body if hasattr(later[0], "words") else {}
    what = [
        words
        for changed, words in (
            (said.get("name_before") != view.name, Text("名称", "its name")),
            (later[0].data["audience_before"] != view.audience, Text("谁能看到", "who sees it")),
            (said.get("query_before") != view.query, Text("条件、列或排序", "filters, columns or order")),
        )
        if changed
    ] or [Text("又改了回来", "and back again")]
    who = Person.objects.filter(pk=later[-1].actor_id or 0).values_list("name", flat=True).first() or ""
    at = exact(later[-1].recorded_at)
    raise Conflict(
        Text(
            f"{who}在 {at.zh} 改过这个视图：{'、'.join(w.zh for w in what)}。您的改动没有保存，对方的没有被覆盖",
            f"{who} changed this view on {at.en}: {', '.join(w.en for w in what)}. Yours was not saved, theirs stands",
        )
    )


def _changed(ctx: Context, view: SavedView, before: tuple[dict[str, Any], dict[str, str]]) -> SavedView:
    view.changed_at = ctx.now
    view.version += 1
    view.save()
    ctx.emit(
        "view.changed",
        subject=("saved_view", view.pk),
        data=_audience(view) | before[0] | {"version": view.version},
        texts={"name": view.name, "query": view.query, **before[1]},
    )
    return view


@action
class ChangeBack(Action):
    """Take back one's own change of a view within ten minutes, unless somebody has changed or deleted it since. It goes back
    to whom it was shared with, also where one does not see it any more."""

    name = "views.change_back"
    label = Text("撤销修改视图", "Undo the change of a view")
    permission = SELF
    writes = ("view.changed",)
    subject = "saved_view"

    class Input(ActionInput):
        fact: int = ask("记录号", "Record number", ge=1, widget="hidden")

    def load(self, ctx: Context, data: Any) -> tuple[Fact, SavedView]:
        mine = Fact.objects.filter(pk=data.fact, kind="view.changed", actor_id=ctx.actor.pk)
        fact = mine.select_related("words").first()
        if fact is None:
            raise NotFound("fact", data.fact)
        view = SavedView.objects.get(pk=int(fact.subject_id or 0))
        view.audience, department = fact.data["audience_before"], fact.data.get("department_before")
        view.department = Department.objects.filter(pk=department).first() if department else None
        if not reads.may_change(ctx.actor, view):
            raise Forbidden(SHARE.name, who=who_may(SHARE.name))
        return fact, view

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("saved_view", subject[1].pk if isinstance(subject, tuple) else None, None)

    def run(self, ctx: Context, data: Any, subject: tuple[Fact, SavedView]) -> SavedView:
        fact, view = subject
        if ctx.now - fact.recorded_at > UNDO_FOR:
            raise Invalid.field("", "已过十分钟，不能再撤销", "More than ten minutes ago")
        later = Fact.objects.filter(
            subject_kind="saved_view", subject_id=fact.subject_id, kind__startswith="view.", seq__gt=fact.seq
        )
        if later.exists() or not hasattr(fact, "words"):
            raise Conflict(Text("之后又有改动，不能再撤销", "It was changed again since"))
        now = _before(SavedView.objects.get(pk=view.pk))
        said = fact.words.body
        _fresh_name(view.owner_id, view.list, said["name_before"], but=view.pk)
        view.name, view.query = said["name_before"], said["query_before"]
        return _changed(ctx, view, now)


@action
class DeleteView(OfView):
    """Delete a view; it can be restored."""

    name = "views.delete"
    label = Text("删除视图", "Delete view")
    writes = ("view.deleted",)

    class Input(ActionInput):
        view: int = ask("视图", "View", of="saved_view", widget="hidden")

    def run(self, ctx: Context, data: Any, view: SavedView) -> SavedView:
        view.deleted_at = ctx.now
        view.save(update_fields=["deleted_at"])
        ctx.emit(
            "view.deleted",
            subject=("saved_view", view.pk),
            data={"list": view.list},
            texts={"name": view.name},
        )
        return view


@action
class RestoreView(Action):
    """Bring a deleted view back: by whoever might have deleted it."""

    name = "views.restore"
    label = Text("恢复视图", "Restore view")
    permission = SELF
    writes = ("view.restored",)
    subject = "saved_view"

    class Input(ActionInput):
        view: int = ask("视图", "View", of="saved_view", widget="hidden")

    def load(self, ctx: Context, data: Any) -> SavedView:
        gone = SavedView.objects.filter(reads.changeable(ctx.actor), pk=data.view).exclude(deleted_at=None)
        view = gone.first()
        if view is None:
            raise NotFound("saved_view", data.view)
        return view

    def run(self, ctx: Context, data: Any, view: SavedView) -> SavedView:
        _fresh_name(view.owner_id, view.list, view.name)
        view.deleted_at = None
        view.save(update_fields=["deleted_at"])
        ctx.emit(
            "view.restored",
            subject=("saved_view", view.pk),
            data={"list": view.list},
            texts={"name": view.name},
        )
        return view


@action
class ChooseFirst(Action):
    """Choose the view with which a list begins for oneself; an empty key: with everything, as it came."""

    name = "views.choose_first"
    label = Text("设为默认视图", "Make it the default view")
    permission = SELF
    writes = ("view.first_chosen",)
    subject = "person"

    class Input(ActionInput):
        list: str = ask("列表", "List", max_length=60, widget="hidden")
        key: str = ask("视图", "View", "", max_length=40, widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Any) -> str:
        own = {view.key for view in list_called(data.list).views}
        if data.key and data.key not in own:
            number = data.key.removeprefix("s")
            if data.key == number or not (number.isascii() and number.isdigit()) or len(number) > 18:
                raise Invalid.field("key", "没有这个视图", "There is no such view")
            reads.fetch(ctx.actor, int(number))
        row = FirstView.objects.filter(person=ctx.actor, list=data.list).first()
        before = row.key if row else ""
        if not data.key:
            FirstView.objects.filter(person=ctx.actor, list=data.list).delete()
        else:
            FirstView.objects.update_or_create(person=ctx.actor, list=data.list, defaults={"key": data.key})
        ctx.emit(
            "view.first_chosen",
            subject=("person", ctx.actor.pk),
            data={"list": data.list, "view": data.key, "before": before},
        )
        return before


@action
class NoteExport(Action):
    """Keep that somebody took a list away as a file: which columns and rows, by which conditions."""

    name = "views.note_export"
    label = Text("记录导出", "Note an export")
    permission = SELF
    writes = ("list.exported",)
    subject = "list"
    internal = True

    class Input(ActionInput):
        list: str = ask("列表", "List", max_length=60)
        form: Literal["csv", "xlsx"] = ask("格式", "Form")
        columns: Strings = ask("列", "Columns", max_length=100)
        order: str = ask("排序", "Order", "", max_length=60)
        shape: str = ask("条件的形状", "Shape of the conditions", "", max_length=6000)
        view: str = ask("视图", "View", "", max_length=40)
        typed: bool = ask("有搜索词", "Searched for words", False)
        rows: int = ask("行数", "Rows", ge=0)
        conditions: str = ask("条件", "Conditions", "", max_length=20_000)
        query: str = ask("搜索词", "Words searched for", "", max_length=200)

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        values = data.model_dump()
        texts = {name: values.pop(name) for name in ("conditions", "query")}
        ctx.emit("list.exported", subject=("list", data.list), data=values, texts=texts)


def keep_export(person: Any, told: Any) -> None:
    """Write it down before the file goes."""
    if getattr(person, "is_authenticated", False):
        perform("views.note_export", told, actor=person, source="web")
