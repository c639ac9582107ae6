"""Customers of which is known which are the same: by them the matcher is tuned, and by others of them judged."""
