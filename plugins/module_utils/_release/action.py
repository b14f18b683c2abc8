# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a release does to AWS: one dataclass a call, each harmless when it is done twice. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._release.model import OneOff, Scaling


@dataclass(frozen=True)
class SetWeights:
    """ModifyRule of the production rule; a colour that is left out is not named by it any more."""

    weights: Mapping[str, int]
    stickiness: int = 0

    def __str__(self) -> str:
        shares = " / ".join(f"{colour} {weight} %" for colour, weight in self.weights.items())
        return f"set the production rule to {shares}"


@dataclass(frozen=True)
class SetTestRule:
    colour: str

    def __str__(self) -> str:
        return f"point the test rule to {self.colour}"


@dataclass(frozen=True)
class RegisterRevision:
    """The candidate's task definition: `base`'s settings with `image`, in the family of `colour`.

    The newest revision is taken where it is the same already. Its ARN becomes the release's `task_definition`.
    """

    colour: str
    base: str
    image: str

    def __str__(self) -> str:
        return f"register {self.colour}'s task definition"


@dataclass(frozen=True)
class UpdateService:
    """`task_definition` empty: the one it has."""

    colour: str
    desired: int
    task_definition: str = ""

    def __str__(self) -> str:
        what = f" of {self.task_definition.rpartition('/')[2]}" if self.task_definition else ""
        return f"set {self.colour} to {self.desired} task{'' if self.desired == 1 else 's'}{what}"


@dataclass(frozen=True)
class SetScaling:
    """RegisterScalableTarget: the minimum and the suspensions; the maximum is the site's."""

    colour: str
    scaling: Scaling

    def __str__(self) -> str:
        held = "held" if self.scaling.scale_in else "free"
        return f"set {self.colour}'s least number of tasks to {self.scaling.minimum}, scale-in {held}"


@dataclass(frozen=True)
class RunOneOff:
    """RunTask with the candidate's revision, in its network; found again by `startedBy`."""

    release: str
    colour: str
    task_definition: str
    one_off: OneOff

    def __str__(self) -> str:
        return f"run {self.one_off.name}"


@dataclass(frozen=True)
class StopOneOff:
    arn: str

    def __str__(self) -> str:
        return f"stop the task {self.arn.rpartition('/')[2]}"


@dataclass(frozen=True)
class ArmDeadMan:
    """A one-time schedule that sets the production rule to `stable` only at `at`, unless it is moved or disarmed."""

    stable: str
    at: float

    def __str__(self) -> str:
        return "arm the dead-man switch"


@dataclass(frozen=True)
class DisarmDeadMan:
    def __str__(self) -> str:
        return "disarm the dead-man switch"


@dataclass(frozen=True)
class ScheduleRetirement:
    """One-time schedules that at `at` stop the tasks of `colour` and then restore `scaling`."""

    colour: str
    at: float
    scaling: Scaling

    def __str__(self) -> str:
        return f"schedule the retirement of {self.colour}"


@dataclass(frozen=True)
class CancelRetirement:
    def __str__(self) -> str:
        return "cancel a scheduled retirement"


@dataclass(frozen=True)
class KeepImage:
    """Tag the image `released-ID`, which the repository's lifecycle rule keeps."""

    image: str
    release: str

    def __str__(self) -> str:
        return "mark the image as released"


Action = (
    SetWeights
    | SetTestRule
    | RegisterRevision
    | UpdateService
    | SetScaling
    | RunOneOff
    | StopOneOff
    | ArmDeadMan
    | DisarmDeadMan
    | ScheduleRetirement
    | CancelRetirement
    | KeepImage
)
