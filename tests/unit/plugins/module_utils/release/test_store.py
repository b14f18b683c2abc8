"""Records and timelines in an emulated table."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._release import lock as locks
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import LockLostError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release.table import (
    CONFLICT_PAUSES,
    StoreUnavailableError,
    client,
)
from botocore.exceptions import ClientError
from release_store import TABLE, Time, a_release, holder, store, table


@pytest.fixture
def dynamodb():
    with table() as made:
        yield made


def hold(dynamodb, name="ada"):
    return locks.acquire(store(dynamodb), holder(name), 30, clock=Time(), monotonic=Time(), sleep=lambda _: None)


def take_over(dynamodb, name="bob"):
    time = Time()
    return locks.acquire(store(dynamodb), holder(name), 30, clock=time, monotonic=time, sleep=time.sleep)


def event(words, at=1.0, kind="note"):
    return Event(at, kind, words, "shift", 10)


def words(events):
    return [each.words for each in events]


def error(code, status=400, message="slow down", reasons=None):
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer | ({"CancellationReasons": reasons} if reasons else {}), "TransactWriteItems")


def test_a_record_is_found_again_with_the_generation_that_wrote_it(dynamodb):
    lock = hold(dynamodb)
    assert store(dynamodb).latest() is None
    assert store(dynamodb).load("20261122-141838") is None
    store(dynamodb).save(a_release(), lock)
    assert store(dynamodb).load("20261122-141838") == a_release(generation=1)
    assert store(dynamodb).latest() == a_release(generation=1)


def test_the_history_is_newest_first_and_no_longer_than_asked(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    for second in (3, 1, 2):
        mine.save(a_release(f"20261122-14183{second}"), lock)
    assert [each.id[-1] for each in mine.history(10)] == ["3", "2", "1"]
    assert [each.id[-1] for each in mine.history(2)] == ["3", "2"]
    assert mine.latest().id[-1] == "3"


def test_long_timelines_come_in_whole_over_all_pages(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    long = "x" * 200_000
    for number in range(7):  # a page is 1 MB
        mine.append("one", event(f"{number} {long}"), lock)
    assert [each[0] for each in words(mine.timeline("one"))] == list("0123456")
    assert dynamodb.calls.count("query") > 1


def test_a_save_is_the_record_and_its_event_or_neither(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    mine.save(a_release(phase=Phase.SHIFT), lock, event("shift"))
    assert words(mine.timeline(a_release().id)) == ["shift"]
    take_over(dynamodb)
    with pytest.raises(LockLostError):
        mine.save(a_release(phase=Phase.BAKE), lock, event("bake"))
    assert mine.latest().phase == Phase.SHIFT
    assert words(mine.timeline(a_release().id)) == ["shift"]


def test_who_has_lost_the_lock_hears_who_has_it_and_writes_nothing(dynamodb):
    lock, mine = hold(dynamodb, "ada"), store(dynamodb)
    take_over(dynamodb, "bob")
    with pytest.raises(LockLostError, match="user/bob on bobs-laptop"):
        mine.append("one", event("late"), lock)
    assert mine.timeline("one") == []


def test_a_lock_that_was_given_back_is_no_longer_a_fence(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    locks.release(lock)
    with pytest.raises(LockLostError, match="nobody holds it"):
        mine.save(a_release(), lock)


def test_events_keep_their_order_over_controllers_and_restarts(dynamodb):
    lock = hold(dynamodb)
    first = store(dynamodb)
    for number in range(12):
        first.append("one", event(f"a{number}", at=9.0), lock)
    second = take_over(dynamodb)
    dynamodb.calls.clear()
    store(dynamodb).append("one", event("b0", at=1.0), second)
    assert dynamodb.calls == ["transact_write_items"]  # it need not look for a free number
    store(dynamodb).append("one", event("b1", at=0.0), second)  # another Store with the same lock starts counting anew
    told = words(store(dynamodb).timeline("one"))
    assert told == [f"a{number}" for number in range(12)] + ["b0", "b1"]


def test_the_same_words_twice_are_two_events(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    mine.append("one", event("again"), lock)
    mine.append("one", event("again"), lock)
    assert len(mine.timeline("one")) == 2


def test_botocores_repeat_of_a_write_that_was_done_makes_one_event(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    dynamodb.faults = ["repeated"]
    mine.save(a_release(), lock, event("first"))
    mine.append(a_release().id, event("second"), lock)
    assert words(mine.timeline(a_release().id)) == ["first", "second"]


def test_a_write_that_may_have_happened_can_be_made_again(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    dynamodb.faults = ["lost"]
    with pytest.raises(StoreUnavailableError, match="recording release 20261122-141838: DynamoDB is not available"):
        mine.save(a_release(), lock, event("first"))
    mine.save(a_release(), lock, event("first"))
    assert words(mine.timeline(a_release().id)) == ["first"]


def test_another_event_after_one_that_may_have_happened_comes_after_it(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    dynamodb.faults = ["lost"]
    with pytest.raises(StoreUnavailableError):
        mine.append("one", event("first"), lock)
    mine.append("one", event("second"), lock)
    assert words(mine.timeline("one")) == ["first", "second"]


def test_what_is_in_the_timeline_is_never_written_over(dynamodb):
    lock = hold(dynamodb)
    store(dynamodb).append("one", event("kept"), lock)
    store(dynamodb).append("one", event("not over it"), lock)
    assert words(store(dynamodb).timeline("one")) == ["kept", "not over it"]


def test_a_heartbeat_at_the_same_moment_is_no_trouble(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    conflict = error("TransactionCanceledException", reasons=[{"Code": "TransactionConflict"}, {"Code": "None"}])
    dynamodb.faults = [conflict, error("TransactionConflictException")]
    mine.save(a_release(), lock)
    assert mine.latest()
    dynamodb.faults = [conflict] * (len(CONFLICT_PAUSES) + 1)
    with pytest.raises(StoreUnavailableError):
        mine.save(a_release(), lock)
    assert not dynamodb.faults


@pytest.mark.parametrize(
    "fault",
    [
        "down",
        "lost",
        error("ThrottlingException"),
        error("ProvisionedThroughputExceededException"),
        error("InternalServerError", 500),
        error("TransactionCanceledException", reasons=[{"Code": "None"}, {"Code": "ThrottlingError"}]),
    ],
)
def test_what_passes_is_told_from_what_does_not(dynamodb, fault):
    lock, mine = hold(dynamodb), store(dynamodb)
    dynamodb.faults = [fault]
    with pytest.raises(StoreUnavailableError, match="run the same command again"):
        mine.save(a_release(), lock)


def test_a_refusal_is_not_unavailability(dynamodb):
    lock, mine = hold(dynamodb), store(dynamodb)
    dynamodb.faults = [error("AccessDeniedException", message="not authorized")]
    with pytest.raises(AwsError, match=r"recording release .*not authorized.*docs/permissions.md"):
        mine.save(a_release(), lock)


def test_a_missing_table_is_named_with_what_builds_it(dynamodb):
    lock = hold(dynamodb)
    elsewhere = Store(dynamodb, "calstack-qa-releases")
    for ask in (elsewhere.latest, lambda: elsewhere.save(a_release(), lock), lambda: locks.look(elsewhere)):
        with pytest.raises(InputError, match=r"no table calstack-qa-releases.*site.yml --limit release"):
            ask()


def test_a_record_is_readable_where_it_lies(dynamodb):
    lock = hold(dynamodb)
    store(dynamodb).save(a_release(), lock)
    item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "release"}, "sk": {"S": "20261122-141838"}})["Item"]
    assert json.loads(item["document"]["S"])["label"] == "1.2.3"


def test_the_client_gives_up_within_a_lease():
    asked = []

    class Maker:
        def client(self, service, **extra):
            asked.append((service, extra["config"]))

    client(Maker())
    config = asked[0][1]
    attempts = config["retries"]["total_max_attempts"]
    slowest = attempts * config["read_timeout"] + sum(2**number for number in range(attempts - 1))
    assert asked[0][0] == "dynamodb"
    assert slowest <= 7.5  # a quarter of the default lease
