"""A run of ecs_blue_green against an emulated account, as Ansible would make it."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import release_store
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.calstack.aws.plugins.module_utils._release import lock
from ansible_collections.calstack.aws.plugins.module_utils._release import module as ecs_blue_green_module
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Holder
from ansible_collections.calstack.aws.plugins.module_utils._release.job import Job
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Scaling, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.modules import ecs_blue_green
from release_account import BLUE, GREEN, STACK, image

TABLE = f"{STACK}-releases"
SOMEBODY = Holder("arn:aws:iam::123456789012:user/ana", "ci-7", 4711)


class EndedError(Exception):
    """The module has ended; `answer` is what Ansible would get."""

    def __init__(self, failed: bool, answer: dict[str, Any]) -> None:
        super().__init__(answer)
        self.failed, self.answer = failed, answer


class FakeModule:
    """As much of an AnsibleAWSModule as a run needs."""

    def __init__(self, aws: Any, check: bool, given: dict[str, Any]) -> None:
        found = ArgumentSpecValidator(ecs_blue_green.OPTIONS).validate(
            {"environment_name": "dev", "stack_name": STACK} | given
        )
        assert not found.error_messages, found.error_messages
        self.params, self.check_mode, self._aws = found.validated_parameters, check, aws

    def client(self, service: str, **_: Any) -> Any:
        return self._aws(service)

    def fail_json(self, **answer: Any) -> None:
        raise EndedError(True, answer)

    def exit_json(self, **answer: Any) -> None:
        raise EndedError(False, answer)


def run(
    aws: Any, check: bool = False, sleep: Callable[[float], None] = time.sleep, **given: Any
) -> tuple[bool, dict[str, Any]]:
    """Whether the module failed, and its answer."""
    with patch.object(ecs_blue_green_module, "Job", partial(Job, sleep=sleep)):
        try:
            ecs_blue_green_module.run(FakeModule(aws, check, given))
        except EndedError as ended:
            return ended.failed, ended.answer
    raise AssertionError("a module always ends itself")


def table(aws: Any) -> Store:
    aws("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return Store(aws("dynamodb"), TABLE)


def record(store: Store, release: Release) -> None:
    """Put it on record, as a controller does that has gone home."""
    held = lock.acquire(store, SOMEBODY, lease=1)
    store.save(release, held)
    lock.release(held)


def left(aws: Any, phase: Phase, **changes: Any) -> Release:
    """A record of v2 that goes to green, as a controller would have left it in `phase`."""
    services = aws("ecs").describe_services(cluster=STACK, services=[BLUE, GREEN])["services"]
    revisions = {item["serviceName"]: item["taskDefinition"] for item in services}
    return replace(
        release_store.a_release("20261122-100000"),
        stack=STACK,
        label="v2",
        stable="blue",
        candidate="green",
        phase=phase,
        steps=(Step(10, 60.0), Step(100, 60.0)),
        gates={"latency": None},
        stable_task_definition=revisions[BLUE],
        base_task_definition=revisions[GREEN],
        task_definition=revisions[GREEN],
        image=image(aws, "v2"),
        stable_image=image(aws, "v1"),
        scaling={"blue": Scaling(2), "green": Scaling(0)},
        stable_tasks=2,
        tasks=2,
        started_at=time.time() - 100,
        since=time.time() - 50,
        **changes,
    )
