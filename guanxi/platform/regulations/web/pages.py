"""The pages of regulations; each module beside this one declares its own."""

from . import branch as _branch  # noqa: F401
from . import evidence as _evidence  # noqa: F401
from . import exceptions as _exceptions  # noqa: F401
from . import mine as _mine  # noqa: F401
from . import reading as _reading  # noqa: F401
from . import trying as _trying  # noqa: F401
from . import versions as _versions  # noqa: F401
from . import why as _why  # noqa: F401
