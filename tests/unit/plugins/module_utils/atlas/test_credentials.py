"""Which credentials count, and what is said where none or too many do."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import (
    ApiKey,
    ServiceAccount,
    credentials,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError


def test_a_service_account_and_an_api_key():
    empty = {"public_key": "", "private_key": None}
    assert credentials({"client_id": "me", "client_secret": "s", **empty}) == ServiceAccount("me", "s")
    assert credentials({"public_key": "me", "private_key": "s"}) == ApiKey("me", "s")


def test_no_repr_shows_a_secret():
    assert "geheim" not in repr(ServiceAccount("me", "geheim")) + repr(ApiKey("me", "geheim"))


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "no credentials for Atlas.*MONGODB_ATLAS_CLIENT_ID.*MONGODB_ATLAS_PRIVATE_KEY"),
        ({"client_id": "me"}, "MONGODB_ATLAS_CLIENT_ID is set, but MONGODB_ATLAS_CLIENT_SECRET is not"),
        ({"client_secret": "geheim"}, "MONGODB_ATLAS_CLIENT_SECRET is set, but MONGODB_ATLAS_CLIENT_ID is not"),
        ({"public_key": "me"}, "MONGODB_ATLAS_PUBLIC_KEY is set, but MONGODB_ATLAS_PRIVATE_KEY is not"),
        ({"private_key": "geheim"}, "MONGODB_ATLAS_PRIVATE_KEY is set, but MONGODB_ATLAS_PUBLIC_KEY is not"),
        (
            {"client_id": "me", "client_secret": "geheim", "public_key": "me"},
            "MONGODB_ATLAS_CLIENT_ID .*MONGODB_ATLAS_PUBLIC_KEY.* unset one",
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_its_variables(params, said):
    with pytest.raises(InputError, match=said) as caught:
        credentials(params)
    assert "geheim" not in str(caught.value)
