"""A contact's data: what is held, given out, and erased with the journal still whole."""
