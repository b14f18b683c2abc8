"""The heartbeat's thread, beating faster than in life."""

import threading
import time as real

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError
from ansible_collections.calstack.aws.plugins.module_utils._release import lock as locks
from ansible_collections.calstack.aws.plugins.module_utils._release.heart import Heart
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import LockHeldError, LockLostError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Request
from ansible_collections.calstack.aws.plugins.module_utils._release.table import StoreUnavailableError
from botocore.exceptions import ClientError
from release_store import Time, holder, store, table
from waiting import until

ABORT = Request("abort", "eve", 5.0)
PULSE = 0.02


@pytest.fixture
def dynamodb():
    with table() as made:
        yield made


def hold(dynamodb, lease=10.0, **given):
    return locks.acquire(store(dynamodb), holder(), lease, **given)


def beats(dynamodb):
    return locks.look(store(dynamodb)).beat


def test_it_keeps_the_lock_against_whoever_wants_it(dynamodb):
    with Heart(hold(dynamodb), every=PULSE) as heart:
        with pytest.raises(LockHeldError):
            locks.acquire(store(dynamodb), holder("bob"), 10.0, sleep=lambda _: real.sleep(PULSE))
        until(lambda: beats(dynamodb) >= 8, "eight heartbeats", every=PULSE)
        assert heart.lost is None
        assert heart.expires > real.monotonic()


def test_it_is_silent_once_it_is_stopped(dynamodb):
    heart = Heart(hold(dynamodb), every=PULSE).start()
    began = beats(dynamodb)
    until(lambda: beats(dynamodb) > began, "a heartbeat", every=PULSE)
    heart.stop()
    before = beats(dynamodb)
    real.sleep(0.2)
    assert beats(dynamodb) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_it_hears_what_is_asked(dynamodb):
    with Heart(hold(dynamodb), every=PULSE) as heart:
        assert heart.request is None
        locks.ask(store(dynamodb), ABORT)
        until(lambda: heart.request == ABORT, "the request", every=PULSE)
        heart.clear_request()
        seen = beats(dynamodb)
        until(lambda: beats(dynamodb) > seen + 1, "two heartbeats", every=PULSE)
        assert heart.request is None


def test_it_says_that_the_lock_was_taken_over(dynamodb):
    time = Time()
    heart = Heart(hold(dynamodb), every=PULSE)
    locks.acquire(store(dynamodb), holder("bob"), 10.0, monotonic=time, sleep=time.sleep)
    heart.start()
    until(lambda: heart.lost, "the loss", every=PULSE)
    assert isinstance(heart.lost, LockLostError)
    assert "user/bob" in str(heart.lost)
    heart.stop()


def test_it_outlives_a_table_that_is_away_for_less_than_a_lease(dynamodb):
    with Heart(hold(dynamodb), every=PULSE) as heart:
        heart.beat()
        dynamodb.down = True
        assert heart.beat() is True
        assert isinstance(heart.trouble, StoreUnavailableError)
        dynamodb.down = False
        assert heart.beat() is True
        assert heart.trouble is None
        assert heart.lost is None


def test_after_a_lease_without_the_table_the_lock_counts_as_lost(dynamodb):
    time = Time()
    heart = Heart(hold(dynamodb, 30.0, clock=time, monotonic=time))
    dynamodb.down = True
    for _ in range(3):
        time.sleep(9)
        assert heart.beat() is True
        assert heart.lost is None
    assert heart.expires - time() == 3
    time.sleep(3)
    assert heart.beat() is False
    assert "no heartbeat got through for 30 s" in str(heart.lost)
    assert "heartbeat of the lock in calstack-dev-releases: DynamoDB is not available" in str(heart.lost)


def test_its_thread_ends_when_the_lease_ran_out(dynamodb):
    heart = Heart(hold(dynamodb, lease=0.3), every=PULSE).start()
    dynamodb.down = True
    until(lambda: heart.lost, "the loss", every=PULSE)
    dynamodb.down = False
    seen = beats(dynamodb)
    real.sleep(0.15)
    assert beats(dynamodb) == seen
    heart.stop()


def test_credentials_that_expire_are_trouble_until_the_lease_is_over(dynamodb):
    time = Time()
    heart = Heart(hold(dynamodb, 30.0, clock=time, monotonic=time))
    dynamodb.faults = [ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "expired"}}, "UpdateItem")]
    assert heart.beat() is True
    assert isinstance(heart.trouble, AwsError)
    assert "Log in again" in str(heart.trouble)
    assert heart.beat() is True
    assert heart.trouble is None
