# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Releases and their events as plain data and back: what the table, the progress file and the report hold. Pure.

Versions of the collection read each other's records: keys of a later one are ignored, and what an earlier one did not
write takes its default.
"""

from __future__ import annotations

import time
from calendar import timegm
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    OneOff,
    Pace,
    Phase,
    Release,
    Request,
    Scaling,
    Step,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event

ID_FORMAT = "%Y%m%d-%H%M%S"


def next_id(now: float, latest: str = "") -> str:
    """The id of a release that begins `now`, in UTC: 20261122-141838.

    Ids sort by time, which is the order of the history. Where the clock is not ahead of `latest`, the id of the newest
    release so far, the new id is a second later than that one.
    """
    with suppress(ValueError):  # there is none yet, or it was named by hand
        now = max(now, timegm(time.strptime(latest, ID_FORMAT)) + 1.0)
    return time.strftime(ID_FORMAT, time.gmtime(now))


def plain(value: Any) -> Any:
    """Dataclasses, mappings and tuples as dictionaries and lists of strings, numbers, booleans and None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{value!r} is not plain data")


def from_release(release: Release) -> dict[str, Any]:
    return dict(plain(release))


def to_release(data: Mapping[str, Any]) -> Release:
    """Raises CalstackError where the record is damaged or says what only a later version understands."""
    words = f"the record of release {data.get('id', '(without an id)')}"
    given = _known(Release, data, words)
    try:
        readers: dict[str, Callable[[Any], Any]] = {
            "phase": Phase,
            "pace": lambda pace: Pace(**_known(Pace, pace, words)),
            "steps": lambda steps: tuple(Step(**_known(Step, step, words)) for step in steps),
            "one_offs": lambda tasks: tuple(_one_off(task, words) for task in tasks),
            "one_offs_done": tuple,
            "scaling": lambda scaling: {
                colour: Scaling(**_known(Scaling, item, words)) for colour, item in scaling.items()
            },
        }
        return Release(**given | {key: read(given[key]) for key, read in readers.items() if key in given})
    except (TypeError, ValueError, AttributeError) as error:
        raise CalstackError(
            f"{words} cannot be read: {error}. If a later version of calstack.aws wrote it, update this one."
        ) from error


def from_event(event: Event) -> dict[str, Any]:
    return dict(plain(event))


def to_event(data: Mapping[str, Any]) -> Event:
    return Event(**_known(Event, data, "an event of a release"))


def from_request(request: Request) -> dict[str, Any]:
    return dict(plain(request))


def to_request(data: Mapping[str, Any]) -> Request:
    return Request(**_known(Request, data, "a request to a release"))


def _one_off(data: Mapping[str, Any], words: str) -> OneOff:
    given = _known(OneOff, data, words)
    return OneOff(**given | {"command": tuple(given["command"])})


def _known(kind: type[Any], data: Mapping[str, Any], words: str) -> dict[str, Any]:
    """What `kind` has fields for. Raises CalstackError where one is missing that has no default."""
    missing = [
        field.name
        for field in fields(kind)
        if field.name not in data and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise CalstackError(f"{words} cannot be read: it lacks {', '.join(missing)}. It was changed by hand.")
    return {field.name: data[field.name] for field in fields(kind) if field.name in data}
