"""The writes of this package; importing it declares them all."""

from . import (
    absences,
    account,
    company,
    departments,
    granting,
    importing,
    links,
    passkeys,
    persons,
    roles,
    second_factor,
    sessions,
    tokens,
)

__all__ = [
    "absences",
    "account",
    "company",
    "departments",
    "granting",
    "importing",
    "links",
    "passkeys",
    "persons",
    "roles",
    "second_factor",
    "sessions",
    "tokens",
]
