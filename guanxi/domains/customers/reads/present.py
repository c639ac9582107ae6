"""What there is of a customer's rarer things, in one question: most customers have none of them, and the page asks for the
rows of those only that are there."""

from __future__ import annotations

from guanxi.platform.journal.quick import select

from ..models import Account

NAMES = ("tags", "addresses", "attachments", "observations", "objections", "mergers", "children")
_PRESENT = """SELECT EXISTS(SELECT 1 FROM customers_tagged WHERE customer_id = %s),
    EXISTS(SELECT 1 FROM customers_address WHERE customer_id = %s),
    EXISTS(SELECT 1 FROM customers_attachment WHERE customer_id = %s),
    EXISTS(SELECT 1 FROM customers_observation WHERE customer_id = %s),
    EXISTS(SELECT 1 FROM customers_objection WHERE customer_id = %s),
    EXISTS(SELECT 1 FROM customers_merger WHERE into_id = %s AND undone_at IS NULL),
    EXISTS(SELECT 1 FROM customers_account WHERE parent_id = %s)"""


def present(account: Account) -> frozenset[str]:
    """Which of these the customer has; asked once for a row in memory. mergers: those into it that stand."""
    known: frozenset[str] | None = account.__dict__.get("_present")
    if known is None:
        row = select(_PRESENT, *[account.pk] * len(NAMES))[0]
        known = frozenset(name for name, there in zip(NAMES, row, strict=True) if there)
        account.__dict__["_present"] = known
    return known
