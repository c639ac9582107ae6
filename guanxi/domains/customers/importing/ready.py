"""A row made ready to become a customer, as far as that goes without asking the database: its input read and checked, the
rows, and the words under which it is found. Nearly half of the work of an import, so that another process can do it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guanxi.platform.journal.quick import fresh
from guanxi.platform.kernel import ActionError, Context, get_action
from guanxi.platform.ownfields.known import stamp
from guanxi.platform.people.models import Person

from ..actions.accounts import new_account
from ..actions.contacts import DETAILS, new_contact
from ..actions.finding import index_line
from ..models import Account, Contact
from ..models_import import CREATE, Import, ImportRow
from .actions import WORK, Creating

ROW = "customers.import_row"
_NEVER = datetime.min.replace(tzinfo=UTC)
_TOGETHER = frozenset(
    "name short_name kinds contact_name contact_post contact_phone phone phone_as_written address area credit_code email website "
    "source manager note own".split()
)
"""What `new_account` makes of the input; a row that gives anything else of customers.create goes alone."""


@dataclass(frozen=True, slots=True)
class Ready:
    """works: whether it was made for somebody who may work on customers; rules: the state of the company's own fields by
    which it was read. account, first, added: values of the rows by column; first: the person entered with the customer,
    added: the one of whom the row says more."""

    works: bool
    rules: int
    data: Any
    account: dict[str, Any]
    first: dict[str, Any] | None
    added: dict[str, Any] | None
    words: str

    def rows(self, manager: Person | None, now: datetime) -> tuple[Account, Contact | None, Contact | None]:
        """The rows, for whoever looks after them."""
        account = fresh(Account, **self.account)
        account.manager_id = manager.pk if manager else None
        account.department_id = manager.department_id if manager else None
        account.created_at = account.updated_at = now
        people = [None if values is None else fresh(Contact, **values) for values in (self.first, self.added)]
        for one in people:
            if one is not None:
                one.updated_at = now
        return account, people[0], people[1]


def ready(run: Import, person: Person, line: ImportRow) -> Ready | None:
    """The row of this import made ready for its importer, or None where it has to go alone: it is no new customer, or
    something cannot be read, which the one action says in its own words."""
    if line.to_do != CREATE:
        return None
    line.run = run
    rules = stamp()  # before its values are read: rules that change meanwhile make another one of it
    creating = Creating(Context(person, _NEVER, _NEVER, "", ROW), line)
    wanted, more = creating.inputs()
    try:
        data = get_action("customers.create").parse(wanted)
        if data.model_fields_set - _TOGETHER:
            return None
        account, first = new_account(data, None, _NEVER)
        added = None
        if more:
            parsed = get_action("contacts.add").parse({**more, "customer": 1})
            values = {**{name: getattr(parsed, name) for name in (*DETAILS, "own")}, "primary": True}
            added = new_contact(account, values, as_written=parsed.phone_as_written, now=_NEVER)
    except ActionError:
        return None
    words = index_line(account, [one for one in (first, added) if one is not None])
    return Ready(person.may(WORK), rules, data, _values(account) or {}, _values(first), _values(added), words)


def _values(row: Account | Contact | None) -> dict[str, Any] | None:
    """The columns of a row."""
    if row is None:
        return None
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
