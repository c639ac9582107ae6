"""What is measured. A suite is a function under `@suite`, in a module named in MODULES; it yields results."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ..companies import Company
from ..results import Result

MODULES = (
    "filling",
    "engine",
    "pages",
    "actions",
    "together",
    "server",
    "importing",
    "exporting",
    "merging",
    "daily",
    "duplicates",
    "territories",
    "planning",
)
"""In the order in which they run and are printed."""

On = Literal["company", "nothing"]


@dataclass(slots=True)
class Bench:
    """What a suite may know: the filled company (None for suites on nothing), and how long it may take.

    requests: how many of each request are measured; suites take a share of it for what takes longer. seed: so that
    two runs ask for the same things.
    """

    company: Company | None
    requests: int
    seed: int
    rows: dict[str, int] = field(default_factory=dict)

    def on(self) -> Company:
        """The filled company. RuntimeError for a suite that asked for none."""
        if self.company is None:
            raise RuntimeError("this suite is measured on no company")
        return self.company


Measuring = Callable[[Bench], Iterator[Result]]


@dataclass(frozen=True, slots=True)
class Suite:
    """name: on the command line. on: 'company' runs once for each database, 'nothing' once in all."""

    name: str
    on: On
    run: Measuring
    says: str


_suites: dict[str, Suite] = {}


def suite(name: str, *, on: On = "company") -> Callable[[Measuring], Measuring]:
    """Register a suite; its docstring's first line says what it measures."""

    def register(run: Measuring) -> Measuring:
        _suites[name] = Suite(name, on, run, (run.__doc__ or "").strip().splitlines()[0])
        return run

    return register


def suites() -> dict[str, Suite]:
    """Every suite by name, in order."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
    return dict(_suites)


def django_ready() -> None:
    """Django on the company of this process's environment, its database up to date, as a process of Guanxi has it."""
    import django

    django.setup()
    from guanxi.interfaces.cli.prepare import prepare
    from guanxi.interfaces.collecting import settle

    prepare(quiet=True)
    settle()


def people() -> dict[str, Any]:
    """Who asks: an account manager with the customers in his own hands, the head of a city's team, the service manager
    who sees all."""
    from guanxi.platform.people.models import Person

    names = {"zhao": "own", "shen": "team", "wang": "all"}
    found = {p.username: p for p in Person.objects.select_related("department").filter(username__in=names)}
    return {told: found[username] for username, told in names.items()}
