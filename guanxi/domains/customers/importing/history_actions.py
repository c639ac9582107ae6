"""What enters a row of past orders or visits, and what takes some back; a domain makes an action of its own from each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from guanxi.platform.journal.models import Call, Fact
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, ask

from ..models import Account
from ..models_import import CREATE, CREATED, RUNNING, UNDOING, UNDONE, UPDATE, UPDATED, Import, ImportRow
from . import whose
from .actions import my_import
from .permissions import IMPORT
from .sorts import Sort, the_sort
from .undo import Preview, building, to_undo
from .undo_actions import keep, last_rows, mark
from .undo_rows import MOST_FACTS, Why, keyed

_MOST_IN = 400


class EnterRow(Action):
    """Base of the action that enters one row. `enter` and `amend` return the id of what came about."""

    permission = IMPORT
    internal = True
    what: ClassVar[str]

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")
        row: int = ask("行号", "Row", widget="hidden")

    def enter(self, ctx: Context, account: Account, values: dict[str, Any], run: Import) -> int:
        raise NotImplementedError

    def amend(self, ctx: Context, account: Account, values: dict[str, Any], target: int) -> int:
        raise NotImplementedError

    def load(self, ctx: Context, data: Any) -> ImportRow:
        rows = ImportRow.objects.filter(
            run=data.run, run__by=ctx.actor.pk, run__what=self.what, number=data.row
        )
        line = rows.select_related("run").first()
        if line is None:
            raise NotFound("import", data.run)
        if line.run.state != RUNNING or line.outcome:
            raise Invalid.field("", "这一行已经处理过", "This row is done already")
        return line

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        line = subject if isinstance(subject, ImportRow) else None
        return (self.subject, line.made_id if line else None, line.account_id if line else None)

    def run(self, ctx: Context, data: Any, subject: ImportRow) -> ImportRow:
        account = whose.one(ctx.actor, subject.account_id)
        if account is None:
            raise Invalid.field(
                "", "这位客户已不在，或不再由您维护", "This customer is gone, or not yours any more"
            )
        values = subject.plan["values"]
        if subject.to_do == CREATE:
            subject.outcome = CREATED
            subject.made_id = self.enter(ctx, account, values, subject.run)
        elif subject.to_do == UPDATE:
            subject.outcome = UPDATED
            subject.made_id = self.amend(ctx, account, values, subject.plan["target"])
        else:
            raise Invalid.field("", "这一行不能导入", "This row cannot be imported")
        subject.save(update_fields=["outcome", "made_id"])
        return subject


class TakeBackRows(Action):
    """Base of the action that takes back the rows above one, a few at a time, the last first."""

    permission = IMPORT
    internal = True
    subject = "import"
    writes = ("journal.annulled",)
    what: ClassVar[str]

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")
        turn: int = ask("轮次", "Turn", 0, widget="hidden", ge=0)
        before: int = ask("此行之前", "Before this row", widget="hidden")
        most: int = ask("行数", "Rows", widget="hidden", ge=1, le=1000)

    def remove(self, ctx: Context, id: int) -> None:
        """What a row entered goes."""
        raise NotImplementedError

    def put_back(self, ctx: Context, fact: Fact) -> None:
        """What a row changed is as before."""
        raise NotImplementedError

    def load(self, ctx: Context, data: Any) -> Import:
        run = my_import(ctx.actor, data.run)
        if run.what != self.what:
            raise NotFound("import", data.run)
        if run.state != UNDOING or (run.undo_turn, run.undo_at) != (data.turn, data.before):
            raise Invalid.field("", "这些行已经处理过", "These rows are done already")
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        sort = the_sort(self.what)
        lines = last_rows(subject, data.most)
        undoing = Undoing(sort, subject, ctx.actor)
        undoing.read(lines)
        for line in lines:
            if (why := undoing.why_kept(line)) is not None:
                keep(line, why)
                continue
            for fact in reversed(undoing.facts[line.number]):
                ctx.emit(
                    "journal.annulled",
                    subject=fact.about,
                    customer=fact.customer_id,
                    data={"fact": fact.seq, "reason": None},
                )
                if line.outcome == UPDATED:
                    self.put_back(ctx, fact)
            if line.outcome == CREATED and line.made_id is not None:
                self.remove(ctx, line.made_id)
            line.outcome, line.kept = UNDONE, False
            line.save(update_fields=["outcome", "kept"])
        mark(subject, lines)
        return subject


def stem(run: Import, action: str) -> str:
    """How the keys of the facts begin that the rows of an import wrote."""
    return f"{run.by_id}:{action}:import-{run.pk}-"


class Undoing:
    """Looks at rows of an import: what each wrote, and whether somebody built on it."""

    def __init__(self, sort: Sort, run: Import, person: Any) -> None:
        self.sort, self.run, self.person = sort, run, person
        self.facts: dict[int, list[Fact]] = {}
        self.later: dict[int, list[int]] = {}
        self.there: dict[int, int] = {}
        self.mine: set[int] = set()
        self.held: set[int] = set()

    def read(self, lines: Sequence[ImportRow]) -> None:
        """Read what is needed to judge these rows."""
        self.facts = self._wrote(lines)
        made = sorted({line.made_id for line in lines if line.made_id is not None})
        self.there = dict(self.sort.there(made))
        self.held = self.sort.held(made)
        customers = set(self.there.values())
        self.mine = set()
        for part in _parts(customers):
            mine = Account.objects.filter(whose.within(self.person), pk__in=part)
            self.mine |= set(mine.values_list("pk", flat=True))
        first = min((fact.seq for found in self.facts.values() for fact in found), default=0)
        self.later = self._later(made, first)

    def _wrote(self, lines: Sequence[ImportRow]) -> dict[int, list[Fact]]:
        """Row number -> the facts of its call."""
        found: dict[int, list[Fact]] = defaultdict(list)
        number_of: dict[int, int] = {}
        keys = {f"import-{self.run.pk}-{line.number}": line.number for line in lines}
        calls = Call.objects.filter(
            actor_id=self.run.by_id, action=self.sort.row_action, key__in=list(keys), first_seq__isnull=False
        )
        for key, first, last in calls.values_list("key", "first_seq", "last_seq"):
            number_of |= dict.fromkeys(range(first or 0, (last or 0) + 1), keys[key])
        for part in _parts(number_of):
            rows = Fact.objects.filter(seq__in=part, subject_kind=self.sort.subject).select_related("words")
            for fact in rows.order_by("seq"):
                found[number_of[fact.seq]].append(fact)
        return found

    def _later(self, made: Sequence[int], first: int) -> dict[int, list[int]]:
        """What came about -> the facts that others recorded of it since and that still stand."""
        found: dict[int, list[int]] = defaultdict(list)
        gone: set[int] = set()
        own = stem(self.run, self.sort.row_action)
        kinds = [*building(), "journal.annulled"]
        for part in _parts(made):
            rows = Fact.objects.filter(
                subject_kind=self.sort.subject,
                subject_id__in=[str(id) for id in part],
                seq__gt=first,
                kind__in=kinds,
            ).order_by("seq")
            for seq, key, kind, id, data in rows.values_list("seq", "key", "kind", "subject_id", "data"):
                if kind == "journal.annulled":
                    gone.add(data["fact"])
                elif not key.startswith(own):
                    found[int(id or 0)].append(seq)
        return {
            id: standing for id, seqs in found.items() if (standing := [s for s in seqs if s not in gone])
        }

    def why_kept(self, line: ImportRow) -> Why | None:
        """Why the row stays, or None where it goes back."""
        made = line.made_id or 0
        last = max((fact.seq for fact in self.facts.get(line.number, ())), default=0)
        later = [seq for seq in self.later.get(made, ()) if seq > last]
        if later:
            return Why("built", later[-MOST_FACTS:])
        if made not in self.there or made in self.held:
            return Why("held")
        if self.there[made] not in self.mine:
            return Why("rights")
        if line.outcome == UPDATED and any(
            not hasattr(fact, "words") for fact in self.facts.get(line.number, ())
        ):
            return Why("erased")
        return None


def suspects(sort: Sort, run: Import, person: Any) -> list[int]:
    """Numbers of the rows on which somebody may have built, the last first; only those need to be looked at one by one."""
    own = stem(run, sort.row_action)
    begun = Fact.objects.filter(
        subject_kind="import", subject_id=str(run.pk), kind="customers.import_started"
    )
    since = begun.order_by("seq").values_list("seq", flat=True).first() or 0
    about = Fact.objects.filter(subject_kind=sort.subject, seq__gt=since, kind__in=building()).exclude(
        keyed(own)
    )
    ids = {int(id) for id in about.values_list("subject_id", flat=True).distinct() if id}
    lines = to_undo(run)
    found: set[int] = set()
    for part in _parts(ids):
        found |= set(lines.filter(made_id__in=part).values_list("number", flat=True))
    made = [id for id in lines.values_list("made_id", flat=True) if id is not None]
    for part in _parts(made):
        if held := sort.held(part):
            found |= set(lines.filter(made_id__in=held).values_list("number", flat=True))
    found |= set(sort.lost(lines).values_list("number", flat=True))
    mine = Account.objects.filter(whose.within(person))
    found |= set(lines.exclude(account__in=mine.values("pk")).values_list("number", flat=True))
    return sorted(found, reverse=True)


def preview_history(sort: Sort, run: Import, person: Any, most: int) -> Preview:
    """What an undo would come to now; see `undo.preview`."""
    rows = to_undo(run)
    created, changed = rows.filter(outcome=CREATED).count(), rows.filter(outcome=UPDATED).count()
    numbers = suspects(sort, run, person)
    shown: list[tuple[ImportRow, Why]] = []
    for start in range(0, len(numbers), _MOST_IN):
        part = list(rows.filter(number__in=numbers[start : start + _MOST_IN]).order_by("-number"))
        undoing = Undoing(sort, run, person)
        undoing.read(part)
        for line in part:
            if (why := undoing.why_kept(line)) is not None:
                created -= line.outcome == CREATED
                changed -= line.outcome == UPDATED
                shown.append((line, why))
    shown.reverse()
    return Preview(created, changed, len(shown), shown[:most])


def _parts(values: Iterable[int]) -> list[list[int]]:
    ordered = sorted(values)
    return [ordered[i : i + _MOST_IN] for i in range(0, len(ordered), _MOST_IN)]
