# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Where CloudFront asks origins from, as AWS keeps it up to date."""

from __future__ import annotations

from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import describe

PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"
"""AWS's own managed prefix list. It counts as 55 of the 60 rules of a security group.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html
"""


def prefix_list(ec2: Any) -> str:
    """The list's id, which is another one in each region. Raises InputError where the region has none."""
    asked = [{"Name": "prefix-list-name", "Values": [PREFIX_LIST]}]
    with doing(f"looking for the prefix list {PREFIX_LIST}"):
        lists = describe(ec2, "describe_managed_prefix_lists", "PrefixLists", Filters=asked)
    if not lists:
        raise InputError(
            f"vpc_balancer_access is cloudfront, but {ec2.meta.region_name} has no prefix list {PREFIX_LIST}. Use "
            f"vpc_balancer_access: everywhere there, and list CloudFront's networks in vpc_balancer_cidrs."
        )
    return str(lists[0]["PrefixListId"])
