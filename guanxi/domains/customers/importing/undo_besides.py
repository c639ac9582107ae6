"""Taking back what rows entered beside a customer's particulars: parent, service class, tags, addresses, consents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Context

from .. import reads
from ..actions.undo import consent_back
from ..models import Account
from ..models_addresses import Address
from ..models_contacts import Consent
from ..models_grouping import Tag, Tagged
from ..models_import import Import
from .besides import SAVE_TAG, tag_stem
from .undo_rows import MOST_FACTS, Done, Later, Why, keyed, parts_of

GROUPED, SERVICE, TAGGED, PLACED, CONSENTED = KINDS = (
    "customer.grouped",
    "customer.service_set",
    "customer.tagged",
    "address.added",
    "contact.consented",
)


def changed(kind: str, data: Mapping[str, Any]) -> frozenset[str]:
    """What a fact of these kinds changed, so that two that changed the same are seen to."""
    if kind == GROUPED:
        return frozenset({"parent"})
    if kind == SERVICE:
        return frozenset({"service"})
    if kind == TAGGED:
        return frozenset(f"tag {id}" for id in (*data["added"], *data["removed"]))
    if kind == CONSENTED:
        return frozenset(f"consent {channel}" for channel in data["channels"])
    return frozenset()


class Besides:
    """The part of `Undoing` that knows these kinds. preview: nothing was taken back yet, and rows are looked at only where
    somebody may have built on them; stay: the customers that were seen to stay."""

    def __init__(self, run: Import) -> None:
        self.run = run
        self.preview = False
        self.stay: set[int] = set()
        self.gone: set[int] = set()
        self.places: dict[int, set[int]] = {}
        self.children: dict[int, set[int]] = {}

    def read(self, created: set[int], done: Sequence[Done]) -> None:
        """What hangs on the customers that these rows made."""
        self.places, self.children = defaultdict(set), defaultdict(set)
        for part in parts_of(created):
            for customer, id in Address.objects.filter(customer__in=part).values_list("customer", "pk"):
                self.places[customer].add(id)
            below = Account.objects.filter(parent__in=part).values_list("parent", "pk", "brought_by")
            for parent, id, by in below:
                if not (self.preview and by == self.run.pk and id not in self.stay):
                    self.children[parent or 0].add(id)

    def holds(self, customer: int, one: Done) -> bool:
        """Whether an address or a company below keeps a customer that the row made."""
        own = {int(fact.subject_id or 0) for fact in one.of(PLACED)}
        return bool(self.places[customer] - own or self.children[customer] - self.gone)

    def why_kept(self, account: Account, fact: Fact, later: Sequence[Later]) -> Why | None:
        """Why a change of a customer that was there stays, or None."""
        since = [x for x in later if x.seq > fact.seq]
        if fact.kind == PLACED:
            about = [x.seq for x in since if x.subject == fact.about]
            return Why("built", about[:MOST_FACTS]) if about else None
        mine = changed(fact.kind, fact.data)
        again = [x for x in since if x.changed & mine and (fact.kind != CONSENTED or x.subject == fact.about)]
        if again:
            return Why("edited", [x.seq for x in again[-MOST_FACTS:]], [_FIELD[fact.kind]])
        if fact.kind == GROUPED:
            return None if _fits(account, fact) else Why("edited", fields=["parent"])
        if fact.kind == SERVICE and account.service != (fact.data["service"] or ""):
            return Why("edited", fields=["service"])
        if fact.kind == CONSENTED and not hasattr(fact, "words"):
            return Why("erased")
        return None

    def forget(self, one: Done, accounts: Mapping[int, Account]) -> None:
        """In memory, the row was never entered."""
        self.gone |= one.created
        for fact in reversed(one.of(GROUPED, SERVICE)):
            account = accounts.get(fact.customer_id or 0)
            if account is None:
                continue
            if fact.kind == GROUPED:
                account.parent_id = _id(fact.data["before_parent"])
            else:
                account.service = fact.data["before_service"] or ""

    @staticmethod
    def take_back(one: Done, others: set[int]) -> None:
        """The rows beside those customers that stay; what stands on their own row `forget` put back."""
        for fact in reversed(one.of(TAGGED, PLACED, CONSENTED)):
            if fact.customer_id not in others:
                continue
            if fact.kind == TAGGED:
                Tagged.objects.filter(customer=fact.customer_id, tag__in=fact.data["added"]).delete()
            elif fact.kind == PLACED:
                Address.objects.filter(pk=int(fact.subject_id or 0)).delete()
            elif int(fact.subject_id or 0) not in one.added and hasattr(fact, "words"):  # not erased since
                consent_back(fact)

    @staticmethod
    def say(ctx: Context, one: Done, account: Account) -> None:
        """That group, class and tags are as they were."""
        for fact in reversed(one.of(GROUPED, SERVICE, TAGGED)):
            if fact.customer_id != account.pk:
                continue
            data, texts = _back(fact)
            ctx.emit(fact.kind, subject=fact.about, customer=account.pk, data=data, texts=texts)


_FIELD = {GROUPED: "parent", SERVICE: "service", TAGGED: "tags", CONSENTED: "consents"}


def _id(ref: str | None) -> int | None:
    return None if ref is None else int(ref)


def _fits(account: Account, fact: Fact) -> bool:
    """Whether the parent is still the one that the fact gave, and the one before can be put back."""
    if account.parent_id != _id(fact.data["parent"]):
        return False
    before = _id(fact.data["before_parent"])
    if before is None:
        return True
    return Account.objects.filter(pk=before).exists() and account.pk not in [before, *reads.above(before)]


def _back(fact: Fact) -> tuple[dict[str, Any], dict[str, Any]]:
    """The data and texts of the fact that says the opposite."""
    data = fact.data
    if fact.kind == GROUPED:
        how = (
            "cleared" if data["before_parent"] is None else "changed" if data["parent"] is not None else "set"
        )
        return {"parent": data["before_parent"], "before_parent": data["parent"], "group_change": how}, {}
    if fact.kind == SERVICE:
        return {"service": data["before_service"], "before_service": data["service"]}, {"reason": ""}
    names = dict(Tag.objects.filter(pk__in=data["added"]).values_list("pk", "name"))
    return {"added": [], "removed": data["added"]}, {"tags": " ".join(f"−{name}" for name in names.values())}


def remove(customers: Iterable[int], people: Iterable[int]) -> None:
    """What goes with these customers and people."""
    for part in parts_of(people):
        _delete(Consent.objects.filter(contact__in=part))
    for part in parts_of(customers):
        _delete(Address.objects.filter(customer__in=part))


def _delete(rows: QuerySet[Any]) -> None:
    rows._raw_delete(rows.db)


def drop_tags(ctx: Context, run: Import) -> None:
    """The tags that the import entered go again, where nobody has or changed them."""
    entered = Fact.objects.filter(keyed(f"{run.by_id}:{SAVE_TAG}:{tag_stem(run)}"), kind="tag.saved")
    for fact in entered.order_by("seq"):
        tag = Tag.objects.filter(pk=int(fact.subject_id or 0)).first()
        later = Fact.objects.filter(subject_kind="tag", subject_id=fact.subject_id, seq__gt=fact.seq)
        if tag is None or later.exists() or tag.tagged.exists():
            continue
        tag.delete()
        ctx.emit("journal.annulled", subject=fact.about, data={"fact": fact.seq, "reason": None})
