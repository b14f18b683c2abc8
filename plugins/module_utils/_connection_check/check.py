# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A check from beginning to end: where the tasks are, a task there, what it said."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection_check import verdict
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.calls import Calls
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.model import (
    Answer,
    ConnectionCheckError,
    Place,
    Question,
    started_by,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.revision import derive, log_stream
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import stop_reason
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tasks import exit_code
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks

LOGS_WITHIN = 15.0
"""Seconds in which a stopped task's last lines come to CloudWatch Logs: usually five."""

NO_SERVICE = "there is no service yet that it could be checked from: run site.yml with the component ecs first."
NO_IMAGE = "the service still waits for its first image: push one, then run again."
NOT_STARTED_YET = "not seen yet"


@dataclass(frozen=True)
class Run:
    """A task that was started or found again, and what it was asked."""

    asked: Question
    place: Place
    version_id: str
    task_arn: str


class Check:
    """Checks a connection, by a clock and a sleeper that tests replace."""

    def __init__(
        self,
        calls: Calls,
        teller: Teller,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls, self._teller, self._clock, self._sleep = calls, teller, clock, sleep

    def __call__(self, asked: Question, *, only_plan: bool = False) -> Answer:
        """What was found; with `only_plan` nothing is run.

        Raises ConnectionCheckError where the database cannot be used, or CalstackError.
        """
        with doing("looking at where the tasks are"):
            place = self._calls.place(asked)
        if place is None or not place.image:
            return Answer(False, NO_IMAGE if place else NO_SERVICE)
        if only_plan:
            where = f"from {place.colour}'s subnets, with {short_image(place.image)}"
            return Answer(False, f"check mode: it would be checked {where}.", image=place.image)
        if asked.secret_arn == KNOWN_AFTER_APPLY:
            return Answer(False, "there is no secret yet: it has only been planned.")
        with doing(f"looking at the secret {asked.secret_arn}"):
            version_id = self._calls.version_id(asked)
        try:
            run = Run(asked, place, version_id, self._start(asked, place, version_id))
            self._wait(run)
            answer = self._judge(run)
        except BaseException:
            with suppress(CalstackError):
                self._tidy()
            raise
        return replace(answer, notes=self._tidied())

    def _start(self, asked: Question, place: Place, version_id: str) -> str:
        tag = started_by(asked, version_id, place)
        with doing("looking for the task of a run that was killed"):
            found = self._calls.running(tag)
        if found:
            return found
        with doing(f"registering a task definition in {self._calls.family}"):
            revision = self._calls.register(derive(place, self._calls.family, asked))
        self._teller.line(f"checking the database from {place.colour}'s subnets with {short_image(place.image)}")
        with doing("starting the check's task"):
            return self._calls.run(revision, place.network, tag)

    def _wait(self, run: Run) -> None:
        start = self._clock()

        def state() -> str:
            task = self._look(run) or {}
            seen = str(task["lastStatus"]) if task else NOT_STARTED_YET
            self._teller.status(f"the check's task is {seen}, {self._clock() - start:.0f} s so far")
            return seen

        task = Wait("the check's task", state, ("STOPPED",), seconds=run.asked.timeout, every=2.0)
        try:
            wait(task, self._clock, self._sleep)
        except NotReadyError as error:
            with doing("stopping the check's task"):
                self._calls.stop(run.task_arn)
            seen = str(error).partition(". ")[0]
            raise ConnectionCheckError(
                f"{_about(run, 'could not be checked')}: {seen}. It has been stopped. One that is not RUNNING by then "
                f"waits for its image or for ECS: look at it in the console, or give it longer (atlas_check_timeout)."
            ) from error

    def _look(self, run: Run) -> Any:
        with doing("looking at the check's task"):
            return self._calls.task(run.task_arn)

    def _judge(self, run: Run) -> Answer:
        task = self._look(run) or {}
        ended = verdict.Ended(exit_code(task), stop_reason(task), self._lines(run, exit_code(task)))
        if not ended.ok:
            verb = "could not be checked" if ended.exit_code is None else "does not work"
            raise ConnectionCheckError(f"{_about(run, verb)}: {verdict.wrong(ended, self._hider(run, ended))}")
        told = verdict.told(ended.lines) or {}
        answer = Answer(
            checked=True,
            host=str(told.get("host", "")),
            server_version=str(told.get("version", "")),
            milliseconds=int(told.get("ms", 0)),
            task_arn=run.task_arn,
            image=run.place.image,
            version_id=run.version_id,
        )
        details = f": {answer.host} is MongoDB {answer.server_version}, {answer.milliseconds} ms" if answer.host else ""
        self._teller.line(f"the database can be used from where the tasks are{details}", "good")
        return answer

    def _lines(self, run: Run, code: int | None) -> tuple[str, ...]:
        stream = log_stream(run.place.base, run.task_arn)
        says_nothing = code is None or (code == 0 and run.asked.command)
        if says_nothing or stream is None:
            return ()
        end = self._clock() + LOGS_WITHIN
        while True:
            with doing(f"reading the log stream {stream[1]}"):
                lines = self._calls.lines(stream)
            if verdict.told(lines) or (lines and run.asked.command) or self._clock() >= end:
                return lines
            self._sleep(1.0)

    def _hider(self, run: Run, ended: verdict.Ended) -> verdict.Hide | None:
        """None where the value that would have to be masked cannot be read."""
        if not ended.lines or verdict.told(ended.lines):
            return None
        try:
            with doing("reading the secret, to mask it in what the task said"):
                value = self._calls.secret_value(run.asked, run.version_id)
        except CalstackError:
            return None
        pieces = masks([value], [])
        return lambda line: verdict.masked(line, pieces)

    def _tidy(self) -> None:
        with doing(f"taking away the task definitions of {self._calls.family}"):
            self._calls.tidy()

    def _tidied(self) -> tuple[str, ...]:
        """What could not be taken away is no reason to call a good connection bad."""
        try:
            self._tidy()
        except CalstackError as error:
            return (str(error),)
        return ()


def _about(run: Run, verb: str) -> str:
    # An ARN ends with six characters of Secrets Manager's own.
    secret = re.sub(r"-[A-Za-z0-9]{6}$", "", run.asked.secret_arn.partition(":secret:")[2] or run.asked.secret_arn)
    task = run.task_arn.rpartition("/")[2]
    return (
        f"{run.asked.key} of the secret {secret} ({run.asked.stage}) {verb} from where the tasks are "
        f"(task {task}, {short_image(run.place.image)})"
    )
