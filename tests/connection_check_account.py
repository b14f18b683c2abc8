"""A check of the connection in an emulated account, and ECS's part in its one-off task."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import moto.ecs.models
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.calls import Calls
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.check import Check
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.model import Question
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
from ecs_account import scope

GROUP = "/calstack-dev/app"
URI = "mongodb://calstack-a:s3cr%2Ft-pass@db.example.com/?tls=true"


def one_offs() -> list[Any]:
    tasks = moto.ecs.models.ecs_backends["123456789012"]["eu-west-1"].tasks.values()
    return [task for found in tasks for task in found.values() if task.task_definition_arn.count("-check:")]


@dataclass
class World:
    """The check on a clock that only sleeping moves on; `fate` is what becomes of a task at the second look."""

    aws: Any
    secret_arn: str
    fate: Callable[[Any], None] = lambda _task: None
    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for task in one_offs():
            if task.status != "STOPPED":
                self.fate(task)

    def ends(self, code: int | None, *lines: str, reason: str = "Essential container in task exited") -> None:
        """From now on a task ends like this."""

        def fate(task: Any) -> None:
            task.status = task.desired_status = "STOPPED"
            task.stopped_reason = reason
            task.containers[0].exitCode = code
            self.says(task, *lines)

        self.fate = fate

    def says(self, task: Any, *lines: str) -> None:
        logs, stream = self.aws("logs"), f"ecs/app/{task.task_arn.rpartition('/')[2]}"
        if not lines:
            return
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        # CloudWatch Logs refuses what is older than its retention.
        now = int(time.time() * 1000)
        events = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)

    def check(self, only_plan: bool = False, **asked: Any) -> Any:
        check = Check(Calls(self.aws, scope()), Teller(None), clock=lambda: self.now, sleep=self.sleep)
        return check(Question(**{"secret_arn": self.secret_arn, "database": "calstack"} | asked), only_plan=only_plan)


def made(aws: Any) -> World:
    answer = aws("secretsmanager").create_secret(Name="calstack/dev/database", SecretString=f'{{"MONGO_URI": "{URI}"}}')
    return World(aws, answer["ARN"])
