"""Every kind of mistake a pack can hold: each is told with file, line and cure, and all at once."""

from __future__ import annotations

import importlib.resources
import json

import pytest

from guanxi.cores.norms.catalogue import catalogue
from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.model import Const, FactKind, NormsError
from guanxi.cores.norms.pack import load_pack
from guanxi.cores.norms.shapes import pack_schema
from guanxi.cores.norms.source import PackError
from guanxi.cores.norms.tests.world import CATALOGUE, PACK, R1, REGULATION, RHYTHMS, pack

HEAD = REGULATION.count("\n")


def told(text: str) -> list[str]:
    with pytest.raises(PackError) as caught:
        load_pack({"pack.yaml": text}, CATALOGUE)
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


MISTAKES = [
    ("kind: duty\n    clause: R1.16.1\n    words", "kind: dutty\n    clause: R1.16.1\n    words", "dutty",
     "'kind' is 'dutty'; did you mean 'duty'?"),
    ("trigger: visit.completed", "trigger: visit.complete", "trigger: visit.complete",
     "unknown fact kind 'visit.complete'; did you mean 'visit.completed'?"),
    ("clause: R1.16.2\n    trigger", "clause: R1.16.9\n    trigger", "R1.16.9",
     "unknown clause 'R1.16.9'; did you mean 'R1.16.2'?"),
    ("end_of_working_day_after: report_days", "end_of_working_day_after: report_day", "report_day,",
     "unknown parameter 'report_day'; did you mean 'report_days'?"),
    ("end_of_working_day_after: report_days", "end_of_working_day_after: remind_before", "end_of_working_day_after: remind",
     "parameter 'remind_before' is of type duration; here a parameter of type working_days is needed"),
    ("end_of_working_day_after: report_days", "end_of_working_day_after: 1", "end_of_working_day_after: 1",
     "'end_of_working_day_after' is 1; write the name of a parameter (numbers stand in parameters only)"),
    ("due: {at: due}", "due: {at: giver}", "due: {at: giver}",
     "unknown timestamp or date field of promise.made 'giver'; known here: due"),
    ("due: {at: due}", "", "- id: promise",
     "the duty has no deadline; add 'due'"),
    ("due: {at: due}", "due: {at: due, within: few}", "due: {at: due, within",
     "'due' must have one of end_of_working_day_after, within, ahead, end_of, at, before; keep exactly one"),
    ("owner: visit.owner\n    due: {end", "owner: visit.ownr\n    due: {end", "visit.ownr",
     "'ownr' is not a reference of a visit; did you mean 'owner'? a visit refers to: owner"),
    ("role(service_manager)]", "role(service_manger)]", "service_manger",
     "unknown role 'service_manger'; did you mean 'service_manager'?"),
    ("head_of(owner.department)", "head_of(owner)", "head_of(owner)",
     "'head_of(owner)' asks for the head of a person; hand it a department"),
    ('where: "!blank"', 'where: "!blnk"', "!blnk",
     "undeclared reference to 'blnk' (in container ''); did you mean 'blank'? known here: blank, param.<parameter>"),
    ('where: "!blank"', 'where: "blank == 3"', "blank == 3",
     "found no matching overload for '_==_' applied to '(bool, int)'; correct the condition 'blank == 3'"),
    ("require: contacts > 0", "require: contacts", "require: contacts",
     "'contacts' gives INT, not bool; write an expression that gives bool"),
    ("same: promise}", "same: visit}", "same: visit}\n  - id: purpose",
     "'promise.made' has no 'visit' to join by; known there: promise, customer, actor, giver, due"),
    ("action: visits.confirm\n    require: purpose", "action: visits.confrim\n    require: purpose", "visits.confrim",
     "unknown action 'visits.confrim'; did you mean 'visits.confirm'?"),
    ("'visit-report' in overdue_duties", "'visit-reprot' in overdue_duties", "visit-reprot",
     "unknown duty 'visit-reprot'; did you mean 'visit-report'?"),
    ("waiver: {by: service_manager}", "waiver: {by: boss}", "waiver: {by: boss}",
     "unknown role 'boss'; known here: account_manager, general_manager, service_manager"),
    ("require: [needs, help]", "require: [needs, halp]", "halp",
     "unknown field 'halp'; did you mean 'help'?"),
    ("page: visit", "page: vist", "page: vist",
     "unknown page 'vist'; did you mean 'visit'?"),
    ("over: {duty: visit-report}", "over: {duty: report}", "over: {duty: report}",
     "unknown duty 'report'; did you mean 'visit-report'?"),
    ("value: minutes\n", "value: minutes > 3\n", "value: minutes > 3",
     "'minutes > 3' gives BOOL, not int; write an expression that gives int"),
    ("default: 4h", "default: 4 hours", "4 hours",
     "parameter 'remind_before', default: '4 hours' is no duration; write such as 4h, 30m, 3d or 1h30m"),
    ("default: 1, min: 0", "default: 11, min: 0", "default: 11",
     "parameter 'report_days', default: 11 is out of bounds; write at most 10"),
    ("default: 60, origin: source, clause: R1.15.1", "default: 60, origin: source", "minutes_least",
     "parameter 'minutes_least' is the source's but names no clause; add 'clause', or mark it 'ours'"),
    ("origin: ours}\n  report_days", "origin: theirs}\n  report_days", "theirs",
     "'origin' is 'theirs'; write one of: source, ours"),
    ("  - id: kit\n", "  - id: visit-report\n", "- id: visit-report\n    kind: duty\n    clause: R1.7",
     "control 'visit-report' stands twice; give one of them another id"),
    ("severity: warn", "severety: warn", "severety",
     "'gate contact' has no 'severety'; did you mean 'severity'?"),
    ("words: {zh: 先交报告。, en: Report first.}", "words: Report first.", "words: Report",
     "'words' is 'Report first.'; write {zh: …, en: …}"),
    ("zh: 尚无联系人。, en: No contact yet.", "zh: 尚无联系人。", "words: {zh: 尚无联系人。}",
     "'words' lacks 'en'; add 'en'"),
    ("    owner: visit.owner\n    due: {before", "    due: {before", "- id: kit",
     "'duty kit' lacks 'owner'; add 'owner'"),
    ("does: visits.report", "looks_at: recorded\n    grace: grace", "grace: grace",
     "a grace is for facts that happened in time but were recorded late; this clause looks at recording; delete 'grace'"),
    ("{id: R1.3, kinds", "{id: R2.3, kinds", "{id: R2.3",
     "clause 'R2.3' is not of R1; correct the id"),
    ("    split: [department, person]", "    rolling: grace", "- id: reports-on-time",
     "'rolling' says how long the window is; use period: rolling with it"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "where", "message"), MISTAKES, ids=[m[3][:60] for m in MISTAKES])
def test_a_mistake_is_told_with_file_line_and_cure(right: str, wrong: str, where: str, message: str) -> None:
    assert right in PACK
    text = PACK.replace(right, wrong, 1)
    expected = f"pack.yaml:{line_of(text, where)}: {message}"
    assert expected in told(text), "\n".join(told(text))


def test_a_rhythms_mistakes() -> None:
    assert (
        "known here: customer.active"
        in told(RHYTHMS.replace("while: customer.active", "while: customer.lively"))[0]
    )
    assert told(RHYTHMS.replace("of: customer, while", "of: custmer, while"))[0].endswith(
        "unknown entity kind 'custmer'; did you mean 'customer'?"
    )
    assert "did you mean 'grade'?" in told(RHYTHMS.replace("by: grade", "by: grad"))[0]
    assert (
        "a rhythm of 'customer' cannot join by 'actor'; write same: customer"
        in told(RHYTHMS.replace("fact: call.logged, same: customer}", "fact: call.logged, same: actor}", 1))[
            0
        ]
    )


def test_all_mistakes_are_told_at_once_in_order() -> None:
    text = PACK.replace("visit.annulled", "visit.anulled").replace("default: 4h", "default: 4x")
    assert len(told(text)) == 2
    assert told(text) == sorted(told(text), key=lambda p: int(p.split(":")[1]))


def test_what_is_not_yaml_or_stands_twice() -> None:
    assert told("regulation: [") == [
        "pack.yaml:1: not YAML: expected the node content, but found '<stream end>'; correct the syntax"
    ]
    assert told("") == ["pack.yaml:1: the file is empty; write the pack, or delete the file"]
    assert told("a: b\nc: \x00") == [
        "pack.yaml:2: not YAML: the character #x0000 may not stand in a text; delete it"
    ]
    assert "pack.yaml:2: 'regulation' stands twice; keep one of them" in told(
        "regulation: {}\nregulation: {}"
    )
    assert told("{}")[0] == "pack.yaml:1: the pack lacks 'regulation'; add 'regulation' to one of its files"


def test_a_pack_may_be_split_over_files_but_each_part_stands_once() -> None:
    body = PACK.replace(REGULATION, "")
    assert set(load_pack({"clauses.yaml": REGULATION, "pack.yaml": body}, CATALOGUE).controls) == set(
        R1.controls
    )
    with pytest.raises(PackError, match=r"'clauses' stands in clauses.yaml:\d+ too; keep it in one file"):
        load_pack({"clauses.yaml": REGULATION, "pack.yaml": PACK}, CATALOGUE)


def test_a_versions_values_keep_to_type_and_bounds() -> None:
    assert Version("2", R1, {"report_days": 3}).amount("report_days") == 3
    with pytest.raises(NormsError, match="out of bounds; write at most 10"):
        Version("2", R1, {"report_days": 30})
    with pytest.raises(NormsError, match="R1 has no parameter 'days'"):
        Version("2", R1, {"days": 3})


def test_a_parameter_may_have_a_value_per_date() -> None:
    dated = pack(PACK.replace("max: 10, origin", "max: 10, values: [{from: 2026-07-01, value: 2}], origin"))
    version = Version("1", dated)
    from datetime import date

    assert [version.amount("report_days", date(2026, month, 1)) for month in (6, 7)] == [1, 2]


def test_kinds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(NormsError, match=r"'a\.on' is text elsewhere and bool in 'a\.b'"):
        catalogue(
            [
                FactKind("a.a", 1, "a", {}, {"on": Const("x")}),
                FactKind("a.b", 1, "a", {}, {"on": Const(True)}),
            ]
        )
    with pytest.raises(NormsError, match="sets 'x' from 'y', which it does not have"):
        catalogue([FactKind("a.a", 1, "a", {}, {"x": "y"})])
    with pytest.raises(NormsError, match=r"'norms\.ticked' is the engine's own"):
        catalogue([FactKind("norms.ticked", 1, "")])


def test_the_published_schema_is_the_one_that_is_checked() -> None:
    docs = importlib.resources.files("guanxi").joinpath("../docs/reference/pack.schema.json")
    assert json.loads(docs.read_text(encoding="utf-8")) == pack_schema()


def test_the_published_schema_accepts_what_the_engine_accepts() -> None:
    import jsonschema
    import yaml

    for text in (PACK, RHYTHMS):
        jsonschema.Draft202012Validator(pack_schema()).validate(yaml.safe_load(text))


def test_what_was_before_is_named_by_no_control() -> None:
    """Given a kind that tells of a time before the company used this, when a duty waits for it, then the pack is refused."""
    past = FactKind("visit.brought", 1, "visit", history=True)
    known = catalogue([*CATALOGUE.kinds.values(), past], actions=CATALOGUE.actions.values(), forms=CATALOGUE.forms,
                      pages=CATALOGUE.pages, roles=CATALOGUE.roles)  # fmt: skip
    text = PACK.replace("trigger: visit.completed", "trigger: visit.brought", 1)
    with pytest.raises(PackError) as caught:
        load_pack({"pack.yaml": text}, known)
    line = line_of(text, "trigger: visit.brought")
    assert [str(problem) for problem in caught.value.problems] == [
        f"pack.yaml:{line}: 'visit.brought' tells of what was before the company used this; "
        "name a kind that is recorded as it happens"
    ]
    load_pack({"pack.yaml": PACK}, known)
