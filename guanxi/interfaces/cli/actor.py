"""Who a command acts as: `--as USER`, or the first administrator."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guanxi.platform.people.models import Person


def add_as(parser: argparse.ArgumentParser) -> None:
    """The `--as` option of every command that writes."""
    parser.add_argument(
        "--as", dest="actor", metavar="USER", help="sign-in name to act as (default: the first administrator)"
    )


def actor_of(options: argparse.Namespace) -> Person:
    """The person to act as; NotFound where there is none."""
    from guanxi.platform.kernel import NotFound
    from guanxi.platform.people.models import Person, RoleGrant

    if options.actor:
        person = Person.objects.filter(username__iexact=options.actor, is_active=True).first()
    else:
        grant = (
            RoleGrant.objects.filter(role="administrator", until__isnull=True, person__is_active=True)
            .order_by("pk")
            .select_related("person")
            .first()
        )
        person = grant.person if grant else None
    if person is None:
        raise NotFound("person", options.actor or "administrator")
    return person
