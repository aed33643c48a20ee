"""The JSON of responses, which is written with orjson where it is installed."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox.kernel import messages
from cronofy_async.sandbox.kernel.messages import SandboxResponse


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"summary": 'Ünï "code"\n\x1f\x7f/', "ends": None}, '{"summary":"Ünï \\"code\\"\\n\\u001f\x7f/","ends":null}'),
        ([1, -0.5, True, ("a",)], '[1,-0.5,true,["a"]]'),
        ({"large": 10**30}, f'{{"large":{10**30}}}'),  # which orjson refuses
    ],
    ids=["text", "array", "large"],
)
def test_json_is_the_same_with_and_without_orjson(value: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SandboxResponse.of(200, value).body == text.encode()
    monkeypatch.setattr(messages, "_dumps", vars(messages)["_encode"])
    assert SandboxResponse.of(200, value).body == text.encode()


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        SandboxResponse.of(200, {"tags": {"a"}})
