"""Examples of applications that the admin API provisions."""

from __future__ import annotations

from cronofy_async.models import ProvisionedApplication

from .example import EXTRA, Example, ModelExample, answering, sent

CREATED = ProvisionedApplication(client_id="new_id", client_secret="new_s3cret")
CREATED_JSON = {"client_id": "new_id", "client_secret": "new_s3cret"}

EXAMPLES = [
    Example(
        endpoint="applications.provision",
        call=lambda client: client.admin(api_key="adm_1").applications.provision(
            name="Shop", url="https://shop.example.com"
        ),
        request="POST /v1/applications",
        json={"name": "Shop", "url": "https://shop.example.com"},
        response={"oauth_client": CREATED_JSON},
        result=CREATED,
    ),
]

MODELS: list[ModelExample] = [
    (
        ProvisionedApplication(client_id="a", client_secret="b", extra=EXTRA),
        {"client_id": "a", "client_secret": "b", **EXTRA},
    )
]


def test_the_secret_of_a_new_application_is_hidden() -> None:
    assert "new_s3cret" not in repr(CREATED)


async def test_the_admin_key_signs_the_request() -> None:
    client, transport = answering({"oauth_client": CREATED_JSON})

    _, request = await sent(
        client.admin(api_key="adm_1").applications.provision(name="Shop", url="https://shop.example.com"), transport
    )

    assert request.headers["Authorization"] == "Bearer adm_1"
