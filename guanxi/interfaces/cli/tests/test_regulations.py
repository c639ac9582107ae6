"""Given regulations, when asked on the command line, then what works, how it stands, and whether the journal agrees."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from guanxi.interfaces.cli.main import parser
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.tests import pages_world
from guanxi.platform.regulations.tests.pages_world import CASES, NOON, SOURCE, dim, light, put_in_force, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamps(cast, monkeypatch):
    return put_in_force(monkeypatch)


def ask(*words: str) -> int:
    options = parser().parse_args(["regulations", *words])
    return int(options.run(options))


def test_coverage_names_what_has_no_working_control(cast, lamps, capsys) -> None:
    assert ask("coverage", "--json") == 1
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.1"] == {"id": "R88.1", "controls": ["dimmed", "in-time"], "missing": []}
    assert clauses["R88.2"]["missing"] == []
    assert clauses["R88.3"] == {"id": "R88.3", "controls": ["how"], "missing": ["Guide"]}
    assert clauses["R88.4"] == {"id": "R88.4", "controls": [], "missing": ["Duty"]}


def test_a_guide_works_once_a_page_shows_it(cast, lamps, capsys, monkeypatch) -> None:
    from guanxi.platform.regulations import surface

    place = surface.Place("test.dim", "regulations.detail", lambda person: {"regulation": "R88"})
    monkeypatch.setattr(surface, "_pages", {**surface._pages, "test.dim": place})
    ask("coverage", "--json")
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.3"]["missing"] == []
    # Declared is not shown: that page has no guides of this action.
    ask("coverage", "--json", "--verify")
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.3"]["missing"] == ["Guide"]
    ask("coverage", "--verify")
    assert "how: regulations.detail does not show it" in capsys.readouterr().out
    nobody = surface.Place("test.dim", "regulations.detail", lambda person: None)
    monkeypatch.setattr(surface, "_pages", {**surface._pages, "test.dim": nobody})
    ask("coverage", "--verify")
    assert "how: nobody has a row on which regulations.detail could be tried" in capsys.readouterr().out


def test_a_record_works_once_its_page_has_its_fields(cast, lamps, capsys, monkeypatch) -> None:
    from guanxi.platform.regulations import surface

    def verified() -> list[str]:
        ask("coverage", "--json", "--verify")
        clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
        return list(clauses["R88.2"]["missing"])

    assert verified() == []
    # Its input names the lamp; the page that is said to show it does not.
    elsewhere = surface.Form("test.dim", (), (surface.shows("people.me"),))
    monkeypatch.setattr(surface, "_forms", {**surface._forms, "test.dim": elsewhere})
    assert verified() == ["Record"]
    ask("coverage", "--verify")
    assert "which-lamp: people.me does not show lamp" in capsys.readouterr().out
    ask("coverage", "--json")
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.2"]["missing"] == []


def test_a_guide_is_looked_for_on_the_page_itself(cast, capsys, monkeypatch) -> None:
    source = {
        name: text.replace(
            "    clause: R88.3\n    action: test.dim",
            "    clause: R88.3\n    page: regulation\n    for: [auditor]",
        )
        for name, text in SOURCE.items()
    }
    monkeypatch.setattr(pages_world, "SOURCE", source)
    put_in_force(monkeypatch)
    ask("coverage", "--json", "--verify")
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.3"]["missing"] == []


def test_a_gate_without_a_case_that_shows_the_refusal_does_not_count(
    cast, lamps, capsys, monkeypatch
) -> None:
    silent = CASES.replace("then: {refused: R88.2}", "then: {passed: false}")
    monkeypatch.setattr(packs, "shipped_cases", lambda: {"R88": ("r88/cases.yaml", silent)})
    ask("coverage", "--json")
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.2"]["missing"] == ["Gate"]
    ask("coverage")
    assert "no case shows the refusal" in capsys.readouterr().out


def test_verify_asks_the_data_for_a_number(cast, lamps, capsys) -> None:
    ask("coverage", "--json", "--verify")
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.1"]["missing"] == ["Duty", "Measure"]
    light(cast.lin, 1)
    dim(cast.lin, 1, at=NOON + timedelta(hours=1))
    ask("coverage", "--json", "--verify")
    clauses = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert clauses["R88.1"]["missing"] == []


def test_status_counts_by_clause(cast, lamps, capsys) -> None:
    light(cast.lin, 1)
    light(cast.lin, 2)
    tick(NOON + timedelta(hours=3))
    light(cast.lin, 3, at=NOON + timedelta(hours=3))
    assert ask("status", "--json") == 0
    rows = {c["id"]: c for c in json.loads(capsys.readouterr().out)["clauses"]}
    assert rows["R88.1"] == {
        "id": "R88.1", "open": 1, "waiting": 0, "fulfilled": 0, "late": 0, "missed": 2, "waived": 0, "void": 0,
        "suspended": 0,
    }  # fmt: skip
    assert rows["R88.4"]["open"] == 0
    ask("status")
    assert "R88.1" in capsys.readouterr().out


def test_replay_is_clean_and_finds_what_was_changed_by_hand(cast, lamps, capsys) -> None:
    light(cast.lin, 1)
    assert ask("replay") == 0
    assert capsys.readouterr().out.strip() == "clean"
    Obligation.objects.update(state="fulfilled")
    assert ask("replay", "--json") == 1
    assert json.loads(capsys.readouterr().out)["differences"]


def test_cases_are_run(cast, lamps, capsys, monkeypatch) -> None:
    assert ask("test", "r88") == 0
    assert "2 of 2 cases hold" in capsys.readouterr().out
    wrong = CASES.replace("2026-03-05T14:00", "2026-03-05T15:00")
    monkeypatch.setattr(packs, "shipped_cases", lambda: {"R88": ("r88/cases.yaml", wrong)})
    assert ask("test") == 1
    assert "r88/cases.yaml:" in capsys.readouterr().out
    assert ask("test", "R99") == 2


def test_a_faulty_pack_is_told_not_thrown(cast, lamps, capsys, monkeypatch) -> None:
    monkeypatch.setattr(packs, "shipped", lambda: {**{"R88": SOURCE}, "R90": {"r90/clauses.yaml": "x: ["}})
    assert ask("coverage") == 1
    assert "r90/clauses.yaml" in capsys.readouterr().err
