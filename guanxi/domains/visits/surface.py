"""Where the packs' guides and records stand on the pages of visits."""

from guanxi.platform.regulations.surface import guide_place, record_form

KIT_CODES = (
    "brochures",
    "business_cards",
    "notebook",
    "pen",
    "overview_sheet",
    "promotional_items",
    "gifts",
    "record_tools",
)
"""The lines of the kit checklist that ship with Guanxi; a company may add its own."""

PLACES = ("visits.prepare", "visits.acknowledge_promotions", "visits.check_in", "visits.report")
for _place in PLACES:
    guide_place(_place)

record_form("kit-checklist", KIT_CODES)
record_form("on-site-check", ("logo", "material", "tidiness"))
record_form("visit-record-card", ("visited_on", "visitor", "contact", "purpose", "outcome"))
