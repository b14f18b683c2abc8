"""The whole lab: up, a stack by boto3, requests through Envoy over TLS, a killed task, a bad release, down."""

import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from lab.process import alive, identify
from tests.integration import stack as stacks
from tests.integration.laboratory import Laboratory
from tests.waiting import until

LISTEN = "0A"
"""The state in /proc/net/tcp; see proc_pid_net(5)."""


@pytest.fixture(scope="module")
def stack(laboratory: Laboratory) -> stacks.Stack:
    laboratory.lab("image", "example:one", "--source", "docker/example")
    made = stacks.build(laboratory.client, laboratory.shell["MONGO_URI"], "example:one")
    until(lambda: rollout(laboratory, made) == "COMPLETED", "a steady service")
    return made


def service(laboratory: Laboratory, stack: stacks.Stack) -> Any:
    return laboratory.client("ecs").describe_services(cluster=stack.cluster, services=[stack.service])["services"][0]


def rollout(laboratory: Laboratory, stack: stacks.Stack) -> str:
    found = service(laboratory, stack)
    return str(found["deployments"][0]["rolloutState"]) if len(found["deployments"]) == 1 else "IN_PROGRESS"


def running(laboratory: Laboratory, stack: stacks.Stack) -> list[Any]:
    ecs = laboratory.client("ecs")
    arns = ecs.list_tasks(cluster=stack.cluster, serviceName=stack.service)["taskArns"]
    return ecs.describe_tasks(cluster=stack.cluster, tasks=arns)["tasks"] if arns else []


def status_of_the_page(laboratory: Laboratory) -> int:
    with laboratory.web() as client:
        return client.get("/").status_code


def test_a_second_up_says_that_it_is_up(laboratory: Laboratory) -> None:
    assert laboratory.lab("up").startswith("The lab is up (pid")


def test_a_request_goes_through_tls_to_a_task(laboratory: Laboratory, stack: stacks.Stack) -> None:
    assert status_of_the_page(laboratory) == 200
    health = laboratory.client("elbv2").describe_target_health(TargetGroupArn=stack.blue)["TargetHealthDescriptions"]
    assert [item["TargetHealth"]["State"] for item in health] == ["healthy", "healthy"]
    assert {item["Target"]["Id"] for item in health} == {
        task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in running(laboratory, stack)
    }


def test_what_a_task_prints_is_in_its_log_stream(laboratory: Laboratory, stack: stacks.Stack) -> None:
    task = running(laboratory, stack)[0]["taskArn"].rsplit("/", 1)[-1]
    logs = laboratory.client("logs")
    stream = {"logGroupName": "/calstack/app", "logStreamName": f"app/app/{task}"}
    events = until(lambda: logs.get_log_events(**stream)["events"], "log events", 5)
    assert any("gunicorn" in event["message"].lower() for event in events)


def test_secrets_are_in_no_command_line_and_no_log(laboratory: Laboratory, stack: stacks.Stack) -> None:
    password = re.search(r"://[^:]*:([^@]*)@", laboratory.shell["MONGO_URI"])
    assert password
    secret = password.group(1).encode()
    assert {"lab", "envoy", "database"} < laboratory.started().keys()
    for pid in laboratory.processes():
        assert secret not in Path(f"/proc/{pid}/cmdline").read_bytes()
    for path in laboratory.settings.logs.rglob("*"):
        assert path.is_dir() or secret not in path.read_bytes(), path


def listening(pid: int) -> set[str]:
    """The addresses on which a process accepts TCP connections; an IPv6 one in hexadecimal digits."""
    sockets = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(str(file.readlink()))
        except FileNotFoundError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in sockets:
                address = fields[1].split(":")[0]
                found.add(".".join(map(str, reversed(bytes.fromhex(address)))) if table == "tcp" else address)
    return found


def test_every_process_listens_on_loopback_only(laboratory: Laboratory, stack: stacks.Stack) -> None:
    settings = laboratory.settings
    addresses = {found for pid in laboratory.processes() for found in listening(pid)}
    tasks = {task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in running(laboratory, stack)}
    known = {settings.aws_address[0], settings.database_address[0], settings.balancer_address(1), *tasks}
    assert addresses >= known
    assert all(address.startswith("127.") for address in addresses), addresses


def test_a_killed_task_is_replaced_and_status_tells(laboratory: Laboratory, stack: stacks.Stack) -> None:
    before = {task["taskArn"] for task in running(laboratory, stack)}
    victim = running(laboratory, stack)[0]
    victim_id = victim["taskArn"].rsplit("/", 1)[-1]
    os.kill(laboratory.started()[f"task {victim_id}"].pid, signal.SIGKILL)
    until(lambda: len({t["taskArn"] for t in running(laboratory, stack)} - before) == 1, "a replacement")
    until(lambda: healthy(laboratory, stack.blue) == 2, "two healthy tasks")
    stopped = laboratory.client("ecs").describe_tasks(cluster=stack.cluster, tasks=[victim["taskArn"]])["tasks"][0]
    assert (stopped["stopCode"], stopped["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert stopped["containers"][0]["exitCode"] == 137
    line = next(line for line in laboratory.lab("status").splitlines() if victim_id in line)
    assert "Essential container in task exited (exit code 137)" in line


def healthy(laboratory: Laboratory, group: str) -> int:
    found = laboratory.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(item["TargetHealth"]["State"] == "healthy" for item in found)


def test_a_one_off_task_runs_its_command_and_ends(laboratory: Laboratory, stack: stacks.Stack) -> None:
    ecs = laboratory.client("ecs")
    now = service(laboratory, stack)
    command = ["python", "-c", "import os, sys; print('migrated as', os.environ['COLOUR']); sys.exit(7)"]
    made = ecs.run_task(
        cluster=stack.cluster,
        taskDefinition=now["taskDefinition"],
        launchType="FARGATE",
        networkConfiguration=now["networkConfiguration"],
        overrides={"containerOverrides": [{"name": "app", "command": command}]},
    )["tasks"][0]
    arn = made["taskArn"]

    def look() -> Any:
        found = ecs.describe_tasks(cluster=stack.cluster, tasks=[arn])["tasks"][0]
        return found if found["lastStatus"] == "STOPPED" else None

    stopped = until(look, "the end of the task", 20)
    assert (stopped["stopCode"], stopped["containers"][0]["exitCode"]) == ("EssentialContainerExited", 7)
    stream = f"app/app/{arn.rsplit('/', 1)[-1]}"
    events = laboratory.client("logs").get_log_events(logGroupName="/calstack/app", logStreamName=stream)["events"]
    assert "migrated as blue" in [event["message"] for event in events]


def test_no_request_fails_while_tasks_are_replaced(laboratory: Laboratory, stack: stacks.Stack) -> None:
    results: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            results.append(status_of_the_page(laboratory))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    before = {task["taskArn"] for task in running(laboratory, stack)}
    laboratory.client("ecs").update_service(cluster=stack.cluster, service=stack.service, forceNewDeployment=True)
    until(lambda: rollout(laboratory, stack) == "COMPLETED", "the new deployment")
    over.set()
    for thread in threads:
        thread.join()
    assert len(results) > 20
    assert set(results) == {200}
    assert not before & {task["taskArn"] for task in running(laboratory, stack)}


def test_an_image_that_is_not_there_opens_the_circuit_breaker_and_rolls_back(
    laboratory: Laboratory, stack: stacks.Stack
) -> None:
    ecs = laboratory.client("ecs")
    good = service(laboratory, stack)["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=good)["taskDefinition"]
    secret = definition["containerDefinitions"][0]["secrets"][0]["valueFrom"].rsplit(":", 3)[0]
    bad = stacks.task_definition(laboratory.client, definition["executionRoleArn"], secret, "example:missing")
    ecs.update_service(cluster=stack.cluster, service=stack.service, taskDefinition=bad)
    until(
        lambda: service(laboratory, stack)["taskDefinition"] == good and rollout(laboratory, stack) == "COMPLETED",
        "a rollback",
    )
    reasons = [
        task["stoppedReason"]
        for task in ecs.describe_tasks(
            cluster=stack.cluster, tasks=ecs.list_tasks(cluster=stack.cluster, desiredStatus="STOPPED")["taskArns"]
        )["tasks"]
        if task["taskDefinitionArn"] == bad
    ]
    assert reasons
    assert all(reason.startswith("CannotPullContainerError: ") for reason in reasons)
    told = [event["message"] for event in service(laboratory, stack)["events"]]
    assert any("deployment failed: tasks failed to start" in message for message in told)
    assert any("rolling back to" in message for message in told)
    assert status_of_the_page(laboratory) == 200


def test_a_dead_part_is_trouble(laboratory: Laboratory, stack: stacks.Stack) -> None:
    os.kill(laboratory.started()["database"].pid, signal.SIGKILL)
    until(lambda: re.search(r"database +TROUBLE", laboratory.lab("status", code=None)), "trouble", 10)
    laboratory.lab("status", code=1)
    assert status_of_the_page(laboratory) == 200


def test_after_a_crash_up_cleans_up_and_down_leaves_nothing_but_logs(
    laboratory: Laboratory, stack: stacks.Stack
) -> None:
    crashed = laboratory.started()
    os.kill(crashed["lab"].pid, signal.SIGKILL)
    assert "has died" in laboratory.lab("status", code=1)
    assert "Cleaned up" in laboratory.lab("up")
    assert not any(map(alive, crashed.values()))
    again, processes = laboratory.started(), [identify(pid) for pid in laboratory.processes()]
    assert len(again) >= 3
    assert all(map(alive, again.values()))
    laboratory.lab("down")
    assert [entry.name for entry in laboratory.settings.home.iterdir()] == ["logs"]
    assert not any(alive(process) for process in processes if process)
