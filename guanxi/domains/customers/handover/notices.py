"""Word to both sides of a hand-over: read from the journal, each told once."""

from __future__ import annotations

from datetime import timedelta

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.messages.definitions import MessageTemplate, Value, message_template
from guanxi.platform.messages.queue import queue
from guanxi.platform.messages.telling import told_once

from ..models_handover import HandOver

NEWS_FOR = timedelta(days=7)
"""How a hand-over ended is no news after this."""
BUTTON = Text("打开交接清单", "Open the pack")
TAKE = message_template(
    MessageTemplate(
        "handover.take",
        Text("接手工作", "Taking over from somebody"),
        Text("请接手{giver}的工作", "Please take over from {giver}"),
        paragraphs=(
            Text(
                "{by}安排您接手{giver}的客户、承诺和拜访。请核对交接清单并签字；双方签字后才转到您名下。",
                "{by} arranged that you take over the customers, promises and visits of {giver}. Please check the pack "
                "and sign it; they are yours once both of you have signed.",
            ),
        ),
        button=BUTTON,
    )
)
GIVE = message_template(
    MessageTemplate(
        "handover.give",
        Text("移交工作", "Handing over to somebody"),
        Text("请向{taker}移交工作", "Please hand over to {taker}"),
        paragraphs=(
            Text(
                "{by}安排您向{taker}移交工作。请核对交接清单，补全缺项并签字；双方签字后才转走。",
                "{by} arranged that you hand over to {taker}. Please check the pack, complete what is missing and sign "
                "it; nothing moves until both of you have signed.",
            ),
        ),
        button=BUTTON,
    )
)
DONE = message_template(
    MessageTemplate(
        "handover.done",
        Text("交接完成或取消", "Hand-overs completed or cancelled"),
        Text("{giver}向{taker}的交接{ended}", "{giver} to {taker}: hand-over {ended}"),
        paragraphs=(Text("{next}", "{next}"),),
        button=BUTTON,
    )
)
ENDS = {
    "completed": (
        Text("已完成", "completed"),
        Text("清单上的客户、承诺和拜访已转到接手人名下。", "Everything in the pack is with the taker now."),
    ),
    "cancelled": (Text("已取消", "cancelled"), Text("一切照旧，无需再办。", "Everything stays as it was.")),
}


def tell_of_hand_overs(clock: Clock = system_clock) -> int:
    """Put into inbox and outbox what givers and takers need to know; returns how many facts were read."""
    kinds = ("handover.arranged", "handover.completed", "handover.cancelled")
    return told_once("hand-overs", kinds, lambda fact: _tell(fact, clock))


def _tell(fact: Fact, clock: Clock) -> None:
    rows = HandOver.objects.select_related("giver", "taker", "arranged_by")
    row = rows.filter(pk=fact.subject_id or "0").first()
    if row is None:
        return
    values: dict[str, Value] = {"giver": row.giver.name, "taker": row.taker.name, "by": row.arranged_by.name}
    if fact.kind == "handover.arranged":
        sent = [(TAKE, row.taker), (GIVE, row.giver)] if row.open else []
    elif clock() - fact.recorded_at < NEWS_FOR:
        ended, onward = ENDS[row.state]
        values |= {"ended": ended, "next": onward}
        sent = [(DONE, person) for person in dict.fromkeys((row.taker, row.giver, row.arranged_by))]
    else:
        sent = []
    for template, person in sent:
        if person.is_active and person.pk != fact.actor_id:
            queue(
                template.name,
                key=f"handover:{row.pk}:{template.name}:{person.pk}",
                to=person,
                values=values,
                now=clock(),
                about=("handover", str(row.pk)),
                forward=False,  # whoever gives or takes signs in person
            )
