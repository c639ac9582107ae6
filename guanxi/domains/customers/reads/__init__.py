"""Reading customers. Everything starts from `visible(person)`: what this person may see."""

from guanxi.platform.imports.duplicates import name_key

from .cards import (
    CARD_FIELDS,
    REQUIRED,
    CardState,
    card_state,
    is_valid,
    main_contact,
    missing_fields,
    percent_of,
)
from .competitors import fetch_observation, observations
from .contact_mergers import contact_ids, likely_one
from .employment import employments
from .finding import Fitting, Number, best, fitting, matching, numbers, phone_key
from .groups import above, below, group_roots, parents_of, tag_choices, tag_counts, tags_of
from .mergers import followed, former_names, ids_of, names_of, once_of_visible
from .present import present
from .rows import contacts_of, one_contact, one_product, open_needs
from .timeline import GROUPS, Page, Told, changes_said, shown_kinds, tell, timeline
from .twins import Likeness, Twin, alike, name_keys, profile_of, profiles
from .visible import (
    entering,
    fetch,
    fetch_child,
    fetch_many,
    hidden_imports,
    list_parts,
    of_visible,
    parts,
    reaches,
    require,
    still_sees,
    surely,
    visible,
    within,
)

__all__ = [
    "CARD_FIELDS",
    "GROUPS",
    "REQUIRED",
    "CardState",
    "Fitting",
    "Likeness",
    "Number",
    "Page",
    "Told",
    "Twin",
    "above",
    "alike",
    "below",
    "best",
    "card_state",
    "changes_said",
    "contact_ids",
    "contacts_of",
    "employments",
    "entering",
    "fetch",
    "fetch_child",
    "fetch_many",
    "fetch_observation",
    "fitting",
    "followed",
    "former_names",
    "group_roots",
    "hidden_imports",
    "ids_of",
    "is_valid",
    "likely_one",
    "list_parts",
    "main_contact",
    "matching",
    "missing_fields",
    "name_key",
    "name_keys",
    "names_of",
    "numbers",
    "observations",
    "of_visible",
    "once_of_visible",
    "one_contact",
    "one_product",
    "open_needs",
    "parents_of",
    "parts",
    "percent_of",
    "phone_key",
    "present",
    "profile_of",
    "profiles",
    "reaches",
    "require",
    "shown_kinds",
    "still_sees",
    "surely",
    "tag_choices",
    "tag_counts",
    "tags_of",
    "tell",
    "timeline",
    "visible",
    "within",
]
