"""Given a version whose clauses read a field of the company's own, then it judges by it, and the field stays what it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from guanxi.domains.customers.models import Account
from guanxi.platform.kernel import Invalid, Refused, fixed_clock, perform
from guanxi.platform.ownfields.models import OwnField
from guanxi.platform.ownfields.tests.test_fields import as_, define
from guanxi.platform.regulations.models import Obligation, Version
from guanxi.platform.regulations.replay import differences
from tests.company import approve, bring_into_force

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CONTROLS: list[dict[str, Any]] = [
    {
        "id": "floor-known",
        "kind": "gate",
        "clause": "R5.17",
        "action": "customers.create",
        "require": "own.floor != null && own.floor >= 100",
        "words": {"zh": "面积不足 100", "en": "Less than 100 of floor"},
    },
    {
        "id": "chip-closed-by-hand",
        "kind": "gate",
        "clause": "R5.18",
        "action": "customers.close",
        "require": "customer.own.industry != 'chip'",
        "words": {"zh": "芯片客户不停用", "en": "Chip customers are not closed"},
    },
    {
        "id": "review-after-industry",
        "kind": "duty",
        "clause": "R5.2",
        "does": "customers.review",
        "trigger": {"fact": "customer.updated", "where": "own.industry != null && own.industry == 'chip'"},
        "owner": ["customer.manager"],
        "due": {"end_of_working_day_after": "review_days", "from": "happened_at"},
        "fulfilled_by": {"fact": "customer.reviewed", "same": "customer"},
        "words": {"zh": "行业变了，复核", "en": "Its industry changed: review"},
    },
]


def do(who: Any, action: str, /, at: datetime = AT, **data: Any) -> Any:
    return perform(action, data, actor=who, clock=fixed_clock(at)).value


@pytest.fixture
def own(cast) -> dict[str, OwnField]:
    before = fixed_clock(AT - timedelta(days=11))  # no fact is older than the one before it
    choices = "chip = 芯片\nsoft = 软件"
    return {
        "floor": define(cast.wang, clock=before),
        "industry": define(cast.wang, "industry", "choice", "行业", before, choices=choices),
    }


def draft(cast, controls: list[dict[str, Any]]) -> Version:
    version: Version = do(cast.wang, "regulations.draft", regulation="R5", source="current")
    file = next(name for name, text in version.source.items() if "\ncontrols:" in text)
    document = yaml.safe_load(version.source[file])
    document["controls"] += controls
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    do(cast.wang, "regulations.edit_source", version=version.pk, file=file, text=text)
    version.refresh_from_db()
    return version


@pytest.fixture
def in_force(cast, own) -> Version:
    bring_into_force(cast, "R5", at=AT - timedelta(days=10))
    version = draft(cast, CONTROLS)
    do(cast.wang, "regulations.submit", version=version.pk)
    return approve(cast, version.pk, AT)


LATER = AT + timedelta(days=1)
MINUTE = timedelta(minutes=1)
"""What happens at the very same moment has no order of its own."""


def test_conditions_read_what_is_entered_what_is_known_and_what_changed(cast, in_force) -> None:
    assert in_force.state == "in_force"
    with pytest.raises(Refused) as refused:
        do(cast.lin, "customers.create", LATER, name="甲公司", own={"floor": 99})
    assert [(r.clause, r.version) for r in refused.value.failures] == [("R5.17", in_force.name)]
    made = do(cast.lin, "customers.create", LATER, name="甲公司", own={"floor": 100, "industry": "soft"})
    before = Obligation.objects.filter(control="review-after-industry").count()
    do(cast.lin, "customers.update", LATER + MINUTE, customer=made.pk, own={"industry": "chip"})
    assert Obligation.objects.filter(control="review-after-industry").count() == before + 1
    with pytest.raises(Refused) as refused:
        do(cast.wang, "customers.close", LATER, customer=made.pk, reason_code="other", reason="停产")
    assert [r.clause for r in refused.value.failures] == ["R5.18"]
    do(cast.lin, "customers.update", LATER + 2 * MINUTE, customer=made.pk, own={"industry": None})
    do(cast.wang, "customers.close", LATER + 3 * MINUTE, customer=made.pk, reason_code="other", reason="停产")
    assert not Account.objects.get().active
    assert list(differences()) == []


def test_a_field_that_a_version_reads_keeps_its_name_and_stays(cast, in_force, own) -> None:
    for action, data in (
        ("ownfields.change", {"label_zh": "楼面"}),
        ("ownfields.retire", {}),
    ):
        with pytest.raises(Refused) as refused:
            do(cast.wang, action, LATER, field=own["floor"].pk, **data)
        assert [(r.clause, r.version) for r in refused.value.failures] == [("R5.17", in_force.name)]
        assert f"第 {in_force.number} 版（生效中）的 R5.17" in refused.value.failures[0].text.zh
    with pytest.raises(Refused):  # a choice that a condition may name
        do(
            cast.wang,
            "ownfields.change",
            LATER,
            field=own["industry"].pk,
            label_zh="行业",
            choices="soft = 软件",
        )
    do(cast.wang, "ownfields.change", LATER, field=own["floor"].pk, label_zh="面积", help="含公摊")
    page = as_(cast.wang).post(f"/own-fields/{own['floor'].pk}/", {"label_zh": "楼面", "_key": "a" * 32})
    assert page.status_code == 409
    assert "R5.17" in page.content.decode()
    assert "楼面" in page.content.decode()


def test_a_draft_counts_too_and_frees_the_field_when_it_is_discarded(cast, own) -> None:
    bring_into_force(cast, "R5", at=AT - timedelta(days=10))
    version = draft(cast, CONTROLS[:1])
    with pytest.raises(Refused) as refused:
        do(cast.wang, "ownfields.retire", field=own["floor"].pk)
    assert "草稿" in refused.value.failures[0].text.zh
    do(cast.wang, "ownfields.retire", field=own["industry"].pk)
    do(cast.wang, "regulations.discard", version=version.pk)
    do(cast.wang, "ownfields.retire", field=own["floor"].pk)


def test_a_pack_that_names_a_field_nobody_defined_is_refused_with_the_line(cast, own) -> None:
    bring_into_force(cast, "R5", at=AT - timedelta(days=10))
    version = do(cast.wang, "regulations.draft", regulation="R5", source="current")
    file = next(name for name, text in version.source.items() if "\ncontrols:" in text)
    text = version.source[file].replace("where: regraded", "where: own.flor > 3")
    with pytest.raises(Invalid, match=r"own|flor"):
        do(cast.wang, "regulations.edit_source", version=version.pk, file=file, text=text)


def test_a_personal_field_is_not_for_conditions(cast) -> None:
    define(cast.wang, "floor", personal=True)
    bring_into_force(cast, "R5", at=AT - timedelta(days=10))
    with pytest.raises(Invalid, match="own"):
        draft(cast, CONTROLS[:1])


def test_a_field_of_another_type_is_read_under_its_new_name_and_kept_by_it(cast, own) -> None:
    bring_into_force(cast, "R5", at=AT - timedelta(days=10))
    do(cast.wang, "ownfields.retype", field=own["floor"].pk, type="choice", choices="big = 大\nsmall = 小")
    draft(cast, [{**CONTROLS[0], "require": "own.floor__2 != null && own.floor__2 == 'big'"}])
    for action, data in (("ownfields.retire", {}), ("ownfields.retype", {"type": "text"})):
        with pytest.raises(Refused) as refused:
            do(cast.wang, action, field=own["floor"].pk, **data)
        assert [r.clause for r in refused.value.failures] == ["R5.17"]
