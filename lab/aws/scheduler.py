"""EventBridge Scheduler: what it refuses, replacement by UpdateSchedule, groups; `lab.scheduler` runs the schedules."""

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, ScheduleGroup
from moto.scheduler.responses import EventBridgeSchedulerResponse

from lab.aws.patching import wrap
from lab.scheduler import InvalidScheduleError
from lab.scheduler.expression import due
from lab.scheduler.role import NOT_TRUSTED, trusts_scheduler
from lab.scheduler.universal import is_universal, request
from lab.settings import Settings

NO_ACTION = "NONE"


def apply(settings: Settings) -> None:
    refusals(settings)
    repeated_creation()
    replacement()
    groups()


def refusals(settings: Settings) -> None:
    """A schedule's expression, universal target and role are checked when it is made and changed; moto takes all."""

    @wrap(EventBridgeSchedulerBackend, "create_schedule")
    def create(original: Callable[..., Schedule], backend: EventBridgeSchedulerBackend, **named: Any) -> Schedule:
        backend.get_schedule_group(named["group_name"])
        _check(settings, named)
        schedule = original(backend, **named)
        schedule.action_after_completion = schedule.action_after_completion or NO_ACTION
        return schedule

    @wrap(EventBridgeSchedulerBackend, "update_schedule")
    def update(original: Callable[..., Schedule], backend: EventBridgeSchedulerBackend, **named: Any) -> Schedule:
        backend.get_schedule(named["group_name"], named["name"])
        _check(settings, named)
        return original(backend, **named)


def _check(settings: Settings, named: dict[str, Any]) -> None:
    target = named["target"]
    try:
        due(named["schedule_expression"], named["schedule_expression_timezone"] or "UTC")
        if is_universal(target["Arn"]):
            request(target["Arn"], target.get("Input"))
    except InvalidScheduleError as error:
        raise ValidationException(str(error)) from None
    if not trusts_scheduler(settings, target["RoleArn"]):
        raise ValidationException(NOT_TRUSTED)


def repeated_creation() -> None:
    """CreateSchedule with the same ClientToken succeeds again; moto answers that the schedule exists."""

    @wrap(EventBridgeSchedulerResponse, "create_schedule")
    def create(original: Callable[..., str], response: EventBridgeSchedulerResponse) -> str:
        tokens: dict[tuple[str, str], str] = vars(response.scheduler_backend).setdefault("lab_tokens", {})
        key = (response._get_param("ClientToken") or "", response.uri)
        if not key[0]:
            return original(response)
        if key not in tokens:
            tokens[key] = original(response)
        return tokens[key]


def replacement() -> None:
    """UpdateSchedule gives what it is not told its default; moto forgets State and ActionAfterCompletion."""

    @wrap(EventBridgeSchedulerResponse, "update_schedule")
    def update(original: Callable[..., str], response: EventBridgeSchedulerResponse) -> str:
        answer = original(response)
        name = response.uri.split("?")[0].split("/")[-1]
        schedule = response.scheduler_backend.get_schedule(response._get_param("GroupName"), name)
        schedule.state = schedule.state or "ENABLED"
        schedule.action_after_completion = response._get_param("ActionAfterCompletion") or NO_ACTION
        return answer


def groups() -> None:
    """A group's name is taken once, `default` stays, and a group that is not there is no crash."""

    @wrap(EventBridgeSchedulerBackend, "create_schedule_group")
    def create(
        original: Callable[..., ScheduleGroup], backend: EventBridgeSchedulerBackend, name: str, tags: Any
    ) -> ScheduleGroup:
        if name in backend.schedule_groups:
            raise JsonRESTError("ConflictException", f"Schedule group {name} already exists.")
        return original(backend, name, tags or [])

    @wrap(EventBridgeSchedulerBackend, "delete_schedule_group")
    def delete(original: Callable[..., None], backend: EventBridgeSchedulerBackend, name: str | None) -> None:
        if name == "default":
            raise ValidationException("Cannot delete the default schedule group.")
        if name not in backend.schedule_groups:
            raise ScheduleGroupNotFound(name or "")
        backend.tagger.delete_all_tags_for_resource(backend.schedule_groups[name].arn)
        original(backend, name)
