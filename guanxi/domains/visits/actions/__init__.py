"""Everything that changes visits. Importing this declares the actions."""

from . import after, attaching, before, during, planning, reassigning_back, templates, undoing

__all__ = ["after", "attaching", "before", "during", "planning", "reassigning_back", "templates", "undoing"]
