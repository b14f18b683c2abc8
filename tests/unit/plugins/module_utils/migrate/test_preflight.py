"""What speaks against a migration is all said at once, before anything is written."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import About, Collection, Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.preflight import (
    Survey,
    check_names,
    problems,
    table,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.privileges import ALTER, READ, STATE, WRITE

ORDERS = Collection(
    Namespace("shop", "orders"), documents=1200, data_bytes=4096, storage_bytes=1000, index_bytes=904, indexes=({},)
)
FINE = Survey(
    databases=("shop",),
    source=About((6, 0, 1), "replica set", frozenset({"a:27017"})),
    target=About((8, 0, 0), "replica set", frozenset({"b:27017"})),
    collections=(ORDERS,),
)


def may(database, *actions):
    return {"resource": {"db": database, "collection": ""}, "actions": list(actions)}


def changed(**values):
    return replace(FINE, **values)


def about(side, **values):
    return replace(FINE, **{side: replace(getattr(FINE, side), **values)})


def test_a_plain_migration_may_start():
    assert problems(FINE) == []


@pytest.mark.parametrize(
    ("survey", "said"),
    [
        (about("target", hosts=frozenset({"a:27017"})), "the same server"),
        (about("source", version=(3, 6, 8)), "3.6.8: 4.0 is the first"),
        (about("source", topology="standalone"), "standalone server, which has no change streams"),
        (about("target", version=(5, 0, 0)), "older than the source's 6.0.1"),
        (
            replace(about("source", version=(5, 0, 9)), block_writes=True),
            "only 6.0 and later block writes",
        ),
        (about("source", privileges=(may("shop", "find"),)), "the source's user lacks changeStream"),
        (about("target", privileges=(may("shop", *WRITE),)), "lacks find, insert, update, remove on the database cal"),
        (changed(databases=("shop", "blog")), "no database blog: correct"),
        (changed(databases=("shop", "blog"), other_databases=("a", "b")), "no database blog (it has: a, b): correct"),
        (changed(target_collections=("shop.old",)), "the target is not empty: it has shop.old"),
        (changed(target_free_bytes=100), "the target has 100 B free and 5.9 KiB are needed"),
        (
            changed(collections=(replace(ORDERS, kind="timeseries", options={"timeseries": {}}),)),
            "shop.orders is a time series",
        ),
        (changed(collections=(replace(ORDERS, options={"encryptedFields": {}}),)), "queryable encryption"),
    ],
)
def test_each_thing_that_speaks_against_it_is_said_with_a_way_out(survey, said):
    assert [each for each in problems(survey) if said in each], problems(survey)


@pytest.mark.parametrize(
    "survey",
    [
        changed(target_collections=("shop.orders",), ours=True),
        changed(target_free_bytes=10_000),
        about("target", version=(6, 0, 0)),
        replace(about("target", version=(5, 0, 0)), allow_older_target=True),
        replace(about("source", topology="standalone"), follows=False),
        about("source", privileges=(may("shop", *READ),)),
        about("target", privileges=(may("shop", *WRITE), may("calstack_migration", *STATE))),
        about("source", topology="sharded"),
    ],
)
def test_what_is_enough_is_enough(survey):
    assert problems(survey) == []


def test_several_databases_are_followed_in_one_stream_which_asks_for_more():
    several = changed(
        databases=("shop", "blog"),
        collections=(ORDERS, replace(ORDERS, namespace=Namespace("blog", "posts"))),
        source=replace(FINE.source, privileges=(may("shop", *READ), may("blog", *READ))),
    )
    assert ["find, changeStream on every database" in each for each in problems(several)] == [True]


def test_validators_and_expiry_ask_for_collmod():
    rights = (may("shop", *WRITE), may("calstack_migration", *STATE))
    survey = replace(
        about("target", privileges=rights), collections=(replace(ORDERS, options={"validator": {"a": 1}}),)
    )
    assert ["collMod on the database shop" in each for each in problems(survey)] == [True]
    enough = (may("shop", *WRITE, *ALTER), may("calstack_migration", *STATE))
    assert problems(replace(survey, target=replace(survey.target, privileges=enough))) == []


@pytest.mark.parametrize("names", [[], ["admin"], ["shop", "local"], ["calstack_migration"], ["shop", "shop"]])
def test_databases_that_cannot_be_moved_are_refused(names):
    with pytest.raises(InputError, match="migrate_databases"):
        check_names(names)


def test_the_table_has_a_line_a_collection_and_the_sum():
    view = Collection(Namespace("shop", "view"), kind="view")
    assert table([view, ORDERS]) == [
        "collection     documents     data  indexes",
        "shop.orders        1,200  4.0 KiB        1",
        "shop.view                                   view",
        "1 collections      1,200  4.0 KiB        1",
    ]
