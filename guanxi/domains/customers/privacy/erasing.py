"""Taking a contact's data away everywhere, and what is said of it. docs/decisions/0010 says why it is done like this."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import connection

from guanxi.platform.jobs.models import Job
from guanxi.platform.journal.models import Call, Fact, FactText
from guanxi.platform.journal.quick import delete
from guanxi.platform.kernel import Context, ref
from guanxi.platform.kernel.personal import all_holdings
from guanxi.platform.messages.deliver import forget_address

from ..actions.changes import people_changed
from ..attachments.storing import forget_files_of
from ..models import Contact
from ..models_contacts import ContactMerger, Employment
from ..models_handover import HandOver
from ..models_import import REJECTED, Import, ImportFile, ImportRow
from ..reads.finding import phone_key
from .facts import ERASED
from .held import Held, content_of, held_of
from .mentions import Striker, digits_of

EMPTIED = ("post", "unit", "decision_role", "birthday", "birthday_md", "phone", "phone_key", "email", "wechat",
           "channel", "matters", "note", "own")  # fmt: skip
GONE = ["", "erased", "其中的联系人已被抹除", "The contact in it was erased"]


def no_longer_named(contact: int) -> str:
    """What stands in the place of a name, in both languages: rows have one column for it."""
    return f"已抹除的联系人 {contact} / erased contact {contact}"


def erase(ctx: Context, contact: Contact, reason: str, note: str) -> Contact:
    """Take everything away that tells who the contact is. Row, facts and numbers stay; the journal says what was done."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "PRAGMA secure_delete = ON"
            )  # what is freed is overwritten; the night's job does the rest
    held = held_of(contact)
    counts: Counter[str] = Counter()
    counts["entries"] += _strike_rows(held) + _empty_packs(held) + _empty_lines(held) + _strike_jobs(held)
    counts["entries"] += forget_address([m for m in held.mentions.marks if "@" in m])
    seqs = [f.seq for f in held.facts]
    delete(FactText, "fact_id", seqs)
    _forget_calls([*held.facts, *held.bare])
    _empty_record(ctx, held)
    if seqs:
        ctx.emit(
            "journal.erased",
            subject=("contact", contact.pk),
            customer=contact.customer_id,
            data={"facts": seqs},
        )
    ctx.emit(
        ERASED,
        subject=("contact", contact.pk),
        customer=contact.customer_id,
        data={
            "contact": ref(contact.pk),
            "erase_reason": reason,
            "texts": len(seqs),
            "entries": counts["entries"],
            "active": False,
            "decision_role": "",
            "channel": "",
        },
        texts={"note": note},
    )
    people_changed(ctx, held.account)
    return contact


def _strike_rows(held: Held) -> int:
    struck = 0
    for entry in held.entries:
        columns = entry.holding.words
        if entry.holding.model == "customers.Contact":
            columns = ("matters", "note")
        elif entry.holding.model == "gx_messages.OutgoingMessage":
            columns = (*entry.holding.own, *columns)
        struck += _strike(held.striker, entry.row, columns)
    return struck


def _strike(by: Striker | None, row: Any, columns: tuple[str, ...]) -> int:
    """1 where something of the row was struck."""
    if by is None:
        return 0
    changed = {name: by.strike(value) for name in columns if by.meets(value := getattr(row, name))}
    if row._meta.label == "customers.Merger" and "kept" in changed:
        named = {n: row.kept["row"][n] for n in ("name", "short_name", "name_key")}
        changed["kept"]["row"] |= named  # the name of a customer, not of a person
    for name, value in changed.items():
        most = row._meta.get_field(name).max_length
        setattr(row, name, value[:most] if most else value)
    if changed:
        row.save(update_fields=list(changed))
    return 1 if changed else 0


def _empty_packs(held: Held) -> int:
    for pack in held.packs:
        _empty_pack(pack, held)
        pack.save(update_fields=["content", "note", "excuse", "letter"])
    return len(held.packs)


def _empty_pack(pack: HandOver, held: Held) -> None:
    """The contact's entry, and every text about the customer that speaks of them."""
    by = held.striker
    for customer in content_of(pack)["customers"]:
        if int(customer["id"]) not in held.customers:
            continue
        named = customer["what"]
        for one in customer["contacts"]:
            if one["id"] in held.numbers:
                blank = {n: "" for n, value in one.items() if isinstance(value, str)}
                one |= {**blank, "name": no_longer_named(held.contact.pk)}
        if by:
            customer |= by.strike(customer)
            customer["what"] = named
    if by:
        for part in content_of(pack)["others"].values():
            for line in part:
                if line["customer"] in held.customers and by.meets(line):
                    line |= by.strike(line)
        pack.note, pack.excuse, pack.letter = by.strike([pack.note, pack.excuse, pack.letter])


def _empty_lines(held: Held) -> int:
    """Rows of imports are emptied and their files deleted; an import that was not begun is dropped whole, so that it
    does not bring them back."""
    runs = {row.run_id: row.run for row in held.lines}
    for row in held.lines:
        row.cells, row.plan, row.said, row.digest = [], {}, {"faults": [GONE]}, ""
        if not row.outcome:
            row.kind = row.outcome = REJECTED
        row.contact_id = None
    ImportRow.objects.bulk_update(
        held.lines, ["cells", "plan", "said", "digest", "kind", "outcome", "contact_id"], batch_size=200
    )
    ImportFile.objects.filter(run__in=list(runs)).delete()
    Import.objects.filter(pk__in=[id for id, run in runs.items() if run.open]).delete()
    return len(held.lines)


def _strike_jobs(held: Held) -> int:
    found = [j for j in Job.objects.exclude(error="") if held.striker and held.striker.meets(j.error)]
    return Job.objects.filter(pk__in=[j.pk for j in found]).update(error="")


def _forget_calls(facts: list[Fact]) -> None:
    """The hash of what was sent: whoever knows the rest could try out a number until it fits. The key stays, so that
    the call is not done again; with whatever input it is a conflict from now on."""
    for stem in {f.key.rpartition("#")[0] for f in facts}:
        actor, action, key = stem.split(":", 2)
        Call.objects.filter(actor_id=0 if actor == "system" else int(actor), action=action, key=key).update(
            digest=""
        )


def _empty_record(ctx: Context, held: Held) -> None:
    contact, account = held.contact, held.account
    for name in EMPTIED:
        setattr(contact, name, {} if name == "own" else "")
    Employment.objects.filter(contact=contact.pk).delete()
    ContactMerger.objects.filter(into=contact.pk).update(kept={}, name="")
    forget_files_of(contact.pk)
    contact.motive_bits = 0
    contact.name = no_longer_named(contact.pk)
    contact.active = contact.primary = False
    contact.erased_at = contact.updated_at = ctx.now
    contact.version += 1
    contact.save()
    if held.striker is None:
        return
    numbers = [p for p in account.phone.split("，") if not set(digits_of(p)) & set(held.mentions.numbers)]
    changed = []
    if len(numbers) != len(account.phone.split("，")):
        account.phone = "，".join(numbers)
        account.phone_key = phone_key(account.phone)
        changed += ["phone", "phone_key"]
    if account.email and held.striker.meets(account.email):
        account.email = ""
        changed.append("email")
    for name in ("note", "address", "own"):
        if held.striker.meets(getattr(account, name)):
            setattr(account, name, held.striker.strike(getattr(account, name)))
            changed.append(name)
    if changed:
        account.save(update_fields=changed)


def declared_columns() -> set[str]:
    """The contact's own columns as declared: a test holds `EMPTIED` against them."""
    return set(all_holdings()["customers.Contact"].own)
