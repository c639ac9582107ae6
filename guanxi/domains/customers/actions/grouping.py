"""A customer's parent company, its service class and its tags; the company's list of tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import change
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
    ref,
)

from .. import reads, words
from ..inputs import Line, Lines
from ..models import Account
from ..models_grouping import Tag, Tagged
from .changes import save
from .registers import _row, _write
from .undo import UNDO_FOR

MOST_TAGS = 200
"""So many tags in use are still looked over in a form."""
AT_ONCE = 500
UNSEEN = Text("（您无权查看的客户）", "(a customer that you may not see)")


def set_parent(ctx: Context, account: Account, parent: int | None) -> None:
    """Put a customer under another, or under none. Invalid where it would stand above itself."""
    if parent == account.pk:
        raise Invalid.field("parent", "上级单位不能是自己", "A customer is not its own parent")
    if parent is not None:
        chosen = reads.fetch(ctx.actor, parent)
        parent = chosen.pk  # for a merged one, the one that stayed
        chain = [parent, *reads.above(parent)]
        if account.pk in chain:
            raise _circle(ctx.actor, [account.pk, *chain[: chain.index(account.pk) + 1]])
    before = account.parent_id
    if parent == before:
        return
    account.parent_id = parent
    save(account, ["parent"], ctx.now)
    say_parent(ctx, account, before)


def _circle(person: Any, chain: list[int]) -> Invalid:
    """The refusal, with the chain from the customer up to itself."""
    names = reads.names_of(person, chain)
    said = [names.get(id) for id in chain]
    zh = " → ".join(name or UNSEEN.zh for name in said)
    en = " → ".join(name or UNSEEN.en for name in said)
    return Invalid.field("parent", f"上下级会绕成一圈：{zh}", f"It would stand above itself: {en}")


def say_parent(ctx: Context, account: Account, before: int | None) -> None:
    """That its parent is another one now; by number only, since not everybody who sees the one sees the other."""
    how = "cleared" if account.parent_id is None else "set" if before is None else "changed"
    ctx.emit(
        "customer.grouped",
        subject=("customer", account.pk),
        customer=account.pk,
        data={"parent": ref(account.parent_id), "before_parent": ref(before), "group_change": how},
    )


def say_service(ctx: Context, account: Account, before: str, reason: str) -> None:
    """That its service class is another one now."""
    ctx.emit(
        "customer.service_set",
        subject=("customer", account.pk),
        customer=account.pk,
        data={"service": account.service or None, "before_service": before or None},
        texts={"reason": reason},
    )


def set_tags(ctx: Context, account: Account, wanted: Iterable[int]) -> None:
    """Let a customer have exactly these of the tags in use; retired ones that it has stay."""
    has = set(account.tagged.filter(tag__active=True).values_list("tag", flat=True))
    goal = set(wanted)
    if goal != has:
        change_tags(ctx, [account], goal - has, has - goal)


def change_tags(
    ctx: Context, accounts: list[Account], adding: Iterable[int], removing: Iterable[int]
) -> list[Account]:
    """Give and take tags at several customers; those at which something changed."""
    adding, removing = set(adding), set(removing)
    names = dict(Tag.objects.filter(pk__in=adding | removing).values_list("pk", "name"))
    has: dict[int, set[int]] = {account.pk: set() for account in accounts}
    for customer, tag in Tagged.objects.filter(customer__in=list(has), tag__in=names).values_list(
        "customer", "tag"
    ):
        has[customer].add(tag)
    new, moved = [], []
    for account in accounts:
        added, removed = sorted(adding - has[account.pk]), sorted(removing & has[account.pk])
        if not added and not removed:
            continue
        new += [Tagged(customer=account, tag_id=id, at=ctx.happened_at, by=ctx.actor) for id in added]
        if removed:
            Tagged.objects.filter(customer=account, tag__in=removed).delete()
        moved.append(account)
        say_tags(ctx, account, names, added, removed)
    Tagged.objects.bulk_create(new, batch_size=200)
    return moved


def say_tags(
    ctx: Context, account: Account, names: dict[int, str], added: Iterable[int], removed: Iterable[int]
) -> None:
    """Which tags it has got and lost."""
    signs = [*(f"+{names[id]}" for id in added), *(f"−{names[id]}" for id in removed)]
    ctx.emit(
        "customer.tagged",
        subject=("customer", account.pk),
        customer=account.pk,
        data={"added": [str(id) for id in added], "removed": [str(id) for id in removed]},
        texts={"tags": " ".join(signs)},
    )


@action
class SetService(Action):
    """Say to which service class a customer belongs (R3.4.1)."""

    name = "customers.set_service"
    label = Text("划定服务类别", "Set the service class")
    permission = "customers.grade"
    writes = ("customer.service_set",)
    subject = "customer"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        service: words.ServiceCode = ask(
            "服务类别",
            "Service class",
            choices=[*words.pairs(words.SERVICES), ("", Text("未划定", "none"))],
            widget="chips",
        )
        reason: Lines = ask("理由", "Reason", "", max_length=300, widget="textarea")

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        before = subject.service
        if data.service != before:
            subject.service = data.service
            change(subject, "service")
            say_service(ctx, subject, before, data.reason)
        return subject


def _tags() -> list[tuple[int, str]]:
    return reads.tag_choices()


def _every_tag() -> list[tuple[int, str]]:
    return reads.tag_choices(retired=True)


@action
class TagCustomers(Action):
    """Give tags to several customers, and take tags from them."""

    name = "customers.tag"
    label = Text("打标签", "Tag customers")
    permission = "customers.work"
    writes = ("customer.tagged",)
    subject = "customer"

    class Input(ActionInput):
        customers: list[int] = ask(
            "客户", "Customers", of="customer", widget="hidden", min_length=1, max_length=AT_ONCE
        )
        add: list[int] = ask("加上", "Add", [], of="tag", choices=_tags, widget="chips", max_length=MOST_TAGS)
        remove: list[int] = ask(
            "去掉", "Take away", [], of="tag", choices=_every_tag, widget="chips", max_length=MOST_TAGS
        )

    def load(self, ctx: Context, data: Any) -> list[Account]:
        return reads.fetch_many(ctx.actor, list(data.customers), self.permission)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        one = subject[0].pk if isinstance(subject, list) and len(subject) == 1 else None
        return ("customer", one, one)

    def run(self, ctx: Context, data: Any, subject: list[Account]) -> list[Account]:
        if not data.add and not data.remove:
            raise Invalid.field("add", "请选择要加上或去掉的标签", "Choose tags to add or to take away")
        if set(data.add) & set(data.remove):
            raise Invalid.field(
                "remove", "同一个标签不能既加上又去掉", "A tag cannot be added and taken away at once"
            )
        return change_tags(ctx, subject, data.add, data.remove)


@action
class TagBack(Action):
    """Take back a change of tags at several customers within ten minutes, where nobody changed them since."""

    name = "customers.tag_back"
    label = Text("撤销标签调整", "Undo the change of tags")
    permission = "customers.work"
    writes = ("customer.tagged",)
    subject = "customer"

    class Input(ActionInput):
        first: int = ask("第一条记录", "First record", ge=1, widget="hidden")
        last: int = ask("最后一条记录", "Last record", ge=1, widget="hidden")

    def load(self, ctx: Context, data: Any) -> list[Fact]:
        facts = Fact.objects.filter(
            kind="customer.tagged", actor_id=ctx.actor.pk, seq__gte=data.first, seq__lte=data.last
        )
        found = list(facts.order_by("seq")[: 2 * AT_ONCE])
        if not found:
            raise NotFound("fact", data.first)
        reads.fetch_many(ctx.actor, [int(f.subject_id or 0) for f in found], self.permission)
        return found

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        one = subject[0].customer_id if isinstance(subject, list) and len(subject) == 1 else None
        return ("customer", one, one)

    def run(self, ctx: Context, data: Any, subject: list[Fact]) -> list[Fact]:
        if ctx.now - subject[-1].recorded_at > UNDO_FOR:
            raise Invalid.field(
                "", "已过十分钟，不能再撤销；请另行调整", "More than ten minutes ago: change them anew"
            )
        later = set(
            Fact.objects.filter(
                kind="customer.tagged",
                subject_kind="customer",
                subject_id__in=[f.subject_id for f in subject],
                seq__gt=subject[-1].seq,
            ).values_list("subject_id", flat=True)
        )
        left = [f for f in subject if f.subject_id not in later]
        if not left:
            raise Conflict(Text("之后标签已另行调整，不能再撤销", "Their tags were changed since"))
        accounts = Account.objects.in_bulk([int(f.subject_id or 0) for f in left])
        for fact in left:
            account = accounts.get(int(fact.subject_id or 0))
            if account is not None:
                added, removed = ([int(id) for id in fact.data[name]] for name in ("added", "removed"))
                change_tags(ctx, [account], removed, added)
        return subject


@action
class SaveTag(Action):
    """Enter a tag, give it another name, or retire it."""

    name = "tags.save"
    label = Text("保存标签", "Save tag")
    permission = "registers.manage"
    writes = ("tag.saved",)
    subject = "tag"

    class Input(ActionInput):
        tag: int | None = ask("标签", "Tag", None, of="tag", widget="hidden")
        name: Line = ask("名称", "Name", min_length=1, max_length=30)
        active: bool = ask("在用", "In use", True)

    def load(self, ctx: Context, data: Any) -> Tag | None:
        found: Tag | None = _row(Tag, data.tag, "tag")
        return found

    def run(self, ctx: Context, data: Any, subject: Tag | None) -> Tag:
        in_use = Tag.objects.filter(active=True).exclude(pk=subject.pk if subject else 0).count()
        if data.active and in_use >= MOST_TAGS:
            raise Invalid.field(
                "name",
                f"在用的标签已有 {MOST_TAGS} 个；请先停用不再需要的",
                f"There are {MOST_TAGS} tags in use: retire some first",
            )
        row, changes = _write(Tag, subject, {"name": data.name, "active": data.active}, "name")
        if changes:
            ctx.emit(
                "tag.saved",
                subject=("tag", row.pk),
                data={"tag": ref(row.pk), "active": row.active},
                texts={"name": row.name, "changes": changes},
            )
        found: Tag = row
        return found
