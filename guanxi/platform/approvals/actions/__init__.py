"""The writes of this package; importing it declares them all."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.responsibilities import responsibility

from .. import roles as _roles  # noqa: F401 (declares the general manager's agreement to a role)
from ..models import OPEN, Step
from . import deciding, substitutes

responsibility(
    "approvals",
    Text("点名由其批准的事项", "approvals that name them"),
    lambda person: Step.objects.filter(person=person, state=OPEN).count(),
)

__all__ = ["deciding", "substitutes"]
