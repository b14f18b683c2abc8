"""Every shape in which a value may come along is starred out."""

import base64
import json
from urllib.parse import quote, quote_plus

from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks, parts
from hypothesis import given
from hypothesis import strategies as st

SECRETS = st.text(min_size=8)


@given(SECRETS)
def test_clear_percent_encoded_escaped_and_base64(secret):
    made = masks([secret], [])
    for shape in (
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(),
    ):
        assert shape in made


@given(SECRETS, st.text())
def test_base64_is_seen_whatever_follows(secret, more):
    encoded = base64.b64encode((secret + more).encode()).decode()
    assert len(secret.encode()) < 12 or any(shape in encoded for shape in masks([secret], []))


def test_the_secrets_inside_json_and_a_connection_string():
    made = masks(['{"web": {"client_secret": "gs-1234567"}}', "mongodb://u:p%40ss-word@db/x"], [])
    assert {"gs-1234567", "p%40ss-word", "p@ss-word"} <= made


def test_a_value_in_a_mapping_is_a_value():
    assert "gs-1234567" in masks([{"web": {"client_secret": "gs-1234567"}}], [])


@given(st.text(max_size=7))
def test_what_is_short_would_star_out_parts_of_arns(short):
    assert short not in masks([short], [])


def test_what_is_a_public_name_anyway_stays_readable():
    assert not masks(["calstack-dev"], ["calstack-dev"]) & {"calstack-dev"}


def test_parts_are_all_texts():
    assert {"abc", "d"} <= set(parts({"a": "abc", "b": ["d", 7, None]}))
