"""Exports of other programs, recognised by the names of their columns, and where each column goes.

The English names of Google and Outlook are those of files in public repositories; of all others no published description was to
be had: theirs are the columns their exports are known to have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from guanxi.platform.kernel.text import Text

from .fields import OTHER, normal
from .reasons import Reason, reason


@dataclass(frozen=True)
class Program:
    """marks: sets of columns; a file that has all of one set comes from it. columns: column -> field. left_out: matches
    the columns (as `normal` writes them) that say nothing of a customer."""

    name: Text
    marks: tuple[tuple[str, ...], ...]
    columns: Mapping[str, str]
    left_out: str = ""

    @cached_property
    def _fields(self) -> dict[str, str]:
        return {normal(name): field for name, field in self.columns.items()}

    @cached_property
    def _marks(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(map(normal, marks)) for marks in self.marks)

    def wrote(self, names: frozenset[str]) -> bool:
        """Whether a file with these columns comes from this program."""
        return any(marks <= names for marks in self._marks)

    def field_of(self, header: str) -> str | None:
        """The field of a column, '' where it is left out, None where the program says nothing about it."""
        name = normal(header)
        if name in self._fields:
            return self._fields[name]
        return "" if self.left_out and re.fullmatch(self.left_out, name) else None

    def known(self) -> Reason:
        """What is said of a file that comes from it."""
        return reason(
            "file.program",
            "识别为：{zh}。各列已对应好，请核对。",
            "Recognised: {en}. Its columns are mapped; please check them.",
            zh=self.name.zh,
            en=self.name.en,
        )


def recognise(header: Sequence[str]) -> Program | None:
    """The program that wrote a file with these columns, or None."""
    names = frozenset(map(normal, header))
    return next((program for program in PROGRAMS if program.wrote(names)), None)


_FAMILY, _GIVEN = "contact.family", "contact.given"
VCARD = Program(
    Text("名片（vCard）", "business cards (vCard)"),
    (("ORG", "FN"),),
    {
        "ORG": "account.name",
        "FN": "contact.name",
        "TITLE": "contact.post",
        "TEL CELL": "contact.mobile",
        "TEL WORK": "contact.phone",
        "TEL": "contact.phone",
        "TEL FAX": "account.fax",
        "EMAIL": "contact.email",
        "X-WECHAT": "contact.wechat",
        "ADR COUNTRY": "account.country",
        "ADR REGION": "account.province",
        "ADR CITY": "account.city",
        "ADR STREET": "account.address",
        "ADR POSTCODE": "account.postcode",
        "URL": "account.website",
        "BDAY": "contact.birthday",
        "NOTE": "account.remark",
        "ORG UNIT": "contact.unit",
    },
)
GOOGLE = Program(
    Text("Google 通讯录导出", "an export of Google Contacts"),
    (
        ("First Name", "Last Name", "Organization Name", "Phone 1 - Value"),
        ("First Name", "Last Name", "Organization Name", "E-mail 1 - Value"),
        ("Given Name", "Family Name", "Organization 1 - Name"),
    ),
    {
        "Organization Name": "account.name",
        "Organization 1 - Name": "account.name",
        "Organization Title": "contact.post",
        "Organization 1 - Title": "contact.post",
        "Organization Department": "contact.unit",
        "First Name": _GIVEN,
        "Given Name": _GIVEN,
        "Last Name": _FAMILY,
        "Family Name": _FAMILY,
        "Name": "",
        "E-mail 1 - Value": "contact.email",
        "E-mail 2 - Value": OTHER,
        "E-mail 3 - Value": OTHER,
        **{f"Phone {n} - Value": "contact.phone" for n in range(1, 6)},
        "Address 1 - Street": "account.address",
        "Address 1 - City": "account.city",
        "Address 1 - Region": "account.province",
        "Address 1 - Postal Code": "account.postcode",
        "Address 1 - Country": "account.country",
        "Website 1 - Value": "account.website",
        "Birthday": "contact.birthday",
        "Notes": "account.remark",
    },
    r"phonetic.*|.*(label|type)|.*yomi|photo|labels|groupmembership|fileas|nameprefix|namesuffix|initials|shortname|"
    r"address\d(formatted|pobox|extendedaddress)|organization\d(yominame|symbol|location|jobdescription)|additionalname",
)
OUTLOOK = Program(
    Text("Outlook 联系人导出", "an export of Outlook contacts"),
    (
        ("First Name", "Last Name", "Company", "Job Title", "Business Phone"),
        ("名", "姓", "公司", "职务", "商务电话"),
    ),
    {
        "Company": "account.name",
        "First Name": _GIVEN,
        "Last Name": _FAMILY,
        "Job Title": "contact.post",
        "Department": "contact.unit",
        "Business Phone": "contact.phone",
        "Business Phone 2": "contact.phone",
        "Company Main Phone": "account.phone",
        "Mobile Phone": "contact.mobile",
        "Business Fax": "account.fax",
        "E-mail Address": "contact.email",
        "Business Street": "account.address",
        "Business City": "account.city",
        "Business State": "account.province",
        "Business Postal Code": "account.postcode",
        "Business Country": "account.country",
        "Business Country/Region": "account.country",
        "Web Page": "account.website",
        "Birthday": "contact.birthday",
        "Notes": "account.remark",
        "Title": "",
        "公司": "account.name",
        "名": _GIVEN,
        "姓": _FAMILY,
        "职务": "contact.post",
        "部门": "contact.unit",
        "商务电话": "contact.phone",
        "商务电话 2": "contact.phone",
        "单位主要电话": "account.phone",
        "移动电话": "contact.mobile",
        "商务传真": "account.fax",
        "电子邮件地址": "contact.email",
        "商务地址 街道": "account.address",
        "商务地址 市/县": "account.city",
        "商务地址 省/市/自治区": "account.province",
        "商务地址 邮政编码": "account.postcode",
        "商务地址 国家/地区": "account.country",
        "网页": "account.website",
        "生日": "contact.birthday",
        "附注": "account.remark",
        "称谓": "",
    },
    r"middlename|suffix|initials|gender|priority|private|sensitivity|.*emailtype|email\d?type|email(\d)?displayname|0|"
    r"中间名|中间名称|后缀|缩写|性别|敏感度|优先级|私有|电子邮件类型|电子邮件显示名称",
)
SALESFORCE = Program(
    Text("Salesforce 导出", "an export of Salesforce"),
    (
        ("Account Name", "Mailing City"),
        ("Account Name", "Billing City"),
        ("Account Name", "Account Owner", "Last Name"),
        ("BillingCity", "Name", "OwnerId"),
    ),
    {
        "Account Name": "account.name",
        "Name": "account.name",
        "Account ID": "account.external_key",
        "Id": "account.external_key",
        "Account Owner": "account.owner",
        "First Name": _GIVEN,
        "Last Name": _FAMILY,
        "Title": "contact.post",
        "Phone": "account.phone",
        "Account Phone": "account.phone",
        "Mobile": "contact.mobile",
        "Fax": "account.fax",
        "Email": "contact.email",
        "Website": "account.website",
        "Type": "account.kind",
        "Industry": "account.industry",
        "Rating": OTHER,
        **{f"{kind} Street": "account.address" for kind in ("Billing", "Mailing")},
        **{f"{kind} City": "account.city" for kind in ("Billing", "Mailing")},
        **{f"{kind} State/Province": "account.province" for kind in ("Billing", "Mailing")},
        **{f"{kind} Zip/Postal Code": "account.postcode" for kind in ("Billing", "Mailing")},
        **{f"{kind} Country": "account.country" for kind in ("Billing", "Mailing")},
        "BillingState": "account.province",
        "BillingPostalCode": "account.postcode",
        "Birthdate": "contact.birthday",
        "Description": "account.remark",
        "Parent Account": "account.parent",
        "Parent Account ID": "account.parent",
        "ParentId": "account.parent",
        "Shipping Street": "account.delivery.street",
        "Shipping City": "account.delivery.city",
        "Shipping State/Province": "account.delivery.province",
        "ShippingState": "account.delivery.province",
        "Shipping Zip/Postal Code": "account.delivery.postcode",
        "ShippingPostalCode": "account.delivery.postcode",
        "Shipping Country": "account.delivery.country",
        "Do Not Call": "contact.refused.phone",
        "Email Opt Out": "contact.refused.email",
        "HasOptedOutOfEmail": "contact.refused.email",
    },
    r"(contact|owner|recordtype|masterrecord|createdby|lastmodifiedby|jigsaw\w*)id|isdeleted|systemmodstamp|"
    r"(created|lastmodified|lastactivity|lastviewed|lastreferenced)date|lastactivity|photourl|salutation|"
    r"(billing|mailing|shipping)(latitude|longitude|geocodeaccuracy)",
)
HUBSPOT = Program(
    Text("HubSpot 导出", "an export of HubSpot"),
    (
        ("Record ID", "First Name", "Last Name", "Email"),
        ("Record ID", "Company name"),
        ("Record ID - Contact", "First Name"),
        ("Record ID - Company", "Company name"),
    ),
    {
        "Company name": "account.name",
        "Associated Company": "account.name",
        "Primary Associated Company": "account.name",
        "First Name": _GIVEN,
        "Last Name": _FAMILY,
        "Job Title": "contact.post",
        "Email": "contact.email",
        "Phone Number": "account.phone",
        "Mobile Phone Number": "contact.mobile",
        "Company owner": "account.owner",
        "Contact owner": "account.owner",
        "Company Domain Name": "account.website",
        "Website URL": "account.website",
        "Street Address": "account.address",
        "City": "account.city",
        "State/Region": "account.province",
        "Postal Code": "account.postcode",
        "Country/Region": "account.country",
        "Industry": "account.industry",
        "Description": "account.remark",
        "Date of birth": "contact.birthday",
        "Parent Company": "account.parent",
        "Buying Role": "contact.decision_role",
        "Unsubscribed from all email": "contact.refused.email",
    },
    r"recordid.*|associated(company|contact|deal|note)?ids.*|primaryassociatedcompanyid.*|.*date(gmt.*)?|lastactivity.*|"
    r"leadstatus|lifecyclestage|marketingcontactstatus|numberof.*|original.*|latest.*|hs.*|lastmodified.*",
)
ESPOCRM = Program(
    Text("EspoCRM 导出", "an export of EspoCRM"),
    (
        ("emailAddress", "phoneNumber", "accountName"),
        ("emailAddress", "phoneNumber", "billingAddressCity"),
    ),
    {
        "accountName": "account.name",
        "firstName": _GIVEN,
        "lastName": _FAMILY,
        "title": "contact.post",
        "emailAddress": "contact.email",
        "phoneNumber": "contact.phone",
        "addressStreet": "account.address",
        "addressCity": "account.city",
        "addressState": "account.province",
        "addressPostalCode": "account.postcode",
        "addressCountry": "account.country",
        "website": "account.website",
        "industry": "account.industry",
        "type": "account.kind",
        "assignedUserName": "account.owner",
        "description": "account.remark",
        **{
            f"billingAddress{part}": f"account.{field}"
            for part, field in (
                ("Street", "address"),
                ("City", "city"),
                ("State", "province"),
                ("PostalCode", "postcode"),
                ("Country", "country"),
            )
        },
        **{
            f"shippingAddress{part}": f"account.delivery.{field}"
            for part, field in (
                ("Street", "street"),
                ("City", "city"),
                ("State", "province"),
                ("PostalCode", "postcode"),
                ("Country", "country"),
            )
        },
        "doNotCall": "contact.refused.phone",
        "emailAddressIsOptedOut": "contact.refused.email",
        "phoneNumberIsOptedOut": "contact.refused.phone",
    },
    r"deleted|.*(id|ids)|createdat|modifiedat|createdbyname|modifiedbyname|salutationname|middlename|.*(isinvalid|data)|"
    r"streamupdatedat|versionnumber",
)
_REGISTER = {
    "统一社会信用代码": "account.credit_code",
    "所属省份": "account.province",
    "所属城市": "account.city",
    "所属区县": "account.district",
    "企业类型": OTHER,
    "公司类型": OTHER,
    "所属行业": "account.industry",
    "行业": "account.industry",
    "电话": "account.phone",
    "联系电话": "account.phone",
    "有效手机号": "account.phone",
    "更多电话": "account.phone",
    "其他电话": "account.phone",
    "邮箱": "account.email",
    "更多邮箱": OTHER,
    "其他邮箱": OTHER,
    "网址": "account.website",
    "官网": "account.website",
    "法定代表人": OTHER,
    "注册资本": OTHER,
    "成立日期": OTHER,
    "曾用名": OTHER,
    "母公司": "account.parent",
    "所属集团": "account.parent",
    "通信地址": "account.addresses",
    "最新年报地址": "account.addresses",
}
_REGISTER_OUT = (
    r"经营范围|纳税人识别号|注册号|工商注册号|组织机构代码|实缴资本|核准日期|营业期限|营业期限自|营业期限至|登记机关|参保人数|"
    r"人员规模|企业规模|英文名|英文名称|纳税人资质|最新年报年份|国标行业.*|所属行业大类|序号|参保人数所属年报"
)
QCC = Program(
    Text("企查查企业名单", "a company list of Qichacha"),
    (("企业名称", "登记状态", "法定代表人", "统一社会信用代码"),),
    {
        **_REGISTER,
        "企业名称": "account.name",
        "登记状态": OTHER,
        "注册地址": "account.address",
        "企业地址": "account.address",
    },
    _REGISTER_OUT,
)
TYC = Program(
    Text("天眼查企业名单", "a company list of Tianyancha"),
    (
        ("公司名称", "经营状态", "法定代表人", "统一社会信用代码"),
        ("企业名称", "经营状态", "法定代表人", "统一社会信用代码"),
    ),
    {
        **_REGISTER,
        "公司名称": "account.name",
        "企业名称": "account.name",
        "经营状态": OTHER,
        "注册地址": "account.address",
        "地址": "account.address",
    },
    _REGISTER_OUT,
)
PROGRAMS = (VCARD, GOOGLE, OUTLOOK, HUBSPOT, SALESFORCE, ESPOCRM, QCC, TYC)
