"""The three kinds of policies: kept with their versions, managed ones beside the account's own."""

import copy
import secrets
import string
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.aws.cloudfront import managed
from lab.aws.cloudfront.config import count
from lab.aws.cloudfront.errors import CloudFrontError, check_match, no_such

Config = dict[str, Any]

ALPHABET = string.ascii_uppercase + string.digits


def new_id(prefix: str = "E", length: int = 13) -> str:
    """An id or an ETag as CloudFront makes them."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(frozen=True)
class Sort:
    """A kind of policy: CloudFront's names for it, and the member of a behaviour that names one."""

    words: str
    name: str
    plural: str
    member: str
    managed: Mapping[str, Config]

    @property
    def codes(self) -> tuple[str, str]:
        return f"{self.name}AlreadyExists", f"{self.name}InUse"


CACHE = Sort("cache policy", "CachePolicy", "CachePolicies", "CachePolicyId", managed.CACHE)
ORIGIN_REQUEST = Sort(
    "origin request policy",
    "OriginRequestPolicy",
    "OriginRequestPolicies",
    "OriginRequestPolicyId",
    managed.ORIGIN_REQUEST,
)
RESPONSE_HEADERS = Sort(
    "response headers policy",
    "ResponseHeadersPolicy",
    "ResponseHeadersPolicies",
    "ResponseHeadersPolicyId",
    managed.RESPONSE_HEADERS,
)
SORTS = (CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS)


def complete(sort: Sort, config: Config) -> Config:
    """With CloudFront's defaults; https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html."""
    given: Config = count(copy.deepcopy(config))
    given.setdefault("Comment", "")
    if sort is CACHE:
        least = int(given.get("MinTTL", 0))
        given["DefaultTTL"] = int(given.get("DefaultTTL", max(86400, least)))
        given["MaxTTL"] = int(given.get("MaxTTL", max(31536000, given["DefaultTTL"])))
        if not least <= given["DefaultTTL"] <= given["MaxTTL"]:
            raise CloudFrontError("InvalidArgument", "The parameter DefaultTTL must be between MinTTL and MaxTTL.")
    return given


@dataclass
class Policy:
    id: str
    config: Config
    managed: bool = False
    etag: str = field(default_factory=new_id)
    modified: float = field(default_factory=time.time)

    def answer(self, sort: Sort) -> Config:
        modified = datetime.fromtimestamp(self.modified, UTC)
        return {"Id": self.id, "LastModifiedTime": modified, f"{sort.name}Config": self.config}


class Policies:
    """Those of one kind. `users` answers the distributions' configurations that there are now."""

    def __init__(self, sort: Sort, users: Callable[[], Iterator[str]]) -> None:
        self.sort = sort
        self._users = users
        self._kept = {identity: Policy(identity, config, managed=True) for identity, config in sort.managed.items()}

    def get(self, identity: str) -> Policy:
        if identity not in self._kept:
            raise no_such(self.sort.words)
        return self._kept[identity]

    def list(self, kind: str | None) -> Iterator[Policy]:
        """All, or the `managed` or the `custom` ones."""
        return (policy for policy in self._kept.values() if kind is None or policy.managed is (kind == "managed"))

    def create(self, config: Config) -> Policy:
        self._check_name(config["Name"], None)
        policy = Policy(str(uuid.uuid4()), complete(self.sort, config))
        self._kept[policy.id] = policy
        return policy

    def update(self, identity: str, config: Config, if_match: str | None) -> Policy:
        policy = self._own(identity, "IllegalUpdate", if_match)
        self._check_name(config["Name"], identity)
        policy.config, policy.etag, policy.modified = complete(self.sort, config), new_id(), time.time()
        return policy

    def delete(self, identity: str, if_match: str | None) -> None:
        self._own(identity, "IllegalDelete", if_match)
        if identity in set(self._users()):
            words = f"Cannot delete the {self.sort.words} because it is attached to one or more cache behaviors."
            raise CloudFrontError(self.sort.codes[1], words)
        del self._kept[identity]

    def _own(self, identity: str, code: str, if_match: str | None) -> Policy:
        policy = self.get(identity)
        if policy.managed:
            raise CloudFrontError(code, f"You cannot change or delete a managed {self.sort.words}.")
        check_match(if_match, policy.etag)
        return policy

    def _check_name(self, name: str, itself: str | None) -> None:
        if any(policy.config["Name"] == name for policy in self._kept.values() if policy.id != itself):
            raise CloudFrontError(self.sort.codes[0], f"The {self.sort.words} with the name {name} already exists.")
