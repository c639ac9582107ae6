"""The steps of set-up and how far it is. Nothing is remembered besides what the company's own records say."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.people import reads
from guanxi.platform.people.models import Person
from guanxi.platform.regulations.models import Version
from guanxi.platform.regulations.starting import not_started
from guanxi.platform.ui.parts import Step

from .actions import MANAGERS, company_department, paths_below

DRAFT = "setup"
STEPS: dict[str, Text] = {
    "start": Text("公司", "Company"),
    "administrator": Text("管理员", "Administrator"),
    "departments": Text("部门", "Departments"),
    "people": Text("人员", "People"),
    "managers": Text("两位经理", "Managers"),
    "email": Text("邮件", "E-mail"),
    "regulations": Text("制度", "Regulations"),
}
SEEN = "setup_seen"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far set-up is. managers: role -> who holds it; over: regulations are submitted."""

    anybody: bool
    departments: int
    people: int
    managers: dict[str, Person | None]
    over: bool

    @property
    def named(self) -> bool:
        return all(self.managers.values())


def standing() -> Standing:
    """Where set-up stands now."""
    top = company_department()
    people = reads.colleagues().count()
    holders: dict[str, Person | None] = {}
    for role in MANAGERS:
        found = list(reads.holders(role)[:2])
        holders[role] = found[0] if len(found) == 1 else None
    return Standing(
        anybody=people > 0,
        departments=len(paths_below(top)) if top else 0,
        people=people,
        managers=holders,
        over=Version.objects.exists() and not not_started(),
    )


def done(name: str, now: Standing, seen: list[str]) -> bool:
    """Whether a step needs nothing more."""
    return {
        "start": now.anybody,
        "administrator": now.anybody,
        "departments": now.departments > 0 or "departments" in seen,
        "people": now.people > 1,
        "managers": now.named,
        "email": "email" in seen,
        "regulations": now.over,
    }[name]


def shown(request: HttpRequest, current: str, now: Standing) -> list[Step]:
    """The row of steps; those that can be gone to are links."""
    seen = request.session.get(SEEN, [])
    draft = bool(request.session.get(DRAFT))
    found = []
    for name, label in STEPS.items():
        state = "current" if name == current else "done" if done(name, now, seen) else ""
        reachable = now.anybody or name == "start" or (name == "administrator" and draft)
        found.append(Step(label, state, url_of(name) if reachable and name != current else ""))
    return found


def next_step(request: HttpRequest) -> str:
    """The address of the first step that is not done; the last page when all are."""
    now, seen = standing(), request.session.get(SEEN, [])
    name = next((n for n in STEPS if not done(n, now, seen)), "done")
    return url_of(name)


def after_step(name: str) -> str:
    """The address of the step behind this one."""
    names = [*STEPS, "done"]
    return url_of(names[names.index(name) + 1])


def before_step(name: str) -> str:
    """The address of the step before this one; '' for the first."""
    names = list(STEPS)
    at = names.index(name)
    return url_of(names[at - 1]) if at else ""


def url_of(name: str) -> str:
    return reverse(f"setup.{name}")


def saw(request: HttpRequest, name: str) -> None:
    """Remember in this session that a step which may be left out has been looked at."""
    seen = request.session.get(SEEN, [])
    if name not in seen:
        request.session[SEEN] = [*seen, name]
