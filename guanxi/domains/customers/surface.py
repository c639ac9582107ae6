"""The forms and cards of customers whose fields a pack's record control may require."""

from guanxi.platform.regulations.surface import record_form

from .reads.cards import CARD_FIELDS, CARD_FORM

record_form(CARD_FORM, tuple(CARD_FIELDS))
record_form("card-history", ("changed_on", "changed_by", "before", "after"))
record_form(
    "contact", ("name", "post", "decision_role", "birthday", "phone", "wechat", "email", "channel", "matters")
)
record_form("need", ("what", "product", "source", "noted_on", "customer_view", "our_view"))
record_form("customer-view", ("customer_view", "our_view"))
record_form("approach", ("way", "event", "person", "result"))
