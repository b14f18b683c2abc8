"""Change events become writes: random histories end the same on the other side."""

import bson
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import DefinitionChangedError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.events import Operation, fold, operation
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

SHOP = Namespace("shop", "orders")


def raw(document):
    return RawBSONDocument(bson.encode(document))


def event(kind, **more):
    return raw({"operationType": kind, "ns": {"db": "shop", "coll": "orders"}, **more})


def test_a_write_puts_the_document_in_place_whatever_was_there():
    document = {"_id": 1, "a": [1, 2]}
    for kind in ("insert", "update", "replace"):
        found = operation(event(kind, documentKey={"_id": 1}, fullDocument=document))
        assert (found.namespace, found.key, found.document.raw) == (
            SHOP,
            bson.encode({"_id": 1}),
            bson.encode(document),
        )


def test_a_document_that_is_gone_before_it_is_looked_up_is_skipped_as_its_delete_follows():
    assert operation(event("update", documentKey={"_id": 1}, fullDocument=None)) is None
    assert operation(event("update", documentKey={"_id": 1})) is None


def test_a_delete():
    assert operation(event("delete", documentKey={"_id": 1})) == Operation(SHOP, bson.encode({"_id": 1}))


@pytest.mark.parametrize("kind", ["drop", "rename", "dropDatabase", "invalidate", "somethingNew"])
def test_what_cannot_be_repeated_is_an_error_that_says_what_to_do(kind):
    with pytest.raises(DefinitionChangedError, match=r"shop\.orders saw a .* run the stage discard") as caught:
        operation(event(kind))
    assert (caught.value.operation, caught.value.namespace) == (kind, "shop.orders")


def test_a_database_that_is_dropped_is_named():
    with pytest.raises(DefinitionChangedError, match="shop saw a dropDatabase"):
        operation(raw({"operationType": "dropDatabase", "ns": {"db": "shop"}}))


def test_definitions_are_compared_later_and_the_servers_own_collections_are_not_ours():
    assert operation(event("createIndexes")) is None
    system = {"operationType": "drop", "ns": {"db": "shop", "coll": "system.views"}}
    assert operation(raw(system)) is None


KEYS = st.sampled_from([1, 1.0, "a", None, True])
HISTORY = st.lists(st.tuples(st.sampled_from(["orders", "users"]), KEYS, st.none() | st.integers(0, 9)), max_size=30)


def replay(operations):
    """A server's collections after these operations; numbers that compare equal are one key there."""
    there = {}
    for each in operations:
        # None and True are keys of their own in BSON; True == 1 only in Python.
        value = bson.decode(each.key)["_id"]
        key = (each.namespace, isinstance(value, bool), value)
        if each.deletes:
            there.pop(key, None)
        else:
            there[key] = each.document
    return there


@given(HISTORY)
def test_only_the_last_operation_of_a_key_counts_and_their_order_is_kept(history):
    operations = [Operation(Namespace("shop", name), bson.encode({"_id": key}), value) for name, key, value in history]
    folded = fold(operations)
    assert replay(each for group in folded.values() for each in group) == replay(operations)
    assert all(len({each.key for each in group}) == len(group) for group in folded.values())


def test_no_document_shows_in_an_operations_repr():
    assert "secret" not in repr(Operation(SHOP, b"", {"card": "secret"}))
