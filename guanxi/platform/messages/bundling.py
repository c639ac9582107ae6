"""What is done with waiting e-mail before it goes: what is no longer the receiver's to see is dropped, and several
messages to one person go as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from guanxi.platform.kernel import Text
from guanxi.platform.ui.registry import load
from guanxi.platform.ui.subjects import named

from .definitions import MessageTemplate, message_template, page_of
from .models import OutgoingMessage, State
from .queue import address_of

MOST = 50
"""Messages that one e-mail holds at most."""
DIGEST = message_template(
    MessageTemplate(
        "messages.digest",
        Text("合并邮件", "Joint e-mail"),
        Text("{n} 条消息：{first} 等", "{n} messages: {first} and more"),
        optional=False,
    )
)
NOT_THEIRS = Text("收件人已无权查看所涉及的内容", "What it is about is no longer the receiver's to see")


def drop_unseen(due: QuerySet[OutgoingMessage]) -> int:
    """Take out of the outbox what speaks of rows that the receiver may no longer see; how many."""
    rows = list(due.filter(guarded=True, inbox__isnull=False).select_related("inbox", "person"))
    parts = OutgoingMessage.objects.filter(bundle__in=due.filter(template=DIGEST.name), guarded=True)
    parts = parts.filter(inbox__isnull=False).select_related("inbox", "person")
    gone = _unseen([*rows, *parts])
    open_again = {one.bundle_id for one in gone if one.bundle_id is not None}
    with transaction.atomic():
        for digest in OutgoingMessage.objects.filter(pk__in=open_again, state=State.WAITING):
            # What it would have said is wrong by now: what is left of it goes by itself.
            digest.parts.filter(state=State.BUNDLED).update(state=State.WAITING, bundle=None)
            digest.delete()
        dropped = OutgoingMessage.objects.filter(pk__in=[one.pk for one in gone], state=State.WAITING)
        return dropped.update(
            state=State.SKIPPED,
            subject="",
            text="",
            html="",
            error={"zh": NOT_THEIRS.zh, "en": NOT_THEIRS.en},
        )


def _unseen(rows: Iterable[OutgoingMessage]) -> list[OutgoingMessage]:
    load()  # kinds of rows are declared with the pages
    by_person = defaultdict(list)
    for row in rows:
        by_person[row.person].append(row)
    gone = []
    for person, theirs in by_person.items():
        keys = {(row.inbox.about_kind, row.inbox.about) for row in theirs if row.inbox}
        found = named(person, keys) if person is not None and person.is_active else {}
        gone += [
            row
            for row in theirs
            if row.inbox and not ((it := found.get((row.inbox.about_kind, row.inbox.about))) and it.name)
        ]
    return gone


def bundle(due: QuerySet[OutgoingMessage], now: datetime) -> int:
    """Put what waits for one person into one e-mail where it is more than one; how many e-mails were made."""
    loose = due.filter(urgent=False, attempts=0, inbox__isnull=False, attachments=None)
    by_person: dict[int, list[int]] = defaultdict(list)
    for pk, person in loose.order_by("id").values_list("pk", "person_id"):
        by_person[person or 0].append(pk)
    return sum(_bundled(ids[:MOST], now) for ids in by_person.values() if len(ids) > 1)


def _bundled(ids: list[int], now: datetime) -> bool:
    """Whether these went together; False where another worker was first."""
    with transaction.atomic():
        first = OutgoingMessage.objects.select_related("person").get(pk=ids[0])
        digest, made = OutgoingMessage.objects.get_or_create(
            key=f"digest:{ids[0]}:{len(ids)}",
            defaults={
                "template": DIGEST.name,
                "language": first.language,
                "person": first.person,
                "address": first.address,
                "address_name": first.address_name,
                "urgent": True,  # what was held has been held long enough
                "created_at": now,
                "next_at": now,
            },
        )
        if not made:
            return False
        waiting = OutgoingMessage.objects.filter(pk__in=ids, state=State.WAITING, attempts=0)
        waiting.update(state=State.BUNDLED, bundle=digest)
        parts = list(digest.parts.order_by("created_at", "id"))
        if len(parts) < 2:
            transaction.set_rollback(True)
            return False
        _write(digest, parts)
        return True


def _write(digest: OutgoingMessage, parts: list[OutgoingMessage]) -> None:
    language, link = digest.language, address_of("inbox/")
    subject = DIGEST.subject.format(n=len(parts), first=parts[0].subject).in_language(language)
    open_words = Text("在关系中查看全部消息", "See all messages in Guanxi").in_language(language)
    lines = [f"{number}. {one.subject}\n\n{one.text.strip()}" for number, one in enumerate(parts, start=1)]
    if link:
        lines.append(f"{open_words}{': ' if language == 'en' else '：'}{link}")
    body = format_html_join(
        "", "<h3>{}. {}</h3>{}", ((n, one.subject, _body(one)) for n, one in enumerate(parts, start=1))
    )
    if link:
        body += format_html('<hr><p><a href="{}">{}</a></p>', link, open_words)
    digest.subject = subject[:300]
    digest.text = "\n\n----------\n\n".join(lines) + "\n"
    digest.html = page_of(subject, body, language)
    digest.save(update_fields=["subject", "text", "html"])


def _body(part: OutgoingMessage) -> SafeString:
    """What stands in the body of an HTML mail that `render` made."""
    return SafeString(part.html.partition("<body>")[2].rpartition("</body>")[0])
