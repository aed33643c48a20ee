from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, cast

import pytest

from cronofy_async import (
    AuthorizationRevoked,
    ClientClosedError,
    ConfigurationError,
    ConnectError,
    CronofyAccount,
    MemoryTokenStore,
    OAuthError,
    RateLimit,
    ServerError,
    Timeout,
    Tokens,
    TokensNotSaved,
    TokenStore,
    TokensUnknown,
)
from cronofy_async.errors import DeadlineExceeded, DecodeError, RequestTimeout, ResponseLost, TransportError, api_error
from cronofy_async.http import RawResponse, Request
from cronofy_async.resources.oauth import REFRESH
from cronofy_async.tokens import TokenManager

from .support import answer, client, other_tasks, request
from .virtual_clock import VirtualClock, settle

OLD = Tokens(access_token="a1", refresh_token="r1", sub="acc_1")
NEW = Tokens(access_token="a2", refresh_token="r2", sub="acc_1")


class Cronofy:
    """Responds to refreshes: counts them, can be paused, and returns or raises the given answers in order."""

    def __init__(self, *answers: Mapping[str, Any] | Exception) -> None:
        self.asked: list[str] = []
        self.held: asyncio.Event | None = None
        self._answers = list(answers)

    async def __call__(self, tokens: Tokens, on_sent: Callable[[], object]) -> Mapping[str, Any]:
        self.asked.append(tokens.refresh_token or "")
        on_sent()
        if self.held is not None:
            await self.held.wait()
        number = len(self.asked) + 1
        given = self._answers.pop(0) if self._answers else {"access_token": f"a{number}", "refresh_token": f"r{number}"}
        if isinstance(given, Exception):
            raise given
        return given


class Store(MemoryTokenStore):
    """A store with a log that fails ``failures`` times."""

    def __init__(self, tokens: Mapping[str, Tokens] | None = None) -> None:
        super().__init__(tokens)
        self.log: list[str] = []
        self.failures = 0
        self.before_load: list[Callable[[], Awaitable[object]]] = []

    async def load(self, sub: str) -> Tokens | None:
        self.log.append("load")
        if self.before_load:
            await self.before_load.pop(0)()
        return await super().load(sub)

    async def swap(self, sub: str, old: Tokens | None, new: Tokens) -> bool:
        self.log.append(f"swap {old and old.access_token} {new.access_token}")
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        return await super().swap(sub, old, new)


def oauth_error(code: str) -> OAuthError:
    error = api_error(request(REFRESH), answer({"error": code}, 400))
    assert isinstance(error, OAuthError)
    return error


def keeper(
    clock: VirtualClock, store: TokenStore | None = None, tokens: Tokens | None = OLD
) -> tuple[TokenManager, str]:
    kept = TokenManager(store or MemoryTokenStore(), clock)
    return kept, kept.add(tokens, "acc_1")


# ---------------------------------------------------------------------------------------------------------------------
# Tokens


def test_tokens_hide_and_pickle_whole() -> None:
    assert "a1" not in repr(OLD)
    assert "r1" not in repr(OLD)
    assert pickle.loads(pickle.dumps(OLD)) == OLD


@pytest.mark.parametrize(
    ("answer", "changes"),
    [
        ({"access_token": "a2"}, {}),
        ({"access_token": "a2", "refresh_token": "r2"}, {"refresh_token": "r2"}),
        ({"access_token": "a2", "refresh_token": None}, {}),
        ({"access_token": "a2", "refresh_token": ""}, {}),
        ({"access_token": "a2", "refresh_token": 5}, {}),
        ({"access_token": "a2", "sub": "acc_2", "scope": "x y"}, {"sub": "acc_2", "scope": "x y"}),
        ({"access_token": "a2", "sub": ["acc_2"], "scope": 7}, {}),
    ],
)
def test_what_an_answer_does_not_say_stays(
    answer: dict[str, Any], changes: dict[str, Any], clock: VirtualClock
) -> None:
    refreshed = OLD.refreshed(answer, clock.now())
    expected = {"refresh_token": "r1", "sub": "acc_1", "scope": None} | changes
    assert refreshed.access_token == "a2"
    assert {name: getattr(refreshed, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [(10800, 10800), (0, 0), (None, None), ("10800", None), (10**30, None), (10**12, None), (-5, -5)],
)
def test_expiry(lifetime: object, seconds: int | None, clock: VirtualClock) -> None:
    """Whatever stands there, the tokens are not lost."""
    refreshed = OLD.refreshed({"access_token": "a2", "expires_in": lifetime}, clock.now())
    assert refreshed.expires_at == (None if seconds is None else clock.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "soon"), [(-1, True), (0, True), (60, True), (61, False)])
def test_expires_soon(seconds: int, soon: bool, clock: VirtualClock) -> None:
    tokens = Tokens(access_token="a", expires_at=clock.now() + timedelta(seconds=seconds))
    assert tokens.expires_soon(clock.now()) == soon


def test_tokens_of_unknown_expiry_do_not_expire(clock: VirtualClock) -> None:
    assert not OLD.expires_soon(clock.now())


# ---------------------------------------------------------------------------------------------------------------------
# The store


async def test_the_memory_store_swaps_only_what_it_holds() -> None:
    store = MemoryTokenStore()
    assert await store.load("acc_1") is None
    assert await store.swap("acc_1", None, OLD)
    assert not await store.swap("acc_1", None, NEW)
    assert await store.load("acc_1") == OLD
    assert await store.swap("acc_1", OLD, NEW)
    assert await store.load("acc_1") == NEW
    assert await MemoryTokenStore({"acc_1": OLD}).load("acc_1") == OLD


async def test_the_lock_of_the_memory_store_is_for_one_account() -> None:
    store = MemoryTokenStore()
    async with store.lock("a"), store.lock("b"):
        waiting = asyncio.create_task(enter(store.lock("a")))
        await settle()
        assert not waiting.done()
    await waiting


async def enter(lock: AbstractAsyncContextManager[object]) -> None:
    async with lock:
        pass


def test_the_memory_store_serves_one_loop_after_another() -> None:
    store = MemoryTokenStore()

    async def contend() -> None:
        await asyncio.gather(*(enter(store.lock("a")) for _ in range(3)))

    async def hold() -> None:
        async with store.lock("a"):
            other = asyncio.create_task(enter(store.lock("a")))
            await settle()
        await other

    asyncio.run(hold())
    asyncio.run(hold())
    asyncio.run(contend())


# ---------------------------------------------------------------------------------------------------------------------
# Accounts


def test_how_accounts_are_known(clock: VirtualClock) -> None:
    kept = TokenManager(MemoryTokenStore(), clock)
    assert kept.add(OLD) == "acc_1"
    assert kept.add(OLD, "acc_2") == "acc_2"
    assert kept.add(None, "acc_3") == "acc_3"
    anonymous = kept.add(Tokens(access_token="a", refresh_token="r"))
    assert anonymous == kept.add(Tokens(access_token="other", refresh_token="r"))
    assert anonymous != kept.add(Tokens(access_token="a", refresh_token="other"))
    assert len(anonymous) == len(kept.add(Tokens(access_token="a" * 50)))  # a hash
    assert kept.add(Tokens(access_token="a")).startswith("tokens-")
    with pytest.raises(ConfigurationError, match="its tokens, or its sub"):
        kept.add(None)


async def test_the_tokens_at_hand_are_used(clock: VirtualClock) -> None:
    store = Store()
    kept, key = keeper(clock, store)
    assert await kept.current(key, Cronofy()) == OLD
    assert store.log == []


async def test_the_tokens_of_the_store_are_used(clock: VirtualClock) -> None:
    store = Store({"acc_1": OLD})
    kept, key = keeper(clock, store, tokens=None)
    cronofy = Cronofy()
    assert await kept.current(key, cronofy) == OLD
    assert await kept.current(key, cronofy) == OLD
    assert store.log == ["load"]
    assert cronofy.asked == []


async def test_an_account_that_the_store_does_not_know(clock: VirtualClock) -> None:
    kept, key = keeper(clock, tokens=None)
    with pytest.raises(ConfigurationError, match="no tokens for acc_1"):
        await kept.current(key, Cronofy())
    kept.add(OLD, "acc_1")
    assert await kept.current(key, Cronofy()) == OLD


async def test_tokens_are_refreshed_before_they_expire(clock: VirtualClock) -> None:
    expiring = Tokens(
        access_token="a1", refresh_token="r1", sub="acc_1", expires_at=clock.now() + timedelta(seconds=100)
    )
    kept, key = keeper(clock, tokens=expiring)
    cronofy = Cronofy({"access_token": "a2", "expires_in": 3600})
    assert (await kept.current(key, cronofy)).access_token == "a1"
    clock.advance(40)
    assert (await kept.current(key, cronofy)).access_token == "a2"
    assert cronofy.asked == ["r1"]


async def test_without_a_refresh_token_they_are_used_to_the_end(clock: VirtualClock) -> None:
    kept, key = keeper(clock, tokens=Tokens(access_token="a1", sub="acc_1", expires_at=clock.now()))
    assert (await kept.current(key, Cronofy())).access_token == "a1"


# ---------------------------------------------------------------------------------------------------------------------
# Refreshing


async def test_new_tokens_are_stored_before_they_are_used(clock: VirtualClock) -> None:
    store = Store()
    kept, key = keeper(clock, store)
    refreshed = await kept.replace(key, OLD, Cronofy({"access_token": "a2", "refresh_token": "r2"}))
    assert refreshed == NEW
    assert store.log == ["load", "swap None a2"]
    assert await store.load("acc_1") == NEW
    assert await kept.current(key, Cronofy()) == NEW


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([{"access_token": "a2"}, {"access_token": "a3"}], ["r1", "r1"]),
        ([{"access_token": "a2", "refresh_token": "r2"}, {"access_token": "a3"}], ["r1", "r2"]),
    ],
    ids=["kept", "rotated"],
)
async def test_refresh_tokens_may_rotate(answers: list[dict[str, Any]], asked: list[str], clock: VirtualClock) -> None:
    kept, key = keeper(clock, MemoryTokenStore({"acc_1": OLD}))
    cronofy = Cronofy(*answers)
    second = await kept.replace(key, OLD, cronofy)
    assert second is not None
    third = await kept.replace(key, second, cronofy)
    assert third is not None
    assert third.access_token == "a3"
    assert cronofy.asked == asked


async def test_one_refresh_serves_all_who_wait(clock: VirtualClock) -> None:
    kept, key = keeper(clock)
    cronofy = Cronofy()
    cronofy.held = asyncio.Event()
    waiting = [asyncio.create_task(kept.replace(key, OLD, cronofy)) for _ in range(20)]
    await settle()
    cronofy.held.set()
    results = await asyncio.gather(*waiting)
    assert {tokens and tokens.access_token for tokens in results} == {"a2"}
    # Those that come late with the old tokens get the new ones.
    late = await kept.replace(key, OLD, cronofy)
    assert late is not None
    assert late.access_token == "a2"
    assert cronofy.asked == ["r1"]


async def test_a_cancelled_caller_does_not_stop_the_refresh(clock: VirtualClock) -> None:
    store = Store()
    kept, key = keeper(clock, store)
    cronofy = Cronofy()
    cronofy.held = asyncio.Event()
    caller = asyncio.create_task(kept.replace(key, OLD, cronofy))
    await settle()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    cronofy.held.set()
    await settle()
    assert not other_tasks()
    stored = await store.load("acc_1")
    assert stored is not None
    assert stored.access_token == "a2"
    assert (await kept.current(key, cronofy)).access_token == "a2"


async def test_an_error_that_nobody_waits_for_is_not_reported(clock: VirtualClock) -> None:
    complaints: list[Mapping[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    kept, key = keeper(clock)
    cronofy = Cronofy(ConnectError("x"))
    cronofy.held = asyncio.Event()
    caller = asyncio.create_task(kept.replace(key, OLD, cronofy))
    await settle()
    caller.cancel()
    await settle()
    cronofy.held.set()
    await settle()
    del caller
    assert complaints == []


async def test_a_sent_refresh_that_is_cancelled_itself(clock: VirtualClock) -> None:
    kept, key = keeper(clock)
    cronofy = Cronofy()
    cronofy.held = asyncio.Event()
    caller = asyncio.create_task(kept.replace(key, OLD, cronofy))
    await settle()
    (refresh,) = other_tasks() - {caller}
    refresh.cancel()
    with pytest.raises(TokensUnknown):
        await caller
    cronofy.held.set()
    refreshed = await kept.replace(key, OLD, cronofy)
    assert refreshed is not None


async def test_a_closed_manager_starts_no_refresh(clock: VirtualClock) -> None:
    kept, key = keeper(clock)
    await kept.aclose()
    assert await kept.current(key, Cronofy()) == OLD
    with pytest.raises(ClientClosedError):
        await kept.replace(key, OLD, Cronofy())


def test_a_refresh_of_a_closed_loop_is_not_waited_for(clock: VirtualClock) -> None:
    kept, key = keeper(clock)
    stuck = Cronofy()
    leftovers: list[asyncio.Task[Any]] = []

    async def begin() -> None:
        stuck.held = asyncio.Event()
        leftovers.append(asyncio.create_task(kept.replace(key, OLD, stuck)))
        await settle()
        leftovers.extend(other_tasks() - {leftovers[0]})

    async def again() -> Tokens | None:
        return await kept.replace(key, OLD, Cronofy())

    async def close() -> None:
        await kept.aclose()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(begin())
    loop.close()
    assert asyncio.run(again()) == NEW
    asyncio.run(close())
    for task in leftovers:
        cast("Any", task)._log_destroy_pending = False


# ---------------------------------------------------------------------------------------------------------------------
# A store that fails, and other processes


async def test_tokens_that_cannot_be_stored_are_kept_and_stored_later(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store({"acc_1": OLD})
    store.failures = 2
    kept, key = keeper(clock, store)
    cronofy = Cronofy({"access_token": "a2", "refresh_token": "r2"})
    with pytest.raises(TokensNotSaved) as caught:
        await kept.replace(key, OLD, cronofy)
    assert caught.value.sub == "acc_1"
    assert str(caught.value.__cause__) == "OSError: the database is away"
    assert [record.getMessage() for record in caplog.records] == ["new tokens could not be stored: OSError"]
    with pytest.raises(TokensNotSaved):
        await kept.current(key, cronofy)
    assert await store.load("acc_1") == OLD
    assert await kept.current(key, cronofy) == NEW
    assert await store.load("acc_1") == NEW
    assert cronofy.asked == ["r1"]


async def test_a_late_caller_with_the_old_tokens_saves_the_new_ones_first(clock: VirtualClock) -> None:
    store = Store({"acc_1": OLD})
    store.failures = 1
    kept, key = keeper(clock, store)
    cronofy = Cronofy({"access_token": "a2", "refresh_token": "r2"})
    with pytest.raises(TokensNotSaved):
        await kept.replace(key, OLD, cronofy)
    assert await kept.replace(key, OLD, cronofy) == NEW
    assert store.log.count("swap a1 a2") == 2
    assert cronofy.asked == ["r1"]


async def test_a_swap_that_worked_and_then_failed(clock: VirtualClock) -> None:
    """The new tokens are in the store, but the process does not know."""
    store = Store({"acc_1": OLD})
    store.failures = 1
    kept, key = keeper(clock, store)
    with pytest.raises(TokensNotSaved):
        await kept.replace(key, OLD, Cronofy({"access_token": "a2", "refresh_token": "r2"}))
    assert await MemoryTokenStore.swap(store, "acc_1", OLD, NEW)
    assert await kept.current(key, Cronofy()) == NEW


async def test_a_store_that_cannot_be_read_is_not_asked_for_a_refresh(clock: VirtualClock) -> None:
    async def fail() -> None:
        raise OSError("away")

    store = Store()
    store.before_load = [fail]
    kept, key = keeper(clock, store)
    cronofy = Cronofy()
    with pytest.raises(OSError, match="away"):
        await kept.replace(key, OLD, cronofy)
    assert cronofy.asked == []
    assert await kept.replace(key, OLD, cronofy) is not None


async def test_another_process_refreshed_first(clock: VirtualClock) -> None:
    kept, key = keeper(clock, MemoryTokenStore({"acc_1": NEW}))
    cronofy = Cronofy()
    assert await kept.replace(key, OLD, cronofy) == NEW
    assert cronofy.asked == []


async def test_processes_take_turns(clock: VirtualClock) -> None:
    """The one that comes second waits for the lock, and then finds the tokens of the first."""
    store = MemoryTokenStore({"acc_1": OLD})
    cronofy = Cronofy({"access_token": "a2", "refresh_token": "r2"})
    cronofy.held = asyncio.Event()
    processes = [keeper(clock, store) for _ in range(3)]
    refreshes = [asyncio.create_task(kept.replace(key, OLD, cronofy)) for kept, key in processes]
    await settle()
    cronofy.held.set()
    assert await asyncio.gather(*refreshes) == [NEW] * 3
    assert cronofy.asked == ["r1"]


async def test_another_process_stored_first(clock: VirtualClock) -> None:
    """In spite of the lock: its tokens are the newest."""
    store = Store({"acc_1": OLD})
    kept, key = keeper(clock, store)

    class Racing(Cronofy):
        async def __call__(self, tokens: Tokens, on_sent: Callable[[], object]) -> Mapping[str, Any]:
            await MemoryTokenStore.swap(store, "acc_1", OLD, NEW)
            return await super().__call__(tokens, on_sent)

    assert await kept.replace(key, OLD, Racing({"access_token": "ours"})) == NEW
    assert await kept.current(key, Cronofy()) == NEW


async def test_a_store_that_swaps_nothing_and_holds_nothing(clock: VirtualClock) -> None:
    class Forgetful(MemoryTokenStore):
        async def swap(self, sub: str, old: Tokens | None, new: Tokens) -> bool:
            return False

    kept, key = keeper(clock, Forgetful())
    refreshed = await kept.replace(key, OLD, Cronofy({"access_token": "a2"}))
    assert refreshed is not None
    assert refreshed.access_token == "a2"
    assert await kept.current(key, Cronofy()) == refreshed


# ---------------------------------------------------------------------------------------------------------------------
# Refreshes that fail


async def test_an_authorization_that_was_revoked(clock: VirtualClock) -> None:
    kept, key = keeper(clock, MemoryTokenStore({"acc_1": OLD}))
    refused = oauth_error("invalid_grant")
    with pytest.raises(AuthorizationRevoked, match="authorize again") as caught:
        await kept.replace(key, OLD, Cronofy(refused))
    assert caught.value.sub == "acc_1"
    assert caught.value.__cause__ is refused


async def test_invalid_grant_because_another_process_was_faster(clock: VirtualClock) -> None:
    store = Store({"acc_1": OLD})
    kept, key = keeper(clock, store)

    async def nothing() -> None:
        pass

    async def meanwhile() -> None:
        await MemoryTokenStore.swap(store, "acc_1", OLD, NEW)

    store.before_load = [nothing, meanwhile]
    assert await kept.replace(key, OLD, Cronofy(oauth_error("invalid_grant"))) == NEW
    assert await kept.current(key, Cronofy()) == NEW


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectError("x"), ConnectError),
        (RequestTimeout("x", sent="no"), RequestTimeout),
        (ResponseLost("x"), TokensUnknown),
        (RequestTimeout("x"), TokensUnknown),
        (DeadlineExceeded("x"), TokensUnknown),
        (DecodeError("x"), TokensUnknown),
        (oauth_error("invalid_client"), OAuthError),
        (ClientClosedError("x"), TokensUnknown),
        (ValueError("of a middleware"), TokensUnknown),
    ],
    ids=repr,
)
async def test_other_errors(clock: VirtualClock, error: Exception, expected: type[Exception]) -> None:
    kept, key = keeper(clock)
    cronofy = Cronofy(error)
    with pytest.raises(expected) as caught:
        await kept.replace(key, OLD, cronofy)
    assert caught.value is error or caught.value.__cause__ is error
    assert cronofy.asked == ["r1"]  # not retried
    refreshed = await kept.replace(key, OLD, cronofy)  # but for a new call
    assert refreshed is not None
    assert cronofy.asked == ["r1", "r1"]


async def test_no_refresh_token(clock: VirtualClock) -> None:
    tokens = Tokens(access_token="a1", sub="acc_1")
    kept, key = keeper(clock, tokens=tokens)
    assert await kept.replace(key, tokens, Cronofy()) is None


# ---------------------------------------------------------------------------------------------------------------------
# A new authorization


async def test_a_new_authorization_takes_the_place_of_the_old(clock: VirtualClock) -> None:
    store = Store()
    kept, key = keeper(clock, store)
    await kept.replace(key, OLD, Cronofy({"access_token": "a2", "refresh_token": "r2"}))
    with pytest.raises(AuthorizationRevoked):
        await kept.replace(key, NEW, Cronofy(oauth_error("invalid_grant")))
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    assert kept.add(fresh) == key
    assert await kept.current(key, Cronofy()) == fresh
    assert await store.load("acc_1") == fresh
    # And it is what is refreshed from then on, although the store held others.
    cronofy = Cronofy({"access_token": "a9"})
    await kept.replace(key, fresh, cronofy)
    assert cronofy.asked == ["rf"]


@pytest.mark.parametrize("given", [OLD, NEW, Tokens(access_token="a1", refresh_token="r1", sub="acc_1", scope="x")])
async def test_tokens_that_were_in_use_before_are_no_news(clock: VirtualClock, given: Tokens) -> None:
    """An app that makes its account objects from the row it once stored must not go back to old tokens."""
    kept, key = keeper(clock)
    cronofy = Cronofy()
    second = await kept.replace(key, OLD, cronofy)
    assert second == NEW
    third = await kept.replace(key, NEW, cronofy)
    for _ in range(100):
        kept.add(given)
        assert await kept.current(key, cronofy) == third
    assert len(cronofy.asked) == 2


async def test_old_tokens_stay_known_through_many_refreshes_while_they_are_shown(clock: VirtualClock) -> None:
    kept, key = keeper(clock)
    cronofy = Cronofy()
    tokens = OLD
    for _ in range(100):
        kept.add(OLD)
        assert await kept.current(key, cronofy) == tokens
        refreshed = await kept.replace(key, tokens, cronofy)
        assert refreshed is not None
        tokens = refreshed
    assert len(cronofy.asked) == 100
    assert len(kept.secrets(key)) <= 64


async def test_a_new_authorization_while_new_tokens_wait_to_be_stored(clock: VirtualClock) -> None:
    store = Store({"acc_1": OLD})
    store.failures = 1
    kept, key = keeper(clock, store)
    with pytest.raises(TokensNotSaved):
        await kept.replace(key, OLD, Cronofy())
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    kept.add(fresh)
    assert await kept.current(key, Cronofy()) == fresh
    assert await store.load("acc_1") == fresh


async def test_a_new_authorization_during_a_refresh(clock: VirtualClock) -> None:
    store = Store()
    kept, key = keeper(clock, store)
    cronofy = Cronofy()
    cronofy.held = asyncio.Event()
    caller = asyncio.create_task(kept.replace(key, OLD, cronofy))
    await settle()
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    kept.add(fresh)
    cronofy.held.set()
    assert await caller == fresh
    assert await kept.current(key, cronofy) == fresh


async def test_the_secrets_of_an_account(clock: VirtualClock) -> None:
    kept, key = keeper(clock)
    await kept.replace(key, OLD, Cronofy({"access_token": "a2"}))
    assert set(kept.secrets(key)) == {"a1", "r1", "a2"}
    assert kept.secrets(kept.add(None, "unknown")) == []
    assert kept.secrets(kept.add(Tokens(access_token="a", sub="acc_9"))) == ["a"]


# ---------------------------------------------------------------------------------------------------------------------
# In a client


class Server:
    """Takes one access token at a time, and refreshes it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.valid = "a2"
        self.refreshes = 0
        self.calls = 0
        self.refresh_status = 200

    async def __call__(self, request: Request) -> RawResponse:
        await self.clock.sleep(0.1)
        if request.endpoint.name == "oauth.refresh":
            self.refreshes += 1
            data = json.loads(request.body or b"")
            if self.refresh_status != 200:
                return answer(
                    {"error": "invalid_grant", "error_description": data["refresh_token"]}, self.refresh_status
                )
            return answer({"access_token": self.valid, "refresh_token": "r2", "expires_in": 3600})
        self.calls += 1
        fine = request.headers["Authorization"] == f"Bearer {self.valid}"
        return answer({"sub": "acc_1"} if fine else {"error": "unauthorized"}, 200 if fine else 401)


async def test_single_flight_over_account_objects_and_copies_of_the_client(clock: VirtualClock) -> None:
    server = Server(clock)
    cronofy = client(server, clock)
    copies = [cronofy, cronofy.with_options(timeout=5), cronofy.with_options(retry=False)]
    accounts = [copy.account(OLD) for copy in copies] + [copies[0].account(sub="acc_1"), copies[1].account(OLD)]
    async with clock.auto():
        calls = [account.request("GET", "/v1/userinfo") for account in accounts for _ in range(4)]
        assert await asyncio.gather(*calls) == [{"sub": "acc_1"}] * 20
    assert server.refreshes == 1


async def test_a_refresh_before_expiry_costs_no_401(clock: VirtualClock) -> None:
    server = Server(clock)
    account = client(server, clock).account(
        Tokens(access_token="a1", refresh_token="r1", expires_at=clock.now() + timedelta(seconds=30))
    )
    async with clock.auto():
        await account.request("GET", "/v1/userinfo")
        await account.request("GET", "/v1/userinfo")
        clock.advance(3600)
        server.valid = "a3"
        await account.request("GET", "/v1/userinfo")
    assert (server.refreshes, server.calls) == (2, 3)


async def call(account: CronofyAccount) -> object:
    return await account.request("GET", "/v1/userinfo")


async def test_an_echoed_refresh_token_is_hidden(clock: VirtualClock) -> None:
    server = Server(clock)
    server.refresh_status = 400
    account = client(server, clock).account(access_token="expired", refresh_token="refresh-token-0001")
    async with clock.auto():
        with pytest.raises(AuthorizationRevoked) as caught:
            await call(account)
    cause = caught.value.__cause__
    assert isinstance(cause, OAuthError)
    assert cause.error == "invalid_grant"
    for shown in (str(cause), repr(cause), str(cause.body), str(pickle.dumps(cause)), str(caught.value)):
        assert "refresh-token-0001" not in shown


@pytest.mark.parametrize(
    ("timeout", "expected"), [(Timeout(attempt=5), TokensUnknown), (Timeout(attempt=50, total=5), TokensUnknown)]
)
async def test_a_refresh_whose_answer_is_lost(clock: VirtualClock, timeout: Timeout, expected: type[Exception]) -> None:
    refreshes = 0

    async def handler(request: Request) -> RawResponse:
        nonlocal refreshes
        if request.endpoint.name == "oauth.refresh":
            refreshes += 1
            await clock.sleep(100)
        return answer({}, 401)

    account = client(handler, clock, timeout=timeout, rate_limit=RateLimit()).account(OLD)
    async with clock.auto():
        with pytest.raises(expected):
            await call(account)
    assert refreshes == 1


async def test_a_refresh_that_cannot_connect_is_retried(clock: VirtualClock) -> None:
    failures = [ConnectError("x"), ConnectError("x")]
    server = Server(clock)

    async def handler(request: Request) -> RawResponse:
        if request.endpoint.name == "oauth.refresh" and failures:
            raise failures.pop()
        return await server(request)

    async with clock.auto():
        assert await call(client(handler, clock).account(OLD)) == {"sub": "acc_1"}
    assert server.refreshes == 1


async def test_a_refresh_that_fails_at_the_server_is_not_retried(clock: VirtualClock) -> None:
    server = Server(clock)
    server.refresh_status = 500
    async with clock.auto():
        with pytest.raises(ServerError):
            await call(client(server, clock).account(OLD))
    assert server.refreshes == 1


async def test_lost_answers_have_a_type_of_their_own() -> None:
    assert issubclass(TokensUnknown, Exception)
    assert not issubclass(TokensUnknown, TransportError)
