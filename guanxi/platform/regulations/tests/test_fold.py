"""Given a regulation in force, when actions happen, then the tables hold what replaying the journal gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guanxi.cores.norms import model as norms
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    FactKind,
    Text,
    action,
    ask,
    fact_kind,
    fixed_clock,
    perform,
)
from guanxi.platform.messages.models import OutgoingMessage
from guanxi.platform.people.rights import SYSTEM, permission
from guanxi.platform.regulations import engine as engines
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Obligation, Regulation, StateTally, Version
from guanxi.platform.regulations.notices import _tell, send_notices
from guanxi.platform.regulations.replay import differences
from guanxi.platform.regulations.store import SqlStore
from guanxi.platform.regulations.ticking import drain, roll_out

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)

permission("test.ring", Text("试铃", "Ring"), own=("relationship_specialist",))
fact_kind(FactKind("bell.rung", subject="bell", label=Text("响铃", "Rung"), fields={"loud": "bool"}))
fact_kind(FactKind("bell.answered", subject="bell", label=Text("应铃", "Answered")))


@action
class Ring(Action):
    """Ring a bell."""

    name = "test.ring"
    label = Text("响铃", "Ring")
    permission = "test.ring"
    writes = ("bell.rung", "bell.answered")
    subject = "bell"

    class Input(ActionInput):
        bell: int = ask("铃", "Bell")
        answer: bool = ask("应", "Answer", False)

    def run(self, ctx, data, subject):
        if data.answer:
            ctx.emit("bell.answered", subject=("bell", data.bell))
        else:
            ctx.emit("bell.rung", subject=("bell", data.bell), data={"loud": True})


@action
class Force(Action):
    """Bring a version of R77 into force."""

    name = "test.force"
    writes = ("norms.version_in_force",)
    label = Text("生效", "Force")
    permission = "norms.tick"
    by_system = True

    class Input(ActionInput):
        version: str = ask("版本", "Version")

    def run(self, ctx, data, subject):
        ctx.emit(
            "norms.version_in_force",
            subject=("version", 1),
            data={"regulation": "R77", "version": data.version},
        )


fact_kind(
    FactKind(
        "bell.tuned",
        subject="bell",
        label=Text("调音", "Tuned"),
        fields={"pitch": "int"},
        sets={"pitch": "pitch"},
    )
)


@action
class Tune(Action):
    """Tune a bell in several steps."""

    name = "test.tune"
    label = Text("调音", "Tune")
    permission = "test.ring"
    writes = ("bell.tuned",)
    subject = "bell"

    class Input(ActionInput):
        bell: int = ask("铃", "Bell")
        steps: int = ask("次", "Steps")

    def run(self, ctx, data, subject):
        for pitch in range(1, data.steps + 1):
            ctx.emit("bell.tuned", subject=("bell", data.bell), data={"pitch": pitch})


PACK = """
regulation: {id: R77, title: {zh: 铃, en: Bells}}
clauses:
  - {id: R77.1, kinds: [Duty], text: {zh: 响铃要应, en: A bell is answered}}
parameters:
  answer_within: {type: duration, default: 2h, origin: ours, clause: R77.1, words: {zh: 多久内应铃, en: How soon}}
  remind: {type: duration, default: 1h, origin: ours, clause: R77.1, words: {zh: 提前提醒, en: Remind before}}
controls:
  - id: answered
    kind: duty
    clause: R77.1
    does: test.ring
    trigger: bell.rung
    owner: actor
    due: {within: answer_within, from: happened_at}
    fulfilled_by: {fact: bell.answered, same: bell}
    remind: [{before: remind, to: owner}]
    words: {zh: 应铃, en: Answer}
"""


@pytest.fixture
def in_force(cast, monkeypatch):
    """R77 in force from the day before."""
    packs.forget()
    monkeypatch.setattr(engines, "_made", None)
    regulation = Regulation.objects.create(code="R77", title_zh="铃", title_en="Bells")
    version = Version.objects.create(
        regulation=regulation,
        number=1,
        state="in_force",
        source={"pack.yaml": PACK},
        content_hash="x",
        drafted_at=NOON,
    )
    perform(
        "test.force", {"version": version.name}, actor=SYSTEM, clock=fixed_clock(NOON - timedelta(days=1))
    )
    roll_out(fixed_clock(NOON - timedelta(days=1)))
    return version


def ring(person, *, at=NOON, answer=False):
    return perform("test.ring", {"bell": 1, "answer": answer}, actor=person, clock=fixed_clock(at))


def test_a_duty_opens_and_is_fulfilled_in_time(cast, in_force) -> None:
    ring(cast.lin)
    duty = Obligation.objects.get()
    assert (duty.state, duty.owner, duty.due_at) == ("open", str(cast.lin.pk), NOON + timedelta(hours=2))
    ring(cast.lin, answer=True, at=NOON + timedelta(hours=1))
    duty.refresh_from_db()
    assert duty.state == "fulfilled"
    assert differences() == []


def test_a_deadline_passed_is_missed_at_the_tick_and_stays_counted(cast, in_force) -> None:
    ring(cast.lin)
    drain(fixed_clock(NOON + timedelta(hours=1)))
    drain(fixed_clock(NOON + timedelta(hours=3)))
    assert Obligation.objects.get().state == "missed"
    ring(cast.lin, answer=True, at=NOON + timedelta(hours=4))
    assert Obligation.objects.get().state == "late"
    tally = StateTally.objects.get(count__gt=0)
    assert (tally.state, tally.missed, tally.count) == ("late", True, 1)
    assert differences() == []


def test_a_reminder_is_a_fact_written_once(cast, in_force) -> None:
    from guanxi.platform.journal.models import Fact

    ring(cast.lin)
    for minutes in (61, 62):
        drain(fixed_clock(NOON + timedelta(minutes=minutes)))
        send_notices(fixed_clock(NOON + timedelta(minutes=minutes)))
    assert Fact.objects.filter(kind="norms.reminded").count() == 1
    (mail,) = OutgoingMessage.objects.all()
    assert (mail.person, mail.urgent) == (cast.lin, False)
    assert mail.subject == "提醒：应铃，期限 2026年3月5日 周四 14:00"
    assert mail.text.startswith("请在 2026年3月5日 周四 14:00 前办理：应铃（R77.1）。办完后不再提醒。")
    assert mail.inbox.title["en"] == "Reminder: Answer, due Thu 5 Mar 2026 14:00"
    assert differences() == []


def test_an_escalation_names_who_is_late_and_does_not_wait_for_the_morning(cast, in_force) -> None:
    from guanxi.platform.journal.models import Fact

    ring(cast.lin)
    duty = Obligation.objects.get()
    fact = Fact(seq=999, kind="norms.escalated", subject_id=duty.pk, data={"to": str(cast.wang.pk)})
    _tell(fact, fixed_clock(NOON + timedelta(hours=10)))
    (mail,) = OutgoingMessage.objects.all()
    assert (mail.person, mail.urgent, mail.subject) == (cast.wang, True, "林晓逾期：应铃")
    assert "负责人林晓，期限 2026年3月5日 周四 14:00，至今没有完成。" in mail.text
    assert mail.text.rstrip().endswith("现在是您的免打扰时段，因有事项已经逾期，这封邮件照发。")
    ring(cast.lin, answer=True, at=NOON + timedelta(hours=11))
    _tell(
        Fact(seq=1000, kind="norms.escalated", subject_id=duty.pk, data={"to": str(cast.wang.pk)}),
        fixed_clock(NOON),
    )
    assert OutgoingMessage.objects.count() == 1, "what is done by then is not reported"


def test_facts_of_one_call_at_one_instant_stand_as_they_were_written(cast, in_force) -> None:
    perform("test.tune", {"bell": 1, "steps": 11}, actor=cast.lin, clock=fixed_clock(NOON))
    bell = SqlStore().entity("bell", "1")
    assert bell is not None
    assert [setting.value for setting in bell.attributes["pitch"]] == list(range(1, 12))
    assert bell.at("pitch") == 11
    assert differences() == []


def test_of_what_is_only_being_made_the_tables_are_not_asked(
    cast, in_force, django_assert_num_queries
) -> None:
    store, since = SqlStore(), NOON - timedelta(days=30)
    store.begin("bell", ["7"])
    fact = norms.Fact(1, "bell.rung", NOON, NOON, None, "bell", "7", None, {"loud": True}, 1, "k")
    store.remember(fact)
    store.add_evidence(fact, ["bell=7"])
    with django_assert_num_queries(0):
        assert store.entity("bell", "7") is None
        assert not store.watching("bell=7", since)
        assert not store.by_match("R77/answer", "bell=7", since)
        assert store.evidence_seqs([("bell.rung", "bell=7"), ("bell.answered", "bell=7")], since) == {1}
    with django_assert_num_queries(1):
        assert store.evidence_seqs([("bell.rung", "bell=8")], None) == set()


def test_evidence_that_is_dropped_before_it_was_written_is_not_written(cast, in_force) -> None:
    store = SqlStore()
    for seq in (1, 2):
        fact = norms.Fact(seq, "bell.rung", NOON, NOON, None, "bell", "7", None, {"loud": True}, 1, f"k{seq}")
        store.add_evidence(fact, ["bell=7", "person=3"])
    store.drop_evidence(1)
    assert store.evidence_seqs([("bell.rung", "bell=7")], NOON) == {2}
    assert store.evidence_seqs([("bell.rung", "bell=7")], NOON + timedelta(seconds=1)) == set()
    assert store.take().evidence == [
        ("bell.rung", "bell=7", 2, NOON),
        ("bell.rung", "person=3", 2, NOON),
    ]
