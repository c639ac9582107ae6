"""Everything that changes visits. Importing this declares the actions."""

from . import after, before, during, planning, templates, undoing

__all__ = ["after", "before", "during", "planning", "templates", "undoing"]
