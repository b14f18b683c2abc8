"""CloudFront functions: the code that is worked on, and the code that is published and answers requests.

They are kept where moto keeps its own: its tagging API looks for them there.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from lab.aws.cloudfront.config import Config, items
from lab.aws.cloudfront.errors import CloudFrontError, check_match, no_such
from lab.aws.cloudfront.player import UnplayableError, play
from lab.aws.cloudfront.policies import new_id

DEVELOPMENT, LIVE = "DEVELOPMENT", "LIVE"
RESPONSE = "viewer-response"
LARGEST = 10 * 1024
"""Bytes of code; https://docs.aws.amazon.com/general/latest/gr/cf_region.html"""
RUNTIMES = ("cloudfront-js-1.0", "cloudfront-js-2.0")


@dataclass(frozen=True)
class Version:
    config: Config
    code: bytes
    etag: str = field(default_factory=new_id)
    modified: float = field(default_factory=time.time)


@dataclass
class Function:
    name: str
    arn: str
    stages: dict[str, Version]
    created: float = field(default_factory=time.time)

    def stage(self, name: str | None) -> Version:
        """The one that is worked on unless another is asked for."""
        version = self.stages.get(name or DEVELOPMENT)
        if version is None:
            raise no_such("function")
        return version

    def summary(self, stage: str | None, *, used: bool) -> Config:
        version, shown = self.stage(stage), stage or DEVELOPMENT
        published = "DEPLOYED" if used else "UNASSOCIATED"
        return {
            "Name": self.name,
            "Status": published if shown == LIVE else "UNPUBLISHED",
            "FunctionConfig": version.config,
            "FunctionMetadata": {
                "FunctionARN": self.arn,
                "Stage": shown,
                "CreatedTime": datetime.fromtimestamp(self.created, UTC),
                "LastModifiedTime": datetime.fromtimestamp(version.modified, UTC),
            },
        }


class Functions:
    """All of them. `users` answers the ARNs that distributions name, as long as the edge may still follow them."""

    def __init__(self, account: str, kept: dict[str, Function], users: Callable[[], Iterator[str]]) -> None:
        self._account = account
        self.kept = kept
        self._users = users

    def get(self, name: str) -> Function:
        if name not in self.kept:
            raise no_such("function")
        return self.kept[name]

    def live(self, arn: str) -> Version | None:
        """The published version of the one with this ARN."""
        found = next((function for function in self.kept.values() if function.arn == arn), None)
        return found.stages.get(LIVE) if found else None

    def summary(self, function: Function, stage: str | None) -> Config:
        return function.summary(stage, used=function.arn in set(self._users()))

    def create(self, name: str, config: Config, code: bytes) -> Function:
        if name in self.kept:
            words = (
                "The function name that you are using to create a function is associated with another function. "
                f"Already exists: {name}"
            )
            raise CloudFrontError("FunctionAlreadyExists", words)
        made = Function(
            name, f"arn:aws:cloudfront::{self._account}:function/{name}", {DEVELOPMENT: version(config, code)}
        )
        self.kept[name] = made
        return made

    def update(self, name: str, config: Config, code: bytes, if_match: str | None) -> Function:
        function = self.get(name)
        check_match(if_match, function.stage(DEVELOPMENT).etag)
        function.stages[DEVELOPMENT] = version(config, code)
        return function

    def publish(self, name: str, if_match: str | None) -> Function:
        """At once everywhere. What the lab's edge cannot play is refused here: AWS would take it."""
        function = self.get(name)
        worked_on = function.stage(DEVELOPMENT)
        check_match(if_match, worked_on.etag)
        try:
            play(worked_on.code)
        except UnplayableError as error:
            words = (
                f"The lab cannot play the function {name}: {error}. Its edge plays functions on {RESPONSE} that set or "
                "remove headers by the status alone (lab/aws/cloudfront/player.py)."
            )
            raise CloudFrontError("InvalidArgument", words) from error
        function.stages[LIVE] = replace(worked_on, etag=new_id(), modified=time.time())
        return function

    def delete(self, name: str, if_match: str | None) -> None:
        function = self.get(name)
        check_match(if_match, function.stage(DEVELOPMENT).etag)
        if function.arn in set(self._users()):
            words = "Cannot delete the function, it is in use by one or more distributions."
            raise CloudFrontError("FunctionInUse", words)
        del self.kept[name]


def version(config: Config, code: bytes) -> Version:
    if len(code) > LARGEST:
        raise CloudFrontError("FunctionSizeLimitExceeded", f"The function's code exceeds {LARGEST} bytes.")
    if config.get("Runtime") not in RUNTIMES:
        raise CloudFrontError("InvalidArgument", f"The runtime {config.get('Runtime')} is not supported.")
    return Version(config, code)


def associated(behaviour: Config) -> list[Config]:
    """The functions of a behaviour, each an ARN with the event."""
    return items(behaviour.get("FunctionAssociations"))


def response_function(behaviour: Config) -> str | None:
    """The ARN of the one that its answers pass."""
    return next((one["FunctionARN"] for one in associated(behaviour) if one["EventType"] == RESPONSE), None)
