"""Given cards, or another program's export, when they are brought in, then customers and their people stand there."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from guanxi.domains.customers.importing import running, told
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import Import, ImportRow
from guanxi.platform.imports.export import write_csv
from guanxi.platform.people.tests.cast import Cast

from .importing import AT, brought, started, sums
from .test_import_pages import _plain, client, page  # noqa: F401  (a fixture for every test here)

pytestmark = pytest.mark.django_db

CARDS = """BEGIN:VCARD
VERSION:3.0
N:王;建国;;;
FN:王建国
ORG:杭州恒远电子科技有限公司;采购部
TITLE:采购经理
TEL;TYPE=CELL:138 0571 2345
TEL;TYPE=WORK:0571-8706 1501
EMAIL:wang@example.com
ADR;TYPE=WORK:;;文三路398号;杭州市;浙江省;310012;中国
BDAY:1985-03-05
X-WECHAT:wjg
PHOTO;ENCODING=b:/9j/4AAQ
NOTE:爱喝茶
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:李梅
ORG:杭州恒远电子科技有限公司
TEL;VALUE=uri;TYPE=cell:tel:+8613905716789
ADR;TYPE=work:;;文三路398号;杭州市;浙江省;310012;中国
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E8=B5=B5;=E5=85=AD
TEL;CELL:13705710000
END:VCARD
"""
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Primary Associated Company,Lead Status\n"
    "501,建国,王,wang@example.com,0571-87061501,王敏,恒远电子,New\n"
)


def entered(person: object, text: str, name: str) -> Import:
    run = started(brought(person, text, name))
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    return run


def test_cards_become_a_customer_with_two_people_and_a_row_to_be_completed(cast: Cast) -> None:
    run = entered(cast.wang, CARDS, "contacts.vcf")
    assert (run.format, sums(run)) == ("vcard", (3, 1, 0, 1, 1))
    made = Account.objects.get()
    assert (made.name, made.area) == ("杭州恒远电子科技有限公司", "杭州市")
    assert "文三路398号" in made.address
    assert set(made.note.split("\n")) == {"爱喝茶", "ADR POSTCODE：310012"}
    first, second = made.contacts.order_by("pk")
    assert (first.name, first.post, first.wechat, first.birthday) == (
        "王建国",
        "采购经理",
        "wjg",
        "1985-03-05",
    )
    assert first.unit == "采购部"
    assert first.phone_key == "+8613805712345"
    assert (second.name, second.phone_key) == ("李梅", "+8613905716789")
    assert [fault[1] for fault in ImportRow.objects.get(run=run, number=3).said["faults"]] == ["name.missing"]


def test_cards_left_out_come_as_a_table_and_go_in_once_the_company_is_filled_in(cast: Cast) -> None:
    run = entered(cast.wang, CARDS, "contacts.vcf")
    header, rows = told.left_out(run, "rejected")
    assert header[0] == "ORG"
    again = [["浙江明光医院", *rows[0][1:]]]
    second = entered(cast.wang, write_csv(header, again).decode("utf-8-sig"), "改正.csv")
    assert sums(second) == (1, 1, 0, 0, 0)
    assert Contact.objects.get(name="赵六").customer.name == "浙江明光医院"


def test_the_same_cards_again_enter_nothing_twice(cast: Cast) -> None:
    entered(cast.wang, CARDS, "contacts.vcf")
    again = entered(cast.wang, CARDS, "contacts.vcf")
    assert sums(again) == (3, 0, 0, 2, 1)
    assert (Account.objects.count(), Contact.objects.count()) == (1, 2)


def test_the_page_says_which_program_wrote_the_file_and_what_is_left_out(cast: Cast) -> None:
    browser = client(cast.wang)
    for data, name, words in (
        (HUBSPOT, "hubspot.csv", "识别为：HubSpot 导出。各列已对应好，请核对。"),
        (CARDS, "contacts.vcf", "1 张名片上的照片不导入。"),
    ):
        sent = browser.post(reverse("customers.import"), {"file": SimpleUploadedFile(name, data.encode())})
        run = Import.objects.latest("pk")
        assert sent.headers["Location"] == reverse("customers.import-columns", kwargs={"run": run.pk})
        assert words in browser.get(sent.headers["Location"]).content.decode()


def test_a_hubspot_export_gives_the_company_its_person_and_owner(cast: Cast) -> None:
    run = started(brought(cast.wang, HUBSPOT, "hubspot-crm-exports-all-contacts.csv"), manager_by="column")
    running.run_import(run.pk, clock=AT)
    made = Account.objects.get()
    assert (made.name, made.manager, made.note) == ("恒远电子", cast.wang, "")
    assert made.contacts.get().name == "王建国"


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"name,phone\nA,1\n", "contacts.vcf", "内容却不是名片"),
        (b"BEGIN:VCARD\nEND:VCARD\n", "contacts.vcf", "文件里没有名片"),
    ],
)
def test_a_file_that_lies_about_its_kind_is_refused_in_words(
    cast: Cast, data: bytes, name: str, words: str
) -> None:
    answer = client(cast.wang).post(reverse("customers.import"), {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Import.objects.exists()
