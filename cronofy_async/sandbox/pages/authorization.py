"""The authorization pages, where a person connects calendars to the application or denies access."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import attrs

from ..areas.oauth import AUTHORIZE, COOKIE, ENTERPRISE, AuthorizationPage, redirect_to_application
from ..areas.profiles import Profiles
from ..kernel.accounts import RELINK
from ..kernel.actions import SandboxError
from ..kernel.messages import SandboxResponse
from ..kernel.records import Account, Profile
from ..web.rendering import html, redirect
from ..web.routes import Routes
from ..web.visit import Visit

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

#: The number of accounts that the page lists. All others are found by their email address.
LISTED: Final = 50

#: Descriptions of scopes. Other scopes are shown by name only.
SCOPES: Final = {
    "read_free_busy": "See when you are busy",
    "read_events": "Read your events, with titles, places, and attendees",
    "create_event": "Add events, and change those that it added",
    "delete_event": "Delete events that it added",
    "create_calendar": "Create calendars",
    "change_participation_status": "Reply to invitations",
    "list_calendars": "List your calendars",
    "read_account": "See your name and email address",
    "read_write": "Read your events, and add, change, and delete its own",
    "read_only": "Read your events",
    "write_only": "Add, change, and delete its own events",
    "free_busy": "See when you are busy",
    "free_busy_write": "See when you are busy, and add, change, and delete its own events",
    "service_account/accounts/manage": "Connect the calendars of anyone in the company",
    "service_account/accounts/unrestricted_access": "Change all their events, without asking them",
    "service_account/resources/manage": "List and connect the rooms of the company",
    "service_account/resources/unrestricted_access": "Change all events of the rooms",
    "organizational_unit_scheduler": "Use the scheduler of the organizational unit",
}

#: The providers that a new account can have, by ``provider_name``.
PROVIDERS: Final = {
    "google": "Google",
    "office365": "Microsoft 365",
    "live_connect": "Outlook.com",
    "exchange": "Exchange",
    "apple": "Apple",
    "google_free_busy": "Google, free/busy only",
    "ms_graph_free_busy": "Microsoft 365, free/busy only",
    "cronofy": "No calendar access",
}


@attrs.frozen(kw_only=True)
class Choice:
    """An account, or one of its further profiles, that can be chosen."""

    value: str
    name: str
    email: str
    note: str

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


@ROUTES.get(AUTHORIZE)
@ROUTES.get(ENTERPRISE)
async def ask(visit: Visit) -> SandboxResponse:
    """Show the page, unless the request is redirected or rejected without one."""
    response = await visit.kernel.dispatcher.handle(visit.request)
    if response.status == HTTPStatus.BAD_REQUEST and "text/html" in visit.request.headers.get("accept", ""):
        return html("authorization_error.html", status=400, **{"error_description": None, **response.json})
    if response.status != HTTPStatus.OK:
        return response
    return _form(visit, AuthorizationPage.at(_target(visit), visit.kernel.runtime))


@ROUTES.post(AUTHORIZE)
@ROUTES.post(ENTERPRISE)
def answer(visit: Visit) -> SandboxResponse:
    """Redirect to the application with the person's decision: a code or an error."""
    try:
        page = AuthorizationPage.at(_target(visit), visit.kernel.runtime)
    except SandboxError as error:
        return html("authorization_error.html", status=400, error="invalid_request", error_description=str(error))
    if "forget" in visit.form:
        return redirect(_target(visit), {"Set-Cookie": f"{COOKIE}=; Path=/; Max-Age=0"})
    if page.error or visit.form.get("answer") != "allow":
        return redirect_to_application(*page.redirect(None))
    person = visit.form.get("account", "new")
    email = visit.form.get("email", "").strip()
    if person == "new" and not ("@" in email and email.isprintable()):
        return _form(visit, page, problem="Enter an email address, such as kim@example.org.")
    try:
        url, account = page.redirect(
            email if person == "new" else person,
            page.remembered(visit.cookies.get(COOKIE)),
            name=visit.form.get("name", "").strip() or None,
            provider_name=visit.form.get("provider_name") if person == "new" else None,
        )
    except SandboxError as error:
        return _form(visit, page, problem=f"The sandbox does not support {error}.")
    return redirect_to_application(url, account)


@ROUTES.get(f"{RELINK}{{provider}}")
def ask_to_relink(visit: Visit) -> SandboxResponse:
    """Show the page that ``profile_relink_url`` of a disconnected profile leads to."""
    return html("relink.html", match=_profile(visit), status=200 if _profile(visit) else 404)


@ROUTES.post(f"{RELINK}{{provider}}")
def relink(visit: Visit) -> SandboxResponse:
    """Connect the profile again."""
    if (match := _profile(visit)) is not None:
        Profiles(visit.kernel.runtime).reconnect(match[0], match[1].profile_id)
    return redirect(_target(visit))


def _profile(visit: Visit) -> tuple[Account, Profile] | None:
    requested = visit.path["provider"], visit.query.get("email")
    for account in visit.kernel.runtime.state.accounts.values():
        for profile in (*account.profiles, *account.conferencing_profiles):
            if (profile.provider_name, profile.name or "") == requested:
                return account, profile
    return None


def _target(visit: Visit) -> str:
    return f"{visit.request.path}?{visit.request.query}"


def _form(visit: Visit, page: AuthorizationPage, problem: str | None = None) -> SandboxResponse:
    accounts = page.accounts if page.linked is None else [page.linked]
    choices = list(islice(_choices(accounts), LISTED))
    form = visit.form
    redirect_uri: str = page.query["redirect_uri"]
    return html(
        "authorization.html",
        status=422 if problem else 200,
        page=page,
        choices=choices,
        unlisted=max(0, len(accounts) - len(choices)),
        chosen=form.get("account") or (choices[0].value if choices else "new"),
        remembered=page.remembered(visit.cookies.get(COOKIE)) if page.linked is None else None,
        problem=problem,
        form=form,
        scopes=[(scope, SCOPES.get(scope)) for scope in dict.fromkeys(page.query["scope"].split())],
        delegated=[(scope, SCOPES.get(scope)) for scope in page.query.get("delegated_scope", "").split()],
        providers=PROVIDERS,
        provider=form.get("provider_name") or page.query.get("provider_name") or "google",
        host=urlsplit(redirect_uri).netloc.rpartition("@")[2],
        redirect_uri=redirect_uri.partition("?")[0],
        has_state="state" in page.query,
    )


def _choices(accounts: list[Account]) -> Iterator[Choice]:
    for account in accounts:
        calendars = len(account.calendars)
        note = f"{calendars} calendar{'s' if calendars != 1 else ''}"
        yield Choice(value=account.sub, name=account.name, email=account.email, note=note)
        for profile in account.profiles:
            if profile.name and profile.name != account.email:
                yield Choice(value=profile.name, name=account.name, email=profile.name, note=_profile_note(profile))


def _profile_note(profile: Profile) -> str:
    return "another profile" if profile.connected else "a disconnected profile"
