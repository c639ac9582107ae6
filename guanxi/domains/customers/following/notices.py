"""Word to those whom a comment mentions and to those who follow a customer: read from the journal, each told once."""

from __future__ import annotations

from datetime import timedelta

from django.utils import translation

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.messages.definitions import MessageTemplate, Value, message_template
from guanxi.platform.messages.queue import queue
from guanxi.platform.messages.telling import told_once
from guanxi.platform.messages.withdrawing import withdraw
from guanxi.platform.people.models import Person
from guanxi.platform.ui.subjects import seen

from .. import reads
from ..models_following import Following

COMMENTED, ANNULLED = "customer.commented", "journal.annulled"
TOLD = (
    COMMENTED,
    "customer.graded",
    "customer.assigned",
    "customer.closed",
    "customer.reopened",
    "credit.happened",
    "contact.left",
    "promise.withdrawn",
)
"""What followers are told at once; everything else they find on the timeline, marked as new."""
TAKEN_BACK = Text("留言已撤回", "The comment was taken back")
UNDONE = Text("这条记录已撤销，不再有效", "It was undone and holds no more")
NEWS_FOR = timedelta(days=3)
"""What a worker that stood still for longer finds is no news."""
BUTTON = Text("打开客户", "Open the customer")
MENTIONED = message_template(
    MessageTemplate(
        "customer.mentioned",
        Text("有人在留言中提到我", "Somebody mentions me in a comment"),
        Text("{by}在留言中提到您", "{by} mentions you in a comment"),
        paragraphs=(Text("{text}", "{text}"),),
        button=BUTTON,
        guarded=True,
    )
)
FOLLOWED = message_template(
    MessageTemplate(
        "customer.followed_news",
        Text("我关注的客户有变化", "News of customers that I follow"),
        Text("您关注的客户：{what}", "A customer you follow: {what}"),
        paragraphs=(Text("{by}{text}", "{by}{text}"),),
        button=BUTTON,
        guarded=True,
    )
)


def tell_of_customers(clock: Clock = system_clock) -> int:
    """Put into inbox and outbox what mentions and followers ask for; returns how many facts were read."""
    return told_once("following", (*TOLD, ANNULLED), lambda fact: _read(fact, clock))


def _read(fact: Fact, clock: Clock) -> None:
    if fact.kind == ANNULLED:
        _withdraw(fact, clock)
    else:
        _tell(fact, clock)


def _withdraw(fact: Fact, clock: Clock) -> None:
    """What was told of a fact that was taken back says so from now on. Read in the journal's order, so that no message of
    it can come afterwards."""
    if fact.customer_id is None:
        return
    of = fact.data["fact"]
    kind = Fact.objects.filter(pk=of, kind__in=TOLD).values_list("kind", flat=True).first()
    for template in (MENTIONED, FOLLOWED) if kind else ():
        withdraw(
            f"{template.name}:{of}:",
            customer=fact.customer_id,
            said=TAKEN_BACK if kind == COMMENTED else UNDONE,
            now=clock(),
        )


def _tell(fact: Fact, clock: Clock) -> None:
    if fact.customer_id is None or clock() - fact.recorded_at > NEWS_FOR:
        return
    actor = fact.actor_id or 0
    mentioned = {int(id) for id in fact.data.get("mentioned", ())} - {actor}
    followers = set(Following.objects.filter(customer=fact.customer_id).values_list("person_id", flat=True))
    wanted = mentioned | followers - {actor}
    if not wanted or _taken_back(fact):
        return
    by = Person.objects.filter(pk=actor).values_list("name", flat=True).first() or ""
    text = str(fact.words.body.get("text", "")) if fact.kind == COMMENTED and hasattr(fact, "words") else ""
    said = {"by": by, "text": text} if mentioned else {}
    for person in Person.objects.filter(pk__in=wanted, is_active=True).order_by("pk"):
        if not seen(person, "customer", fact.customer_id):
            continue
        told = MENTIONED if person.pk in mentioned else FOLLOWED
        values: dict[str, Value] = dict(said) if told is MENTIONED else _news(fact, by, text)
        queue(
            told.name,
            key=f"{told.name}:{fact.seq}:{person.pk}",
            to=person,
            values=values,
            now=clock(),
            about=("customer", str(fact.customer_id)),
            customer=fact.customer_id,
            forward=told is MENTIONED,
        )


def _news(fact: Fact, by: str, text: str) -> dict[str, Value]:
    """The fact's sentence in both languages; a comment's own words follow who made it."""
    said = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said[language] = reads.tell([fact])[0].text
    colon = Text("：", ": ") if text else Text("", "")
    return {
        "what": Text(said["zh-hans"], said["en"]),
        "by": Text(f"{by}{colon.zh}", f"{by}{colon.en}"),
        "text": text,
    }


def _taken_back(fact: Fact) -> bool:
    later = Fact.objects.filter(kind=ANNULLED, customer_id=fact.customer_id, seq__gt=fact.seq)
    return any(data["fact"] == fact.seq for data in later.values_list("data", flat=True))
