# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Invalidations: what CloudFront is told to forget, once for each reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._dns.cloudfront import items, listed
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import distribution_name

COMPLETED = "Completed"

LOOKED_AT = 20
"""Of the newest invalidations: CloudFront names the reasons of older ones only one by one."""

MOST = 3000
"""Paths at a time: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""


def check(paths: Sequence[str], reference: str) -> None:
    """Raises InputError for what CloudFront would refuse."""
    for path in paths:
        if not path.startswith("/") or "*" in path[:-1]:
            raise InputError(f"{path!r} cannot be invalidated: give a path from / on, with a * at the end at most.")
    if not 1 <= len(paths) <= MOST:
        raise InputError(f"{len(paths)} paths cannot be invalidated at a time: give 1 to {MOST}.")
    if not re.fullmatch(r"\S{1,128}", reference):
        raise InputError(f"the reference is {reference!r}: give a word of at most 128 characters, a release's id say.")


def find_distribution(client: Any, scope: Scope) -> str:
    """The id of the environment's distribution, by its comment and its tags. Raises InputError where there is none."""
    pages = client.get_paginator("list_distributions").paginate()
    for page in pages:
        for item in items(page["DistributionList"]):
            if item.get("Comment") == distribution_name(scope.stack):
                tags = items(client.list_tags_for_resource(Resource=item["ARN"])["Tags"])
                if scope.owns({tag["Key"]: tag.get("Value", "") for tag in tags}):
                    return str(item["Id"])
    raise InputError(
        f"{scope.stack} has no CloudFront distribution: run site.yml --limit dns first, or leave the invalidation out."
    )


def find(client: Any, distribution: str, reference: str) -> str:
    """The id of the invalidation with this reference among the newest; empty where there is none."""
    answer = client.list_invalidations(DistributionId=distribution, MaxItems=str(LOOKED_AT))
    for item in items(answer["InvalidationList"]):
        known = client.get_invalidation(DistributionId=distribution, Id=item["Id"])["Invalidation"]
        if known["InvalidationBatch"]["CallerReference"] == reference:
            return str(item["Id"])
    return ""


def create(client: Any, distribution: str, paths: Sequence[str], reference: str) -> str:
    """Returns its id. With a reference that CloudFront knows it answers with the one that it has."""
    batch = {"Paths": listed(sorted(paths)), "CallerReference": reference}
    answer = client.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    return str(answer["Invalidation"]["Id"])


def status(client: Any, distribution: str, ident: str) -> str:
    """InProgress or Completed."""
    return str(client.get_invalidation(DistributionId=distribution, Id=ident)["Invalidation"]["Status"])
