"""What set-up writes beyond what other packages already do: the tree of departments at once, and who manages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
)
from guanxi.platform.people import reads
from guanxi.platform.people.models import Department, Person
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.roles import ROLES
from guanxi.platform.regulations.models import Version

from .treetext import Line, read_tree

MANAGERS = ("general_manager", "service_manager")


def company_department() -> Department | None:
    """The company itself, above all departments."""
    return Department.objects.filter(parent=None, active=True).order_by("pk").first()


def paths_below(top: Department) -> dict[tuple[str, ...], Department]:
    """The departments in use below the company by their names from the top, parents first."""
    found: dict[tuple[str, ...], Department] = {}
    names: dict[int, tuple[str, ...]] = {top.pk: ()}
    for row in reads.tree():
        if row.parent_id in names and row.active:
            names[row.pk] = (*names[row.parent_id], row.name)
            found[names[row.pk]] = row
    return found


class DuringSetUp(Action):
    """Shared: possible only until the first version of a regulation exists; afterwards the usual pages serve."""

    permission = "people.manage"
    internal = True

    def load(self, ctx: Context, data: Any) -> Any:
        if Version.objects.exists():
            raise Conflict(Text("公司设置已完成", "The company is set up already"))
        return None


@action
class ArrangeDepartments(DuringSetUp):
    """Make the departments as they stand in the lines: new ones are added, those left out are closed if nobody is in them."""

    name = "setup.arrange_departments"
    label = Text("保存部门", "Save the departments")
    writes = ("department.added", "department.changed")
    subject = "department"

    class Input(ActionInput):
        tree: str = ask(
            "部门",
            "Departments",
            "",
            widget="textarea",
            max_length=20_000,
            hint=Text("每行一个部门，下级部门向右缩进", "One department a line, those below it indented"),
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> Department:
        lines, wrong = read_tree(data.tree)
        if wrong:
            raise Invalid({"tree": wrong})
        top = company_department()
        if top is None:
            raise NotFound("department")
        present = paths_below(top)
        for line in lines:
            if line.path not in present:
                present[line.path] = self._add(ctx, line, present, top)
        kept = {line.path for line in lines}
        for path in sorted(set(present) - kept, key=len, reverse=True):
            self._close(ctx, present[path])
        return top

    @staticmethod
    def _add(
        ctx: Context, line: Line, present: dict[tuple[str, ...], Department], top: Department
    ) -> Department:
        parent = present[line.above] if line.above else top
        made: Department = ctx.act("people.add_department", {"name": line.name, "parent": parent.pk})
        return made

    @staticmethod
    def _close(ctx: Context, row: Department) -> None:
        values = {"department": row.pk, "name": row.name, "parent": row.parent_id, "head": row.head_id}
        try:
            ctx.act("people.change_department", {**values, "code": row.code, "active": False})
        except Invalid as wrong:
            raise Invalid(
                {"tree": [Text(f"{row.name}：{wrong.text.zh}", f"{row.name}: {wrong.text.en}")]}
            ) from None


@action
class NameManagers(DuringSetUp):
    """Say who is general manager and who is service manager. The first ones are named here; later, roles are granted."""

    name = "setup.name_managers"
    label = Text("确定两位经理", "Name the two managers")
    writes = ("role.granted", "role.revoked", "department.changed")
    subject = "department"

    class Input(ActionInput):
        general_manager: int = ask(
            "总经理",
            "General manager",
            widget="person",
            of="person",
            hint=Text("批准制度和例外的人", "Who approves regulations and exceptions"),
        )
        service_manager: int = ask(
            "客户服务部经理",
            "Service manager",
            widget="person",
            of="person",
            hint=Text("起草制度、负责执行的人", "Who drafts the regulations and sees that they are kept"),
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> Department:
        if data.general_manager == data.service_manager:
            raise Invalid.field(
                "service_manager",
                "提交制度的人不能自己批准，请指定另一个人",
                "Who submits the regulations cannot approve them; name somebody else",
            )
        chosen: dict[str, Person] = {}
        for role in MANAGERS:
            found = reads.colleagues().filter(pk=getattr(data, role)).first()
            if found is None:
                raise Invalid.field(
                    role, "没有这个人，或已停用", "There is no such person, or they are deactivated"
                )
            chosen[role] = found
        if chosen["service_manager"].department_id is None:
            raise Invalid.field(
                "service_manager",
                "此人还没有部门，请先在人员页面安排部门",
                "They are in no department yet; place them in one on the people page",
            )
        for role, person in chosen.items():
            self._make(ctx, role, person)
        top = company_department()
        if top is None:
            raise NotFound("department")
        if top.head_id != chosen["general_manager"].pk:
            ctx.act(
                "people.change_department",
                {
                    "department": top.pk,
                    "name": top.name,
                    "head": chosen["general_manager"].pk,
                    "code": top.code,
                },
            )
        return top

    @staticmethod
    def _make(ctx: Context, role: str, person: Person) -> None:
        """Give the role to this person and take it from who held it before."""
        before = list(reads.holders(role))
        if person not in before:
            with _in_set_up(ctx, alone=not before or person.pk != ctx.actor.pk):
                ctx.act("people.grant_role", {"person": person.pk, "role": role})
        for other in before:
            if other.pk != person.pk:
                ctx.act("people.revoke_role", {"person": other.pk, "role": role})


@contextmanager
def _in_set_up(ctx: Context, *, alone: bool) -> Iterator[None]:
    """No general manager has to agree while the company is set up, even one who signed in already; and where nobody holds
    a role, an administrator may name themselves too: who else could. The facts still say who did."""
    with ctx.with_rights_of(SYSTEM if alone else ctx.actor):
        yield


def manager_words(role: str) -> Text:
    return ROLES[role]
