"""Obligations as the lines of Today: when, what, whom, clause, and the one button that fulfils it.

A fixed number of queries however many lines. Whether a line is overdue is judged against the moment, not the last tick.
Two regulations may each ask for the same thing on the same row (a promise): one line then stands for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from guanxi.cores.norms.controls import Duty as DutyControl
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.gates import overdue
from guanxi.platform.kernel import Text, all_kinds, get_action, may
from guanxi.platform.kernel.errors import UnknownAction
from guanxi.platform.people.models import Person
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui.act import action_url
from guanxi.platform.ui.addresses import address
from guanxi.platform.ui.parts import NOTHING, Do, Duty, Fold, Words
from guanxi.platform.ui.subjects import Named, named

from . import codec, reads
from .engine import engine
from .models import Obligation

SHOWN = 40
WHY = Text("为什么？", "Why?")


FOLD_FROM = 3
"""So many duties without a deadline that say the same stand as one line that opens."""

FOLD_OVERDUE_FROM = 5
"""So many overdue duties that say the same do so too: a long arrear must not hide what is due today."""

LONG = timedelta(days=30)
"""What is overdue for longer stands apart, behind one line with its number: today's work is on top."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of somebody's duties, the mark of where to go on ('' for the end), and how many there are.

    long: how many of the overdue ones are so for longer than `LONG`; they are among `open` and `overdue`, but not among the
    lines unless it is them that were asked for.
    """

    lines: Sequence[Duty]
    after: str
    open: int
    overdue: int
    waiting: int
    long: int = 0

    @property
    def single(self) -> list[Duty]:
        """The lines that stand by themselves."""
        folded = {id(line) for fold in (*self.arrears, *self.folds) for line in fold.lines}
        return [line for line in self.lines if id(line) not in folded]

    @property
    def folds(self) -> list[Fold]:
        """What has no deadline and is the same work on several things (a check before each visit): once, with how many."""
        return _folded([line for line in self.lines if line.deadline is None], FOLD_FROM)

    @property
    def arrears(self) -> list[Fold]:
        """What is overdue many times over: once, with how many, the oldest first."""
        late = [line for line in self.lines if line.deadline is not None and line.state == "overdue"]
        return _folded(late, FOLD_OVERDUE_FROM)


def _folded(lines: Sequence[Duty], least: int) -> list[Fold]:
    alike: dict[tuple[str, str, str], list[Duty]] = {}
    for line in lines:
        what = Text.of(line.what)
        alike.setdefault((line.clause, what.zh, what.en), []).append(line)
    return [Fold(found) for found in alike.values() if len(found) >= least]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much somebody owes: what can be done now, of it overdue, of it overdue for long; and what is not due to begin."""

    open: int
    overdue: int
    long: int
    waiting: int


def owed(person: Any, now: datetime) -> QuerySet[Obligation]:
    """What the person owes and can do something about now."""
    return reads.mine(person).filter(_can_be_done(now))


def _can_be_done(now: datetime) -> Q:
    return ~Q(state="suspended") & (Q(state__in=["open", "missed"]) | Q(actionable_from__lte=now))


def counts(person: Any, now: datetime) -> Counts:
    """How much this person owes. One query, answered by an index alone."""
    doable = _can_be_done(now)
    found = (
        reads.mine(person)
        .order_by()
        .aggregate(
            open=Count("pk", filter=doable),
            overdue=Count("pk", filter=doable & Q(due_at__lt=now)),
            long=Count("pk", filter=doable & Q(due_at__lt=now - LONG)),
            waiting=Count("pk", filter=Q(state="waiting", actionable_from__gt=now)),
        )
    )
    return Counts(**found)


def portion(person: Any, now: datetime, *, after: str = "", size: int = SHOWN, long: bool = False) -> Portion:
    """The next lines of what this person owes, overdue first, then by deadline; without what is overdue for long.

    long: of that alone, the oldest last.
    """
    rows = owed(person, now)
    apart = rows.filter(due_at__lt=now - LONG).order_by("-due_at", "-id")
    if long:
        rows = apart
    else:
        rows = rows.filter(Q(due_at__gte=now - LONG) | Q(due_at__isnull=True))
    found = _first(_beyond(rows, after, down=long), size + 1)
    more, found = len(found) > size, found[:size]
    lines = duty_lines(person, found, now)
    n = counts(person, now)
    mark = _mark(found[-1]) if more else ""
    if n.open > size or more or after or long:
        return Portion(lines, mark, n.open, n.overdue, n.waiting, n.long)
    # All of them are on the page or behind its one line, so that the numbers are those of the lines.
    old = len(_one_each(apart, engine())) if n.long else 0
    late = sum(line.state == "overdue" for line in lines)
    return Portion(lines, "", len(lines) + old, late + old, n.waiting, old)


def _first(rows: QuerySet[Obligation], size: int) -> list[Obligation]:
    """The first rows in their order. Which they are an index tells; only these are read."""
    ids = rows.values("pk")[:size]
    return list(Obligation.objects.filter(pk__in=ids).order_by(*rows.query.order_by))


def of_customer(person: Any, customer: int, now: datetime, size: int = SHOWN) -> tuple[list[Duty], int]:
    """The open obligations that concern one customer, with whoever owes each; and how many there are."""
    rows = reads.for_customer(customer).exclude(state="waiting")
    found = list(rows[: size + 1])
    lines = duty_lines(person, found[:size], now, whom="owner")
    return lines, rows.count() if len(found) > size else len(lines)


def duty_lines(
    person: Any, rows: Sequence[Obligation], now: datetime, *, whom: str = "subject"
) -> list[Duty]:
    """Lines for these obligations, those that ask for the same action on the same thing folded into one.

    whom: 'subject' says what it is about, 'owner' who owes it.
    """
    names = named(person, _keys(rows))
    owners = owner_names(r.owner for r in rows) if whom == "owner" else {}
    open_to = _visible(person, rows) if whom == "owner" else {r.pk for r in rows}
    made = engine()
    allowed: dict[str, bool] = {}
    found: list[Duty] = []
    for row in _one_each(rows, made):
        duty = reads.duty_of(row, made)
        does = duty.does if duty else ""
        if does not in allowed:
            allowed[does] = _may(person, does)
        about = _about(row, names) if whom == "subject" else owners.get(row.owner, ("", ""))
        buttons = _buttons(row, duty, allowed[does], row.pk in open_to)
        found.append(
            Duty(
                deadline=row.due_at,
                before=_before(duty),
                what=reads.words_of(row, made),
                thing=_thing(row, names),
                state="overdue" if overdue(codec.obligation_of(row), now) else "open",
                whom=about[0],
                whom_url=about[1],
                clause=row.clause,
                clause_title=clause_text(made, row),
                do=buttons,
            )
        )
    return sorted(found, key=lambda d: d.state != "overdue")


def _one_each(rows: Iterable[Obligation], made: Engine) -> list[Obligation]:
    """One obligation for each thing that is to be done: of two clauses that ask for the same always the same one speaks."""
    chosen: dict[tuple[str, str, str], Obligation] = {}
    for row in rows:
        duty = reads.duty_of(row, made)
        same = (duty.does if duty and duty.does else row.control, row.subject_kind, row.subject)
        other = chosen.get(same)
        if other is None or (row.regulation, row.clause) < (other.regulation, other.clause):
            chosen[same] = row
    return list(chosen.values())


def _before(duty: DutyControl | None) -> Words:
    """签到之前: what it is to be done before, where that is its only deadline."""
    if duty is None or duty.due is None or duty.due.how != "before":
        return NOTHING
    names = [kind for link in duty.links if link.role == "before" for kind in link.kinds]
    found = all_kinds().get(names[0]) if names else None
    return Text(f"{found.label.zh}之前", f"before “{found.label.en}”") if found else NOTHING


def owner_names(owners: Iterable[str]) -> dict[str, tuple[Any, str]]:
    """Who owes, in words: a person's name or a role; with the address '' (names are no secret inside)."""
    wanted = set(owners)
    people = Person.objects.filter(pk__in=[int(o) for o in wanted if o.isdigit()]).values_list("pk", "name")
    found: dict[str, tuple[Any, str]] = {str(pk): (name, "") for pk, name in people}
    for owner in wanted:
        if owner.startswith("role:"):
            found[owner] = (ROLES.get(owner[5:], Text(owner, owner)), "")
    return found


def why_url(id: str) -> str:
    """The page that explains an obligation."""
    return address("regulations.obligation", obligation=id)


def fulfil_url(row: Obligation, duty: DutyControl | None) -> str:
    """Where a duty is fulfilled by hand, with its subject filled in; '' where nothing is declared."""
    if duty is None or not duty.does:
        return ""
    values: dict[str, Any] = {row.subject_kind: row.subject}
    if row.customer:
        values.setdefault("customer", row.customer)
    return action_url(duty.does, values)


def _buttons(row: Obligation, duty: DutyControl | None, allowed: bool, explained: bool) -> list[Do]:
    buttons: list[Do] = []
    url = fulfil_url(row, duty) if allowed else ""
    if duty is not None and url:
        buttons.append(Do(get_action(duty.does).label, url))
    if explained:
        buttons.append(Do(WHY, why_url(row.pk), tone="quiet"))
    return buttons


def _may(person: Any, does: str) -> bool:
    try:
        return bool(does) and may(person, does)
    except UnknownAction:
        return False


def abouts(person: Any, rows: Sequence[Obligation]) -> dict[str, str]:
    """What each is about in a few words, as this person may read it: "寄样册 · 恒远电子"."""
    names = named(person, _keys(rows))
    return {r.pk: " · ".join(filter(None, (_thing(r, names), str(_about(r, names)[0])))) for r in rows}


def _keys(rows: Sequence[Obligation]) -> list[tuple[str, str]]:
    return [
        *((r.subject_kind, r.subject) for r in rows),
        *(("customer", r.customer) for r in rows if r.customer),
    ]


def _about(row: Obligation, names: dict[tuple[str, str], Named]) -> tuple[Any, str]:
    """The customer's name, else the subject's; a hidden one is called by its kind alone."""
    for key in (("customer", row.customer or ""), (row.subject_kind, row.subject)):
        shown = names.get(key)
        if shown is not None and shown.name:
            return shown.name, shown.url
    own = names.get((row.subject_kind, row.subject))
    return (own.label if own is not None else ""), ""


def _thing(row: Obligation, names: dict[tuple[str, str], Named]) -> str:
    """Which one of the customer's it is ("寄样册"), where its name tells more than the customer's."""
    own = names.get((row.subject_kind, row.subject))
    customer = names.get(("customer", row.customer or ""))
    if own is None or customer is None or not own.name.endswith(f" · {customer.name}"):
        return ""
    return own.name.removesuffix(f" · {customer.name}")


def clause_text(made: Engine, row: Obligation) -> Text:
    """What the clause says, in the version that governs."""
    version = made.versions.get((row.regulation, row.version))
    clause = version.pack.clauses.get(row.clause) if version else None
    return Text(clause.text.zh, clause.text.en) if clause else NOTHING


def _visible(person: Any, rows: Sequence[Obligation]) -> set[str]:
    ids = [r.pk for r in rows]
    if not ids:
        return set()
    return set(reads.visible_obligations(person).filter(pk__in=ids).values_list("pk", flat=True))


def _mark(row: Obligation) -> str:
    return f"{row.due_at.isoformat() if row.due_at else ''}_{row.pk}"


def _beyond(rows: QuerySet[Obligation], after: str, *, down: bool = False) -> QuerySet[Obligation]:
    """The rows behind a mark, in the order of deadlines or `down` from the latest; a bent mark starts anew."""
    moment, _, id = after.rpartition("_")
    if not id:
        return rows
    if not moment:
        return rows.filter(due_at__isnull=True, id__gt=id)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return rows
    if at.tzinfo is None:
        return rows
    if down:
        return rows.filter(Q(due_at__lt=at) | Q(due_at=at, id__lt=id))
    return rows.filter(Q(due_at__gt=at) | Q(due_at=at, id__gt=id) | Q(due_at__isnull=True))
