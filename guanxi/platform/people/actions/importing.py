"""People from a spreadsheet: each row is judged by itself, what fits is added, nothing is half done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from guanxi.platform.kernel import (
    Action,
    ActionError,
    ActionInput,
    Context,
    Invalid,
    Text,
    action,
    ask,
    get_action,
)

from ..models import Department, Person
from ..roles import ROLES

MOST_ROWS = 500
COLUMNS: dict[str, Text] = {
    "username": Text("登录名", "Sign-in name"),
    "name": Text("姓名", "Name"),
    "department": Text("部门", "Department"),
    "post": Text("职务", "Post"),
    "email": Text("邮箱", "E-mail"),
    "phone": Text("电话", "Telephone"),
    "roles": Text("角色", "Roles"),
}
_SEPARATORS = str.maketrans(dict.fromkeys("，,;；/", "、"))


class PersonRow(ActionInput):
    """A row as typed; its cells are judged one by one."""

    row: int = ask("表中行号", "Row of the spreadsheet", 0, ge=0)  # 0: none is known
    username: str = ask("登录名", "Sign-in name", "", max_length=400)
    name: str = ask("姓名", "Name", "", max_length=400)
    department: str = ask("部门", "Department", "", max_length=400)
    post: str = ask("职务", "Post", "", max_length=400)
    email: str = ask("邮箱", "E-mail", "", max_length=400)
    phone: str = ask("电话", "Telephone", "", max_length=400)
    roles: str = ask("角色", "Roles", "", max_length=400)


@dataclass(slots=True)
class RowVerdict:
    """What became of a row, or would. row: as the spreadsheet numbers it, the heads being 1. errors: field -> messages."""

    row: int
    given: PersonRow
    errors: dict[str, list[Text]] = field(default_factory=dict)
    person: Person | None = None

    @property
    def fits(self) -> bool:
        return not self.errors

    @property
    def faults(self) -> list[Text]:
        """What is wrong, each with its column."""
        return [
            Text(f"{head.zh}：{said.zh}", f"{head.en}: {said.en}") if (head := COLUMNS.get(name)) else said
            for name, messages in self.errors.items()
            for said in messages
        ]


@dataclass(slots=True)
class Imported:
    """The rows' verdicts, in order."""

    verdicts: list[RowVerdict]
    pk: int | None = None

    @property
    def added(self) -> int:
        return sum(v.person is not None for v in self.verdicts)


@action
class ImportPeople(Action):
    """Add people from rows of a spreadsheet. Rows that do not fit are named and left out."""

    name = "people.import"
    label = Text("导入人员", "Import people")
    permission = "people.manage"
    writes = ("person.added", "role.granted")
    subject = "person"

    class Input(ActionInput):
        rows: list[PersonRow] = ask("行", "Rows", min_length=1, max_length=MOST_ROWS)

    def run(self, ctx: Context, data: Any, subject: Any) -> Imported:
        verdicts = check_rows(data.rows)
        for verdict in verdicts:
            if not verdict.fits:
                continue
            written = len(ctx.emitted)
            try:
                with transaction.atomic():
                    verdict.person = ctx.act("people.add", _fields(verdict.given))
            except Invalid as wrong:
                del ctx.emitted[written:]
                verdict.errors = wrong.errors
            except ActionError as wrong:
                del ctx.emitted[written:]
                verdict.errors = {"": [wrong.text]}
        return Imported(verdicts)


def check_rows(rows: Sequence[PersonRow]) -> list[RowVerdict]:
    """What an import would say of each row; changes nothing."""
    taken = {name.lower() for name in Person.objects.values_list("username", flat=True)}
    verdicts = []
    for place, row in enumerate(rows, start=2):  # where no number is known: as though below a line of heads
        verdict = RowVerdict(row.row or place, row)
        try:
            parsed = get_action("people.add").parse(_fields(row))
            if parsed.username in taken:
                verdict.errors = {"username": [Text("登录名已被使用", "This sign-in name is taken")]}
            else:
                taken.add(parsed.username)
        except Invalid as wrong:
            verdict.errors = wrong.errors
        verdicts.append(verdict)
    return verdicts


def _fields(row: PersonRow) -> dict[str, Any]:
    department = _department(row.department) if row.department else None
    return {
        "username": row.username,
        "name": row.name,
        "department": department.pk if department else None,
        "post": row.post,
        "email": row.email,
        "phone": row.phone,
        "roles": _roles(row.roles),
        "one_time_password": False,
    }


def _department(words: str) -> Department:
    found = list(Department.objects.filter(name=words, active=True)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise Invalid(
            {
                "department": [
                    Text("有几个部门叫“{n}”，请逐个新增", "Several departments are called “{n}”").format(
                        n=words
                    )
                ]
            }
        )
    raise Invalid({"department": [Text("没有部门“{n}”", "There is no department “{n}”").format(n=words)]})


def _roles(words: str) -> list[str]:
    by_word = {w.lower(): role for role, text in ROLES.items() for w in (role, text.zh, text.en)}
    found: list[str] = []
    unknown: list[str] = []
    for word in (w.strip() for w in words.translate(_SEPARATORS).split("、")):
        if not word:
            continue
        role = by_word.get(word.lower())
        if role:
            found.append(role)
        else:
            unknown.append(word)
    if unknown:
        raise Invalid(
            {"roles": [Text("没有角色“{n}”", "There is no role “{n}”").format(n="、".join(unknown))]}
        )
    return found
