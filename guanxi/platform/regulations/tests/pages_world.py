"""A small regulation R88 (lamps) with a control of every kind, in force, for the tests of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Context,
    FactKind,
    Text,
    action,
    ask,
    fact_kind,
    fixed_clock,
    perform,
)
from guanxi.platform.people.rights import SYSTEM, permission
from guanxi.platform.regulations import engine as engines
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Regulation, Version
from guanxi.platform.regulations.ticking import drain, roll_out
from guanxi.platform.ui.subjects import subject_kind

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)

permission(
    "test.lamps",
    Text("管灯", "Look after lamps"),
    own=("relationship_specialist", "account_manager"),
    department=("service_manager",),
)
permission("test.force_lamps", Text("试生效", "Force"))
fact_kind(
    FactKind(
        "lamp.lit", subject="lamp", label=Text("开灯", "Lit"), fields={"bright": "bool"}, texts=("remark",)
    )
)
fact_kind(FactKind("lamp.dimmed", subject="lamp", label=Text("关灯", "Dimmed")))
SECRET = "9"


def lamp_names(person: Any, ids: list[int]) -> dict[int, str]:
    """Lamp 9 is hidden from everybody."""
    return {id: f"灯{id}" for id in ids if str(id) != SECRET}


subject_kind("lamp", Text("灯", "Lamp"), names=lamp_names, url=lambda id: f"/lamps/{id}/")


@action
class Light(Action):
    """Light a lamp."""

    name = "test.light"
    label = Text("开灯", "Light")
    permission = "test.lamps"
    writes = ("lamp.lit",)
    subject = "lamp"

    class Input(ActionInput):
        lamp: int = ask("灯", "Lamp", of="lamp")
        remark: str = ask("备注", "Remark", "")

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        customer = data.lamp if data.lamp < 100 else None
        ctx.emit(
            "lamp.lit",
            subject=("lamp", data.lamp),
            customer=customer,
            data={"bright": True},
            texts={"remark": data.remark},
        )


@dataclass(frozen=True, slots=True)
class DimValues:
    steady: bool


@action
class Dim(Action):
    """Dim a lamp."""

    name = "test.dim"
    label = Text("关灯", "Dim")
    permission = "test.lamps"
    writes = ("lamp.dimmed",)
    subject = "lamp"
    gate_values = DimValues

    class Input(ActionInput):
        lamp: int = ask("灯", "Lamp", of="lamp")
        steady: bool = ask("稳当", "Steady", True)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, Any, int | None]:
        return ("lamp", data.lamp, None)

    def gate(self, ctx: Context, data: Any, subject: Any) -> DimValues:
        return DimValues(data.steady)

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        ctx.emit("lamp.dimmed", subject=("lamp", data.lamp), customer=data.lamp if data.lamp < 100 else None)


@action
class ForceLamps(Action):
    """Bring a version into force without an approval."""

    name = "test.force_lamps"
    label = Text("生效", "Force")
    permission = "test.force_lamps"
    writes = ("norms.version_in_force",)
    by_system = True
    internal = True

    class Input(ActionInput):
        version: str = ask("版本", "Version")

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        regulation = data.version.partition("@")[0]
        ctx.emit(
            "norms.version_in_force",
            subject=("version", 1),
            data={"regulation": regulation, "version": data.version},
        )


CLAUSES = """
regulation: {id: R88, title: {zh: 灯火制度, en: Lamps}}
clauses:
  - {id: R88.1, kinds: [Duty, Measure], text: {zh: 开灯要按时关, en: A lamp is dimmed in time}}
  - {id: R88.2, kinds: [Gate, Record], text: {zh: 关灯要稳当, en: Dim with a steady hand}}
  - {id: R88.3, kinds: [Guide], text: {zh: 用灯须知, en: How to use lamps}}
  - {id: R88.4, kinds: [Duty], text: {zh: 灯油另行规定, en: Oil is settled elsewhere}}
"""
PACK = """
regulation: {id: R88, title: {zh: 灯火制度, en: Lamps}}
approval: {by: general_manager, origin: ours, clause: R88.4}
parameters:
  dim_within: {type: duration, default: 2h, min: 10m, max: 3d, origin: source, clause: R88.1, words: {zh: 时限, en: How soon}}
  in_time_target: {type: percent, default: 90, min: 0, max: 100, origin: ours, clause: R88.1, words: {zh: 按时目标, en: Target}}
  few: {type: integer, default: 2, min: 0, max: 9, origin: ours, clause: R88.1, words: {zh: 少于几件, en: Few}}
controls:
  - id: dimmed
    kind: duty
    clause: R88.1
    does: test.dim
    trigger: lamp.lit
    owner: actor
    due: {within: dim_within, from: happened_at}
    fulfilled_by: {fact: lamp.dimmed, same: lamp}
    words: {zh: 关灯, en: Dim the lamp}
  - id: in-time
    kind: measure
    clause: R88.1
    over: {duty: dimmed}
    period: month
    split: [department, person]
    show: share
    target: in_time_target
    small: few
    words: {zh: 按时关灯的比例, en: Share dimmed in time}
  - id: steady
    kind: gate
    clause: R88.2
    action: test.dim
    require: steady
    words: {zh: 手不稳, en: The hand is not steady}
    remedy: {action: test.light, by: actor, words: {zh: 再试, en: Try again}}
    waiver: {by: service_manager}
  - id: which-lamp
    kind: record
    clause: R88.2
    action: test.dim
    require: [lamp]
    words: {zh: 写明哪盏灯, en: Say which lamp}
  - id: how
    kind: guide
    clause: R88.3
    action: test.dim
    words: {zh: 先看灯，再关灯, en: Look first}
"""
SOURCE = {"r88/clauses.yaml": CLAUSES, "r88/pack.yaml": PACK}
CASES = """
- name: an unsteady hand is refused
  when: {action: test.dim, at: 2026-03-05T12:00, lamp: L1, values: {steady: false}}
  then: {refused: R88.2}
- name: a lamp lit at noon is due at two
  given: [{lamp.lit: {at: 2026-03-05T12:00, lamp: L1, by: lin}}]
  then: {obligation: {clause: R88.1, lamp: L1, due: 2026-03-05T14:00}}
"""


def put_in_force(monkeypatch: Any, at: datetime = NOON - DAY) -> Version:
    """R88 version 1 in force since `at`; nothing else ships."""
    packs.forget()
    monkeypatch.setattr(engines, "_made", None)
    monkeypatch.setattr(packs, "shipped", lambda: {"R88": SOURCE})
    monkeypatch.setattr(packs, "shipped_cases", lambda: {"R88": ("r88/cases.yaml", CASES)})
    regulation = Regulation.objects.create(code="R88", title_zh="灯火制度", title_en="Lamps")
    version = Version.objects.create(
        regulation=regulation,
        number=1,
        state="in_force",
        source=SOURCE,
        content_hash=packs.content_hash(SOURCE, {}, "keep"),
        in_force_from=at,
        drafted_at=at,
    )
    perform("test.force_lamps", {"version": version.name}, actor=SYSTEM, clock=fixed_clock(at))
    roll_out(fixed_clock(at))
    return version


def light(person: Any, lamp: int, *, at: datetime = NOON, remark: str = "") -> None:
    perform("test.light", {"lamp": lamp, "remark": remark}, actor=person, clock=fixed_clock(at))


def dim(person: Any, lamp: int, *, at: datetime, steady: bool = True) -> None:
    perform("test.dim", {"lamp": lamp, "steady": steady}, actor=person, clock=fixed_clock(at))


def tick(at: datetime) -> None:
    drain(fixed_clock(at))


def browser(person: Any, settings: Any) -> Any:
    """Somebody signed in, with a folder for what is served beside the pages."""
    from pathlib import Path

    from django.test import Client

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    client = Client()
    client.force_login(person)
    return client
