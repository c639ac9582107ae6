"""Everything that changes visits. Importing this declares the actions."""

from . import after, before, during, planning, reassigning_back, templates, undoing

__all__ = ["after", "before", "during", "planning", "reassigning_back", "templates", "undoing"]
