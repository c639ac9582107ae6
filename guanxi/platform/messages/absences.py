"""Word to whoever stands in for somebody: read from the journal, each told once."""

from __future__ import annotations

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.people.models import Person

from .definitions import MessageTemplate, message_template
from .queue import queue
from .telling import told_once

STANDS_IN = message_template(
    MessageTemplate(
        "people.stands_in",
        Text("请您代理同事", "Standing in for somebody"),
        Text("{since} 至 {until} 请您代理{who}", "You stand in for {who} from {since} to {until}"),
        paragraphs=(
            Text(
                "{who} {since} 至 {until} 外出。其客户、拜访、义务和审批这几天由您办理，到期自动交回。",
                "{who} is away from {since} to {until}. Their customers, visits, duties and approvals are with you on "
                "these days, and return by themselves.",
            ),
        ),
        button=Text("打开今日", "Open Today"),
    )
)
NO_MORE = message_template(
    MessageTemplate(
        "people.stands_in_no_more",
        Text("不再代理同事", "No longer standing in"),
        Text("不再需要您代理{who}", "You need not stand in for {who} any more"),
        paragraphs=(
            Text(
                "{who} 的外出已结束、取消或改由他人代理。其客户、拜访、义务和审批不再由您办理。",
                "The absence of {who} is over or cancelled, or somebody else stands in. Their customers, visits, duties "
                "and approvals are not with you any more.",
            ),
        ),
    )
)
KINDS = ("absence.planned", "absence.changed", "absence.ended")


def tell_deputies(clock: Clock = system_clock) -> int:
    """Put into the outbox what deputies need to know since the last time; returns how many facts were read."""
    return told_once("absences", KINDS, lambda fact: _tell(fact, clock))


def _tell(fact: Fact, clock: Clock) -> None:
    data = fact.data
    before = data.get("before")
    if fact.kind == "absence.ended":
        # An absence that ran out by itself is no news: the message that announced it named its last day.
        if fact.actor_id is not None:
            _send(NO_MORE, data["deputy"], fact, clock)
        return
    if before and before != data["deputy"]:
        _send(NO_MORE, before, fact, clock)
    _send(STANDS_IN, data["deputy"], fact, clock)


def _send(template: MessageTemplate, to: str, fact: Fact, clock: Clock) -> None:
    people = Person.objects.in_bulk([int(to), int(fact.data["person"])])
    deputy, away = people.get(int(to)), people.get(int(fact.data["person"]))
    if deputy is None or away is None or fact.actor_id == deputy.pk:
        return
    queue(
        template.name,
        key=f"{template.name}:{fact.seq}:{deputy.pk}",
        to=deputy,
        values={"who": away.name, "since": fact.data["since"], "until": fact.data["until"]},
        now=clock(),
        path="/",
        forward=False,
    )
