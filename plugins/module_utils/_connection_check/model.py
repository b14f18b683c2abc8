# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is to be checked, from where, and what came of it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection_check.script import command
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, is_placeholder
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import parse

LONGEST = 3600
"""Seconds: a check that takes longer is none."""


class ConnectionCheckError(CalstackError):
    """The database cannot be used from where the tasks are, or nobody could find out."""


@dataclass(frozen=True)
class Question:
    """Which secret's key, at which stage, holds the connection string; `command` and `image` are empty by default."""

    secret_arn: str
    key: str = "MONGO_URI"
    stage: str = "AWSCURRENT"
    database: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    timeout: float = 300.0

    @property
    def argv(self) -> tuple[str, ...]:
        return self.command or command(self.key, self.database)

    @property
    def value_from(self) -> str:
        return f"{self.secret_arn}:{self.key}:{self.stage}:"


@dataclass(frozen=True)
class Place:
    """Where the tasks are: the colour that serves, its newest revision, its service's network, and the image to run."""

    colour: str
    base: Mapping[str, Any]
    network: Mapping[str, Any]
    image: str


@dataclass(frozen=True)
class Answer:
    """What a check has found. Without `checked`, `reason` says why there was none."""

    checked: bool
    reason: str = ""
    host: str = ""
    server_version: str = ""
    milliseconds: int = 0
    task_arn: str = ""
    image: str = ""
    version_id: str = ""
    notes: tuple[str, ...] = field(default=())


def question(params: Mapping[str, Any]) -> Question:
    """The module's options, checked. Raises InputError."""
    asked = Question(
        params["secret_arn"],
        params["key"],
        params["version_stage"],
        params["database"],
        params["image"],
        tuple(params["command"]),
        params["timeout"],
    )
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", asked.key, re.ASCII):
        raise InputError(f"atlas_check_key is {asked.key!r}: it must be the name of an environment variable.")
    if not 1 <= asked.timeout <= LONGEST:
        raise InputError(f"atlas_check_timeout is {asked.timeout}; it must be from 1 to {LONGEST} seconds.")
    return asked


def serving(services: Mapping[str, Mapping[str, Any]], images: Mapping[str, str]) -> str:
    """The colour whose tasks serve, or would first; empty where there is no service.

    `services` are described, `images` those of the revisions they run, both by colour.
    """

    def rank(colour: str) -> tuple[bool, int, int]:
        service = services[colour]
        return not is_placeholder(images[colour]), service["runningCount"], service["desiredCount"]

    return max((colour for colour in COLOURS if colour in services), key=rank, default="")


def image_for(given: str, serves: str) -> str:
    """The image to run: the one `given` in the option, of the repository of the one that `serves`, else that one.

    Empty where there is none yet. Raises InputError.
    """
    if not given:
        return "" if is_placeholder(serves) else serves
    repository, at, _digest = serves.partition("@")
    repository = repository if at else repository.rpartition(":")[0]
    wanted = parse(given, repository, "atlas_check_image")
    return f"{repository}@{wanted.digest}" if wanted.digest else f"{repository}:{wanted.tag}"


def started_by(asked: Question, version_id: str, place: Place) -> str:
    """What a task of just this check is found again by, after a run that was killed: RunTask's startedBy."""
    of_secret = {key: value for key, value in asdict(asked).items() if key != "timeout"}
    all_of_it = json.dumps([of_secret, version_id, place.image, place.base["taskDefinitionArn"]])
    return f"connection-check/{hashlib.sha256(all_of_it.encode()).hexdigest()[:32]}"
