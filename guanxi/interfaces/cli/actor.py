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
    """The person to act as; Invalid where there is none."""
    from guanxi.platform.kernel import Invalid
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
    if person is None and options.actor:
        raise Invalid.field(
            "--as",
            f"没有登录名为 {options.actor} 的在用账号",
            f"No active account has the sign-in name {options.actor}",
        )
    if person is None:
        raise Invalid.field(
            "",
            "还没有管理员：先运行 guanxi run，在网页上完成首次设置，再运行此命令",
            "There is no administrator yet: run guanxi run, finish the set-up in the browser, then run this again",
        )
    return person
