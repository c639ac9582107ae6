"""Everything that changes customers and the registers. Importing this declares the actions."""

from . import accounts, contacts, promises, registers, undo, work

__all__ = ["accounts", "contacts", "promises", "registers", "undo", "work"]
