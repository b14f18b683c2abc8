# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The distribution."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns.cloudfront import items
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.distribution_config import (
    described,
    merged,
    response_functions,
)
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import (
    DISTRIBUTION,
    SECRET_KEY,
    distribution_name,
    static_function,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._secrets import api as secrets
from ansible_collections.calstack.aws.plugins.module_utils._secrets.model import parsed

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    from botocore.exceptions import ClientError

DEPLOYED = "Deployed"
GONE = "gone"
NO_DISTRIBUTION = "NoSuchDistribution"

DEPLOYS_WITHIN = 1800.0
"""Seconds: usually three to five minutes."""


class Distribution(EdgeKind):
    """Found by its comment, then by its tags. Every change names the version (ETag) that was read."""

    kind = DISTRIBUTION

    @property
    def _api(self) -> Any:
        return self.context.edge("cloudfront")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = {item.name for item in wanted}
        name = distribution_name(self.scope.stack)
        pages = self._api.get_paginator("list_distributions").paginate()
        listed = [item for page in pages for item in items(page["DistributionList"]) if item.get("Comment") == name]
        if not listed:
            return []
        secret = self._secret()
        found = [item for summary in listed if (item := self._read(summary, secret, names))]
        return [item for item in found if item.name in names or self.scope.owns(item.properties["tags"])]

    def _read(self, summary: Mapping[str, Any], secret: str | None, names: Iterable[str]) -> Found | None:
        tags = self._tags(summary["ARN"])
        answer = unless_absent(lambda: self._api.get_distribution_config(Id=summary["Id"]), NO_DISTRIBUTION)
        if answer is None:
            return None
        properties = described(answer["DistributionConfig"], secret)
        properties["web_acl"] = self._web_acl(str(properties["web_acl"]))
        properties["behaviours"] = tuple(
            {**item, "response_function": self._function(item["response_function"])}
            for item in properties["behaviours"]
        )
        return Found(
            DISTRIBUTION,
            distribution_name(self.scope.stack),
            summary["Id"],
            {**properties, "tags": tags},
            _known(summary),
        )

    def _web_acl(self, arn: str) -> str:
        """One that others have put there (a firewall manager) stays where we want none: it counts as none."""
        ours = f"/webacl/{distribution_name(self.scope.stack)}/"
        return arn if ours in arn or self.context.web_acl else ""

    def _function(self, arn: str) -> str:
        """One that others have put there likewise."""
        ours = arn.endswith(f":function/{static_function(self.scope.stack)}")
        return arn if ours or self.context.static_function else ""

    def _tags(self, arn: str) -> dict[str, str]:
        answer = self._api.list_tags_for_resource(Resource=arn)
        return {tag["Key"]: tag.get("Value", "") for tag in items(answer["Tags"])}

    def _secret(self) -> str | None:
        """The value of the origin's header as it is now; None where there is none yet."""
        if not self.context.origin_secret:
            return None
        client = self.clients("secretsmanager")
        try:
            answer = client.get_secret_value(SecretId=self.context.origin_secret, VersionStage=secrets.CURRENT)
        except ClientError as error:
            # A secret that waits to be deleted has no value to be read.
            if is_absent(error, secrets.ABSENT, "InvalidRequestException"):
                return None
            raise
        value = parsed(answer["Name"], answer.get("SecretString")).get(SECRET_KEY)
        self.context.hide([value], [answer["Name"], answer["ARN"]])
        return str(value) if value else None

    def _needed_secret(self) -> str:
        secret = self._secret()
        if secret is None:
            raise CalstackError(
                f"the secret {self.context.origin_secret} holds no {SECRET_KEY}, by which the balancer knows the "
                f"distribution. Delete it to have one generated, or put one in."
            )
        return secret

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        config = merged({"CallerReference": uuid.uuid4().hex}, properties, self._needed_secret())
        tags = {"Items": [{"Key": key, "Value": value} for key, value in properties["tags"].items()]}
        answer = self._api.create_distribution_with_tags(
            DistributionConfigWithTags={"DistributionConfig": config, "Tags": tags}
        )
        item = answer["Distribution"]
        return Found(DISTRIBUTION, name, item["Id"], properties, _known(item))

    def settle(self, found: Found) -> Found:
        """Nobody is sent to it before it is everywhere."""
        self._until_deployed(found)
        return found

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if changed.keys() - {"tags"}:
            self._write(
                found, lambda config: merged(config, self._with_others(config, properties), self._needed_secret())
            )
            if self.context.waits:
                self._until_deployed(found)
        if "tags" in changed:
            tags = {"Items": [{"Key": key, "Value": value} for key, value in changed["tags"].items()]}
            self._api.tag_resource(Resource=found.attributes["arn"], Tags=tags)

    def _with_others(self, config: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        """Where we want no web ACL, or no function, somebody else's stays."""
        there = str(config.get("WebACLId", ""))
        functions = response_functions(config)
        return {
            **properties,
            "web_acl": properties["web_acl"] or ("" if self._web_acl(there) else there),
            "behaviours": tuple(
                {**item, "response_function": item["response_function"] or self._foreign(functions.get(item["path"]))}
                for item in properties["behaviours"]
            ),
        }

    def _foreign(self, arn: str | None) -> str:
        return arn if arn and not self._function(arn) else ""

    def _write(self, found: Found, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
        answer = self._api.get_distribution_config(Id=found.id)
        config = change(answer["DistributionConfig"])
        self._api.update_distribution(Id=found.id, IfMatch=answer["ETag"], DistributionConfig=config)

    def _until_deployed(self, found: Found) -> None:
        self.context.until(
            f"distribution {found.name}", lambda: self._status(found), DEPLOYED, broken=(GONE,), seconds=DEPLOYS_WITHIN
        )

    def _status(self, found: Found) -> str:
        answer = unless_absent(lambda: self._api.get_distribution(Id=found.id), NO_DISTRIBUTION)
        return str(answer["Distribution"]["Status"]) if answer else GONE

    def delete(self, found: Found) -> None:
        """Disabled first, everywhere: CloudFront deletes none that may still answer."""
        unless_absent(lambda: self._disable(found), NO_DISTRIBUTION)
        if self._status(found) == GONE:
            return
        self._until_deployed(found)

        def gone() -> None:
            etag = self._api.get_distribution_config(Id=found.id)["ETag"]
            self._api.delete_distribution(Id=found.id, IfMatch=etag)

        unless_absent(gone, NO_DISTRIBUTION)

    def _disable(self, found: Found) -> None:
        if self._api.get_distribution_config(Id=found.id)["DistributionConfig"]["Enabled"]:
            self._write(found, lambda config: {**config, "Enabled": False})


def _known(item: Mapping[str, Any]) -> dict[str, str]:
    return {"arn": item["ARN"], "dns_name": item["DomainName"]}
