"""Every case beside a pack holds, under China's working days of 2026."""

from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import constants

from guanxi.cores.norms.cases import CaseResult, run_cases
from guanxi.packs.tests.test_packs import OFFER, PACKS, WITH_CONTROLS, pack

YEAR = 2026


def calendar() -> dict[str, object]:
    """The year's holidays and make-up days, as a `calendar.loaded` fact holds them."""
    days = {day.isoformat(): "rest" for day in constants.holidays if day.year == YEAR}
    days |= {day.isoformat(): "work" for day in constants.workdays if day.year == YEAR}
    return {"year": YEAR, "published": True, "days": days, "hours": [["09:00", "12:00"], ["13:00", "18:00"]]}


def cases(folder: str) -> list[CaseResult]:
    file = PACKS / folder / "cases.yaml"
    text = file.read_text(encoding="utf-8")
    return run_cases(text, file.name, pack(folder), OFFER, ZoneInfo("Asia/Shanghai"), [calendar()])


@pytest.mark.parametrize(
    "case", [c for folder in WITH_CONTROLS for c in cases(folder)], ids=lambda c: c.name.split(" / ")[1]
)
def test_case(case: CaseResult) -> None:
    assert case.passed, f"{case.file}:{case.line}: {'; '.join(case.faults)}"


@pytest.mark.parametrize("folder", WITH_CONTROLS)
def test_every_duty_gate_and_measure_has_a_case(folder: str) -> None:
    text = (PACKS / folder / "cases.yaml").read_text(encoding="utf-8")
    loaded = pack(folder)
    for control in (*loaded.duties, *loaded.gates):
        assert any(clause in text for clause in control.clauses), control.id
    for measure in loaded.measures:
        assert measure.id in text, measure.id
