"""What customers hold against us: noted with answer, help and state; from visits too; in a register."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_objections import Objection
from guanxi.platform.kernel import Invalid, NotFound

from .helpers import NOON, account, contact, do, last, product

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(cast: Any) -> Account:
    return account(cast.lin)


def test_noted_answered_settled_and_taken_back(cast: Any, here: Account) -> None:
    ring, li = product(cast.wang), contact(cast.lin, here, "李红")
    said = do(cast.lin, "objections.add", customer=here.pk, what="价格偏高", product=ring.pk, contact=li.pk)
    assert (said.state, said.settled_at) == (Objection.OPEN, None)
    assert last("objection.raised").data["answered"] is False
    do(cast.lin, "objections.answer", objection=said.pk, answer="按季付有折扣", help="算了三年总成本")
    said.refresh_from_db()
    assert (said.state, said.help, said.settled_at) == (Objection.SETTLED, "算了三年总成本", NOON)
    told = reads.timeline(here.pk).told[0].text
    assert told == "答复异议（已解决）：价格偏高——按季付有折扣 算了三年总成本"
    do(cast.lin, "customers.undo", NOON + timedelta(minutes=1), fact=last("objection.answered").pk)
    said.refresh_from_db()
    assert (said.state, said.answer, said.help, said.settled_at) == (Objection.OPEN, "", "", None)


def test_settled_only_with_a_word_on_how(cast: Any, here: Account) -> None:
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "objections.add", customer=here.pk, what="价格偏高", state="settled")
    assert list(refused.value.errors) == ["answer"]
    said = do(cast.lin, "objections.add", customer=here.pk, what="价格偏高")
    with pytest.raises(Invalid):
        do(cast.lin, "objections.answer", objection=said.pk, answer="")
    do(cast.lin, "objections.answer", objection=said.pk, answer="再议", state="open")
    said.refresh_from_db()
    assert (said.state, said.answer) == (Objection.OPEN, "再议")


def test_only_at_ones_customers(cast: Any, here: Account) -> None:
    said = do(cast.lin, "objections.add", customer=here.pk, what="价格偏高")
    for action, data in (("objections.add", {"customer": here.pk, "what": "x"}),
                         ("objections.answer", {"objection": said.pk, "answer": "x"})):  # fmt: skip
        with pytest.raises(NotFound):
            do(cast.sun, action, **data)
    other = contact(cast.zhao, account(cast.zhao, "滨江医院"))
    with pytest.raises(Invalid):
        do(cast.lin, "objections.add", customer=here.pk, what="x", contact=other.pk)


def test_the_register_and_the_pages(cast: Any, here: Account, client: Any) -> None:
    do(cast.lin, "objections.add", customer=here.pk, what="价格偏高")
    do(cast.lin, "objections.add", customer=here.pk, what="交期太慢", answer="分批", state="settled")
    do(cast.zhao, "objections.add", customer=account(cast.zhao, "滨江医院").pk, what="太远")
    client.force_login(cast.lin)
    url = reverse("customers.objections")
    for query, shown in (
        ("", {"价格偏高", "交期太慢"}),
        ("?state=open", {"价格偏高"}),
        ("?answer=empty", {"价格偏高"}),
    ):
        text = client.get(url + query).content.decode()
        assert {w for w in ("价格偏高", "交期太慢", "太远") if w in text} == shown
    page = client.get(reverse("customers.detail", kwargs={"customer": here.pk})).content.decode()
    assert "未解决的异议" in page
    form = reverse("customers.objection", kwargs={"objection": Objection.objects.get(what="价格偏高").pk})
    wrong = client.post(form, {"answer": "", "help": "", "state": "settled", "_key": "a"})
    assert wrong.status_code == 422
    assert "请写明怎么答复或帮助的" in wrong.content.decode()
    assert client.post(form, {"answer": "有折扣", "state": "settled", "_key": "b"}).status_code == 302
    assert (
        "未解决的异议"
        not in client.get(reverse("customers.detail", kwargs={"customer": here.pk})).content.decode()
    )
    assert "有折扣" in client.get(reverse("customers.archive", kwargs={"customer": here.pk})).content.decode()
    for who, code in ((cast.wang, 200), (cast.chen, 200), (cast.zhou, 200), (cast.wu, 403)):
        client.force_login(who)
        assert client.get(url).status_code == code
