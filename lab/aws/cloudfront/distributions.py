"""Distributions and their invalidations: what is asked for, and since when the edge knows it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lab.aws.cloudfront.config import Config, behaviours, complete, items, listing
from lab.aws.cloudfront.errors import CloudFrontError, check_match, no_such
from lab.aws.cloudfront.policies import new_id

INVALIDATION_SHARE = 0.5
"""Of the time that a distribution takes to be deployed."""
SUMMARY = (
    "Aliases",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
)


@dataclass(frozen=True)
class Invalidation:
    id: str
    reference: str
    paths: tuple[str, ...]
    created: float
    done_at: float

    def answer(self, now: float) -> Config:
        return {
            "Id": self.id,
            "Status": "Completed" if now >= self.done_at else "InProgress",
            "CreateTime": datetime.fromtimestamp(self.created, UTC),
            "InvalidationBatch": {"Paths": listing(list(self.paths)), "CallerReference": self.reference},
        }


@dataclass(frozen=True)
class Deployment:
    """A configuration and when the edge has it."""

    config: Config = field(repr=False)
    at: float


@dataclass
class Distribution:
    id: str
    arn: str
    domain_name: str
    deployments: list[Deployment] = field(repr=False)
    """The newest last; older ones only while the edge still follows them."""
    etag: str
    modified: float
    number: int
    """Which of the lab's edge addresses it has."""
    invalidations: list[Invalidation] = field(default_factory=list)

    @property
    def config(self) -> Config:
        """The configuration that was asked for last."""
        return self.deployments[-1].config

    def deployed(self, now: float) -> Config | None:
        """The configuration that the edge follows; None before the first is there."""
        ready = [deployment for deployment in self.deployments if deployment.at <= now]
        return ready[-1].config if ready else None

    def status(self, now: float) -> str:
        return "Deployed" if now >= self.deployments[-1].at else "InProgress"

    def answer(self, now: float) -> Config:
        nobody = {"Enabled": False, "Quantity": 0}
        return {
            "Id": self.id,
            "ARN": self.arn,
            "Status": self.status(now),
            "LastModifiedTime": datetime.fromtimestamp(self.modified, UTC),
            "InProgressInvalidationBatches": sum(item.done_at > now for item in self.invalidations),
            "DomainName": self.domain_name,
            "ActiveTrustedSigners": nobody,
            "ActiveTrustedKeyGroups": nobody,
            "DistributionConfig": self.config,
            "AliasICPRecordals": [
                {"CNAME": alias, "ICPRecordalStatus": "APPROVED"} for alias in items(self.config["Aliases"])
            ],
        }

    def summary(self, now: float) -> Config:
        whole = self.answer(now)
        kept = {name: whole[name] for name in ("Id", "ARN", "Status", "LastModifiedTime", "DomainName")}
        return {**kept, "ETag": self.etag, **{name: self.config[name] for name in SUMMARY}}


class Distributions:
    """All of them. `check` raises what CloudFront refuses about a configuration; `seconds` is a deployment's time."""

    def __init__(
        self,
        account: str,
        kept: dict[str, Distribution],
        check: Callable[[Config, str | None], None],
        seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._account = account
        self.kept = kept
        self._check = check
        self._seconds = seconds
        self.clock = clock

    def get(self, identity: str) -> Distribution:
        if identity not in self.kept:
            raise no_such("distribution")
        return self.kept[identity]

    def policies_in_use(self, member: str) -> Iterator[str]:
        """The policies that behaviours name in this member."""
        for distribution in self.kept.values():
            for behaviour in behaviours(distribution.config):
                if identity := behaviour.get(member):
                    yield identity

    def functions_in_use(self) -> Iterator[str]:
        """The functions that behaviours name, as long as the edge may still follow the configuration."""
        now = self.clock()
        for distribution in self.kept.values():
            deployed = distribution.status(now) == "Deployed"
            for deployment in distribution.deployments[-1 if deployed else 0 :]:
                for behaviour in behaviours(deployment.config):
                    yield from (item["FunctionARN"] for item in items(behaviour.get("FunctionAssociations")))

    def create(self, config: Config) -> Distribution:
        reference = config["CallerReference"]
        for other in self.kept.values():
            if other.config["CallerReference"] == reference:
                words = (
                    "The caller reference that you are using to create a distribution is associated with another "
                    f"distribution. Already exists: {other.id}"
                )
                raise CloudFrontError("DistributionAlreadyExists", words)
        whole, now, identity = complete(config), self.clock(), new_id()
        self._check(whole, None)
        made = Distribution(
            id=identity,
            arn=f"arn:aws:cloudfront::{self._account}:distribution/{identity}",
            domain_name=f"{new_id('d', 13).lower()}.cloudfront.net",
            deployments=[Deployment(whole, now + self._seconds)],
            etag=new_id(),
            modified=now,
            number=self._free_number(),
        )
        self.kept[identity] = made
        return made

    def _free_number(self) -> int:
        taken = {distribution.number for distribution in self.kept.values()}
        for number in range(1, 255):
            if number not in taken:
                return number
        raise CloudFrontError("TooManyDistributions", "The lab has no more addresses for distributions")

    def update(self, identity: str, config: Config, if_match: str | None) -> Distribution:
        distribution = self.get(identity)
        check_match(if_match, distribution.etag)
        whole, now = complete(config), self.clock()
        if whole["CallerReference"] != distribution.config["CallerReference"]:
            raise CloudFrontError("IllegalUpdate", "The update contains modifications that are not allowed.")
        self._check(whole, identity)
        live = [deployment for deployment in distribution.deployments if deployment.at <= now][-1:]
        distribution.deployments = [*live, Deployment(whole, now + self._seconds)]
        distribution.etag, distribution.modified = new_id(), now
        return distribution

    def delete(self, identity: str, if_match: str | None) -> None:
        distribution = self.get(identity)
        check_match(if_match, distribution.etag)
        if distribution.config["Enabled"] or distribution.status(self.clock()) != "Deployed":
            words = "The distribution you are trying to delete has not been disabled."
            raise CloudFrontError("DistributionNotDisabled", words)
        del self.kept[identity]

    def invalidate(self, identity: str, reference: str, paths: list[str]) -> Invalidation:
        """The same batch with the reference of a former one is that one; another batch with it is refused."""
        distribution, now = self.get(identity), self.clock()
        for path in paths:
            if not path.startswith("/") or "*" in path[:-1]:
                raise CloudFrontError(
                    "InvalidArgument", f"Your request contains one or more invalid invalidation paths: {path}"
                )
        for known in distribution.invalidations:
            if known.reference == reference:
                if sorted(known.paths) == sorted(paths):
                    return known
                words = "Your request contains a caller reference that was used for a previous invalidation batch."
                raise CloudFrontError("InvalidArgument", words)
        done = now + self._seconds * INVALIDATION_SHARE
        made = Invalidation(new_id("I"), reference, tuple(paths), now, done)
        distribution.invalidations.append(made)
        return made

    def invalidation(self, identity: str, wanted: str) -> Invalidation:
        for known in self.get(identity).invalidations:
            if known.id == wanted:
                return known
        raise no_such("invalidation")
