"""What the definitions hold of people: nothing; what rows hold under them is declared with the rows."""

from guanxi.platform.kernel.personal import holds_nothing

holds_nothing(
    "ownfields.OwnField", "subject", "key", "label_zh", "label_en", "type", "rules", "section", "told"
)
holds_nothing("ownfields.Retyping", "was_type", "was_rules", "to_type", "to_rules", "unfit", "state")
