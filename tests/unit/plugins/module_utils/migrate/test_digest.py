"""Hashes over documents: equal exactly when the documents are."""

import bson
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate import digest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.digest import Fold, blocks, first_difference
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st


def raw(document):
    return RawBSONDocument(bson.encode(document))


def folded(documents):
    fold = Fold()
    for block in blocks(documents):
        fold.add(block)
    return fold.hash, fold.documents


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(digest, "BLOCK", 3)


VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=3)
DOCUMENTS = st.lists(st.builds(lambda a, b: raw({"_id": a, "v": b}), st.integers(0, 9), VALUES), max_size=10)


@given(DOCUMENTS, DOCUMENTS)
def test_a_hash_tells_what_is_not_byte_for_byte_the_same(one, other):
    same = [each.raw for each in one] == [each.raw for each in other]
    assert (folded(one) == folded(other)) == same
    found = first_difference(one, other)
    assert (found is None) == same
    if found:
        at = next(
            at
            for at in range(10)
            if (one[at].raw if at < len(one) else None) != (other[at].raw if at < len(other) else None)
        )
        assert found == (one[at] if at < len(one) else None, other[at] if at < len(other) else None)


def test_blocks_have_their_last_document_and_a_fixed_number():
    documents = [raw({"_id": number}) for number in range(7)]
    found = list(blocks(documents))
    assert [(block.documents, block.last["_id"]) for block in found] == [(3, 2), (3, 5), (1, 6)]
    assert len({block.hash for block in found}) == 3


def test_the_type_of_a_number_counts():
    assert folded([raw({"_id": 1})]) != folded([raw({"_id": 1.0})])


def test_an_empty_collection_has_a_hash():
    assert folded([]) == (Fold().hash, 0)
