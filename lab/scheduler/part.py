"""EventBridge Scheduler as a part of the lab: calls what one-time schedules name when they are due."""

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from lab.aws import backends
from lab.scheduler import InvalidScheduleError
from lab.scheduler.endpoint import call_endpoint
from lab.scheduler.expression import due
from lab.scheduler.role import refusal
from lab.scheduler.universal import Request, is_universal, request
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.scheduler.models import Schedule

log = logging.getLogger(__name__)

Call = Callable[[Request], None]
IDLE = 1.0
BACKOFF = (1.0, 60.0)
"""Seconds before the first retry, which double up to the second number: the lab's own, AWS does not publish its own."""
LASTING = {400, 401, 403, 404, 409}


@dataclass(frozen=True)
class Occurrence:
    """One intended run of a schedule; a changed schedule has another."""

    arn: str
    modified: float
    at: float


@dataclass(frozen=True)
class Attempt:
    """The next one."""

    number: int
    at: float


class SchedulerPart:
    name = "scheduler"

    def __init__(self, settings: Settings, call: Call | None = None, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._call = call or call_endpoint(settings)
        self._clock = clock
        self._ended: set[Occurrence] = set()
        self._attempts: dict[Occurrence, Attempt] = {}

    def start(self) -> None:
        """Nothing to do: there is no schedule yet."""

    def tick(self) -> float:
        with backends.LOCK:
            armed = self._armed()
            self._ended &= {occurrence for occurrence, _ in armed}
        waiting = []
        for occurrence, schedule in armed:
            if occurrence in self._ended:
                continue
            at = self._next(occurrence)
            if at <= self._clock():
                self._carry_out(occurrence, schedule)
            waiting.append(self._next(occurrence))
        return max(0.0, min([IDLE, *(at - self._clock() for at in waiting)]))

    def trouble(self) -> str | None:
        return None

    def report(self) -> list[dict[str, Any]]:
        """The schedules that are to run yet, for `lab status`."""
        with backends.LOCK:
            armed = [item for item in self._armed() if item[0] not in self._ended]
        return [
            {"name": f"{schedule.group_name}/{schedule.name}", "target": schedule.target["Arn"], "at": occurrence.at}
            for occurrence, schedule in sorted(armed, key=lambda item: item[0].at)
        ]

    def stop(self) -> None:
        """The schedules go with the emulator's memory."""

    def _armed(self) -> "list[tuple[Occurrence, Schedule]]":
        if "moto.scheduler.models" not in sys.modules:  # nobody has asked for the service: do not load it
            return []
        found = []
        for group in backends.scheduler(self._settings).schedule_groups.values():
            for schedule in group.schedules.values():
                at = due(schedule.schedule_expression, schedule.schedule_expression_timezone)
                if at is not None and schedule.state == "ENABLED":
                    found.append((Occurrence(schedule.arn, schedule.last_modified_date, at), schedule))
        return found

    def _next(self, occurrence: Occurrence) -> float:
        attempt = self._attempts.get(occurrence)
        return attempt.at if attempt else occurrence.at

    def _carry_out(self, occurrence: Occurrence, schedule: "Schedule") -> None:
        name, target = f"schedule {schedule.group_name}/{schedule.name}", schedule.target["Arn"].rpartition(":::")[2]
        error = self._error(schedule)
        if error is None:
            log.info("%s: called %s", name, target)
        elif self._again(occurrence, schedule.target.get("RetryPolicy") or {}, error):
            log.warning("%s: %s: %s; it will be tried again", name, target, error)
            return
        else:
            log.error("%s: %s failed for good: %s", name, target, error)
        self._end(occurrence, schedule)

    def _error(self, schedule: "Schedule") -> Exception | None:
        """Make the schedule's call; why it failed, or None."""
        target = schedule.target
        if not is_universal(target["Arn"]):
            return InvalidScheduleError("the lab plays universal targets only")
        try:
            wanted = request(target["Arn"], target.get("Input"))
            with backends.LOCK:
                refused = refusal(self._settings, target["RoleArn"], wanted)
            if refused:
                return InvalidScheduleError(refused)
            self._call(wanted)
        except (ClientError, BotoCoreError, InvalidScheduleError) as error:
            return error
        return None

    def _again(self, occurrence: Occurrence, policy: dict[str, int], error: Exception) -> bool:
        """Whether the call is to be made again, and if so, note when."""
        number = self._attempts[occurrence].number if occurrence in self._attempts else 1
        first, longest = BACKOFF
        at = self._clock() + min(longest, first * 2 ** (number - 1))
        late = at - occurrence.at > policy.get("MaximumEventAgeInSeconds", 86400)
        if lasts(error) or late or number > policy.get("MaximumRetryAttempts", 185):
            return False
        self._attempts[occurrence] = Attempt(number + 1, at)
        return True

    def _end(self, occurrence: Occurrence, schedule: "Schedule") -> None:
        self._attempts.pop(occurrence, None)
        self._ended.add(occurrence)
        if schedule.action_after_completion != "DELETE":
            return
        with backends.LOCK:
            group = backends.scheduler(self._settings).schedule_groups.get(schedule.group_name)
            # It may have been put off while it ran.
            there = group is not None and group.schedules.get(schedule.name) is schedule
            if there and schedule.last_modified_date == occurrence.modified:
                group.delete_schedule(schedule.name)


def lasts(error: Exception) -> bool:
    """Whether the same request would be refused again; throttling, faults of the service and the network pass."""
    if not isinstance(error, ClientError):
        return isinstance(error, InvalidScheduleError | ParamValidationError)
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status in LASTING and not code.startswith(("Throttl", "TooManyRequests", "RequestLimit"))
