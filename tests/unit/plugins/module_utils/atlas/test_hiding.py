"""Whatever Atlas repeats, no secret is in it any more."""

import base64
from urllib.parse import quote

from ansible_collections.calstack.aws.plugins.module_utils._atlas.hiding import Hidden, passwords
from hypothesis import given
from hypothesis import strategies as some


@given(secret=some.text(min_size=1, max_size=40), before=some.text(max_size=9), after=some.text(max_size=9))
def test_a_secret_never_survives(secret, before, after):
    if secret in "********" or secret in before + "********" + after:
        return
    told: set[str] = set()
    hidden = Hidden(told.update)
    hidden.add([secret])
    for shape in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
        text = hidden.out_of(f"{before}|{shape}|{after}")
        assert secret not in text
        if len(shape) >= 8:
            assert shape not in text
            assert shape in told


def test_the_longest_goes_first():
    hidden = Hidden(lambda _shapes: None)
    hidden.add(["abcdefgh", "abcdefghijkl"])
    assert hidden.out_of("<abcdefghijkl>") == "<********>"


def test_passwords_are_found_wherever_they_are():
    body = {"username": "a", "password": "one", "deep": [{"password": "two"}, {"password": None}]}
    assert list(passwords(body)) == ["one", "two"]
    assert list(passwords(None)) == []
