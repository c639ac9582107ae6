"""Given a contact of whom the company knows much, when their data is erased, then no file says who they were, and the
journal is whole."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_handover import HandOver
from guanxi.domains.customers.models_import import ImportFile
from guanxi.domains.customers.privacy import scrub
from guanxi.domains.customers.tests.importing import entered
from guanxi.domains.visits.models import Visit
from guanxi.platform.backups.erased import erase_again
from guanxi.platform.journal import verify_export
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.messages.models import InboxMessage
from guanxi.platform.messages.queue import Recipient, queue
from guanxi.platform.messages.trial import TRIAL
from guanxi.platform.people.tests.cast import Cast, make_cast
from guanxi.platform.regulations.export import excerpt
from guanxi.platform.regulations.replay import differences
from guanxi.platform.search.index import find
from tests.company import PASSWORD, bring_into_force

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
NAME, FORMER = "欧阳瑾瑜", "欧阳谨瑜"
PHONE, OLD_PHONE = "13905718264", "13777394056"
EMAIL, WECHAT = "jinyu.ouyang@hengyuan.example", "ouyang_jy88"
TELLING = (
    NAME,
    FORMER,
    "瑾瑜",
    PHONE,
    OLD_PHONE,
    "8264",
    EMAIL,
    WECHAT,
    "ouyang",
    "1971-09-23",
    "09-23",
    "收藏紫砂壶",
)


def do(who: Any, name: str, /, at: datetime = NOON, **data: Any) -> Any:
    return perform(name, data, actor=who, clock=fixed_clock(at), key=None).value


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    bring_into_force(made, "R1", "R5", at=NOON - timedelta(days=10))
    for one in made.everybody():
        one.set_password(PASSWORD)
        one.save()
    return made


@pytest.fixture
def ouyang(cast: Cast) -> Contact:
    """Met, called, promised to, given a gift, handed over, imported, merged along, written to."""
    lin, wang = cast.lin, cast.wang
    account: Account = do(
        lin, "customers.create", name="杭州恒远电子科技有限公司", phone=PHONE, note=f"找{NAME}谈"
    )
    contact: Contact = do(
        lin, "contacts.add", customer=account.pk, name=FORMER, phone=OLD_PHONE, post="采购总监", birthday="1971-09-23",
        wechat=WECHAT, matters="收藏紫砂壶", note=f"与{FORMER}的太太同乡",
    )  # fmt: skip
    do(lin, "contacts.update", contact=contact.pk, name=NAME, phone=PHONE, email=EMAIL)
    do(lin, "contacts.add", customer=account.pk, name="李红", note=f"{NAME}的助理", phone="13805710001")
    do(lin, "timeline.note", customer=account.pk, text="她说明年扩产", contact=contact.pk)
    do(lin, "timeline.note", customer=account.pk, text=f"打 139-0571-8264 找{NAME}")
    do(lin, "needs.add", customer=account.pk, what="密封圈", our_view=f"{NAME}会定", contact=contact.pk)
    do(
        lin,
        "promises.make",
        customer=account.pk,
        what=f"给{NAME}寄样册",
        due_on="2026-03-20",
        contact=contact.pk,
    )
    do(lin, "approaches.add", customer=account.pk, way="fair", person=NAME, event="华交会")
    do(lin, "credit.record", customer=account.pk, kind="late", detail=f"{NAME}答应月底付")
    do(wang, "stock.save", name="茶叶", kind="gift", unit="盒", value="88.00")
    item = Fact.objects.filter(kind="stock.saved").latest("seq").data["item"]
    do(wang, "stock.receive", item=int(item), quantity=5)
    do(lin, "materials.issue", item=int(item), quantity=1, customer=account.pk, contact=contact.pk, gift=True,
       note=f"送{NAME}")  # fmt: skip
    _visited(cast, account, contact)
    _merged(cast, account)
    _imported(cast)
    server = {"server": "mail.example.com:587"}
    queue(TRIAL.name, key="to-them", to=Recipient(EMAIL, NAME), values=server, now=NOON, customer=account.pk)
    InboxMessage.objects.create(
        key="x", template="x", person=lin, title={"zh": f"{NAME}来电"}, body={"zh": "回电 " + PHONE}, created_at=NOON,
        customer_id=account.pk,
    )  # fmt: skip
    InboxMessage.objects.create(
        key="y", template="y", person=lin, title={"zh": "新评论"}, body={"zh": f"{NAME}来过"}, created_at=NOON,
        about_kind="customer", about=str(account.pk),
    )  # fmt: skip
    _handed_over(cast)
    return Contact.objects.get(pk=contact.pk)


def _visited(cast: Cast, account: Account, contact: Contact) -> None:
    lin = cast.lin
    visit: Visit = do(
        lin, "visits.plan", customer=account.pk, planned_at=NOON + timedelta(hours=1), purpose="routine",
        target=f"请{NAME}看新样品", contact=contact.pk,
    )  # fmt: skip
    do(lin, "visits.confirm", NOON, visit=visit.pk)
    at = NOON + timedelta(hours=1)
    do(lin, "visits.check_in", at, visit=visit.pk)
    do(
        lin,
        "visits.capture",
        at,
        visit=visit.pk,
        lines=[{"key": "a", "kind": "information", "text": f"{NAME}要退休"}],
    )
    do(lin, "visits.check_out", at + timedelta(minutes=40), visit=visit.pk)


def _merged(cast: Cast, account: Account) -> None:
    twin = do(cast.lin, "customers.create", name="恒远电子（旧）", note=f"联系 {NAME} {PHONE}")
    do(cast.wang, "customers.merge", customer=account.pk, other=twin.pk, reason=f"{NAME}说是一家")


def _imported(cast: Cast) -> None:
    entered(
        cast.wang,
        f"客户名称,联系人,手机\n杭州恒远电子科技有限公司,{NAME},{PHONE}\n浙江明光医院,李梅,13805712345\n",
    )


def _handed_over(cast: Cast) -> None:
    row: HandOver = do(cast.wang, "handover.arrange", giver=cast.lin.pk, taker=cast.zhao.pk, leaves=False,
                       note=f"先拜访{NAME}")  # fmt: skip
    from guanxi.domains.customers.handover import pack

    for who in (cast.lin, cast.zhao):
        _, hash = pack.present(HandOver.objects.get(pk=row.pk))
        do(who, "handover.sign", hand_over=row.pk, password=PASSWORD, content_hash=hash)


def erase(cast: Cast, contact: Contact, **data: Any) -> Any:
    said = {
        "reason": "request",
        "note": "来函 17",
        "sure": True,
        "password": PASSWORD,
        "version": contact.version,
    }
    return do(cast.wang, "contacts.erase_data", NOON + timedelta(days=1), contact=contact.pk, **said | data)


def raw(tmp_path: Path) -> bytes:
    """The database's file to the last byte, free room included, and what lies packed in it."""
    connection.ensure_connection()
    file = tmp_path / "copy.sqlite3"
    with sqlite3.connect(file) as target:
        connection.connection.backup(target)
    packed = [zlib.decompress(bytes(f.packed)) for f in ImportFile.objects.all()]
    return b"\n".join([file.read_bytes(), *packed])


SHORT = {"8264": rb"(?<![0-9a-f])8264(?![0-9a-f])", "09-23": rb"(?<!20[0-9][0-9]-)09-23"}
"""So few signs stand in a hash, or in a time of today, by chance: what must not be beside them."""


def traces(content: bytes) -> list[str]:
    """The words that tell who it is and still stand somewhere, as text or as JSON writes it."""
    forms = {w: (w.encode(), w.encode("utf-16-le"), json.dumps(w)[1:-1].encode()) for w in TELLING}
    return [
        word
        for word, ways in forms.items()
        if (re.search(SHORT[word], content) if word in SHORT else any(way in content for way in ways))
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its files apart")
def test_no_byte_of_the_database_says_who_it_was(cast: Cast, ouyang: Contact, tmp_path: Path) -> None:
    # the number of before stands in no table any more; in free room it may
    assert set(traces(raw(tmp_path))) >= set(TELLING) - {OLD_PHONE}
    erase(cast, ouyang)
    assert scrub.scrub()
    assert traces(raw(tmp_path)) == []


def test_the_files_are_cleared_once_for_what_was_erased(cast: Cast, ouyang: Contact) -> None:
    assert not scrub.scrub()
    erase(cast, ouyang)
    assert scrub.waiting() == 1
    assert scrub.scrub()
    assert (scrub.waiting(), scrub.scrub()) == (0, False)


def test_the_journal_is_whole_and_names_the_fact_that_erased(cast: Cast, ouyang: Contact) -> None:
    erase(cast, ouyang)
    report = verify()
    assert report.whole
    by = Fact.objects.get(kind="journal.erased")
    assert set(report.erased.values()) == {by.seq}
    assert set(report.erased) == set(by.data["facts"])
    said = Fact.objects.get(kind="contact.erased")
    assert (said.data["erase_reason"], said.data["texts"]) == ("request", len(by.data["facts"]))
    assert differences() == []


def test_an_auditors_excerpt_is_whole_without_the_texts(cast: Cast, ouyang: Contact, tmp_path: Path) -> None:
    erase(cast, ouyang)
    script, file = tmp_path / "verify_export.py", tmp_path / "excerpt.jsonl"
    script.write_text(Path(verify_export.__file__).read_text())
    file.write_text("".join(json.dumps(line) + "\n" for line in excerpt(clause="R5.17")))
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.strip().endswith("whole")


def test_what_others_hold_stays(cast: Cast, ouyang: Contact) -> None:
    erase(cast, ouyang)
    account = Account.objects.get(pk=ouyang.customer_id)
    assert (account.name, account.phone, account.note) == (
        "杭州恒远电子科技有限公司",
        "",
        "找〔已抹除〕谈\n联系 〔已抹除〕 〔已抹除〕",
    )
    li = Contact.objects.get(name="李红")
    assert (li.phone, li.note) == ("138 0571 0001", "〔已抹除〕的助理")
    promise = account.promises.get()
    assert (promise.what, promise.state, promise.contact_id) == ("给〔已抹除〕寄样册", "open", ouyang.pk)
    row = Contact.objects.get(pk=ouyang.pk)
    assert row.name.startswith("已抹除的联系人")
    assert not row.active
    content: Any = HandOver.objects.get().content
    assert {c["name"] for c in content["customers"][0]["contacts"]} == {row.name, "李红"}
    assert [h.id for h in find(connection, "李红")] == [account.pk]
    assert find(connection, NAME) == []
    assert (
        reads.percent_of(reads.missing_fields(account, reads.contacts_of(account.pk))) == account.card_percent
    )


def test_one_who_cannot_be_erased_again_keeps_no_other_back(cast: Cast, ouyang: Contact) -> None:
    """What an older version wrote, for one, may fit the action no more."""
    kind, absent = "contact.erased", ouyang.pk + 1000
    told = [
        (7, kind, str(ouyang.pk), {"contact": str(ouyang.pk), "erase_reason": "no longer a reason"}),
        (8, kind, str(absent), {"contact": str(absent), "erase_reason": "request"}),
    ]
    assert erase_again(told) == (0, [str(ouyang.pk)])
    told[0][3]["erase_reason"] = "request"
    assert erase_again(told) == (1, [])
    ouyang.refresh_from_db()
    assert ouyang.erased_at is not None
    assert erase_again(told) == (1, [])  # the same once more: the call is known
