"""The writing of an import: start, one row, stop, finish. Rows go through the same actions as by hand."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Context,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Text,
    action,
    ask,
)
from guanxi.platform.kernel import get_action as known_action
from guanxi.platform.kernel.perform import stages
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import who_may

from ..actions.accounts import a_manager, enter
from ..actions.changes import people_changed
from ..actions.contacts import DETAILS, add_contact, new_contact
from ..models import Account, Contact
from ..models_import import (
    COLUMN,
    CONTACT,
    CREATE,
    CREATED,
    DONE,
    DUPLICATE,
    ME,
    NAMED,
    PLANNED,
    POOL,
    REJECTED,
    RUNNING,
    STOPPED,
    UPDATE,
    UPDATED,
    ExternalKey,
    Import,
    ImportRow,
)
from . import facts
from .beside import same_address
from .besides import Besides
from .permissions import IMPORT
from .sorts import CUSTOMERS

ASSIGN, WORK = "customers.assign", "customers.work"
JOB = "customers.run_import"
NOTE_LIMIT = 2000
MANAGERS = [
    (ME, Text("我自己", "Me")),
    (POOL, Text("客户池（稍后指派）", "The pool (assigned later)")),
    (COLUMN, Text("按“负责人员”列", "As the column “Owner” says")),
    (NAMED, Text("指定一人", "One person")),
]


def my_import(person: Any, id: int) -> Import:
    """An import that this person brought in; NotFound for anybody else's."""
    found = Import.objects.filter(pk=id, by=person.pk).select_related("manager").first()
    if found is None:
        raise NotFound("import", id)
    return found


def managers_for(person: Any) -> list[str]:
    """Whom new customers may be given to by this person."""
    if not person.may(WORK):
        return [POOL]
    if not person.may(ASSIGN):
        return [ME]
    return [POOL, ME, COLUMN, NAMED]


@action
class Start(Action):
    """Start the import as planned. It runs in the background, row by row; what stands stays, wherever it is stopped."""

    name = "customers.start_import"
    label = Text("开始导入", "Start the import")
    permission = IMPORT
    writes = ("customers.import_started",)
    subject = "import"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")
        manager_by: str = ask(
            "新客户的负责人", "New customers go to", "", choices=MANAGERS, widget="radio", max_length=8
        )
        manager: int | None = ask("指定的人", "Person", None, of="person", widget="person")

    def load(self, ctx: Context, data: Any) -> Import:
        run = my_import(ctx.actor, data.run)
        if run.state not in (PLANNED, STOPPED):
            raise Invalid.field(
                "", "这次导入已经开始，或还没有准备好", "This import has started, or is not ready yet"
            )
        if run.what != CUSTOMERS:
            return run
        may = managers_for(ctx.actor)
        chosen = data.manager_by or run.manager_by or may[0]
        if chosen not in may:
            raise Forbidden(ASSIGN, who=who_may(ASSIGN))
        if chosen == NAMED and data.manager is None:
            raise Invalid.field("manager", "请选择由谁负责", "Choose who looks after them")
        run.manager_by = chosen
        run.manager = a_manager(data.manager) if chosen == NAMED else None
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        subject.state = RUNNING
        subject.unseen = subject.what == CUSTOMERS and (subject.unseen or subject.started_at is None)
        subject.started_at = subject.started_at or ctx.now
        subject.why_stopped = []
        subject.save(update_fields=["state", "started_at", "manager_by", "manager", "why_stopped", "unseen"])
        ctx.emit(
            facts.STARTED.name,
            subject=("import", subject.pk),
            data={
                "what": subject.what,
                "rows": subject.rows,
                "sha256": subject.sha256,
                "manager_by": subject.manager_by,
                "manager": None if subject.manager_id is None else str(subject.manager_id),
            },
            texts={"file": subject.file_name},
        )
        enqueue(JOB, {"id": subject.pk}, key=f"import-{subject.pk}", clock=lambda: ctx.now)
        return subject


@action
class Stop(Action):
    """Stop a running import. The rows it has entered stay, unseen until it goes on to its end or is made to show them."""

    name = "customers.stop_import"
    label = Text("停止导入", "Stop the import")
    permission = IMPORT
    writes = ("customers.import_stopped",)
    subject = "import"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Import:
        run = my_import(ctx.actor, data.run)
        if run.state != RUNNING:
            raise Invalid.field("", "这次导入没有在进行", "This import is not running")
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        subject.state = STOPPED
        subject.save(update_fields=["state"])
        ctx.emit(
            facts.STOPPED.name,
            subject=("import", subject.pk),
            data={"rows": subject.rows, "done": subject.done},
        )
        return subject


@action
class Show(Action):
    """Show the customers that a stopped import has entered, though it is not whole."""

    name = "customers.show_import"
    label = Text("显示已导入的客户", "Show what was imported")
    permission = IMPORT
    writes = ("customers.import_shown",)
    subject = "import"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Import:
        """One's own; with a right that reaches every import, also that of somebody who has left."""
        rows = Import.objects.filter(pk=data.run)
        if ctx.actor.rights.reach(IMPORT).scope != "all":
            rows = rows.filter(by=ctx.actor.pk)
        run = rows.first()
        if run is None:
            raise NotFound("import", data.run)
        if run.state != STOPPED or not run.unseen:
            raise Invalid.field("", "没有等待显示的客户", "There are no customers waiting to be shown")
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        subject.unseen = False
        subject.save(update_fields=["unseen"])
        ctx.emit(
            facts.SHOWN.name,
            subject=("import", subject.pk),
            data={"rows": subject.rows, "done": subject.done},
        )
        return subject


@action
class Row(Action):
    """Enter one row of an import: a new customer, a change, or a person added to a customer."""

    name = "customers.import_row"
    label = Text("导入一行", "Import a row")
    permission = IMPORT
    writes = (
        "customer.created",
        "customer.updated",
        "customer.graded",
        "contact.added",
        "contact.updated",
        "customer.grouped",
        "customer.service_set",
        "customer.tagged",
        "address.added",
        "contact.consented",
    )
    subject = "customer"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")
        row: int = ask("行号", "Row", widget="hidden")

    def load(self, ctx: Context, data: Any) -> ImportRow:
        line = (
            ImportRow.objects.filter(run=data.run, run__by=ctx.actor.pk, run__what=CUSTOMERS, number=data.row)
            .select_related("run")
            .first()
        )
        if line is None:
            raise NotFound("import", data.run)
        if line.run.state != RUNNING or line.outcome:
            raise Invalid.field("", "这一行已经处理过", "This row is done already")
        return line

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        account = getattr(subject, "account_id", None)
        return ("customer", account, account)

    def run(self, ctx: Context, data: Any, subject: ImportRow) -> ImportRow:
        if subject.kind == DUPLICATE and subject.to_do == DUPLICATE:
            subject.outcome = DUPLICATE
            self._add_person(ctx, subject)
        elif subject.to_do == CREATE:
            subject.outcome = CREATED
            account = Creating(ctx, subject).account()
            Account.objects.filter(pk=account.pk).update(brought_by=subject.run_id)
            subject.account_id = account.pk
            besides = Besides(ctx, subject)
            besides.of_customer(account.pk)
            besides.of_person(subject.contact_id, account.pk)
            remember_key(subject, account.pk)
        elif subject.to_do in (UPDATE, CONTACT):
            subject.outcome = UPDATED
            target = target_of(subject)
            if target is None:
                raise Invalid.field("", "找不到要更新的客户", "The customer to be updated cannot be found")
            subject.account_id = target
            if subject.to_do == UPDATE:
                update(ctx, subject, target)
                Besides(ctx, subject).of_customer(target)
            self._person(ctx, subject, target)
        else:
            raise Invalid.field("", "这一行不能导入", "This row cannot be imported")
        subject.save(update_fields=["outcome", "account", "contact_id", "new_key"])
        return subject

    def _add_person(self, ctx: Context, line: ImportRow) -> None:
        """A certain duplicate of a row above that names another person: the person is added there."""
        target = target_of(line)
        if target is None:
            return
        line.account_id = target
        if line.said.get("adds_contact") and line.decision == "":
            self._person(ctx, line, target)

    def _person(self, ctx: Context, line: ImportRow, target: int) -> None:
        """The row's person at this customer: added, or the one of that name brought up to date."""
        contact = line.plan.get("contact")
        if not contact:
            return
        there = Contact.objects.filter(customer=target, name=contact["name"], active=True).first()
        if not ctx.actor.may(WORK):
            if not ImportRow.objects.filter(run=line.run_id, account=target, outcome=CREATED).exists():
                raise Forbidden(WORK, who=who_may(WORK))
            if there is None:
                line.contact_id = into_pool_contact(ctx, Account.objects.get(pk=target), contact).pk
        elif there is None:
            line.contact_id = ctx.act("contacts.add", {**contact, "customer": target}).pk
        else:
            line.contact_id = ctx.act("contacts.update", {**contact, "contact": there.pk}).pk
        if line.contact_id is not None:
            Besides(ctx, line).of_person(line.contact_id, target)


@action
class Finish(Action):
    """Say what came of an import."""

    name = "customers.finish_import"
    label = Text("完成导入", "Finish the import")
    permission = IMPORT
    writes = ("customers.imported",)
    subject = "import"
    internal = True

    class Input(ActionInput):
        run: int = ask("导入", "Import", of="import", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Import:
        run = my_import(ctx.actor, data.run)
        if run.state != RUNNING or ImportRow.objects.filter(run=run, outcome="").exists():
            raise Invalid.field("", "这次导入还没有完成", "This import is not finished")
        return run

    def run(self, ctx: Context, data: Any, subject: Import) -> Import:
        count(subject)
        subject.state, subject.unseen = DONE, False
        subject.finished_at = ctx.now
        subject.save(update_fields=["state", "finished_at", "unseen"])
        counts = {n: getattr(subject, n) for n in ("rows", "created", "updated", "duplicates", "rejected")}
        ctx.emit(
            facts.IMPORTED.name,
            subject=("import", subject.pk),
            data={**counts, "what": subject.what, "sha256": subject.sha256},
            texts={"file": subject.file_name},
        )
        return subject


def count(run: Import) -> None:
    """Put into the import what its rows came to, counted from the rows."""
    found = dict(ImportRow.objects.filter(run=run).values_list("outcome").annotate(n=Count("pk")).order_by())
    run.created, run.updated = found.get(CREATED, 0), found.get(UPDATED, 0)
    run.duplicates, run.rejected = found.get(DUPLICATE, 0), found.get(REJECTED, 0)
    run.done = sum(n for outcome, n in found.items() if outcome)
    run.save(update_fields=["created", "updated", "duplicates", "rejected", "done"])


def target_of(line: ImportRow) -> int | None:
    """The customer a row doubles or updates: known already, or the one that the row above led to."""
    if line.account_id is not None:
        return line.account_id
    if line.of is None:
        return None
    return ImportRow.objects.filter(run=line.run_id, number=line.of).values_list("account", flat=True).first()


def update(ctx: Context, line: ImportRow, target: int) -> None:
    """What the row says of a customer that is there already; what the row leaves empty stays."""
    wanted = {k: v for k, v in line.plan["create"].items() if k not in ("source", "note")}
    if line.kind == DUPLICATE:
        wanted.pop("name")  # it was found under another name, which stays
    note = "\n".join(
        part for part in (line.plan["create"].get("note", ""), *Besides(ctx, line).unplaced()) if part
    )
    before = Account.objects.get(pk=target)
    if merged := _merged(before.note, note):
        wanted["note"] = merged
    if before.lon is not None and same_address(wanted.get("address", before.address)) != same_address(
        before.address
    ):
        wanted["clear"] = ["lon", "lat"]  # the position of where it was
    ctx.act("customers.update", {**wanted, "customer": target})
    remember_key(line, target)


def remember_key(line: ImportRow, customer: int) -> None:
    """The number under which the source knows the customer."""
    if key := line.plan.get("key"):
        _, line.new_key = ExternalKey.objects.get_or_create(account_id=customer, key=key)


def _merged(before: str, new: str) -> str:
    """The note with the lines it lacks; '' where it lacks none."""
    there = set(before.split("\n"))
    more = [text for text in new.split("\n") if text and text not in there]
    return "\n".join([*([before] if before else []), *more]) if more else ""


class Creating:
    """A new customer from a row, for the person the importer chose."""

    def __init__(self, ctx: Context, line: ImportRow) -> None:
        self.ctx = ctx
        self.line = line
        self.run = line.run

    def account(self) -> Account:
        data, contact = self.inputs()
        for text in Besides(self.ctx, self.line).unplaced():
            data["note"] = _with_line(data, text)
        actor = self.ctx.actor
        account: Account = (
            self.ctx.act("customers.create", data) if actor.may(WORK) else into_pool(self.ctx, data)
        )
        if contact:
            if actor.may(WORK):
                found = self.ctx.act("contacts.add", {**contact, "customer": account.pk})
            else:
                found = into_pool_contact(self.ctx, account, contact)
            self.line.contact_id = found.pk
        self.grade(account.pk)
        return account

    def inputs(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The input of customers.create, and that of contacts.add where the row says more of its person than the first
        one takes."""
        plan = self.line.plan
        contact = dict(plan.get("contact") or {})
        manager = self.manager()
        data = {**plan["create"]}
        if plan.get("manager") and manager != plan["manager"]:
            data["note"] = _with_line(data, f"{plan['owner_column']}：{plan['owner']}")
        if self.ctx.actor.may(WORK) and manager is not None:
            data["manager"] = manager
        if contact and set(contact) <= {"name", "post", "phone", "phone_as_written"}:
            data |= {
                f"contact_{name}": contact[name] for name in ("name", "post", "phone") if name in contact
            }
            return data | {"phone_as_written": True}, {}
        return data, contact

    def grade(self, customer: int) -> None:
        """The grade that the row gives, if the importer may grade."""
        if (grade := self.line.plan.get("grade")) and self.ctx.actor.may("customers.grade"):
            reason = f"导入文件：{self.run.file_name}"[:500]
            self.ctx.act("customers.grade", {"customer": customer, "grade": grade, "reason": reason})

    def manager(self) -> int | None:
        """Who looks after the new customer; None for the pool."""
        if self.run.manager_by == ME:
            return int(self.ctx.actor.pk)
        if self.run.manager_by == NAMED:
            return self.run.manager_id
        if self.run.manager_by == COLUMN:
            return self.line.plan.get("manager")
        return None


def _with_line(data: dict[str, Any], text: str) -> str:
    note = "\n".join(part for part in (data.get("note", ""), text) if part)
    return note if len(note) <= NOTE_LIMIT else str(data.get("note", ""))


def into_pool(ctx: Context, data: dict[str, Any]) -> Account:
    """A new customer for nobody yet, entered by somebody who imports but does not work on customers (an
    administrator): same input, gates, rows and facts as customers.create; only the right is that of the import."""
    creating = known_action("customers.create")
    parsed = creating.parse(data)
    values = creating.gate(ctx, parsed, None)
    for stage in stages.gates:
        verdict = stage.ask(ctx, creating, ("customer", None, None), values)
        if not verdict.passed:
            raise Refused(creating.name, verdict.failures, verdict.warnings, verdict.met, verdict.asked)
        if verdict.asked:
            kind, said = verdict.asked
            ctx.emit(kind, subject=("customer", None), data=said)
    return enter(ctx, parsed, None)


def into_pool_contact(ctx: Context, account: Account, data: dict[str, Any]) -> Contact:
    """The person of a customer that `into_pool` entered."""
    parsed = known_action("contacts.add").parse({**data, "customer": account.pk})
    values = {n: getattr(parsed, n) for n in (*DETAILS, "own")}
    first = not Contact.objects.filter(customer=account, active=True).exists()
    contact = new_contact(
        account, {**values, "primary": first}, as_written=parsed.phone_as_written, now=ctx.now
    )
    add_contact(ctx, contact)
    people_changed(ctx, account)
    return contact


def person_of(run: Import) -> Person:
    """Whoever brought the file, with the rights they have now."""
    return Person.objects.select_related("department").get(pk=run.by_id)
