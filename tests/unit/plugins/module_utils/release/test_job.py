"""Whole runs of the module against an emulated account: what begins, what is refused, what is asked of others."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release import job, lock
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Holder
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Request
from ansible_collections.calstack.aws.plugins.module_utils._release.prober import Prober
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release.table import StoreUnavailableError
from botocore.exceptions import ClientError
from ecs_account import Mortal
from release_account import BLUE, image, serving
from release_job import left, run, table

LEASE = 1.0
"""Seconds; nobody beats, so that a watched lock counts as dead after one."""
SOMEBODY = Holder("arn:aws:iam::123456789012:user/ana", "ci-7", 4711)


@pytest.fixture(scope="module")
def account() -> Iterator[Mortal]:
    with serving() as aws:
        image(aws, "v2")
        group = aws("elbv2").describe_target_groups(Names=[BLUE])["TargetGroups"][0]["TargetGroupArn"]
        # moto's ECS registers no targets, and its targets are always healthy.
        aws("elbv2").register_targets(TargetGroupArn=group, Targets=[{"Id": f"10.0.0.{n}", "Port": 80} for n in (8, 9)])
        yield aws


@pytest.fixture
def aws(account: Mortal) -> Mortal:
    return account


@pytest.fixture
def store(aws: Mortal) -> Iterator[Store]:
    made = table(aws)
    yield made
    aws("dynamodb").delete_table(TableName=made.table.name)


def record(store: Store, release, free=True) -> lock.Lock:
    held = lock.acquire(store, SOMEBODY, lease=LEASE)
    store.save(release, held)
    if free:
        lock.release(held)
    return held


def refused(aws: Mortal, monkeypatch, service: str, operation: str) -> None:
    def refuse(**_):
        raise ClientError({"Error": {"Code": "InternalFailure", "Message": "away"}}, operation)

    monkeypatch.setattr(aws(service), operation, refuse)


def test_a_dry_run_writes_nothing_and_says_the_plan(aws, store):
    aws.calls.clear()
    failed, answer = run(aws, check=True, image="calstack:v2")
    assert not failed
    assert answer["outcome"] == "planned"
    assert any("image calstack@" in line for line in answer["plan"])
    assert aws.writes == []


def test_a_commit_is_released_as_its_image(aws, store):
    image(aws, "3f1c9ab" + "0" * 33)
    aws.calls.clear()
    failed, answer = run(aws, check=True, commit="3f1c9ab")
    assert not failed, answer
    assert answer["outcome"] == "planned"
    assert not aws.writes
    failed, answer = run(aws, check=True, commit="abcdef0")
    assert failed
    assert answer["msg"].startswith("release_commit 'abcdef0' has no image")


def test_what_the_probes_need_is_looked_at_before_anything_is_recorded(aws, store):
    gates = {"probes": {"url": "https://app.example.com", "ca_file": "/nowhere/ca.pem"}}
    for check in (True, False):
        failed, answer = run(aws, check=check, image="calstack:v2", gates=gates)
        assert failed
        assert "/nowhere/ca.pem" in answer["msg"]
    assert store.history(1) == []
    assert lock.look(store) is None


def test_probes_past_the_edge_are_told_its_secret_and_nobody_else_is(aws, store, monkeypatch):
    value = "the-edges-own-secret"
    text = json.dumps({"ORIGIN_HEADER": value})
    secret = aws("secretsmanager").create_secret(Name="calstack/dev/origin", SecretString=text)["ARN"]
    told = []
    monkeypatch.setattr(job, "Prober", lambda *given: told.append(given[-1]) or Prober(*given))
    gates = {"probes": {"url": "https://app.example.com", "address": "127.0.0.1:1", "origin_secret_arn": secret}}
    failed, answer = run(aws, check=True, image="calstack:v2", gates=gates)
    assert not failed
    assert told == [{"X-Origin-Verify": value}]
    assert value not in repr(answer)
    gates["probes"]["origin_secret_arn"] = f"{secret}-gone"
    failed, answer = run(aws, image="calstack:v2", gates=gates)
    assert failed
    assert answer["msg"].startswith("release_gates.probes.origin_secret_arn: there is no secret")
    assert store.history(1) == []


def test_a_rollback_needs_no_file_of_the_machine_that_began(aws, store):
    gates = {"probes": {"url": "https://app.example.com", "ca_file": "/ci/ca.pem"}}
    record(store, replace(left(aws, Phase.ANALYSE), gates=gates))
    failed, answer = run(aws, state="rolled_back")
    assert (failed, answer["outcome"]) == (False, "rolled_back")


@pytest.mark.parametrize(
    ("service", "operation"),
    [("resourcegroupstaggingapi", "get_resources"), ("ec2", "describe_subnets"), ("ecr", "describe_images")],
)
def test_a_rollback_does_without_what_only_a_release_needs(aws, store, monkeypatch, service, operation):
    record(store, left(aws, Phase.ANALYSE))
    refused(aws, monkeypatch, service, operation)
    failed, answer = run(aws, state="rolled_back", image="calstack:gone")
    assert (failed, answer["outcome"]) == (False, "rolled_back")


def test_what_was_asked_of_a_dead_controller_does_not_end_the_next_release(aws, store):
    record(store, replace(left(aws, Phase.ROLLED_BACK), ended_at=time.time()), free=False)
    lock.ask(store, Request("abort", "ana", time.time()))
    failed, answer = run(aws, image="calstack:v2", start_timeout=0.0, lease=2.0)
    assert failed
    assert "not healthy after 0 s" in answer["msg"]


class TestSomebodyIsAtWork:
    """`becomes` is how the other controller leaves its release, once it has been watched for a moment."""

    @pytest.fixture
    def other(self, store):
        def at_work(release, becomes):
            held = record(store, release, free=False)
            asked = []

            def sleep(_seconds):
                there = lock.look(store)
                if there and there.holder == SOMEBODY:
                    asked.append(there.request.verb if there.request else "")
                    store.save(replace(release, phase=becomes, ended_at=time.time(), weight=0), held)
                    lock.release(held)

            return sleep, asked

        return at_work

    def test_a_release_is_refused_and_told_who_it_is(self, aws, store):
        record(store, left(aws, Phase.ANALYSE), free=False)
        failed, answer = run(aws, check=True, image="calstack:v2")
        assert failed
        assert "ana on ci-7" in answer["msg"]

    def test_a_lock_that_is_long_over_hinders_no_dry_run(self, aws, store):
        held = lock.acquire(store, SOMEBODY, clock=lambda: time.time() - 3600)
        store.save(left(aws, Phase.ANALYSE), held)
        failed, answer = run(aws, check=True)
        assert (failed, answer["outcome"]) == (False, "planned")

    def test_it_is_asked_to_go_back(self, aws, store, other):
        sleep, asked = other(left(aws, Phase.ANALYSE), Phase.ROLLED_BACK)
        failed, answer = run(aws, sleep=sleep, state="rolled_back")
        assert (failed, answer["outcome"], asked[0]) == (False, "rolled_back", "abort")

    def test_somebody_elses_way_back_is_watched_not_aborted(self, aws, store, other):
        sleep, asked = other(replace(left(aws, Phase.HEALTHY), kind="rollback"), Phase.PROMOTED)
        failed, answer = run(aws, sleep=sleep, state="rolled_back")
        assert (failed, answer["outcome"], asked[0]) == (False, "promoted", "")

    def test_a_promotion_that_is_faster_than_an_abort_is_not_told_as_a_way_back(self, aws, store, other):
        sleep, _ = other(left(aws, Phase.PROMOTE), Phase.PROMOTED)
        failed, answer = run(aws, sleep=sleep, state="aborted")
        assert (failed, answer["changed"], answer["outcome"]) == (False, False, "unchanged")
        assert "no release is under way" in answer["message"][0]

    def test_to_a_certain_release_asks_nobody(self, aws, store):
        record(store, left(aws, Phase.ANALYSE), free=False)
        failed, answer = run(aws, state="rolled_back", to="20261101-000000")
        assert failed
        assert "end it first" in answer["msg"]
        there = lock.look(store)
        assert there is None or there.request is None


def test_a_release_that_failed_is_nothing_to_go_back_to(aws, store):
    failed_one = replace(left(aws, Phase.ROLLED_BACK), ended_at=time.time())
    record(store, failed_one)
    failed, answer = run(aws, state="rolled_back", to=failed_one.id)
    assert failed
    assert "never served everybody" in answer["msg"]


def test_a_timeline_that_cannot_be_read_hides_no_result(aws, store, monkeypatch):
    def away(*_):
        raise StoreUnavailableError("reading the timeline", "away")

    record(store, left(aws, Phase.ANALYSE))
    monkeypatch.setattr(Store, "timeline", away)
    failed, answer = run(aws, state="aborted")
    assert (failed, answer["outcome"]) == (False, "rolled_back")
    assert "rolled back" in answer["message"][0]


def test_the_colour_that_serves_alone_is_left_alone(aws, store):
    failed, answer = run(aws, state="rolled_back", stable_colour="blue")
    assert (failed, answer["changed"]) == (False, False)
    assert "blue has all requests already" in answer["message"][0]


def test_a_colour_is_for_going_back_only(aws, store):
    failed, answer = run(aws, image="calstack:v2", stable_colour="green")
    assert failed
    assert "release_stable_colour" in answer["msg"]
