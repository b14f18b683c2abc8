"""The component monitoring over a stack in the lab: silent while idle, loud while users see errors, silent again."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.component import monitoring
from ansible_collections.calstack.aws.plugins.modules.monitoring import OPTIONS

from tests.integration import stack as stacks
from tests.integration.laboratory import Laboratory
from tests.waiting import until

SCOPE = Scope("test", "monitoring", "calstack")
PERIOD = 4
"""Seconds: the lab's CloudWatch has no minutes to wait for."""
HURT = "calstack-users-hurt"


@pytest.fixture(scope="module")
def stack(laboratory: Laboratory) -> stacks.Stack:
    laboratory.lab("image", "example:one", "--source", "docker/example")
    made = stacks.build(laboratory.client, laboratory.shell["MONGO_URI"], "example:one")
    until(lambda: page(laboratory) == 200, "the application")
    return made


@pytest.fixture(scope="module")
def messages(laboratory: Laboratory, stack: stacks.Stack) -> Callable[[], list[dict[str, Any]]]:
    """The component, and a queue that its topic tells: called, what alarms have said so far."""
    watch(laboratory, stack)
    sns, sqs = laboratory.client("sns"), laboratory.client("sqs")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    topic = "arn:aws:sns:eu-west-1:123456789012:calstack-alarms"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:told")
    told: list[dict[str, Any]] = []

    def read() -> list[dict[str, Any]]:
        while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for item in found:
                told.append(json.loads(json.loads(item["Body"])["Message"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=item["ReceiptHandle"])
        return told

    return read


def watch(laboratory: Laboratory, stack: stacks.Stack) -> None:
    (balancer,) = laboratory.client("elbv2").describe_load_balancers()["LoadBalancers"]
    given = {
        "balancer_arn": balancer["LoadBalancerArn"],
        "target_group_arns": {"blue": stack.blue, "green": stack.green},
        "minimum_requests": 4,
        "budget_usd": 140.0,
    }
    component = monitoring()
    params: dict[str, Any] = {name: option["default"] for name, option in OPTIONS.items()} | given
    assert component.survey
    params |= {**component.survey(laboratory.client, params, SCOPE), "period": PERIOD}
    kinds = [kind(laboratory.client, SCOPE) for kind in component.kinds]
    converge(kinds, component.wanted(params, SCOPE))
    assert not converge(kinds, component.wanted(params, SCOPE), check=True).changes


def page(laboratory: Laboratory) -> int:
    with laboratory.web() as client:
        return client.get("/").status_code


@pytest.fixture
def traffic(laboratory: Laboratory) -> Iterator[None]:
    """Some requests a second."""
    ended = threading.Event()

    def ask() -> None:
        with laboratory.web() as client:
            while not ended.wait(0.2):
                client.get("/")

    thread = threading.Thread(target=ask)
    thread.start()
    yield
    ended.set()
    thread.join()


def states(laboratory: Laboratory) -> dict[str, str]:
    answer = laboratory.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found = {
        item["AlarmName"]: item["StateValue"] for kind in ("MetricAlarms", "CompositeAlarms") for item in answer[kind]
    }
    return {name: state for name, state in found.items() if name.startswith("calstack-")}


def test_an_idle_stack_raises_nothing(laboratory: Laboratory, messages: Callable[[], list[dict[str, Any]]]) -> None:
    """Green has no task at all, and nobody asks blue for anything."""
    until(lambda: set(states(laboratory).values()) == {"OK"}, "all alarms OK", 60)
    assert not [message for message in messages() if message["NewStateValue"] == "ALARM"]


def test_half_of_the_answers_being_errors_is_one_message_and_its_end_another(
    laboratory: Laboratory, messages: Callable[[], list[dict[str, Any]]], traffic: None
) -> None:
    until(lambda: set(states(laboratory).values()) == {"OK"}, "all alarms OK", 60)
    before = len(messages())
    laboratory.lab("fault", "example:one", "errors", "--share", "0.5")
    until(lambda: states(laboratory)[HURT] == "ALARM", "an alarm", 60)
    assert states(laboratory)["calstack-target-errors"] == "ALARM"
    assert [(item["AlarmName"], item["NewStateValue"]) for item in messages()[before:]] == [(HURT, "ALARM")]
    assert "playbooks/rollback.yml" in messages()[-1]["AlarmDescription"]
    laboratory.lab("fault", "example:one", "none")
    until(lambda: states(laboratory)[HURT] == "OK", "its end", 60)
    assert [(item["AlarmName"], item["NewStateValue"]) for item in messages()[before:]] == [
        (HURT, "ALARM"),
        (HURT, "OK"),
    ]


def test_lines_of_the_log_raise_an_alarm(
    laboratory: Laboratory, messages: Callable[[], list[dict[str, Any]]], stack: stacks.Stack
) -> None:
    service = laboratory.client("ecs").describe_services(cluster=stack.cluster, services=[stack.service])["services"][0]
    words = "print('pymongo.errors.ServerSelectionTimeoutError: no server')"
    laboratory.client("ecs").run_task(
        cluster=stack.cluster,
        taskDefinition=service["taskDefinition"],
        launchType="FARGATE",
        networkConfiguration=service["networkConfiguration"],
        overrides={"containerOverrides": [{"name": "app", "command": ["python", "-c", "\n".join([words] * 3)]}]},
    )
    until(lambda: any(item["AlarmName"] == "calstack-database-unreachable" for item in messages()), "an alarm", 60)


def test_no_task_left_is_an_alarm(laboratory: Laboratory, messages: Callable[[], list[dict[str, Any]]]) -> None:
    until(lambda: states(laboratory)[HURT] == "OK", "peace", 60)
    laboratory.client("ecs").update_service(cluster="calstack", service="blue", desiredCount=0)
    until(lambda: states(laboratory)["calstack-too-few-tasks"] == "ALARM", "an alarm", 90)
    until(lambda: states(laboratory)[HURT] == "ALARM", "a message", 10)
