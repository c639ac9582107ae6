"""The fields a column may be imported into, and the words by which headers name them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guanxi.platform.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Field:
    """One target. `words` are header names in simplified and traditional Chinese and English, normalised by
    `normal`; `several` says whether more than one column may go into it; `limit` is characters; `exact`: only a column
    that is called so, and no other that holds the word in its name, is guessed to be it."""

    name: str
    title: Text
    words: frozenset[str]
    several: bool = False
    limit: int = 200
    exact: bool = False


def normal(header: str) -> str:
    """A header without blanks, case, punctuation and marks of compulsion: "*Company Name (必填)" -> "companyname"."""
    import re
    import unicodedata

    text = unicodedata.normalize("NFKC", header)
    text = re.sub(r"[((\[【][^))\]】]*[))\]】]", "", text) or text
    return "".join(c for c in text.lower() if c.isalnum())


def _field(
    name: str, zh: str, en: str, words: str, *, several: bool = False, limit: int = 200, exact: bool = False
) -> Field:
    found = frozenset(normal(word.replace("_", " ")) for word in words.split())
    return Field(name, Text(zh, en), found | {normal(zh), normal(en)}, several, limit, exact)


def _exact(name: str, zh: str, en: str, words: str, *, several: bool = False, limit: int = 200) -> Field:
    return _field(name, zh, en, words, several=several, limit=limit, exact=True)


FIELDS: tuple[Field, ...] = (
    _field(
        "account.name",
        "客户名称",
        "Name",
        "客户名 客戶名稱 客户 客戶 公司名称 公司名稱 公司 公司名 企业名称 企業名稱 企业 单位 "
        "单位名称 單位名稱 单位全称 客户全称 全称 机构名称 機構名稱 医院名称 醫院名稱 医院 "
        "学校名称 店名 门店名称 商户名称 名称 名稱 抬头 company company_name account "
        "account_name customer customer_name client client_name organisation organization "
        "organization_name business_name firm name ship_name hospital",
        limit=120,
    ),
    _field(
        "account.credit_code",
        "统一社会信用代码",
        "Credit code",
        "信用代码 社会信用代码 統一社會信用代碼 統一編號 税号 稅號 纳税人识别号 納稅人識別號 组织机构代码 营业执照号 "
        "credit_code uscc unified_social_credit_code tax_id tax_number registration_number",
        limit=18,
    ),
    _field(
        "account.kind",
        "客户类型",
        "Kind",
        "类型 類型 客户类别 客戶類型 客户性质 单位性质 企业性质 公司类型 type kind "
        "customer_type account_type category",
        limit=60,
    ),
    _field(
        "account.grade",
        "客户等级",
        "Grade",
        "等级 等級 级别 級別 客户级别 客戶等級 客户分级 医院等级 醫院等級 医院级别 评级 "
        "重要程度 grade level class rating tier priority",
        limit=60,
    ),
    _field(
        "account.industry",
        "行业",
        "Industry",
        "所属行业 所屬行業 行業 行业类别 行业分类 industry sector branch line_of_business",
        limit=100,
    ),
    _field(
        "account.address",
        "地址",
        "Address",
        "详细地址 詳細地址 公司地址 单位地址 联系地址 聯繫地址 通讯地址 通訊地址 注册地址 "
        "经营地址 办公地址 收货地址 客户地址 所在地 住址 地點 地点 address street "
        "street_address address_line address_1 ship_address mailing_address",
        limit=200,
    ),
    _field(
        "account.province",
        "省份",
        "Province",
        "省 省市 所在省 所在省份 所属省份 州 province state region ship_region state_province",
        limit=60,
    ),
    _field("account.city", "城市", "City", "市 所在城市 所在市 地市 地级市 city town ship_city", limit=60),
    _field(
        "account.district",
        "区县",
        "District",
        "区 區 县 區縣 區县 区/县 行政区 所在区 所属区域 所属区县 district county borough",
        limit=60,
    ),
    _field(
        "account.postcode",
        "邮编",
        "Postcode",
        "邮政编码 郵政編碼 郵編 郵遞區號 postcode postal_code zip zip_code zipcode ship_postal_code",
        limit=20,
    ),
    _field(
        "account.country",
        "国家",
        "Country",
        "国家地区 国家/地区 國家 国别 國別 country nation country_region ship_country",
        limit=60,
    ),
    _field(
        "account.phone",
        "电话",
        "Telephone",
        "电话号码 電話 電話號碼 联系电话 聯繫電話 聯絡電話 公司电话 单位电话 办公电话 座机 座機 "
        "固定电话 固话 总机 總機 电话1 电话2 联系方式 聯繫方式 客户电话 热线 phone tel "
        "telephone phone_number telephone_number office_phone company_phone main_phone "
        "business_phone",
        several=True,
    ),
    _field("account.fax", "传真", "Fax", "傳真 传真号码 传真号 傳真號碼 fax fax_number", limit=200),
    _field(
        "account.email",
        "电子邮件",
        "E-mail",
        "邮箱 郵箱 电子邮箱 電子郵件 電子郵箱 公司邮箱 email e-mail mail email_address",
        limit=120,
    ),
    _field(
        "account.website",
        "网址",
        "Website",
        "网站 網站 網址 官网 官網 公司网站 公司网址 主页 website web url homepage site web_site",
        limit=200,
    ),
    _field(
        "account.remark",
        "备注",
        "Remark",
        "備註 说明 說明 备注信息 附注 描述 客户备注 简介 remark remarks note notes comment "
        "comments description memo",
        several=True,
        limit=2000,
    ),
    _field(
        "account.external_key",
        "客户编号",
        "Customer number",
        "编号 編號 客户编码 客戶編號 客户代码 客户号 客户id 编码 代码 id customer_id "
        "customer_number account_id account_number code external_key external_id customer_no "
        "customer_code account_no key",
        limit=100,
    ),
    _field(
        "account.owner",
        "负责人员",
        "Owner",
        "负责员工 所属人 归属人 跟进人 跟進人 业务员 業務員 销售 销售员 销售代表 客户经理 "
        "客戶經理 专员 客户关系专员 维护人 业务经理 owner account_owner account_manager "
        "sales_rep salesperson assigned_to",
        limit=100,
    ),
    _exact(
        "account.parent",
        "上级单位",
        "Parent company",
        "母公司 上级公司 上级客户 上级单位名称 上级客户名称 总公司 集团公司 所属集团 隶属单位 上级单位编号 上级客户编号 "
        "parent parent_account parent_account_name parent_account_id parent_customer parent_name parent_id "
        "parent_organization head_office",
        limit=120,
    ),
    _exact(
        "account.service",
        "服务类别",
        "Service class",
        "客户服务类别 服务分类 服務類別 service_category",
        limit=60,
    ),
    _exact(
        "account.tags",
        "标签",
        "Tags",
        "客户标签 標籤 客戶標籤 客户标记 tag customer_tags labels",
        several=True,
        limit=500,
    ),
    _exact(
        "account.addresses",
        "其他地址",
        "Further addresses",
        "更多地址 收货地址 收件地址 送货地址 发货地址 仓库地址 开票地址 发票地址 注册地址 工商注册地址 "
        "经营地址 办公地址 公司地址 单位地址 通讯地址 通信地址 联系地址 门店地址 项目地址 现场地址 工厂地址 "
        "shipping_address delivery_address "
        "ship_to_address billing_address invoice_address registered_address office_address site_address other_address "
        "address_2 address_3 additional_addresses",
        several=True,
        limit=1000,
    ),
    _exact(
        "account.delivery.street",
        "收货街道",
        "Delivery street",
        "shipping_street shipping_address_street delivery_street",
        limit=200,
    ),
    _exact(
        "account.delivery.city",
        "收货城市",
        "Delivery city",
        "shipping_city shipping_address_city",
        limit=60,
    ),
    _exact(
        "account.delivery.province",
        "收货省份",
        "Delivery province",
        "shipping_state shipping_state_province shipping_address_state",
        limit=60,
    ),
    _exact(
        "account.delivery.postcode",
        "收货邮编",
        "Delivery postcode",
        "shipping_zip_postal_code shipping_postal_code shipping_address_postal_code",
        limit=20,
    ),
    _exact(
        "account.delivery.country",
        "收货国家",
        "Delivery country",
        "shipping_country shipping_address_country",
        limit=60,
    ),
    _field(
        "contact.name",
        "联系人",
        "Contact",
        "姓名 联系人姓名 聯繫人 聯絡人 联络人 客户联系人 主要联系人 负责人 对接人 contact_name "
        "contact contact_person full_name person attention",
        limit=60,
    ),
    _field(
        "contact.family",
        "姓",
        "Last name",
        "姓氏 family_name surname lastname",
        limit=40,
    ),
    _field(
        "contact.given",
        "名",
        "First name",
        "名字 given_name forename firstname",
        limit=40,
    ),
    _field(
        "contact.post",
        "职务",
        "Post",
        "职位 職務 職位 职称 職稱 岗位 头衔 联系人职务 title job_title position post role contact_title",
        limit=60,
    ),
    _field(
        "contact.unit",
        "部门",
        "Department",
        "部門 科室 所在部门 联系人部门 contact_department organization_department",
        limit=60,
    ),
    _field(
        "contact.phone",
        "联系人电话",
        "Contact telephone",
        "聯繫人電話 联系人座机 联系人联系电话 联系人联系方式 contact_phone contact_telephone "
        "contact_tel direct_phone direct_line",
        several=True,
    ),
    _field(
        "contact.mobile",
        "手机",
        "Mobile",
        "手机号 手机号码 手機 手機號碼 移动电话 行動電話 联系人手机 mobile mobile_phone cell "
        "cellphone cell_phone contact_mobile",
        several=True,
    ),
    _field(
        "contact.email",
        "联系人邮箱",
        "Contact e-mail",
        "联系人电子邮件 联系人email 个人邮箱 聯繫人郵箱 contact_email contact_mail personal_email",
        limit=120,
    ),
    _field(
        "contact.wechat",
        "微信",
        "WeChat",
        "微信号 微信號 联系人微信 wechat weixin wechat_id wx",
        limit=60,
    ),
    _field(
        "contact.birthday",
        "生日",
        "Birthday",
        "出生日期 出生年月 联系人生日 生日日期 birthday birth_date date_of_birth dob",
        limit=60,
    ),
    _exact(
        "contact.decision_role",
        "决策角色",
        "Decision role",
        "采购角色 决策作用 角色关系 buying_role",
        limit=60,
    ),
    _exact(
        "contact.channel",
        "常用联系方式",
        "Preferred channel",
        "首选联系方式 偏好联系方式 preferred_contact_method preferred_method_of_contact",
        limit=60,
    ),
    _exact(
        "contact.motives",
        "动机",
        "What drives them",
        "購買動機 购买动机 决策动机 采购动机 motive motives motivation",
    ),
    _exact(
        "contact.matters",
        "看重之事",
        "What matters",
        "看重 在意之事 客户看重 关注点 关注重点 what_matters_to_them interests preferences",
        limit=500,
    ),
    _exact(
        "contact.consent",
        "联系许可",
        "Consent",
        "许可方式 同意的联系方式 contact_consent marketing_consent consents",
        limit=500,
    ),
    *(
        _exact(f"contact.consent.{code}", f"联系许可：{zh}", f"Consent: {en}", words, limit=60)
        for code, zh, en, words in (
            ("phone", "电话", "telephone", "同意电话联系 电话许可 phone_consent consent_to_call"),
            ("sms", "短信", "SMS", "同意接收短信 同意短信 短信许可 sms_consent sms_opt_in consent_to_sms"),
            ("wechat", "微信", "WeChat", "同意微信联系 微信许可 wechat_consent"),
            (
                "email",
                "邮件",
                "e-mail",
                "同意接收邮件 同意邮件 邮件许可 email_consent email_opt_in consent_to_email",
            ),
            ("post", "信函", "letter", "同意接收信函 信函许可 mail_consent post_consent"),
        )
    ),
    *(
        _exact(
            f"contact.refused.{code}",
            f"不愿接受：{zh}",
            f"Does not want: {en}",
            words,
            several=True,
            limit=60,
        )
        for code, zh, en, words in (
            ("phone", "电话", "telephone", "勿打电话 拒绝电话 do_not_call donotcall phone_opt_out"),
            ("sms", "短信", "SMS", "拒收短信 拒绝短信 sms_opt_out do_not_text"),
            (
                "email",
                "邮件",
                "e-mail",
                "拒收邮件 拒绝邮件 email_opt_out has_opted_out_of_email unsubscribed_from_all_email do_not_email",
            ),
        )
    ),
    _exact(
        "contact.consent_on",
        "许可日期",
        "Consent given on",
        "同意日期 许可时间 consent_date",
        limit=60,
    ),
    _exact(
        "contact.consent_evidence",
        "许可依据",
        "Evidence of consent",
        "同意依据 许可来源 consent_source consent_evidence",
    ),
)
OTHER = "account.other"
"""What has no field of its own: the cell is kept with the name of its column."""
BY_NAME = {field.name: field for field in FIELDS} | {
    OTHER: Field(OTHER, Text("备注（带列名）", "Note, with the column's name"), frozenset(), True, 2000)
}
OWN = "own."
"""How the names of fields of the company's own begin."""
_more: Callable[[str], Sequence[Field]] | None = None


def provide(more: Callable[[str], Sequence[Field]]) -> None:
    """Declare who knows the fields that are defined while the application runs."""
    global _more
    _more = more


def more_fields(what: str = "") -> Sequence[Field]:
    """The fields that are defined while the application runs: those of what a sheet holds ('customers', 'visits'), else all."""
    return _more(what) if _more is not None else ()


_history: dict[str, Field] = {}
"""Fields of what else a sheet may hold: past orders, past visits."""


def declare(name: str, zh: str, en: str, words: str, *, several: bool = False, limit: int = 200) -> Field:
    """A field of what else a sheet may hold than customers. words: header names, blanks between them."""
    made = _field(name, zh, en, words, several=several, limit=limit)
    return _history.setdefault(name, made)


def field_called(name: str) -> Field | None:
    """The field of this name, or None."""
    found = BY_NAME.get(name) or _history.get(name)
    if found is None and name.startswith(OWN):
        found = next((f for f in more_fields() if f.name == name), None)
    return found


def own_field(name: str, title: Text, key: str, *, limit: int) -> Field:
    """A field of the company's own, found by its names in both languages and its key."""
    words = frozenset(normal(word) for word in (title.zh, title.en, key.replace("_", " ")))
    return Field(name, title, words - {""}, False, limit)


NOT_DATA = frozenset(
    normal(word)
    for word in "序号 序號 行号 no. row 未导入的原因 reason_not_imported 导入结果 import_result".split()
)
"""Columns that count rows, and those that our own files of left-out rows add."""
