"""Files at customers: what they are, where they lie, who gets them."""
