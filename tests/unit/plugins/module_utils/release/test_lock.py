"""The lock: one holder at a time, a dead one survived, a living one refused."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release import lock as locks
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Held, LockHeldError, LockLostError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Request
from ansible_collections.calstack.aws.plugins.module_utils._release.table import StoreUnavailableError
from hypothesis import given
from hypothesis import strategies as st
from release_store import TABLE, Time, a_release, holder, store, table

LEASE = 30.0
ABORT, PAUSE = Request("abort", "arn:aws:iam::123456789012:user/eve", 5.0), Request("pause", "eve", 6.0)


@pytest.fixture
def dynamodb():
    with table() as made:
        yield made


@pytest.fixture
def time():
    return Time()


def take(dynamodb, time, who="ada", tell=lambda _: None, **given):
    given = {"clock": time, "monotonic": time, "sleep": time.sleep, **given}
    return locks.acquire(store(dynamodb), holder(who) if isinstance(who, str) else who, LEASE, tell, **given)


def test_the_first_comes_at_once(dynamodb, time):
    lock = take(dynamodb, time)
    assert (lock.generation, lock.expires, time.slept) == (1, time.now + LEASE, 0)
    held = locks.look(store(dynamodb))
    assert (str(held.holder), held.since, held.lease) == (str(holder("ada")), time.now, LEASE)


def test_nobody_holds_a_lock_that_was_given_back_and_the_generation_goes_on(dynamodb, time):
    locks.release(take(dynamodb, time))
    assert locks.look(store(dynamodb)) is None
    assert take(dynamodb, time).generation == 2
    assert time.slept == 0


def test_a_holder_that_lives_is_refused_at_its_next_heartbeat(dynamodb, time):
    lock = take(dynamodb, time, "ada")
    store(dynamodb).save(a_release(), lock)
    time.sleep(3)
    time.slept, time.meanwhile = 0.0, [(7.0, lambda: locks.heartbeat(lock))]
    with pytest.raises(LockHeldError) as refused:
        take(dynamodb, time, "bob")
    assert 7 <= time.slept < 9
    for words in (
        "user/ada on adas-laptop (process 7)",
        "release 20261122-141838",
        "UTC",
        "status.yml",
        "rollback.yml",
    ):
        assert words in str(refused.value)
    assert refused.value.held.holder.by.endswith("ada")
    assert locks.heartbeat(lock) is None  # it noticed nothing


def test_a_dead_holder_is_outlived(dynamodb, time):
    told = []
    first = take(dynamodb, time, "ada")
    time.sleep(10)
    time.slept = 0
    second = take(dynamodb, time, "bob", told.append)
    assert LEASE - 10 <= time.slept <= LEASE - 10 + locks.SKEW + 1
    assert second.generation == first.generation + 1
    assert told == [
        f"waiting up to 25 s for the lock in {TABLE}, which {holder('ada')} has: its last heartbeat was 10 s ago"
    ]
    with pytest.raises(LockLostError, match="user/bob"):
        locks.heartbeat(first)


def test_long_after_its_lease_a_dead_holder_is_watched_for_a_heartbeat_only(dynamodb, time):
    take(dynamodb, time, "ada")
    time.sleep(3600)
    time.slept = 0
    assert take(dynamodb, time, "bob").generation == 2
    assert LEASE / locks.BEATS < time.slept < LEASE / 2


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_living_holder_with_a_wrong_clock_keeps_its_lock(dynamodb, time, hours):
    wrong = Time(time.now + hours * 3600)
    lock = locks.acquire(store(dynamodb), holder("ada"), LEASE, clock=wrong, monotonic=time, sleep=time.sleep)
    time.meanwhile = [(LEASE / locks.BEATS, lambda: locks.heartbeat(lock))]
    with pytest.raises(LockHeldError):
        take(dynamodb, time, "bob")


def test_a_dead_holder_whose_clock_was_ahead_is_outlived_all_the_same(dynamodb, time):
    locks.acquire(store(dynamodb), holder("ada"), LEASE, clock=Time(time.now + 7200), monotonic=time)
    assert take(dynamodb, time, "bob").generation == 2
    assert LEASE <= time.slept <= LEASE + 1


@given(st.floats(0.1, 600), st.floats(-1e6, 1e6))
def test_patience_is_longer_than_a_heartbeat_and_no_longer_than_a_lease(lease, age):
    held = Held(holder(), 1, 0.0, 0, 0.0, lease)
    wait = locks.patience(held, age)
    assert lease / locks.BEATS < wait <= lease
    assert wait == lease or age + wait >= lease + locks.SKEW - 1e-6


def test_what_is_given_back_while_somebody_waits_is_taken_at_once(dynamodb, time):
    lock = take(dynamodb, time, "ada")
    time.meanwhile = [(4.0, lambda: locks.release(lock))]
    assert take(dynamodb, time, "bob").generation == 2
    assert time.slept < 6


def test_who_is_beaten_to_it_is_refused_and_told_by_whom(dynamodb, time):
    take(dynamodb, time, "ada")
    late = []
    # Carol takes over between bob's last look and his write.
    clock = Time(time.now)

    def look_then_lose(seconds):
        time.sleep(seconds)
        if time.slept >= LEASE and not late:
            late.append(take(dynamodb, Time(time.now + 3600), "carol"))

    with pytest.raises(LockHeldError, match="user/carol"):
        take(dynamodb, time, "bob", clock=clock, sleep=look_then_lose)


def test_who_is_beaten_to_it_by_one_who_is_through_already_takes_it_then(dynamodb, time):
    locks.release(take(dynamodb, time, "ada"))
    dynamodb.faults = [lambda: locks.release(take(dynamodb, time, "carol"))]
    assert take(dynamodb, time, "bob").generation == 3
    assert time.slept == 0


@pytest.mark.parametrize("before", ["nothing", "free", "dead"])
def test_of_two_at_the_same_moment_one_wins_and_the_other_hears_who(dynamodb, before):
    if before != "nothing":
        lock = take(dynamodb, Time(0), "dead")
        if before == "free":
            locks.release(lock)
    for _ in range(5):
        won, refused = [], []

        def run(name, won=won, refused=refused):
            try:
                won.append(take(dynamodb, Time(), name))
            except LockHeldError as error:
                refused.append(error)

        dynamodb.meeting = Barrier(2)  # both have seen the lock free before one takes it
        threads = [Thread(target=run, args=(name,)) for name in ("ada", "bob")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        dynamodb.meeting = None
        assert (len(won), len(refused)) == (1, 1)
        assert str(won[0].holder) in str(refused[0])
        locks.release(won[0])


@pytest.mark.parametrize("fault", ["repeated", "lost"])
@pytest.mark.parametrize("before", ["nothing", "free", "dead"])
def test_a_lock_that_was_taken_without_an_answer_is_ours(dynamodb, time, fault, before):
    if before != "nothing":
        lock = take(dynamodb, time, "ada")
        if before == "free":
            locks.release(lock)
    me = holder("bob")
    dynamodb.faults = [fault]
    if fault == "lost":
        with pytest.raises(StoreUnavailableError, match="taking the lock"):
            take(dynamodb, time, me)
        time.sleep(20)
        time.slept = 0
    lock = take(dynamodb, time, me)
    assert fault == "repeated" or time.slept == 0  # nobody waits for himself
    assert lock.generation == (1 if before == "nothing" else 2)
    assert lock.expires == time.now + LEASE
    store(dynamodb).save(a_release(), lock)
    assert locks.look(store(dynamodb)).expires == time.now + LEASE


def test_a_deleted_lock_item_does_not_turn_back_the_generation(dynamodb, time):
    for _ in range(3):
        lock = take(dynamodb, time)
        store(dynamodb).save(a_release(), lock)
        locks.release(lock)
    dynamodb._real.delete_item(TableName=TABLE, Key={"pk": {"S": "lock"}, "sk": {"S": "lock"}})
    with pytest.raises(LockLostError):
        store(dynamodb).save(a_release(), lock)
    assert take(dynamodb, time).generation == 4


def test_a_heartbeat_moves_the_lease(dynamodb, time):
    lock = take(dynamodb, time)
    time.sleep(12)
    locks.heartbeat(lock)
    assert lock.expires == time.now + LEASE
    held = locks.look(store(dynamodb))
    assert (held.beat, held.beat_at, held.age(time.now + 2), held.expires) == (1, time.now, 2, time.now + LEASE)


def test_a_heartbeat_that_was_done_without_an_answer_is_one_more(dynamodb, time):
    lock = take(dynamodb, time)
    dynamodb.faults = ["lost", "repeated"]
    with pytest.raises(StoreUnavailableError, match="heartbeat"):
        locks.heartbeat(lock)
    locks.heartbeat(lock)
    assert locks.look(store(dynamodb)).holder.token == lock.token


def test_a_heartbeat_without_an_answer_does_not_move_our_own_end(dynamodb, time):
    lock = take(dynamodb, time)
    end = lock.expires
    time.sleep(5)
    dynamodb.faults = ["lost"]
    with pytest.raises(StoreUnavailableError):
        locks.heartbeat(lock)
    assert lock.expires == end


def test_the_lock_says_what_its_holder_works_on(dynamodb, time):
    lock = take(dynamodb, time)
    assert locks.look(store(dynamodb)).release_id == ""
    store(dynamodb).save(a_release(), lock)
    locks.heartbeat(lock)
    assert locks.look(store(dynamodb)).release_id == a_release().id
    take(dynamodb, time, "bob")
    assert locks.look(store(dynamodb)).release_id == a_release().id


def test_who_lost_the_lock_cannot_give_it_away(dynamodb, time):
    first = take(dynamodb, time, "ada")
    take(dynamodb, time, "bob")
    locks.release(first)
    assert locks.look(store(dynamodb)).holder.by.endswith("bob")


@pytest.mark.parametrize("fault", ["repeated", "lost"])
def test_giving_back_twice_is_giving_back(dynamodb, time, fault):
    lock = take(dynamodb, time)
    dynamodb.faults = [fault]
    try:
        locks.release(lock)
    except StoreUnavailableError:
        locks.release(lock)
    assert locks.look(store(dynamodb)) is None
    assert take(dynamodb, time).generation == 2


def test_a_request_reaches_the_holder_once(dynamodb, time):
    lock = take(dynamodb, time)
    assert locks.ask(store(dynamodb), ABORT) is True
    assert locks.look(store(dynamodb)).request == ABORT
    assert locks.heartbeat(lock) == ABORT
    locks.clear_request(lock)
    assert lock.request is None
    assert locks.heartbeat(lock) is None


def test_nobody_is_asked_where_nobody_holds_it(dynamodb, time):
    assert locks.ask(store(dynamodb), ABORT) is False
    locks.release(take(dynamodb, time))
    assert locks.ask(store(dynamodb), PAUSE) is False
    assert take(dynamodb, time).request is None


def test_what_was_asked_while_we_answered_stays(dynamodb, time):
    lock = take(dynamodb, time)
    locks.ask(store(dynamodb), PAUSE)
    locks.heartbeat(lock)
    locks.ask(store(dynamodb), ABORT)
    locks.clear_request(lock)
    assert locks.heartbeat(lock) == ABORT


def test_a_pause_does_not_hide_an_abort(dynamodb, time):
    lock = take(dynamodb, time)
    assert locks.ask(store(dynamodb), ABORT)
    assert locks.ask(store(dynamodb), PAUSE)
    assert locks.heartbeat(lock) == ABORT
    assert locks.ask(store(dynamodb), replace(ABORT, by="bob"))
    assert locks.heartbeat(lock).by == "bob"


def test_what_was_asked_of_the_dead_is_asked_of_its_successor(dynamodb, time):
    take(dynamodb, time, "ada")
    locks.ask(store(dynamodb), ABORT)
    lock = take(dynamodb, time, "bob")
    assert lock.request == ABORT
    assert locks.heartbeat(lock) == ABORT
    locks.clear_request(lock)
    locks.release(lock)
    assert take(dynamodb, time, "carol").request is None


def test_who_lost_the_lock_answers_no_requests(dynamodb, time):
    first = take(dynamodb, time, "ada")
    locks.ask(store(dynamodb), ABORT)
    locks.heartbeat(first)
    take(dynamodb, time, "bob")
    with pytest.raises(LockLostError):
        locks.clear_request(first)
    assert locks.look(store(dynamodb)).request == ABORT
