"""A hand-over: arranged by whoever assigns customers, signed by both, done in one step with the last signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Forbidden,
    Invalid,
    NotFound,
    Secret,
    Text,
    action,
    ask,
)
from guanxi.platform.people.actions.succession import succeed
from guanxi.platform.people.identity import require_identity
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import colleagues
from guanxi.platform.people.rights import EVERYBODY

from ..inputs import Line as ShortText
from ..models import Promise, TeamMember
from ..models_handover import ARRANGED, CANCELLED, COMPLETED, GIVES, TAKES, HandOver, HandOverSignature
from ..reads import among, fetch_many, of_visible
from . import facts as _facts  # noqa: F401 (declares what these actions write)
from . import letters, pack
from .parts import parts
from .permissions import ARRANGE
from .reads import signed_sides, visible_hand_overs

MOST = 1000
COMPLETES = ("handover.completed", "person.succeeded", "absence.ended", "person.back")
"""What the last signature may write beside itself."""


@dataclass(frozen=True)
class ArrangeValues:
    customers: int
    promises: int
    visits: int
    duties: int
    leaves: bool
    whole: bool
    any_key: bool


@action
class Arrange(Action):
    """Arrange that somebody hands over to somebody else: everything, or chosen customers with what hangs on them."""

    name = "handover.arrange"
    label = Text("安排工作交接", "Arrange a hand-over")
    permission = ARRANGE
    writes = ("handover.arranged",)
    subject = "handover"
    gate_values = ArrangeValues

    class Input(ActionInput):
        giver: int = ask("移交人", "Who hands over", widget="person", of="person")
        taker: int = ask("接收人", "Who takes over", widget="person", of="person")
        leaves: bool = ask(
            "移交人离职：以后仍归其名下的事也归接收人",
            "They leave the company: whatever is still theirs later belongs to the taker too",
            False,
            widget="checkbox",
        )
        customers: list[int] = ask(
            "只移交这些客户",
            "Only these customers",
            [],
            of="customer",
            max_length=MOST,
            hint=Text("不选为全部", "All if none is chosen"),
        )
        note: ShortText = ask("说明", "Note", "", max_length=500)

    def load(self, ctx: Context, data: Any) -> HandOver:
        giver = Person.objects.select_related("department").filter(pk=data.giver).first()
        if giver is None:
            raise Invalid.field("giver", "没有这个人", "There is no such person")
        taker = colleagues().select_related("department").filter(pk=data.taker).first()
        if taker is None:
            raise Invalid.field(
                "taker", "没有这个人，或已停用", "There is no such person, or they are deactivated"
            )
        if giver.pk == taker.pk:
            raise Invalid.field("taker", "接收人须是另一个人", "Somebody else takes over")
        if data.leaves and data.customers:
            raise Invalid.field(
                "leaves", "离职交接须移交全部客户", "Who leaves hands over every customer that is left"
            )
        chosen = sorted(set(data.customers))
        fetch_many(ctx.actor, chosen)  # a key customer that one may not see is no answer to a guess
        return HandOver(giver=giver, taker=taker, arranged_by=ctx.actor, leaves=data.leaves, chosen=chosen)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("handover", subject.pk if isinstance(subject, HandOver) else None, None)

    def gate(self, ctx: Context, data: Any, subject: HandOver) -> ArrangeValues:
        content = pack.compose(subject)
        return ArrangeValues(
            **pack.counts(content),
            leaves=subject.leaves,
            whole=not subject.chosen,
            any_key=any(c["key"] for c in content["customers"]),
        )

    def run(self, ctx: Context, data: Any, subject: HandOver) -> HandOver:
        running = HandOver.objects.filter(giver=subject.giver, state=ARRANGED)
        if running.exists():
            raise Invalid.field(
                "giver", "此人已有一份未完成的交接", "They have a hand-over that is not completed yet"
            )
        lines = pack.lines_of(subject.giver, list(subject.chosen) or None)
        if subject.chosen and len(lines[pack.FRAME]) != len(subject.chosen):
            raise Invalid.field("customers", "其中有的客户不归此人负责", "Some of these are not theirs")
        if len(lines[pack.FRAME]) > MOST:
            raise Invalid.field(
                "customers",
                f"一次最多 {MOST} 位客户，请分几次交接",
                f"At most {MOST} customers at once; hand over in several steps",
            )
        if not any(lines.values()) and not subject.leaves:
            raise Invalid.field("giver", "此人手上没有可移交的", "There is nothing in their hands")
        for one in parts():
            if one.check is not None:
                one.check(ctx.actor, subject.taker, lines[one.name])
        subject.arranged_at, subject.note = ctx.now, data.note
        subject.save()
        content, _ = pack.present(subject)
        ctx.emit(
            "handover.arranged",
            subject=("handover", subject.pk),
            data={
                **_who(subject),
                **pack.counts(content),
                "leaves": subject.leaves,
                "whole": not subject.chosen,
            },
            texts={"note": data.note},
        )
        return subject


class OneHandOver(ActionInput):
    hand_over: int = ask("交接", "Hand-over", widget="hidden", of="handover")


class _OnOne(Action):
    subject = "handover"

    def load(self, ctx: Context, data: Any) -> HandOver:
        found = visible_hand_overs(ctx.actor).select_for_update(of=("self",)).filter(pk=data.hand_over)
        one = found.select_related("giver", "taker", "arranged_by").first()
        if one is None:
            raise NotFound("handover", data.hand_over)
        return one


class _Confirmed(OneHandOver):
    password: Secret = ask("密码", "Password", SecretStr(""), widget="password")
    otp: Secret = ask(
        "验证码",
        "Code",
        SecretStr(""),
        widget="otp",
        hint=Text("或用手机应用的验证码", "Or a code of your app"),
    )


def _confirm(ctx: Context, data: Any) -> str:
    """How whoever signs showed that it is them: 'password' or 'code'. Raises where they did not."""
    password, otp = data.password.get_secret_value(), data.otp.get_secret_value()
    require_identity(ctx.actor, password=password, otp=otp, now=ctx.now)
    return "code" if otp and not password else "password"


@action
class Sign(_OnOne):
    """Sign the pack as giver or taker, with password or code. With the second signature everything goes over."""

    name = "handover.sign"
    label = Text("签字确认", "Sign")
    permission = EVERYBODY
    writes = ("handover.signed", *COMPLETES)

    class Input(_Confirmed):
        content_hash: str = ask("所见内容", "Content seen", widget="hidden", max_length=64)

    def run(self, ctx: Context, data: Any, subject: HandOver) -> HandOver:
        side = {subject.giver_id: GIVES, subject.taker_id: TAKES}.get(ctx.actor.pk)
        if side is None:
            raise Forbidden(
                EVERYBODY,
                text=Text("只有移交人和接收人签字", "Only who hands over and who takes over sign"),
            )
        _must_be_open(subject)
        how = _confirm(ctx, data)
        content, now = pack.present(subject)
        if now != data.content_hash:
            raise Conflict(
                Text(
                    "您打开之后内容有变化，请重新核对再签字",
                    "The content changed since you opened it; look again before you sign",
                )
            )
        HandOverSignature.objects.create(
            hand_over=subject, side=side, person=ctx.actor, hash=now, how=how, at=ctx.now
        )
        ctx.emit(
            "handover.signed",
            subject=("handover", subject.pk),
            data={**_who(subject), "side": side, "hash": now, "how": how},
        )
        _complete_if_signed(ctx, subject, content, now)
        return subject


@action
class Excuse(_OnOne):
    """Go on without the giver's signature, with the reason: they are gone, ill or refuse. Asks for one's own identity."""

    name = "handover.excuse"
    label = Text("免移交人签字", "Excuse the giver's signature")
    permission = ARRANGE
    writes = ("handover.excused", *COMPLETES)

    class Input(_Confirmed):
        reason: ShortText = ask("原因", "Reason", min_length=2, max_length=300)

    def run(self, ctx: Context, data: Any, subject: HandOver) -> HandOver:
        _must_be_open(subject)
        _arranger_only(ctx, subject)
        if ctx.actor.pk == subject.taker_id:
            raise Forbidden(
                ARRANGE,
                text=Text(
                    "接收人不能免去移交人的签字；请另一位主管安排",
                    "Who takes over cannot excuse the giver; let another manager arrange it",
                ),
            )
        _confirm(ctx, data)
        subject.excuse = data.reason
        subject.save(update_fields=["excuse"])
        ctx.emit(
            "handover.excused",
            subject=("handover", subject.pk),
            data=_who(subject),
            texts={"reason": data.reason},
        )
        content, now = pack.present(subject)
        _complete_if_signed(ctx, subject, content, now)
        return subject


@action
class Cancel(_OnOne):
    """Call a hand-over off before it is done."""

    name = "handover.cancel"
    label = Text("取消交接", "Cancel the hand-over")
    permission = ARRANGE
    writes = ("handover.cancelled",)

    class Input(OneHandOver):
        reason: ShortText = ask("原因", "Reason", "", max_length=300)

    def run(self, ctx: Context, data: Any, subject: HandOver) -> HandOver:
        _must_be_open(subject)
        subject.state, subject.ended_at = CANCELLED, ctx.now
        subject.save(update_fields=["state", "ended_at"])
        ctx.emit(
            "handover.cancelled",
            subject=("handover", subject.pk),
            data=_who(subject),
            texts={"reason": data.reason},
        )
        return subject


@action
class SetLetter(_OnOne):
    """Change the letter that tells the customers."""

    name = "handover.set_letter"
    label = Text("修改致客户函", "Change the letter to the customers")
    permission = EVERYBODY
    writes = ("handover.letter_changed",)

    class Input(OneHandOver):
        letter: str = ask(
            "函件内容", "Letter", widget="textarea", min_length=10, max_length=4000, hint=letters.HINT
        )

    def run(self, ctx: Context, data: Any, subject: HandOver) -> HandOver:
        if ctx.actor.pk not in (subject.taker_id, subject.arranged_by_id):
            raise Forbidden(
                EVERYBODY,
                text=Text(
                    "只有接收人和安排人可以修改函件",
                    "Only who takes over and who arranged it change the letter",
                ),
            )
        if subject.state == CANCELLED:
            raise Conflict(Text("交接已取消", "The hand-over was cancelled"))
        wrong = letters.unknown(data.letter)
        if wrong:
            raise Invalid(
                {
                    "letter": [
                        Text("没有这个占位符：{name}", "There is no such placeholder: {name}").format(
                            name="{" + wrong + "}"
                        )
                    ]
                }
            )
        if subject.letter == data.letter:
            return subject
        subject.letter = data.letter
        subject.save(update_fields=["letter"])
        ctx.emit("handover.letter_changed", subject=("handover", subject.pk), data=_who(subject))
        return subject


@action
class HandOverPromises(Action):
    """Make open promises somebody else's; who cannot see the customer joins its team."""

    name = "promises.hand_over"
    label = Text("移交承诺", "Hand over promises")
    permission = "customers.assign"
    writes = ("promise.handed_over",)
    subject = "promise"

    class Input(ActionInput):
        promises: list[int] = ask(
            "承诺", "Promises", of="promise", widget="hidden", min_length=1, max_length=5000
        )
        owner: int = ask("改由谁负责", "Whose they become", of="person", widget="person")

    def load(self, ctx: Context, data: Any) -> list[Promise]:
        wanted = set(data.promises)
        rows = Promise.objects.filter(of_visible(ctx.actor), pk__in=wanted).select_related("customer")
        found = list(rows.order_by("due", "pk"))
        missing = wanted - {p.pk for p in found}
        if missing:
            raise NotFound("promise", min(missing))
        return found

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        one = subject[0] if isinstance(subject, list) and len(subject) == 1 else None
        return ("promise", one.pk if one else None, one.customer_id if one else None)

    def run(self, ctx: Context, data: Any, subject: list[Promise]) -> list[Promise]:
        owner = colleagues().select_related("department").filter(pk=data.owner).first()
        if owner is None or not owner.may("customers.work"):
            raise Invalid.field("owner", "此人不能负责客户", "This person cannot look after customers")
        for promise in subject:
            if promise.state != Promise.OPEN:
                raise Invalid.field("promises", "其中有的承诺已了结", "Some of these promises are over")
        unseen = {p.customer_id for p in subject}
        unseen -= set(among(owner, unseen).values_list("pk", flat=True))
        for customer in sorted(unseen):
            members = TeamMember.objects.filter(customer=customer).values_list("person_id", flat=True)
            ctx.act("customers.set_team", {"customer": customer, "members": [*members, owner.pk]})
        for promise in subject:
            before = promise.owner_id
            if before == owner.pk:
                continue
            promise.owner = owner
            promise.save(update_fields=["owner"])
            ctx.emit(
                "promise.handed_over",
                subject=("promise", promise.pk),
                customer=promise.customer_id,
                data={"promise": str(promise.pk), "owner": str(owner.pk), "before": str(before)},
                texts={"what": promise.what},
            )
        return subject


def _complete_if_signed(ctx: Context, hand_over: HandOver, content: dict[str, Any], now: str) -> None:
    """With every needed signature under this very content, everything goes over, by the rights of who arranged it."""
    sides = signed_sides(hand_over, now)
    if TAKES not in sides or not (GIVES in sides or hand_over.excuse):
        return
    giver, taker = hand_over.giver, hand_over.taker
    reason = str(Text(f"交接 {hand_over.pk}", f"hand-over {hand_over.pk}").zh)
    lines = pack.lines_of(giver, list(hand_over.chosen) or None)
    with ctx.with_rights_of(Person.objects.get(pk=hand_over.arranged_by_id)):
        for one in parts():
            if one.take is not None and lines[one.name]:
                one.take(ctx, giver, taker, lines[one.name], reason)
    if hand_over.leaves:
        succeed(ctx, giver, taker)
    hand_over.state, hand_over.ended_at = COMPLETED, ctx.now
    hand_over.content, hand_over.content_hash = content, now
    hand_over.save(update_fields=["state", "ended_at", "content", "content_hash"])
    ctx.emit(
        "handover.completed",
        subject=("handover", hand_over.pk),
        data={
            **_who(hand_over),
            **pack.counts(content),
            "leaves": hand_over.leaves,
            "whole": not hand_over.chosen,
            "hash": now,
            "excused": GIVES not in sides,
        },
    )


def _who(hand_over: HandOver) -> dict[str, str]:
    return {"giver": str(hand_over.giver_id), "taker": str(hand_over.taker_id)}


def _must_be_open(hand_over: HandOver) -> None:
    if not hand_over.open:
        words = (
            Text("交接已完成", "The hand-over is completed")
            if hand_over.state == COMPLETED
            else Text("交接已取消", "The hand-over was cancelled")
        )
        raise Conflict(words)


def _arranger_only(ctx: Context, hand_over: HandOver) -> None:
    if ctx.actor.pk != hand_over.arranged_by_id:
        raise Forbidden(ARRANGE, text=Text("只有安排人可以这样做", "Only who arranged it may do this"))
