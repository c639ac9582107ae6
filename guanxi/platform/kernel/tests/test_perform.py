"""Given an action, when it is performed, then rights come first, gates before rows, and everything or nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    FactKind,
    Forbidden,
    Invalid,
    NotFound,
    Reason,
    Refused,
    Text,
    UnknownAction,
    action,
    ask,
    explain,
    fact_kind,
    fixed_clock,
    get_kind,
    may,
    perform,
)
from guanxi.platform.kernel.facts import check_data, read_data
from guanxi.platform.kernel.perform import Verdict, stages
from guanxi.platform.people.models import Person, RoleGrant
from guanxi.platform.people.rights import permission

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
DID: list[str] = []

permission("test.make_box", Text("试做", "Make"), own=("relationship_specialist",))
permission("test.seal_box", Text("试封", "Seal"), own=("seal_keeper",))
fact_kind(
    FactKind(
        "box.made",
        "box",
        Text("做箱子", "Box made"),
        fields={"size": "int", "parts": "map?", "colour": "str?"},
        texts=("note",),
        version=2,
        upcast={1: lambda data: {"size": data.pop("height"), **data}},
    )
)
fact_kind(FactKind("box.sealed", "box", Text("封箱", "Box sealed")))


@dataclass(frozen=True)
class BoxValues:
    size: int


class Part(ActionInput):
    """A part of a box."""

    name: str = ask("名称", "Name")
    grams: int = ask("克", "Grams")


@action
class MakeBox(Action):
    """Make a box."""

    name = "test.make_box"
    label = Text("做箱子", "Make a box")
    permission = "test.make_box"
    writes = ("box.made",)
    subject = "box"
    gate_values = BoxValues

    class Input(ActionInput):
        size: int = ask("大小", "Size", ge=1)
        seal: bool = ask("封", "Seal", False)
        emit: str = ask("记", "Emit", "box.made")
        note: str = ask("备注", "Note", "")
        colour: str = ask("颜色", "Colour", "", choices=lambda: [("red", Text("红", "Red"))])
        parts: list[Part] = ask("部件", "Parts", [])

    def load(self, ctx: Any, data: Any) -> Any:
        DID.append("load")
        if data.size == 404:
            raise NotFound("box", data.size)

    def gate(self, ctx: Any, data: Any, subject: Any) -> BoxValues:
        DID.append("gate")
        return BoxValues(data.size)

    def run(self, ctx: Any, data: Any, subject: Any) -> None:
        DID.append("run")
        more = {"data": {"size": data.size}} if data.emit == "box.made" else {}
        ctx.emit(data.emit, subject=("box", data.size), texts={"note": data.note}, **more)
        if data.seal:
            ctx.act("test.seal_box", {"size": data.size})


@action
class SealBox(Action):
    """Seal a box."""

    name = "test.seal_box"
    label = Text("封箱", "Seal a box")
    permission = "test.seal_box"
    writes = ("box.sealed",)
    subject = "box"

    class Input(ActionInput):
        size: int = ask("大小", "Size")

    def run(self, ctx: Any, data: Any, subject: Any) -> None:
        ctx.emit("box.sealed", subject=("box", data.size))


class NoLargeBoxes:
    """A gate of these tests."""

    def ask(self, ctx: Any, action: Any, subject: Any, values: Any) -> Verdict:
        DID.append("asked")
        if action.name != "test.make_box" or values.size < 10:
            return Verdict()
        return Verdict([Reason("T1", "T/large", "T@1", Text("太大", "Too large"))])


@pytest.fixture(autouse=True)
def _gate() -> Iterator[None]:
    DID.clear()
    found = NoLargeBoxes()
    stages.gates.append(found)
    yield
    stages.gates.remove(found)


def person(*roles: str) -> Person:
    made = Person.objects.create(username=f"p{Person.objects.count()}", name="某人")
    for role in roles:
        RoleGrant.objects.create(person=made, role=role, since=NOON.date() - timedelta(days=400))
    return made


@pytest.fixture
def lin(db: None) -> Person:
    return person("relationship_specialist")


def make(who: Any, **data: Any) -> Any:
    return perform("test.make_box", data, actor=who, clock=fixed_clock(NOON))


def kinds() -> list[str]:
    return list(Fact.objects.order_by("seq").values_list("kind", flat=True))


def test_rights_then_the_row_then_gates_then_rows(lin: Person) -> None:
    make(lin, size=3)
    assert DID == ["load", "gate", "asked", "run"]
    DID.clear()
    with pytest.raises(Forbidden):
        make(person(), size=3)
    assert DID == []
    with pytest.raises(Refused):
        make(lin, size=30)
    assert DID == ["load", "gate", "asked"]


def test_bad_input_is_told_before_anything_is_asked_or_kept(lin: Person) -> None:
    with pytest.raises(Invalid) as told:
        make(lin, size=0, weight="1")
    assert {name: [m.en for m in messages] for name, messages in told.value.errors.items()} == {
        "size": ["Must be at least 1"],
        "weight": ["There is no such field"],
    }
    assert (DID, kinds()) == ([], [])


def test_what_cannot_be_seen_is_not_found_and_leaves_no_trace(lin: Person) -> None:
    with pytest.raises(NotFound):
        make(lin, size=404)
    assert kinds() == []


def test_an_action_inside_another_keeps_its_own_right_and_takes_the_outer_back(lin: Person) -> None:
    with pytest.raises(Forbidden):
        make(lin, size=3, seal=True)
    assert kinds() == ["action.refused"]
    assert Fact.objects.get().data["permission"] == "test.seal_box"
    both = person("relationship_specialist", "seal_keeper")
    made = make(both, size=3, seal=True)
    assert kinds()[1:] == ["box.made", "box.sealed"]
    assert list(made.seqs) == [2, 3]


def test_an_action_writes_only_what_it_says_that_it_writes(lin: Person) -> None:
    with pytest.raises(TypeError, match=r"test\.make_box does not say that it writes box\.sealed"):
        make(lin, size=3, emit="box.sealed")
    assert kinds() == []


def test_asking_why_writes_nothing(lin: Person) -> None:
    assert not explain("test.make_box", {"size": 30}, actor=lin).passed
    assert explain("test.make_box", {"size": 3}, actor=lin).passed
    with pytest.raises(Forbidden):
        explain("test.make_box", {"size": 3}, actor=person())
    assert "run" not in DID
    assert kinds() == []


def test_nobody_may_anything(lin: Person) -> None:
    for nobody in (None, Person(username="x"), object()):
        assert not may(nobody, "test.make_box")
        with pytest.raises(Forbidden):
            make(nobody, size=3)
    assert may(lin, "test.make_box")


def test_what_happened_later_than_now_happened_now(lin: Person) -> None:
    for hours in (-5, 5):
        perform(
            "test.make_box",
            {"size": 3},
            actor=lin,
            clock=fixed_clock(NOON),
            happened_at=NOON + timedelta(hours=hours),
        )
    times = [(f.happened_at - NOON, f.recorded_at - NOON) for f in Fact.objects.order_by("seq")]
    assert times == [(timedelta(hours=-5), timedelta()), (timedelta(), timedelta())]


def test_an_unknown_action_is_said_to_be_one(lin: Person) -> None:
    with pytest.raises(UnknownAction, match="没有名为"):
        perform("test.unmake_box", {}, actor=lin)


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        ({}, {}),
        ({"size": "3"}, {}),
        ({"size": True}, {}),
        ({"size": 3, "weight": 1}, {}),
        ({"size": 3, "parts": {"lid": 1.5}}, {}),
        ({"size": 3, "parts": [[{"lid": object()}]]}, {}),
        ({"size": 3}, {"label": "x"}),
        ({"size": 3}, {"note": 1.5}),
    ],
)
def test_a_fact_that_does_not_fit_its_kind_is_a_mistake_of_the_program(
    data: dict[str, Any], texts: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        check_data(get_kind("box.made"), data, texts)


def test_an_old_fact_is_read_as_the_newest_version_of_its_kind() -> None:
    assert read_data("box.made", 1, {"height": 3, "colour": "红"}) == {"size": 3, "colour": "红"}
    assert read_data("box.made", 2, {"size": 3}) == {"size": 3}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"size": 10**30}, "size"),
        ({"size": 3, "note": "a\0b"}, "note"),
        ({"size": 3, "note": "\ud800"}, "note"),
        ({"size": 3, "colour": "green"}, "colour"),
        ({"size": 3, "parts": [{"name": "盖", "grams": 2**64}]}, "parts.0.grams"),
    ],
)
def test_what_no_column_holds_and_no_choice_offers_is_told_at_its_field(
    lin: Person, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as told:
        make(lin, **data)
    assert list(told.value.errors) == [field]


@pytest.mark.parametrize("key", ["", "k" * 81, "a\0", "a\nb"])
def test_a_call_key_is_short_and_printable(lin: Person, key: str) -> None:
    with pytest.raises(Invalid):
        perform("test.make_box", {"size": 3}, actor=lin, key=key)
    assert kinds() == []


class Dated(ActionInput):
    at: datetime | None = ask("时间", "Time", None)
    days: list[date] = ask("日期", "Days", [])
    number: int = ask("数", "Number", 0)


@pytest.mark.parametrize("bare", [812620, 812620.5, "812620", " -3 ", "1e9", True])
def test_a_bare_number_is_no_time(bare: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Dated.model_validate({"at": bare, "number": 812620})
    assert [error["loc"] for error in refused.value.errors()] == [("at",)]


def test_times_as_people_and_programs_write_them() -> None:
    told = Dated.model_validate({"at": "2026-03-05T14:00:00+08:00", "number": "7"})
    assert (told.at, told.number) == (datetime(2026, 3, 5, 6, tzinfo=UTC), 7)
    assert Dated.model_validate({"at": NOON}).at == NOON
