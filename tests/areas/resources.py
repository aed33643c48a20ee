"""Examples of rooms and equipment."""

from __future__ import annotations

from cronofy_async.models import Resource, ResourceAddress, ResourceCoordinates, ResourceList, ResourceLocation

from .example import EXTRA, Example, ModelExample

ADDRESS_JSON = {
    "lines": ["1 High Street", "Entrance B"],
    "locality": "Nottingham",
    "region": "Nottinghamshire",
    "postal_code": "NG1 1AA",
    "country": "GB",
}
ADDRESS = ResourceAddress(
    lines=("1 High Street", "Entrance B"),
    locality="Nottingham",
    region="Nottinghamshire",
    postal_code="NG1 1AA",
    country="GB",
)
LOCATION_JSON = {
    "building_name": "HQ",
    "floor_name": "3",
    "floor_section": "East",
    "address": ADDRESS_JSON,
    "coordinates": {"lat": 52.95, "long": -1},
}
LOCATION = ResourceLocation(
    building_name="HQ",
    floor_name="3",
    floor_section="East",
    address=ADDRESS,
    coordinates=ResourceCoordinates(lat=52.95, long=-1),
)
ROOM_JSON = {"email": "room-1@corp.example", "name": "Room 1", "capacity": 8, "location": LOCATION_JSON}
ROOM = Resource(email="room-1@corp.example", name="Room 1", capacity=8, location=LOCATION)
PROJECTOR_JSON = {"email": "projector@corp.example", "name": "Projector"}
PROJECTOR = Resource(email="projector@corp.example", name="Projector")

EXAMPLES = [
    Example(
        endpoint="resources.list",
        call=lambda client: client.account(access_token="token").resources.list(),
        request="GET /v1/resources",
        response={"resources": [PROJECTOR_JSON]},
        result=ResourceList(resources=(PROJECTOR,)),
    ),
    Example(
        endpoint="resources.list",
        title="with details",
        call=lambda client: client.account(access_token="token").resources.list(
            include_details=["capacity", "location"]
        ),
        request="GET /v1/resources?include_details=capacity%20location",
        response={"resources": [ROOM_JSON, PROJECTOR_JSON]},
        result=ResourceList(resources=(ROOM, PROJECTOR)),
    ),
]

MODELS: list[ModelExample] = [
    (
        Resource(email="a@corp.example", name="A", capacity=8, location=LOCATION, extra=EXTRA),
        {"email": "a@corp.example", "name": "A", "capacity": 8, "location": LOCATION_JSON, **EXTRA},
    ),
    (LOCATION, LOCATION_JSON),
    (ADDRESS, ADDRESS_JSON),
    (ResourceCoordinates(lat=52.95, long=-1.15), {"lat": 52.95, "long": -1.15}),
    (ResourceList(resources=(ROOM,), extra=EXTRA), {"resources": [ROOM_JSON], **EXTRA}),
]


def test_a_list_of_resources_can_be_iterated_over() -> None:
    resources = ResourceList(resources=(ROOM, PROJECTOR))

    assert list(resources) == [ROOM, PROJECTOR]
    assert len(resources) == 2
