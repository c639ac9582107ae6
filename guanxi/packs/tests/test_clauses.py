"""The clauses of the nine regulations: all there, once, in both languages, with the kinds the index pins."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PACKS = Path(__file__).parents[1]
FOLDERS = {
    "R1": "r1_visits",
    "R2": "r2_tenants",
    "R3": "r3_keyaccounts",
    "R4": "r4_sitevisits",
    "R5": "r5_relationship",
    "R6": "r6_suppliers",
    "R7": "r7_territories",
    "R8": "r8_promotion",
    "R9": "r9_datacentre",
}
KINDS = {"Duty", "Gate", "Measure", "Record", "Guide"}
CJK = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH_BESIDE_CJK = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")


def load(name: str) -> Any:
    return yaml.safe_load((PACKS / name).read_text(encoding="utf-8"))


INDEX: dict[str, dict[str, list[str]]] = load("index.yaml")
REGULATIONS = {rid: load(f"{folder}/clauses.yaml") for rid, folder in FOLDERS.items()}
CLAUSES = [clause for regulation in REGULATIONS.values() for clause in regulation["clauses"]]


def both_languages(text: Any) -> bool:
    """Whether `text` is {zh, en}, neither empty, and zh holds Chinese."""
    return (
        isinstance(text, dict)
        and set(text) == {"zh", "en"}
        and bool(CJK.search(text["zh"]))
        and bool(text["en"].strip())
    )


@pytest.mark.parametrize("rid", FOLDERS)
def test_a_regulation_holds_exactly_the_clauses_of_the_index_in_order(rid: str) -> None:
    regulation = REGULATIONS[rid]
    assert regulation["regulation"]["id"] == rid
    assert both_languages(regulation["regulation"]["title"])
    assert [(c["id"], c["kinds"]) for c in regulation["clauses"]] == list(INDEX[rid].items())


def test_the_index_knows_nine_regulations_and_217_clauses() -> None:
    assert list(INDEX) == list(FOLDERS)
    assert sum(len(clauses) for clauses in INDEX.values()) == 217


def test_no_clause_stands_twice() -> None:
    ids = [c["id"] for c in CLAUSES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda c: c["id"])
def test_a_clause_reads_in_both_languages(clause: dict[str, Any]) -> None:
    assert set(clause) <= {"id", "kinds", "text", "product", "parameters_note"}
    assert set(clause["kinds"]) <= KINDS
    assert clause["kinds"]
    for field in ("text", "product"):
        assert both_languages(clause[field]), field
        assert clause[field]["zh"].endswith("。"), field
        assert not HALF_WIDTH_BESIDE_CJK.search(clause[field]["zh"]), field


@pytest.mark.parametrize("clause", [c for c in CLAUSES if "parameters_note" in c], ids=lambda c: c["id"])
def test_a_note_marks_the_same_numbers_as_the_sources_and_as_ours_in_both_languages(
    clause: dict[str, Any],
) -> None:
    note = clause["parameters_note"]
    assert both_languages(note)
    zh, en = note["zh"], note["en"]
    assert zh.count("（原文") == en.count("(source")
    assert zh.count("（默认") == en.count("(ours")
    assert re.search(r"（原文|（默认|决定 [a-e]", zh), "a note without a mark says nothing"


@pytest.mark.parametrize("rid", FOLDERS)
def test_chapters_cover_every_clause_once_and_in_order(rid: str) -> None:
    ids = [c["id"] for c in REGULATIONS[rid]["clauses"]]
    next_clause = 0
    for chapter in REGULATIONS[rid]["chapters"]:
        assert both_languages(chapter["title"])
        assert chapter["from"] == ids[next_clause]
        next_clause = ids.index(chapter["to"]) + 1
    assert next_clause == len(ids)


def test_every_decision_that_a_clause_cites_is_written_down() -> None:
    decisions = {d["id"]: d for d in load("decisions.yaml")["decisions"]}
    assert list(decisions) == ["a", "b", "c", "d", "e"]
    for clause in CLAUSES:
        note = clause.get("parameters_note", {}).get("en", "")
        letters = set(re.findall(r"(?<![a-z])([a-e])(?=[,)])", note))
        for letter in letters:
            assert clause["id"] in decisions[letter]["clauses"], (clause["id"], letter)
    for decision in decisions.values():
        assert both_languages(decision["title"])
        assert both_languages(decision["text"])
        for clause_id in decision["clauses"]:
            assert clause_id in INDEX[clause_id.split(".")[0]]
