"""CloudFront's memory: it lives on moto's backend and goes when the emulator is reset."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lab.aws.cloudfront.checks import Checks, aliases_of
from lab.aws.cloudfront.distributions import Distribution, Distributions
from lab.aws.cloudfront.functions import Function, Functions
from lab.aws.cloudfront.policies import SORTS, Policies, Sort
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.cloudfront.models import CloudFrontBackend


class Store:
    def __init__(
        self, account: str, kept: dict[str, Distribution], functions: dict[str, Function], seconds: float
    ) -> None:
        self.policies = {sort.name: Policies(sort, self._users(sort)) for sort in SORTS}
        checks = Checks(
            policies={policies.sort.member: policies for policies in self.policies.values()},
            aliases=lambda but: aliases_of(kept, but),
            certificate=lambda arn: certificate_names(account, arn),
            acls=lambda: web_acls(account),
            is_published=lambda arn: self.functions.live(arn) is not None,
        )
        self.distributions = Distributions(account, kept, checks, seconds)
        self.functions = Functions(account, functions, self.distributions.functions_in_use)

    def _users(self, sort: Sort) -> Any:
        def users() -> Iterator[str]:
            return self.distributions.policies_in_use(sort.member)

        return users


def store_of(backend: "CloudFrontBackend", settings: Settings) -> Store:
    memory: dict[str, Any] = vars(backend)
    if "lab_store" not in memory:
        # moto's own tagging API looks for distributions and functions under these names.
        kept = memory["distributions"], memory["functions"]
        memory["lab_store"] = Store(backend.account_id, *kept, settings.edge_seconds)
    store: Store = memory["lab_store"]
    return store


def certificate_names(account: str, arn: str) -> list[str] | None:
    """The names of a certificate of ACM's that is issued, else None."""
    from moto.acm.models import acm_backends

    region = arn.split(":")[3]
    bundle = acm_backends[account][region]._certificates.get(arn)
    if bundle is None:
        return None
    bundle.check()
    return list(bundle.sans) if bundle.status == "ISSUED" else None


def web_acls(account: str) -> list[str]:
    """The ARNs of the web ACLs with the scope CLOUDFRONT."""
    if "moto.wafv2.models" not in sys.modules:
        return []
    from moto.wafv2.models import wafv2_backends

    return [acl.arn for backend in wafv2_backends[account].values() for acl in backend.wacls.values()]
