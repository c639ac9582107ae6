"""Comments with mentions, following a customer, and what changed since one last looked."""
