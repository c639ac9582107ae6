"""Commenting on a customer, following it, and having looked."""

from __future__ import annotations

from typing import Any

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, Text, action, ask, ref
from guanxi.platform.people.reads import colleagues
from guanxi.platform.ui.subjects import seen

from .. import reads
from ..actions.undo import UNDO, take_back
from ..inputs import Lines
from ..models import Account
from ..models_following import Following, Looked
from . import facts as _facts  # noqa: F401 (declares what these actions write)
from .mentions import mentions
from .permissions import COMMENT

VIEW, COMMENTED = "customers.view", "customer.commented"


class OfCustomer(Action):
    """Base of what one does at a customer without changing it."""

    permission = VIEW
    subject = "customer"

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        id = subject.pk if isinstance(subject, Account) else data.customer
        return ("customer", id, id)


@action
class Comment(OfCustomer):
    """Say something to colleagues about a customer; those mentioned by @ are told."""

    name = "customers.comment"
    label = Text("留言", "Comment")
    permission = COMMENT
    writes = (COMMENTED,)

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="hidden")
        text: Lines = ask(
            "给同事留言",
            "Comment for colleagues",
            min_length=1,
            max_length=2000,
            widget="textarea",
            hint=Text(
                "用 @ 加姓名或登录名提到同事，对方会收到消息",
                "Mention a colleague by @ and their name or sign-in name: they are told",
            ),
        )

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        found = mentions(data.text, colleagues()) if "@" in data.text else None
        people = list(found.people) if found else []
        wrong: list[Text] = []
        for name in found.several if found else ():
            wrong.append(
                Text(
                    "有几位同事都叫“{name}”，请用 @ 加登录名",
                    "Several colleagues are called “{name}”: mention them by their sign-in name",
                ).format(name=name)
            )
        wrong += [
            Text(
                "{name}无权查看这位客户，不能在这里提到",
                "{name} may not see this customer and cannot be mentioned here",
            ).format(name=person.name)
            for person in people
            if not seen(person, "customer", subject.pk)
        ]
        if wrong:
            raise Invalid({"text": wrong})
        ctx.emit(
            COMMENTED,
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={"mentioned": [ref(person.pk) for person in people]},
            texts={"text": data.text},
        )
        return subject


@action
class TakeBackComment(Action):
    """Take back one's own comment, within the time that an undo has; its words are shown no more."""

    name = "customers.take_back_comment"
    label = Text("撤回留言", "Take back a comment")
    permission = COMMENT
    writes = ("journal.annulled",)
    subject = "customer"

    class Input(ActionInput):
        fact: int = ask("记录号", "Record number", ge=1, lt=2**63)

    def load(self, ctx: Context, data: Any) -> Fact:
        fact = Fact.objects.filter(pk=data.fact, kind=COMMENTED, actor_id=ctx.actor.pk).first()
        if fact is None or fact.customer_id is None:
            raise NotFound("fact", data.fact)
        reads.fetch(ctx.actor, fact.customer_id, self.permission)
        return fact

    def about(self, ctx: Context, data: Any, subject: Fact) -> tuple[str, int | None, int | None]:
        return ("customer", int(subject.subject_id or 0), subject.customer_id)

    def run(self, ctx: Context, data: Any, subject: Fact) -> Fact:
        take_back(ctx, subject, UNDO[COMMENTED])
        return subject


@action
class Follow(OfCustomer):
    """Follow a customer, or follow it no more."""

    name = "customers.follow"
    label = Text("关注客户", "Follow a customer")
    writes = ("customer.followed", "customer.unfollowed")

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="hidden")
        on: bool = ask("关注", "Follow", True, widget="checkbox")

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        if data.on:
            _, changed = Following.objects.get_or_create(
                person=ctx.actor, customer=subject, defaults={"since": ctx.now}
            )
        else:
            changed = bool(Following.objects.filter(person=ctx.actor, customer=subject).delete()[0])
        if changed:
            ctx.emit(
                "customer.followed" if data.on else "customer.unfollowed",
                subject=("customer", subject.pk),
                customer=subject.pk,
            )
        return subject


@action
class Look(OfCustomer):
    """Have the timeline before one's eyes, up to a fact. How far somebody looked is nobody else's business: no fact."""

    name = "customers.have_looked"
    label = Text("看到最新记录", "Have looked")
    internal = True

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="hidden")
        seq: int = ask("看到第几条", "Up to which fact", widget="hidden", ge=0, lt=2**63)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        ids = reads.ids_of(subject.pk)
        newest = Fact.objects.filter(customer_id__in=ids, seq__lte=data.seq).order_by("-seq").first()
        if newest is None:
            raise Invalid.field("seq", "没有这条记录", "There is no such fact")
        row, made = Looked.objects.get_or_create(
            person=ctx.actor, customer=subject, defaults={"seq": newest.seq, "at": ctx.now}
        )
        if not made and row.seq < newest.seq:
            row.seq, row.at = newest.seq, ctx.now
            row.save(update_fields=["seq", "at"])
        return subject
