"""The packs hold together: shape, names, types, and a control of every kind that a carried clause asks for."""

from pathlib import Path

import pytest

from guanxi.cores.norms.controls import Pack
from guanxi.cores.norms.pack import load_pack
from guanxi.platform.regulations import packs

OFFER = packs.offered_to_all()
"""Read while tests are collected, so not the kept one: other tests still declare kinds of their own."""
PACKS = Path(__file__).parents[1]
WITH_CONTROLS = ("r1_visits", "r5_relationship", "r8_promotion")
LATER = {
    "R1": {"R1.12.1", "R1.12.2", "R1.12.3", "R1.14", "R1.15"},
    "R5": {f"R5.{n}" for n in range(1, 32)}
    - {f"R5.{n}" for n in (2, 3, 5, 12, 15, 17, 18, 19, 20, 21, 22, 23, 26, 27, 30)},
    "R8": {f"R8.{n}" for n in range(1, 17)} - {"R8.3", "R8.13"},
}
"""Clauses (or articles) that no control carries yet: the regulation page shows them so."""
HELD_BY_A_GATE = {"R1.2.1", "R1.2.2", "R1.2.3", "R1.2.4"}
"""Records whose required section is more than 'not blank': a gate on the same form refuses what the clause refuses."""


def pack(folder: str) -> Pack:
    files = {
        name: (PACKS / folder / name).read_text(encoding="utf-8") for name in ("clauses.yaml", "pack.yaml")
    }
    return load_pack(files, OFFER)


def is_later(clause: str, regulation: str) -> bool:
    return any(clause == later or clause.startswith(f"{later}.") for later in LATER[regulation])


@pytest.mark.parametrize("folder", WITH_CONTROLS)
def test_a_carried_clause_has_a_control_of_each_of_its_kinds_and_of_no_other(folder: str) -> None:
    loaded = pack(folder)
    carried: dict[str, set[str]] = {}
    for control in loaded.controls.values():
        for id in control.clauses:
            carried.setdefault(id, set()).add(type(control).__name__)
    for clause in loaded.clauses.values():
        if is_later(clause.id, loaded.regulation):
            assert clause.id not in carried, f"{clause.id} is carried now: strike it from LATER"
        else:
            wanted = {*clause.kinds, "Gate"} if clause.id in HELD_BY_A_GATE else set(clause.kinds)
            assert carried.get(clause.id, set()) == wanted, clause.id


@pytest.mark.parametrize("folder", WITH_CONTROLS)
def test_every_control_and_parameter_says_in_both_languages_what_it_is(folder: str) -> None:
    loaded = pack(folder)
    for control in loaded.controls.values():
        assert control.words, control.id
    for parameter in loaded.parameters.values():
        assert parameter.words, parameter.name
        assert parameter.clause, parameter.name


def test_only_the_general_manager_lets_a_version_of_r1_come_into_force() -> None:
    loaded = pack("r1_visits")
    assert (loaded.approval_by, loaded.approval_origin) == ("general_manager", "source")
