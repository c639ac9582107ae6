"""Small problems and plans for tests, made without the search."""

from __future__ import annotations

import ast
import getpass
import inspect
import re
import tempfile
from dataclasses import replace
from types import ModuleType
from typing import Any

from guanxi.cores.routing.feasibility import feasibility
from guanxi.cores.routing.model import Customer, Mode, Period, Person, Place, Problem, Travel, Workday
from guanxi.cores.routing.plan import Plan
from guanxi.cores.routing.saying import Said
from guanxi.cores.routing.solving import Means, _Solving

HOME = f"{tempfile.gettempdir()}/guanxi-tests-{getpass.getuser()}"
COMPILED = f"{HOME}/compiled"
"""Where tests keep compiled code, from one run to the next; named by its own hash, so that it is never stale."""


def greedy(problem: Problem, old: Plan | None = None) -> Plan:
    """Each customer where it fits best, one after the other, with reasons for the rest."""
    return _Solving(problem, Means(iterations=0), old).finished(feasibility(problem))


def town(
    *customers: Customer, days: int = 5, people: int = 1, day: dict[str, Any] | None = None, **fields: Any
) -> Problem:
    """Customers named by their distance from the office on one street, in minutes: "c30" is 30 minutes away. The day
    is 08:00 to 18:00; `day` changes it."""
    ids = dict.fromkeys(["office", *(customer.place for customer in customers)])
    workday = replace(Workday(1, "office", "office", "walk", 480, 1080), **(day or {}))
    problem = Problem(
        period=Period(days),
        places=tuple(Place(id, float(id[1:]) if id != "office" else 0.0, 0.0) for id in ids),
        people=tuple(
            Person(f"p{n}", tuple(replace(workday, day=d) for d in range(1, days + 1)))
            for n in range(1, people + 1)
        ),
        customers=customers,
        travel=Travel((Mode("walk", metres_per_minute=1.0),)),
    )
    return replace(problem, **fields)


def customer(id: str, place: str | None = None, **fields: Any) -> Customer:
    """Half an hour at a place that is named like the customer, unless another is."""
    return Customer(id, place or id, **{"minutes": 30.0, **fields})


def chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def in_both(said: Said) -> bool:
    """Whether a sentence on input that is not Chinese says the same numbers in both languages."""
    return chinese(said.zh) and not chinese(said.en) and numbers(said.zh) == numbers(said.en)


def numbers(text: str) -> list[str]:
    """The numbers said, in any order: both languages say the same ones."""
    return sorted(re.findall(r"\d+(?:[.:]\d+)*", text))


def in_one_language_only(module: ModuleType) -> list[str]:
    """The sentences in a module's source that do not say the same in both languages: no Chinese in the Chinese one, some
    in the English one, or other values filled in."""
    found = []
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Said":
            zh, en = call.args
            missing = re.search("[A-Za-z]", _words(en)) and not chinese(_words(zh))
            if missing or chinese(_words(en)) or _values(zh) != _values(en):
                found.append(f"{module.__name__}, line {call.lineno}: {ast.unparse(call)}")
    return found


def _words(text: ast.expr) -> str:
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))


def _values(text: ast.expr) -> list[str]:
    """What is filled in, however it is called in either language."""
    parts = text.values if isinstance(text, ast.JoinedStr) else []
    return sorted(
        re.sub(r"\.(zh|en)\b", "", ast.unparse(ast.JoinedStr([part])))
        for part in parts
        if isinstance(part, ast.FormattedValue)
    )
