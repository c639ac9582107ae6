"""What the packs of the first release read: the fact kinds with their fields, the actions with their gate values, the
forms and pages. The domains declare the same under the same names: packs are checked against theirs at start.
"""

from guanxi.cores.norms.catalogue import ActionOffer, Catalogue, catalogue
from guanxi.cores.norms.model import BOOL, INT, TEXT, TIMESTAMP, FactKind, FieldType, ref

PERSON = ref("person")


def visit(name: str, sets: dict[str, str] | None = None, **fields: FieldType) -> FactKind:
    return FactKind(f"visit.{name}", 1, "visit", fields, sets or {})


def customer(name: str, sets: dict[str, str] | None = None, **fields: FieldType) -> FactKind:
    return FactKind(f"customer.{name}", 1, "customer", fields, sets or {})


def promise(name: str, sets: dict[str, str] | None = None, **fields: FieldType) -> FactKind:
    return FactKind(f"promise.{name}", 1, "promise", fields, sets or {})


CARD = {"card_percent": "card_percent"}

KINDS = [
    FactKind(
        "person.added", 1, "person", {"department": ref("department").maybe()}, {"department": "department"}
    ),
    FactKind("department.added", 1, "department", {"head": PERSON.maybe()}, {"head": "head"}),
    customer(
        "created",
        {"manager": "manager", "active": "active", **CARD},
        manager=PERSON,
        active=BOOL,
        card_percent=INT,
    ),
    customer("updated", CARD, card_percent=INT),
    customer("card_confirmed", CARD, card_percent=INT),
    customer("assigned", {"manager": "manager"}, manager=PERSON),
    customer("closed", {"active": "active"}, active=BOOL),
    customer("reopened", {"active": "active"}, active=BOOL),
    promise("made", {"owner": "owner"}, owner=PERSON, due=TIMESTAMP),
    promise("moved", {"owner": "owner"}, owner=PERSON, due=TIMESTAMP),
    promise("kept"),
    promise("withdrawn"),
    visit("planned", {"owner": "owner"}, owner=PERSON, drop_in=BOOL, promotions_open=INT),
    visit("kit_checked"),
    visit("promotions_acknowledged"),
    visit("confirmed", promotions_open=INT),
    visit("checked_in"),
    visit("captured", line=TEXT, same_day=BOOL),
    visit("completed", {"owner": "owner"}, owner=PERSON),
    visit("reported"),
    visit("not_met"),
    visit("annulled"),
    visit("reassigned", {"owner": "owner"}, owner=PERSON),
    visit("next_set"),
]
ACTIONS = [
    ActionOffer("visits.edit"),
    ActionOffer("visits.prepare", writes=("visit.kit_checked",)),
    ActionOffer("visits.acknowledge_promotions", writes=("visit.promotions_acknowledged",)),
    ActionOffer(
        "visits.confirm",
        {"purpose": TEXT, "target": TEXT, "has_contact": BOOL, "promotions_open": INT, "drop_in": BOOL},
        ("visit.confirmed",),
    ),
    ActionOffer("visits.check_in", writes=("visit.checked_in",)),
    ActionOffer("visits.capture", writes=("visit.captured",), fields=("visit", "lines")),
    ActionOffer(
        "visits.report",
        {
            "needs_count": INT,
            "needs_confirmed": BOOL,
            "conflict_said": BOOL,
            "information_count": INT,
            "help_said": BOOL,
            "late_entry": BOOL,
        },
        ("visit.reported",),
    ),
    ActionOffer("visits.set_next", {"next_date_or_reason": BOOL}, ("visit.next_set",)),
    ActionOffer("timeline.note", writes=("customer.noted",), fields=("customer", "text")),
    ActionOffer("needs.add", fields=("customer", "what", "product", "source")),
    ActionOffer("approaches.add", fields=("customer", "way", "event", "person", "result")),
    ActionOffer("promises.make", writes=("promise.made",), fields=("customer", "what", "due_on", "owner")),
    ActionOffer("promises.keep", writes=("promise.kept",)),
    ActionOffer("regulations.submit"),
    ActionOffer("regulations.put_in_force", {"regulation": TEXT, "approved": BOOL, "unchanged": BOOL}),
]
FORMS = {
    "approach": ("way", "event", "person", "result"),
    "card-history": ("changed_on", "changed_by", "before", "after"),
    "contact": ("name", "post", "decision_role"),
    "kit-checklist": (
        "brochures",
        "business_cards",
        "notebook",
        "pen",
        "overview_sheet",
        "promotional_items",
        "gifts",
        "record_tools",
    ),
    "need": ("what", "product", "source", "noted_on", "customer_view", "our_view"),
    "on-site-check": ("logo", "material", "tidiness"),
    "relationship-card": ("name", "employer", "post", "address", "contact", "confirmed_on"),
    "visit-record-card": ("visited_on", "visitor", "contact", "purpose", "outcome"),
}
PAGES = ("regulation",)
ROLES = ("general_manager", "service_manager", "account_manager", "relationship_specialist")


def offer() -> Catalogue:
    """The catalogue against which the packs are checked."""
    return catalogue(KINDS, actions=ACTIONS, forms=FORMS, pages=PAGES, roles=ROLES)
