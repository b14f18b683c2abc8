# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The repository and what hangs on it, as ECR's API has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import (
    Clients,
    Kind,
    Scope,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecr import model, policy


class Repository(Kind):
    """A repository with its images. The first push may have made it, without a tag: then it is taken over.

    Only the repository wanted is read while the component is present: one that the variable named before keeps its
    images until the component goes.
    """

    kind = model.REPOSITORY
    fixed = frozenset({"encryption"})
    adopts = True

    def __init__(self, clients: Clients, scope: Scope, repository: str, keep_images: int) -> None:
        super().__init__(clients, scope)
        self._repository = repository
        self._keep_images = keep_images

    @property
    def _ecr(self) -> Any:
        return self.clients("ecr")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = [item.name for item in wanted]
        if names:
            return [found for name in names if (found := self._describe(name))]
        # The tag look-up lags behind a repository just made, and still lists one just deleted.
        ours = [found for name in {self._repository, *self._tagged()} if (found := self._describe(name))]
        return sorted((found for found in ours if self.scope.owns(found.properties["tags"])), key=lambda one: one.name)

    def _tagged(self) -> Iterable[str]:
        pages = (
            self.clients("resourcegroupstaggingapi")
            .get_paginator("get_resources")
            .paginate(
                ResourceTypeFilters=["ecr:repository"],
                TagFilters=[{"Key": key, "Values": [value]} for key, value in self.scope.ownership.items()],
            )
        )
        for page in pages:
            for resource in page["ResourceTagMappingList"]:
                yield resource["ResourceARN"].partition(":repository/")[2]

    def _describe(self, name: str) -> Found | None:
        try:
            answer = self._ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
        except Exception as error:
            if is_absent(error, "RepositoryNotFoundException"):
                return None
            raise
        arn = answer["repositoryArn"]
        tags = self._ecr.list_tags_for_resource(resourceArn=arn)["tags"]
        properties = {
            "tag_mutability": answer["imageTagMutability"],
            "scan_on_push": answer.get("imageScanningConfiguration", {}).get("scanOnPush", False),
            "encryption": answer.get("encryptionConfiguration", {}).get("encryptionType", "AES256"),
            "lifecycle": model.summary(json.loads(self._lifecycle(name) or "{}").get("rules", [])),
            "pull_accounts": policy.pull_accounts(self._policy(name)),
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }
        return Found(self.kind, name, arn, properties, {"uri": answer["repositoryUri"]})

    def _lifecycle(self, name: str) -> str | None:
        try:
            return str(self._ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
        except Exception as error:
            if is_absent(error, "LifecyclePolicyNotFoundException"):
                return None
            raise

    def _policy(self, name: str) -> str | None:
        try:
            return str(self._ecr.get_repository_policy(repositoryName=name)["policyText"])
        except Exception as error:
            if is_absent(error, "RepositoryPolicyNotFoundException"):
                return None
            raise

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self._ecr.create_repository(
            repositoryName=name,
            imageTagMutability=properties["tag_mutability"],
            imageScanningConfiguration={"scanOnPush": properties["scan_on_push"]},
            encryptionConfiguration={"encryptionType": properties["encryption"]},
            tags=_tag_list(properties["tags"]),
        )["repository"]
        found = Found(self.kind, name, answer["repositoryArn"], properties, {"uri": answer["repositoryUri"]})
        self._put_lifecycle(found)
        if properties["pull_accounts"]:
            self._put_policy(found, properties["pull_accounts"])
        return found

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "tag_mutability" in changed:
            self._ecr.put_image_tag_mutability(
                repositoryName=found.name, imageTagMutability=properties["tag_mutability"]
            )
        if "scan_on_push" in changed:
            self._ecr.put_image_scanning_configuration(
                repositoryName=found.name, imageScanningConfiguration={"scanOnPush": properties["scan_on_push"]}
            )
        if "lifecycle" in changed:
            self._put_lifecycle(found)
        if "pull_accounts" in changed:
            self._put_policy(found, properties["pull_accounts"])
        if "tags" in changed:
            self._ecr.tag_resource(resourceArn=found.id, tags=_tag_list(properties["tags"]))

    def _put_lifecycle(self, found: Found) -> None:
        text = json.dumps({"rules": model.lifecycle(self._keep_images)})
        self._ecr.put_lifecycle_policy(repositoryName=found.name, lifecyclePolicyText=text)

    def _put_policy(self, found: Found, accounts: Iterable[str]) -> None:
        partition = found.id.split(":")[1]
        text = policy.with_pull_accounts(self._policy(found.name), accounts, partition)
        if text:
            self._ecr.set_repository_policy(repositoryName=found.name, policyText=text)
        else:
            self._ecr.delete_repository_policy(repositoryName=found.name)

    def delete(self, found: Found) -> None:
        try:
            self._ecr.delete_repository(repositoryName=found.name, force=True)
        except Exception as error:
            if not is_absent(error, "RepositoryNotFoundException"):
                raise


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
