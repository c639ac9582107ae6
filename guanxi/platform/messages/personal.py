"""What messages hold of people: see `guanxi.platform.kernel.personal`."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

from .models import InboxMessage, OutgoingMessage


def _about(ids: Sequence[int], path: str = "") -> Q:
    """Messages that say whose they are, or only what they are about. path: to the inbox."""
    named = {f"{path}about_kind": "customer", f"{path}about__in": [str(id) for id in ids]}
    return Q(**{f"{path}customer_id__in": ids}) | Q(**named)


holds(
    "gx_messages.InboxMessage",
    words=("title", "body"),
    plain=("key", "template", "about_kind", "about", "path"),
    what=Text("消息：给本公司人员的标题和内容", "Messages to our own people: title and body"),
    why=Text("告知与其有关的事", "To tell people what concerns them"),
    seen_by=Text("收件人本人", "Who it was sent to"),
    kept=Text("已读的按公司设定的月数", "Once read, as many months as the company sets"),
    erased=Text(
        "抹除联系人时，文字中的姓名和号码被划去", "Erasing a contact strikes name and numbers from the text"
    ),
    of_customers=lambda ids: InboxMessage.objects.filter(_about(ids)),
    at="created_at",
)
holds(
    "gx_messages.OutgoingMessage",
    own=("address", "address_name"),
    words=("subject", "text", "html"),
    plain=("key", "channel", "template", "language", "state", "error"),
    what=Text("发件箱：收件地址、称呼、标题、内容", "Outbox: address, name, subject, text"),
    why=Text("发送邮件，查明是否送达", "To send mail and tell whether it arrived"),
    seen_by=Text("系统管理员（只见状态和收件人）", "The administrator (state and recipient only)"),
    kept=Text("内容 90 天", "Its words for 90 days"),
    erased=Text(
        "发给该联系人的邮件清空，未发的不再发；其余的划去姓名和号码",
        "Mail to the contact is emptied and no longer sent; from other mail name and numbers are struck",
    ),
    of_customers=lambda ids: OutgoingMessage.objects.filter(Q(customer_id__in=ids) | _about(ids, "inbox__")),
    at="created_at",
)
holds(
    "gx_messages.Attachment",
    words=("name", "content"),
    plain=("content_type",),
    what=Text("邮件附件", "Files that go with mail"),
    why=Text("随邮件发送", "To be sent with it"),
    seen_by=Text("收件人", "Who it was sent to"),
    kept=Text("90 天", "90 days"),
    erased=Text("随清空的邮件删除", "Deleted with the mail that is emptied"),
)
holds_nothing("gx_messages.Preference", "template", "channel")
holds_nothing("gx_messages.QuietHours", "hours", "rest_days")
