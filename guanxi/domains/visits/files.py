"""Visits carry files: who sees a visit has its files, who works on it takes them away (`attachments.reach`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse

from guanxi.domains.customers.attachments.reach import Bearer, bearer
from guanxi.platform.kernel import Text
from guanxi.platform.ui.dates import month_day

from . import reads
from .models import VisitFile


def _seen(person: Any) -> Q:
    return Q(pk__in=VisitFile.objects.filter(visit__in=reads.visible(person).order_by()).values("attachment"))


def _works(person: Any, attachment: int) -> bool:
    row = VisitFile.objects.select_related("visit").filter(attachment=attachment).first()
    return row is not None and reads.may_work(person, row.visit)


def _of(ids: Sequence[int]) -> Q:
    return Q(pk__in=VisitFile.objects.filter(visit__in=ids).values("attachment"))


def _told(ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
    rows = VisitFile.objects.filter(attachment__in=ids).select_related("visit")
    return {
        row.attachment_id: (
            str(Text("{day}的拜访", "Visit of {day}").format(day=month_day(row.visit.began_at, year=True))),
            reverse("visits.detail", kwargs={"visit": row.visit_id}),
        )
        for row in rows
    }


bearer(Bearer("visit", Text("拜访", "Visit"), _seen, _works, _of, _told))
