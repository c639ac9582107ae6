"""Who depends on a field: packages above say it, so that a change which would break them is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from guanxi.platform.kernel import Conflict, Reason, Refused

from .types import Own

Rules = Callable[[Own], Sequence[Reason]]
Work = Callable[[Own], Sequence[Conflict]]
_rules: list[Rules] = []
_work: list[Work] = []


def used_by_rules(finder: Rules) -> None:
    """Declare who knows which clauses of which versions read a field."""
    if finder not in _rules:
        _rules.append(finder)


def used_by_work(finder: Work) -> None:
    """Declare who knows what is being done with a field at the moment."""
    if finder not in _work:
        _work.append(finder)


def clauses(own: Own) -> list[Reason]:
    """The clauses that read a field, each with its version."""
    return [reason for finder in _rules for reason in finder(own)]


def refuse_used(action: str, own: Own) -> None:
    """Refused, naming clause and version, where one reads the field; Conflict, naming the work, where some is under way."""
    found = clauses(own)
    if found:
        raise Refused(action, found)
    for finder in _work:
        for conflict in finder(own):
            raise conflict
