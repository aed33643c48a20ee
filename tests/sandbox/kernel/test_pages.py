"""Pages of lists: their tokens, and who may read them."""

from __future__ import annotations

from typing import Any

from cronofy_async.sandbox.kernel.area import Context, SandboxResponse, not_found, ok, operation
from cronofy_async.sandbox.kernel.kernel import Kernel
from cronofy_async.sandbox.kernel.registry import Registry

from .small import BOTH, make_kernel, op, registry, send

LISTED = {
    "/v1/list/{group}": {
        "get": op(
            "small.list",
            security=BOTH,
            parameters=[{"name": "from", "in": "query", "schema": {"type": "integer"}}],
        )
    },
    "/v1/list/{group}/pages/{page_token}": {"get": op("small.list_page", security=BOTH)},
}


def listing() -> Registry:
    new_registry = registry()

    @operation("small.list", registry=new_registry)
    def read(context: Context) -> SandboxResponse:
        page = context.page(range(context.query.get("from", 0), 5), "/v1/list/{group}/pages/{page_token}")
        return ok({"items": list(page.items), "pages": page.pages})

    @operation("small.list_page", registry=new_registry)
    def read_page(context: Context) -> SandboxResponse:
        first = context.resume_listing()
        return not_found() if first is None else read(first)

    return new_registry


async def walk(kernel: Kernel, target: str, **options: Any) -> list[Any]:
    rendered: list[Any] = []
    following: str | None = target
    while following:
        reply = await send(kernel, "GET", following, **options)
        rendered.append((reply.json["items"], reply.json["pages"]["current"], reply.json["pages"]["total"]))
        following = reply.json["pages"].get("next_page", "").removeprefix("http://sandbox.test")
    return rendered


async def test_later_pages_keep_the_query_of_the_first() -> None:
    kernel = make_kernel(LISTED, listing())

    assert await walk(kernel, "/v1/list/a%20b") == [([0, 1], 1, 3), ([2, 3], 2, 3), ([4], 3, 3)]
    assert await walk(kernel, "/v1/list/a?from=2") == [([2, 3], 1, 2), ([4], 2, 2)]
    assert await walk(kernel, "/v1/list/a?from=5") == [([], 1, 1)]
    assert await walk(make_kernel(LISTED, listing(), page_size=100), "/v1/list/a") == [([0, 1, 2, 3, 4], 1, 1)]


async def test_a_page_token_is_valid_for_its_account_and_operation_only() -> None:
    kernel = make_kernel(LISTED, listing())
    ada, bob = (kernel.state.add_account(f"{name}@example.com", name) for name in ("ada", "bob"))
    first = await send(kernel, "GET", "/v1/list/a", token=ada.access_token)
    path = first.json["pages"]["next_page"].removeprefix("http://sandbox.test")

    again = await send(kernel, "GET", "/v1/list/a", token=ada.access_token)
    assert again.json == first.json  # reading again creates no other token
    assert (await send(kernel, "GET", path, token=ada.access_token)).status == 200
    assert (await send(kernel, "GET", path, token=bob.access_token)).status == 404
    assert (await send(kernel, "GET", path)).status == 404
    assert (await send(kernel, "GET", path.replace("/a/", "/b/"), token=ada.access_token)).status == 404
    assert (await send(kernel, "GET", "/v1/list/a/pages/2", token=ada.access_token)).status == 404
