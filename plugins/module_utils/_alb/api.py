# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What all kinds of Elastic Load Balancing have in common: tags, attributes, absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind, Scope

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    from botocore.exceptions import ClientError

TAGS_A_CALL = 20


def to_list(values: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags or attributes as the API takes them."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def from_list(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair.get("Value", "") for pair in pairs}


def is_attribute(key: str) -> bool:
    """Attributes go by AWS's dotted names; no other property has a dot."""
    return "." in key


def attributes_of(properties: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in properties.items() if is_attribute(key)}


class BalancingKind(Kind):
    """A kind of the service elbv2. It cannot filter by tag, so each is found by its name or place."""

    @property
    def api(self) -> Any:
        return self.clients("elbv2")

    def tags_of(self, arns: Sequence[str]) -> dict[str, dict[str, str]]:
        """The tags of each resource."""
        tags: dict[str, dict[str, str]] = {arn: {} for arn in arns}
        for start in range(0, len(arns), TAGS_A_CALL):
            answer = self.api.describe_tags(ResourceArns=list(arns[start : start + TAGS_A_CALL]))
            tags |= {item["ResourceArn"]: from_list(item["Tags"]) for item in answer["TagDescriptions"]}
        return tags

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.api.add_tags(ResourceArns=[arn], Tags=to_list(tags))

    def call_if_there(self, action: str, *absent: str, **arguments: Any) -> Any:
        """The answer to `action`, or None when it fails with one of the codes that mean absent."""
        try:
            return getattr(self.api, action)(**arguments)
        except ClientError as error:
            if is_absent(error, *absent):
                return None
            raise

    def balancer_arn(self, name: str) -> str | None:
        answer = self.call_if_there("describe_load_balancers", "LoadBalancerNotFound", Names=[name])
        return answer["LoadBalancers"][0]["LoadBalancerArn"] if answer else None

    def listeners_of(self, balancer: str) -> list[dict[str, Any]]:
        """The listeners of the load balancer of that name; none when it is not there or goes meanwhile."""
        arn = self.balancer_arn(balancer)
        if arn is None:
            return []
        try:
            pages = self.api.get_paginator("describe_listeners").paginate(LoadBalancerArn=arn)
            return [item for page in pages for item in page["Listeners"]]
        except ClientError as error:
            if is_absent(error, "LoadBalancerNotFound"):
                return []
            raise


def is_ours(tags: Mapping[str, str], scope: Scope) -> bool:
    return scope.owns(tags)
