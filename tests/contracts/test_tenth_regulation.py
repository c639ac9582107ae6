"""Given the how-to page for packs, when its three files are added as a tenth regulation, then it executes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from guanxi.platform.kernel import Refused
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.replay import differences
from guanxi.platform.regulations.working import case_results
from tests.company import START, bring_into_force, do

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "write-a-regulation-pack.md"
FILES = dict(re.findall(r"```yaml\n# (\w+\.yaml)\n(.*?)```", PAGE.read_text(), re.S))


@pytest.fixture
def tenth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The page's files as a folder of packs."""
    folder = tmp_path / "r10_after_grading"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(packs, "FOLDER", tmp_path)
    for cached in (packs.shipped, packs.shipped_cases):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (packs.shipped, packs.shipped_cases):
        cached.cache_clear()


def test_the_page_holds_three_files() -> None:
    assert sorted(FILES) == ["cases.yaml", "clauses.yaml", "pack.yaml"]


def test_its_cases_hold(tenth: None) -> None:
    results = case_results("R10", packs.load(packs.shipped()["R10"]))
    assert [(r.name, r.faults) for r in results if r.faults] == []
    assert len(results) == 2


def test_it_executes(cast: Cast, tenth: None) -> None:
    bring_into_force(cast, "R10")
    at = START + timedelta(hours=1)
    customer = do(cast.lin, at, "customers.create", name="恒远电子", kinds=["company"]).value
    do(cast.wang, at, "customers.grade", customer=customer.pk, grade="A", reason="年用量大")
    duty = Obligation.objects.get(clause="R10.1")
    assert (duty.owner, duty.state) == (str(cast.lin.pk), "open")
    do(cast.lin, at, "promises.make", customer=customer.pk, what="寄样册", due_on="2026-02-01")
    with pytest.raises(Refused) as refused:
        do(cast.wang, at, "customers.close", customer=customer.pk, reason_code="other", reason="停业")
    assert [f.clause for f in refused.value.failures] == ["R10.2"]
    do(cast.lin, at + timedelta(hours=2), "timeline.note", customer=customer.pk, kind="call", text="已致谢")
    duty.refresh_from_db()
    assert duty.state == "fulfilled"
    assert differences() == []
