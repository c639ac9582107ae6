"""Everything that changes customers and the registers. Importing this declares the actions."""

from .. import surface  # (declares what packs may require)
from . import accounts, contacts, promises, registers, undo, work

__all__ = ["accounts", "contacts", "promises", "registers", "surface", "undo", "work"]
