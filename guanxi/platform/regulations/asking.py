"""The gates' answer in the kernel's terms."""

from __future__ import annotations

import dataclasses
from typing import Any

from guanxi.cores.norms import gates
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.store import Store
from guanxi.cores.norms.timeline import gates_of
from guanxi.platform.kernel import Reason, Text
from guanxi.platform.kernel.actions import Action, Context
from guanxi.platform.kernel.perform import Verdict
from guanxi.platform.people.roles import ROLES

from .catalogue import OWN
from .wording import text_of

About = tuple[str, int | str | None, int | None]
OWNER = Text("负责人", "whoever it belongs to")


def ask(engine: Engine, store: Store, ctx: Context, action: Action, about: About, values: Any) -> Verdict:
    """Ask every gate and record in force before `action`. Nothing in force looks at it: an empty verdict."""
    index = engine.index(store.state("versions"))
    if action.name not in index.asked:
        return Verdict()
    timelines = list(index.timelines.values())
    standing = gates_of(timelines, action.name, ctx.now)
    recorded = any(
        action.name in record.actions
        for timeline in timelines
        if (version := timeline.at(ctx.now))
        for record in version.pack.records
    )
    if not standing and not recorded:
        return Verdict()
    kind, id, customer = about
    subject = "" if id is None else str(id)
    given = dataclasses.asdict(values) if values is not None else {}
    given |= given.pop(OWN, {})
    said = gates.ask(
        engine,
        action.name,
        given,
        at=ctx.now,
        store=store,
        subject_kind=kind,
        subject=subject,
        customer=None if customer is None else str(customer),
    )
    draft = said.asked(kind, subject, None, "")
    return Verdict(
        failures=[_reason(f, "refuse") for f in said.failures],
        warnings=[_reason(f, "warn") for f in said.warnings],
        asked=(draft.kind, {**draft.data, "open_duties": dict(draft.data["open_duties"])}),
    )


def _reason(failure: gates.Failure, severity: str) -> Reason:
    words = text_of(failure.words)
    if failure.fault:
        words = Text(
            f"{words.zh}（无法判断：{failure.fault}）", f"{words.en} (cannot be judged: {failure.fault})"
        )
    remedy = failure.remedy
    return Reason(
        clause=failure.clause,
        control=f"{failure.regulation}/{failure.control}",
        version=failure.version,
        text=words,
        severity=severity,
        remedy_action=remedy.action if remedy else "",
        remedy_text=text_of(remedy.words) if remedy else Text("", ""),
        remedy_by=ROLES.get(remedy.by.removeprefix("role(").removesuffix(")"), OWNER)
        if remedy
        else Text("", ""),
        waivable_by=ROLES.get(failure.waivable_by, Text("", "")),
        waivable_role=failure.waivable_by if failure.waivable_by in ROLES else "",
    )
