"""Given facts in the journal, when somebody gets past it, then it is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction

from guanxi.platform.journal import chain, guards, quick
from guanxi.platform.journal.models import Call, Fact, FactText, Head
from guanxi.platform.journal.stage import Journal, sum_up_refusals
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    FactKind,
    Forbidden,
    Text,
    action,
    ask,
    fact_kind,
    fixed_clock,
    perform,
)
from guanxi.platform.people.models import Person, RoleGrant
from guanxi.platform.people.rights import permission

pytestmark = pytest.mark.django_db

permission("test.write", Text("试写", "Try writing"), own=("relationship_specialist",))
fact_kind(FactKind("test.said", "note", Text("说", "Said"), fields={"n": "int"}, texts=("words",)))


@action
class Say(Action):
    """Say something."""

    name = "test.say"
    label = Text("说", "Say")
    permission = "test.write"
    writes = ("test.said",)
    subject = "note"

    class Input(ActionInput):
        n: int = ask("数", "Number", ge=0)
        words: str = ask("话", "Words", "")

    def run(self, ctx, data, subject):
        ctx.emit("test.said", subject=("note", data.n), data={"n": data.n}, texts={"words": data.words})
        if data.n == 13:
            raise RuntimeError("the row could not be written")


@action
class Erase(Action):
    """Erase the text beside a fact."""

    name = "test.erase"
    label = Text("删除文字", "Erase a text")
    permission = "test.write"
    writes = ("journal.erased",)
    subject = "note"

    class Input(ActionInput):
        fact: int = ask("记录", "Record")

    def run(self, ctx, data, subject):
        FactText.objects.filter(fact_id=data.fact).delete()
        ctx.emit("journal.erased", subject=("note", None), data={"facts": [data.fact]})


NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


@pytest.fixture
def lin() -> Person:
    person = Person.objects.create(username="lin", name="林晓")
    RoleGrant.objects.create(
        person=person, role="relationship_specialist", since=NOON.date() - timedelta(days=400)
    )
    return person


@pytest.fixture
def sun() -> Person:
    return Person.objects.create(username="sun", name="孙外")


def say(person: Person, n: int, *, words: str = "", key: str | None = None, at: datetime = NOON):
    return perform("test.say", {"n": n, "words": words}, actor=person, key=key, clock=fixed_clock(at))


def test_facts_are_chained_and_verified(lin: Person) -> None:
    for n in range(5):
        say(lin, n, words=f"第{n}句", at=NOON + timedelta(minutes=n))
    report = verify()
    assert report.whole
    assert report.facts == 5
    assert Head.objects.get().seq == 5
    assert report.head == bytes(Fact.objects.get(seq=5).hash).hex()


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_a_fact(lin: Person, verb: str) -> None:
    say(lin, 1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        if verb == "update":
            Fact.objects.filter(seq=1).update(kind="other")
        else:
            Fact.objects.filter(seq=1).delete()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such statement")
@pytest.mark.parametrize("same", ["seq", "key"])
def test_a_replacing_insert_is_refused_too(lin: Person, same: str) -> None:
    say(lin, 1, words="原话")
    columns = [f.column for f in Fact._meta.concrete_fields]
    taken = ", ".join(f'"{c}"' if c != ("key" if same == "seq" else "seq") else "'9'" for c in columns)
    named = ", ".join(f'"{c}"' for c in columns)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"INSERT OR REPLACE INTO journal_fact ({named}) SELECT {taken} FROM journal_fact")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("INSERT OR REPLACE INTO journal_facttext SELECT * FROM journal_facttext")
    assert verify().whole


def test_a_text_cannot_be_changed(lin: Person) -> None:
    say(lin, 1, words="原话")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FactText.objects.filter(fact_id=1).update(body={"words": "改过"})


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE journal_fact SET kind = 'test.other' WHERE seq = 2", "changed"),
        ("UPDATE journal_fact SET data = '{\"n\": 9}' WHERE seq = 2", "changed"),
        ("UPDATE journal_fact SET customer_id = 7 WHERE seq = 2", "changed"),
        ("DELETE FROM journal_fact WHERE seq = 2", "gap"),
        ("DELETE FROM journal_fact WHERE seq = 3", "end_missing"),
        ("DELETE FROM journal_facttext WHERE fact_id = 2", "text_missing"),
        ('UPDATE journal_facttext SET body = \'{"words": "x"}\' WHERE fact_id = 2', "text_changed"),
    ],
)
def test_what_gets_past_the_guards_is_found(lin: Person, sql: str, what: str) -> None:
    for n in range(3):
        say(lin, n, words="话")
    guards.switch_off(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    guards.switch_on(connection)
    assert what in [f.what for f in verify().findings]


def test_a_text_erased_by_a_fact_that_says_so_is_no_finding(lin: Person) -> None:
    say(lin, 1, words="手机 13800000000")
    perform("test.erase", {"fact": 1}, actor=lin, clock=fixed_clock(NOON))
    report = verify()
    assert (report.whole, report.erased) == (True, {1: 2})
    say(lin, 2, words="话")
    FactText.objects.filter(fact_id=3).delete()
    assert [(f.seq, f.what) for f in verify().findings] == [(3, "text_missing")]


def test_the_same_call_twice_writes_once(lin: Person) -> None:
    first = say(lin, 1, key="a")
    second = say(lin, 1, key="a")
    assert (first.replayed, second.replayed) == (False, True)
    assert second.seqs == first.seqs
    assert Fact.objects.count() == 1


def test_a_call_key_with_other_input_is_an_error(lin: Person) -> None:
    say(lin, 1, key="a")
    with pytest.raises(Conflict):
        say(lin, 2, key="a")
    assert Fact.objects.count() == 1


def test_a_failing_action_leaves_nothing(lin: Person) -> None:
    say(lin, 1)
    with pytest.raises(RuntimeError):
        say(lin, 13, key="bad")
    assert (Fact.objects.count(), Head.objects.get().seq, Call.objects.filter(key="bad").count()) == (1, 1, 0)
    say(lin, 2, key="bad")
    assert verify().whole


def test_a_refused_attempt_is_kept_and_equal_ones_are_summed(sun: Person) -> None:
    for second in range(3):
        with pytest.raises(Forbidden):
            say(sun, 1, at=NOON + timedelta(seconds=second))
    assert [f.kind for f in Fact.objects.all()] == ["action.refused"]
    assert Fact.objects.get().data["permission"] == "test.write"
    sum_up_refusals(NOON + timedelta(minutes=2))
    assert [f.kind for f in Fact.objects.order_by("seq")] == ["action.refused", "action.refused_again"]
    assert Fact.objects.get(seq=2).data == {"first": 1, "count": 2}


def test_after_a_refusal_the_same_key_may_be_sent_again(sun: Person) -> None:
    with pytest.raises(Forbidden):
        say(sun, 1, key="a")
    RoleGrant.objects.create(
        person=sun, role="relationship_specialist", since=NOON.date() - timedelta(days=1)
    )
    assert not say(Person.objects.get(pk=sun.pk), 1, key="a").replayed


def test_a_clock_set_back_is_noted_and_never_reorders(lin: Person) -> None:
    say(lin, 1)
    say(lin, 2, at=NOON - timedelta(hours=1))
    kinds = list(Fact.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds == ["test.said", "test.said", "journal.clock_set_back"]
    times = list(Fact.objects.order_by("seq").values_list("recorded_at", flat=True))
    assert times == sorted(times)


def test_many_actions_in_one_transaction_chain_too(lin: Person) -> None:
    with Journal().writing():
        say(lin, 1)
        with pytest.raises(RuntimeError):
            say(lin, 13)
        say(lin, 2)
    assert verify().whole
    assert Fact.objects.count() == 2


def test_the_hour_that_comes_twice_in_autumn_is_written_as_two() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    second = first.replace(fold=1)
    assert first == second  # so says Python of times in one zone
    assert [chain.stamp(at)[11:16] for at in (first, second)] == ["00:30", "01:30"]
    assert [quick._as_text(at)[11:16] for at in (first, second)] == ["00:30", "01:30"]
