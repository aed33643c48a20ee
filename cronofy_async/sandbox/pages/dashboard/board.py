"""The parts of the dashboard as HTML, for the page and for its live updates."""

from __future__ import annotations

from typing import Any

import attrs
from jinja2.environment import TemplateModule

from ...kernel.journal import Entry
from ...web.rendering import environment
from ...web.visit import Visit
from .entries import Rows
from .lists import KINDS, Lists
from .redactor import Redactor
from .view import EXCHANGES, OTHERS, View, paginate

__all__ = ["Board", "Html"]

#: The HTML of elements by ID, in the order of the page.
Html = dict[str, str]


@attrs.frozen
class Board:
    """The sandbox as a visitor of the dashboard sees it."""

    visit: Visit
    view: View

    @property
    def rows(self) -> Rows:
        return Rows(self.visit.kernel, Redactor(self.visit.kernel))

    @property
    def lists(self) -> Lists:
        return Lists(self.visit.kernel, Redactor(self.visit.kernel))

    def page(self) -> dict[str, Any]:
        """Return the variables of the page's template."""
        kernel, view, rows, lists = self.visit.kernel, self.view, self.rows, self.lists
        callbacks = paginate(kernel.journal.callbacks(), view.c, OTHERS)
        links, accounts = paginate(lists.links(view), view.l, OTHERS), paginate(lists.accounts(view), view.a, OTHERS)
        return {
            "view": view,
            "base_url": self.visit.request.base_url,
            "position": f"{kernel.journal.epoch}.{kernel.journal.change}",
            "client_id": kernel.settings.credentials.client_id,
            "kinds": KINDS,
            "operations": sorted(kernel.contract.operations),
            "counts": lists.counts(),
            "clock": kernel.clock,
            "exchanges": paginate(rows.matching(view), view.x, EXCHANGES),
            "callbacks": callbacks.map(rows.of),
            "links": links.map(lists.link),
            "accounts": accounts.map(lists.account),
            "faults": lists.faults(),
            "presets": lists.presets(),
            "assumptions": lists.assumptions(),
        }

    def entries(self, entries: list[Entry]) -> dict[str, Html]:
        """Return the rows of entries, oldest first, by list."""
        rows, html = self.rows, {"exchanges": Html(), "callbacks": Html()}
        for entry in entries:
            row = rows.of(entry)
            if self.view.x == 1 and rows.is_shown(entry, self.view) and (row.flags or not self.view.flagged):
                html["exchanges"][f"x{row.number}"] = self._parts.exchange(row)
            if self.view.c == 1 and row.is_callback:
                html["callbacks"][f"c{row.number}"] = self._parts.callback(row)
        return html

    def sections(self) -> dict[str, Html]:
        """Return the rows of all other lists, and the parts that are not in a list, by ID."""
        view, lists, parts = self.view, self.lists, self._parts
        links, accounts = paginate(lists.links(view), view.l, OTHERS), paginate(lists.accounts(view), view.a, OTHERS)
        return {
            "": {
                "clock": parts.clock(self.visit.kernel.clock),
                "freezing": parts.freezing(self.visit.kernel.clock),
                **{f"count-{name}": parts.count(name, *count) for name, count in lists.counts().items()},
            },
            "links": {f"l-{link.id}": parts.link(lists.link(link)) for link in links.items},
            "accounts": {f"a-{account.sub}": parts.account(lists.account(account)) for account in accounts.items},
            "faults": {f"f-{fault.id}": parts.fault(fault) for fault in lists.faults()},
            "presets": {f"p-{name}": parts.preset(name, *preset) for name, preset in lists.presets().items()},
            "assumptions": {f"s-{name}": parts.assumption(name, text, on) for name, text, on in lists.assumptions()},
        }

    @property
    def _parts(self) -> Any:
        module: TemplateModule = environment().get_template("dashboard/parts.html").module
        return module
