"""Every action of visits by every person of the cast, wrong orders, and ids of other people's visits."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.domains.customers.models import Account
from guanxi.domains.visits import reads
from guanxi.domains.visits.models import STEPS, Visit
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound, all_actions

from .situation import DAY, HOUR, NOON, arrived, confirmed, contact, customer, do, gift, left, planned, state

pytestmark = pytest.mark.django_db

PEOPLE = ("lin", "zhao", "wang", "chen", "zhou", "wu", "sun")
SEES = {"lin", "wang", "chen", "zhou"}
"""Who may see a visit of lin's to lin's customer."""
ON_VISIT: dict[str, tuple[Any, dict[str, Any], set[str]]] = {
    "visits.edit": (planned, {"target": "甲"}, {"lin", "wang"}),
    "visits.cancel": (planned, {"reason_code": "ill"}, {"lin", "wang"}),
    "visits.prepare": (planned, {}, {"lin"}),
    "visits.acknowledge_promotions": (planned, {}, {"lin"}),
    "visits.confirm": (planned, {}, {"lin"}),
    "visits.check_in": (confirmed, {}, {"lin"}),
    "visits.not_met": (confirmed, {}, {"lin"}),
    "visits.capture": (arrived, {"lines": [{"kind": "topic", "text": "甲"}]}, {"lin"}),
    "visits.check_out": (arrived, {}, {"lin"}),
    "visits.report": (left, {"summary": "甲", "no_conflict": True, "no_help": True}, {"lin"}),
    "visits.attach": (
        planned,
        {"file_name": "现场.jpg", "stored": "0" * 48, "size": 1, "sha256": "", "file_kind": "jpg"},
        {"lin"},
    ),
    "visits.set_next": (left, {"reason": "甲"}, {"lin"}),
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", ON_VISIT)
def test_action_by_person(cast, hengyuan: Account, name: str, who: str) -> None:
    """Given lin's visit; who works on it may; who only sees it is told whose it is; others find nothing."""
    given, more, allowed = ON_VISIT[name]
    visit, person = given(cast.lin, hengyuan), getattr(cast, who)
    if who in allowed:
        do(name, person, NOON + HOUR, visit=visit.pk, **more)
        return
    refused = Forbidden if who in SEES or not person.may("visits.work") else NotFound
    with pytest.raises(refused):
        do(name, person, NOON + HOUR, visit=visit.pk, **more)


def test_every_action_of_visits_is_tried_here() -> None:
    others = {
        "visits.plan",
        "visits.drop_in",
        "visits.reassign",
        "visits.reassign_back",
        "visits.amend_report",
        "visits.save_kit_item",
        "visits.save_playbook",
        "visits.undo",
        "visits.hand_over",
        "visits.import_row",  # tried in test_importing.py
        "visits.undo_import_rows",
    }
    assert {n for n in all_actions() if n.startswith("visits.")} == set(ON_VISIT) | others


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("lin", None),
        ("zhao", NotFound),
        ("wang", None),
        ("chen", None),
        ("zhou", Forbidden),
        ("wu", Forbidden),
        ("sun", NotFound),
    ],
)
def test_planning_for_oneself(cast, hengyuan: Account, who: str, expected) -> None:
    if expected:
        with pytest.raises(expected):
            planned(getattr(cast, who), hengyuan)
    else:
        assert planned(getattr(cast, who), hengyuan).owner == getattr(cast, who)


def test_planning_for_others_belongs_to_who_assigns(cast, hengyuan: Account) -> None:
    visit = planned(cast.wang, hengyuan, owner=cast.zhao.pk)
    assert (visit.owner, visit.source, visit.department) == (cast.zhao, "assigned", cast.team)
    with pytest.raises(Forbidden):
        planned(cast.lin, hengyuan, owner=cast.zhao.pk)


@pytest.mark.parametrize("who", [p for p in PEOPLE if p != "wang"])
def test_only_who_assigns_hands_over(cast, hengyuan: Account, who: str) -> None:
    visit = planned(cast.lin, hengyuan)
    with pytest.raises(Forbidden):
        do("visits.reassign", getattr(cast, who), visits=[visit.pk], owner=cast.zhao.pk)
    do("visits.reassign", cast.wang, visits=[visit.pk], owner=cast.zhao.pk)
    seq = Fact.objects.filter(kind="visit.reassigned").latest("seq").pk
    with pytest.raises((Forbidden, NotFound)):  # what another did, nobody takes back
        do("visits.reassign_back", getattr(cast, who), first=seq, last=seq)


@pytest.mark.parametrize("who", [p for p in PEOPLE if p != "wang"])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("visits.save_kit_item", {"name_zh": "笔", "name_en": "Pen"}),
        ("visits.save_playbook", {"title_zh": "笔", "title_en": "Pen"}),
    ],
)
def test_templates_are_the_service_managers(cast, name: str, data: dict, who: str) -> None:
    with pytest.raises(Forbidden):
        do(name, getattr(cast, who), **data)
    assert do(name, cast.wang, **data).pk


@pytest.mark.parametrize("who", PEOPLE)
def test_who_sees_lins_visit(cast, hengyuan: Account, who: str) -> None:
    visit = planned(cast.lin, hengyuan)
    assert reads.visible(getattr(cast, who)).filter(pk=visit.pk).exists() == (who in SEES)


def test_visits_to_a_key_customer_follow_the_customer(cast, hengyuan: Account) -> None:
    """R5.20: not even the auditor and the service manager see them, unless they stand above its manager."""
    Account.objects.filter(pk=hengyuan.pk).update(key=True)
    visit = planned(cast.lin, hengyuan)
    seeing = {who for who in PEOPLE if reads.visible(getattr(cast, who)).filter(pk=visit.pk).exists()}
    assert seeing == {"lin", "wang", "chen"}  # wang heads the department above


def test_nobody_sees_nothing_less_than_nothing(cast, hengyuan: Account) -> None:
    planned(cast.lin, hengyuan)
    assert not reads.visible(None).exists()


def test_every_wrong_order_names_the_state(cast) -> None:
    """For each state and each step that is not possible there, the answer is a Conflict that says where it stands."""
    made = {
        "planned": planned(cast.lin, customer(cast.lin, "一")),
        "confirmed": confirmed(cast.lin, customer(cast.lin, "二")),
        "checked_in": arrived(cast.lin, customer(cast.lin, "三")),
        "completed": left(cast.lin, customer(cast.lin, "四")),
    }
    reported = left(cast.lin, customer(cast.lin, "五"))
    do("visits.report", cast.lin, NOON + HOUR, visit=reported.pk, summary="好")
    annulled = planned(cast.lin, customer(cast.lin, "六"))
    do("visits.cancel", cast.lin, visit=annulled.pk, reason_code="ill")
    not_met = confirmed(cast.lin, customer(cast.lin, "七"))
    do("visits.not_met", cast.lin, visit=not_met.pk)
    made |= {"reported": reported, "annulled": annulled, "not_met": not_met}
    for expected, visit in made.items():
        assert state(visit) == expected
        for step, ways in STEPS.items():
            fresh = Visit.objects.get(pk=visit.pk)
            if expected in ways:
                fresh.step(step)
                continue
            with pytest.raises(Conflict, match="这次拜访"):
                fresh.step(step)
    with pytest.raises(Conflict, match="这次拜访已计划，不能签到"):
        do("visits.check_in", cast.lin, visit=made["planned"].pk)
    with pytest.raises(Conflict, match="这次拜访已取消"):
        do("visits.confirm", cast.lin, visit=annulled.pk)
    with pytest.raises(Conflict, match="这次拜访已报告，不能记录"):
        do("visits.capture", cast.lin, NOON + DAY, visit=reported.pk, lines=[{"kind": "topic", "text": "甲"}])


def test_a_contact_of_another_customer_is_refused_at_its_field(cast, hengyuan: Account) -> None:
    stranger = contact(customer(cast.sun, "别家"))
    with pytest.raises(Invalid) as caught:
        planned(cast.lin, hengyuan, contact=stranger.pk)
    assert list(caught.value.errors) == ["contact"]


@pytest.mark.parametrize("where", ["with somebody else", "of somebody else", "never planned"])
def test_what_comes_of_a_visit_names_one_that_was_made_to_this_customer(
    cast, hengyuan: Account, where: str
) -> None:
    named = {
        "with somebody else": lambda: planned(cast.lin, customer(cast.lin, "另一家")).pk,
        "of somebody else": lambda: planned(cast.sun, customer(cast.sun, "别家")).pk,
        "never planned": lambda: 999_999,
    }[where]()
    own = planned(cast.lin, hengyuan).pk
    about = {"customer": hengyuan.pk, "what": "扩产线"}
    tea = gift()
    for name, data in (
        ("needs.add", about),
        ("promises.make", {**about, "due_on": "2026-03-09"}),
        ("materials.issue", {"item": tea.pk, "customer": hengyuan.pk}),
        ("needs.confirm", {"need": do("needs.add", cast.lin, **about).pk}),
    ):
        with pytest.raises(NotFound):
            do(name, cast.lin, visit=named, **data)
        do(name, cast.lin, visit=own, **data)


def test_a_visit_to_a_customer_that_was_merged_is_one_to_the_customer_that_stays(
    cast, hengyuan: Account
) -> None:
    visit = planned(cast.lin, customer(cast.lin, "恒远电子厂"))
    do("customers.merge", cast.wang, customer=hengyuan.pk, other=visit.customer_id)
    assert do("needs.add", cast.lin, customer=hengyuan.pk, what="扩产线", visit=visit.pk).visit_id == visit.pk
