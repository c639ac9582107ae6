"""The addresses of customers, promises and registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from guanxi.platform.journal.quick import select
from guanxi.platform.kernel import Text, system_clock
from guanxi.platform.ui import states
from guanxi.platform.ui.registry import Nav, Option, page, picker

from .. import reads
from ..following.permissions import COMMENT
from ..models import Contact, Need, Product, Promise, Promotion, StockItem
from ..models_grouping import Tag
from ..models_objections import Objection
from ..models_standing import CreditEvent
from . import (
    addresses,
    attachments,
    card,
    competitors,
    contact_merging,
    contacts,
    data,
    detail,
    following,
    forms,
    gifts,
    grouping,
    handing_over,
    importing,
    lists,
    looks,
    merging,
    objections,
    privacy,
    privacy_lists,
    registers,
    standing,
    twin_pairs,
)

VIEW, WORK, ASSIGN = "customers.view", "customers.work", "customers.assign"
GET = ("GET", "HEAD")
POST = ("POST",)

states.declare("promise_open", Text("未兑现", "Open"), "accent", "circle")
states.declare("promise_kept", Text("已兑现", "Kept"), "good", "circle-check")
states.declare("undone", Text("已撤销", "Undone"), "quiet", "undo-2")
states.declare("left", Text("已离开", "Left"), "quiet", "log-out")
states.declare("fresh", Text("新", "New"), "accent", "circle")
states.declare("stock_low", Text("库存不足", "Low"), "warn", "triangle-alert")


# --- Rows for screenshots and the page contract --------------------------------------------------------------------


def _customer(person: Any) -> dict[str, Any] | None:
    found = reads.visible(person).order_by("name", "id").values_list("pk", flat=True).first()
    return None if found is None else {"customer": found}


def _child(model: Any, name: str) -> Callable[[Any], dict[str, Any] | None]:
    def sample(person: Any) -> dict[str, Any] | None:
        found = model.objects.filter(reads.of_visible(person)).values_list("pk", flat=True).first()
        return None if found is None else {name: found}

    return sample


def _register(model: Any, name: str) -> Callable[[Any], dict[str, Any] | None]:
    def sample(person: Any) -> dict[str, Any] | None:
        found = model.objects.values_list("pk", flat=True).first()
        return None if found is None else {name: found}

    return sample


def _overdue(person: Any) -> int:
    """Promises of mine whose day has passed."""
    late = select(_LATE, person.pk, Promise.OPEN, system_clock())
    others = {customer: n for customer, manager, run, n in late if not reads.own(person, manager, run)}
    own = sum(n for customer, _, _, n in late if customer not in others)
    if not others:
        return int(own)
    return own + sum(
        others[customer] for customer in reads.among(person, others).values_list("pk", flat=True)
    )


_LATE = """SELECT c.id, c.manager_id, c.brought_by, COUNT(*) FROM customers_promise p
    JOIN customers_account c ON c.id = p.customer_id WHERE p.owner_id = %s AND p.state = %s AND p.due <= %s
    GROUP BY c.id, c.manager_id, c.brought_by"""


# --- Lists ---------------------------------------------------------------------------------------------------------

page("customers.list", "customers/", lists.customer_list, label=Text("客户", "Customers"), permission=VIEW,
     nav=Nav(20, "building-2", main=True), methods=GET, lists=(lists.Customers,))  # fmt: skip
page("customers.pool", "customers/pool/", lists.pool, label=Text("客户池", "Pool"), permission=ASSIGN,
     nav=Nav(22, "inbox"), methods=GET, lists=(lists.Pool,))  # fmt: skip
page("promises.list", "promises/", lists.promise_list, label=Text("承诺", "Promises"), permission=VIEW,
     nav=Nav(40, "hand-helping", badge=_overdue), methods=GET, lists=(lists.Promises,))  # fmt: skip

page("customers.key-book", "customers/key-book/", standing.key_book, label=Text("重点客户簿", "Key-customer book"),
     permission=VIEW, nav=Nav(24, "shield-check"), methods=GET, lists=(standing.KeyBook,))  # fmt: skip
page("customers.needs", "needs/", standing.needs, label=Text("需求登记簿", "Register of needs"), permission=VIEW,
     nav=Nav(42, "sparkles"), methods=GET, lists=(standing.Needs,))  # fmt: skip
page("customers.contacts", "customers/contacts/", contacts.contact_list, label=Text("联系人", "Contacts"), permission=VIEW,
     nav=Nav(26, "users"), methods=GET, lists=(contacts.Contacts,))  # fmt: skip
page("customers.objections", "objections/", objections.register, label=Text("异议登记簿", "Register of objections"),
     permission=VIEW, nav=Nav(43, "message-square"), methods=GET, lists=(objections.Register,))  # fmt: skip
page("customers.contact-log", "contact-log/", standing.contact_log, label=Text("往来记录", "Contact log"), permission=VIEW,
     nav=Nav(44, "message-square"), methods=GET, lists=(standing.ContactLog,))  # fmt: skip

importing.declare()
data.declare()
handing_over.declare()
merging.declare(_customer)
contact_merging.declare(_child(Contact, "contact"))
grouping.declare(_customer)
competitors.declare(_customer)
addresses.declare(_customer, _child)
attachments.declare(_customer)
twin_pairs.declare(merging.two)
privacy.declare()
privacy_lists.declare()
looks.declare()

# --- The customer --------------------------------------------------------------------------------------------------

page("customers.new", "customers/new/", forms.new, label=Text("新建客户", "New customer"), permission=WORK,
     action="customers.create")  # fmt: skip
page(
    "customers.alike",
    "customers/alike/",
    forms.alike,
    label=Text("相似客户", "Likely twins"),
    permission=WORK,
    methods=GET,
)
page(
    "customers.assign",
    "customers/assign/",
    forms.assign,
    label=Text("指派客户", "Assign customers"),
    permission=ASSIGN,
)
page(
    "customers.undo", "customers/undo/", forms.undo, label=Text("撤销", "Undo"), permission=WORK, methods=POST
)


def _of_customer(
    name: str,
    tail: str,
    view: Any,
    label: Text,
    permission: str,
    action: str = "",
    methods: tuple[str, ...] = ("GET", "HEAD", "POST"),
) -> None:
    page(f"customers.{name}", f"customers/<int:customer>/{tail}", view, label=label, permission=permission,
         sample=_customer, action=action, methods=methods)  # fmt: skip


_of_customer("detail", "", detail.detail, Text("客户", "Customer"), VIEW, methods=GET)
_of_customer("timeline", "timeline/", detail.timeline, Text("经过", "Timeline"), VIEW, methods=GET)
_of_customer("history", "changes/", detail.history, Text("变更记录", "Changes"), VIEW, methods=GET)
_of_customer("card", "card/", card.card, Text("客户关系卡", "Relationship card"), VIEW, methods=GET)
_of_customer("card-pdf", "card.pdf", card.card_pdf, Text("关系卡 PDF", "Card as PDF"), VIEW, methods=GET)
_of_customer("card-vcard", "card.vcf", card.card_vcard, Text("电子名片", "vCard"), VIEW, methods=GET)
_of_customer("edit", "edit/", forms.edit, Text("修改客户资料", "Edit customer"), WORK, "customers.update")
_of_customer("confirm", "confirm/", forms.confirm, Text("确认关系卡", "Confirm card"), WORK, methods=POST)
_of_customer(
    "comment", "comment/", following.comment, Text("给同事留言", "Comment"), COMMENT, "customers.comment"
)
_of_customer(
    "colleagues",
    "colleagues/",
    following.who_may_be_mentioned,
    Text("可提到的同事", "Colleagues to mention"),
    COMMENT,
    methods=GET,
)
_of_customer("follow", "follow/", following.follow, Text("关注客户", "Follow a customer"), VIEW, methods=POST)
_of_customer("looked", "looked/", following.looked, Text("看到最新记录", "Have looked"), VIEW, methods=POST)
page(
    "customers.comment-undo",
    "customers/comment/undo/",
    following.comment_undo,
    label=Text("撤回留言", "Take back a comment"),
    permission=COMMENT,
    methods=POST,
)
_of_customer("note", "note/", forms.note, Text("记一笔", "Note"), WORK, "timeline.note")
_of_customer(
    "contact-new", "contacts/new/", forms.contact_new, Text("新增联系人", "Add contact"), WORK, "contacts.add"
)
_of_customer("need-new", "needs/new/", forms.need_new, Text("记录需求", "Record a need"), WORK, "needs.add")
_of_customer("objection-new", "objections/new/", objections.add, Text("记录异议", "Record an objection"), WORK,
             "objections.add")  # fmt: skip
_of_customer(
    "promise-new",
    "promises/new/",
    forms.promise_new,
    Text("作出承诺", "Make a promise"),
    WORK,
    "promises.make",
)
_of_customer(
    "approach-new",
    "approaches/new/",
    forms.approach_new,
    Text("接触方案", "Approach"),
    WORK,
    "approaches.add",
)
_of_customer("material", "material/", forms.material, Text("领用物资", "Issue material"), "materials.issue")
_of_customer("grade", "grade/", forms.grade, Text("评定等级", "Grade"), "customers.grade", "customers.grade")
_of_customer(
    "close", "close/", forms.close, Text("停用客户", "Close customer"), "customers.close", "customers.close"
)
_of_customer(
    "reopen",
    "reopen/",
    forms.reopen,
    Text("恢复启用", "Reopen customer"),
    "customers.close",
    "customers.reopen",
)
_of_customer(
    "archive", "archive/", standing.archive, Text("客户资料档案", "Customer archive"), VIEW, methods=GET
)
_of_customer(
    "credit-new",
    "credit/new/",
    standing.credit_new,
    Text("登记信用事件", "Record a credit event"),
    WORK,
    "credit.record",
)
_of_customer(
    "review",
    "review/",
    standing.review,
    Text("复核维护计划", "Review how it is looked after"),
    WORK,
    "customers.review",
)
_of_customer("key", "key/", forms.key, Text("重点客户", "Key customer"), ASSIGN, "customers.mark_key")
_of_customer("team", "team/", forms.team, Text("服务团队", "Team"), ASSIGN, "customers.set_team")


# --- Contacts, needs, promises -------------------------------------------------------------------------------------


def _of_child(name: str, route: str, view: Any, label: Text, model: Any, action: str = "", permission: str = WORK,
              methods: tuple[str, ...] = ("GET", "HEAD", "POST")) -> None:  # fmt: skip
    argument = route.split("<int:")[1].split(">")[0]
    page(f"customers.{name}", f"customers/{route}", view, label=label, permission=permission,
         sample=_child(model, argument), action=action, methods=methods)  # fmt: skip


_of_child(
    "contact",
    "contacts/<int:contact>/",
    forms.contact_edit,
    Text("修改联系人", "Edit contact"),
    Contact,
    "contacts.update",
)
_of_child("contact-leave", "contacts/<int:contact>/left/", forms.contact_leave, Text("联系人离开", "Contact left"), Contact,
          "contacts.leave")  # fmt: skip
_of_child("contact-move", "contacts/<int:contact>/moved/", contacts.move, Text("换了单位", "Changed company"), Contact,
          "contacts.move")  # fmt: skip
_of_child("contact-history", "contacts/<int:contact>/employment/", contacts.history, Text("任职经历", "Employment"), Contact,
          permission=VIEW, methods=GET)  # fmt: skip
_of_child("employment-new", "contacts/<int:contact>/employment/new/", contacts.employment_new,
          Text("补记任职", "Note an employer"), Contact, "contacts.add_employment")  # fmt: skip
page("customers.employment-drop", "customers/employment/<int:employment>/drop/", contacts.employment_drop,
     label=Text("删去任职", "Remove an employer"), permission=WORK, methods=POST, sample=contacts.sample)  # fmt: skip
_of_child(
    "contact-consent",
    "contacts/<int:contact>/consent/",
    contacts.consent,
    Text("联系许可", "Consent"),
    Contact,
    "contacts.consent",
)
_of_child(
    "need-confirm",
    "needs/<int:need>/confirm/",
    forms.need_confirm,
    Text("确认需求", "Confirm need"),
    Need,
    methods=POST,
)
_of_child(
    "need-close",
    "needs/<int:need>/close/",
    forms.need_close,
    Text("结束需求", "Close need"),
    Need,
    "needs.close",
)
_of_child("objection", "objections/<int:objection>/", objections.answer, Text("答复异议", "Answer an objection"), Objection,
          "objections.answer")  # fmt: skip
_of_child(
    "promise",
    "promises/<int:promise>/",
    forms.promise,
    Text("承诺", "Promise"),
    Promise,
    permission=VIEW,
    methods=GET,
)
_of_child("promise-keep", "promises/<int:promise>/keep/", forms.promise_keep, Text("兑现承诺", "Keep promise"), Promise,
          "promises.keep")  # fmt: skip
_of_child("promise-move", "promises/<int:promise>/move/", forms.promise_move, Text("承诺改期", "Move promise"), Promise,
          "promises.move")  # fmt: skip
_of_child("promise-withdraw", "promises/<int:promise>/withdraw/", forms.promise_withdraw, Text("撤回承诺", "Withdraw promise"),
          Promise, "promises.withdraw")  # fmt: skip

_of_child("credit-cause", "credit/<int:credit_event>/cause/", standing.credit_cause, Text("查明原因", "Give the cause"),
          CreditEvent, "credit.find_cause")  # fmt: skip

# --- Registers -----------------------------------------------------------------------------------------------------

MANAGE = "registers.manage"
page("registers.products", "registers/products/", registers.products, label=Text("产品与物资", "Products and stock"),
     permission=VIEW, nav=Nav(70, "tag"), methods=GET, lists=(registers.Products,))  # fmt: skip
page("registers.product-new", "registers/products/new/", registers.product, label=Text("新增产品", "New product"),
     permission=MANAGE, action="products.save")  # fmt: skip
page("registers.product", "registers/products/<int:product>/", registers.product, label=Text("修改产品", "Edit product"),
     permission=MANAGE, sample=_register(Product, "product"))  # fmt: skip
page("registers.promotions", "registers/promotions/", registers.promotions, label=Text("促销政策", "Promotions"),
     permission=VIEW, methods=GET, lists=(registers.Promotions,))  # fmt: skip
page("registers.promotion-new", "registers/promotions/new/", registers.promotion, label=Text("新增促销政策", "New promotion"),
     permission=MANAGE, action="promotions.save")  # fmt: skip
page("registers.promotion", "registers/promotions/<int:promotion>/", registers.promotion,
     label=Text("修改促销政策", "Edit promotion"), permission=MANAGE, sample=_register(Promotion, "promotion"))  # fmt: skip
page(
    "registers.stock",
    "registers/stock/",
    registers.stock,
    label=Text("物资", "Stock"),
    permission=VIEW,
    methods=GET,
    lists=(registers.Stock,),
)
page("registers.gifts", "registers/gifts/", gifts.gift_list, label=Text("礼品台账", "Gift ledger"), permission=VIEW,
     methods=GET, lists=(gifts.Gifts,))  # fmt: skip
page("customers.movement", "registers/movements/<int:movement>/", gifts.movement,
     label=Text("台账行", "Line of the ledger"), permission=VIEW, sample=gifts.sample, methods=GET)  # fmt: skip
page("customers.give-back", "registers/movements/<int:movement>/back/", gifts.give_back,
     label=Text("退回库存", "Back into stock"), permission="materials.issue", sample=gifts.sample,
     action="materials.give_back")  # fmt: skip
page("registers.item-new", "registers/stock/new/", registers.item_edit, label=Text("新增物资", "New stock item"),
     permission=MANAGE, action="stock.save")  # fmt: skip
page("registers.item", "registers/stock/<int:item>/", registers.item, label=Text("物资台账", "Stock ledger"), permission=VIEW,
     sample=_register(StockItem, "item"), methods=GET)  # fmt: skip
page("registers.item-edit", "registers/stock/<int:item>/edit/", registers.item_edit, label=Text("修改物资", "Edit stock item"),
     permission=MANAGE, sample=_register(StockItem, "item"))  # fmt: skip
page("registers.receive", "registers/stock/<int:item>/receive/", registers.receive, label=Text("入库", "Receive stock"),
     permission=MANAGE, sample=_register(StockItem, "item"), action="stock.receive")  # fmt: skip
page("registers.issue", "registers/stock/<int:item>/issue/", registers.issue, label=Text("领用物资", "Issue material"),
     permission="materials.issue", sample=_register(StockItem, "item"), action="materials.issue")  # fmt: skip

page("registers.tags", "registers/tags/", registers.tags, label=Text("标签", "Tags"), permission=VIEW, methods=GET,
     lists=(registers.Tags,))  # fmt: skip
page("registers.tag-new", "registers/tags/new/", registers.tag, label=Text("新增标签", "New tag"), permission=MANAGE,
     action="tags.save")  # fmt: skip
page("registers.tag", "registers/tags/<int:tag>/", registers.tag, label=Text("修改标签", "Edit tag"), permission=MANAGE,
     sample=_register(Tag, "tag"))  # fmt: skip

# --- What forms pick by typing -------------------------------------------------------------------------------------


def _find_customers(person: Any, typed: str) -> list[Option]:
    rows = reads.best(person, typed, active=True)
    return [Option(str(a.pk), a.name, " · ".join(p for p in (a.grade, a.area) if p)) for a in rows]


def _customer_name(person: Any, id: Any) -> str:
    row = reads.visible(person).filter(pk=id).first() if str(id).isdecimal() else None
    return row.name if row else ""


def _find_contacts(person: Any, typed: str) -> list[Option]:
    rows = Contact.objects.filter(reads.of_visible(person), name__icontains=typed, active=True)
    return [Option(str(c.pk), c.name, c.customer.called) for c in rows.select_related("customer")[:20]]


def _contact_name(person: Any, id: Any) -> str:
    row = Contact.objects.filter(reads.of_visible(person), pk=id).first() if str(id).isdecimal() else None
    return row.name if row else ""


def _find_in(model: Any) -> Callable[[Any, str], list[Option]]:
    def search(person: Any, typed: str) -> list[Option]:
        if not person.may(VIEW):
            return []
        return [
            Option(str(r.pk), r.name) for r in model.objects.filter(active=True, name__icontains=typed)[:20]
        ]

    return search


def _name_in(model: Any) -> Callable[[Any, Any], str]:
    def label(person: Any, id: Any) -> str:
        row = model.objects.filter(pk=id).first() if str(id).isdecimal() and person.may(VIEW) else None
        return row.name if row else ""

    return label


picker("customer", search=_find_customers, label=_customer_name)
picker("contact", search=_find_contacts, label=_contact_name)
picker("product", search=_find_in(Product), label=_name_in(Product))
picker("item", search=_find_in(StockItem), label=_name_in(StockItem))
