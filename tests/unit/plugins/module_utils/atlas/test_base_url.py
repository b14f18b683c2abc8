"""Credentials go nowhere unencrypted, except to this machine itself."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.base_url import base_url
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as some


@pytest.mark.parametrize(
    "url",
    [
        "https://cloud.mongodb.com",
        "https://cloud.mongodbgov.com:443",
        "http://127.101.0.4:8081",
        "http://localhost:80",
        "http://[::1]:8081",
    ],
)
def test_https_and_loopback_are_taken(url):
    assert base_url(url) == base_url(url + "/") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cloud.mongodb.com",
        "ftp://cloud.mongodb.com",
        "http://cloud.mongodb.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "https://cloud.mongodb.com/api/atlas/v2",
        "https://",
        "https://cloud.mongodb.com?x=1",
        "https://cloud.mongodb.com:99999",
        "https://me:secret@cloud.mongodb.com",
    ],
)
def test_everything_else_names_the_variable_and_no_secret(url):
    with pytest.raises(InputError, match="MONGODB_ATLAS_BASE_URL") as caught:
        base_url(url)
    assert "secret" not in str(caught.value)


@given(some.ip_addresses())
def test_plain_http_is_for_loopback_alone(address):
    host = f"[{address}]" if address.version == 6 else str(address)
    if address.is_loopback:
        assert base_url(f"http://{host}")
    else:
        with pytest.raises(InputError):
            base_url(f"http://{host}")
