"""Tags as Atlas takes them."""

import re

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import checked, foreign, tag_list, tags_of
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

TAKEN = r"[A-Za-z0-9 ;@_.+-]{1,255}"
TEXTS = st.from_regex(TAKEN, fullmatch=True)
KEYS = st.one_of(TEXTS, TEXTS.map(lambda text: f"calstack:{text[:200]}")).filter(lambda key: key[:9] != "calstack.")


@given(st.dictionaries(KEYS, TEXTS, max_size=4))
def test_what_is_taken_comes_back_as_it_was(tags):
    pairs = tag_list(checked(tags))
    assert all(re.fullmatch(TAKEN, text) for pair in pairs for text in pair.values())
    assert tags_of({"tags": pairs}) == tags


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3))
def test_anything_else_is_refused(tags):
    try:
        pairs = tag_list(checked(tags))
    except InputError:
        return
    assert all(re.fullmatch(TAKEN, text) for pair in pairs for text in pair.values())


@pytest.mark.parametrize("tags", [{"a:b": "c"}, {"a": "é"}, {"a": "b\n"}, {"": "a"}, {"calstack.stack": "a"}])
def test_the_message_names_the_option(tags):
    with pytest.raises(InputError, match="tags"):
        checked(tags)


def test_whose_it_is():
    ours = {"calstack:environment": "dev", "owner": "me"}
    assert not foreign(ours, tags_of({"tags": [{"key": "calstack.environment", "value": "dev"}]}))
    assert foreign(ours, tags_of({"tags": [{"key": "calstack.environment", "value": "prod"}]}))
    assert foreign(ours, {})
