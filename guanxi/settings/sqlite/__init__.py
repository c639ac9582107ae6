"""SQLite as Django has it, but for one thing: see `schema.py`."""
