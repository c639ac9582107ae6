"""New customers of many rows, written in few statements.

What stands afterwards is what `customers.import_row` would have written row by row: the same rights and gates are asked for
each row, the same functions make rows and facts, each row has its own call key. Only the writing is done for all of them
at once. A row about which a gate has something to say, or that is anything but a new customer, is not taken: it goes the
usual way, alone (see running.py). A test compares both ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.platform.journal import quick
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import ActionError, Clock, Context
from guanxi.platform.kernel import get_action as known_action
from guanxi.platform.kernel.perform import Result, input_digest, stages
from guanxi.platform.ownfields.known import stamp
from guanxi.platform.people.models import Person

from .. import reads
from ..actions.accounts import looks_after, say_created
from ..actions.changes import emit_updated
from ..actions.contacts import say_added
from ..actions.finding import index_new
from ..models import Account, Contact
from ..models_import import CREATE, CREATED, ExternalKey, Import, ImportRow
from .actions import WORK, Creating
from .ahead import Ahead
from .besides import Many, parent_id
from .ready import ROW, Ready, ready


class CannotTogether(Exception):
    """Something stands against writing these rows together; nothing was written that stays."""


@dataclass(slots=True)
class _New:
    """A row and the customer it becomes."""

    line: ImportRow
    ctx: Context
    creating: Creating
    account: Account
    first: Contact | None
    """The person who is entered with the customer."""
    added: Contact | None
    """The person of whom the row says more: added afterwards, as `contacts.add` does."""
    words: str


class Together:
    """The rows of one portion. Inside `Journal.writing`."""

    def __init__(
        self, run: Import, person: Person, clock: Clock, source: str, ahead: Ahead | None = None
    ) -> None:
        self.run, self.person, self.source, self.ahead = run, person, source, ahead
        self.said_clock = clock()
        self.now: datetime = Journal().moment(self.said_clock)
        self.works = person.may(WORK)
        self.rules = stamp()
        self.create, self.add = known_action("customers.create"), known_action("contacts.add")
        self.managers: dict[int | None, Person | None] = {}
        self.rows: dict[int, _New] = {}
        self.besides = Many(
            lambda name: self._asked(Context(person, self.now, self.now, "", ROW), known_action(name), None)
        )
        for stage in stages.obligations:
            # From here on gates and engine read what is in force from one memory.
            stage.follow(Context(person, self.now, self.now, "", ROW), [])

    def takes(self, line: ImportRow) -> bool:
        """Whether the row can be written with others; then it is kept for `write`."""
        if line.to_do != CREATE:
            return False
        try:
            new = self._new(line)
        except ActionError:  # refused, or not to be read: said by the one action, in its own words
            return False
        if new is None:
            return False
        self.rows[line.number] = new
        return True

    def write(self) -> list[int]:
        """Write what was kept; the ids of the new customers. Raises CannotTogether."""
        rows, self.rows = list(self.rows.values()), {}
        if not rows:
            return []
        self._number(rows)
        quick.insert([new.account for new in rows], numbered=True)
        people = [one for new in rows for one in (new.first, new.added) if one is not None]
        quick.insert(people, numbered=True)
        index_new((new.account, new.words) for new in rows)
        self._keys(rows)
        for new in rows:
            try:
                new.creating.grade(new.account.pk)
            except ActionError as error:
                raise CannotTogether from error
        self.besides.number(new.line for new in rows)
        for new in rows:
            self.besides.after(new.ctx, new.line, new.account, new.added or new.first)
        self.besides.write()
        self._told(rows)
        quick.change_all([new.line for new in rows], "outcome", "account", "contact_id", "new_key")
        return [new.account.pk for new in rows]

    # --- One row --------------------------------------------------------------------------------------------------------

    def _new(self, line: ImportRow) -> _New | None:
        line.run = self.run
        ctx = Context(
            actor=self.person,
            now=self.now,
            happened_at=self.now,
            key=f"import-{self.run.pk}-{line.number}",
            action=ROW,
            source=self.source,
            clock_said=self.said_clock,
        )
        made = self._ready(line)
        if made is None:
            return None
        data = made.data
        if self.works:
            self.create.load(ctx, data)
        if self._asked(ctx, self.create, self.create.gate(ctx, data, None)):
            return None
        if made.added is not None and self._asked(ctx, self.add, None):
            return None
        account, first, added = made.rows(self._manager(ctx, data.manager), self.now)
        account.brought_by = self.run.pk
        if self.works and not reads.surely(self.person, account):
            return None  # whether the importer still sees it then is a question to the database
        if not self.besides.takes(ctx, line, self.rows):
            return None
        return _New(line, ctx, Creating(ctx, line), account, first, added, made.words)

    def _ready(self, line: ImportRow) -> Ready | None:
        made = self.ahead.take(line.number) if self.ahead is not None else None
        if made is not None and made.works is self.works and made.rules == self.rules:
            return made
        return ready(self.run, self.person, line)

    def _manager(self, ctx: Context, asked: int | None) -> Person | None:
        """Who looks after it; looked up once in a portion."""
        if not self.works:
            return None
        if asked not in self.managers:
            self.managers[asked] = looks_after(ctx, asked)
        return self.managers[asked]

    @staticmethod
    def _asked(ctx: Context, action: Any, values: Any) -> bool:
        """Whether a clause in force looks at this action."""
        verdicts = [stage.ask(ctx, action, (action.subject, None, None), values) for stage in stages.gates]
        return any(v.asked or v.failures or v.warnings for v in verdicts)

    # --- All of them ----------------------------------------------------------------------------------------------------

    def _number(self, rows: list[_New]) -> None:
        """Ids, and what each row says happened, in the order in which single actions say it."""
        people = [one for new in rows for one in (new.first, new.added) if one is not None]
        ids: dict[int, int] = {}
        accounts = quick.numbers(Account, len(rows))
        for contact, id in zip(people, quick.numbers(Contact, len(people)), strict=True):
            contact.pk = id
        for stage in stages.obligations:
            stage.begin("customer", accounts)
            stage.begin("contact", [one.pk for one in people])
        for new, id in zip(rows, accounts, strict=True):
            account = new.account
            account.pk = id
            say_created(new.ctx, account, None)
            for person in filter(None, (new.first, new.added)):
                person.customer_id = id
                say_added(new.ctx, person)
            if new.added is not None:
                self._people_changed(new, new.added)
            new.line.outcome, new.line.account_id = CREATED, id
            if new.added is not None:
                new.line.contact_id = new.added.pk
            ids[new.line.number] = id
            self.besides.before(new.ctx, new.line, account, self._parent(new.line, ids))

    @staticmethod
    def _parent(line: ImportRow, ids: dict[int, int]) -> int | None:
        """The parent company: of a row that is written with this one, or as the database knows it."""
        named = (line.plan.get("beside") or {}).get("parent")
        if not named:
            return None
        return ids.get(named["row"]) or parent_id(line.run_id, named)

    def _people_changed(self, new: _New, contact: Contact) -> None:
        """What `actions.changes.people_changed` does, before the customer is saved."""
        account = new.account
        percent = reads.percent_of(reads.missing_fields(account, [contact]))
        valid = reads.is_valid(account, [contact])
        if (percent, valid) == (account.card_percent, account.card_valid):
            return
        account.card_percent, account.card_valid = percent, valid
        account.version += 1
        emit_updated(new.ctx, account, ["contacts"], [])

    @staticmethod
    def _keys(rows: list[_New]) -> None:
        """The numbers under which the source knows the customers."""
        keys = []
        for new in rows:
            if key := new.line.plan.get("key"):
                new.line.new_key = True
                keys.append((new.account.pk, key))
        quick.put(ExternalKey, keys)

    def _told(self, rows: list[_New]) -> None:
        """Facts, what the engine makes of them, and the calls' keys."""
        journal = Journal()
        facts = journal.append_all([new.ctx for new in rows])
        for stage in stages.obligations:
            stage.follow(rows[0].ctx, facts)
        row = known_action(ROW)
        calls = []
        for new in rows:
            seqs = tuple(emitted.seq for emitted in new.ctx.emitted if emitted.seq is not None)
            parsed = row.parse({"run": self.run.pk, "row": new.line.number})
            result = Result(ROW, new.line, ("customer", new.account.pk), seqs)
            calls.append((new.ctx, input_digest(ROW, parsed), result))
        journal.remember_all(calls)
