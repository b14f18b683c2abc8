"""A migration between two real servers, stage by stage."""

import datetime
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import mongo
import pymongo
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate import copy, stage_engines, stage_verify, state
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definitions import NEVER
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import (
    DefinitionChangedError,
    DifferenceError,
    LostTokenError,
    StillWrittenError,
    TakenError,
)
from mongo import Move

COPIED = ("copy", "catch_up", "freeze")
NAMES = (f"shop{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    with mongo.server() as source, mongo.server() as target:
        yield source, target


@pytest.fixture(scope="module")
def clients(servers):
    made = [pymongo.MongoClient(uri) for uri in servers]
    yield made
    for client in made:
        client.close()


@pytest.fixture
def move(servers) -> Move:
    """A migration of a database of its own: to drop one takes longer than most of these tests."""
    return Move(*servers, databases=(next(NAMES),))


@pytest.fixture
def sides(clients, move):
    """The database on both servers."""
    return [client[move.name] for client in clients]


def some(shop) -> None:
    shop.orders.insert_many([{"_id": number, "amount": number % 7} for number in range(1100)])


def everything(shop) -> None:
    """One of all that can be moved and that the server knows."""
    some(shop)
    shop.orders.create_index("amount")
    shop.orders.create_index("when", expireAfterSeconds=10**9)
    shop.users.create_index("email", unique=True, sparse=True)
    shop.users.insert_many([{"email": f"{number}@example.org"} for number in range(20)])
    keys = (None, 1, 2.5, "a", {"b": 1}, True, datetime.datetime(2020, 1, 1))
    shop.mixed.insert_many([{"_id": key} for key in keys])
    shop.create_collection("checked", validator={"x": {"$type": "int"}}, collation={"locale": "en", "strength": 2})
    shop.checked.insert_one({"_id": "one", "x": 1})
    shop.create_collection("log", capped=True, size=100_000, max=10)
    shop.log.insert_many([{"_id": 9 - number} for number in range(5)])
    shop.create_collection("view", viewOn="orders", pipeline=[{"$match": {"amount": 1}}])


def content(shop):
    """All documents, in order, and the definitions."""
    found = {}
    for listed in shop.list_collections():
        name = listed["name"]
        indexes = [dict(each) for each in shop[name].list_indexes()] if listed["type"] != "view" else []
        documents = list(shop[name].find(sort=[("_id", 1)]))
        found[name] = documents, listed["options"], sorted(indexes, key=lambda each: each["name"])
    return found


@contextmanager
def meanwhile(act: Callable[[int], object]) -> Iterator[None]:
    """`act` again and again, with a number that grows."""
    over = threading.Event()

    def go() -> None:
        for number in itertools.count():
            if over.wait(0.03):
                return
            act(number)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def stored(clients):
    return clients[1].calstack_migration.migrations


def test_everything_is_moved_and_verified_and_only_then_documents_expire(sides, move, tmp_path):
    source, target = sides
    everything(source)
    before = content(source)
    assert not move("preflight").changed
    assert target.list_collection_names() == []
    assert move("copy").facts["documents"] == 1100 + 20 + 7 + 1
    move.all("catch_up", "freeze")
    assert [each["expireAfterSeconds"] for each in target.orders.list_indexes() if each["name"] == "when_1"] == [NEVER]
    outcome = move("verify", report_dir=str(tmp_path))
    report = json.loads(next(tmp_path.glob(f"{move.name}-verify-*.json")).read_text())
    assert report["collections"] == outcome.facts["collections"]
    assert {each["namespace"]: each["documents"] for each in report["collections"]}[f"{move.name}.orders"] == 1100
    move.all("mark", "finish")
    assert content(target) == before == content(source)
    assert [each["_id"] for each in target.log.find().sort("$natural", 1)] == [9, 8, 7, 6, 5]
    # All of it again: nothing is left to do.
    assert not any(move(stage).changed for stage in (*COPIED, "verify", "mark", "finish"))


def test_check_mode_writes_nothing(sides, move, clients):
    some(sides[0])
    move("preflight", check=True)
    assert move("copy", check=True).changed
    assert sides[1].list_collection_names() == []
    assert stored(clients).find_one({"_id": move.name}) is None


def test_what_is_written_after_the_copy_comes_along(sides, move):
    source, target = sides
    everything(source)
    move("copy")
    source.orders.update_many({"_id": {"$lt": 20}}, {"$set": {"paid": True}})
    source.orders.delete_many({"_id": {"$gte": 100, "$lt": 120}})
    source.orders.replace_one({"_id": 300}, {"other": 1})
    source.create_collection("late", collation={"locale": "sv"})
    source.late.insert_one({"_id": 1})
    move("catch_up")
    assert [each["name"] for each in target.users.list_indexes()] == ["_id_", "email_1"]
    # Both values swap: neither document can be written before the other one.
    one, other = source.users.find(limit=2)
    source.users.update_one({"_id": one["_id"]}, {"$set": {"email": "free"}})
    source.users.update_one({"_id": other["_id"]}, {"$set": {"email": one["email"]}})
    source.users.update_one({"_id": one["_id"]}, {"$set": {"email": other["email"]}})
    source.empty.create_index("x")
    source.log.insert_one({"_id": 99})
    move.all("catch_up", "freeze", "verify", "mark", "finish")
    assert content(target) == content(source)
    assert {"late", "empty"} < content(target).keys()


@pytest.mark.parametrize("gone", [True, False])
def test_a_copy_that_was_cut_off_goes_on_where_it_was(sides, move, clients, gone):
    source, target = sides
    some(source)
    move("copy")
    # As a kill leaves it: a part of the documents in order, the collection not noted as copied.
    target.orders.delete_many({"_id": {"$gte": 1000}})
    undone = {"$pull": {"copied": f"{move.name}.orders"}, "$unset": {"done.copy": ""}}
    stored(clients).update_one({"_id": move.name}, undone)
    if gone:
        # The place where it was.
        source.orders.delete_one({"_id": 999})
    assert move("copy").facts["documents"] == 100
    move.all("catch_up", "freeze", "verify")
    assert content(target) == content(source)


def test_what_an_earlier_run_still_wrote_does_no_harm(sides, move, monkeypatch):
    source, target = sides
    some(source)
    largest = copy.largest

    def overtaken(*args):
        found = largest(*args)
        target.orders.insert_many([{"_id": number} for number in range(50)])
        return found

    monkeypatch.setattr(copy, "largest", overtaken)
    move("copy")
    assert content(target) == content(source)


def test_a_write_after_the_end_of_the_writes_is_an_error_and_is_not_lost(sides, move):
    source, target = sides
    some(source)
    move.all("copy", "catch_up")
    with (
        meanwhile(lambda number: source.orders.insert_one({"_id": 10_000 + number})),
        pytest.raises(StillWrittenError, match=rf"{move.name}\.orders") as caught,
    ):
        move("freeze", quiet_seconds=20.0)
    assert set(caught.value.counts) == {f"{move.name}.orders"}
    move.all("freeze", "verify")
    assert content(target) == content(source)


def test_documents_that_expire_are_no_writes(sides, move):
    source, target = sides
    some(source)
    source.orders.create_index("when", expireAfterSeconds=10**9)
    move.all("copy", "catch_up")
    with meanwhile(lambda number: source.orders.delete_one({"_id": number})):
        move("freeze")
    move.all("verify", "mark", "finish")
    assert content(target) == content(source)


@pytest.mark.parametrize("act", ["drop", "rename"])
def test_a_collection_that_is_dropped_or_renamed_ends_the_migration_with_the_way_out(sides, move, clients, act):
    source, target = sides
    some(source)
    source.users.insert_one({})
    move("copy")
    source.orders.insert_one({"_id": "before"})
    source.users.drop() if act == "drop" else source.users.rename("people")
    for _ in range(2):
        with pytest.raises(DefinitionChangedError, match=rf"{move.name}\.users saw a {act}.* the stage discard"):
            move("catch_up")
    assert target.orders.find_one({"_id": "before"})
    assert move("discard").changed
    assert not move("discard").changed
    assert target.list_collection_names() == []
    assert stored(clients).find_one({"_id": move.name}) is None
    move("copy")


def test_changes_that_the_source_has_forgotten_are_said_to_be(servers):
    with mongo.server(remembered=50) as forgetful:
        move = Move(forgetful, servers[1], databases=(next(NAMES),))
        with pymongo.MongoClient(forgetful) as client:
            some(client[move.name])
            move("copy")
            for number in range(2):
                client[move.name].orders.update_many({}, {"$set": {"round": number}})
        with pytest.raises(LostTokenError, match=r"oplog was too short .* run the stage discard"):
            move("catch_up")


def test_where_there_is_no_way_back_it_says_what_would_be_lost(servers, clients):
    with mongo.server(remembered=50) as forgetful, pymongo.MongoClient(forgetful) as client:
        move = Move(servers[0], forgetful, databases=(next(NAMES),))
        some(clients[0][move.name])
        move.all(*COPIED, "verify", "mark")
        for number in range(2):
            client[move.name].orders.update_many({}, {"$set": {"round": number}})
        before = content(clients[0][move.name])
        with pytest.raises(LostTokenError, match="no way back") as caught:
            move("back")
    assert f"{move.name}.orders: the documents with _id 0 differ" in str(caught.value)
    assert content(clients[0][move.name]) == before


def test_a_difference_names_the_collection_and_the_first_document(sides, move):
    source, target = sides
    some(source)
    source.mixed.insert_many([{"_id": key} for key in (1, "a", True)])
    source.users.insert_one({"_id": 1})
    move.all(*COPIED)
    target.orders.update_one({"_id": 1050}, {"$set": {"amount": 99}})
    target.mixed.delete_one({"_id": "a"})
    target.users.insert_one({"_id": "extra"})
    with pytest.raises(DifferenceError) as caught:
        move("verify")
    assert sorted(caught.value.differences) == [
        f"{move.name}.mixed: where the source has _id 'a' the target has _id True next",
        f"{move.name}.orders: the documents with _id 1050 differ",
        f"{move.name}.users: only the target has _id 'extra'",
    ]
    target.orders.update_one({"_id": 1050}, {"$set": {"amount": 0}})
    target.mixed.insert_one({"_id": "a"})
    target.users.delete_one({"_id": "extra"})
    move("verify")
    target.orders.create_index("amount")
    with pytest.raises(DifferenceError, match="index amount_1 is not on the source"):
        move("verify")


def test_a_target_that_is_not_empty_is_refused_and_left_as_it_is(sides, move):
    source, target = sides
    some(source)
    target.theirs.insert_one({"_id": 1})
    for stage in ("preflight", "copy"):
        with pytest.raises(InputError, match=rf"the target is not empty: it has {move.name}\.theirs"):
            move(stage)
    assert target.list_collection_names() == ["theirs"]


def test_a_source_that_is_the_target_is_refused(servers, sides, move):
    some(sides[0])
    with pytest.raises(InputError, match="the same server"):
        Move(servers[0], servers[0], databases=(move.name,))("preflight")


def test_another_migration_of_the_same_name_is_refused(servers, sides, move):
    some(sides[0])
    move("copy")
    with pytest.raises(InputError, match=rf"moves {move.name}\. Name the same ones"):
        Move(*servers, databases=(move.name, "blog"))("catch_up")
    with pytest.raises(InputError, match="was begun with builtin"):
        move("catch_up", engine="mongosync")


def test_several_databases_are_moved_together(servers, clients):
    names = next(NAMES), next(NAMES)
    other = next(NAMES)
    source, target = clients
    for name in (*names, other):
        source[name].things.insert_one({"_id": 1})
    both = Move(*servers, databases=names)
    both("copy")
    for name in (*names, other):
        source[name].things.insert_one({"_id": 2})
    both.all("catch_up", "freeze", "verify")
    assert [target[name].things.count_documents({}) for name in (*names, other)] == [2, 2, 0]


def test_a_late_write_is_caught_up_before_and_while_sides_are_compared(sides, move, monkeypatch):
    source, target = sides
    some(source)
    source.users.insert_one({"_id": 1})
    move.all(*COPIED)
    source.orders.update_one({"_id": 7}, {"$set": {"paid": True}})
    compare = stage_verify.compare

    def late(*args):
        # The orders have been compared by now, and were equal.
        if args[2].collection == "users" and not source.orders.find_one({"_id": 5000}):
            source.orders.insert_one({"_id": 5000})
        return compare(*args)

    monkeypatch.setattr(stage_verify, "compare", late)
    outcome = move("verify")
    assert outcome.changed
    assert outcome.facts["documents"] == 1102
    assert content(source) == content(target)


def test_a_source_that_does_not_come_to_rest_is_not_verified(sides, move, monkeypatch):
    source, _ = sides
    some(source)
    move.all(*COPIED)
    numbers = itertools.count(10_000)
    compare = stage_verify.compare
    monkeypatch.setattr(
        stage_verify, "compare", lambda *args: source.orders.insert_one({"_id": next(numbers)}) and compare(*args)
    )
    with pytest.raises(StillWrittenError):
        move("verify")


def test_a_way_back_takes_along_what_was_written_meanwhile(sides, move):
    source, target = sides
    some(source)
    move.all(*COPIED, "verify", "mark", "finish")
    target.orders.update_one({"_id": 5}, {"$set": {"paid": True}})
    target.orders.delete_one({"_id": 6})
    target.reviews.insert_one({"_id": 1})
    target.reviews.create_index("stars")
    assert move("back").facts["written"] == 3
    assert content(source) == content(target)
    with pytest.raises(InputError, match="taken back at"):
        move("verify")


def test_a_freeze_by_the_server_is_refused_where_it_has_none(sides, move):
    some(sides[0])
    move.all("copy", "catch_up")
    with pytest.raises(InputError, match="no setUserWriteBlockMode"):
        move("freeze", freeze="block_writes")


def test_one_run_at_a_time_works_on_a_migration(sides, move, monkeypatch):
    monkeypatch.setattr(state, "LEASE", 0.5)
    monkeypatch.setattr(state, "RENEW", 0.1)
    some(sides[0])
    context = move.context()
    with context.store.lease(), pytest.raises(TakenError, match=f"another run works on the migration {move.name}"):
        move("copy")
    context.close()
    move("copy")


def test_a_run_that_was_killed_is_waited_for_no_longer_than_its_lease(sides, move, clients, monkeypatch):
    monkeypatch.setattr(state, "LEASE", 0.5)
    some(sides[0])
    stored(clients).insert_one({"_id": move.name, "lease": {"who": "dead", "until": time.time() + 0.5}})
    assert move("copy").changed


def test_a_run_that_lost_its_lease_spoils_nothing(sides, move, clients):
    some(sides[0])
    context = move.context()
    with context.store.lease():
        stored(clients).update_one({"_id": move.name}, {"$set": {"lease.who": "other"}})
        with pytest.raises(TakenError, match="another run has taken over"):
            context.store.save(position={"_data": "00"})
    context.close()
    assert "position" not in stored(clients).find_one({"_id": move.name})


def test_the_end_can_take_the_state_along(sides, move, clients):
    some(sides[0])
    move.all(*COPIED, "verify", "mark")
    move("finish", forget=True)
    assert stored(clients).find_one({"_id": move.name}) is None
    assert not move("finish", forget=True).changed


class Dump:
    """Stands in for mongodump and mongorestore, which no registry here has: it copies through PyMongo."""

    def __init__(self, *_: object) -> None: ...

    def copy(self, job, tell, ledger):
        copied = {}
        with pymongo.MongoClient(job.source_uri) as source, pymongo.MongoClient(job.target_uri) as target:
            for name in job.databases:
                if ledger.state(name) != "copied":
                    ledger.record(name, "begun")
                    for collection in source[name].list_collection_names():
                        target[name][collection].drop()
                        target[name][collection].insert_many(source[name][collection].find())
                    ledger.record(name, "copied")
                    copied[name] = 1
        return copied


def test_an_engine_that_does_not_follow_copies_what_is_frozen(servers, sides, clients, monkeypatch):
    monkeypatch.setattr(stage_engines, "database_tools", lambda _: (None, None))
    monkeypatch.setattr(stage_engines, "Tools", Dump)
    move = Move(*servers, databases=(sides[0].name,), engine="mongodump")
    source, target = sides
    some(source)
    assert not move("preflight").changed
    with pytest.raises(InputError, match="copy comes after freeze"):
        move("copy")
    with (
        meanwhile(lambda number: source.orders.insert_one({"_id": 5000 + number})),
        pytest.raises(StillWrittenError, match="orders"),
    ):
        move("freeze", quiet_seconds=20.0)
    move("freeze")
    assert move("copy").facts["documents"] == 1
    assert stored(clients).find_one({"_id": move.name})["databases_copied"] == {move.name: "copied"}
    assert not move("copy").changed
    assert not move("catch_up").changed
    move.all("verify", "mark")
    target.orders.delete_one({"_id": 0})
    assert move("back").changed
    assert content(source) == content(target)


def test_a_dump_that_lost_something_is_not_verified(servers, sides, monkeypatch):
    monkeypatch.setattr(stage_engines, "database_tools", lambda _: (None, None))
    monkeypatch.setattr(stage_engines, "Tools", Dump)
    move = Move(*servers, databases=(sides[0].name,), engine="mongodump")
    some(sides[0])
    sides[0].orders.create_index("amount")
    move.all("freeze", "copy")
    with pytest.raises(DifferenceError, match="index amount_1 is not on the target"):
        move("verify")


class Sync:
    """Stands in for mongosync: notes what it is asked for."""

    asked: ClassVar[list[str]] = []

    def __init__(self, *_: object, **__: object) -> None: ...

    def __getattr__(self, name):
        return lambda *_: self.asked.append(name)


def test_mongosync_is_asked_in_turn_and_cuts_over_when_writes_have_stopped(servers, sides, monkeypatch):
    monkeypatch.setattr(stage_engines, "mongosync", lambda _: None)
    monkeypatch.setattr(stage_engines, "Mongosync", Sync)
    monkeypatch.setattr(Sync, "asked", [])
    move = Move(*servers, databases=(sides[0].name,), engine="mongosync")
    some(sides[0])
    move.all("preflight", "copy", "catch_up")
    with (
        meanwhile(lambda number: sides[0].orders.insert_one({"_id": 5000 + number})),
        pytest.raises(StillWrittenError),
    ):
        move("freeze", quiet_seconds=20.0)
    assert Sync.asked == ["copy", "catch_up"]
    move("freeze")
    assert Sync.asked == ["copy", "catch_up", "commit"]
    with pytest.raises(DifferenceError, match="orders is not on the target"):
        move("verify")
    assert move("discard").changed


def test_a_download_needs_its_checksum(servers, sides):
    some(sides[0])
    move = Move(*servers, databases=(sides[0].name,), engine="mongosync", tools_url="https://example.org/a.tgz")
    with pytest.raises(InputError, match="belong together"):
        move("preflight")
