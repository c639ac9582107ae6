"""The kit list and the playbook: seeded once, changed by the service manager, found by purpose."""

from __future__ import annotations

import pytest

from guanxi.domains.visits.models import KitItem, PlaybookEntry
from guanxi.domains.visits.reads.templates import kit_for, playbook, playbook_for
from guanxi.domains.visits.seeding import KIT, PLAYBOOK, seed
from guanxi.domains.visits.surface import KIT_CODES
from guanxi.domains.visits.words import PURPOSES, SECTIONS
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Invalid, fixed_clock
from guanxi.platform.people.rights import SYSTEM

from .situation import NOON, do, kit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("actor", ["wang", "system"])
def test_seeding_writes_through_actions_and_only_once(cast, actor: str) -> None:
    who = SYSTEM if actor == "system" else cast.wang
    assert seed(who, fixed_clock(NOON)) == len(KIT) + len(PLAYBOOK)
    assert seed(who, fixed_clock(NOON)) == 0
    assert Fact.objects.filter(kind="kit.saved").count() == len(KIT) == KitItem.objects.count()
    assert {code for code, _, _ in KIT} == set(KIT_CODES)


def test_the_seeded_playbook_knows_every_purpose_and_section(cast) -> None:
    seed(cast.wang, fixed_clock(NOON))
    assert set(PlaybookEntry.objects.values_list("section", flat=True)) == set(SECTIONS)
    assert set(PlaybookEntry.objects.values_list("purpose", flat=True)) == {"", *PURPOSES} - {"other"}
    assert playbook_for("objection")[0].purpose == "objection"
    assert {e.purpose for e in playbook_for("objection")} == {"", "objection"}


def test_the_playbook_is_found_by_words_in_either_language(cast) -> None:
    seed(cast.wang, fixed_clock(NOON))
    assert [e.title_en for e in playbook("异议 四步")] == [e.title_en for e in playbook("hear out")]
    assert playbook("没有这样的词") == []


def test_an_item_for_one_purpose_is_packed_only_for_it(cast) -> None:
    kit("pen")
    do(
        "visits.save_kit_item",
        cast.wang,
        name_zh="贺卡",
        name_en="Greeting card",
        purpose="festival",
        order=5,
    )
    assert [i.name_en for i in kit_for("routine")] == ["pen"]
    assert {i.name_en for i in kit_for("festival")} == {"pen", "Greeting card"}


def test_a_code_is_given_once(cast) -> None:
    kit("pen")
    with pytest.raises(Invalid) as caught:
        do("visits.save_kit_item", cast.wang, code="pen", name_zh="笔", name_en="Pen")
    assert list(caught.value.errors) == ["code"]
