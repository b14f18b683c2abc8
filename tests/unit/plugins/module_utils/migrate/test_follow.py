"""Following: when it has caught up, when a side is quiet, and what a late write is."""

import bson
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import (
    DefinitionChangedError,
    StillWrittenError,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.follow import Follower
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Silent
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stream import Batch, Stream
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp

ORDERS = Namespace("shop", "orders")


def event(second, kind="insert", key=1):
    return RawBSONDocument(
        bson.encode(
            {
                "operationType": kind,
                "clusterTime": Timestamp(second, 1),
                "ns": {"db": "shop", "coll": "orders"},
                "documentKey": {"_id": key},
                "fullDocument": {"_id": key},
            }
        )
    )


class World:
    """A clock, a source and a stream that all follow a script: a batch a second, from second 1000 on."""

    side = "source"

    def __init__(self, *batches):
        self.batches, self.time = list(batches), 1000.0
        self.applied, self.saved, self.aside, self.retried = [], [], {}, 0

    def read(self):
        self.time += 1
        events = tuple(self.batches.pop(0)) if self.batches else ()
        return Batch(events, {"t": self.time}, events[-1]["clusterTime"].time if events else None)

    def clock(self):
        return self.time

    def apply(self, operations):
        self.applied += operations
        return len(operations)

    def retry(self):
        self.retried += 1

    def follower(self):
        def save(position, count):
            self.saved.append((position["t"], count))

        return Follower(self, self, self, save, Silent(), lambda: self.time)


def test_it_has_caught_up_after_two_looks_with_little_lag():
    world = World([event(900)], [event(990)], [event(1002)], [event(910)], [event(1004)], [event(1005)], [event(1006)])
    followed = world.follower().until_near(3.0)
    # A single good look, the third, does not count.
    assert (followed.operations, world.time) == (6, 1006.0)
    assert world.saved == [(1000.0 + number, 1) for number in range(1, 7)]
    assert followed.touched == {ORDERS}


def test_a_stream_at_its_end_has_caught_up():
    world = World()
    world.follower().until_near(3.0)
    assert world.time == 1002.0


def test_quiet_is_counted_from_the_last_write():
    world = World([event(1)], [], [], [event(2)], [])
    world.follower().until_quiet(3.0)
    assert world.time == 1007.0


def test_a_write_after_the_end_of_writes_is_applied_saved_and_an_error():
    world = World([event(1)], [event(10, key=2), event(11, key=3)])
    with pytest.raises(StillWrittenError) as caught:
        world.follower().until_quiet(3.0, since=Timestamp(5, 1))
    assert caught.value.counts == {"shop.orders": 2}
    assert len(world.applied) == 3
    assert world.saved[-1] == (1002.0, 2)


def test_what_expires_neither_counts_as_a_write_nor_lets_it_wait_for_ever():
    world = World(*([event(10 + number, "delete")] for number in range(100)))
    world.follower().until_quiet(3.0, since=Timestamp(5, 1), exempt=[ORDERS])
    assert world.time < 1006
    with pytest.raises(StillWrittenError):
        world.follower().until_quiet(3.0, since=Timestamp(5, 1))


def test_expiring_before_the_end_of_writes_hides_nothing_that_comes_after_it():
    world = World(*([event(1, "delete")] for _ in range(10)), [event(10)])
    with pytest.raises(StillWrittenError):
        world.follower().until_quiet(3.0, since=Timestamp(5, 1), exempt=[ORDERS])


def test_before_a_dropped_collection_everything_is_applied_and_the_position_stays():
    world = World([event(1), event(2, key=2), event(3, "drop")])
    with pytest.raises(DefinitionChangedError):
        world.follower().until_near(3.0)
    assert len(world.applied) == 2
    assert world.saved == []


def test_what_was_put_aside_is_looked_up_when_there_is_something_new():
    world = World([event(1)], [])
    world.aside = {("shop.orders", b""): None}
    world.follower().until_quiet(3.0)
    assert world.retried == 1


class Trickle:
    """A stream that always has one more event."""

    resume_token = RawBSONDocument(bson.encode({"_data": "00"}))

    def __init__(self, size=0):
        self.event = RawBSONDocument(bson.encode({"clusterTime": Timestamp(1, 1), "c": b"x" * size}))

    def try_next(self):
        return self.event


@pytest.mark.parametrize(("size", "clock"), [(0, [0.0, 0.5, 1.0, 9.0]), (20_000_000, [0.0, 0.0])])
def test_a_batch_ends_in_time_and_before_it_is_large(size, clock):
    batch = Stream(Trickle(size), "source", lambda: clock.pop(0)).read()
    assert len(batch.events) == (2 if size == 0 else 1)


def test_a_batch_ends_with_its_number():
    assert len(Stream(Trickle(), "source", lambda: 0.0).read(events=7).events) == 7
