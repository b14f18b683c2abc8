"""WAF: a web ACL that a distribution has cannot be deleted, and is one of the stack's resources."""

import sys
from collections.abc import Callable

from moto.wafv2.models import WAFV2Backend

from lab.aws.patching import wrap
from lab.settings import Settings


def apply(_: Settings) -> None:
    associations()


def associations() -> None:
    """DeleteWebACL refuses one that a distribution names; in moto nothing is associated with CloudFront."""
    from moto.core.exceptions import JsonRESTError

    @wrap(WAFV2Backend, "delete_web_acl")
    def delete(
        original: Callable[..., None], backend: WAFV2Backend, name: str, scope: str, _id: str, lock_token: str
    ) -> None:
        acl = next((item for item in backend.wacls.values() if item.id == _id and item.name == name), None)
        if acl is not None and acl.arn in acls_of_distributions(backend.account_id):
            words = "AWS WAF couldn't perform the operation because your resource is being used by another resource."
            raise JsonRESTError("WAFAssociatedItemException", words)
        original(backend, name, scope, _id, lock_token)


def acls_of_distributions(account: str) -> set[str]:
    if "moto.cloudfront.models" not in sys.modules:
        return set()
    from moto.cloudfront.models import cloudfront_backends

    return {
        item.config["WebACLId"]
        for backend in cloudfront_backends[account].values()
        for item in vars(backend)["distributions"].values()
    }
