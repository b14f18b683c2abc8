# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Flow logs: who talked to whom, in a log group, written under a role of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import (
    Ec2Kind,
    code,
    describe,
    name_of,
    tag_list,
    tags_of,
)

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    from botocore.exceptions import ClientError

POLICY = "write-flow-logs"
ROLE_SECONDS = 60.0


def name(stack: str) -> str:
    """The one name of the log group and the flow log."""
    return f"{stack}-flow-logs"


def role_name(stack: str, region: str) -> str:
    """IAM knows no regions, and the role's policy names one: the same stack may be in two.

    It stays below IAM's 64 characters: a stack's name must leave room for the colour in a target group's 32.
    """
    return f"{stack}-{region}-flow-logs"


class FlowLogGroup(Kind):
    kind = "log group"

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        logs, ours = self.clients("logs"), name(self.scope.stack)
        items = describe(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=ours)
        found = [self._found(item) for item in items if item["logGroupName"] == ours]
        return [item for item in found if _concerns(self, item, wanted)]

    def _found(self, item: Mapping[str, Any]) -> Found:
        arn = item["arn"].removesuffix(":*")
        tags = self.clients("logs").list_tags_for_resource(resourceArn=arn)["tags"]
        properties = {"retention_days": item.get("retentionInDays"), "tags": tags}
        return Found(self.kind, item["logGroupName"], arn, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        logs = self.clients("logs")
        logs.create_log_group(logGroupName=name, tags=properties["tags"])
        logs.put_retention_policy(logGroupName=name, retentionInDays=properties["retention_days"])
        return Found(self.kind, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        logs = self.clients("logs")
        if "tags" in changed:
            logs.tag_resource(resourceArn=found.id, tags=changed["tags"])
        if "retention_days" in changed:
            logs.put_retention_policy(logGroupName=found.name, retentionInDays=changed["retention_days"])

    def delete(self, found: Found) -> None:
        with _absent_is_fine("ResourceNotFoundException"):
            self.clients("logs").delete_log_group(logGroupName=found.name)


class FlowLogRole(Kind):
    """Attribute `arn`."""

    kind = "role"

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        # Not IAM's client: its region is all of AWS.
        iam, ours = self.clients("iam"), role_name(self.scope.stack, self.clients("ec2").meta.region_name)
        with _absent_is_fine("NoSuchEntity"):
            role = iam.get_role(RoleName=ours)["Role"]
            properties = {
                "trust": _frozen(role["AssumeRolePolicyDocument"]),
                "policy": self._policy(ours),
                "tags": tags_of(role),
            }
            found = Found(self.kind, ours, ours, properties, {"arn": role["Arn"]})
            return [found] if _concerns(self, found, wanted) else []
        return []

    def _policy(self, role: str) -> Any:
        with _absent_is_fine("NoSuchEntity"):
            answer = self.clients("iam").get_role_policy(RoleName=role, PolicyName=POLICY)
            return _frozen(answer["PolicyDocument"])
        return None

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.clients("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(properties["trust"]),
            Description="Lets the VPC's flow logs into their log group",
            Tags=tag_list(properties["tags"]),
        )
        found = Found(self.kind, name, name, properties, {"arn": answer["Role"]["Arn"]})
        self.update(found, {"policy": properties["policy"]}, properties)
        return found

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        iam = self.clients("iam")
        if "tags" in changed:
            iam.tag_role(RoleName=found.id, Tags=tag_list(changed["tags"]))
        if "trust" in changed:
            iam.update_assume_role_policy(RoleName=found.id, PolicyDocument=json.dumps(changed["trust"]))
        if "policy" in changed:
            iam.put_role_policy(RoleName=found.id, PolicyName=POLICY, PolicyDocument=json.dumps(changed["policy"]))

    def delete(self, found: Found) -> None:
        with _absent_is_fine("NoSuchEntity"):
            self._empty(found.id)
            self.clients("iam").delete_role(RoleName=found.id)

    def _empty(self, role: str) -> None:
        """IAM deletes a role only when nothing is attached to it, by whomever."""
        iam = self.clients("iam")
        for policy in describe(iam, "list_role_policies", "PolicyNames", RoleName=role):
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        for policy in describe(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=role):
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])


class FlowLog(Ec2Kind):
    kind = "flow log"
    fixed = frozenset({"vpc", "log_group", "role", "traffic"})
    listing = ("describe_flow_logs", "FlowLogs")
    resource_type = "vpc-flow-log"

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["FlowLogId"]
        properties = {
            "vpc": item["ResourceId"],
            "log_group": item.get("LogGroupName"),
            "role": item.get("DeliverLogsPermissionArn"),
            "traffic": item["TrafficType"],
            "tags": tags_of(item),
        }
        return Found(self.kind, name_of(item, ident), ident, properties)

    def items(self) -> list[dict[str, Any]]:
        # DescribeFlowLogs calls its filters `Filter`.
        return [item for item in self.describe(Filter=self.scope.filters) if self._ours(item)]

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        made: list[str] = []

        def state() -> str:
            try:
                answer = self.write(
                    "create_flow_logs",
                    ResourceType="VPC",
                    ResourceIds=[properties["vpc"]],
                    TrafficType=properties["traffic"],
                    LogGroupName=properties["log_group"],
                    DeliverLogsPermissionArn=properties["role"],
                    TagSpecifications=self.tag_specifications(properties["tags"]),
                )
            except ClientError as error:
                if not _role_is_new(error):
                    raise
                return str(error)
            made.extend(answer.get("FlowLogIds") or ())
            refused = answer.get("Unsuccessful") or ()
            return refused[0]["Error"]["Message"] if refused else "created"

        # A role that has just been made cannot be assumed for some seconds.
        self.wait(Wait(f"flow log {name}", state, ("created",), seconds=ROLE_SECONDS))
        return Found(self.kind, name, made[0], properties)

    def delete(self, found: Found) -> None:
        for item in self.ec2.delete_flow_logs(FlowLogIds=[found.id]).get("Unsuccessful") or ():
            if not item["Error"]["Code"].endswith("NotFound"):
                raise CalstackError(f"deleting flow log {found.name}: {item['Error']['Message']}")


def _role_is_new(error: Any) -> bool:
    """Whether EC2 says "Unable to assume given IAM role"; other wrong parameters have the same code."""
    message = str(error.response.get("Error", {}).get("Message", ""))
    return code(error) in ("InvalidParameter", "InvalidParameterValue") and "assume" in message


@contextmanager
def _absent_is_fine(*codes: str) -> Iterator[None]:
    """End quietly on a ClientError of these codes, and on nothing else."""
    try:
        yield
    except ClientError as error:
        if code(error) not in codes:
            raise


def _concerns(kind: Kind, found: Found, wanted: Iterable[Wanted]) -> bool:
    """Ours by tag, or in the way of what is wanted: these are found by name, and a stranger may have it."""
    return kind.scope.owns(found.properties["tags"]) or any(item.name == found.name for item in wanted)


def _frozen(value: Any) -> Any:
    """JSON with tuples for lists, as Wanted has it."""
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value
