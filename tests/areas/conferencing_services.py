"""Examples of conferencing services."""

from __future__ import annotations

from cronofy_async.models import ConferencingServiceAuthorization

from .example import EXTRA, Example, ModelExample

URL = "https://app.cronofy.com/conferencing_services/x1"

EXAMPLES = [
    Example(
        endpoint="conferencing_services.authorize",
        call=lambda client: client.account(access_token="token").conferencing_services.authorize(
            "https://app.example.com/connected"
        ),
        request="POST /v1/conferencing_service_authorizations",
        json={"redirect_uri": "https://app.example.com/connected"},
        response={"authorization_request": {"url": URL}},
        result=ConferencingServiceAuthorization(url=URL),
    ),
    Example(
        endpoint="conferencing_services.authorize",
        title="of a provider",
        call=lambda client: client.account(access_token="token").conferencing_services.authorize(
            "https://app.example.com/connected", provider_name="zoom"
        ),
        request="POST /v1/conferencing_service_authorizations",
        json={"redirect_uri": "https://app.example.com/connected", "provider_name": "zoom"},
        response={"authorization_request": {"url": URL}},
        result=ConferencingServiceAuthorization(url=URL),
    ),
]

MODELS: list[ModelExample] = [(ConferencingServiceAuthorization(url=URL, extra=EXTRA), {"url": URL, **EXTRA})]
