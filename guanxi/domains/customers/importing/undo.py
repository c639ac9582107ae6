"""Taking rows of an import back: what each did, whether somebody built on it, and the rows as they were before.

What a row did stands in the journal: the facts of its one call. Each of them is annulled, so that the engine goes on as
if it had not been; what it changed is read from the text beside the fact. A row goes back whole or stays whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import CASCADE, SET_NULL, Q, QuerySet

from guanxi.platform.journal.models import Call, Fact
from guanxi.platform.kernel import Context, all_kinds
from guanxi.platform.ownfields.values import fitting
from guanxi.platform.search.index import remove

from .. import reads
from ..actions.changes import emit_updated, save
from ..actions.contacts import contact_data
from ..actions.finding import KIND, index
from ..inputs import telephone
from ..models import Account, Contact, kind_bits
from ..models_contacts import Consent
from ..models_import import CREATED, DUPLICATE, UPDATED, ExternalKey, Import, ImportRow
from . import undo_besides
from .actions import WORK
from .undo_rows import MOST_FACTS, Done, Later, Why, apart, held_by, keyed, parts_of, pointing

ROW, UNDO_ROWS = "customers.import_row", "customers.undo_import_rows"
OURS = frozenset(
    {
        "customer.created",
        "customer.updated",
        "customer.graded",
        "contact.added",
        "contact.updated",
        *undo_besides.KINDS,
    }
)
"""What a row writes, and so what its undo annuls. What gates were asked was asked all the same."""
NOT_BUILDING = frozenset(
    {
        "journal.annulled",
        "customer.compared_again",
        "contact.exported",
        "message.sent",
        "message.failed",
        "approval.reminded",
    }
)
"""Kinds on the timeline by which nobody builds on a customer."""
_PERSONAL = ("contact.", "promise.", "need.", "visit.", "material.")
_MOST_IN = 500


def to_undo(run: Import) -> QuerySet[ImportRow]:
    """The rows of an import that wrote something."""
    wrote = Q(outcome__in=(CREATED, UPDATED)) | Q(outcome=DUPLICATE, contact_id__isnull=False)
    return ImportRow.objects.filter(wrote, run=run)


def building() -> list[str]:
    """The kinds of facts by which somebody builds on a customer."""
    return [name for name, kind in all_kinds().items() if kind.on_timeline and name not in NOT_BUILDING]


def stem(run: Import) -> str:
    """How the keys of the facts begin that the rows of this import wrote."""
    return f"{run.by_id}:{ROW}:import-{run.pk}-"


class Undoing:
    """Looks at rows from the last to the first. The customers it has read are changed in memory as rows are taken back,
    so that a row above finds them as it left them itself; nothing is saved before `take_back`."""

    def __init__(self, run: Import, person: Any) -> None:
        self.run = run
        self.person = person
        self.accounts: dict[int, Account] = {}
        self.contacts: dict[int, Contact] = {}
        self.gone: set[int] = set()
        """Contacts that rows below take away."""
        self.ours: set[int] = set()
        self.mine: set[int] = set()
        self.later: dict[int, list[Later]] = {}
        self.said: dict[int, list[Later]] = {}
        """What undoing said of customers that stayed: it goes where they go at last."""
        self.held: dict[int, bool] = {}
        self.people: dict[int, set[int]] = {}
        self.besides = undo_besides.Besides(run)

    # --- Reading ----------------------------------------------------------------------------------------------------

    def read(self, lines: Sequence[ImportRow]) -> list[Done]:
        """What these rows did, with all that is needed to judge them."""
        found = self._facts(lines)
        done = [Done(line, found.get(line.number, [])) for line in lines]
        ids = {id for one in done for id in one.customers}
        contacts = {
            int(fact.subject_id or 0) for one in done for fact in one.of("contact.added", "contact.updated")
        }
        for part in parts_of(ids - self.accounts.keys()):
            there = {a.pk: a for a in Account.objects.filter(pk__in=part)}
            self.accounts |= there
            self.ours |= self._brought(there)
            self.mine |= set(
                Account.objects.filter(reads.within(self.person, WORK), pk__in=part).values_list(
                    "pk", flat=True
                )
            )
        for part in parts_of(contacts - self.contacts.keys()):
            self.contacts |= {c.pk: c for c in Contact.objects.filter(pk__in=part)}
        first = min((fact.seq for one in done for fact in one.facts), default=0)
        self.later = self._later(ids, first)
        created = {id for one in done for id in one.created}
        self.held = dict.fromkeys(held_by(Account, created), True)
        self.held |= {-id: True for id in held_by(Contact, {id for one in done for id in one.added})}
        self.people = defaultdict(set)
        for part in parts_of(created):
            for customer, id in Contact.objects.filter(customer__in=part).values_list("customer", "pk"):
                self.people[customer].add(id)
        self.besides.read(created, done)
        return done

    def _brought(self, accounts: dict[int, Account]) -> set[int]:
        """Which of these customers this import entered. Those that do not say so may come from before they did."""
        silent = [str(id) for id, account in accounts.items() if account.brought_by is None]
        found = {id for id, account in accounts.items() if account.brought_by == self.run.pk}
        facts = (
            Fact.objects.filter(subject_kind="customer", subject_id__in=silent)
            if silent
            else Fact.objects.none()
        )
        # Not narrowed to their kind: SQLite would look through every customer that was ever entered.
        for id, kind, key in facts.values_list("customer_id", "kind", "key"):
            if id and kind == "customer.created" and key.startswith(stem(self.run)):
                found.add(id)
        return found

    def _facts(self, lines: Sequence[ImportRow]) -> dict[int, list[Fact]]:
        """Row number -> the facts of its call that are annulled with it."""
        keys = {f"import-{self.run.pk}-{line.number}": line.number for line in lines}
        number_of: dict[int, int] = {}
        calls = Call.objects.filter(
            actor_id=self.run.by_id, action=ROW, key__in=list(keys), first_seq__isnull=False
        )
        for key, first, last in calls.values_list("key", "first_seq", "last_seq"):
            number_of |= dict.fromkeys(range(first or 0, (last or 0) + 1), keys[key])
        found: dict[int, list[Fact]] = defaultdict(list)
        for part in parts_of(number_of):
            facts = Fact.objects.filter(seq__in=part, kind__in=OURS).select_related("words").order_by("seq")
            for fact in facts:
                found[number_of[fact.seq]].append(fact)
        return found

    def _later(self, ids: set[int], first: int) -> dict[int, list[Later]]:
        """Customer -> what others recorded since, without what was taken back and what this import itself wrote."""
        kinds = [*building(), "journal.annulled"]
        own, undos = stem(self.run), f":{UNDO_ROWS}:"
        found: dict[int, list[Later]] = defaultdict(list)
        self.said = defaultdict(list)
        annulled: set[int] = set()
        for part in parts_of(ids):
            rows = Fact.objects.filter(customer_id__in=part, seq__gt=first, kind__in=kinds).values_list(
                "seq", "key", "kind", "customer_id", "subject_kind", "subject_id", "data"
            )
            for seq, key, kind, customer, subject, id, data in rows.order_by("seq"):
                if kind == "journal.annulled":
                    annulled.add(data["fact"])
                elif customer is not None and not key.startswith(own):
                    changed = frozenset(data.get("changed", ())) | undo_besides.changed(kind, data)
                    where = self.said if undos in key else found
                    where[customer].append(Later(seq, kind, (subject, id), changed))
        for known in (found, self.said):
            for customer, facts in known.items():
                known[customer] = [one for one in facts if one.seq not in annulled]
        return found

    # --- Judging ----------------------------------------------------------------------------------------------------

    def why_kept(self, one: Done) -> Why | None:
        """Why the row stays, or None where it goes back."""
        for id in sorted(one.created):
            if (why := self._built_on(one, id)) is not None:
                return why
        for fact in reversed(one.facts):
            id = fact.customer_id or 0
            if id in one.created:
                continue
            account = self.accounts.get(id)
            if account is None:
                return Why("merged")
            if id not in self.mine and (id not in self.ours or self.later.get(id)):
                return Why("rights")  # also what this import entered, once it is in other hands
            if fact.kind == "contact.added":
                why = self._person_built_on(int(fact.subject_id or 0), id, fact.seq)
            elif fact.kind == "customer.updated":
                why = self._edited(account, fact)
            elif fact.kind == "contact.updated":
                why = self._edited(self.contacts.get(int(fact.subject_id or 0)), fact)
            elif fact.kind in undo_besides.KINDS:
                why = self.besides.why_kept(account, fact, self.later.get(id, []))
            else:
                why = None
            if why is not None:
                return why
        return None

    def _built_on(self, one: Done, id: int) -> Why | None:
        """What somebody built on a customer that the row created."""
        if id not in self.accounts:
            return Why("merged")
        if later := self.later.get(id):
            return Why("built", [fact.seq for fact in later[:MOST_FACTS]])
        if self.held.get(id) or any(self.held.get(-person) for person in one.added):
            return Why("held")
        if self.besides.holds(id, one):
            return Why("held")
        return Why("held") if self.people[id] - one.added - self.gone else None

    def _person_built_on(self, id: int, customer: int, since: int) -> Why | None:
        about = [
            x for x in self.later.get(customer, []) if x.subject == ("contact", str(id)) and x.seq > since
        ]
        if about:
            return Why("built", [fact.seq for fact in about[:MOST_FACTS]])
        if self.held.get(-id):
            later = [x.seq for x in self.later.get(customer, []) if x.kind.startswith(_PERSONAL)]
            return Why("built", later[-MOST_FACTS:]) if later else Why("held")
        return None if id in self.contacts else Why("held")

    def _edited(self, row: Account | Contact | None, fact: Fact) -> Why | None:
        """Whether the fields that the fact changed were changed again."""
        fields = [f for f in fact.data.get("changed", ()) if f != "contacts"]
        if row is None:
            return Why("merged")
        if not fields:
            return None
        changes = _changes(fact)
        if changes is None:
            return Why("erased", fields=fields)
        again = [
            x
            for x in self.later.get(fact.customer_id or 0, [])
            if x.subject == fact.about and x.seq > fact.seq and x.changed & set(fields)
        ]
        if again:
            which = sorted({name for x in again for name in x.changed & set(fields)})
            return Why("edited", [x.seq for x in again[-MOST_FACTS:]], which)
        other = [c["field"] for c in changes if _plain(row, c["field"]) != c["after"]]
        return Why("edited", fields=other) if other else None

    def forget(self, one: Done) -> None:
        """In memory, the row was never entered; the rows above are judged by that."""
        self.gone |= one.added
        self.besides.forget(one, self.accounts)
        for fact in reversed(one.of("customer.updated", "contact.updated")):
            row: Account | Contact | None = (
                self.accounts.get(fact.customer_id or 0)
                if fact.kind == "customer.updated"
                else self.contacts.get(int(fact.subject_id or 0))
            )
            for change in _changes(fact) or () if row is not None else ():
                _put(row, change["field"], change["before"])

    # --- Writing ----------------------------------------------------------------------------------------------------

    def take_back(self, ctx: Context, rows: Iterable[Done]) -> None:
        """Take these rows back, the last first: facts annulled, customers and people away, changes as they were."""
        away: set[int] = set()
        people: set[int] = set()
        for one in rows:
            for fact in reversed(one.facts):
                _annul(ctx, fact.about, fact.customer_id, fact.seq)
            for customer in sorted(one.customers):
                for said in self.said.get(customer, ()):
                    if customer in one.created or said.subject in {("contact", str(id)) for id in one.added}:
                        _annul(ctx, said.subject, customer, said.seq)
            away |= one.created
            people |= one.added
            if others := one.customers - one.created:
                self.besides.take_back(one, others)
                _delete(Consent.objects.filter(contact__in=one.added))
                _delete(Contact.objects.filter(pk__in=one.added))
                for id in sorted(others):
                    self._settle(ctx, one, self.accounts[id])
        self._remove(away, people)

    def _settle(self, ctx: Context, one: Done, account: Account) -> None:
        """Save a customer and its people as they stood before the row, and say so.

        Of a customer that goes as well, with a row above, nothing is said: its facts are about to be annulled.
        """
        quiet = account.pk in self.ours and not self.later.get(account.pk)
        for fact in reversed(one.of("contact.updated")):
            if fact.customer_id == account.pk:
                self._settle_person(ctx, fact, quiet=quiet)
        if one.line.new_key:
            ExternalKey.objects.filter(account=account, key=one.line.plan.get("key", "")).delete()
        account.name_key = reads.name_key(account.name)
        people = reads.contacts_of(account.pk)
        account.card_percent = reads.percent_of(reads.missing_fields(account, people))
        account.card_valid = reads.is_valid(account, people)
        changes = [
            {"field": c["field"], "before": c["after"], "after": c["before"]}
            for fact in reversed(one.of("customer.updated"))
            if fact.customer_id == account.pk
            for c in _changes(fact) or ()
        ]
        save(account, [str(c["field"]) for c in changes], ctx.now)
        if not quiet:
            self.besides.say(ctx, one, account)
        if not quiet and one.of("customer.updated", "contact.added", "contact.updated"):
            emit_updated(ctx, account, [str(c["field"]) for c in changes] or ["contacts"], changes)
        index(account, people)

    def _settle_person(self, ctx: Context, fact: Fact, *, quiet: bool) -> None:
        contact = self.contacts[int(fact.subject_id or 0)]
        contact.birthday_md = contact.birthday[-5:]
        contact.version += 1
        contact.updated_at = ctx.now
        contact.save()
        if quiet:
            return
        changes = [
            {"field": c["field"], "before": c["after"], "after": c["before"]} for c in _changes(fact) or ()
        ]
        ctx.emit(
            "contact.updated",
            subject=("contact", contact.pk),
            customer=contact.customer_id,
            data={
                **contact_data(contact),
                "changed": [c["field"] for c in changes],
                "version": contact.version,
            },
            texts={"name": contact.name, "changes": changes},
        )

    def _remove(self, customers: set[int], people: set[int]) -> None:
        """Straight from the tables: that nothing else points to them was looked at, and the database looks again."""
        undo_besides.remove(customers, people)
        for model, ids in ((Contact, people), (Account, customers)):
            for part in parts_of(ids):
                for rows, column in pointing(model, SET_NULL):
                    rows.filter(**{f"{column}__in": part}).update(**{column: None})
                for rows, column in pointing(model, CASCADE):
                    _delete(rows.filter(**{f"{column}__in": part}))
                _delete(model._base_manager.filter(pk__in=part))
        for id in customers:
            remove(connection, KIND, id)


def _delete(rows: QuerySet[Any]) -> None:
    rows._raw_delete(rows.db)  # (Django's own way would ask thirty tables each time)


def _annul(ctx: Context, about: tuple[str, str | None], customer: int | None, seq: int) -> None:
    ctx.emit("journal.annulled", subject=about, customer=customer, data={"fact": seq, "reason": None})


# --- Values ----------------------------------------------------------------------------------------------------------


def _changes(fact: Fact) -> list[dict[str, Any]] | None:
    """What a fact changed; None where its text was erased."""
    if not hasattr(fact, "words"):
        return None if fact.text_commitment else []
    found: list[dict[str, Any]] = fact.words.body.get("changes", [])
    return found


def _plain(row: Any, name: str) -> Any:
    """A row's value as the text beside a fact holds it."""
    from ..actions.changes import plain

    if name.startswith("own."):
        return row.own.get(name.removeprefix("own."))
    return row.kinds if name == "kinds" else plain(getattr(row, name))


def _put(row: Any, name: str, value: Any) -> None:
    """Set a field to what the text beside a fact says of it, and what is derived from it."""
    if name.startswith("own."):
        of, key = "customer" if isinstance(row, Account) else "contact", name.removeprefix("own.")
        back = fitting(of, {} if value is None else {key: value})  # its type may have changed since
        row.own = {**{k: v for k, v in row.own.items() if k != key}, **back}
    elif name == "kinds":
        row.kind_bits = kind_bits(list(value))
    elif name in ("lon", "lat"):
        setattr(row, name, None if value is None else Decimal(value))
    else:
        setattr(row, name, "" if value is None else value)
    if name == "phone":
        row.phone_key = telephone("phone", row.phone, as_written=True)[1]


# --- Before it starts ------------------------------------------------------------------------------------------------


@dataclass
class Preview:
    """What an undo would come to now. kept: the rows that would stay, with why; of very many only the first."""

    removed: int
    put_back: int
    kept: int
    shown: list[tuple[ImportRow, Why]]


def preview(run: Import, person: Any, most: int = 50) -> Preview:
    """How many customers would go, how many rows would be put back, and which would stay.

    Only rows about whose customers something was recorded since are looked at one by one.
    """
    from .history_actions import preview_history
    from .sorts import sort_of

    if (sort := sort_of(run)) is not None:
        return preview_history(sort, run, person, most)
    rows = to_undo(run)
    created = rows.filter(outcome=CREATED).count()
    changed = rows.exclude(outcome=CREATED).count()
    numbers = _suspects(run, person)
    undoing = Undoing(run, person)
    undoing.besides.preview = True
    shown: list[tuple[ImportRow, Why]] = []
    kept = 0
    for start in range(0, len(numbers), _MOST_IN):
        part = rows.filter(number__in=numbers[start : start + _MOST_IN]).order_by("-turn", "-number")
        for one in undoing.read(list(part)):
            why = undoing.why_kept(one)
            if why is None:
                undoing.forget(one)
                continue
            kept += 1
            created -= one.line.outcome == CREATED
            changed -= one.line.outcome != CREATED
            shown.append((one.line, why))
            undoing.besides.stay |= one.created
    shown += (above := _above(undoing.besides.stay, rows))
    kept, created = kept + len(above), created - len(above)
    shown.sort(key=lambda one: one[0].number)
    return Preview(created, changed, kept, shown[:most])


def _above(stay: set[int], rows: QuerySet[ImportRow]) -> list[tuple[ImportRow, Why]]:
    """The companies of this import above the customers that stay: they stay too."""
    over = {id for customer in stay for id in reads.above(customer)} - stay
    lines = [line for part in parts_of(over) for line in rows.filter(outcome=CREATED, account__in=part)]
    return [(line, Why("held")) for line in lines]


def _suspects(run: Import, person: Any) -> list[int]:
    """Numbers of the rows on whose customers somebody may have built, the last first."""
    own = Fact.objects.filter(keyed(stem(run)), kind__in=OURS)
    begun = Fact.objects.filter(
        subject_kind="import", subject_id=str(run.pk), kind="customers.import_started"
    )
    since = begun.order_by("seq").values_list("seq", flat=True).first() or 0
    touched = own.order_by().values("customer_id")
    made = own.filter(kind="customer.created").order_by().values("customer_id")
    suspects: set[int | None] = set(
        Fact.objects.filter(seq__gt=since, kind__in=building(), customer_id__in=touched)
        .exclude(keyed(stem(run)))
        .exclude(keyed(f"{run.by_id}:{UNDO_ROWS}:"))
        .order_by()
        .values_list("customer_id", flat=True)
        .distinct()
    )
    for rows, column in pointing(Account):
        if apart(rows.model, column):
            continue
        suspects |= set(rows.filter(**{f"{column}__in": made}).values_list(column, flat=True))
    strangers = Account.objects.filter(parent__in=made).exclude(brought_by=run.pk)
    suspects |= set(strangers.order_by().values_list("parent", flat=True))
    there = Account.objects.filter(pk__in=touched)
    strange = there.exclude(reads.within(person, WORK)).exclude(pk__in=made)
    suspects |= set(strange.order_by().values_list("pk", flat=True))
    suspects |= set(own.order_by().values_list("customer_id", flat=True).distinct()) - set(
        there.order_by().values_list("pk", flat=True)
    )
    found: set[int] = set()
    for part in parts_of(id for id in suspects if id):
        keys = own.filter(customer_id__in=part).order_by().values_list("key", flat=True)
        found |= {int(key[len(stem(run)) :].partition("#")[0]) for key in keys}
    return sorted(found, reverse=True)
