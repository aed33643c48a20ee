"""Compare the sandbox's assumptions, and its contract, with a real Cronofy account, without writing anything."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..client import CronofyAccount, CronofyClient
from ..errors import CronofyError
from ..sandbox import Sandbox
from .checks import CHECKS, untested_reason
from .finding import Finding
from .responses import READS, compare_response
from .subject import NotTestable, Subject

__all__ = ["Finding", "conform"]


async def conform(client: CronofyClient, account: CronofyAccount | None = None) -> AsyncIterator[Finding]:
    """Yield a finding for each assumption of the sandbox, then for each response that can be read.

    It sends about 30 requests, within the client's rate limit: reads, and queries that Cronofy is expected to reject and
    that would write nothing if accepted. Findings contain neither values nor IDs from the account.

    Args:
        client: The client of the application.
        account: An account of the application. Without it, checks that need an access token are not testable.
    """
    subject = Subject(client=client, account=account)
    for name in Sandbox.assumptions:
        yield await _finding(name, subject)
    for name in READS:
        yield await compare_response(name, subject)


async def _finding(name: str, subject: Subject) -> Finding:
    check = CHECKS.get(name)
    if check is None:
        return Finding(name=name, verdict="not testable", reason=untested_reason(name))
    try:
        holds = await check(subject)
    except NotTestable as error:
        return Finding(name=name, verdict="not testable", reason=str(error))
    except CronofyError as error:
        return Finding(name=name, verdict="not testable", reason=f"the request failed with {type(error).__name__}")
    except (IndexError, KeyError, TypeError, ValueError):
        return Finding(name=name, verdict="not testable", reason="the response is not as documented")
    return Finding(name=name, verdict="confirmed" if holds else "refuted")
