"""The writes of this package; importing it declares them all."""

from . import account, company, departments, importing, persons, roles, second_factor, tokens

__all__ = ["account", "company", "departments", "importing", "persons", "roles", "second_factor", "tokens"]
