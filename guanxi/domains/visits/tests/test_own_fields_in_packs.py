"""Given a version whose clauses read fields of visits, then visits are judged by them, and the fields stay what they are."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from guanxi.platform.kernel import Refused, fixed_clock
from guanxi.platform.ownfields.models import OwnField
from guanxi.platform.ownfields.tests.test_fields import define
from guanxi.platform.regulations.models import Obligation, Version
from guanxi.platform.regulations.replay import differences
from tests.company import approve, bring_into_force

from .situation import DAY, HOUR, NOON, do, left, planned

pytestmark = pytest.mark.django_db
SAID = {"summary": "谈妥", "no_conflict": True, "no_help": True, "information": "开了新厂"}
CONTROLS: list[dict[str, Any]] = [
    {
        "id": "hall-known",
        "kind": "gate",
        "clause": "R1.3",
        "action": "visits.confirm",
        "require": "own.hall != null",
        "words": {"zh": "没有写明展厅", "en": "The hall is not stated"},
    },
    {
        "id": "offer-in-the-report",
        "kind": "gate",
        "clause": "R1.16.1",
        "action": "visits.report",
        "require": "own.hall != 'b' || own.offer != null",
        "words": {"zh": "二号厅的拜访要写报价", "en": "A visit in hall 2 needs an offer"},
    },
    {
        "id": "hall-two-goes-on",
        "kind": "gate",
        "clause": "R1.17",
        "action": "visits.set_next",
        "require": "has_date || own.hall != 'b'",
        "words": {"zh": "二号厅的客户要约下次", "en": "After hall 2 a next date is set"},
    },
    {
        "id": "review-of-large-offers",
        "kind": "duty",
        "clause": "R1.17",
        "does": "customers.review",
        "trigger": {
            "fact": "visit.reported",
            "where": "own.offer != null && own.offer >= 10000 && own.hall == 'b'",
        },
        "owner": ["customer.manager"],
        "due": {"end_of_working_day_after": "report_days", "from": "happened_at"},
        "fulfilled_by": {"fact": "customer.reviewed", "same": "customer"},
        "words": {"zh": "大额报价，复核", "en": "A large offer: review"},
    },
]


@pytest.fixture
def own(cast) -> dict[str, OwnField]:
    before = fixed_clock(NOON - 31 * DAY)
    return {
        "hall": define(cast.wang, "hall", "choice", "展厅", before, of="visit", choices="a = 一号厅\nb = 二号厅"),
        "offer": define(cast.wang, "offer", "money", "报价", before, of="visit", step="report"),
        "other": define(cast.wang, "hall", "choice", "展厅", before, choices="x = 甲"),
    }  # fmt: skip


@pytest.fixture
def in_force(cast, own) -> Version:
    bring_into_force(cast, "R1", at=NOON - 20 * DAY)
    start = NOON - 10 * DAY
    version: Version = do("regulations.draft", cast.wang, start, regulation="R1", source="current")
    file = next(name for name, text in version.source.items() if "\ncontrols:" in text)
    document = yaml.safe_load(version.source[file])
    document["controls"] += CONTROLS
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    do("regulations.edit_source", cast.wang, start, version=version.pk, file=file, text=text)
    do("regulations.submit", cast.wang, start, version=version.pk)
    return approve(cast, version.pk, start)


def test_conditions_read_a_visits_fields_as_it_is_confirmed_and_reported(cast, in_force, hengyuan) -> None:
    assert in_force.state == "in_force"
    visit = planned(cast.lin, hengyuan, NOON)
    with pytest.raises(Refused) as refused:
        do("visits.confirm", cast.lin, NOON - HOUR, visit=visit.pk)
    assert ("R1.3", in_force.name) in [(r.clause, r.version) for r in refused.value.failures]
    visit = left(
        cast.lin,
        hengyuan,
        NOON + 3 * HOUR,
        [{"kind": "need", "text": "要车位", "key": "n"}],
        own={"hall": "b"},
    )
    with pytest.raises(Refused) as refused:
        do("visits.report", cast.lin, NOON + 5 * HOUR, visit=visit.pk, **SAID)
    assert [r.text.zh for r in refused.value.failures] == ["二号厅的拜访要写报价"]
    do("visits.report", cast.lin, NOON + 5 * HOUR, visit=visit.pk, **SAID, own={"offer": "12000.50"})
    assert Obligation.objects.filter(control="review-of-large-offers").count() == 1
    with pytest.raises(Refused) as refused:
        do("visits.set_next", cast.lin, NOON + 6 * HOUR, visit=visit.pk, reason="没空")
    assert "二号厅的客户要约下次" in [r.text.zh for r in refused.value.failures]
    assert list(differences()) == []


def test_the_visits_field_is_kept_by_name_and_the_customers_of_the_same_code_is_free(
    cast, in_force, own
) -> None:
    with pytest.raises(Refused) as refused:
        do("ownfields.retire", cast.wang, NOON, field=own["hall"].pk)
    assert [(r.clause, r.version) for r in refused.value.failures] == [
        ("R1.3", in_force.name), ("R1.16.1", in_force.name), ("R1.17", in_force.name),
        ("R1.17", in_force.name),
    ]  # fmt: skip
    do("ownfields.retire", cast.wang, NOON, field=own["other"].pk)
