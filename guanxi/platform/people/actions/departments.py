"""Departments: a tree with heads."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, Text, action, ask

from .. import reads
from ..models import Department, Person


@action
class AddDepartment(Action):
    """Add a department below another one, or as the company itself."""

    name = "people.add_department"
    label = Text("新增部门", "Add department")
    permission = "people.manage"
    writes = ("department.added",)
    subject = "department"
    by_system = True

    class Input(ActionInput):
        name: str = ask("部门名称", "Name", min_length=1, max_length=80)
        parent: int | None = ask("上级部门", "Above it", None, widget="pick", of="department")
        head: int | None = ask("负责人", "Head", None, widget="person", of="person")
        code: str = ask("部门代码", "Code", "", max_length=40)

    def run(self, ctx: Context, data: Any, subject: Any) -> Department:
        parent = a_department(data.parent, "parent")
        head = a_colleague(data.head, "head")
        _name_is_free(data.name, parent, None)
        made = Department.objects.create(name=data.name, code=data.code, parent=parent, head=head)
        made.path = f"{parent.path if parent else '/'}{made.pk}/"
        made.save(update_fields=["path"])
        ctx.emit(
            "department.added", subject=("department", made.pk), data=_shape(made), texts={"name": made.name}
        )
        return made


@action
class ChangeDepartment(Action):
    """Rename a department, move it with all below it, name its head, or close it."""

    name = "people.change_department"
    label = Text("调整部门", "Change department")
    permission = "people.manage"
    writes = ("department.changed",)
    subject = "department"

    class Input(ActionInput):
        department: int = ask("部门", "Department", widget="hidden", of="department")
        name: str = ask("部门名称", "Name", min_length=1, max_length=80)
        parent: int | None = ask("上级部门", "Above it", None, widget="pick", of="department")
        head: int | None = ask("负责人", "Head", None, widget="person", of="person")
        code: str = ask("部门代码", "Code", "", max_length=40)
        active: bool = ask("在用", "In use", True)

    def load(self, ctx: Context, data: Any) -> Department:
        return the_department(data.department)

    def run(self, ctx: Context, data: Any, subject: Department) -> Department:
        parent = a_department(data.parent, "parent")
        if parent is not None and parent.path.startswith(subject.path):
            raise Invalid.field(
                "parent", "不能放到自己或自己的下级部门之下", "A department cannot stand below itself"
            )
        _name_is_free(data.name, parent, subject)
        if subject.active and not data.active:
            _nobody_there(subject)
        if data.active and parent is not None and not parent.active:
            raise Invalid.field("parent", "上级部门已停用", "The department above is closed")
        head = subject.head if data.head == subject.head_id else a_colleague(data.head, "head")
        subject.name, subject.code, subject.active = data.name, data.code, data.active
        subject.parent, subject.head = parent, head
        before, subject.path = subject.path, f"{parent.path if parent else '/'}{subject.pk}/"
        if before != subject.path:
            _move_branch(subject, before)
        subject.save()
        ctx.emit(
            "department.changed",
            subject=("department", subject.pk),
            data=_shape(subject),
            texts={"name": subject.name},
        )
        return subject


def the_department(id: int) -> Department:
    """The department with this id, or NotFound."""
    found = Department.objects.select_related("head", "parent").filter(pk=id).first()
    if found is None:
        raise NotFound("department", id)
    return found


def a_department(id: int | None, field: str) -> Department | None:
    """The department in use with this id, or Invalid at the field."""
    if id is None:
        return None
    found = Department.objects.filter(pk=id, active=True).first()
    if found is None:
        raise Invalid.field(field, "没有这个部门，或已停用", "There is no such department, or it is closed")
    return found


def a_colleague(id: int | None, field: str) -> Person | None:
    """The active person with this id, or Invalid at the field."""
    if id is None:
        return None
    found = reads.colleagues().filter(pk=id).first()
    if found is None:
        raise Invalid.field(field, "没有这个人，或已停用", "There is no such person, or they are deactivated")
    return found


def _name_is_free(name: str, parent: Department | None, but: Department | None) -> None:
    same = Department.objects.filter(parent=parent, name=name)
    if but is not None:
        same = same.exclude(pk=but.pk)
    if same.exists():
        raise Invalid.field(
            "name", "同一上级下已有同名部门", "There is one of this name below the same department"
        )


def _nobody_there(department: Department) -> None:
    inside = reads.colleagues().filter(department__path__startswith=department.path).count()
    if inside:
        raise Invalid(
            {
                "active": [
                    Text(
                        "还有 {n} 人在此部门，请先调动", "{n} people are still in it; move them first"
                    ).format(n=inside)
                ]
            }
        )
    if reads.branch(department).filter(active=True).exclude(pk=department.pk).exists():
        raise Invalid.field("active", "还有在用的下级部门", "There are departments in use below it")


def _move_branch(department: Department, before: str) -> None:
    below = list(Department.objects.filter(path__startswith=before).exclude(pk=department.pk))
    for row in below:
        row.path = department.path + row.path.removeprefix(before)
    if any(len(row.path) > 200 for row in [department, *below]):
        raise Invalid.field("parent", "部门层级过深", "The tree would be too deep")
    Department.objects.bulk_update(below, ["path"])


def _shape(department: Department) -> dict[str, Any]:
    return {
        "parent": None if department.parent_id is None else str(department.parent_id),
        "head": None if department.head_id is None else str(department.head_id),
        "active": department.active,
    }
