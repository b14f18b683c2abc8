"""What CloudFront refuses about a distribution's configuration, in its words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.aws.cloudfront.config import Config, behaviours, items
from lab.aws.cloudfront.errors import CloudFrontError
from lab.aws.cloudfront.functions import RESPONSE
from lab.aws.cloudfront.policies import Policies

BAD_CERTIFICATE = (
    "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid "
    "certificate chain."
)
NO_CERTIFICATE = (
    "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that "
    "validates your authorization to use the domain name."
)
NOT_COVERED = (
    "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're "
    "trying to add."
)
BOTH_FORMS = "The parameter ForwardedValues cannot be used when a cache policy is associated to the cache behavior."
BAD_FUNCTION = (
    "The specified function associations are not valid: a function must be published to LIVE, and a behaviour can have "
    "one of each event type."
)
REGION = "us-east-1"


@dataclass(frozen=True)
class Checks:
    """`certificate` answers an issued certificate's names, or None; `acls` the ARNs of the web ACLs for CloudFront."""

    policies: Mapping[str, Policies]
    aliases: Callable[[str | None], Iterable[str]]
    """Those of all distributions but the one with this id."""
    certificate: Callable[[str], list[str] | None]
    acls: Callable[[], Iterable[str]]
    is_published: Callable[[str], bool]
    """Whether there is a function with this ARN that is published."""

    def __call__(self, config: Config, itself: str | None) -> None:
        self._origins(config)
        self._policies(config)
        self._functions(config)
        self._aliases(config, itself)
        acl = config["WebACLId"]
        if acl and acl not in set(self.acls()):
            raise CloudFrontError("InvalidWebACLId", f"Web ACL is not accessible by the requester: {acl}")

    def _origins(self, config: Config) -> None:
        known = {origin["Id"] for origin in items(config["Origins"])}
        known |= {group["Id"] for group in items(config["OriginGroups"])}
        if any(behaviour["TargetOriginId"] not in known for behaviour in behaviours(config)):
            raise CloudFrontError("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")

    def _policies(self, config: Config) -> None:
        for behaviour in behaviours(config):
            for member, policies in self.policies.items():
                if identity := behaviour.get(member):
                    policies.get(identity)
            if behaviour.get("CachePolicyId") and "ForwardedValues" in behaviour:
                raise CloudFrontError("InvalidArgument", BOTH_FORMS)
            if not behaviour.get("CachePolicyId") and "ForwardedValues" not in behaviour:
                raise CloudFrontError("InvalidArgument", "The parameter ForwardedValues is required.")

    def _functions(self, config: Config) -> None:
        """The lab's edge plays those that answers pass, and refuses what it would not."""
        for behaviour in behaviours(config):
            events = [item["EventType"] for item in items(behaviour.get("FunctionAssociations"))]
            arns = [item["FunctionARN"] for item in items(behaviour.get("FunctionAssociations"))]
            if len(events) != len(set(events)) or not all(map(self.is_published, arns)):
                raise CloudFrontError("InvalidFunctionAssociation", BAD_FUNCTION)
            if set(events) - {RESPONSE}:
                raise CloudFrontError(
                    "InvalidFunctionAssociation", f"The lab's edge plays functions on {RESPONSE} only."
                )

    def _aliases(self, config: Config, itself: str | None) -> None:
        wanted = items(config["Aliases"])
        arn = config["ViewerCertificate"].get("ACMCertificateArn")
        names = self.certificate(arn) if arn else None
        if arn and (names is None or arn.split(":")[3] != REGION):
            raise CloudFrontError("InvalidViewerCertificate", BAD_CERTIFICATE)
        if wanted and not arn:
            raise CloudFrontError("InvalidViewerCertificate", NO_CERTIFICATE)
        if any(not covers(names or [], alias) for alias in wanted):
            raise CloudFrontError("InvalidViewerCertificate", NOT_COVERED)
        if taken := set(wanted) & set(self.aliases(itself)):
            words = (
                "One or more of the CNAMEs you provided are already associated with a different resource: "
                f"{', '.join(sorted(taken))}"
            )
            raise CloudFrontError("CNAMEAlreadyExists", words)


def covers(names: Iterable[str], alias: str) -> bool:
    """Whether a certificate with these names is good for the alias; a wildcard stands for one label."""
    above = "*." + alias.partition(".")[2]
    return any(name.lower() in (alias.lower(), above.lower()) for name in names)


def aliases_of(distributions: Mapping[str, Any], but: str | None) -> list[str]:
    return [
        alias
        for identity, distribution in distributions.items()
        if identity != but
        for alias in items(distribution.config["Aliases"])
    ]
