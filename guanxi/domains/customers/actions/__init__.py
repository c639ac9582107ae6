"""Everything that changes customers and the registers. Importing this declares the actions."""

from .. import surface  # (declares what packs may require)
from . import accounts, contacts, promises, registers, standing, undo, work

__all__ = ["accounts", "contacts", "promises", "registers", "standing", "surface", "undo", "work"]
