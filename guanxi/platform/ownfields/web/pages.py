"""The fields on screen: the list, a form to define and one to change, retiring and restoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.act import Undo, after, show, submit
from guanxi.platform.ui.addresses import address
from guanxi.platform.ui.filters import ChoiceFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.narrowing import asked_about
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Nav, page
from guanxi.platform.ui.subjects import subject_kind

from .. import types as t
from ..actions import definition
from ..describing import written_choices
from ..facts import SUBJECT
from ..models import OwnField
from ..permissions import MANAGE
from ..reads import FieldStateFilter, fetch, visible
from ..sql import TABLES, kinds_of_row, step_of
from ..uses import clauses
from .retyping import state_of

HEADING = Text("自定义字段", "Own fields")
FOR_TYPE: dict[str, tuple[str, ...]] = {
    t.TEXT: ("longest", "mask"),
    t.LINES: ("longest",),
    t.NUMBER: ("unit", "decimals", "least", "most"),
    t.MONEY: ("least", "most"),
    t.DATE: ("least", "most"),
    t.CHOICE: ("choices",),
    t.MANY: ("choices",),
}
COMMON = ("label_zh", "label_en", "required", "section", "order", "help", "help_en", "personal")
FIRST = ("of", "step", "type", "label_zh", "key", "required", "choices", "unit", "decimals")
RARER = ("label_en", "section", "order", "help", "help_en", "least", "most", "longest", "mask", "personal",
         "stays")  # fmt: skip


def _of(row: OwnField) -> Text:
    return TABLES[row.subject].label if row.subject in TABLES else Text.of(row.subject)


def _state(row: OwnField) -> Text:
    if row.retired_at:
        return Text("已停用", "Retired")
    return Text("正在换类型", "Changing type") if row.changing else Text("使用中", "In use")


class OwnFields(List):
    name = "ownfields"
    label = HEADING
    columns = (
        Column("label", Text("名称", "Name"), value=lambda r: Text(r.label_zh, r.label_en or r.label_zh), lead=True),
        Column("of", Text("用于", "Belongs to"), value=_of),
        Column("type", Text("类型", "Type"), value=lambda r: t.TYPES[r.type]),
        Column("key", Text("代码", "Code")),
        Column("section", Text("分组", "Section"), phone=False),
        Column("required", Text("必填", "Required"), value=lambda r: Text("是", "Yes") if r.rules.get("required") else "",
               phone=False),
        Column("state", Text("状态", "State"),
               value=_state),
    )  # fmt: skip
    filters = (
        ChoiceFilter("of", Text("用于", "Belongs to"), "subject", choices=kinds_of_row),
        ChoiceFilter("type", Text("类型", "Type"), "type", choices=list(t.TYPES.items())),
        FieldStateFilter(
            "state",
            Text("状态", "State"),
            choices=[("used", Text("使用中", "in use")), ("retired", Text("已停用", "retired"))],
        ),
    )
    search = ("label_zh", "label_en", "key")
    exportable = False
    empty = Empty(
        Text("还没有自定义字段", "No fields of your own yet"),
        Text(
            "公司要记而系统没有的内容，如面积、行业、合同到期日，在这里加成字段。保存后立即出现在表单、列表、筛选、导出和接口里。",
            "What your company keeps and this system does not, such as floor area, industry or the end of a contract, becomes "
            "a field here. Once saved it stands in forms, lists, filters, files and the API.",
        ),
        "list-checks",
        Text("新增字段", "Define a field"),
    )

    def __init__(self, request: HttpRequest, rows: QuerySet, **how: Any) -> None:
        super().__init__(request, rows, **how)
        self.empty = Empty(  # type: ignore[misc]
            self.empty.title, self.empty.text, self.empty.icon, self.empty.action, reverse("ownfields.new")
        )

    def row_url(self, row: Any) -> str:
        return reverse("ownfields.edit", kwargs={"own_field": row.pk})


def fields(request: HttpRequest) -> HttpResponse:
    """Every field in use; retired ones where they are asked for."""
    rows = visible(request.user)
    if not asked_about(request.GET, "state"):
        rows = rows.filter(retired_at=None)
    return OwnFields(request, rows.order_by("subject", "order", "pk")).respond("ownfields/list.html")  # type: ignore[return-value]


def new(request: HttpRequest) -> HttpResponse:
    """Define a field."""
    form = ActionForm(
        "ownfields.define", request, initial={"of": "customer"}, only=(*FIRST, *RARER), folded=RARER
    )
    if request.method == "POST" and (result := submit(request, form)):
        undo = Undo(reverse("ui.act", kwargs={"action": "ownfields.retire"}), {"field": result.value.pk})
        said = Text(f"已新增字段“{result.value.label_zh}”", f"Defined the field “{result.value}”")
        return after(request, reverse("ownfields.list"), said, undo=undo)
    lead = Text(
        "代码以后不能改，请想好再定；名称、选项和规则随时可改，类型可以换，现有的值一并换过去。",
        "The code stays for good; name, choices and rules may be changed at any time, and the type with all its values.",
    )
    context = {
        "heading": form.action.label,
        "lead": lead,
        "crumbs": [Crumb(HEADING, reverse("ownfields.list")), Crumb(form.action.label)],
        "cancel_url": reverse("ownfields.list"),
    }
    return show(request, "ui/page_form.html", context, form=form)


def edit(request: HttpRequest, own_field: int) -> HttpResponse:
    """Change one field; what belongs to its type only."""
    row = fetch(request.user, own_field)
    version = request.POST.get("version", "")
    kept: dict[str, Any] = {n: v for n, v in row.rules.items() if n not in ("choices", "help")}
    kept["step"] = step_of(definition(row))
    kept |= {"label_zh": row.label_zh, "label_en": row.label_en, "section": row.section, "order": row.order}
    kept["help"], kept["help_en"] = row.rules.get("help") or ("", "")
    kept["choices"] = written_choices(row.rules)
    own = (*FOR_TYPE.get(row.type, ()), *_of_kind(row))
    only = [
        "label_zh",
        *(n for n in ("step",) if n in own),
        "required",
        *(n for n in own if n in FIRST and n != "step"),
        *(n for n in RARER if n in (*own, *COMMON)),
    ]
    form = ActionForm(
        "ownfields.change",
        request,
        fixed={
            "field": row.pk,
            "version": int(version) if version.isdecimal() and len(version) < 10 else row.version,
        },
        initial=kept,
        only=only,
        folded=RARER,
        submit_label=Text("保存", "Save"),
    )
    if request.method == "POST" and (result := submit(request, form)):
        said = Text(f"已修改字段“{result.value.label_zh}”", f"Changed the field “{result.value}”")
        return after(request, reverse("ownfields.list"), said)
    context = {
        "heading": Text(row.label_zh, row.label_en or row.label_zh),
        "crumbs": [
            Crumb(HEADING, reverse("ownfields.list")),
            Crumb(Text(row.label_zh, row.label_en or row.label_zh)),
        ],
        "cancel_url": reverse("ownfields.list"),
        "row": row,
        "of": _of(row),
        "type": t.TYPES[row.type],
        "used_by": clauses(definition(row)),
        "told_name": definition(row).told_name,
        **state_of(row),
        "version": version or row.version,
    }
    return show(request, "ownfields/edit.html", context, form=form)


def _of_kind(row: OwnField) -> tuple[str, ...]:
    """The rules that only fields of some kinds of rows have."""
    stays = ("stays",) if row.subject in t.ABOUT_PEOPLE else ()
    return (*stays, "step") if row.subject in TABLES and TABLES[row.subject].steps else stays


def retire(request: HttpRequest, own_field: int) -> HttpResponse:
    """Retire a field, after saying what becomes of it."""
    return _do(
        request,
        own_field,
        "ownfields.retire",
        Text("已停用字段“{n}”", "Retired the field “{n}”"),
        "ownfields.restore",
    )


def restore(request: HttpRequest, own_field: int) -> HttpResponse:
    """Bring a retired field back."""
    return _do(
        request,
        own_field,
        "ownfields.restore",
        Text("已恢复字段“{n}”", "Restored the field “{n}”"),
        "ownfields.retire",
    )


def _do(request: HttpRequest, own_field: int, action: str, done: Text, back: str) -> HttpResponse:
    row = fetch(request.user, own_field)
    form = ActionForm(action, request, fixed={"field": row.pk})
    if request.method == "POST" and submit(request, form):
        undo = Undo(reverse("ui.act", kwargs={"action": back}), {"field": row.pk})
        return after(request, reverse("ownfields.list"), done.format(n=row.label_zh), undo=undo)
    lead = Text(
        "停用后不再出现在表单、列表和导出中；已填的内容保留，可随时恢复。",
        "It leaves forms, lists and files; what was filled in is kept, and the field can be restored.",
    )
    context = {
        "heading": Text(
            f"{form.action.label.zh}：{row.label_zh}",
            f"{form.action.label.en}: {row.label_en or row.label_zh}",
        ),
        "lead": lead if action == "ownfields.retire" else "",
        "crumbs": [
            Crumb(HEADING, reverse("ownfields.list")),
            Crumb(Text(row.label_zh, row.label_en or row.label_zh)),
        ],
        "cancel_url": reverse("ownfields.list"),
    }
    return show(request, "ui/page_form.html", context, form=form)


def _sample(retired: bool) -> Any:
    def sample(person: Any) -> Mapping[str, Any] | None:
        row = visible(person).filter(retired_at__isnull=not retired).order_by("pk").first()
        return {"own_field": row.pk} if row else None

    return sample


page("ownfields.list", "own-fields/", fields, label=HEADING, permission=MANAGE.name, nav=Nav(825, "list-checks"),
     methods=("GET", "HEAD"), lists=(OwnFields,))  # fmt: skip
page("ownfields.new", "own-fields/new/", new, label=Text("新增字段", "Define a field"), permission=MANAGE.name,
     action="ownfields.define")  # fmt: skip
page("ownfields.edit", "own-fields/<int:own_field>/", edit, label=Text("修改字段", "Change a field"),
     permission=MANAGE.name, sample=_sample(False), action="ownfields.change")  # fmt: skip
page("ownfields.retire", "own-fields/<int:own_field>/retire/", retire, label=Text("停用字段", "Retire a field"),
     permission=MANAGE.name, sample=_sample(False), action="ownfields.retire")  # fmt: skip
page("ownfields.restore", "own-fields/<int:own_field>/restore/", restore, label=Text("恢复字段", "Restore a field"),
     permission=MANAGE.name, sample=_sample(True), action="ownfields.restore")  # fmt: skip


def _names(person: Any, ids: list[int]) -> Mapping[int, str]:
    return dict(visible(person).filter(pk__in=ids).values_list("pk", "label_zh"))


subject_kind(
    SUBJECT,
    Text("自定义字段", "Own field"),
    names=_names,
    url=lambda id: address("ownfields.edit", own_field=id),
)
