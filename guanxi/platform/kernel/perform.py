"""perform: rights -> gates -> rows -> facts -> obligations, in one transaction.

The stages above the kernel (people's rights, the journal, the regulations' gates and obligations) plug
themselves in at start, so that every package may declare actions and none imports upward.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from .actions import Action, Context, get_action
from .clock import Clock, system_clock
from .errors import Forbidden, Invalid, Reason, Refused
from .text import Text

KEY_LENGTH = 80
"""How long a caller's key may be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gates say of one attempt.

    asked: (fact kind, data) under which the journal keeps the attempt, passed or refused; None where no clause
    looks at this action.
    """

    failures: Sequence[Reason] = ()
    warnings: Sequence[Reason] = ()
    met: Sequence[Reason] = ()
    asked: tuple[str, dict[str, Any]] | None = None

    @property
    def passed(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an action. `value`: the row it returned (None when replayed and the row is gone)."""

    action: str
    value: Any
    subject: tuple[str, int | None]
    seqs: tuple[int, ...] = ()
    replayed: bool = False
    warnings: Sequence[Reason] = ()


class RightsStage(Protocol):
    """Who may. Raises Forbidden."""

    def check(self, ctx: Context, action: Action) -> None: ...


class GatesStage(Protocol):
    """What the regulations in force say before the rows change."""

    def ask(
        self, ctx: Context, action: Action, subject: tuple[str, int | None, int | None], values: Any
    ) -> Verdict: ...


class ObligationsStage(Protocol):
    """Keeps obligations and measures up with the facts just written."""

    def begin(self, kind: str, ids: Sequence[int]) -> None:
        """Rows with these ids are only being made in this transaction: no fact speaks of them yet."""

    def follow(self, ctx: Context, facts: Sequence[Any]) -> None:
        """Fold the facts; may append further facts of its own (reminders)."""

    def flush(self) -> None:
        """The transaction is about to commit: write what is still held back."""

    def forget(self) -> None:
        """The transaction is over, either way: hold nothing back."""


class JournalStage(Protocol):
    """Keeps facts, call keys and attempts."""

    def writing(self) -> AbstractContextManager[None]:
        """A transaction in which nobody else writes."""

    def moment(self, now: datetime) -> datetime:
        """The time of recording: never before the newest fact."""

    def earlier(self, ctx: Context, digest: str) -> Result | None:
        """What this call key led to before; Conflict where the input was another."""

    def append(self, ctx: Context) -> list[Any]:
        """Put ctx.emitted into the chain."""

    def remember(self, ctx: Context, digest: str, result: Result) -> None: ...

    def attempt(
        self, ctx: Context, action: Action, about: tuple[str, int | None, int | None], refusal: Exception
    ) -> None:
        """Keep a refused attempt, in a transaction of its own."""


@dataclass
class Stages:
    """The stages plugged in at start; an action before that is a mistake of the program."""

    rights: RightsStage | None = None
    journal: JournalStage | None = None
    gates: list[GatesStage] = field(default_factory=list)
    obligations: list[ObligationsStage] = field(default_factory=list)


stages = Stages()


@dataclass(slots=True)
class _Attempt:
    """How far an attempt came, for the record of a refusal."""

    about: tuple[str, int | None, int | None]


def perform(
    name: str,
    data: Any,
    *,
    actor: Any,
    key: str | None = None,
    happened_at: datetime | None = None,
    on_behalf_of: Any = None,
    clock: Clock = system_clock,
    source: str = "code",
) -> Result:
    """Run the action `name` for `actor`.

    key: the caller's key for this call; the same call twice writes once. happened_at: when it happened, if not
    now (a phone that was without network); never later than now. Raises Invalid, NotFound, Forbidden, Refused,
    Conflict; in each case nothing has changed, and refusals are kept in the journal.
    """
    action = get_action(name)
    parsed = action.parse(data)
    _check_key(key)
    journal = _journal()
    now = clock()
    ctx = Context(
        actor=actor,
        now=now,
        happened_at=min(happened_at, now) if happened_at else now,
        key=key or uuid.uuid4().hex,
        action=name,
        source=source,
        on_behalf_of=on_behalf_of,
        clock_said=now,
    )
    digest = input_digest(name, parsed)
    tried = _Attempt((action.subject, None, None))
    try:
        with journal.writing():
            ctx.now = journal.moment(now)
            if happened_at is None:
                ctx.happened_at = ctx.now
            before = journal.earlier(ctx, digest)
            if before is not None:
                return before
            value, warnings = _steps(ctx, action, parsed, tried)
            facts = journal.append(ctx)
            for stage in stages.obligations:
                stage.follow(ctx, facts)
            subject = action.about(ctx, parsed, value)[:2]
            result = Result(name, value, subject, tuple(f.seq for f in facts), warnings=warnings)
            journal.remember(ctx, digest, result)
            return result
    except (Forbidden, Refused) as refusal:
        journal.attempt(ctx, action, tried.about, refusal)
        raise


def run_inside(ctx: Context, name: str, data: Any) -> Any:
    """Another action within a running one; used by Context.act."""
    action = get_action(name)
    value, _ = _steps(ctx, action, action.parse(data), _Attempt((action.subject, None, None)))
    return value


def explain(name: str, data: Any, *, actor: Any, clock: Clock = system_clock) -> Verdict:
    """Would it pass? Asks rights and gates and writes nothing. Raises Forbidden, NotFound, Invalid."""
    action = get_action(name)
    parsed = action.parse(data)
    now = clock()
    ctx = Context(actor=actor, now=now, happened_at=now, key="", action=name, source="why")
    if stages.rights is None:
        raise Forbidden(action.permission)
    stages.rights.check(ctx, action)
    subject = action.load(ctx, parsed)
    return _ask(ctx, action, action.about(ctx, parsed, subject), action.gate(ctx, parsed, subject))


def may(actor: Any, name: str) -> bool:
    """Whether the actor holds the right to the action at all (its gates may still refuse)."""
    action = get_action(name)
    now = system_clock()
    try:
        if stages.rights is None:
            return False
        stages.rights.check(Context(actor=actor, now=now, happened_at=now, key="", action=name), action)
    except Forbidden:
        return False
    return True


def _steps(ctx: Context, action: Action, parsed: Any, tried: _Attempt) -> tuple[Any, Sequence[Reason]]:
    if stages.rights is None:
        raise Forbidden(action.permission)
    stages.rights.check(ctx, action)
    subject = action.load(ctx, parsed)
    tried.about = action.about(ctx, parsed, subject)
    values = action.gate(ctx, parsed, subject)
    verdict = _ask(ctx, action, tried.about, values)
    if not verdict.passed:
        raise Refused(action.name, verdict.failures, verdict.warnings, verdict.met, verdict.asked)
    if verdict.asked:
        kind, data = verdict.asked
        outer, ctx.acting = ctx.acting, None
        ctx.emit(kind, subject=tried.about[:2], customer=tried.about[2], data=data)
        ctx.acting = outer
    outer, ctx.acting = ctx.acting, action
    try:
        return action.run(ctx, parsed, subject), verdict.warnings
    finally:
        ctx.acting = outer


def _ask(ctx: Context, action: Action, about: tuple[str, int | None, int | None], values: Any) -> Verdict:
    found = [stage.ask(ctx, action, about, values) for stage in stages.gates]
    return Verdict(
        failures=[r for v in found for r in v.failures],
        warnings=[r for v in found for r in v.warnings],
        met=[r for v in found for r in v.met],
        asked=next((v.asked for v in found if v.asked), None),
    )


def input_digest(name: str, parsed: Any) -> str:
    """What was asked for, as a hash: a call key used again with other input is found by it."""
    body = json.dumps(parsed.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{name}\n{body}".encode()).hexdigest()


def _check_key(key: str | None) -> None:
    if key is not None and not (0 < len(key) <= KEY_LENGTH and key.isprintable()):
        said = (
            f"提交编号须为 1 至 {KEY_LENGTH} 个可见字符",
            f"A call key has 1 to {KEY_LENGTH} printable characters",
        )
        raise Invalid({"": [Text(*said)]})


def _journal() -> JournalStage:
    if stages.journal is None:
        raise RuntimeError("the journal is not plugged in: Django's apps are not ready")
    return stages.journal
