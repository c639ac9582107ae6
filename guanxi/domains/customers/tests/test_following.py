"""Comments with mentions, following a customer, and what is new since one looked."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.following.mentions import mentions
from guanxi.domains.customers.following.notices import tell_of_customers
from guanxi.domains.customers.following.reads import news_of_followed, since_last_look
from guanxi.domains.customers.models_following import Following, Looked
from guanxi.domains.customers.tests.helpers import NOON, account, contact, do, kinds, last
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Invalid, NotFound, fixed_clock
from guanxi.platform.messages.models import InboxMessage, OutgoingMessage
from guanxi.platform.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(cast: Any) -> Any:
    """A customer of zhao's with lin on its team."""
    made = account(cast.wang, manager=cast.zhao.pk)
    do(cast.wang, "customers.set_team", customer=made.pk, members=[cast.lin.pk])
    return made


def told(person: Any) -> list[str]:
    return list(InboxMessage.objects.filter(person=person).order_by("pk").values_list("template", flat=True))


def _people(*said: tuple[str, str]) -> list[Any]:
    return [SimpleNamespace(pk=n, username=sign_in, name=name) for n, (sign_in, name) in enumerate(said)]


@pytest.mark.parametrize(
    ("text", "found", "several"),
    [
        ("@王敏 请看", ["wang"], []),
        ("请看@王敏，谢谢", ["wang"], []),
        ("@王敏华请看", ["hua"], []),
        ("@wang 和 @HUA.", ["wang", "hua"], []),
        ("@wang @王敏", ["wang"], []),
        ("发到 lin@example.com 或 a.wang@wang", [], []),
        ("@没有这个人，@ 王敏", [], []),
        ("@李雷", [], ["李雷"]),
        ("@li2 才是要找的", ["li2"], []),
    ],
)
def test_whom_a_text_mentions(text: str, found: list[str], several: list[str]) -> None:
    people = _people(("wang", "王敏"), ("hua", "王敏华"), ("li1", "李雷"), ("li2", "李雷"))
    made = mentions(text, people)
    assert [p.username for p in made.people] == found
    assert list(made.several) == several


def test_a_comment_stands_on_the_timeline_and_tells_whom_it_mentions(cast: Any, shop: Any) -> None:
    do(cast.chen, "customers.comment", customer=shop.pk, text="@赵磊 @lin 下周一起去一趟")
    said = last("customer.commented")
    assert said.data == {"mentioned": [str(cast.zhao.pk), str(cast.lin.pk)]}
    newest = reads.timeline(shop.pk, group="comments").told[0]
    assert (newest.who, newest.quote) == (cast.chen.name, "@赵磊 @lin 下周一起去一趟")
    tell_of_customers(fixed_clock(NOON))
    assert told(cast.zhao) == told(cast.lin) == ["customer.mentioned"]
    assert told(cast.chen) == told(cast.wang) == []
    tell_of_customers(fixed_clock(NOON))
    assert told(cast.zhao) == ["customer.mentioned"]


def test_who_may_not_see_the_customer_cannot_be_mentioned(cast: Any, shop: Any) -> None:
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "customers.comment", customer=shop.pk, text=f"@{cast.sun.name} 你看看")
    assert str(refused.value.errors["text"][0]) == f"{cast.sun.name}无权查看这位客户，不能在这里提到"
    Person.objects.filter(pk=cast.sun.pk).update(name=cast.zhao.name)
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "customers.comment", customer=shop.pk, text=f"@{cast.zhao.name} 你看看")
    assert str(refused.value.errors["text"][0]) == f"有几位同事都叫“{cast.zhao.name}”，请用 @ 加登录名"
    assert "customer.commented" not in kinds()


def test_a_comment_is_taken_back_by_who_made_it_for_ten_minutes(cast: Any, shop: Any) -> None:
    do(cast.lin, "customers.comment", customer=shop.pk, text="@zhao 打错了")
    fact = last("customer.commented").pk
    with pytest.raises(NotFound):
        do(cast.zhao, "customers.take_back_comment", fact=fact)
    with pytest.raises(Invalid):
        do(cast.lin, "customers.take_back_comment", at=NOON + timedelta(minutes=11), fact=fact)
    do(cast.lin, "customers.take_back_comment", fact=fact)
    newest = reads.timeline(shop.pk).told[0]
    assert (newest.undone, newest.quote) == (True, "")
    with pytest.raises(Conflict):
        do(cast.lin, "customers.take_back_comment", fact=fact)
    tell_of_customers(fixed_clock(NOON))
    assert told(cast.zhao) == []


def test_followers_are_told_what_others_do(cast: Any, shop: Any) -> None:
    do(cast.wang, "customers.follow", customer=shop.pk)
    do(cast.zhao, "customers.follow", customer=shop.pk)
    do(cast.zhao, "customers.follow", customer=shop.pk)
    assert kinds().count("customer.followed") == 2
    do(cast.zhao, "customers.comment", customer=shop.pk, text="他们要换供应商")
    do(cast.zhao, "customers.grade", customer=shop.pk, grade="A", reason="量大")
    tell_of_customers(fixed_clock(NOON))
    assert told(cast.wang) == ["customer.followed_news"] * 2
    assert told(cast.zhao) == []
    do(cast.wang, "customers.follow", customer=shop.pk, on=False)
    do(cast.zhao, "customers.comment", customer=shop.pk, text="又一条")
    tell_of_customers(fixed_clock(NOON))
    assert len(told(cast.wang)) == 2
    assert kinds()[-2:] == ["customer.unfollowed", "customer.commented"]


def test_who_follows_and_may_no_longer_see_it_is_told_nothing(cast: Any, shop: Any) -> None:
    do(cast.lin, "customers.follow", customer=shop.pk)
    do(cast.wang, "customers.set_team", customer=shop.pk, members=[])
    do(cast.zhao, "customers.comment", customer=shop.pk, text="内部的话")
    tell_of_customers(fixed_clock(NOON))
    assert told(cast.lin) == []
    assert news_of_followed(cast.lin, NOON, 5) == []


def test_old_news_is_no_news(cast: Any, shop: Any) -> None:
    do(cast.wang, "customers.follow", customer=shop.pk)
    do(cast.zhao, "customers.comment", customer=shop.pk, text="@wang 上周的话")
    tell_of_customers(fixed_clock(NOON + timedelta(days=4)))
    assert told(cast.wang) == []


def test_what_is_new_since_one_looked(cast: Any, shop: Any) -> None:
    do(cast.wang, "customers.follow", customer=shop.pk)
    newest = reads.timeline(shop.pk).told[0].seq
    assert since_last_look(cast.wang, shop, newest).news == 0  # never looked: nothing is marked
    do(cast.wang, "customers.have_looked", customer=shop.pk, seq=newest)
    assert news_of_followed(cast.wang, NOON, 5) == []
    do(cast.wang, "timeline.note", customer=shop.pk, text="自己记的")
    do(cast.zhao, "timeline.note", customer=shop.pk, text="电话约好下周三")
    do(cast.lin, "customers.comment", customer=shop.pk, text="我也去")
    then = since_last_look(cast.wang, shop, reads.timeline(shop.pk).told[0].seq)
    assert (then.news, then.at) == (2, NOON)
    news = news_of_followed(cast.wang, NOON, 5)
    assert [(n.customer.pk, n.fact.kind, n.count) for n in news] == [(shop.pk, "customer.commented", 2)]
    do(cast.wang, "customers.have_looked", customer=shop.pk, seq=then.newest)
    do(cast.wang, "customers.have_looked", customer=shop.pk, seq=newest)  # an older page that is still open
    assert since_last_look(cast.wang, shop, then.newest).news == 0
    assert Looked.objects.get().seq == then.newest
    with pytest.raises(Invalid):
        do(cast.wang, "customers.have_looked", customer=shop.pk, seq=0)


def test_followers_go_with_a_customer_that_is_merged_and_come_back(cast: Any, shop: Any) -> None:
    twin = account(cast.wang, "恒远电子", manager=cast.zhao.pk)
    for person, customer in ((cast.wang, shop), (cast.wang, twin), (cast.chen, twin)):
        do(person, "customers.follow", customer=customer.pk)
    do(cast.wang, "customers.merge", customer=shop.pk, other=twin.pk)
    pairs = Following.objects.values_list("person_id", "customer_id")
    assert set(pairs) == {(cast.wang.pk, shop.pk), (cast.chen.pk, shop.pk)}
    do(cast.wang, "customers.unmerge", merger=shop.mergers.get().pk)
    assert set(pairs.all()) == {(cast.wang.pk, shop.pk), (cast.wang.pk, twin.pk), (cast.chen.pk, twin.pk)}


def test_the_pages(cast: Any, shop: Any, client: Any) -> None:
    client.force_login(cast.wang)
    at = {"customer": shop.pk}
    page = client.get(reverse("customers.detail", kwargs=at)).content.decode()
    assert "关注</button>" in page.replace("\n", "")
    client.post(reverse("customers.follow", kwargs=at), {"on": "1"})
    assert "已关注" in client.get(reverse("customers.detail", kwargs=at)).content.decode()
    assert shop.name in client.get(reverse("customers.list"), {"followed": "me"}).content.decode()
    newest = Fact.objects.filter(customer_id=shop.pk).latest("seq").seq
    assert client.post(reverse("customers.looked", kwargs=at), {"seq": newest}).status_code == 204
    assert client.post(reverse("customers.looked", kwargs=at), {"seq": "x"}).status_code == 422
    do(cast.zhao, "customers.comment", customer=shop.pk, text="新的一条")
    page = client.get(reverse("customers.detail", kwargs=at)).content.decode()
    assert "别人记了 1 条" in page
    assert "新的一条" in page
    assert "我关注的客户有新动静" in client.get("/").content.decode()
    offered = client.get(reverse("customers.colleagues", kwargs=at), {"q": "赵"}).content.decode()
    assert f'data-mention="{cast.zhao.name}"' in offered
    nobody = client.get(reverse("customers.colleagues", kwargs=at), {"q": cast.sun.name}).content.decode()
    assert "没有这样的同事" in nobody
    sent = client.post(
        reverse("customers.comment", kwargs=at), {"text": "@zhao 好的", "_key": "k"}, follow=True
    )
    assert "已留言" in sent.content.decode()
    fact = last("customer.commented").pk
    assert client.post(reverse("customers.comment-undo"), {"fact": fact}).status_code == 302
    client.force_login(cast.zhou)
    assert client.post(reverse("customers.comment", kwargs=at), {"text": "x"}).status_code == 403


def test_the_auditor_at_a_key_customer_is_not_asked_to_follow_and_sends_nothing(
    cast: Any, shop: Any, client: Any
) -> None:
    """What he would send is refused, and his page would say that the server is in trouble."""
    for key, offered in ((False, True), (True, False)):
        type(shop).objects.filter(pk=shop.pk).update(key=key)
        client.force_login(cast.zhou)
        page = client.get(reverse("customers.detail", kwargs={"customer": shop.pk})).content.decode()
        sent = [reverse(f"customers.{name}", kwargs={"customer": shop.pk}) for name in ("follow", "looked")]
        assert [url in page for url in sent] == [offered, offered]


def test_a_comment_taken_back_is_no_news(cast: Any, shop: Any) -> None:
    do(cast.wang, "customers.follow", customer=shop.pk)
    do(cast.zhao, "customers.comment", customer=shop.pk, text="发错了")
    assert len(news_of_followed(cast.wang, NOON, 5)) == 1
    do(cast.zhao, "customers.take_back_comment", fact=last("customer.commented").pk)
    assert news_of_followed(cast.wang, NOON, 5) == []


def test_what_was_told_of_a_comment_that_is_taken_back_says_so_and_no_mail_goes(cast: Any, shop: Any) -> None:
    Person.objects.filter(pk__in=[cast.zhao.pk, cast.lin.pk]).update(email="x@example.com")
    for person in (cast.zhao, cast.lin):
        person.refresh_from_db()
    do(cast.chen, "customers.follow", customer=shop.pk)
    do(cast.wang, "customers.comment", customer=shop.pk, text="@赵磊 价格先不要透露")
    fact = last("customer.commented").pk
    do(cast.wang, "customers.comment", customer=shop.pk, text="@lin 另一条")
    tell_of_customers(fixed_clock(NOON))
    assert told(cast.zhao) == ["customer.mentioned"]
    assert "价格" in str(list(OutgoingMessage.objects.values_list("text", flat=True)))
    do(cast.wang, "customers.take_back_comment", fact=fact)
    tell_of_customers(fixed_clock(NOON + timedelta(minutes=1)))
    zhaos = InboxMessage.objects.get(person=cast.zhao)
    assert zhaos.title == zhaos.body == {"zh": "留言已撤回", "en": "The comment was taken back"}
    assert zhaos.read_at == NOON + timedelta(minutes=1)
    chens = InboxMessage.objects.filter(person=cast.chen).order_by("pk")
    assert ["价格" in str(row.body) for row in chens] == [False, False]
    assert "另一条" in str(chens[1].body)  # of what stands nothing is touched
    assert "另一条" in str(InboxMessage.objects.get(person=cast.lin).body)
    mail = OutgoingMessage.objects.get(person=cast.zhao)
    assert (mail.state, mail.text, mail.html) == ("skipped", "", "")
    assert OutgoingMessage.objects.get(person=cast.lin).state == "waiting"
    for row in (*InboxMessage.objects.all(), *OutgoingMessage.objects.all()):
        assert "价格" not in f"{row.__dict__}"


def test_what_followers_were_told_of_a_contact_that_left_says_that_it_was_undone(
    cast: Any, shop: Any
) -> None:
    someone = contact(cast.zhao, shop)
    do(cast.lin, "customers.follow", customer=shop.pk)
    do(cast.zhao, "contacts.leave", contact=someone.pk)
    tell_of_customers(fixed_clock(NOON))
    do(cast.zhao, "customers.undo", fact=last("contact.left").pk)
    tell_of_customers(fixed_clock(NOON))
    assert InboxMessage.objects.get(person=cast.lin).title["zh"] == "这条记录已撤销，不再有效"
