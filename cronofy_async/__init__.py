"""The async SDK for the Cronofy scheduling API. Unofficial, not affiliated with Cronofy."""

from __future__ import annotations

import logging as _logging

from . import _codec, errors, models
from ._batching import BatchedCall, CallBatch
from ._codec import from_dict, to_dict
from ._unset import UNSET
from ._version import __version__
from ._warnings import CronofyStabilityWarning, UnknownMemberWarning
from .bulk import Done, Failed, Outcome, Outcomes, each
from .call import Call, Response
from .changes import Changes
from .client import CronofyAccount, CronofyAdmin, CronofyClient
from .downloads import Download
from .errors import *
from .http import Endpoint, RawResponse, Request, Timeout
from .middleware import Handler, Middleware
from .middleware.rate_limit import Permit, RateLimit, RateLimiter, WindowLimiter
from .middleware.retry import RetryPolicy
from .pages import Paginated
from .times import Duration, EventTime, Period
from .tokens import MemoryTokenStore, Tokens, TokenStore
from .transports import ResponseStream, StreamingTransport, Transport

__all__ = [
    "UNSET",
    "BatchedCall",
    "Call",
    "CallBatch",
    "Changes",
    "CronofyAccount",
    "CronofyAdmin",
    "CronofyClient",
    "CronofyStabilityWarning",
    "Done",
    "Download",
    "Duration",
    "Endpoint",
    "EventTime",
    "Failed",
    "Handler",
    "MemoryTokenStore",
    "Middleware",
    "Outcome",
    "Outcomes",
    "Paginated",
    "Period",
    "Permit",
    "RateLimit",
    "RateLimiter",
    "RawResponse",
    "Request",
    "Response",
    "ResponseStream",
    "RetryPolicy",
    "StreamingTransport",
    "Timeout",
    "TokenStore",
    "Tokens",
    "Transport",
    "UnknownMemberWarning",
    "WindowLimiter",
    "__version__",
    "each",
    "errors",
    "from_dict",
    "models",
    "preload",
    "to_dict",
]
__all__ += errors.__all__

_logging.getLogger("cronofy_async").addHandler(_logging.NullHandler())


def preload() -> None:
    """Import all areas of the API now, and cattrs, so that no call has to do it later."""
    from importlib import import_module  # noqa: PLC0415 - rarely used
    from pkgutil import iter_modules  # noqa: PLC0415

    from . import resources  # noqa: PLC0415

    for package in (_codec, models, resources):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    import_module(".webhooks", __name__)
