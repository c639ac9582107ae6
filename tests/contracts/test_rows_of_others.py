"""Given every field of every action that names a row, when somebody names one that they may not see, then the answer is
the same as for a row that does not exist, and nothing is written but the attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
from django.db import transaction

from guanxi.platform.approvals.kinds import all_approval_kinds
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import ActionError, Invalid, all_actions, may, perform
from guanxi.platform.people.models import Person
from guanxi.platform.ui.registry import get_picker

from .rows import COMPANYWIDE, PERSONAL, absent, fields, hidden, of, plausible, put
from .strangers import Houses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("houses")]

ACTIONS = {name: action for name, action in all_actions().items() if not name.startswith("test.")}


@dataclass(frozen=True)
class Named:
    """A field that names a row of somebody's. path: where it stands ('approvals.0.approval')."""

    action: str
    path: str
    kind: str
    beside: dict[str, Any] = field(default_factory=dict)


SAID_ELSEWHERE = [
    Named("approvals.decide_many", "approvals.0.approval", "approval"),
    Named("contacts.unmerge", "merger", "contact_merger"),
    Named("customers.take_back_comment", "fact", "fact"),
    Named("customers.undo", "fact", "fact"),
    Named("customers.unmerge", "merger", "merger"),
    Named("gates.ask_exception", "subject_id", "customer", {"subject_kind": "customer"}),
    Named("gates.ask_exception", "subject_id", "visit", {"subject_kind": "visit"}),
    Named("obligations.ask_waiver", "obligation", "obligation"),
    Named("obligations.resume", "obligation", "obligation"),
    Named("obligations.suspend", "obligation", "obligation"),
    Named("views.change_back", "fact", "fact"),
    Named("visits.undo", "fact", "fact"),
]
"""Fields that name a row without saying so in `of`."""
SEEN_BY_ALL_WHO_MAY = {
    "handover.cancel": "whoever arranges hand-overs sees them all",
    "handover.excuse": "whoever arranges hand-overs sees them all",
    "regulations.put_in_force": "the general manager decides on every version",
}
"""Actions whose right lets one see every row that they take."""
ONE_BY_ONE = {"approvals.decide_many": "it is done; what could not be decided stands in its answer"}
MERE_NUMBERS = {
    *("year", "version", "other_version", "subject", "quantity", "low", "shown", "order", "row"),
    *("first", "last"),
    *("decimals", "longest"),
}
"""Numbers that name no row of somebody's. `subject` is tried by itself; `shown` are promotions, which are everybody's;
`first` and `last` bound one's own facts."""
ROLES_EACH = 2
"""How many roles try a field: each that holds the right goes through the same filter."""


def named() -> list[Named]:
    said = [
        Named(name, path, of(info))
        for name, action in ACTIONS.items()
        for path, info, _ in fields(action.Input)
        if of(info) in PERSONAL
    ]
    return [n for n in said if n not in SAID_ELSEWHERE] + SAID_ELSEWHERE


def beside(action: str) -> dict[str, Any]:
    """What else an action wants before it looks at the row."""
    wanted: dict[str, dict[str, Any]] = {
        "attachments.add": {"file_name": "x.pdf", "stored": "0" * 48, "file_kind": "pdf", "sha256": ""},
        "attachments.judge": {"outcome": "clean"},
        "competitors.observe": {"new_name": "新对手"},
        "customers.grade": {"grade": "B"},
        "handover.arrange": {"taker": Person.objects.get(username="zhao").pk},
        "visits.attach": {"file_name": "x.pdf", "stored": "0" * 48, "file_kind": "pdf", "sha256": ""},
        "visits.capture": {"lines": [{"kind": "topic", "text": "甲"}]},
    }
    return wanted.get(action, {})


def answer(one: Named, id: Any, person: Person) -> tuple[Any, set[str]]:
    """All that a caller could tell apart, and the kinds of the facts written; what it did is taken back."""
    action = ACTIONS[one.action]
    data = plausible(action, person) | beside(one.action) | one.beside
    before = Fact.objects.count()
    with transaction.atomic():
        try:
            done = perform(one.action, put(data, one.path, id), actor=person)
            said: Any = ("done", str(done.value).replace(str(id), "…"))
        except Invalid as error:
            said = {name: [(m.zh, m.en) for m in messages] for name, messages in error.errors.items()}
        except ActionError as error:
            said = (type(error).__name__, error.text.zh, error.text.en)
        kinds = set(Fact.objects.order_by("seq").values_list("kind", flat=True)[before:])
        transaction.set_rollback(True)
    return said, kinds


def askers(one: Named, houses: Houses) -> list[Person]:
    """Strangers who hold the right to the action and from whom a row of that kind is hidden."""
    able = (p for p in houses.strangers.values() if may(p, one.action) and hidden(one.kind, p) is not None)
    return list(islice(able, ROLES_EACH))


def asked_for(one: Named, said: Any) -> bool:
    """Whether the answer is about the row: not there, or not fit for this field or for what stands beside it."""
    return said[0] == "NotFound" if isinstance(said, tuple) else set(said) <= {one.path, ""}


@pytest.mark.parametrize("kind", sorted(PERSONAL))
def test_somebody_elses_row_is_answered_like_one_that_is_not_there(kind: str, houses: Houses) -> None:
    found = []
    for one in named():
        if one.kind != kind:
            continue
        for person in askers(one, houses):
            theirs, wrote = answer(one, hidden(kind, person), person)
            nothing, _ = answer(one, absent(kind), person)
            if theirs != nothing:
                found.append(f"{one.action} {one.path}: {person} is told {theirs} instead of {nothing}")
            if not (asked_for(one, theirs) or one.action in ONE_BY_ONE):
                found.append(f"{one.action} {one.path}: {theirs} says nothing about the row; see beside()")
            if wrote - {"action.refused"}:
                found.append(f"{one.action} {one.path}: {wrote} was written")
    assert not found, "\n".join(found)


def test_every_field_was_tried_by_somebody(houses: Houses) -> None:
    assert {one.action for one in named() if not askers(one, houses)} == set(SEEN_BY_ALL_WHO_MAY)


def test_every_number_of_an_input_is_a_row_or_a_mere_number() -> None:
    """A field that names a row without saying so would be tried by nobody."""
    unsaid = {(one.action, one.path) for one in SAID_ELSEWHERE}
    numbers = {
        path.removesuffix(".0").rpartition(".")[2]
        for name, action in ACTIONS.items()
        for path, info, kind in fields(action.Input)
        if kind is int and not of(info) and (name, path) not in unsaid and not action.internal
    }
    assert numbers == MERE_NUMBERS
    kinds = {of(info) for a in ACTIONS.values() for _, info, _ in fields(a.Input)} - {""}
    assert kinds <= set(PERSONAL) | set(COMPANYWIDE)


def test_an_approval_is_asked_for_by_its_own_action_only(houses: Houses) -> None:
    """`approvals.request` names its subject by kind and number: whoever may not see it is told so."""
    found = []
    for kind in all_approval_kinds():
        one = Named("approvals.request", "subject", "approval", {"kind": kind})
        for person in houses.strangers.values():
            if may(person, one.action):
                first, absent_one = answer(one, 1, person), answer(one, 999_999, person)
                if first != absent_one or first[1] - {"action.refused"}:
                    found.append(f"{kind}: {person} is told {first} instead of {absent_one}")
                break
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", sorted(PERSONAL))
def test_a_form_names_no_row_that_its_reader_may_not_see(kind: str, houses: Houses) -> None:
    picker = get_picker(kind)
    if picker is None:
        return
    for person in houses.strangers.values():
        id = hidden(kind, person)
        if id is not None:
            assert picker.label(person, id) == ""
