"""The code of the static files' function, and what is read out of a published one."""

import pytest
import quickjs
from ansible_collections.calstack.aws.plugins.module_utils._dns.cache_control import (
    NOT_PUBLISHED,
    OTHER_CODE,
    code,
    described,
)
from hypothesis import given
from hypothesis import strategies as st

from lab.aws.cloudfront.player import Outcome, play

VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)


def said(text, status):
    """What the code makes of an answer without headers."""
    context = quickjs.Context()
    context.eval(text)
    event = f"{{response: {{statusCode: {status}, headers: {{}}}}}}"
    return context.eval(f"handler({event}).headers['cache-control'].value")


@pytest.mark.parametrize("status", [200, 203, 206, 304])
def test_the_file_is_kept(status):
    assert said(code("public, max-age=60"), status) == "public, max-age=60"


@pytest.mark.parametrize("status", [204, 301, 302, 307, 308, 400, 403, 404, 500, 503])
def test_nothing_else_is(status):
    assert said(code("public, max-age=60"), status) == "no-store"


@given(VALUES)
def test_a_value_is_that_value_in_javascript_and_is_read_back(value):
    assert said(code(value), 200) == value
    assert described(code(value)) == value


def test_the_labs_edge_can_play_it():
    by_status = dict(play(code("public, max-age=60").encode()).by_status)
    assert by_status == dict.fromkeys((200, 203, 206, 304), Outcome(put=(("cache-control", "public, max-age=60"),)))
    assert play(code("public, max-age=60").encode()).usual == Outcome(put=(("cache-control", "no-store"),))


def test_what_is_not_ours_is_never_taken_for_it():
    ours = code("public")
    assert described(None) == NOT_PUBLISHED
    assert described("function handler(event) { return event.response; }") == OTHER_CODE
    assert described(ours.replace("'no-store'", "CACHE_CONTROL")) == OTHER_CODE
    assert described(ours.replace('"public"', '"pub" + "lic"')) == OTHER_CODE
    assert described("") == OTHER_CODE
