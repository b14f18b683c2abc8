"""Options and indexes: what is created, and what counts as the same."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definitions import (
    NEVER,
    creation,
    differences,
    expiries,
    missing,
    request,
    validation,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection, Namespace
from hypothesis import given
from hypothesis import strategies as st

ORDERS = Namespace("shop", "orders")
ID = {"v": 2, "key": {"_id": 1}, "name": "_id_"}


def orders(*indexes, kind="collection", **options):
    return Collection(ORDERS, kind, options, (ID, *indexes))


def index(name="a_1", key=None, **more):
    return {"v": 2, "key": key or {"a": 1}, "name": name, **more}


def test_a_collection_is_created_with_what_cannot_be_added_later_and_without_what_can():
    options = {"capped": True, "size": 4096, "collation": {"locale": "fr"}, "validator": {"a": 1}, "uuid": "x"}
    options |= {"storageEngine": {"wiredTiger": {}}, "changeStreamPreAndPostImages": {"enabled": True}}
    assert creation(options) == {
        "capped": True,
        "size": 4096,
        "collation": {"locale": "fr"},
        "changeStreamPreAndPostImages": {"enabled": True},
    }
    assert validation(options | {"validationLevel": "moderate"}) == {
        "validator": {"a": 1},
        "validationLevel": "moderate",
    }
    assert validation({}) == {}


def test_a_clustered_collection_keeps_its_key_and_expires_only_later():
    options = {"clusteredIndex": {"v": 2, "key": {"_id": 1}, "unique": True, "name": "c"}, "expireAfterSeconds": 60}
    assert creation(options) == {
        "clusteredIndex": {"key": {"_id": 1}, "unique": True, "name": "c"},
        "expireAfterSeconds": NEVER,
    }


def test_an_index_is_asked_for_as_it_is_but_expires_only_later():
    asked = request(index(ns="shop.orders", background=True, expireAfterSeconds=60, partialFilterExpression={"a": 1}))
    assert asked == {
        "key": {"a": 1},
        "name": "a_1",
        "expireAfterSeconds": NEVER,
        "partialFilterExpression": {"a": 1},
    }


def test_what_expires_is_told_again_in_the_end():
    collection = orders(index(expireAfterSeconds=60), index("b_1"), expireAfterSeconds=120)
    assert expiries(collection) == [
        {"database": "shop", "request": {"collMod": "orders", "expireAfterSeconds": 120}},
        {
            "database": "shop",
            "request": {"collMod": "orders", "index": {"name": "a_1", "expireAfterSeconds": 60}},
        },
    ]
    assert expiries(orders(index())) == []


def test_only_missing_indexes_are_built_and_never_that_of_the_id():
    assert missing([ID, index("a_1"), index("b_1")], [ID, index("a_1")]) == [index("b_1")]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (orders(index()), orders(index(key={"a": 1.0}))),
        (orders(index(unique=False)), orders(index(sparse=False, hidden=False))),
        (orders(index(expireAfterSeconds=60)), orders(index(expireAfterSeconds=NEVER))),
        (orders(index(expireAfterSeconds=60)), orders(index(expireAfterSeconds=60.0))),
        (orders(index(textIndexVersion=2)), orders(index(textIndexVersion=3))),
        (
            orders(collation={"locale": "fr", "version": "57.1"}),
            orders(collation={"version": "61", "locale": "fr"}),
        ),
        (orders(index(ns="shop.orders", background=True)), orders(index())),
        (orders(validationLevel="strict"), orders(uuid="x")),
        (orders(storageEngine={"wiredTiger": {}}, autoIndexId=True), orders()),
    ],
)
def test_what_a_server_adds_or_counts_in_its_own_way_is_no_difference(source, target):
    assert differences(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        (orders(), None, "is not on the target"),
        (orders(), orders(kind="view"), "is a collection on the source and a view on the target"),
        (orders(index()), orders(), "index a_1 is not on the target"),
        (orders(), orders(index()), "index a_1 is not on the source"),
        (orders(index(unique=True)), orders(index()), "index a_1 differs in unique"),
        (orders(index(key={"a": 1, "b": 1})), orders(index(key={"b": 1, "a": 1})), "differs in key"),
        (orders(index(key={"a": 1})), orders(index(key={"a": "hashed"})), "differs in key"),
        (orders(index(expireAfterSeconds=60)), orders(index(expireAfterSeconds=61)), "differs in expireAfterSeconds"),
        (orders(index(expireAfterSeconds=60)), orders(index()), "differs in expireAfterSeconds"),
        (orders(index()), orders(index(expireAfterSeconds=NEVER)), "differs in expireAfterSeconds"),
        (orders(index(collation={"locale": "fr"})), orders(index(collation={"locale": "de"})), "differs in collation"),
        (orders(index(hidden=True)), orders(index()), "differs in hidden"),
        (orders(capped=True), orders(), "option capped is True on the source, None on the target"),
        (orders(validator={"a": 1}), orders(), "option validator"),
        (orders(pipeline=[{"$match": {"a": 1}}]), orders(pipeline=[{"$match": {"a": 2}}]), "option pipeline"),
    ],
)
def test_a_difference_is_named(source, target, said):
    (found,) = differences(source, target)
    assert found.startswith("shop.orders")
    assert said in found


INDEXES = st.lists(
    st.builds(
        lambda name, key, more: {"v": 2, "name": name, "key": {"f" + name: key}, **more},
        st.text("abc", min_size=1, max_size=3),
        st.sampled_from([1, -1, "text", "2dsphere", "hashed"]),
        st.fixed_dictionaries(
            {},
            optional={
                "unique": st.booleans(),
                "sparse": st.booleans(),
                "hidden": st.booleans(),
                "expireAfterSeconds": st.integers(0, 10**6),
                "partialFilterExpression": st.just({"x": {"$gt": 1}}),
                "collation": st.just({"locale": "sv", "strength": 2, "version": "57.1"}),
            },
        ),
    ),
    unique_by=lambda each: each["name"],
)


@given(INDEXES)
def test_what_is_asked_for_is_the_same_as_where_it_comes_from(indexes):
    made = tuple({"v": 2, **request(each)} for each in indexes)
    assert differences(Collection(ORDERS, indexes=(ID, *indexes)), Collection(ORDERS, indexes=(ID, *made))) == []
    assert missing(indexes, made) == []
