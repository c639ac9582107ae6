"""Given an excerpt for an auditor, when it is checked without the product, then whatever was done to it is found."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from guanxi.platform.journal import chain, verify_export
from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import NotFound, Refused, fixed_clock, perform
from guanxi.platform.kernel.actions import Context
from guanxi.platform.regulations.export import clause_kinds, excerpt
from guanxi.platform.regulations.models import Obligation

from .pages_world import DAY, NOON, dim, light, put_in_force, tick

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def lived(cast, monkeypatch):
    put_in_force(monkeypatch)
    light(cast.lin, 1, remark="白天开的")
    light(cast.lin, 2)
    dim(cast.lin, 1, at=NOON + HOUR)
    with pytest.raises(Refused):
        dim(cast.lin, 2, at=NOON + HOUR, steady=False)
    row = Obligation.objects.get(subject="2")
    asked = {"obligation": row.pk, "reason": "停电"}
    perform("obligations.ask_waiver", asked, actor=cast.lin, clock=fixed_clock(NOON + HOUR))
    tick(NOON + 3 * HOUR)
    light(cast.lin, 3, at=NOON + 2 * DAY)


def lines(**asked) -> list[str]:
    return [json.dumps(line, ensure_ascii=False, sort_keys=True) for line in excerpt(**asked)]


def check(tmp_path: Path, texts: list[str], *more: str) -> subprocess.CompletedProcess[str]:
    """The verifier as an auditor runs it: alone, without the product on its path."""
    script, file = tmp_path / "verify_export.py", tmp_path / "excerpt.jsonl"
    script.write_text(Path(verify_export.__file__).read_text())
    file.write_text("\n".join(texts) + "\n")
    return subprocess.run(
        [sys.executable, "-I", str(script), str(file), *more], capture_output=True, text=True, check=False
    )


def test_the_verifier_ships_in_at_most_a_hundred_lines() -> None:
    assert len(Path(verify_export.__file__).read_text().splitlines()) <= 100


def test_a_true_excerpt_is_whole_and_holds_the_head(cast, lived, tmp_path) -> None:
    made = lines(clause="R88.1")
    head = json.loads(made[0])
    assert head["head"] == bytes(Fact.objects.latest("seq").hash).hex()
    assert head["facts"] == Fact.objects.count()
    answer = check(tmp_path, made, head["head"])
    assert (answer.returncode, answer.stdout.strip()) == (0, f"{head['facts']} facts, whole")


def test_payloads_only_for_what_the_clause_reads_headers_for_all(cast, lived) -> None:
    kinds = set(clause_kinds("R88.1"))
    assert {"lamp.lit", "lamp.dimmed", "norms.version_in_force", "waiver.asked"} <= kinds
    assert "norms.asked" not in kinds
    facts = [json.loads(text) for text in lines(clause="R88.1") if '"type": "fact"' in text]
    for fact in facts:
        assert ("payload" in fact) == (fact["header"]["kind"] in kinds)
    assert any(f.get("texts") == {"remark": "白天开的"} for f in facts)
    assert "norms.asked" in clause_kinds("R88.2")
    with pytest.raises(NotFound):
        clause_kinds("R88.99")


def test_what_is_for_reading_names_obligations_and_waivers(cast, lived) -> None:
    rest = [json.loads(text) for text in lines(clause="R88.1") if '"type": "fact"' not in text][1:]
    assert {line["type"] for line in rest} == {"clause", "version", "obligation", "waiver"}
    assert [line["asked_by"] for line in rest if line["type"] == "waiver"] == ["lin"]
    assert len([line for line in rest if line["type"] == "obligation"]) == 3


def erase(seqs: list[int]) -> None:
    """As an action does that erases: the texts go, and a fact says so."""
    ctx = Context(
        actor=None, now=NOON + 3 * DAY, happened_at=NOON + 3 * DAY, key="erase", action="test.erase"
    )
    ctx.emit("journal.erased", subject=("lamp", 1), data={"facts": seqs})
    with Journal().writing():
        FactText.objects.filter(fact_id__in=seqs).delete()
        Journal().append(ctx)


def test_a_text_erased_by_a_fact_leaves_the_excerpt_whole_and_says_so(cast, lived, tmp_path) -> None:
    seqs = list(FactText.objects.values_list("fact_id", flat=True))
    erase(seqs)
    made = lines(clause="R88.1")
    answer = check(tmp_path, made)
    assert answer.returncode == 0
    assert answer.stdout.strip().endswith("texts erased, whole")
    lied = [text.replace(f'"facts": {seqs}', '"facts": []') for text in made]
    assert check(tmp_path, lied).returncode == 1


def test_a_text_that_is_simply_gone_is_found(cast, lived, tmp_path) -> None:
    FactText.objects.all().delete()
    answer = check(tmp_path, lines(clause="R88.1"))
    assert answer.returncode == 1
    assert "is missing" in answer.stdout


def bridged(made: list[str]) -> list[str]:
    """A fact is made up, and a second first line leads back into the true chain."""
    place = next(n for n, text in enumerate(made) if '"lamp.lit"' in text and '"payload"' in text)
    before, fact = json.loads(made[place - 1]), json.loads(made[place])
    true = fact["hash"]
    fact["payload"]["subject"] = "77"
    made_up = chain.digest(bytes.fromhex(fact["salt"]), chain.canonical(fact["payload"]))
    fact["payload_hash"] = made_up.hex()
    fact["hash"] = chain.digest(
        bytes.fromhex(before["hash"]), chain.digest(chain.canonical(fact["header"])), made_up
    ).hex()
    bridge = {**json.loads(made[0]), "previous": true}
    return [*made[:place], json.dumps(fact), json.dumps(bridge), *made[place + 1 :]]


def twice(made: list[str]) -> list[str]:
    return [*made[:4], made[3], *made[4:]]


def without_its_first_line(made: list[str]) -> list[str]:
    return made[1:]


def begun_later(made: list[str]) -> list[str]:
    """The beginning is cut off and the first line made to fit all but the number of the first fact."""
    head, cut = json.loads(made[0]), json.loads(made[1])
    return [json.dumps({**head, "previous": cut["hash"], "facts": head["facts"] - 1}), *made[2:]]


def spoilt(made: list[str]) -> list[str]:
    return [*made[:3], made[3][:-20], *made[4:]]


def text_taken_out(made: list[str]) -> list[str]:
    place = next(n for n, text in enumerate(made) if "白天开的" in text)
    fact = {k: v for k, v in json.loads(made[place]).items() if k not in ("texts", "text_salt")}
    return [*made[:place], json.dumps(fact), *made[place + 1 :]]


def tampered(made: list[str]) -> list[str]:
    place = next(n for n, text in enumerate(made) if '"lamp.lit"' in text and '"payload"' in text)
    fact = json.loads(made[place])
    fact["payload"]["subject"] = "77"
    return [*made[:place], json.dumps(fact), *made[place + 1 :]]


def other_text(made: list[str]) -> list[str]:
    return [text.replace("白天开的", "夜里开的") for text in made]


def shortened(made: list[str]) -> list[str]:
    facts = [n for n, text in enumerate(made) if '"type": "fact"' in text]
    return [text for n, text in enumerate(made) if n != facts[-1]]


def shortened_in_the_middle(made: list[str]) -> list[str]:
    facts = [n for n, text in enumerate(made) if '"type": "fact"' in text]
    return [text for n, text in enumerate(made) if n != facts[3]]


def reordered(made: list[str]) -> list[str]:
    return [made[0], made[2], made[1], *made[3:]]


def payload_taken_out(made: list[str]) -> list[str]:
    place = next(n for n, text in enumerate(made) if '"lamp.dimmed"' in text and '"payload"' in text)
    fact = {k: v for k, v in json.loads(made[place]).items() if k not in ("payload", "salt")}
    return [*made[:place], json.dumps(fact), *made[place + 1 :]]


def header_changed(made: list[str]) -> list[str]:
    place = next(n for n, text in enumerate(made) if '"norms.asked"' in text and '"type": "fact"' in text)
    fact = json.loads(made[place])
    fact["header"]["kind"] = "norms.ticked"
    return [*made[:place], json.dumps(fact), *made[place + 1 :]]


@pytest.mark.parametrize(
    "fault",
    [
        tampered,
        other_text,
        text_taken_out,
        shortened,
        shortened_in_the_middle,
        reordered,
        payload_taken_out,
        header_changed,
        bridged,
        twice,
        without_its_first_line,
        begun_later,
        spoilt,
    ],
)
def test_every_fault_is_found(cast, lived, tmp_path, fault) -> None:
    made = lines(clause="R88.1")
    answer = check(tmp_path, fault(made))
    assert answer.returncode == 1, fault.__name__
    assert "NOT whole" in answer.stdout


def test_cutting_off_the_end_and_the_promise_is_found_by_a_head_noted_down(cast, lived, tmp_path) -> None:
    made = lines(clause="R88.1")
    head = json.loads(made[0])
    cut = shortened(made)
    last = json.loads([text for text in cut if '"type": "fact"' in text][-1])
    promise = {**head, "last": head["last"] - 1, "facts": head["facts"] - 1, "head": last["hash"]}
    assert check(tmp_path, [json.dumps(promise), *cut[1:]]).returncode == 0
    assert check(tmp_path, [json.dumps(promise), *cut[1:]], head["head"]).returncode == 1


def test_a_stretch_of_days_is_whole_and_both_days_are_in_it(cast, lived, tmp_path) -> None:
    day = NOON.replace(hour=0) - timedelta(hours=8)
    made = lines(clause="R88.1", since=day, until=day)
    head = json.loads(made[0])
    assert head["first"] > 1
    assert head["last"] < Fact.objects.latest("seq").seq
    assert check(tmp_path, made).returncode == 0
    nothing = lines(clause="R88.1", since=day - 30 * DAY, until=day - 29 * DAY)
    assert json.loads(nothing[0])["facts"] == 0
    assert check(tmp_path, nothing).returncode == 0


def test_without_a_clause_every_kind_is_promised(cast, lived, tmp_path) -> None:
    made = lines()
    assert all('"payload"' in text for text in made if '"type": "fact"' in text)
    assert check(tmp_path, made).returncode == 0
