"""Given a person and a page, when it is opened, then it answers as the person's rights say; forms act and say what is wrong."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account, Contact, Need, Promise, StockItem
from guanxi.platform.documents.vcard import read_vcards
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import system_clock
from guanxi.platform.people.models import Person
from guanxi.platform.ui.registry import pages

from .helpers import account, contact, do, item, kinds, last, product

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _loud(settings) -> None:
    settings.PANELS_RAISE = True
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def as_(person: Person) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person, backend=BACKEND)
    return client


def text_of(response) -> str:
    return response.content.decode()


def filled(cast) -> Account:
    """A customer of lin's with everything on it."""
    now = system_clock()
    made = do(
        cast.lin,
        "customers.create",
        now,
        name="杭州恒远电子科技有限公司",
        short_name="恒远",
        kinds=["company", "tenant"],
        phone="0571-87061501",
        address="西湖区文三路 199 号",
        area="西湖区",
        lon="120.130663",
        lat="30.259295",
        contact_name="王建国",
        contact_post="采购部经理",
        contact_phone="13805712288",
    )
    ring, tea = do(cast.wang, "products.save", now, name="密封圈"), item(cast.wang)
    values = {"customer": made.pk}
    do(cast.lin, "needs.add", now, what="每月 2000 只", product=ring.pk, customer_view="交期太慢", **values)
    do(cast.lin, "promises.make", now, what="寄样册", due_on=(now + timedelta(days=3)).date(), **values)
    do(cast.lin, "approaches.add", now, way="fair", event="杭博会", **values)
    do(cast.lin, "timeline.note", now, kind="call", text="下周三面谈", **values)
    do(cast.lin, "materials.issue", now, item=tea.pk, gift=True, **values)
    do(cast.wang, "promotions.save", now, title="春季换新", month="2026-03", starts_on="2026-03-01", ends_on="2026-03-31",
       text="九折")  # fmt: skip
    made.refresh_from_db()
    return made


OURS = ("customers.", "promises.", "registers.")
PEOPLE = ("lin", "zhao", "wang", "chen", "zhou", "wu", "sun")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_answers_each_person_as_their_rights_say(cast, who: str, language: str) -> None:
    filled(cast)
    person = getattr(cast, who)
    Person.objects.filter(pk=person.pk).update(language=language)
    client = as_(person)
    for page in pages():
        if not page.name.startswith(OURS) or "GET" not in page.methods:
            continue
        values = (page.sample(cast.lin) or {}) if page.sample else {}
        if "<" in page.route and not values:
            continue  # no such row here: an import that nobody has begun
        response = client.get(page.url(**values))
        permitted = page.may(person)
        own = "customer" in page.route or not page.sample
        sees = reads.visible(person).exists() or "<int:customer>" not in page.route
        if not permitted:
            assert response.status_code == 403, (page.name, who)
        elif page.name.startswith("customers.") and page.sample and not reads.visible(person).exists():
            assert response.status_code == 404, (page.name, who)
        elif page.name in ("customers.assign", "customers.tag"):
            assert response.status_code == 302
        else:
            assert response.status_code in (200, 403), (page.name, who)
            if own and sees and response.status_code == 200 and "html" in response["Content-Type"]:
                assert not re.search(r"\son\w+=|<script>|style=", text_of(response)), page.name


def test_nobody_signed_in_sees_the_sign_in_page(cast) -> None:
    made = filled(cast)
    response = Client().get(reverse("customers.detail", kwargs={"customer": made.pk}))
    assert response.status_code == 302
    assert "sign-in" in response["Location"]


def test_the_customers_page_holds_what_one_needs(cast) -> None:
    made = filled(cast)
    said = text_of(as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk})))
    for words in (
        "王建国",
        "寄样册",
        "每月 2000 只",
        "杭博会",
        "下周三面谈",
        "tel:+8657187061501",
        "tel:+8613805712288",
        "geo:30.2",
    ):
        assert words in said, words
    assert "下周三面谈" not in text_of(
        as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk}) + "?show=promises")
    )


def test_other_peoples_customers_do_not_exist(cast) -> None:
    made = filled(cast)
    client = as_(cast.sun)
    for name in ("detail", "card", "card-pdf", "card-vcard", "timeline", "history", "edit"):
        assert client.get(reverse(f"customers.{name}", kwargs={"customer": made.pk})).status_code == 404
    assert "恒远" not in text_of(client.get(reverse("customers.list")))
    contact_url = reverse("customers.contact", kwargs={"contact": Contact.objects.get().pk})
    assert client.get(contact_url).status_code == 404
    assert client.post(contact_url, {"name": "改掉"}).status_code == 404
    ledger = text_of(client.get(reverse("registers.item", kwargs={"item": StockItem.objects.get().pk})))
    assert "恒远" not in ledger
    assert "别人的客户" in ledger


def test_the_auditor_sees_a_key_customer_and_that_is_kept(cast) -> None:
    made = filled(cast)
    do(cast.wang, "customers.mark_key", system_clock(), customer=made.pk)
    client = as_(cast.zhou)
    assert "恒远" not in text_of(client.get(reverse("customers.list")))
    assert "customer.looked_at" not in kinds()
    assert client.get(reverse("customers.detail", kwargs={"customer": made.pk})).status_code == 200
    assert last("customer.looked_at").actor_id == cast.zhou.pk
    assert "恒远" in text_of(client.get(reverse("customers.list") + "?key=1"))
    assert last("customer.looked_at").data == {"where": "customers.list", "count": 1}


def test_a_new_customer_is_entered_and_its_twin_is_shown_first(cast) -> None:
    filled(cast)
    client = as_(cast.lin)
    url = reverse("customers.new")
    sent = {"name": "杭州恒远电子科技公司", "kinds": ["company"], "source": "manual"}
    first = client.post(url, sent)
    assert first.status_code == 200
    assert "可能已经有这位客户" in text_of(first)
    assert Account.objects.count() == 1
    assert "恒远" in text_of(client.get(reverse("customers.alike"), {"name": "杭州恒远电子科技公司"}))
    second = client.post(url, {**sent, "twins_seen": "1"})
    assert second.status_code == 302
    assert Account.objects.count() == 2


def test_wrong_input_comes_back_with_what_was_typed(cast) -> None:
    response = as_(cast.lin).post(
        reverse("customers.new"), {"name": "华信", "kinds": ["company"], "phone": "123", "source": "visit"}
    )
    assert response.status_code == 422
    assert "华信" in text_of(response)
    assert "按原样保存" in text_of(response)
    assert not Account.objects.exists()


def test_editing_empties_fields_and_tells_of_a_conflict(cast) -> None:
    made = filled(cast)
    client, url = as_(cast.lin), reverse("customers.edit", kwargs={"customer": made.pk})
    page = text_of(client.get(url))
    version = re.search(r'name="version" value="(\d+)"', page)[1]  # type: ignore[index]
    base = {
        "name": made.name,
        "kinds": ["company"],
        "address": made.address,
        "area": "",
        "phone": "",
        "version": version,
    }
    assert client.post(url, base).status_code == 302
    made.refresh_from_db()
    assert (made.area, made.phone, made.kinds) == ("", "", ["company"])
    late = client.post(url, {**base, "area": "滨江区"})
    assert late.status_code == 409
    assert "滨江区" in text_of(late)
    again = re.search(r'name="version" value="(\d+)"', text_of(late))[1]  # type: ignore[index]
    assert client.post(url, {**base, "area": "滨江区", "version": again}).status_code == 302
    assert client.post(url, {**base, "name": "", "version": ""}).status_code == 422


def test_short_forms_act_and_a_promise_kept_can_be_undone(cast) -> None:
    made = filled(cast)
    client = as_(cast.lin)
    at = {"customer": made.pk}
    forms = {
        "note": {"kind": "wechat", "text": "发了样图"},
        "contact-new": {"name": "李娟", "post": "会计"},
        "need-new": {"what": "样机", "source": "call"},
        "promise-new": {"what": "报价", "due_on": (system_clock() + timedelta(days=5)).date().isoformat()},
        "approach-new": {"way": "leaders"},
        "material": {"item": StockItem.objects.get().pk, "quantity": "1"},
    }
    for name, sent in forms.items():
        response = client.post(reverse(f"customers.{name}", kwargs=at), sent)
        assert response.status_code == 302, (name, text_of(response))
    promise = Promise.objects.get(what="报价")
    client.post(reverse("customers.promise-keep", kwargs={"promise": promise.pk}), {"at_once": "1"})
    promise.refresh_from_db()
    assert promise.state == Promise.KEPT
    page = text_of(client.get(reverse("customers.detail", kwargs=at)))
    assert 'name="fact" value="' in page
    client.post(reverse("customers.undo"), {"fact": last("promise.kept").pk})
    promise.refresh_from_db()
    assert promise.state == Promise.OPEN
    assert "已撤销" in text_of(client.get(reverse("customers.detail", kwargs=at)))
    need = Need.objects.get(what="样机")
    assert client.post(reverse("customers.need-confirm", kwargs={"need": need.pk})).status_code == 302
    assert (
        client.post(reverse("customers.need-close", kwargs={"need": need.pk}), {"outcome": "met"}).status_code
        == 302
    )
    assert client.post(reverse("customers.confirm", kwargs=at)).status_code == 302
    assert last("customer.card_confirmed").customer_id == made.pk


def test_the_pool_is_assigned_in_one_go(cast) -> None:
    rows = [account(cast.wang, name=f"池中{n}").pk for n in range(3)]
    client = as_(cast.wang)
    assert "池中2" in text_of(client.get(reverse("customers.pool")))
    step = client.post(reverse("customers.assign"), {"row": rows})
    assert step.status_code == 302
    form = client.get(step["Location"])
    assert "池中1" in text_of(form)
    done = client.post(step["Location"], {"_key": "a" * 32, "manager": cast.lin.pk, "manager__text": "林晓"})
    assert done.status_code == 302
    assert Account.objects.filter(manager=cast.lin).count() == 3
    assert as_(cast.zhao).get(step["Location"]).status_code == 403


def test_team_key_grade_and_close_by_their_forms(cast) -> None:
    made = filled(cast)
    client, at = as_(cast.wang), {"customer": made.pk}
    assert client.post(reverse("customers.team", kwargs=at), {"members": [cast.zhao.pk]}).status_code == 302
    assert client.post(reverse("customers.key", kwargs=at), {}).status_code == 302
    assert (
        client.post(reverse("customers.grade", kwargs=at), {"grade": "A", "reason": "大单"}).status_code
        == 302
    )
    assert client.post(reverse("customers.close", kwargs=at), {"reason_code": "moved"}).status_code == 302
    made.refresh_from_db()
    assert (made.key, made.grade, made.active, made.team.get().person) == (True, "A", False, cast.zhao)
    assert "恒远" not in text_of(client.get(reverse("customers.list")))
    assert "恒远" in text_of(client.get(reverse("customers.list") + "?active=0"))
    assert client.post(reverse("customers.reopen", kwargs=at), {"reason": "误停"}).status_code == 302


def test_filters_search_and_export(cast) -> None:
    made = filled(cast)
    other = account(cast.zhao, name="华信精密仪器")
    do(cast.zhao, "customers.grade", customer=other.pk, grade="A", reason="x")
    client = as_(cast.wang)
    url = reverse("customers.list")
    for query, shown in (
        ("?grade=A", {"华信"}),
        ("?kind=tenant", {"恒远"}),
        ("?q=hyuan", set()),
        ("?q=hengyuan", {"恒远"}),
        ("?q=%E7%8E%8B%E5%BB%BA%E5%9B%BD", {"恒远"}),
        ("?area=%E8%A5%BF%E6%B9%96", {"恒远"}),
        ("?contacted=older30", {"华信"}),
        ("?card=gaps", {"华信"}),
        ("?mine=me", set()),
        ("?sort=-created", {"恒远", "华信"}),
    ):
        said = text_of(client.get(url + query))
        assert {n for n in ("恒远", "华信") if n in said} == shown, query
    exported = client.get(url + "?export=csv")
    assert exported.status_code == 200
    assert "恒远" in exported.getvalue().decode("utf-8-sig")
    assert as_(cast.lin).get(url + "?export=csv").status_code == 403
    assert made.pk


def test_the_list_and_the_page_ask_the_same_number_of_questions_however_much_there_is(
    cast, django_assert_num_queries
) -> None:
    made = filled(cast)
    client = as_(cast.lin)
    addresses = [
        reverse("customers.list"),
        reverse("customers.detail", kwargs={"customer": made.pk}),
        reverse("promises.list"),
    ]
    counts = [_queries(client, url) for url in addresses]
    now = system_clock()
    for n in range(8):
        account(cast.lin, name=f"客户{n}", contact_name=f"联系人{n}")
        do(cast.lin, "contacts.add", now, customer=made.pk, name=f"人{n}")
        do(cast.lin, "needs.add", now, customer=made.pk, what=f"需求{n}")
        do(
            cast.lin,
            "promises.make",
            now,
            customer=made.pk,
            what=f"承诺{n}",
            due_on=(now + timedelta(days=9)).date(),
        )
        do(cast.wang, "timeline.note", now, customer=made.pk, text=f"记{n}")
    assert [_queries(client, url) for url in addresses] == counts
    assert max(counts) < 43  # consents, employment, objections and addresses are a question each


def _queries(client: Client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_older_entries_follow(cast) -> None:
    made = filled(cast)
    for n in range(40):
        do(cast.lin, "timeline.note", system_clock(), customer=made.pk, text=f"第{n:02d}笔")
    client = as_(cast.lin)
    first = text_of(client.get(reverse("customers.detail", kwargs={"customer": made.pk})))
    assert "第39笔" in first
    assert "第05笔" not in first
    older = re.search(r'hx-get="([^"]+before=\d+)"', first)[1]  # type: ignore[index]
    assert "第05笔" in text_of(client.get(older, headers={"HX-Request": "true", "HX-Target": "older"}))


def test_the_card_as_pdf_and_vcard(cast) -> None:
    made = filled(cast)
    client = as_(cast.lin)
    at = {"customer": made.pk}
    for size in ("", "?size=small"):
        pdf = client.get(reverse("customers.card-pdf", kwargs=at) + size)
        assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    read = read_vcards(client.get(reverse("customers.card-vcard", kwargs=at)).content)
    assert not read.problems
    card = read.cards[0]
    assert (card.name, card.organisation, card.title) == ("王建国", "杭州恒远电子科技有限公司", "采购部经理")
    assert [p.number for p in card.phones] == ["+8613805712288", "+8657187061501"]
    page = text_of(client.get(reverse("customers.card", kwargs=at)))
    assert "<svg" in page
    assert "采购部经理" in page


def test_today_tells_what_others_changed_and_ctrl_k_finds(cast) -> None:
    made = filled(cast)
    do(cast.wang, "customers.grade", system_clock(), customer=made.pk, credit="B", reason="回款晚 12 天")
    from guanxi.domains.customers.web.panels import Changed, Names

    shown = Changed().context(cast.lin, None, system_clock())
    assert shown is not None
    assert "信用 – → B" in str(shown["events"][0].text)
    assert Changed().context(cast.sun, None, system_clock()) is None
    hits = Names().context(cast.lin, "hydz", system_clock())["groups"][0].entries  # type: ignore[index]
    assert [str(h.label) for h in hits] == ["杭州恒远电子科技有限公司"] or hits == []
    assert Names().context(cast.sun, "恒远", system_clock())["groups"][0].entries == []  # type: ignore[index]


def test_registers_are_kept_by_forms(cast) -> None:
    client = as_(cast.wang)
    assert (
        client.post(
            reverse("registers.product-new"), {"name": "密封圈", "kind": "product", "active": "on"}
        ).status_code
        == 302
    )
    made = product(cast.wang, "轴承")
    assert (
        client.post(
            reverse("registers.product", kwargs={"product": made.pk}), {"name": "轴承", "kind": "product"}
        ).status_code
        == 302
    )
    made.refresh_from_db()
    assert not made.active
    tea = item(cast.wang, quantity=2)
    assert (
        client.post(reverse("registers.receive", kwargs={"item": tea.pk}), {"quantity": "3"}).status_code
        == 302
    )
    short = client.post(reverse("registers.issue", kwargs={"item": tea.pk}), {"quantity": "9"})
    assert short.status_code == 422
    assert "只剩 5 盒" in text_of(short)
    assert "春" not in text_of(client.get(reverse("registers.promotions")))


def test_the_timeline_says_every_kind_in_both_languages(cast) -> None:
    made = filled(cast)
    from django.utils import translation

    for language in ("zh-hans", "en"):
        with translation.override(language):
            told = reads.timeline(made.pk, limit=100).told
            assert (
                len(told)
                == Fact.objects.filter(
                    customer_id=made.pk, kind__in=reads.timeline.__globals__["shown_kinds"]()
                ).count()
            )
            for one in told:
                assert one.text
                assert "{" not in one.text
    with translation.override("en"):
        assert any(t.text.startswith("Promised: 寄样册, 林晓 by ") for t in reads.timeline(made.pk).told)
    assert contact(cast.lin, made, name="李娟").pk


def test_each_of_several_numbers_can_be_tapped(cast) -> None:
    made = account(cast.lin, phone="0571-87061501、0571-87061502-830")
    said = text_of(as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk})))
    assert '<a href="tel:+8657187061501">0571-87061501</a>，' in said
    assert '<a href="tel:+8657187061502,830">0571-87061502-830</a>' in said


def test_a_number_that_cannot_be_read_stands_there_without_a_link(cast) -> None:
    made = account(cast.lin, phone="总机转王工", phone_as_written=True)
    said = text_of(as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk})))
    assert "总机转王工" in said
    assert "tel:" not in said


def test_the_key_of_the_call_is_not_the_field_called_key(cast) -> None:
    page = as_(cast.wang).get(reverse("customers.new")).content.decode()
    assert 'name="_key" value="<' not in page
