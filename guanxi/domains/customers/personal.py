"""What the tables of customers hold of people: see `guanxi.platform.kernel.personal`."""

from __future__ import annotations

from django.db.models import Q

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

from .models import Account, Approach, Contact, Need, Promise, StockMovement
from .models_addresses import Address
from .models_attachments import Attachment
from .models_competitors import Observation
from .models_contacts import Consent, ContactMerger, Employment
from .models_merger import Merger
from .models_objections import Objection
from .models_standing import CreditEvent, Review
from .models_twins import TwinPair

WORK = Text("开展和跟进业务往来", "To do business with the customer and follow it up")
WITH_CUSTOMER = Text(
    "看得到该客户的人；重点客户只有负责人、团队和他们的上级",
    "Who sees the customer; of a key customer only who looks after it, the team and their superiors",
)
AS_CUSTOMER = Text("与客户资料同期", "As long as the customer's record")
STRUCK = Text(
    "抹除联系人时，文字中的姓名和号码被划去", "Erasing a contact strikes name and numbers from the text"
)
FREE = Text("可能谈到某人的文字", "Words in which somebody may be spoken of")

holds(
    "customers.Contact",
    own=(
        "name",
        "post",
        "unit",
        "decision_role",
        "birthday",
        "birthday_md",
        "phone",
        "phone_key",
        "email",
        "wechat",
        "channel",
        "matters",
        "note",
        "own",
    ),
    what=Text(
        "联系人：姓名、职务、部门、决策角色、动机、生日、电话、邮箱、微信、常用方式、看重之事、备注、自定义字段",
        "Contacts: name, post, department, decision role, what drives them, birthday, telephone, e-mail, WeChat, channel, "
        "what matters, note, the company's own fields",
    ),
    why=Text("与客户方的人联系", "To be in touch with the people at a customer"),
    seen_by=WITH_CUSTOMER,
    kept=Text(
        "公司设定的保存期限；到期后列出，由人抹除",
        "The company's retention period; then listed, and erased by a person",
    ),
    erased=Text("抹除后全部清空，只剩编号", "Erasing empties all of it; the number stays"),
    of_contact=lambda id: Contact.objects.filter(pk=id),
    of_customers=lambda ids: Contact.objects.filter(customer__in=ids),
    at="updated_at",
)
holds(
    "customers.Consent",
    words=("evidence",),
    plain=("channel", "state", "how"),
    what=Text("联系许可：方式、同意与否、依据", "Consent to be reached: way, yes or no, evidence"),
    why=Text("只用本人同意的方式联系，并能证明", "To reach people only as they agreed, and to show it"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=Text(
        "依据中的姓名和号码被划去；只剩方式和同意与否",
        "Name and numbers are struck from the evidence; way and yes or no stay",
    ),
    of_contact=lambda id: Consent.objects.filter(contact=id),
    of_customers=lambda ids: Consent.objects.filter(contact__customer__in=ids),
    at="recorded_at",
)
holds(
    "customers.Employment",
    own=("employer", "post"),
    what=Text("任职经历：以前和现在的单位、职务", "Employment: companies and posts, before and now"),
    why=Text("与换了单位的人保持联系", "To stay in touch with people who change company"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=Text("抹除时整条删除", "Erasing deletes the lines"),
    of_contact=lambda id: Employment.objects.filter(contact=id),
    of_customers=lambda ids: Employment.objects.filter(contact__customer__in=ids),
    at="recorded_at",
)
holds(
    "customers.ContactMerger",
    own=("name", "kept"),
    what=Text("合并的联系人：并入者原来的资料", "Merged contacts: the record of the one that went"),
    why=Text("撤销合并时恢复", "To part them again"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=Text("抹除时清空，此后不能再撤销合并", "Erasing empties it; the merger cannot be undone then"),
    of_contact=lambda id: ContactMerger.objects.filter(into=id),
    of_customers=lambda ids: ContactMerger.objects.filter(into__customer__in=ids),
    at="at",
)
holds(
    "customers.Account",
    own=("phone", "phone_key", "email"),
    words=("name", "short_name", "name_key", "address", "note", "own"),
    plain=("credit_code", "website", "area", "coordinates", "grade", "credit", "source", "service"),
    what=Text(
        "客户：名称、电话、邮箱、地址、备注、自定义字段（个体客户的即本人的）",
        "Customers: name, telephone, e-mail, address, note, the company's own fields (of a sole trader: their own)",
    ),
    why=WORK,
    seen_by=WITH_CUSTOMER,
    kept=Text("长期；停用的客户另列", "For good; closed customers stand apart"),
    erased=Text(
        "抹除联系人时，与其相同的电话、邮箱被清空，备注、地址、自定义字段中的姓名和号码被划去；客户名称不变",
        "Erasing a contact empties the same telephone and e-mail and strikes note, address, own fields; the name stays",
    ),
    of_customers=lambda ids: Account.objects.filter(pk__in=ids),
    at="updated_at",
)
holds(
    "customers.Address",
    words=("address", "note"),
    plain=("kind", "area", "coordinates"),
    what=Text("客户的其他地址：地址、备注", "Further addresses of customers: address, note"),
    why=WORK,
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: Address.objects.filter(customer__in=ids),
    at="at",
)
holds(
    "customers.Attachment",
    words=("name", "note", "fault"),
    plain=("kind", "sha256", "stored", "state"),
    what=Text("附件：文件名、说明，以及文件本身", "Files: their names, notes, and the files themselves"),
    why=WORK,
    seen_by=WITH_CUSTOMER,
    kept=Text(
        "与客户资料同期；删除后十分钟内容即清除",
        "As long as the customer's record; once removed, the content goes after ten minutes",
    ),
    erased=Text(
        "与该联系人有关的附件连同文件删除；其他附件的文件名和说明中划去姓名和号码，内容由人检查",
        "Files about the contact are deleted with their content; from names and notes of others name and numbers are "
        "struck, and a person looks into their content",
    ),
    of_contact=lambda id: Attachment.objects.filter(contact=id),
    of_customers=lambda ids: Attachment.objects.filter(customer__in=ids),
    at="at",
)
holds(
    "customers.Observation",
    words=("offer", "text"),
    plain=("leaning", "source"),
    what=Text(
        "竞争观察：产品或服务、看到或听到什么", "Observations of competitors: offer, what was seen or heard"
    ),
    why=Text("了解竞争对手", "To know the competitors"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: Observation.objects.filter(customer__in=ids),
    at="at",
)
holds(
    "customers.Competitor",
    words=("name", "strengths", "weaknesses", "advantages"),
    what=Text(
        "竞争对手：名称、长处、短处、我方优势", "Competitors: name, strengths, weaknesses, what we do better"
    ),
    why=Text("了解竞争对手", "To know the competitors"),
    seen_by=Text("可查看客户的人", "Who may see customers"),
    kept=Text("长期", "For good"),
    erased=Text("不涉及客户方的人", "Nobody at a customer is meant by it"),
)
holds(
    "customers.Need",
    words=("what", "customer_view", "our_view"),
    plain=("source", "state", "outcome"),
    what=Text("需求：内容、客户看法、我方判断", "Needs: what, the customer's view, our judgement"),
    why=WORK,
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_contact=lambda id: Need.objects.filter(contact=id),
    of_customers=lambda ids: Need.objects.filter(customer__in=ids),
    at="recorded_at",
)
holds(
    "customers.Objection",
    words=("what", "answer", "help"),
    plain=("state",),
    what=Text("异议：内容、我方答复、给予的帮助", "Objections: what, our answer, help given"),
    why=WORK,
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_contact=lambda id: Objection.objects.filter(contact=id),
    of_customers=lambda ids: Objection.objects.filter(customer__in=ids),
    at="raised_at",
)
holds(
    "customers.Promise",
    words=("what",),
    plain=("state",),
    what=Text("承诺：内容", "Promises: what"),
    why=Text("兑现对客户的承诺", "To keep what was promised"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=Text(
        "文字中的姓名和号码被划去；未兑现的承诺照旧履行",
        "Name and numbers are struck from the text; an open promise stays owed",
    ),
    of_contact=lambda id: Promise.objects.filter(contact=id),
    of_customers=lambda ids: Promise.objects.filter(customer__in=ids),
    at="made_at",
)
holds(
    "customers.StockMovement",
    words=("note",),
    what=Text("物资台账：领给谁、说明", "Stock ledger: to whom it was given, note"),
    why=Text("物资和礼品的账目", "The books of materials and gifts"),
    seen_by=WITH_CUSTOMER,
    kept=Text("按会计档案期限", "As long as the law asks of books"),
    erased=Text("账目保留，不再写明是谁", "The line stays, without saying who"),
    of_contact=lambda id: StockMovement.objects.filter(contact=id),
    of_customers=lambda ids: StockMovement.objects.filter(customer__in=ids),
    at="at",
)
holds(
    "customers.Approach",
    words=("event", "person", "result"),
    plain=("way",),
    what=Text("接触方案：活动、对接人、结果", "Approaches: event, person, result"),
    why=WORK,
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: Approach.objects.filter(customer__in=ids),
    at="at",
)
holds(
    "customers.CreditEvent",
    words=("detail", "cause"),
    plain=("kind", "before", "after", "cause_code"),
    what=Text("信用事件：经过、原因", "Credit events: what happened, why"),
    why=Text("判断客户信用", "To judge a customer's credit"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: CreditEvent.objects.filter(customer__in=ids),
    at="recorded_at",
)
holds(
    "customers.Review",
    words=("text",),
    plain=("because", "decision"),
    what=Text("复核结论", "Reviews"),
    why=WORK,
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: Review.objects.filter(customer__in=ids),
    at="at",
)
holds(
    "customers.Merger",
    words=("reason", "kept"),
    plain=("name",),
    what=Text("合并记录：并入的客户原来的资料", "Mergers: the record of the customer that went"),
    why=Text("撤销合并时恢复", "To part them again"),
    seen_by=Text("可合并客户的人", "Who may merge customers"),
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: Merger.objects.filter(into__in=ids),
    at="at",
)
holds(
    "customers.HandOver",
    words=("note", "excuse", "content", "letter"),
    plain=("chosen", "state", "content_hash"),
    what=Text("工作交接：双方签字的清单，含联系人", "Hand-overs: the pack both signed, contacts included"),
    why=Text("证明移交了什么", "To show what went over"),
    seen_by=Text("交接双方、安排人、总经理", "The two, who arranged it, the general manager"),
    kept=Text("长期", "For good"),
    erased=Text(
        "清单里该联系人的内容清空；签字和摘要保留",
        "The contact's entry in the pack is emptied; signatures and hash stay",
    ),
    at="arranged_at",
)
holds(
    "customers.Import",
    words=("file_name", "notes", "why_stopped"),
    plain=(
        "what",
        "sha256",
        "state",
        "format",
        "sheet",
        "encoding",
        "delimiter",
        "mapping",
        "header",
        "manager_by",
    ),
    what=Text("导入：文件名", "Imports: the file's name"),
    why=Text("查明资料从哪里来", "To tell where records came from"),
    seen_by=Text("导入的人；他人只见数目", "Who brought it in; others see counts"),
    kept=Text("长期", "For good"),
    erased=STRUCK,
    at="created_at",
)
holds(
    "customers.ImportFile",
    words=("packed",),
    what=Text("导入的原文件", "The imported file itself"),
    why=Text("重新读取列", "To read its columns again"),
    seen_by=Text("没有人；不能下载", "Nobody; it cannot be downloaded"),
    kept=Text(
        "公司设定的月数，到期夜间自动清除", "As many months as the company sets; then cleared by night"
    ),
    erased=Text("其中有该联系人的文件整个删除", "A file with the contact in it is deleted whole"),
)
holds(
    "customers.ImportRow",
    words=("cells", "plan", "said"),
    plain=("kind", "decision", "outcome", "digest"),
    what=Text("导入的每一行：原文和判定", "Each row of an import, as it stood and was judged"),
    why=Text("说明每一行的去向", "To tell what became of each row"),
    seen_by=Text("导入的人", "Who brought it in"),
    kept=Text(
        "公司设定的月数，到期夜间自动清除", "As many months as the company sets; then cleared by night"
    ),
    erased=Text("有该联系人的行整行清空", "A row with the contact in it is emptied"),
)
holds(
    "customers.ExternalKey",
    words=("key",),
    what=Text("客户在其他系统的编号", "A customer's number in another system"),
    why=Text("再次导入时认出", "To recognise it in a later file"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=Text("指客户，不指个人，保留", "It names a customer, not a person, and stays"),
)
holds(
    "customers.TwinPair",
    words=("reasons", "why"),
    plain=("state",),
    what=Text("疑似重复：依据、判定说明", "Likely twins: what speaks for it, why they were kept apart"),
    why=Text("合并重复的客户", "To merge customers that are one"),
    seen_by=Text("可合并客户的人", "Who may merge customers"),
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: TwinPair.objects.filter(Q(first__in=ids) | Q(second__in=ids)),
    at="found_at",
)
holds(
    "customers.Promotion",
    words=("title", "text", "audience_reason"),
    plain=("month", "audience"),
    what=Text("促销政策的文字", "Words of promotions"),
    why=Text("告知拜访人员", "To tell who visits"),
    seen_by=Text("可查看客户的人", "Who may see customers"),
    kept=Text("长期", "For good"),
    erased=Text("不涉及客户方的人", "Nobody at a customer is meant by it"),
)
holds_nothing("customers.Tag", "name")
holds_nothing("customers.Tagged")
holds_nothing("customers.TeamMember")
holds_nothing("customers.Following")
holds_nothing("customers.Looked")
holds_nothing("customers.Look", "page")
holds_nothing("customers.Product", "name", "code", "kind", "text")
holds_nothing("customers.StockItem", "name", "kind", "unit")
holds_nothing("customers.HandOverSignature", "side", "hash", "how")
holds_nothing("customers.ImportHeader", "digest", "mapping")
holds_nothing("customers.TwinSearch")
