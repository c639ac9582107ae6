"""The company: departments, roles and their permission sets, people from a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from pydantic import ValidationError

from guanxi.platform.kernel import Invalid, Text, may, perform
from guanxi.platform.ui import exports
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb, Do
from guanxi.platform.ui.uploads import FULL, is_full

from .. import reads
from ..actions.departments import the_department
from ..actions.importing import COLUMNS, MOST_ROWS, PersonRow, check_rows
from ..actions.roles import AS_SHIPPED, NONE, REACH_WORDS
from ..models import Department, RoleGrant, RolePermission
from ..rights import REACHES, all_permissions
from ..roles import ROLES
from ..tables import MAX_BYTES, Unreadable, read_table

DEPARTMENTS = Crumb(Text("部门", "Departments"), "/people/departments/")


def departments(request: HttpRequest) -> HttpResponse:
    """The tree, with heads and how many people are in each."""
    counted = dict(
        Department.objects.annotate(n=Count("people", filter=Q(people__is_active=True))).values_list(
            "pk", "n"
        )
    )
    manage = may(request.user, "people.change_department")
    context = {
        "rows": [(d, counted[d.pk], min(d.depth, 6)) for d in reads.tree()],
        "manage": manage,
        "do": [
            Do(
                Text("新增部门", "Add department"),
                reverse("people.department-add"),
                tone="primary",
                icon="plus",
                key="n",
            )
        ]
        if manage
        else [],
    }
    return render(request, "people/departments.html", context)


def department_add(request: HttpRequest) -> HttpResponse:
    initial = {"parent": request.GET.get("parent", "")}
    form = ActionForm("people.add_department", request, initial=initial)
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, DEPARTMENTS.url, Text("已新增", "Added"))
    context = {
        "heading": Text("新增部门", "Add department"),
        "crumbs": [DEPARTMENTS],
        "cancel_url": DEPARTMENTS.url,
    }
    return show(request, "ui/page_form.html", context, form=form)


def department(request: HttpRequest, department: int) -> HttpResponse:
    found = the_department(department)
    form = ActionForm(
        "people.change_department",
        request,
        fixed={"department": found.pk},
        initial={
            "name": found.name,
            "code": found.code,
            "parent": found.parent_id,
            "head": found.head_id,
            "active": found.active,
        },
        submit_label=Text("保存", "Save"),
    )
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, DEPARTMENTS.url, Text("已保存", "Saved"))
    context = {"heading": found.name, "crumbs": [DEPARTMENTS], "cancel_url": DEPARTMENTS.url}
    return show(request, "ui/page_form.html", context, form=form)


@dataclass(frozen=True, slots=True)
class Held:
    """One right of one role as the page shows it."""

    permission: Any
    reach: Text
    code: str
    changed: bool
    locked: bool


def roles(request: HttpRequest) -> HttpResponse:
    """Who holds which role; what each role may do; which rights a clause gives and nobody can change here."""
    chosen = request.GET.get("role", "")
    chosen = chosen if chosen in ROLES else next(iter(ROLES))
    day = reads.today()
    grants = RoleGrant.objects.filter(reads.held_on(day), person__is_active=True).select_related("person")
    holders: dict[str, list[Any]] = {}
    for grant in grants.order_by("person__name"):
        holders.setdefault(grant.role, []).append(grant.person)
    changes = dict(RolePermission.objects.filter(role=chosen).values_list("permission", "reach"))
    held = []
    for declared in all_permissions().values():
        if declared.everybody:
            continue
        shipped = declared.roles.get(chosen, NONE)
        now = shipped if declared.by_clause else changes.get(declared.name, shipped)
        held.append(Held(declared, REACH_WORDS[now], now, now != shipped, bool(declared.by_clause)))
    context = {
        "roles": [(role, words, len(holders.get(role, []))) for role, words in ROLES.items()],
        "chosen": chosen,
        "words": ROLES[chosen],
        "holders": holders.get(chosen, []),
        "held": [h for h in held if h.code in REACHES],
        "not_held": [h for h in held if h.code not in REACHES],
        "reaches": [(code, words) for code, words in REACH_WORDS.items()],
        "as_shipped": AS_SHIPPED,
        "manage": may(request.user, "people.set_permission"),
    }
    return render(request, "people/roles.html", context)


def permission(request: HttpRequest) -> HttpResponse:
    """Change one right of one role."""
    initial = {k: request.GET.get(k, "") for k in ("role", "permission", "reach")}
    declared = all_permissions().get(initial["permission"])
    fixed = {k: initial[k] for k in ("role", "permission") if initial[k]}
    form = ActionForm("people.set_permission", request, fixed=fixed, initial=initial)
    back = reverse("people.roles") + f"?role={initial['role']}"
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, back, Text("已调整", "Changed"))
    words, heading = ROLES.get(initial["role"]), form.action.label
    if words and declared:
        heading = Text(f"{words.zh}：{declared.label.zh}", f"{words.en}: {declared.label.en}")
    context = {
        "heading": heading,
        "crumbs": [Crumb(Text("角色与权限", "Roles and permissions"), back)],
        "cancel_url": back,
    }
    return show(request, "ui/page_form.html", context, form=form)


def import_people(request: HttpRequest) -> HttpResponse:
    """Upload, see what each row says, then import what fits."""
    context: dict[str, Any] = {
        "heading": Text("导入人员", "Import people"),
        "columns": list(COLUMNS.values()),
    }
    if request.method != "POST":
        return render(request, "people/import.html", context)
    try:
        rows = rows_sent(request)
        if "confirm" in request.POST:
            result = perform(
                "people.import",
                {"rows": [row.model_dump() for row in rows]},
                actor=request.user,
                key=request.POST.get("_key") or None,
                source="web",
            ).value
            if result is None:  # sent twice: it is done
                return after(request, reverse("people.list"), Text("已导入", "Imported"))
            context |= {"verdicts": result.verdicts, "added": result.added, "done": True}
            return render(request, "people/import.html", context)
    except Invalid as invalid:
        context["wrong"] = invalid.text
        context["errors"] = [m for messages in invalid.errors.values() for m in messages]
        return render(request, "people/import.html", context, status=422)
    verdicts = check_rows(rows)
    context |= {"verdicts": verdicts, "fits": sum(v.fits for v in verdicts), "table": as_csv(rows)}
    return render(request, "people/import.html", context)


def import_template(request: HttpRequest) -> Any:
    """An empty table with the right heads, and one line to show how it is meant."""
    example = [
        "lin",
        "林晓",
        "客户服务部",
        "客户关系专员",
        "lin@example.com",
        "0571-8888 0000",
        "客户关系专员、前台人员",
    ]
    return exports.xlsx_response(
        str(Text("人员导入模板", "People template")), [str(w) for w in COLUMNS.values()], iter([example])
    )


def rows_sent(request: HttpRequest) -> list[PersonRow]:
    """The rows of the file, or those shown before and sent back."""
    if "confirm" in request.POST:
        return _shown_before(request.POST.get("table", ""))
    sent = request.FILES.get("file")
    if sent is None:
        raise Invalid.field("file", "请选择文件", "Choose a file")
    try:
        lines = read_table(sent.read(MAX_BYTES + 1), sent.name or "")
    except Unreadable as error:
        raise Invalid({"file": [error.text]}) from None
    except OSError as error:
        if not is_full(error):
            raise
        raise Invalid({"file": [FULL]}) from None
    if len(lines) < 2:
        raise Invalid.field("file", "表中没有数据行", "The table holds no rows")
    if len(lines) - 1 > MOST_ROWS:
        raise Invalid.field("file", f"一次最多 {MOST_ROWS} 行", f"At most {MOST_ROWS} rows at a time")
    places = _places(lines[0].cells)
    found = []
    for row, line in lines[1:]:
        cells = {name: line[at].strip()[:400] for name, at in places.items() if at < len(line)}
        if any(cells.values()):
            found.append(PersonRow(row=row, **cells))
    return found


def _shown_before(table: str) -> list[PersonRow]:
    """The rows as the page that showed them wrote them down (see `as_csv`)."""
    try:
        rows = [PersonRow.model_validate(line) for line in csv.DictReader(io.StringIO(table))]
    except (csv.Error, ValidationError):
        rows = []
    if not rows:
        raise Invalid.field("file", "请重新选择文件", "Please choose the file again")
    return rows[: MOST_ROWS + 1]


def _places(head: list[str]) -> dict[str, int]:
    words = {w.lower(): name for name, text in COLUMNS.items() for w in (name, text.zh, text.en)}
    places = {
        words[cell.strip().lower()]: at for at, cell in enumerate(head) if cell.strip().lower() in words
    }
    missing = [COLUMNS[name] for name in ("username", "name") if name not in places]
    if missing:
        raise Invalid(
            {"file": [Text("缺少列：{n}", "A column is missing: {n}").format(n=m) for m in missing]}
        )
    return places


def as_csv(rows: list[PersonRow]) -> str:
    held = io.StringIO()
    writer = csv.writer(held)
    heads = list(PersonRow.model_fields)
    writer.writerow(heads)
    writer.writerows([getattr(row, name) for name in heads] for row in rows)
    return held.getvalue()
