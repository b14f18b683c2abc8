# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What people elsewhere are told of a release, in words and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ansible_collections.calstack.aws.plugins.module_utils._core.words import clean
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release

What = Literal["started", "paused", "promoted", "rolled_back", "failed"]
"""`failed`: it could not be rolled back."""

SUBJECT_LIMIT = 99
"""SNS takes less than 100 characters: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

REASON_LIMIT = 2_000
"""Characters: a chat shows little more, and SNS takes 256 KiB in all."""


@dataclass(frozen=True)
class Notification:
    """`next_command` is what people may want to run now, as `words.advice` gives it; empty: none."""

    what: What
    release: Release
    reason: str = ""
    next_command: str = ""


def subject(told: Notification) -> str:
    """One line for a mail's subject, printable ASCII: not every mail reader shows the rest of Unicode there."""
    short = {
        "started": "has started",
        "paused": "is paused",
        "promoted": "is promoted",
        "rolled_back": "was rolled back",
        "failed": "COULD NOT BE ROLLED BACK",
    }[told.what]
    line = f"{told.release.stack}: {_attempt(told.release)} {short}"
    return clean(line).encode("ascii", "replace").decode()[:SUBJECT_LIMIT]


def text(told: Notification) -> str:
    """The whole story, lines of any length."""
    return "\n".join(_lines(told))


def payload(told: Notification) -> dict[str, str | int]:
    """For a webhook: Slack, Mattermost and Teams show `text`, programs read the rest."""
    release = told.release
    return {
        "text": text(told),
        "event": told.what,
        "release": release.id,
        "kind": release.kind,
        "stack": release.stack,
        "label": release.label,
        "image": release.image,
        "stable": release.stable,
        "candidate": release.candidate,
        "candidate_weight": release.weight,
        "reason": _reason(told),
        "next_command": told.next_command,
        "by": release.by,
    }


def _lines(told: Notification) -> Iterator[str]:
    release = told.release
    yield f"{release.stack}: {_attempt(release)} {_state(told)}."
    if reason := _reason(told):
        yield f"Reason: {reason}"
    yield f"Image: {short_image(release.stable_image)} -> {short_image(release.image)}"
    yield f"Release: {release.id}" + (f", by {release.by}" if release.by else "")
    if told.next_command:
        yield f"{_purpose(told.what)}: {told.next_command}"


def _attempt(release: Release) -> str:
    name = release.label or short_image(release.image)
    return f"the rollback to {name}" if release.kind == "rollback" else f"the release of {name}"


def _state(told: Notification) -> str:
    release = told.release
    match told.what:
        case "started":
            return f"has started: {release.candidate} is to take over from {release.stable}"
        case "paused":
            return f"is paused, with {release.weight} % of the requests on {release.candidate}"
        case "promoted":
            return f"is promoted: {release.candidate} serves all requests"
        case "rolled_back":
            return f"was rolled back: {release.stable} serves all requests"
        case "failed":
            return f"could not be rolled back: {release.candidate} may still serve users, somebody must look now"


def _purpose(what: What) -> str:
    """What the next command is for."""
    match what:
        case "paused":
            return "To go on"
        case "promoted":
            return "To go back"
    return "To look"


def _reason(told: Notification) -> str:
    words = clean(told.reason)
    return words if len(words) <= REASON_LIMIT else f"{words[:REASON_LIMIT]}…"
