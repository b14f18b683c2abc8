# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The repository as it should be, from the module's parameters. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted

REPOSITORY = "repository"
UNTAGGED_DAYS = 7
"""An image without a tag is a layer of a failed or repeated push: a week is enough to look at it."""
RELEASED = "released-*"
"""The tags that a release gives to what it promotes."""

_NAME = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
_ACCOUNT = re.compile(r"\d{12}")


def wanted(params: Mapping[str, Any], scope: Scope) -> list[Wanted]:
    """The repository. Raises InputError for a parameter AWS would refuse."""
    name = params["repository"]
    _check_name(name)
    properties = {
        "tag_mutability": "IMMUTABLE",
        "scan_on_push": True,
        "encryption": "AES256",
        "lifecycle": summary(lifecycle(_keep(params["keep_images"]))),
        "pull_accounts": _accounts(params["pull_account_ids"]),
        "tags": scope.tags(name),
    }
    return [Wanted(REPOSITORY, name, properties)]


def outputs(params: Mapping[str, Any], _scope: Scope) -> dict[str, Any]:
    name = params["repository"]
    return {
        "ecr_repository_arn": Ref(REPOSITORY, name),
        "ecr_repository_uri": Ref(REPOSITORY, name, "uri"),
    }


def lifecycle(keep_images: int) -> list[dict[str, Any]]:
    """The rules of the lifecycle policy, in the words of ECR's policy language.

    ECR counts pushes. An image that a rule's tags match is not expired by a rule of lower priority: so what was
    released stays however many images are pushed after it.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    return [
        {
            "rulePriority": 1,
            "description": f"Untagged images go after {UNTAGGED_DAYS} days",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        },
        _last(2, f"The last {keep_images} released images stay", RELEASED, keep_images),
        _last(3, f"The last {keep_images} tagged images stay", "*", keep_images),
    ]


def _last(priority: int, description: str, pattern: str, keep_images: int) -> dict[str, Any]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": {
            "tagStatus": "tagged",
            "tagPatternList": [pattern],
            "countType": "imageCountMoreThan",
            "countNumber": keep_images,
        },
        "action": {"type": "expire"},
    }


def summary(rules: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """A line for each rule, in which everything but its description counts."""
    return tuple(_line(rule) for rule in sorted(rules, key=lambda rule: int(rule["rulePriority"])))


def _line(rule: Mapping[str, Any]) -> str:
    selection = dict(rule["selection"])
    which = [selection.pop("tagStatus"), *selection.pop("tagPatternList", []), *selection.pop("tagPrefixList", [])]
    limit = [selection.pop(key) for key in ("countType", "countNumber", "countUnit") if key in selection]
    more = [f"{key}={value}" for key, value in sorted(selection.items())]
    return " ".join(map(str, [rule["action"]["type"], *which, *limit, *more]))


def _check_name(name: str) -> None:
    if not (2 <= len(name) <= 256 and _NAME.fullmatch(name)):
        raise InputError(
            f"ecr_repository is {name!r}: a repository's name has 2 to 256 lower-case letters and digits, "
            f"with single . _ - or / between them. Set ecr_repository to such a name, for example calstack."
        )


def _keep(keep_images: int) -> int:
    if keep_images < 2:
        raise InputError(
            f"ecr_keep_images is {keep_images}: a rollback needs the image before the current one. Keep 2 or more."
        )
    return keep_images


def _accounts(account_ids: Sequence[str]) -> frozenset[str]:
    wrong = [account for account in account_ids if not _ACCOUNT.fullmatch(account)]
    if wrong:
        raise InputError(
            f"ecr_pull_account_ids holds {', '.join(map(repr, wrong))}: an account's number has 12 digits. "
            f"Write it in quotes, so that YAML keeps its leading zeros."
        )
    return frozenset(account_ids)
