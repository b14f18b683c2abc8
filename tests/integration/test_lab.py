"""The whole lab: up, a stack by boto3, requests through Envoy over TLS, a killed task, a bad release, down."""

import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lab.process import Identity, alive, members, recorded
from lab.settings import Settings
from tests.integration import stack as stacks

CHECKOUT = Path(__file__).resolve().parent.parent.parent
LISTEN = "0A"
"""The state in /proc/net/tcp; see proc_pid_net(5)."""
NETWORK = f"127.{100 + os.getpid() % 100}"


@dataclass
class Lab:
    home: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lab", *arguments]
        return subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def variable(self, name: str) -> str:
        found = re.search(rf"^export {name}=(.*)$", (self.home / "env").read_text(), re.MULTILINE)
        assert found
        return found.group(1).strip("'")

    def client(self, service: str) -> Any:
        session: Any = boto3.Session()
        return session.client(
            service,
            endpoint_url=self.variable("AWS_ENDPOINT_URL"),
            region_name="eu-west-1",
            aws_access_key_id=self.variable("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.variable("AWS_SECRET_ACCESS_KEY"),
            config=Config(proxies={}),
        )

    def get(self, path: str = "") -> int:
        context = ssl.create_default_context(cafile=self.variable("LAB_CA"))
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        try:
            with urllib.request.build_opener(*handlers).open(self.variable("LAB_URL") + path, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def processes(self) -> list[int]:
        """The processes that know this lab's home: the lab's own and its tasks'."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.home).encode() in told and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        return found


def until(seconds: float, what: str, true: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("lab") / "home"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAB_"))}
    made = Lab(home, {**environment, "LAB_HOME": str(home), "LAB_NETWORK": NETWORK})
    up = made.run("up")
    assert up.returncode == 0, up.stderr
    yield made
    made.run("down")


@pytest.fixture(scope="module")
def stack(lab: Lab) -> stacks.Stack:
    pushed = lab.run("image", "example:one", "--source", "docker/example")
    assert pushed.returncode == 0, pushed.stderr
    made = stacks.build(lab.client, lab.variable("MONGO_URI"), "example:one")
    until(30, "a steady service", lambda: rollout(lab, made) == "COMPLETED")
    return made


def service(lab: Lab, stack: stacks.Stack) -> Any:
    return lab.client("ecs").describe_services(cluster=stack.cluster, services=[stack.service])["services"][0]


def rollout(lab: Lab, stack: stacks.Stack) -> str:
    found = service(lab, stack)
    return str(found["deployments"][0]["rolloutState"]) if len(found["deployments"]) == 1 else "IN_PROGRESS"


def running(lab: Lab, stack: stacks.Stack) -> list[Any]:
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=stack.cluster, serviceName=stack.service)["taskArns"]
    return ecs.describe_tasks(cluster=stack.cluster, tasks=arns)["tasks"] if arns else []


def pid_of(lab: Lab, task: Any) -> int:
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    for record in (lab.home / "run" / "processes").iterdir():
        if task_id in record.read_text():
            return int(record.name)
    raise AssertionError(f"task {task_id} has no process")


def test_a_second_up_says_that_it_is_up(lab: Lab) -> None:
    again = lab.run("up")
    assert (again.returncode, again.stdout.startswith("The lab is up (pid")) == (0, True)


def test_a_request_goes_through_tls_to_a_task(lab: Lab, stack: stacks.Stack) -> None:
    assert lab.get() == 200
    health = lab.client("elbv2").describe_target_health(TargetGroupArn=stack.blue)["TargetHealthDescriptions"]
    assert [item["TargetHealth"]["State"] for item in health] == ["healthy", "healthy"]
    assert {item["Target"]["Id"] for item in health} == {
        task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in running(lab, stack)
    }


def test_what_a_task_prints_is_in_its_log_stream(lab: Lab, stack: stacks.Stack) -> None:
    task = running(lab, stack)[0]["taskArn"].rsplit("/", 1)[-1]
    logs = lab.client("logs")
    events = until(
        5,
        "log events",
        lambda: logs.get_log_events(logGroupName="/calstack/app", logStreamName=f"app/app/{task}")["events"],
    )
    assert any("gunicorn" in event["message"].lower() for event in events)


def test_secrets_are_in_no_command_line_and_no_log(lab: Lab, stack: stacks.Stack) -> None:
    password = re.search(r"://[^:]*:([^@]*)@", lab.variable("MONGO_URI"))
    assert password
    secret = password.group(1).encode()
    for pid in lab.processes():
        assert secret not in Path(f"/proc/{pid}/cmdline").read_bytes()
    for path in (lab.home / "logs").rglob("*"):
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


def test_every_process_listens_on_loopback_only(lab: Lab, stack: stacks.Stack) -> None:
    settings = Settings(lab.home, NETWORK, lab.home)
    addresses = {found for leader in recorded(settings) for pid in members(leader) for found in listening(pid)}
    tasks = {task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in running(lab, stack)}
    known = {settings.aws_address[0], settings.database_address[0], settings.balancer_address(1), *tasks}
    assert addresses >= known
    assert all(address.startswith("127.") for address in addresses), addresses


def test_a_killed_task_is_replaced_and_status_tells(lab: Lab, stack: stacks.Stack) -> None:
    before = {task["taskArn"] for task in running(lab, stack)}
    victim = running(lab, stack)[0]
    os.kill(pid_of(lab, victim), signal.SIGKILL)
    until(30, "a replacement", lambda: len({t["taskArn"] for t in running(lab, stack)} - before) == 1)
    until(30, "two healthy tasks", lambda: healthy(lab, stack.blue) == 2)
    stopped = lab.client("ecs").describe_tasks(cluster=stack.cluster, tasks=[victim["taskArn"]])["tasks"][0]
    assert (stopped["stopCode"], stopped["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert stopped["containers"][0]["exitCode"] == 137
    status = lab.run("status")
    assert status.returncode == 0
    line = next(line for line in status.stdout.splitlines() if victim["taskArn"].rsplit("/", 1)[-1] in line)
    assert "Essential container in task exited (exit code 137)" in line


def healthy(lab: Lab, group: str) -> int:
    found = lab.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(item["TargetHealth"]["State"] == "healthy" for item in found)


def test_a_one_off_task_runs_its_command_and_ends(lab: Lab, stack: stacks.Stack) -> None:
    ecs = lab.client("ecs")
    now = service(lab, stack)
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

    stopped = until(20, "the end of the task", look)
    assert (stopped["stopCode"], stopped["containers"][0]["exitCode"]) == ("EssentialContainerExited", 7)
    stream = f"app/app/{arn.rsplit('/', 1)[-1]}"
    events = lab.client("logs").get_log_events(logGroupName="/calstack/app", logStreamName=stream)["events"]
    assert "migrated as blue" in [event["message"] for event in events]


def test_no_request_fails_while_tasks_are_replaced(lab: Lab, stack: stacks.Stack) -> None:
    results: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            results.append(lab.get())

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    before = {task["taskArn"] for task in running(lab, stack)}
    lab.client("ecs").update_service(cluster=stack.cluster, service=stack.service, forceNewDeployment=True)
    until(60, "the new deployment", lambda: rollout(lab, stack) == "COMPLETED")
    over.set()
    for thread in threads:
        thread.join()
    assert len(results) > 20
    assert set(results) == {200}
    assert not before & {task["taskArn"] for task in running(lab, stack)}


def test_an_image_that_is_not_there_opens_the_circuit_breaker_and_rolls_back(lab: Lab, stack: stacks.Stack) -> None:
    ecs = lab.client("ecs")
    good = service(lab, stack)["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=good)["taskDefinition"]
    secret = definition["containerDefinitions"][0]["secrets"][0]["valueFrom"].rsplit(":", 3)[0]
    bad = stacks.task_definition(lab.client, definition["executionRoleArn"], secret, "example:missing")
    ecs.update_service(cluster=stack.cluster, service=stack.service, taskDefinition=bad)
    until(
        60, "a rollback", lambda: service(lab, stack)["taskDefinition"] == good and rollout(lab, stack) == "COMPLETED"
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
    told = [event["message"] for event in service(lab, stack)["events"]]
    assert any("deployment failed: tasks failed to start" in message for message in told)
    assert any("rolling back to" in message for message in told)
    assert lab.get() == 200


def test_a_dead_part_is_trouble(lab: Lab, stack: stacks.Stack) -> None:
    records = {record.read_text().split(maxsplit=2)[2].strip(): record.name for record in processes(lab)}
    os.kill(int(records["database"]), signal.SIGKILL)
    status = until(10, "trouble", lambda: (told := lab.run("status")).returncode == 1 and told)
    assert re.search(r"database +TROUBLE", status.stdout)
    assert lab.get() == 200


def processes(lab: Lab) -> list[Path]:
    return list((lab.home / "run" / "processes").iterdir())


def test_after_a_crash_up_cleans_up_and_down_leaves_nothing_but_logs(lab: Lab, stack: stacks.Stack) -> None:
    crashed_ones = [Identity.parse(record.read_text()) for record in processes(lab)]
    os.kill(int((lab.home / "run" / "daemon").read_text().split()[0]), signal.SIGKILL)
    crashed = lab.run("status")
    assert (crashed.returncode, "has died" in crashed.stdout) == (1, True)
    again = lab.run("up")
    assert again.returncode == 0, again.stderr
    assert "Cleaned up" in again.stdout
    assert not any(map(alive, crashed_ones))
    started = [Identity.parse(record.read_text()) for record in processes(lab)]
    assert all(map(alive, started))
    down = lab.run("down")
    assert down.returncode == 0, down.stderr
    assert [entry.name for entry in lab.home.iterdir()] == ["logs"]
    assert not any(map(alive, started))
    assert lab.processes() == []
