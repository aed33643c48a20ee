"""The rooms and equipment of an organization.

Docs: https://docs.cronofy.com/developers/api/enterprise-connect/list-resources/
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from .base import ResponseModel

__all__ = ["Resource", "ResourceAddress", "ResourceCoordinates", "ResourceList", "ResourceLocation"]


@attrs.frozen(kw_only=True)
class ResourceAddress(ResponseModel):
    """The postal address of a resource.

    Attributes:
        lines: The lines before the locality.
        locality: The town.
        region: The region.
        postal_code: The postal code.
        country: The country, presumably as an ISO 3166 code of two letters.
    """

    lines: tuple[str, ...] = ()
    locality: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


@attrs.frozen(kw_only=True)
class ResourceCoordinates(ResponseModel):
    """Where a resource is, in decimal degrees.

    Attributes:
        lat: The latitude.
        long: The longitude.
    """

    lat: float | None = None
    long: float | None = None


@attrs.frozen(kw_only=True)
class ResourceLocation(ResponseModel):
    """The location of a resource.

    Attributes:
        building_name: The building.
        floor_name: The floor.
        floor_section: The part of the floor.
        address: The postal address.
        coordinates: The coordinates.
    """

    building_name: str | None = None
    floor_name: str | None = None
    floor_section: str | None = None
    address: ResourceAddress | None = None
    coordinates: ResourceCoordinates | None = None


@attrs.frozen(kw_only=True)
class Resource(ResponseModel):
    """A room or a piece of equipment.

    Attributes:
        email: The email address, for ``service_accounts.authorize``.
        name: The name.
        capacity: The number of people; only if it was requested, and is known.
        location: The location; only if it was requested, and is known.
    """

    email: str
    name: str
    capacity: int | None = None
    location: ResourceLocation | None = None


@attrs.frozen(kw_only=True)
class ResourceList(ResponseModel):
    """The rooms and equipment of an organization. It can be iterated over.

    Attributes:
        resources: The resources.
    """

    resources: tuple[Resource, ...]

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)
