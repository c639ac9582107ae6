"""What a row enters beside a customer's particulars: its parent company, service class, tags and further addresses, and the
consents of its person.

By the actions of whoever imports; for customers of the pool, whose importer does not work on customers, by what those
actions do, with their gates asked (as `into_pool` does). `Many` makes the same rows and facts for many new customers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import date
from typing import Any

from django.utils import timezone

from guanxi.platform.journal import quick
from guanxi.platform.kernel import ActionError, Context, Refused, get_action
from guanxi.platform.kernel.perform import stages

from .. import reads
from ..actions import addresses as places
from ..actions import consents as consenting
from ..actions import grouping
from ..actions.changes import save
from ..models import Account, Contact
from ..models_addresses import Address
from ..models_contacts import Consent
from ..models_grouping import Tag, Tagged
from ..models_import import Import, ImportRow
from .beside import same_address

WORK, GRADE, MANAGE = "customers.work", "customers.grade", "registers.manage"
SAVE_TAG = "tags.save"
_ACTION_OF = {
    "parent": "customers.update",
    "service": "customers.set_service",
    "tags": "customers.tag",
    "addresses": "addresses.add",
    "consents": "contacts.consent",
}


def tags_in_use() -> dict[str, int]:
    """The tags that may be given, by their names as they are compared."""
    return {name.casefold(): id for id, name in Tag.objects.filter(active=True).values_list("pk", "name")}


def tag_stem(run: Import) -> str:
    """How the call keys begin under which an import enters new tags."""
    return f"import-{run.pk}-tag-"


def brought_from(line: ImportRow) -> str:
    """Where a consent can be looked up."""
    return f"导入自“{line.run.file_name[-60:]}”第 {line.number} 行"


def reason_of(line: ImportRow) -> str:
    return f"导入文件：{line.run.file_name}"[:300]


class Besides:
    """One row, written by itself."""

    def __init__(self, ctx: Context, line: ImportRow) -> None:
        self.ctx, self.line = ctx, line
        self.plan: dict[str, Any] = line.plan.get("beside") or {}
        self.works = ctx.actor.may(WORK)
        self.tags = tags_in_use() if self.plan.get("tags") else {}
        self.parent = self._parent()

    def _parent(self) -> int | None:
        """The parent company as it stands now; None where the row has none, or it was not entered."""
        named = self.plan.get("parent")
        if not named:
            return None
        id = parent_id(self.line.run_id, named)
        if id is None or not self.works:
            return id
        try:
            return int(reads.fetch(self.ctx.actor, id).pk)
        except ActionError:
            return None

    def unplaced(self) -> list[str]:
        """What cannot be entered any more, for the note: a parent that was not imported, a tag retired since."""
        lines = []
        if (named := self.plan.get("parent")) and self.parent is None:
            lines.append(f"{named['column']}：{named['text']}")
        if lost := [name for name in self.plan.get("tags", ()) if name.casefold() not in self.tags]:
            lines.append(f"标签：{'、'.join(lost)}")
        return lines

    def of_customer(self, id: int) -> None:
        """Everything but the person's consents."""
        if not self.plan:
            return
        if self.parent is not None:
            self._act("parent", {"customer": id, "parent": self.parent}, lambda: self._under(id))
        if (service := self.plan.get("service")) and self.ctx.actor.may(GRADE):
            self.ctx.act(
                "customers.set_service", {"customer": id, "service": service, "reason": reason_of(self.line)}
            )
        if ids := [self.tags[t.casefold()] for t in self.plan.get("tags", ()) if t.casefold() in self.tags]:
            has = set(Tagged.objects.filter(customer=id, tag__in=ids).values_list("tag", flat=True))
            if new := [tag for tag in ids if tag not in has]:
                self._act("tags", {"customers": [id], "add": new}, lambda: self._tag(id, new))
        there = {
            same_address(a) for a in Address.objects.filter(customer=id).values_list("address", flat=True)
        }
        there.add(same_address(Account.objects.filter(pk=id).values_list("address", flat=True)[0]))
        for values in self.plan.get("addresses", ()):
            if same_address(values["address"]) not in there:
                self._act("addresses", {**values, "customer": id}, lambda v=values: self._place(id, v))  # type: ignore[misc]

    def of_person(self, contact: int | None, customer: int) -> None:
        """The consents; contact: the row's person, where the row itself added it."""
        said = self.plan.get("consents")
        if not said:
            return
        if contact is None:
            name = (self.line.plan.get("contact") or {}).get("name", "")
            there = Contact.objects.filter(customer=customer, name=name, active=True)
            contact = there.values_list("pk", flat=True).first()
        if contact is None:
            return
        has = dict(Consent.objects.filter(contact=contact).values_list("channel", "state"))
        since = dict(Consent.objects.filter(contact=contact).values_list("channel", "said_on"))
        for values in consents_of(self.line, said):
            on = values["said_on"] or timezone.localdate(self.ctx.happened_at)
            channels = [
                c
                for c in values["channels"]
                if has.get(c) != values["consent"]
                and not (c in since and values["said_on"] and since[c] > on)
            ]
            if channels:
                wanted = {**values, "channels": channels}
                self._act(
                    "consents",
                    {**wanted, "contact": contact},
                    lambda w=wanted: consenting.record(self.ctx, Contact.objects.get(pk=contact), **w),  # type: ignore[misc]
                )

    # --- By the importer's own right, or for the pool -------------------------------------------------------------------

    def _act(self, what: str, data: dict[str, Any], in_pool: Callable[[], Any]) -> None:
        if self.works:
            self.ctx.act(_ACTION_OF[what], data)
            return
        action = get_action(_ACTION_OF[what])
        for stage in stages.gates:
            verdict = stage.ask(self.ctx, action, (action.subject, None, None), None)
            if not verdict.passed:
                raise Refused(action.name, verdict.failures, verdict.warnings, verdict.met, verdict.asked)
        in_pool()

    def _under(self, id: int) -> None:
        account = Account.objects.get(pk=id)
        if account.parent_id == self.parent or self.parent == id:
            return
        before, account.parent_id = account.parent_id, self.parent
        save(account, ["parent"], self.ctx.now)
        grouping.say_parent(self.ctx, account, before)

    def _tag(self, id: int, tags: list[int]) -> None:
        grouping.change_tags(self.ctx, [Account.objects.get(pk=id)], tags, [])

    def _place(self, id: int, values: dict[str, str]) -> None:
        places.enter(self.ctx, Account.objects.get(pk=id), {**NO_PLACE, **values})


NO_PLACE = {"area": "", "lon": None, "lat": None, "coordinates": "gcj02", "note": ""}


def parent_id(run: int, named: dict[str, Any]) -> int | None:
    """The customer that a row's parent is: known when it was planned, or entered by its row since."""
    if named.get("row") is None:
        found: int | None = named.get("account")
        return found
    return ImportRow.objects.filter(run=run, number=named["row"]).values_list("account", flat=True).first()


def consents_of(line: ImportRow, said: dict[str, Any]) -> list[dict[str, Any]]:
    """The input of contacts.consent for each state: what the file says, and where it said so."""
    on = date.fromisoformat(said["said_on"]) if said.get("said_on") else None
    where = brought_from(line) + ("" if on else "（未注明日期，记为导入当天）")
    evidence = "；".join(part for part in (said.get("evidence", ""), where) if part)
    return [
        {"channels": said[state], "consent": state, "said_on": on, "how": "other", "evidence": evidence[:300]}
        for state in ("given", "withdrawn")
        if said.get(state)
    ]


class Many:
    """The same for new customers of one portion, in a few statements. What a clause asks about, or what cannot be placed,
    is not taken: its row goes alone."""

    def __init__(self, asked: Callable[[str], bool]) -> None:
        self._asked = asked
        self._clauses: dict[str, bool] = {}
        self._tags: dict[str, int] | None = None
        self._seen: dict[int, bool] = {}
        self._rows: list[Any] = []
        self._ids: Iterator[int] = iter(())

    def number(self, lines: Iterable[ImportRow]) -> None:
        """Ids for the addresses of all these rows."""
        count = sum(len((line.plan.get("beside") or {}).get("addresses", ())) for line in lines)
        self._ids = iter(quick.numbers(Address, count) if count else ())

    @property
    def tags(self) -> dict[str, int]:
        if self._tags is None:
            self._tags = tags_in_use()
        return self._tags

    def takes(self, ctx: Context, line: ImportRow, pending: Container[int]) -> bool:
        """Whether everything that the row says can be written with others. pending: rows that are written with it."""
        plan = line.plan.get("beside")
        if not plan:
            return True
        for what in plan:
            name = _ACTION_OF[what]
            if name not in self._clauses:
                self._clauses[name] = self._asked(name)
            if self._clauses[name]:
                return False
        if any(name.casefold() not in self.tags for name in plan.get("tags", ())):
            return False
        if named := plan.get("parent"):
            if named.get("row") in pending:
                return True
            id = parent_id(line.run_id, named)
            return id is not None and self._sees(ctx, id)
        return True

    def _sees(self, ctx: Context, id: int) -> bool:
        """Whether the parent is there and may be named by whoever imports."""
        if id not in self._seen:
            try:
                self._seen[id] = not ctx.actor.may(WORK) or reads.fetch(ctx.actor, id).pk == id
            except ActionError:
                self._seen[id] = False
        return self._seen[id]

    @staticmethod
    def before(ctx: Context, line: ImportRow, account: Account, parent: int | None) -> None:
        """What stands on the customer's own row."""
        plan = line.plan.get("beside") or {}
        if parent is not None:
            account.parent_id = parent
            account.version += 1
        if plan.get("service") and ctx.actor.may(GRADE):
            account.service = plan["service"]

    def after(self, ctx: Context, line: ImportRow, account: Account, person: Contact | None) -> None:
        """The facts, in the order of the single actions; the rows are kept for `write`."""
        plan = line.plan.get("beside")
        if not plan:
            return
        if account.parent_id is not None:
            grouping.say_parent(ctx, account, None)
        if account.service:
            grouping.say_service(ctx, account, "", reason_of(line))
        if names := plan.get("tags"):
            ids = {self.tags[name.casefold()] for name in names}
            self._rows += [
                Tagged(customer_id=account.pk, tag_id=id, at=ctx.happened_at, by_id=ctx.actor.pk)
                for id in sorted(ids)
            ]
            grouping.say_tags(ctx, account, self._names(ids), sorted(ids), [])
        for values in plan.get("addresses", ()):
            row = Address(
                customer_id=account.pk, at=ctx.happened_at, by_id=ctx.actor.pk, **{**NO_PLACE, **values}
            )
            row.pk = next(self._ids)
            self._rows.append(row)
            places.say_added(ctx, row)
        if person is not None and (said := plan.get("consents")):
            for values in consents_of(line, said):
                self._rows += consenting.say(ctx, person, [], **values)

    def _names(self, ids: set[int]) -> dict[int, str]:
        return dict(Tag.objects.filter(pk__in=ids).values_list("pk", "name"))

    def write(self) -> None:
        """The rows that `after` kept."""
        rows, self._rows = self._rows, []
        for model in (Tagged, Address, Consent):
            quick.insert([row for row in rows if type(row) is model], numbered=model is Address)
