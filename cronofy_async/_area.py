"""Areas of the API as attributes of a client, loaded at first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Generic, TypeVar, overload

__all__ = ["Area"]

R_co = TypeVar("R_co", covariant=True)


class Area(Generic[R_co]):
    """An area of the API on a client or an account.

    Accessed on the class, it returns the class of the resource, so that ``unittest.mock.create_autospec`` finds its
    methods.

    Args:
        module: The module in ``resources``.
        name: The name of the resource class in that module.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._class = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    @overload
    def __get__(self, client: None, owner: type, /) -> type[R_co]: ...

    @overload
    def __get__(self, client: object, owner: type, /) -> R_co: ...

    def __get__(self, client: Any, owner: type, /) -> Any:
        kind = getattr(import_module(f".resources.{self._module}", __package__), self._class)
        if client is None:
            return kind
        resource = kind(client._sender, client._credentials)  # noqa: SLF001 - areas are part of the client
        client.__dict__[self._attribute] = resource  # found before this descriptor from now on
        return resource
