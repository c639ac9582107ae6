"""Exports of other programs are recognised by their columns. Rows are invented; heads are those that the programs write."""

from __future__ import annotations

import csv
import io

import pytest

from guanxi.platform.imports.cells import Reader
from guanxi.platform.imports.columns import guess, mapping_of
from guanxi.platform.imports.programs import PROGRAMS, recognise
from guanxi.platform.imports.reading import read_sheet

GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,Name Suffix,"
    "Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,"
    "E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,"
    "Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,"
    "Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,Website 1 - Label,"
    "Website 1 - Value"
)
GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Additional Name Yomi,Family Name Yomi,Name Prefix,"
    "Name Suffix,Initials,Nickname,Short Name,Birthday,Notes,Photo,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
    "Phone 1 - Type,Phone 1 - Value,Organization 1 - Type,Organization 1 - Name,Organization 1 - Title"
)
OUTLOOK = (
    "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business Street 2,"
    "Business Street 3,Business City,Business State,Business Postal Code,Business Country/Region,Home Street,Home City,"
    "Business Fax,Business Phone,Business Phone 2,Company Main Phone,Home Phone,Mobile Phone,Birthday,E-mail Address,"
    "E-mail Type,E-mail Display Name,Gender,Notes,Priority,Private,Sensitivity,Web Page"
)
OUTLOOK_ZH = (
    "称谓,名,中间名,姓,后缀,公司,部门,职务,商务地址 街道,商务地址 市/县,商务地址 省/市/自治区,商务地址 邮政编码,"
    "商务地址 国家/地区,商务传真,商务电话,移动电话,电子邮件地址,生日,附注,网页"
)
SALESFORCE = (
    "Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing State/Province,"
    "Mailing Zip/Postal Code,Mailing Country,Phone,Fax,Mobile,Email,Account Owner,Account ID,Contact ID"
)
SALESFORCE_LOADER = (
    "Id,IsDeleted,MasterRecordId,Name,Type,ParentId,BillingStreet,BillingCity,BillingState,BillingPostalCode,"
    "BillingCountry,Phone,Fax,Website,Industry,OwnerId,CreatedDate,SystemModstamp"
)
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Primary Associated Company,Last Activity Date (GMT+8),"
    "Lead Status,Marketing contact status,Create Date (GMT+8),Job Title"
)
HUBSPOT_COMPANIES = (
    "Record ID,Company name,Company owner,Create Date (GMT+8),Phone Number,Last Activity Date (GMT+8),City,Country/Region,"
    "Industry,Company Domain Name"
)
ESPOCRM = (
    "id,deleted,salutationName,firstName,lastName,accountId,accountName,title,description,emailAddress,phoneNumber,"
    "addressStreet,addressCity,addressState,addressCountry,addressPostalCode,createdAt,assignedUserId,assignedUserName"
)
QCC = (
    "序号,企业名称,登记状态,法定代表人,注册资本,成立日期,核准日期,所属省份,所属城市,所属区县,电话,更多电话,邮箱,更多邮箱,企业类型,"
    "纳税人识别号,注册号,组织机构代码,参保人数,统一社会信用代码,所属行业,网址,企业地址,经营范围"
)
TYC = (
    "公司名称,经营状态,法定代表人,注册资本,实缴资本,成立日期,核准日期,营业期限,所属省份,所属城市,所属区县,统一社会信用代码,"
    "纳税人识别号,注册号,组织机构代码,公司类型,行业,电话,其他电话,邮箱,其他邮箱,网址,注册地址,经营范围"
)


def table(head: str, **row: str) -> bytes:
    """A file with these heads and one invented row; the value of a head that is no word is given with its own name."""
    names = head.split(",")
    target = io.StringIO()
    lines = csv.writer(target)
    lines.writerow(names)
    values = {"_".join(name.lower().replace("-", " ").replace("/", " ").split()): name for name in names}
    unknown = set(row) - set(values) - set(names)
    assert not unknown, f"{unknown} of {sorted(values)}"
    lines.writerow([next((v for k, v in row.items() if values.get(k, k) == name), "") for name in names])
    return target.getvalue().encode()


PERSON = {"first_name": "建国", "last_name": "王"}
CASES = [
    (
        "google",
        table(GOOGLE, **PERSON, organization_name="恒远电子", organization_title="经理", e_mail_1_label="* Work",
              e_mail_1_value="w@example.com", phone_1_label="Mobile", phone_1_value="13805712345",
              address_1_street="文三路398号", address_1_city="杭州市", photo="https://example.com/p.jpg"),
        {"account.name": "恒远电子", "contact.name": "王建国", "contact.post": "经理", "contact.email": "w@example.com",
         "account.city": "杭州市"},
    ),
    (
        "google of before",
        table(GOOGLE_OLD, name="王 建国", given_name="建国", family_name="王", organization_1_name="恒远电子",
              organization_1_title="经理", phone_1_type="Mobile", phone_1_value="13805712345"),
        {"account.name": "恒远电子", "contact.name": "王建国", "contact.post": "经理"},
    ),
    (
        "outlook",
        table(OUTLOOK, title="Mr", first_name="Ada", last_name="Lovelace", company="Contoso Ltd", job_title="Buyer",
              business_street="1 Main Street", business_city="London", business_country_region="United Kingdom",
              business_phone="+44 20 7946 0000", e_mail_address="ada@example.com", sensitivity="Normal"),
        {"account.name": "Contoso Ltd", "contact.name": "Ada Lovelace", "contact.post": "Buyer",
         "contact.email": "ada@example.com", "account.city": "London", "account.country": "GB"},
    ),
    (
        "outlook in Chinese",
        table(OUTLOOK_ZH, 名="建国", 姓="王", 公司="恒远电子", 职务="经理", 移动电话="13805712345", 商务电话="0571-87061501"),
        {"account.name": "恒远电子", "contact.name": "王建国", "contact.post": "经理"},
    ),
    (
        "salesforce",
        table(SALESFORCE, **PERSON, title="经理", account_name="恒远电子", mailing_city="杭州市", phone="0571-87061501",
              email="w@example.com", account_owner="王敏", account_id="0015g00000A"),
        {"account.name": "恒远电子", "contact.name": "王建国", "account.external_key": "0015g00000A",
         "account.owner": "王敏", "contact.email": "w@example.com"},
    ),
    (
        "salesforce, data loader",
        table(SALESFORCE_LOADER, id="0015g00000A", name="恒远电子", billingcity="杭州市", website="example.com"),
        {"account.name": "恒远电子", "account.external_key": "0015g00000A", "account.city": "杭州市"},
    ),
    (
        "hubspot",
        table(HUBSPOT, record_id="501", **PERSON, email="w@example.com", primary_associated_company="恒远电子",
              contact_owner="王敏", job_title="经理", phone_number="0571-87061501"),
        {"account.name": "恒远电子", "contact.name": "王建国", "contact.email": "w@example.com", "account.owner": "王敏"},
    ),
    (
        "hubspot, companies",
        table(HUBSPOT_COMPANIES, record_id="77", company_name="恒远电子", city="杭州市", industry="电子"),
        {"account.name": "恒远电子", "account.city": "杭州市", "account.industry": "电子"},
    ),
    (
        "espocrm",
        table(ESPOCRM, id="5f1", firstname="建国", lastname="王", accountname="恒远电子", title="经理",
              emailaddress="w@example.com", phonenumber="+8657187061501", addresscity="杭州市"),
        {"account.name": "恒远电子", "contact.name": "王建国", "contact.post": "经理", "account.city": "杭州市"},
    ),
    (
        "qcc",
        table(QCC, 序号="1", 企业名称="杭州恒远电子科技有限公司", 登记状态="存续", 法定代表人="王建国", 电话="0571-87061501",
              更多电话="0571-87061502；13805712345", 所属省份="浙江省", 所属城市="杭州市", 所属区县="西湖区",
              统一社会信用代码="91330106MA27XYZ123", 企业地址="浙江省杭州市西湖区文三路398号", 经营范围="长" * 1500),
        {"account.name": "杭州恒远电子科技有限公司", "account.city": "杭州市"},
    ),
    (
        "tyc",
        table(TYC, 公司名称="杭州恒远电子科技有限公司", 经营状态="存续", 法定代表人="王建国", 电话="0571-87061501",
              其他电话="13805712345", 所属省份="浙江省", 所属城市="杭州市", 行业="批发业", 注册地址="杭州市西湖区文三路398号"),
        {"account.name": "杭州恒远电子科技有限公司", "account.industry": "批发业"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "values"), CASES, ids=[case[0] for case in CASES])
def test_an_export_is_recognised_and_read(name: str, data: bytes, values: dict[str, str]):
    sheet = read_sheet(data)
    program = recognise(sheet.header)
    assert program is not None
    assert (
        name.split()[0].rstrip(",").replace("qcc", "qichacha").replace("tyc", "tianyancha")
        in program.name.en.lower()
    )
    guesses = guess(sheet)
    assert {each.certainty for each in guesses if each.field and program.field_of(each.header)} == {1.0}
    reading = Reader(sheet.header, mapping_of(guesses)).read(sheet.rows[0].cells)
    assert not [fault for fault in reading.faults if fault[1].code != "code.check"]
    assert {key: reading.values.get(key) for key in values} == values
    assert "contact.family" not in reading.values


def test_several_numbers_of_a_register_go_to_the_company_and_its_representative_into_the_note():
    sheet = read_sheet(next(data for name, data, _ in CASES if name == "qcc"))
    reading = Reader(sheet.header, mapping_of(guess(sheet))).read(sheet.rows[0].cells)
    assert [phone["e164"] for phone in reading.values["account.phone"]] == [
        "+8657187061501",
        "+8657187061502",
        "+8613805712345",
    ]
    assert ("法定代表人", "王建国") in reading.kept
    assert all(column != "经营范围" for column, _ in reading.kept)


def test_a_column_of_ones_own_in_an_export_is_a_field_by_its_name_only():
    data = b"Record ID,Company name,Favourite tea,WeChat\n77,Contoso," + "龙井,ada\n".encode()
    assert [each.field for each in guess(read_sheet(data))] == ["", "account.name", "", "contact.wechat"]


def test_an_ordinary_table_is_nobodys_export():
    for head in (
        "客户名称,联系人,电话",
        "Company,Contact,Phone",
        "First Name,Last Name,Email",
        "企业名称,法定代表人",
    ):
        assert recognise(head.split(",")) is None


def test_every_program_names_fields_that_there_are():
    from guanxi.platform.imports.fields import BY_NAME

    for program in PROGRAMS:
        assert {field for field in program.columns.values() if field} <= set(BY_NAME)


def test_first_and_last_name_stand_for_a_person_in_any_table():
    sheet = read_sheet("公司名称,姓,名,手机\n恒远电子,欧阳,娜,13805712345\n".encode())
    reading = Reader(sheet.header, mapping_of(guess(sheet))).read(sheet.rows[0].cells)
    assert reading.values["contact.name"] == "欧阳娜"
