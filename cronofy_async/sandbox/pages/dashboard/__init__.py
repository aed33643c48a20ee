"""The dashboard at ``/__sandbox__/``: the requests and callbacks of the sandbox, and switches for its behavior."""

from ...web.routes import Routes
from .account import ROUTES as _ACCOUNT
from .forms import ROUTES as _FORMS
from .live import ROUTES as _LIVE
from .page import ROUTES as _PAGE

__all__ = ["ROUTES"]

ROUTES = Routes(_PAGE, _ACCOUNT, _LIVE, _FORMS)
