"""The files of a visit: on its page, and sent from there; on a phone by its camera."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.domains.customers.attachments.uploading import NOTHING
from guanxi.domains.customers.models_attachments import Attachment
from guanxi.domains.customers.web.attachments import UPLOAD, lines, upload_page
from guanxi.platform.kernel import Text
from guanxi.platform.ui.addresses import address
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb

from .. import reads
from ..models import Visit

SHOWN = 100


def files_of(visit: Visit) -> list[dict[str, Any]]:
    """The files of a visit, newest first, as its page shows them."""
    rows = Attachment.objects.filter(pk__in=visit.files.values("attachment"), removed_at=None)
    return lines(rows.select_related("by", "contact")[:SHOWN], carried=False)


def new(request: HttpRequest, visit: int) -> HttpResponse:
    """Attach files to one's visit."""
    row = reads.fetch_mine(request.user, visit)
    form = ActionForm(
        "visits.attach",
        request,
        fixed={"visit": row.pk, **NOTHING},
        only=("note", "contact"),
        submit_label=UPLOAD,
    )
    here = address("visits.detail", visit=row.pk)
    way = [
        Crumb(Text("拜访", "Visits"), reverse("visits.list")),
        Crumb(row.customer.called, here),
        Crumb(UPLOAD),
    ]
    return upload_page(request, form, row.customer, f"{here}#files", way)
